/**
 * Instructions as BMv2 primitives, and graphs as actions.
 *
 * An action is a list of primitives executed in order; `_jump` and `_jump_if_zero` take the position to go on at. So an
 * action's blocks are laid out one after another, and each end of a block becomes at most two jumps whose targets are
 * filled in when all positions are known.
 */

import * as ir from '../5-lower/ir.ts';
import { InternalError } from '../diagnostics/diagnostic.ts';
import { expressionJson, fieldOf, parameterJson } from './expressions.ts';
import { hexstr, type JsonObject } from './json.ts';
import type { Names } from './names.ts';
import type { Objects } from './objects.ts';

function headerJson(reference: ir.HeaderReference): JsonObject {
  switch (reference.kind) {
    case 'instance':
      return { type: 'header', value: reference.instance.name };
    case 'last': {
      const stack: JsonObject = { type: 'header_stack', value: reference.stack.name };
      const last: JsonObject = { type: 'expression', value: { op: 'last_stack_index', left: null, right: stack } };
      return {
        type: 'expression',
        value: { type: 'expression', value: { op: 'dereference_header_stack', left: stack, right: last } },
      };
    }
    case 'element':
    case 'next':
    case 'union-element':
    case 'union-next':
    case 'union-last':
      throw new InternalError(`a ${reference.kind} as a parameter`);
  }
}

function stackJson(stack: ir.HeaderStack | ir.UnionStack): JsonObject {
  return { type: stack.kind === 'header-stack' ? 'header_stack' : 'header_union_stack', value: stack.name };
}

function targetJson(place: ir.Place, objects: Objects): JsonObject {
  if (place.kind === 'field' && place.header.kind === 'last') {
    return { type: 'stack_field', value: [place.header.stack.name, place.field.name] };
  }
  return fieldOf(place, objects.names);
}

/** With its place in the source, for what was not made up by the compiler. */
function primitive(source: JsonObject | undefined, op: string, ...parameters: JsonObject[]): JsonObject {
  return source === undefined ? { op, parameters } : { op, parameters, source_info: source };
}

/** One primitive. Those that only the parser knows are not among them. */
export function primitiveJson(instruction: ir.Instruction, objects: Objects): JsonObject {
  const { names, positions } = objects;
  const source = positions.sourceInfo(instruction.span);
  switch (instruction.kind) {
    case 'assign': {
      const op = ir.typeOfPlace(instruction.target).kind === 'varbit' ? 'assign_VL' : 'assign';
      return primitive(source, op, targetJson(instruction.target, objects), parameterJson(instruction.value, names));
    }
    case 'copy-header':
      return primitive(source, 'assign_header', headerJson(instruction.target), headerJson(instruction.source));
    case 'copy-stack':
      return primitive(source, 'assign_header_stack', stackJson(instruction.target), stackJson(instruction.source));
    case 'copy-union':
      return primitive(
        source,
        'assign_union',
        { type: 'header_union', value: instruction.target.name },
        { type: 'header_union', value: instruction.source.name },
      );
    case 'copy-union-stack':
      return primitive(source, 'assign_union_stack', stackJson(instruction.target), stackJson(instruction.source));
    case 'set-valid':
      return primitive(source, 'add_header', headerJson(instruction.header));
    case 'set-invalid':
      return primitive(source, 'remove_header', headerJson(instruction.header));
    case 'push':
    case 'pop':
      return primitive(source, instruction.kind, stackJson(instruction.stack), hexstr(instruction.count, 0));
    case 'count':
      return primitive(
        source,
        'count',
        { type: 'counter_array', value: instruction.counter.name },
        parameterJson(instruction.index, names),
      );
    case 'execute-meter':
      return primitive(
        source,
        'execute_meter',
        { type: 'meter_array', value: instruction.meter.name },
        parameterJson(instruction.index, names),
        targetJson(instruction.target, objects),
      );
    case 'read-register':
      return primitive(
        source,
        'register_read',
        targetJson(instruction.target, objects),
        { type: 'register_array', value: instruction.register.name },
        parameterJson(instruction.index, names),
      );
    case 'write-register':
      return primitive(
        source,
        'register_write',
        { type: 'register_array', value: instruction.register.name },
        parameterJson(instruction.index, names),
        parameterJson(instruction.value, names),
      );
    case 'random':
      return primitive(
        source,
        'modify_field_rng_uniform',
        targetJson(instruction.target, objects),
        parameterJson(instruction.low, names),
        parameterJson(instruction.high, names),
      );
    case 'hash': {
      const name = objects.calculation(instruction.algorithm, instruction.items, false, undefined);
      return primitive(
        source,
        'modify_field_with_hash_based_offset',
        targetJson(instruction.target, objects),
        parameterJson(instruction.base, names),
        { type: 'calculation', value: name },
        parameterJson(instruction.maximum, names),
      );
    }
    case 'digest': {
      const id = objects.learnList(instruction.name, instruction.items);
      return primitive(source, 'generate_digest', parameterJson(instruction.receiver, names), hexstr(id, 32));
    }
    case 'mark-to-drop':
      return primitive(source, 'mark_to_drop', { type: 'header', value: instruction.metadata.name });
    case 'clone':
      return primitive(
        source,
        instruction.from === 'ingress' ? 'clone_ingress_pkt_to_egress' : 'clone_egress_pkt_to_egress',
        parameterJson(instruction.session, names),
        hexstr(objects.fieldList(instruction.fieldList, instruction.span), 32),
      );
    case 'resubmit':
    case 'recirculate':
      return primitive(
        source,
        instruction.kind,
        hexstr(objects.fieldList(instruction.fieldList, instruction.span), 32),
      );
    case 'truncate':
      return primitive(source, 'truncate', parameterJson(instruction.length, names));
    case 'assert':
    case 'assume':
      return primitive(source, instruction.kind, conditionJson(instruction.condition, names));
    case 'log':
      return primitive(
        source,
        'log_msg',
        { type: 'string', value: instruction.message },
        { type: 'parameters_vector', value: instruction.arguments.map((argument) => parameterJson(argument, names)) },
      );
    case 'extern-call': {
      const parameters = instruction.arguments.map((argument) => externArgument(argument, names));
      if (instruction.instance !== undefined) parameters.unshift({ type: 'extern', value: instruction.instance });
      return primitive(source, instruction.name, ...parameters);
    }
    case 'extract':
    case 'advance':
    case 'verify':
      throw new InternalError(`${instruction.kind} outside of a parser`, instruction.span);
  }
}

