/**
 * The parser: blocks as parse states.
 *
 * A state is a list of operations and a transition on a key. Branches do not exist, so a condition is first
 * put into a variable and then selected on. Parsing operations have their own notation; everything else is a
 * primitive in a wrapper.
 */

import * as ir from '../5-lower/ir.ts';
import { InternalError, type Reporter } from '../diagnostics/diagnostic.ts';
import { expressionJson, fieldOf, parameterJson } from './expressions.ts';
import { bytesFor, hex, type Json, type JsonObject } from './json.ts';
import type { Objects } from './objects.ts';
import { primitiveJson } from './primitives.ts';

/** What selecting on conditions needs: a fresh variable of one bit. */
export type MakeFlag = () => ir.Place;

/** The section `parsers`. */
export function parserJson(program: ir.Program, objects: Objects, makeFlag: MakeFlag, reporter: Reporter): JsonObject {
  const blocks = ir.reachableBlocks(program.parser.graph);
  const names = stateNames(blocks);
  const states = blocks.flatMap((block) => {
    if (isEmptyEnd(block)) return [];
    return [stateJson(block, names, objects, makeFlag, reporter)];
  });
  states.forEach((state, id) => {
    state.id = id;
  });
  if (states.length === 0) {
    states.push({
      name: 'start',
      id: 0,
      parser_ops: [],
      transitions: [defaultTransition(null)],
      transition_key: [],
    });
  }
  const entry = program.parser.graph.entry;
  return { name: 'parser', id: 0, init_state: names.get(entry) ?? 'start', parse_states: states };
}

/** Blocks that only accept: the transition into them ends parsing. */
function isEmptyEnd(block: ir.Block): boolean {
  return block.instructions.length === 0 && (block.terminator.kind === 'accept' || block.terminator.kind === 'reject');
}

function stateNames(blocks: readonly ir.Block[]): Map<ir.Block, string> {
  const names = new Map<ir.Block, string>();
  const taken = new Set<string>();
  blocks.forEach((block, index) => {
    if (isEmptyEnd(block)) return;
    // The first state is called `start`, as BMv2's and p4c's are.
    const base = index === 0 ? 'start' : block.name === 'parser' ? 'start' : block.name;
    let name = base;
    for (let suffix = 0; taken.has(name); suffix++) name = `${base}_${suffix}`;
    taken.add(name);
    names.set(block, name);
  });
  return names;
}

function defaultTransition(next: string | null): JsonObject {
  return { type: 'default', value: null, mask: null, next_state: next };
}

function stateJson(
  block: ir.Block,
  names: ReadonlyMap<ir.Block, string>,
  objects: Objects,
  makeFlag: MakeFlag,
  reporter: Reporter,
): JsonObject {
  const operations = block.instructions.map((instruction) => operationJson(instruction, objects));
  const { terminator } = block;
  const nameOf = (target: ir.Block): string | null => {
    if (target.terminator.kind === 'reject' && isEmptyEnd(target)) warnReject(reporter, target.terminator.span);
    return names.get(target) ?? null;
  };
  let transitions: JsonObject[];
  let key: JsonObject[] = [];
  switch (terminator.kind) {
    case 'accept':
    case 'unreachable':
      transitions = [defaultTransition(null)];
      break;
    case 'reject':
      warnReject(reporter, terminator.span);
      transitions = [defaultTransition(null)];
      break;
    case 'goto':
      transitions = [defaultTransition(nameOf(terminator.target))];
      break;
    case 'branch': {
      const flag = makeFlag();
      operations.push({
        op: 'set',
        parameters: [fieldOf(flag, objects.names), parameterJson(terminator.condition, objects.names)],
      });
      key = [fieldOf(flag, objects.names)];
      transitions = [
        { type: 'hexstr', value: '0x01', mask: null, next_state: nameOf(terminator.whenTrue) },
        defaultTransition(nameOf(terminator.whenFalse)),
      ];
      break;
    }
    case 'select':
      key = terminator.keys.map((expression) => keyJson(expression, objects));
      transitions = upToDefault(
        terminator.cases.map((selectCase) => caseJson(selectCase, terminator.keys, nameOf(selectCase.target))),
      );
      break;
    case 'apply':
    case 'return':
    case 'exit':
      throw new InternalError(`a parse state ends with ${terminator.kind}`, terminator.span);
  }
  return { name: names.get(block) ?? block.name, id: 0, parser_ops: operations, transitions, transition_key: key };
}

