/**
 * Loads parsers and deparsers.
 *
 * Transition values in the JSON are the key's fields, each padded to whole bytes, one after the other; they are split
 * here into one value per key part, which is what a compiler wants. A state without a case for everything else goes to
 * -1, accept, as BMv2 does. `shift` (bytes, old format) becomes `advance` (bits).
 */

import { loadPrimitive } from './load-actions.ts';
import { loadExpression, loadTyped } from './load-expressions.ts';
import { Ids, Names, type Node } from './reader.ts';
import type { Symbols } from './symbols.ts';
import type {
  Deparser,
  Expression,
  ExtractTarget,
  Parser,
  ParserOperation,
  ParseState,
  Transition,
  TransitionKeyPart,
} from './types.ts';

export function loadParsers(root: Node, symbols: Symbols): Parser[] {
  const ids = new Ids('parser');
  return root
    .get('parsers')
    .itemsOrNone()
    .map((node) => {
      ids.add(node.get('id'));
      const states = new Names('parse state');
      const stateNodes = node.get('parse_states').items();
      for (const stateNode of stateNodes) states.add(stateNode.get('name'));
      const start = node.get('init_state');
      return {
        name: node.get('name').string(),
        start: start.isNull ? -1 : states.resolve(start),
        states: stateNodes.map((stateNode) => loadState(stateNode, states, symbols)),
      };
    });
}

function loadState(node: Node, states: Names, symbols: Symbols): ParseState {
  const key = node
    .get('transition_key')
    .itemsOrNone()
    .map((part) => loadKeyPart(part, symbols));
  const transitions: Transition[] = [];
  let defaultNext = -1;
  for (const transition of node.get('transitions').itemsOrNone()) {
    const nextNode = transition.get('next_state');
    const next = nextNode.isNull ? -1 : states.resolve(nextNode);
    let type = transition.get('type').isNull
      ? 'hexstr'
      : transition.get('type').oneOf(['hexstr', 'default', 'parse_vset']);
    if (type === 'hexstr' && transition.get('value').value === 'default') type = 'default';
    if (type === 'default') {
      defaultNext = next;
      continue;
    }
    if (key.length === 0) transition.fail('a transition with a value needs a transition key');
    const mask = transition.get('mask');
    if (type === 'hexstr') {
      transitions.push({
        kind: 'value',
        values: splitPadded(transition.get('value'), key),
        masks: mask.isNull ? undefined : splitPadded(mask, key),
        next,
      });
    } else {
      transitions.push({
        kind: 'valueSet',
        valueSet: symbols.valueSetNames.resolve(transition.get('value')),
        masks: mask.isNull ? undefined : splitPadded(mask, key),
        next,
      });
    }
  }
  return {
    name: node.get('name').string(),
    operations: node
      .get('parser_ops')
      .itemsOrNone()
      .map((operation) => loadOperation(operation, symbols)),
    key,
    transitions,
    defaultNext,
  };
}

/** Splits a value made of byte-padded parts. */
function splitPadded(node: Node, key: readonly TransitionKeyPart[]): bigint[] {
  const digits = node.string().replace(/^0[xX]/, '');
  const bytes = key.map((part) => Math.ceil(part.bitwidth / 8));
  const total = bytes.reduce((sum, size) => sum + size, 0);
  if (Math.ceil(digits.length / 2) !== total) {
    node.fail(`expected ${total} bytes (the key's fields, each in whole bytes), found ${Math.ceil(digits.length / 2)}`);
  }
  let rest = node.hex();
  const values: bigint[] = [];
  for (const size of bytes.reverse()) {
    values.unshift(rest & ((1n << BigInt(8 * size)) - 1n));
    rest >>= BigInt(8 * size);
  }
  return values;
}

function loadKeyPart(node: Node, symbols: Symbols): TransitionKeyPart {
  const value = node.get('value');
  const type = node.get('type').oneOf(['field', 'stack_field', 'union_stack_field', 'lookahead']);
  switch (type) {
    case 'field': {
      const field = symbols.field(value);
      return { kind: 'field', field, bitwidth: symbols.declaration(field).bitwidth };
    }
    case 'stack_field': {
      const [name, fieldNode] = value.items(2) as [Node, Node];
      const stack = symbols.stackNames.resolve(name);
      const headerType = symbols.stacks[stack]!.type;
      const field = symbols.fieldOfType(headerType, fieldNode);
      return { kind: 'lastField', stack, field, bitwidth: symbols.headerTypes[headerType]!.fields[field]!.bitwidth };
    }
    case 'union_stack_field': {
      const [name, memberNode, fieldNode] = value.items(3) as [Node, Node, Node];
      const stack = symbols.unionStackNames.resolve(name);
      const member = memberOf(memberNode, symbols, stack);
      const header = symbols.unions[symbols.unionStacks[stack]!.unions[0]!]!.headers[member]!;
      const headerType = symbols.headers[header]!.type;
      const field = symbols.fieldOfType(headerType, fieldNode);
      return {
        kind: 'unionStackField',
        stack,
        member,
        field,
        bitwidth: symbols.headerTypes[headerType]!.fields[field]!.bitwidth,
      };
    }
    case 'lookahead': {
      const [offset, width] = value.items(2) as [Node, Node];
      return { kind: 'lookahead', bitOffset: offset.integer(), bitwidth: width.integer(1) };
    }
  }
}

