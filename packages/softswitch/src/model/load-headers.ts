/**
 * Loads header types, header instances, stacks, unions and field aliases into the symbols.
 *
 * Instances of stacks and unions are given by id in the JSON. What p4c guarantees and the compiler of this package
 * relies on is checked here: stack elements have the stack's type, a header belongs to one union at most, headers that
 * travel in packets are whole bytes long.
 */
import { loadExpression } from './load-expressions.ts';
import { Ids, type Node } from './reader.ts';
import type { Symbols } from './symbols.ts';
import type { Expression, Field } from './types.ts';

/** Width assumed for a variable field whose header type gives no `max_length`, in bits. */
const DEFAULT_VARIABLE_BITS = 8 * 1024;

/** Widest field accepted, in bits. */
const MAX_FIELD_BITS = 1 << 16;

export function loadHeaderTypes(root: Node, symbols: Symbols): void {
  const ids = new Ids('header type');
  for (const node of root.get('header_types').itemsOrNone()) {
    const name = symbols.headerTypeNames.add(node.get('name'));
    ids.add(node.get('id'));
    const maxLengthBytes = node.get('max_length').integerOr(0);
    const fields: Field[] = [];
    let variableField = -1;
    let fixedBits = 0;
    for (const [index, fieldNode] of node.get('fields').itemsOrNone().entries()) {
      const parts = fieldNode.items();
      if (parts.length < 2 || parts.length > 4) fieldNode.fail('expected [name, bitwidth, signed?, saturating?]');
      const fieldName = parts[0]!.string();
      if (fields.some((field) => field.name === fieldName)) parts[0]!.fail(`there are two fields named '${fieldName}'`);
      const variable = parts[1]!.value === '*';
      if (variable) {
        if (variableField >= 0) fieldNode.fail('a header can have only one field of variable length');
        variableField = index;
      }
      const bitwidth = variable ? 0 : parts[1]!.integer(0, MAX_FIELD_BITS);
      fixedBits += bitwidth;
      fields.push({
        name: fieldName,
        bitwidth,
        signed: parts[2]?.boolean() ?? false,
        saturating: parts[3]?.boolean() ?? false,
        variable,
      });
    }
    if (variableField >= 0) {
      const bits = maxLengthBytes === 0 ? DEFAULT_VARIABLE_BITS : maxLengthBytes * 8 - fixedBits;
      if (bits <= 0) node.get('max_length').fail(`is not larger than the fixed fields of '${name}'`);
      fields[variableField] = { ...fields[variableField]!, bitwidth: bits };
    }
    const lengthNode = node.get('length_exp');
    const lengthExpression: Expression | undefined = lengthNode.isNull
      ? undefined
      : loadExpression(lengthNode, symbols).expression;
    symbols.headerTypes.push({ name, fields, variableField, maxLengthBytes, lengthExpression });
  }
}

export function loadHeaders(root: Node, symbols: Symbols): void {
  for (const node of root.get('headers').itemsOrNone()) {
    const name = symbols.headerNames.add(node.get('name'));
    symbols.headerIds.add(node.get('id'));
    const type = symbols.headerTypeNames.resolve(node.get('header_type'));
    const metadata = node.get('metadata').booleanOr(false);
    const headerType = symbols.headerTypes[type]!;
    const fixedBits = headerType.fields.reduce((sum, field) => sum + (field.variable ? 0 : field.bitwidth), 0);
    if (!metadata && fixedBits % 8 !== 0) {
      node.fail(`header type '${headerType.name}' is ${fixedBits} bits long, which is not a whole number of bytes`);
    }
    symbols.headers.push({ name, type, metadata, union: -1, unionPosition: 0 });
  }
}

