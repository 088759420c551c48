/**
 * Writes a program's TypeScript types from its P4Info: the library behind `mooring types`.
 *
 * One interface, in P4Info's order, so that the file changes only where the program does. Names are P4Info's aliases
 * (as in everything that is read), match fields and parameters by their P4Info names; enums become unions of their
 * members; widths and kinds go into comments, which editors show.
 */
import type { P4Info } from '../gen/p4/config/v1/p4info_pb.ts';
import { type FieldType, type MatchFieldInfo, Program } from '../schema/program.ts';
import type { DataType } from '../schema/types.ts';

/** What to call things. */
export interface GenerateOptions {
  /** The interface's name; from the program's name by default. */
  readonly interfaceName?: string;
  /** Where the generated file imports from; `@mooring/p4runtime-ts` by default. */
  readonly module?: string;
}

/** `load-balancer` -> `LoadBalancer`. */
function pascalCase(name: string): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  const joined = words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('');
  return /^[A-Za-z]/.test(joined) ? joined : `Program${joined}`;
}

function quote(name: string): string {
  return `'${name.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

function key(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quote(name);
}

function union(names: readonly string[]): string {
  return names.length === 0 ? 'never' : names.map(quote).join(' | ');
}

/** The type of a value on its way in. */
function inputType(type: FieldType): string {
  if (type.isString) return 'string';
  if (type.enumMembers === undefined) return 'PlainValue';
  return [...[...type.enumMembers.keys()].map(quote), 'number', 'bigint'].join(' | ');
}

function outputType(type: FieldType): string {
  return type.isString ? 'string' : 'bigint';
}

function matchInput(field: MatchFieldInfo): string {
  const value = inputType(field.type);
  const inner = value === 'PlainValue' ? '' : `<${value}>`;
  switch (field.kind) {
    case 'exact':
      return value;
    case 'lpm':
      return `LpmInput${inner}`;
    case 'ternary':
      return `TernaryInput${inner}`;
    case 'range':
      return `RangeInput${inner}`;
    case 'optional':
      return `OptionalInput${inner}`;
    case 'other':
      return 'never';
  }
}

function matchOutput(field: MatchFieldInfo): string {
  switch (field.kind) {
    case 'exact':
    case 'optional':
      return outputType(field.type);
    case 'lpm':
      return '{ readonly value: bigint; readonly prefixLength: number }';
    case 'ternary':
      return '{ readonly value: bigint; readonly mask: bigint }';
    case 'range':
      return '{ readonly low: bigint; readonly high: bigint }';
    case 'other':
      return 'never';
  }
}

function dataType(type: DataType): string {
  switch (type.kind) {
    case 'bits':
    case 'varbit':
    case 'serializable-enum':
      return 'bigint';
    case 'bool':
      return 'boolean';
    case 'string':
      return 'string';
    case 'enum':
    case 'error':
      return union(type.members);
    case 'struct':
      return `{ ${type.members.map((member) => `readonly ${key(member.name)}: ${dataType(member.type)}`).join('; ')} }`;
    case 'tuple':
      return `readonly [${type.members.map((member) => dataType(member.type)).join(', ')}]`;
    case 'header':
      return `{ ${type.members.map((member) => `readonly ${key(member.name)}: ${dataType(member.type)}`).join('; ')} } | null`;
    case 'header-union':
      return [
        ...type.members.map((member) => `{ readonly ${key(member.name)}: ${dataType(member.type)} }`),
        'null',
      ].join(' | ');
    case 'header-stack':
      return `readonly (${dataType(type.element)})[]`;
  }
}

function comment(type: FieldType, kind = ''): string {
  const name = type.typeName === undefined ? '' : ` ${type.typeName}`;
  return `/** ${[kind, type.isString ? 'string' : `bit<${type.bitwidth}>`].filter(Boolean).join(', ')}${name} */`;
}

/** Lines of `name: { ... }`; `{}` in one line when empty. */
function block(name: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [`readonly ${name}: Record<string, never>;`];
  return [`readonly ${name}: {`, ...lines.map((line) => `  ${line}`), '};'];
}

/**
 * A TypeScript module with the types of a program, for `typed<...>(client)`.
 *
 * @throws P4InfoError when the P4Info contradicts itself
 */
export function generateTypes(p4info: P4Info | Program, options: GenerateOptions = {}): string {
  const program = p4info instanceof Program ? p4info : new Program(p4info);
  const interfaceName = options.interfaceName ?? `${pascalCase(program.name || 'p4')}Program`;
  const lines: string[] = [];

  const tables = program.tables.items.flatMap((table) => {
    const fields = table.matchFields.items;
    const inputs = fields.flatMap((field) => [
      comment(field.type, field.kind),
      `readonly ${key(field.name)}${field.kind === 'exact' ? '' : '?'}: ${matchInput(field)};`,
    ]);
    const outputs = fields.map((field) => `readonly ${key(field.name)}: ${matchOutput(field)};`);
    const actions = table.actions.items;
    return block(key(table.alias), [
      ...block('match', inputs),
      ...block('matchRead', outputs),
      `readonly actions: ${union(actions.filter((action) => action.inEntries).map((action) => action.alias))};`,
      `readonly defaultActions: ${union(actions.filter((action) => action.asDefault).map((action) => action.alias))};`,
      ...(actions.some((action) => action.asGroupAction)
        ? [
            `readonly groupActions: ${union(actions.filter((action) => action.asGroupAction).map((action) => action.alias))};`,
          ]
        : []),
      `readonly priority: ${table.needsPriority};`,
      `readonly indirect: ${table.profile !== undefined};`,
    ]);
  });
  const actions = program.actions.items.flatMap((action) => {
    const params = action.params.items.flatMap((param) => [
      comment(param.type),
      `readonly ${key(param.name)}: ${inputType(param.type)};`,
    ]);
    return params.length === 0 ? [`readonly ${key(action.alias)}: NoParams;`] : block(key(action.alias), params);
  });
  const header = (name: string, type: (field: FieldType) => string) =>
    [...(program.controllerHeaders.find(name)?.fields ?? [])]
      .filter((field) => !field.isPadding)
      .flatMap((field) => [comment(field.type), `readonly ${key(field.name)}: ${type(field.type)};`]);

  lines.push(
    ...block('tables', tables),
    ...block('actions', actions),
    `readonly profiles: ${union(program.profiles.items.map((item) => item.alias))};`,
    `readonly counters: ${union(program.counters.items.map((item) => item.alias))};`,
    `readonly meters: ${union(program.meters.items.map((item) => item.alias))};`,
    `readonly registers: ${union(program.registers.items.map((item) => item.alias))};`,
    `readonly valueSets: ${union(program.valueSets.items.map((item) => item.alias))};`,
    ...block(
      'digests',
      program.digests.items.map((digest) => `readonly ${key(digest.alias)}: ${dataType(digest.type)};`),
    ),
    ...block('packetIn', header('packet_in', outputType)),
    ...block('packetOut', header('packet_out', inputType)),
  );
  const body = lines.join('\n');
  const used = ['LpmInput', 'OptionalInput', 'PlainValue', 'ProgramTypes', 'RangeInput', 'TernaryInput'].filter(
    (name) => name === 'ProgramTypes' || new RegExp(`\\b${name}\\b`).test(body),
  );
  return [
    `// Types of the P4 program ${program.name || '(without name)'}. Generated by \`mooring types\`; do not edit.`,
    `import type { ${used.join(', ')} } from ${quote(options.module ?? '@mooring/p4runtime-ts')};`,
    '',
    ...(body.includes('NoParams') ? ['type NoParams = { readonly [name in never]: never };', ''] : []),
    `/** Use it as \`typed<${interfaceName}>(client)\`. */`,
    `export interface ${interfaceName} extends ProgramTypes {`,
    ...lines.map((line) => `  ${line}`),
    '}',
    '',
  ].join('\n');
}