/** A condition as a number: 1 where it holds. */
function conditionJson(condition: ir.Expression, names: Names): JsonObject {
  return {
    type: 'expression',
    value: { type: 'expression', value: { op: 'b2d', left: null, right: expressionJson(condition, names) } },
  };
}

function externArgument(argument: ir.ExternArgument, names: Names): JsonObject {
  switch (argument.kind) {
    case 'expression':
      return parameterJson(argument.expression, names);
    case 'header':
      return headerJson(argument.header);
    case 'string':
      return { type: 'string', value: argument.value };
  }
}

/** The primitives of an action's graph. */
export function actionPrimitives(graph: ir.Graph, objects: Objects): JsonObject[] {
  const { entry } = graph;
  // Most actions are one block.
  if (entry.terminator.kind === 'return') return entry.instructions.map((each) => primitiveJson(each, objects));
  const blocks = ir.reachableBlocks(graph);
  const layout = new Layout(objects);
  for (let index = 0; index < blocks.length; index++) layout.add(blocks[index]!, blocks[index + 1]);
  return layout.finish();
}

/** Blocks laid out one after another. */
class Layout {
  private readonly objects: Objects;
  private readonly primitives: JsonObject[] = [];
  /** Where the blocks begin. */
  private readonly positions = new Map<ir.Block, number>();
  private readonly jumps: { readonly destination: JsonObject; readonly target: ir.Block | 'end' }[] = [];

  constructor(objects: Objects) {
    this.objects = objects;
  }

  /** Adds a block; `next` is the one to be added after it. */
  add(block: ir.Block, next: ir.Block | undefined): void {
    const { primitives, objects } = this;
    this.positions.set(block, primitives.length);
    for (const instruction of block.instructions) primitives.push(primitiveJson(instruction, objects));
    const { terminator } = block;
    switch (terminator.kind) {
      case 'goto':
        if (terminator.target !== next) this.jump(terminator.target, undefined, terminator.span);
        return;
      case 'branch':
        this.jump(terminator.whenFalse, terminator.condition, terminator.span);
        if (terminator.whenTrue !== next) this.jump(terminator.whenTrue, undefined, terminator.span);
        return;
      case 'exit':
        primitives.push(primitive(objects.positions.sourceInfo(terminator.span), 'exit'));
        if (next !== undefined) this.jump('end', undefined, terminator.span);
        return;
      case 'return':
      case 'unreachable':
        if (next !== undefined) this.jump('end', undefined, terminator.span);
        return;
      case 'apply':
      case 'select':
      case 'accept':
      case 'reject':
        throw new InternalError(`an action ends with ${terminator.kind}`, terminator.span);
    }
  }

  private jump(target: ir.Block | 'end', condition: ir.Expression | undefined, span: ir.Terminator['span']): void {
    const { positions, names } = this.objects;
    const destination: JsonObject = { type: 'hexstr', value: '' };
    const source = positions.sourceInfo(span);
    this.primitives.push(
      condition === undefined
        ? primitive(source, '_jump', destination)
        : primitive(source, '_jump_if_zero', conditionJson(condition, names), destination),
    );
    this.jumps.push({ destination, target });
  }

  /** The primitives, all destinations filled in. */
  finish(): JsonObject[] {
    for (const { destination, target } of this.jumps) {
      const position = target === 'end' ? this.primitives.length : this.positions.get(target);
      if (position === undefined) throw new InternalError('a jump to nowhere');
      destination.value = `0x${position.toString(16)}`;
    }
    return this.primitives;
  }
}
