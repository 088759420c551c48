/**
 * Statements for bodies of actions, functions, controls and parser states. The scope says where the body is, and with
 * that what may stand in it: no calls of actions in functions, no tables in loops. Each table is applied at one place
 * only, because not every target can do otherwise, and a program that a compiler refuses compares nothing.
 */
import { argumentsFor, expression, functionCall, literal, randomScalar, randomWidth } from './expressions.ts';
import {
  elementStatement,
  enumStatement,
  newtypeStatement,
  structureStatement,
  variableLengthStatement,
} from './extras.ts';
import {
  bit,
  bool,
  type HeaderInstance,
  type Parameter,
  type Scalar,
  Scope,
  sameType,
  typeText,
  type Variable,
} from './scope.ts';

/**
 * Where a `switch` has no default, p4c gets this line and our compiler does not: p4c takes a `switch` without `default`
 * for one that always runs one of its cases, and replaces what it assigns by that value from there on.
 */
export const NO_DEFAULT = '  default: { /* none */ }';

/** What may be called or applied in a control. */
export interface Callables {
  readonly actions: readonly { readonly name: string; readonly parameters: readonly Parameter[] }[];
  /** Tables not applied yet; each is applied at one place only. */
  readonly tables: { readonly name: string; readonly actions: readonly string[] }[];
  readonly controls: { readonly name: string; readonly parameters: readonly Parameter[]; readonly exits: boolean }[];
  readonly registers: readonly { readonly name: string; readonly width: number; readonly size: number }[];
}

const NOTHING: Callables = { actions: [], tables: [], controls: [], registers: [] };

/** Lines of some statements. */
export function statements(scope: Scope, count: number, depth: number, callables: Callables = NOTHING): string[] {
  const lines: string[] = [];
  for (let i = 0; i < count; i++) lines.push(...statement(scope, depth, callables));
  return lines;
}

const indent = (lines: readonly string[]) => lines.map((line) => `  ${line}`);

function statement(scope: Scope, depth: number, callables: Callables): string[] {
  const { random, headers, stack } = scope.world;
  const parser = scope.place === 'parser';
  const free = !parser && scope.place !== 'function';
  const inControl = scope.place === 'control' && scope.loopDepth === 0;
  const seesHeaders = scope.variables.some((each) => each.header !== undefined) && free;
  const block = (inner: Scope, size = random.between(1, 3)) => indent(statements(inner, size, depth - 1, callables));
  const kinds: [number, () => string[]][] = [
    [10, () => assignment(scope)],
    [3, () => declaration(scope)],
    [depth > 0 && !parser ? 5 : 0, () => conditional(scope, block)],
    [depth > 0 && !parser ? 1 : 0, () => plainBlock(scope, block)],
    // p4c has no switch in actions for BMv2.
    [depth > 0 && scope.place === 'control' ? 2 : 0, () => valueSwitch(scope, block)],
    // p4c leaves loops out in controls.
    [depth > 0 && scope.place === 'action' && scope.loopDepth === 0 ? 1 : 0, () => loop(scope, depth, callables)],
    [seesHeaders && depth > 0 ? 4 : 0, () => guarded(scope, block)],
    [seesHeaders ? 2 : 0, () => headerStatement(scope)],
    [seesHeaders && stack !== undefined && scope.loopDepth === 0 ? 1 : 0, () => stackStatement(scope)],
    [callables.actions.length > 0 ? 2 : 0, () => actionCall(scope, callables)],
    [inControl && callables.tables.length > 0 ? 4 : 0, () => tableApply(scope, callables, block)],
    [inControl && callables.controls.length > 0 ? 2 : 0, () => controlApply(scope, callables)],
    [callables.registers.length > 0 && free ? 2 : 0, () => registerStatement(scope, callables)],
    [scope.world.functions.length > 0 && !parser ? 1 : 0, () => call(scope)],
    [scope.place === 'control' ? 1 : 0, () => hash(scope)],
    [headers.length > 0 && seesHeaders ? 1 : 0, () => copyHeader(scope)],
    [parser ? 0 : 1, () => structureStatement(scope)],
    [depth > 0 && !parser ? 1 : 0, () => enumStatement(scope, block)],
    [parser ? 0 : 1, () => newtypeStatement(scope)],
    [
      seesHeaders && (stack?.size === 2 || stack?.size === 4) && scope.loopDepth === 0 ? 2 : 0,
      () => elementStatement(scope),
    ],
    [seesHeaders && scope.world.variableLength ? 1 : 0, () => variableLengthStatement(scope)],
  ];
  return random.weighted(kinds)();
}

