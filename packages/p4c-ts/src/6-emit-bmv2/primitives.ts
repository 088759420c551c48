/**
 * Instructions as BMv2 primitives, and graphs as actions.
 *
 * An action is a list of primitives executed in order; `_jump` and `_jump_if_zero` take the position to go on at. So an action's
 * blocks are laid out one after another, and each end of a block becomes at most two jumps whose targets are filled in when
 * all positions are known.
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

/** One primitive. Those that only the parser knows are not among them. */
export function primitiveJson(instruction: ir.Instruction, objects: Objects): JsonObject {
  return objects.positions.located(unlocated(instruction, objects), instruction.span);
}

function primitive(op: string, ...parameters: JsonObject[]): JsonObject {
  return { op, parameters };
}

/** The primitive without its place in the source. */
function unlocated(instruction: ir.Instruction, objects: Objects): JsonObject {
  const { names } = objects;
  switch (instruction.kind) {
    case 'assign': {
      const op = ir.typeOfPlace(instruction.target).kind === 'varbit' ? 'assign_VL' : 'assign';
      return primitive(op, targetJson(instruction.target, objects), parameterJson(instruction.value, names));
    }
    case 'copy-header':
      return primitive('assign_header', headerJson(instruction.target), headerJson(instruction.source));
    case 'copy-stack':
      return primitive('assign_header_stack', stackJson(instruction.target), stackJson(instruction.source));
    case 'copy-union':
      return primitive(
        'assign_union',
        { type: 'header_union', value: instruction.target.name },
        { type: 'header_union', value: instruction.source.name },
      );
    case 'copy-union-stack':
      return primitive('assign_union_stack', stackJson(instruction.target), stackJson(instruction.source));
    case 'set-valid':
      return primitive('add_header', headerJson(instruction.header));
    case 'set-invalid':
      return primitive('remove_header', headerJson(instruction.header));
    case 'push':
    case 'pop':
      return primitive(instruction.kind, stackJson(instruction.stack), hexstr(instruction.count, 0));
    case 'count':
      return primitive(
        'count',
        { type: 'counter_array', value: instruction.counter.name },
        parameterJson(instruction.index, names),
      );
    case 'execute-meter':
      return primitive(
        'execute_meter',
        { type: 'meter_array', value: instruction.meter.name },
        parameterJson(instruction.index, names),
        targetJson(instruction.target, objects),
      );
    case 'read-register':
      return primitive(
        'register_read',
        targetJson(instruction.target, objects),
        { type: 'register_array', value: instruction.register.name },
        parameterJson(instruction.index, names),
      );
    case 'write-register':
      return primitive(
        'register_write',
        { type: 'register_array', value: instruction.register.name },
        parameterJson(instruction.index, names),
        parameterJson(instruction.value, names),
      );
    case 'random':
      return primitive(
        'modify_field_rng_uniform',
        targetJson(instruction.target, objects),
        parameterJson(instruction.low, names),
        parameterJson(instruction.high, names),
      );
    case 'hash': {
      const name = objects.calculation(instruction.algorithm, instruction.items, false, undefined);
      return primitive(
        'modify_field_with_hash_based_offset',
        targetJson(instruction.target, objects),
        parameterJson(instruction.base, names),
        { type: 'calculation', value: name },
        parameterJson(instruction.maximum, names),
      );
    }
    case 'digest': {
      const id = objects.learnList(instruction.name, instruction.items);
      return primitive('generate_digest', parameterJson(instruction.receiver, names), hexstr(id, 32));
    }
    case 'mark-to-drop':
      return primitive('mark_to_drop', { type: 'header', value: instruction.metadata.name });
    case 'clone':
      return primitive(
        instruction.from === 'ingress' ? 'clone_ingress_pkt_to_egress' : 'clone_egress_pkt_to_egress',
        parameterJson(instruction.session, names),
        hexstr(objects.fieldList(instruction.fieldList, instruction.span), 32),
      );
    case 'resubmit':
    case 'recirculate':
      return primitive(instruction.kind, hexstr(objects.fieldList(instruction.fieldList, instruction.span), 32));
    case 'truncate':
      return primitive('truncate', parameterJson(instruction.length, names));
    case 'assert':
    case 'assume':
      return primitive(instruction.kind, {
        type: 'expression',
        value: {
          type: 'expression',
          value: { op: 'b2d', left: null, right: expressionJson(instruction.condition, names) },
        },
      });
    case 'log':
      return primitive(
        'log_msg',
        { type: 'string', value: instruction.message },
        { type: 'parameters_vector', value: instruction.arguments.map((argument) => parameterJson(argument, names)) },
      );
    case 'extern-call': {
      const parameters = instruction.arguments.map((argument) => externArgument(argument, names));
      if (instruction.instance !== undefined) parameters.unshift({ type: 'extern', value: instruction.instance });
      return primitive(instruction.name, ...parameters);
    }
    case 'extract':
    case 'advance':
    case 'verify':
      throw new InternalError(`${instruction.kind} outside of a parser`, instruction.span);
  }
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
  const blocks = ir.reachableBlocks(graph);
  const primitives: JsonObject[] = [];
  const positions = new Map<ir.Block, number>();
  const jumps: { parameters: JsonObject[]; target: ir.Block | 'end' }[] = [];
  const jump = (target: ir.Block | 'end', condition: ir.Expression | undefined, span: ir.Terminator['span']): void => {
    const parameters: JsonObject[] = [];
    if (condition !== undefined) {
      parameters.push({
        type: 'expression',
        value: {
          type: 'expression',
          value: { op: 'b2d', left: null, right: expressionJson(condition, objects.names) },
        },
      });
    }
    const op = condition === undefined ? '_jump' : '_jump_if_zero';
    primitives.push(objects.positions.located({ op, parameters }, span));
    jumps.push({ parameters, target });
  };
  blocks.forEach((block, index) => {
    positions.set(block, primitives.length);
    for (const instruction of block.instructions) primitives.push(primitiveJson(instruction, objects));
    const next = blocks[index + 1];
    const isLast = next === undefined;
    const { terminator } = block;
    switch (terminator.kind) {
      case 'goto':
        if (terminator.target !== next) jump(terminator.target, undefined, terminator.span);
        return;
      case 'branch':
        jump(terminator.whenFalse, terminator.condition, terminator.span);
        if (terminator.whenTrue !== next) jump(terminator.whenTrue, undefined, terminator.span);
        return;
      case 'exit':
        primitives.push(objects.positions.located(primitive('exit'), terminator.span));
        if (!isLast) jump('end', undefined, terminator.span);
        return;
      case 'return':
      case 'unreachable':
        if (!isLast) jump('end', undefined, terminator.span);
        return;
      case 'apply':
      case 'select':
      case 'accept':
      case 'reject':
        throw new InternalError(`an action ends with ${terminator.kind}`, terminator.span);
    }
  });
  for (const { parameters, target } of jumps) {
    const position = target === 'end' ? primitives.length : positions.get(target);
    if (position === undefined) throw new InternalError('a jump to nowhere');
    parameters.push({ type: 'hexstr', value: `0x${position.toString(16)}` });
  }
  return primitives;
}
