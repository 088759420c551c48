/** Tables of generated programs: keys of all match kinds, bound and unbound actions, entries in the program. */
import { expression, literal } from './expressions.ts';
import { bit, type Parameter, type Scalar, type Scope } from './scope.ts';
import { actualArguments } from './statements.ts';

/** A table's declaration and what a `switch` over it may name. */
export interface TableText {
  readonly name: string;
  readonly actions: readonly string[];
  readonly lines: readonly string[];
}

interface Key {
  readonly kind: 'exact' | 'lpm' | 'ternary' | 'range' | 'optional';
  readonly width: number;
  readonly line: string;
}

export function tableText(
  name: string,
  actions: readonly { readonly name: string; readonly parameters: readonly Parameter[] }[],
  scope: Scope,
): TableText {
  const { random } = scope.world;
  scope.pure = true;
  const usable = actions.flatMap((action) => {
    const directed = action.parameters.filter(({ direction }) => direction !== '');
    const values = actualArguments(scope, directed);
    if (values === undefined) return [];
    return [{ name: action.name, bound: values, data: action.parameters.filter(({ direction }) => direction === '') }];
  });
  const chosen = random.shuffle(usable).slice(0, random.between(1, 3));
  const call = (bound: readonly string[], more: readonly string[] = []) => `(${[...bound, ...more].join(', ')})`;
  const keys = tableKeys(scope);
  const lines = [`table ${name} {`];
  if (keys.length > 0) lines.push('  key = {', ...keys.map((key) => `    ${key.line}`), '  }');
  lines.push('  actions = {');
  for (const action of chosen) lines.push(`    ${action.name}${action.bound.length > 0 ? call(action.bound) : ''};`);
  lines.push('    NoAction;', '  }');
  const dataOf = (action: (typeof chosen)[number]) => action.data.map(({ type }) => literal(type, random));
  if (chosen.length > 0 && random.chance(0.5)) {
    const action = random.pick(chosen);
    lines.push(
      `  ${random.chance(0.3) ? 'const ' : ''}default_action = ${action.name}${call(action.bound, dataOf(action))};`,
    );
  } else lines.push('  default_action = NoAction();');
  if (keys.length > 0 && chosen.length > 0 && random.chance(0.4)) {
    const seen = new Set<string>();
    // Priorities are written where the kind of match needs them; `const` leaves them to the order.
    const prioritised = random.chance(0.3) && keys.some(({ kind }) => kind !== 'exact' && kind !== 'lpm');
    lines.push(prioritised ? '  entries = {' : '  const entries = {');
    for (let i = random.between(1, 5); i > 0; i--) {
      const values = keys.map((key) => keySet(key, scope));
      const text = values.length === 1 ? values[0]! : `(${values.join(', ')})`;
      if (seen.has(text)) continue;
      seen.add(text);
      const action = random.pick(chosen);
      const priority = prioritised ? `priority = ${100 - seen.size * 7}: ` : '';
      lines.push(`    ${priority}${text}: ${action.name}${call(action.bound, dataOf(action))};`);
    }
    lines.push('  }');
  }
  return { name, actions: [...chosen.map((action) => action.name), 'NoAction'], lines: [...lines, '}'] };
}

function tableKeys(scope: Scope): Key[] {
  const { random } = scope.world;
  let prefixes = 0;
  return Array.from({ length: random.below(4) }, (_, i) => {
    const fields = scope.readable((each) => each.type.kind === 'bit' && !each.text.startsWith('smeta'));
    const field = random.pick(fields);
    const computed = random.chance(0.3);
    const type: Scalar = computed ? bit(random.pick([1, 3, 8, 16, 32])) : field.type;
    const width = type.kind === 'bool' ? 1 : type.width;
    let kind = random.pick(['exact', 'exact', 'lpm', 'ternary', 'range', 'optional'] as const);
    // p4c refuses prefixes of wide fields in entries.
    if (kind === 'lpm' && (width > 64 || ++prefixes > 1)) kind = 'exact';
    // p4c makes a mask of the field of some of these, which simple_switch applies to entries as well.
    let value = expression(scope, type, 1);
    while (/ [&%] \d+w\d+\)$/.test(value) || /^\(\d+w\d+ & /.test(value)) value = expression(scope, type, 1);
    const text = computed ? `${value} : ${kind} @name("k${i}");` : `${field.text} : ${kind};`;
    return { kind, width, line: text };
  });
}

function keySet({ kind, width }: Key, scope: Scope): string {
  const { random } = scope.world;
  const value = random.value(width);
  const greatest = (1n << BigInt(width)) - 1n;
  // p4c gives wide ranges of everything an end of 32 bits.
  if (random.chance(0.15) && kind !== 'exact' && (kind !== 'range' || width < 32)) return '_';
  switch (kind) {
    case 'exact':
    case 'optional':
      return `${value}`;
    case 'ternary': {
      const mask = random.chance(0.4) ? greatest : random.value(width);
      return `${value & mask} &&& ${mask}`;
    }
    case 'lpm': {
      const length = random.below(width + 1);
      const mask = (greatest >> BigInt(width - length)) << BigInt(width - length);
      return `${value & mask} &&& ${mask}`;
    }
    case 'range': {
      const other = random.value(width);
      return value < other ? `${value} .. ${other}` : `${other} .. ${value}`;
    }
  }
}