/** Plain, compound or slice assignment. */
export function assignment(scope: Scope): string[] {
  const { random } = scope.world;
  const targets = scope.writable(() => true);
  if (targets.length === 0) return declaration(scope);
  const { text, type } = random.pick(targets);
  if (type.kind === 'bool') return [`${text} = ${expression(scope, type, 2)};`];
  if (type.kind === 'bit' && type.width > 1 && random.chance(0.25)) {
    const width = random.between(1, type.width);
    const low = random.below(type.width - width + 1);
    return [`${text}[${low + width - 1}:${low}] = ${expression(scope, bit(width), 2)};`];
  }
  if (random.chance(0.2)) {
    if (random.chance(0.3)) return [`${text} ${random.pick(['<<=', '>>='])} 8w${random.below(type.width + 2)};`];
    const operator = random.pick(['+=', '-=', '&=', '|=', '^=', '|+|=', '|-|=']);
    return [`${text} ${operator} ${expression(scope, type, 2)};`];
  }
  return [`${text} = ${expression(scope, type, random.between(1, 3))};`];
}

function declaration(scope: Scope): string[] {
  const type = randomScalar(scope.world.random);
  const name = scope.freshName('v');
  const value = expression(scope, type, 2);
  scope.variables.push({ text: name, type, writable: true });
  return [`${typeText(type)} ${name} = ${value};`];
}

function plainBlock(scope: Scope, block: (inner: Scope) => string[]): string[] {
  const inner = scope.nested();
  const body = block(inner);
  scope.valid = inner.valid;
  return ['{', ...body, '}'];
}

function conditional(scope: Scope, block: (inner: Scope, size?: number) => string[]): string[] {
  const { random } = scope.world;
  const condition = expression(scope, bool, 2);
  const yes = scope.nested();
  const no = scope.nested();
  const lines = [`if (${condition}) {`, ...block(yes)];
  lines.push(...leave(yes));
  if (random.chance(0.5)) lines.push('} else {', ...block(no));
  scope.join([yes, no]);
  return [...lines, '}'];
}

/** Seldom, the end of the body it stands in. */
function leave(scope: Scope): string[] {
  const { random } = scope.world;
  if (scope.loopDepth > 0) return random.chance(0.15) ? [random.pick(['  break;', '  continue;'])] : [];
  if (scope.place === 'function' || !random.chance(0.06)) return [];
  return [random.chance(0.6) ? '  return;' : '  exit;'];
}

/** A branch in which a header is known to be valid. */
function guarded(scope: Scope, block: (inner: Scope, size?: number) => string[]): string[] {
  const { random, headers } = scope.world;
  const { text } = random.pick(headers);
  const inner = scope.nested();
  const other = scope.nested();
  inner.valid.add(text);
  const lines = [`if (${text}.isValid()) {`, ...block(inner)];
  if (random.chance(0.3)) lines.push('} else {', ...block(other));
  scope.join([inner, other]);
  return [...lines, '}'];
}

function valueSwitch(scope: Scope, block: (inner: Scope, size?: number) => string[]): string[] {
  const { random } = scope.world;
  const width = random.pick([2, 3, 4, 8, 16]);
  const values = random.shuffle([0, 1, 2, 3]).slice(0, random.between(1, 3));
  const lines = [`switch (${expression(scope, bit(width), 2)}) {`];
  const branches: Scope[] = [];
  for (const [i, value] of values.entries()) {
    if (i < values.length - 1 && random.chance(0.2)) {
      lines.push(`  ${width}w${value}:`);
      continue;
    }
    const inner = scope.nested();
    branches.push(inner);
    lines.push(`  ${width}w${value}: {`, ...indent(block(inner)), '  }');
  }
  const last = scope.nested();
  if (random.chance(0.7)) lines.push('  default: {', ...indent(block(last)), '  }');
  else lines.push(NO_DEFAULT);
  scope.join([...branches, last]);
  return [...lines, '}'];
}