function warnReject(reporter: Reporter, span: ir.Terminator['span']): void {
  reporter.warn(
    'unsupported',
    span,
    'explicit transition to reject not supported on this target: the packet goes on to the ingress control',
  );
}

function keyJson(expression: ir.Expression, objects: Objects): JsonObject {
  if (expression.kind !== 'read') throw new InternalError(`a select key is a ${expression.kind}`);
  const { place } = expression;
  if (place.kind === 'field' && place.header.kind === 'last') {
    return { type: 'stack_field', value: [place.header.stack.name, place.field.name] };
  }
  return fieldOf(place, objects.names);
}

/** In the format the last default counts, in P4 the first: whatever comes after it is never chosen. */
function upToDefault(transitions: JsonObject[]): JsonObject[] {
  const at = transitions.findIndex(({ type }) => type === 'default');
  return at < 0 ? transitions : transitions.slice(0, at + 1);
}

function caseJson(selectCase: ir.SelectCase, keys: readonly ir.Expression[], next: Json): JsonObject {
  if ('valueSet' in selectCase.match) {
    return { type: 'parse_vset', value: selectCase.match.valueSet.name, mask: null, next_state: next };
  }
  // The parts follow each other, each padded to whole bytes.
  let value = 0n;
  let mask = 0n;
  let isExact = true;
  let bytes = 0;
  selectCase.match.forEach((set, index) => {
    const width = ir.widthOf(keys[index]!.type);
    const partBytes = bytesFor(width);
    bytes += partBytes;
    if (set.mask !== (1n << BigInt(width)) - 1n) isExact = false;
    value = (value << BigInt(8 * partBytes)) | set.value;
    mask = (mask << BigInt(8 * partBytes)) | set.mask;
  });
  if (mask === 0n) return { type: 'default', value: null, mask: null, next_state: next };
  return { type: 'hexstr', value: hex(value, bytes), mask: isExact ? null : hex(mask, bytes), next_state: next };
}

function operationJson(instruction: ir.Instruction, objects: Objects): JsonObject {
  const { names } = objects;
  switch (instruction.kind) {
    case 'extract': {
      const target = extractTarget(instruction.header);
      if (instruction.length === undefined) return { parameters: [target], op: 'extract' };
      return {
        parameters: [target, { type: 'expression', value: expressionJson(instruction.length, names) }],
        op: 'extract_VL',
      };
    }
    case 'advance': {
      const bits = parameterJson(instruction.bits, names);
      return { parameters: [bits], op: 'advance' };
    }
    case 'verify':
      return {
        parameters: [expressionJson(instruction.condition, names), expressionJson(instruction.error, names)],
        op: 'verify',
      };
    case 'assign': {
      const { target, value } = instruction;
      if (ir.typeOfPlace(target).kind === 'varbit' || (target.kind === 'field' && target.header.kind !== 'instance'))
        break;
      const source: JsonObject =
        value.kind === 'lookahead'
          ? { type: 'lookahead', value: [value.offset, ir.widthOf(value.type)] }
          : parameterJson(value, names);
      return { parameters: [fieldOf(target, names), source], op: 'set' };
    }
    default:
      break;
  }
  return { parameters: [primitiveJson(instruction, objects)], op: 'primitive' };
}

function extractTarget(reference: ir.HeaderReference): JsonObject {
  switch (reference.kind) {
    case 'instance':
      return { type: 'regular', value: reference.instance.name };
    case 'next':
      return { type: 'stack', value: reference.stack.name };
    case 'union-next':
      return {
        type: 'union_stack',
        value: [reference.stack.name, reference.stack.type.members[reference.member]!.name],
      };
    case 'last':
    case 'union-last':
    case 'element':
    case 'union-element':
      throw new InternalError(`extraction into a ${reference.kind}`);
  }
}
