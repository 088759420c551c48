/**
 * Loads actions and the primitives they are made of. The signature of every primitive is known here, so that a wrong
 * number or kind of arguments is found at load and not by a packet.
 */
import { loadExpression } from './load-expressions.ts';
import { type Node, nearest } from './reader.ts';
import type { Symbols } from './symbols.ts';
import type { Action, Argument, Expression, Primitive, SourceInfo } from './types.ts';

type ArgumentShape =
  | 'data'
  | 'bool'
  | 'lvalue'
  | 'header'
  | 'headerStack'
  | 'stack'
  | 'union'
  | 'unionStack'
  | 'calculation'
  | 'counter'
  | 'meter'
  | 'register'
  | 'string'
  | 'vector'
  | 'any';

/** What each primitive takes. */
const SIGNATURES: Readonly<Record<string, readonly ArgumentShape[]>> = {
  assign: ['lvalue', 'data'],
  assign_VL: ['lvalue', 'data'],
  assign_header: ['header', 'header'],
  assign_union: ['union', 'union'],
  assign_header_stack: ['headerStack', 'headerStack'],
  assign_union_stack: ['unionStack', 'unionStack'],
  push: ['stack', 'data'],
  pop: ['stack', 'data'],
  _jump: ['data'],
  _jump_if_zero: ['data', 'data'],
  exit: [],
  assume: ['data'],
  assert: ['data'],
  log_msg: ['string', 'vector'],
  modify_field: ['lvalue', 'data'],
  modify_field_rng_uniform: ['lvalue', 'data', 'data'],
  add_to_field: ['lvalue', 'data'],
  subtract_from_field: ['lvalue', 'data'],
  add: ['lvalue', 'data', 'data'],
  subtract: ['lvalue', 'data', 'data'],
  bit_xor: ['lvalue', 'data', 'data'],
  bit_or: ['lvalue', 'data', 'data'],
  bit_and: ['lvalue', 'data', 'data'],
  shift_left: ['lvalue', 'data', 'data'],
  shift_right: ['lvalue', 'data', 'data'],
  drop: [],
  mark_to_drop: ['header'],
  generate_digest: ['data', 'data'],
  add_header: ['header'],
  add_header_fast: ['header'],
  remove_header: ['header'],
  copy_header: ['header', 'header'],
  clone_ingress_pkt_to_egress: ['data', 'data'],
  clone_egress_pkt_to_egress: ['data', 'data'],
  resubmit: ['data'],
  recirculate: ['data'],
  modify_field_with_hash_based_offset: ['lvalue', 'data', 'calculation', 'data'],
  no_op: [],
  execute_meter: ['meter', 'data', 'lvalue'],
  count: ['counter', 'data'],
  register_read: ['lvalue', 'register', 'data'],
  register_write: ['register', 'data', 'data'],
  truncate: ['data'],
};

export function loadSourceInfo(node: Node): SourceInfo | undefined {
  const info = node.get('source_info');
  if (info.isNull) return undefined;
  const text = (name: string) => (info.get(name).isNull ? '' : info.get(name).string());
  return {
    file: text('filename'),
    line: info.get('line').integerOr(0),
    column: info.get('column').integerOr(0),
    fragment: text('source_fragment'),
  };
}

export function loadActions(root: Node, symbols: Symbols): Action[] {
  return root
    .get('actions')
    .itemsOrNone()
    .map((node) => {
      const id = symbols.actionIds.add(node.get('id'));
      const parameters = node
        .get('runtime_data')
        .itemsOrNone()
        .map((parameter) => ({
          name: parameter.get('name').string(),
          bitwidth: parameter.get('bitwidth').integer(1, 1 << 16),
        }));
      return {
        name: node.get('name').string(),
        id,
        parameters,
        primitives: node
          .get('primitives')
          .itemsOrNone()
          .map((primitive) => loadPrimitive(primitive, symbols, parameters.length)),
      };
    });
}