function loop(scope: Scope, depth: number, callables: Callables): string[] {
  const { random } = scope.world;
  const name = scope.freshName('i');
  const inner = scope.nested();
  inner.loopDepth++;
  inner.variables.push({ text: name, type: bit(8), writable: false });
  // Validity may change in a later round: nothing is known that is not known of every round.
  inner.valid = new Set([...inner.valid].filter((header) => header === ALWAYS_VALID));
  const body = indent(statements(inner, random.between(1, 2), Math.min(1, depth - 1), { ...callables, tables: [] }));
  scope.join([inner]);
  const limit = random.between(1, 4);
  // p4c has no `for (x in ...)` for BMv2.
  const head = `for (bit<8> ${name} = 0; ${name} < ${limit}; ${name} = ${name} + 1) {`;
  return [head, ...body, '}'];
}

/** The header that is valid in every packet that reaches the controls, and stays so. */
export const ALWAYS_VALID = 'hdr.h0';

/**
 * A value for all fields. It does not read the header itself, directly or by way of a parameter that an inlined call
 * makes an argument of: p4c then copies by a temporary that it leaves invalid.
 */
function headerValue(outer: Scope, header: HeaderInstance): string {
  const scope = new Scope(
    outer.world,
    outer.place,
    outer.variables.filter(({ text }) => !/^p\d/.test(text)),
    outer.valid,
  );
  scope.valid.delete(header.text);
  scope.pure = true;
  return `{ ${header.type.fields.map((field) => expression(scope, field.type, 1)).join(', ')} }`;
}

/** Makes a header valid with new contents, or invalid. */
function headerStatement(scope: Scope): string[] {
  const { random, headers } = scope.world;
  const header = random.pick(headers);
  if (header.text !== ALWAYS_VALID && random.chance(0.4)) {
    scope.valid.delete(header.text);
    return [`${header.text}.setInvalid();`];
  }
  const value = headerValue(scope, header);
  // Of a union only one member is valid at a time.
  if (header.kind === 'member')
    for (const other of headers) if (other.kind === 'member') scope.valid.delete(other.text);
  scope.valid.add(header.text);
  return [`${header.text} = ${value};`];
}

function copyHeader(scope: Scope): string[] {
  const { random, headers } = scope.world;
  const target = random.pick(headers.filter((each) => each.kind !== 'member'));
  const sources = headers.filter((each) => each.type === target.type && each.kind !== 'member' && each !== target);
  const usable = target.text === ALWAYS_VALID ? sources.filter((each) => scope.valid.has(each.text)) : sources;
  if (usable.length === 0) return assignment(scope);
  const source = random.pick(usable);
  if (scope.valid.has(source.text)) scope.valid.add(target.text);
  else scope.valid.delete(target.text);
  return [`${target.text} = ${source.text};`];
}

function stackStatement(scope: Scope): string[] {
  const { random, headers, stack } = scope.world;
  for (const header of headers) if (header.kind === 'element') scope.valid.delete(header.text);
  return [`${stack!.text}.${random.pick(['push_front', 'pop_front'])}(${random.between(1, stack!.size - 1)});`];
}

/** Arguments without overlaps: p4c forgets to copy out overlapping ones when the callee exits. */
export function actualArguments(scope: Scope, parameters: readonly Parameter[]): string[] | undefined {
  return argumentsFor(scope, parameters, 2, 0);
}

function forgetValidity(scope: Scope): void {
  scope.valid = new Set([...scope.valid].filter((header) => header === ALWAYS_VALID));
}

function actionCall(scope: Scope, callables: Callables): string[] {
  const action = scope.world.random.pick(callables.actions);
  const values = actualArguments(scope, action.parameters);
  if (values === undefined) return assignment(scope);
  forgetValidity(scope);
  return [`${action.name}(${values.join(', ')});`];
}