function memberOf(node: Node, symbols: Symbols, stack: number): number {
  const member = symbols.unionStacks[stack]!.memberNames.indexOf(node.string());
  if (member < 0) node.fail(`the union has no member '${node.string()}'`);
  return member;
}

function loadOperation(node: Node, symbols: Symbols): ParserOperation {
  const operation = node.get('op').string();
  const parameters = node.get('parameters');
  switch (operation) {
    case 'extract': {
      const [target] = parameters.items(1) as [Node];
      const extract = loadExtractTarget(target, symbols);
      const type = symbols.headerTypes[typeOfTarget(extract, symbols)]!;
      if (type.variableField >= 0 && type.lengthExpression === undefined) {
        node.fail(`header type '${type.name}' has a variable field without length expression: extract_VL is needed`);
      }
      return { kind: 'extract', target: extract, variableBits: undefined };
    }
    case 'extract_VL': {
      const [target, length] = parameters.items(2) as [Node, Node];
      const extract = loadExtractTarget(target, symbols);
      const type = symbols.headerTypes[typeOfTarget(extract, symbols)]!;
      if (type.variableField < 0) node.fail(`header type '${type.name}' has no variable field`);
      return { kind: 'extract', target: extract, variableBits: loadTyped(length, symbols, 'data') };
    }
    case 'set': {
      const [target, source] = parameters.items(2) as [Node, Node];
      if (target.get('type').string() !== 'field')
        target.fail(`expected a field, found ${target.get('type').string()}`);
      const field = symbols.field(target.get('value'));
      if (source.get('type').string() === 'lookahead') {
        const [offset, width] = source.get('value').items(2) as [Node, Node];
        return { kind: 'setLookahead', field, bitOffset: offset.integer(), bitwidth: width.integer(1) };
      }
      return { kind: 'set', field, source: loadTyped(source, symbols, 'data') };
    }
    case 'verify': {
      const [condition, error] = parameters.items(2) as [Node, Node];
      const code: Expression = error.isNumber
        ? { kind: 'constant', value: BigInt(error.integer()) }
        : loadTyped(error, symbols, 'data');
      return { kind: 'verify', condition: loadTyped(condition, symbols, 'bool'), error: code };
    }
    case 'primitive': {
      const [primitive] = parameters.items(1) as [Node];
      return { kind: 'primitive', primitive: loadPrimitive(primitive, symbols, 0) };
    }
    case 'shift': {
      const [bytes] = parameters.items(1) as [Node];
      return { kind: 'advance', bits: { kind: 'constant', value: BigInt(bytes.integer()) * 8n } };
    }
    case 'advance': {
      const [bits] = parameters.items(1) as [Node];
      const { expression, type } = loadExpression(bits, symbols);
      if (type !== 'data') bits.fail(`expected a number of bits, found ${type}`);
      if (expression.kind === 'constant' && expression.value < 0n)
        bits.fail('cannot advance by a negative number of bits');
      return { kind: 'advance', bits: expression };
    }
    default:
      return node.get('op').fail(`unknown parser operation '${operation}'`);
  }
}

function loadExtractTarget(node: Node, symbols: Symbols): ExtractTarget {
  const type = node.get('type').oneOf(['regular', 'stack', 'union_stack']);
  const value = node.get('value');
  switch (type) {
    case 'regular':
      return { kind: 'header', header: symbols.headerNames.resolve(value) };
    case 'stack':
      return { kind: 'stack', stack: symbols.stackNames.resolve(value) };
    case 'union_stack': {
      const [name, memberNode] = value.items(2) as [Node, Node];
      const stack = symbols.unionStackNames.resolve(name);
      return { kind: 'unionStack', stack, member: memberOf(memberNode, symbols, stack) };
    }
  }
}

function typeOfTarget(target: ExtractTarget, symbols: Symbols): number {
  switch (target.kind) {
    case 'header':
      return symbols.headers[target.header]!.type;
    case 'stack':
      return symbols.stacks[target.stack]!.type;
    case 'unionStack': {
      const union = symbols.unionStacks[target.stack]!.unions[0]!;
      return symbols.headers[symbols.unions[union]!.headers[target.member]!]!.type;
    }
  }
}

export function loadDeparsers(root: Node, symbols: Symbols): Deparser[] {
  const ids = new Ids('deparser');
  return root
    .get('deparsers')
    .itemsOrNone()
    .map((node) => {
      ids.add(node.get('id'));
      return {
        name: node.get('name').string(),
        headers: node
          .get('order')
          .items()
          .map((header) => symbols.headerNames.resolve(header)),
        primitives: node
          .get('primitives')
          .itemsOrNone()
          .map((primitive) => loadPrimitive(primitive, symbols, 0)),
      };
    });
}