/** Loads one primitive call in an action with `parameterCount` parameters. */
export function loadPrimitive(node: Node, symbols: Symbols, parameterCount: number): Primitive {
  const operation = node.get('op').string();
  const signature = Object.hasOwn(SIGNATURES, operation) ? SIGNATURES[operation] : undefined;
  if (signature === undefined) {
    const suggestion = nearest(operation, Object.keys(SIGNATURES));
    node
      .get('op')
      .unsupported(
        `this switch has no primitive '${operation}' (externs of your own cannot be loaded)${suggestion === undefined ? '' : `, did you mean '${suggestion}'?`}`,
      );
  }
  const parameters = node.get('parameters').itemsOrNone();
  if (parameters.length !== signature!.length) {
    node.fail(`'${operation}' takes ${signature!.length} parameters, found ${parameters.length}`);
  }
  return {
    operation,
    arguments: parameters.map((parameter, index) =>
      loadArgument(parameter, symbols, signature![index]!, parameterCount),
    ),
    source: loadSourceInfo(node),
  };
}

function loadArgument(node: Node, symbols: Symbols, shape: ArgumentShape, parameterCount: number): Argument {
  const type = node.get('type').string();
  const value = node.get('value');
  const named = (expected: ArgumentShape) => {
    if (shape !== expected && shape !== 'any') node.fail(`expected ${shape}, found ${type}`);
  };
  switch (type) {
    case 'calculation':
      named('calculation');
      return { kind: 'calculation', calculation: symbols.calculationNames.resolve(value) };
    case 'counter_array':
      named('counter');
      return { kind: 'counter', counter: symbols.counterNames.resolve(value) };
    case 'meter_array':
      named('meter');
      return { kind: 'meter', meter: symbols.meterNames.resolve(value) };
    case 'register_array':
      named('register');
      return { kind: 'register', register: symbols.registerNames.resolve(value) };
    case 'string':
      named('string');
      return { kind: 'string', value: value.string() };
    case 'parameters_vector':
      named('vector');
      return {
        kind: 'vector',
        // p4c writes an empty vector as an empty object.
        elements: (isEmptyObject(value.value) ? [] : value.items()).map((element) =>
          loadArgument(element, symbols, 'data', parameterCount),
        ),
      };
    case 'field_list':
      named('any');
      return { kind: 'fieldList', fields: value.items().map((element) => symbols.field(element.get('value'))) };
    case 'extern':
      return node.get('type').unsupported('this switch has no extern objects other than those of v1model');
    default: {
      const loaded = loadExpression(node, symbols);
      const largest = largestParameter(loaded.expression);
      if (largest >= parameterCount) value.fail(`refers to parameter ${largest}, but the action has ${parameterCount}`);
      let { expression, type: found } = loaded;
      if (shape === 'data' && found === 'bool') {
        expression = { kind: 'boolToData', operand: expression };
        found = 'data';
      }
      const accepted: readonly string[] =
        shape === 'lvalue' ? ['data'] : shape === 'stack' ? ['headerStack', 'unionStack'] : [shape];
      if (shape !== 'any' && !accepted.includes(found)) node.fail(`expected ${shape}, found ${found}`);
      if (shape === 'lvalue' && !['field', 'accessField', 'lastField', 'register'].includes(expression.kind)) {
        node.fail('expected something that can be assigned to');
      }
      return { kind: 'expression', type: found, expression };
    }
  }
}

function isEmptyObject(value: unknown): boolean {
  return value !== null && typeof value === 'object' && !Array.isArray(value) && Object.keys(value).length === 0;
}

/** The highest parameter that an expression reads, at any depth; -1 where it reads none. */
function largestParameter(expression: Expression): number {
  if (expression.kind === 'local') return expression.index;
  let largest = -1;
  for (const part of Object.values(expression) as unknown[])
    if (part !== null && typeof part === 'object' && 'kind' in part)
      largest = Math.max(largest, largestParameter(part as Expression));
  return largest;
}