function controlApply(scope: Scope, callables: Callables): string[] {
  const { random } = scope.world;
  const control = callables.controls.splice(random.below(callables.controls.length), 1)[0]!;
  // Headers and metadata are arguments already: what lies in them would overlap with them.
  const allowed = ({ text }: Variable) => !control.exits || !/^(hdr|meta)\./.test(text);
  const values = argumentsFor(scope, control.parameters, 2, 0, allowed);
  if (values === undefined) return assignment(scope);
  forgetValidity(scope);
  return [`${control.name}.apply(${['hdr', 'meta', 'smeta', ...values].join(', ')});`];
}

function tableApply(scope: Scope, callables: Callables, block: (inner: Scope, size?: number) => string[]): string[] {
  const { random } = scope.world;
  const table = callables.tables.splice(random.below(callables.tables.length), 1)[0]!;
  forgetValidity(scope);
  const yes = scope.nested();
  const no = scope.nested();
  const lines = random.weighted<() => string[]>([
    [3, () => [`${table.name}.apply();`]],
    [1, () => [`if (${table.name}.apply().hit) {`, ...block(yes), '} else {', ...block(no), '}']],
    [1, () => [`if (${table.name}.apply().miss) {`, ...block(yes), '}']],
    [1, () => [`if (${table.name}.apply().hit && ${expression(scope, bool, 1)}) {`, ...block(yes), '}']],
    [
      1,
      () => {
        const name = scope.freshName('b');
        scope.variables.push({ text: name, type: bool, writable: true });
        return [`bool ${name} = ${table.name}.apply().${random.pick(['hit', 'miss'])};`];
      },
    ],
    [
      2,
      () => {
        const cases = random.shuffle(table.actions).slice(0, random.between(1, table.actions.length));
        const all = cases.flatMap((name) => {
          const inner = scope.nested();
          const body = indent(block(inner));
          yes.join([inner]);
          return [`  ${name}: {`, ...body, '  }'];
        });
        if (random.chance(0.5)) all.push('  default: {', ...indent(block(no)), '  }');
        else if (cases.length < table.actions.length) all.push(NO_DEFAULT);
        return [`switch (${table.name}.apply().action_run) {`, ...all, '}'];
      },
    ],
  ])();
  scope.join([yes, no]);
  return lines;
}

function registerStatement(scope: Scope, callables: Callables): string[] {
  const { random } = scope.world;
  const register = random.pick(callables.registers);
  const type = bit(register.width);
  const position = `(bit<32>)${random.chance(0.5) ? `32w${random.below(register.size)}` : expression(scope, bit(2), 1)}`;
  if (random.chance(0.5)) return [`${register.name}.write(${position}, ${expression(scope, type, 2)});`];
  const targets = scope.writable((each) => sameType(each.type, type));
  if (targets.length === 0) return assignment(scope);
  return [`${register.name}.read(${random.pick(targets).text}, ${position});`];
}

function call(scope: Scope): string[] {
  const text = functionCall(scope, scope.world.random.pick(scope.world.functions), 1);
  return text === undefined ? assignment(scope) : [`${text};`];
}

function hash(scope: Scope): string[] {
  const { random } = scope.world;
  const targets = scope.writable((each) => each.type.kind === 'bit' && each.type.width <= 64);
  if (targets.length === 0) return assignment(scope);
  const target = random.pick(targets);
  const inputs = Array.from({ length: random.between(1, 3) }, () => {
    const type: Scalar = bit(8 * Math.max(1, Math.ceil(randomWidth(random) / 8)));
    return expression(scope, type, 1);
  });
  const algorithm = random.pick(['crc16', 'crc32', 'csum16', 'xor16', 'identity']);
  const width = target.type.kind === 'bit' ? target.type.width : 1;
  const base = literal(bit(width), random);
  return [
    `hash(${target.text}, HashAlgorithm.${algorithm}, ${base}, { ${inputs.join(', ')} }, 64w${random.between(1, 65536)});`,
  ];
}