export function loadHeaderStacks(root: Node, symbols: Symbols): void {
  const ids = new Ids('header stack');
  for (const node of root.get('header_stacks').itemsOrNone()) {
    const name = symbols.stackNames.add(node.get('name'));
    ids.add(node.get('id'));
    const type = symbols.headerTypeNames.resolve(node.get('header_type'));
    const headers = node
      .get('header_ids')
      .items()
      .map((idNode) => {
        const header = symbols.headerIds.resolve(idNode);
        if (symbols.headers[header]!.type !== type)
          idNode.fail(`header '${symbols.headers[header]!.name}' has another type than the stack`);
        if (symbols.stacks.some((stack) => stack.headers.includes(header)))
          idNode.fail('this header is already in another stack');
        return header;
      });
    if (headers.length === 0) node.get('header_ids').fail('a header stack needs at least one header');
    const size = node.get('size');
    if (!size.isNull && size.integer() !== headers.length)
      size.fail(`the stack is said to have ${size.value} headers, but header_ids names ${headers.length}`);
    symbols.stacks.push({ name, type, headers });
  }
}

export function loadHeaderUnions(root: Node, symbols: Symbols): void {
  const members = new Map<string, { names: string[]; types: number[] }>();
  for (const node of root.get('header_union_types').itemsOrNone()) {
    const pairs = node
      .get('headers')
      .items()
      .map((pair) => pair.items(2) as [Node, Node]);
    members.set(node.get('name').string(), {
      names: pairs.map(([name]) => name.string()),
      types: pairs.map(([, type]) => symbols.headerTypeNames.resolve(type)),
    });
  }
  for (const node of root.get('header_unions').itemsOrNone()) {
    const name = symbols.unionNames.add(node.get('name'));
    symbols.unionIds.add(node.get('id'));
    const union = symbols.unions.length;
    const type = members.get(node.get('union_type').string());
    if (type === undefined)
      node.get('union_type').fail(`no header union type is named '${node.get('union_type').string()}'`);
    const headers = node
      .get('header_ids')
      .items(type!.names.length)
      .map((idNode, position) => {
        const index = symbols.headerIds.resolve(idNode);
        const header = symbols.headers[index]!;
        if (header.union >= 0) idNode.fail(`header '${header.name}' is already in another union`);
        if (header.type !== type!.types[position])
          idNode.fail(`header '${header.name}' has another type than the union's member`);
        symbols.headers[index] = { ...header, union, unionPosition: position };
        return index;
      });
    symbols.unions.push({ name, memberNames: type!.names, headers });
  }
  for (const node of root.get('header_union_stacks').itemsOrNone()) {
    const name = symbols.unionStackNames.add(node.get('name'));
    const type = members.get(node.get('union_type').string());
    if (type === undefined)
      node.get('union_type').fail(`no header union type is named '${node.get('union_type').string()}'`);
    const unions = node
      .get('header_union_ids')
      .items()
      .map((idNode) => symbols.unionIds.resolve(idNode));
    if (unions.length === 0) node.get('header_union_ids').fail('a header union stack needs at least one union');
    symbols.unionStacks.push({ name, memberNames: type!.names, unions });
  }
}

export function loadFieldAliases(root: Node, symbols: Symbols): void {
  for (const node of root.get('field_aliases').itemsOrNone()) {
    const [alias, target] = node.items(2) as [Node, Node];
    symbols.aliases.set(alias.string(), symbols.field(target));
  }
}

/** The parser errors every program has, added where the JSON does not list them. */
const CORE_ERRORS = [
  'NoError',
  'PacketTooShort',
  'NoMatch',
  'StackOutOfBounds',
  'HeaderTooShort',
  'ParserTimeout',
  'ParserInvalidArgument',
];

export function loadErrors(root: Node, symbols: Symbols): void {
  for (const node of root.get('errors').itemsOrNone()) {
    const [name, value] = node.items(2) as [Node, Node];
    if (symbols.errors.has(name.string())) name.fail(`there are two errors named '${name.string()}'`);
    const other = [...symbols.errors].find(([, number]) => number === value.integer());
    if (other !== undefined) value.fail(`the error '${other[0]}' has the number ${other[1]} already`);
    symbols.errors.set(name.string(), value.integer());
  }
  const used = new Set(symbols.errors.values());
  let next = 0;
  for (const name of CORE_ERRORS) {
    if (symbols.errors.has(name)) continue;
    while (used.has(next)) next++;
    symbols.errors.set(name, next);
    used.add(next);
  }
}
