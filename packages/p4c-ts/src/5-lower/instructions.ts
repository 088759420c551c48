/**
 * What instructions read and write: one description of each instruction, from which copy propagation, dead code removal
 * and the preparation of arguments are all derived. A new instruction is described here and nowhere else.
 */

import type {
  Expression,
  ExternArgument,
  FieldListItem,
  HeaderReference,
  Instruction,
  Place,
  Terminator,
} from './ir.ts';
import { indexOfHeader, indexOfPlace, mapHeaderIndex, mapPlaceIndex } from './traversal.ts';

/** The place that the instruction stores a scalar into, if it does. */
export function targetOf(instruction: Instruction): Place | undefined {
  switch (instruction.kind) {
    case 'assign':
    case 'execute-meter':
    case 'read-register':
    case 'random':
    case 'hash':
      return instruction.target;
    default:
      return undefined;
  }
}

/** Calls `visit` with each expression that the instruction evaluates, indexes of its target included. */
export function eachExpression(instruction: Instruction, visit: (expression: Expression) => void): void {
  switch (instruction.kind) {
    case 'assign':
      visit(instruction.value);
      visitIfAny(indexOfPlace(instruction.target), visit);
      return;
    case 'copy-header':
      visitIfAny(indexOfHeader(instruction.target), visit);
      visitIfAny(indexOfHeader(instruction.source), visit);
      return;
    case 'copy-stack':
    case 'copy-union':
    case 'copy-union-stack':
    case 'push':
    case 'pop':
    case 'mark-to-drop':
    case 'resubmit':
    case 'recirculate':
      return;
    case 'set-valid':
    case 'set-invalid':
      visitIfAny(indexOfHeader(instruction.header), visit);
      return;
    case 'extract':
      visitIfAny(indexOfHeader(instruction.header), visit);
      visitIfAny(instruction.length, visit);
      return;
    case 'advance':
      visit(instruction.bits);
      return;
    case 'verify':
      visit(instruction.condition);
      visit(instruction.error);
      return;
    case 'count':
      visit(instruction.index);
      return;
    case 'execute-meter':
    case 'read-register':
      visit(instruction.index);
      visitIfAny(indexOfPlace(instruction.target), visit);
      return;
    case 'write-register':
      visit(instruction.index);
      visit(instruction.value);
      return;
    case 'random':
      visit(instruction.low);
      visit(instruction.high);
      visitIfAny(indexOfPlace(instruction.target), visit);
      return;
    case 'hash':
      visit(instruction.base);
      visit(instruction.maximum);
      for (const item of instruction.items) if (item.kind === 'expression') visit(item.expression);
      visitIfAny(indexOfPlace(instruction.target), visit);
      return;
    case 'digest':
      visit(instruction.receiver);
      for (const item of instruction.items) visit(item);
      return;
    case 'clone':
      visit(instruction.session);
      return;
    case 'truncate':
      visit(instruction.length);
      return;
    case 'assert':
    case 'assume':
      visit(instruction.condition);
      return;
    case 'log':
      for (const argument of instruction.arguments) visit(argument);
      return;
    case 'extern-call':
      for (const argument of instruction.arguments) {
        if (argument.kind === 'expression') visit(argument.expression);
        else if (argument.kind === 'header') visitIfAny(indexOfHeader(argument.header), visit);
      }
      return;
  }
}

function visitIfAny(expression: Expression | undefined, visit: (expression: Expression) => void): void {
  if (expression !== undefined) visit(expression);
}

/**
 * Rewrites every expression that is read, in place. Arguments of externs that only the switch knows may be written by
 * it and are left alone, as are digests, whose fields the switch reads later.
 */
export function mapExpressionsOf(instruction: Instruction, map: (expression: Expression) => Expression): void {
  switch (instruction.kind) {
    case 'assign':
      instruction.value = map(instruction.value);
      instruction.target = mapPlaceIndex(instruction.target, map);
      return;
    case 'copy-header':
      instruction.target = mapHeaderIndex(instruction.target, map);
      instruction.source = mapHeaderIndex(instruction.source, map);
      return;
    case 'copy-stack':
    case 'copy-union':
    case 'copy-union-stack':
    case 'push':
    case 'pop':
    case 'mark-to-drop':
    case 'resubmit':
    case 'recirculate':
    case 'digest':
    case 'extern-call':
      return;
    case 'set-valid':
    case 'set-invalid':
      instruction.header = mapHeaderIndex(instruction.header, map);
      return;
    case 'extract':
      instruction.header = mapHeaderIndex(instruction.header, map);
      if (instruction.length !== undefined) instruction.length = map(instruction.length);
      return;
    case 'advance':
      instruction.bits = map(instruction.bits);
      return;
    case 'verify':
      instruction.condition = map(instruction.condition);
      instruction.error = map(instruction.error);
      return;
    case 'count':
      instruction.index = map(instruction.index);
      return;
    case 'execute-meter':
    case 'read-register':
      instruction.index = map(instruction.index);
      instruction.target = mapPlaceIndex(instruction.target, map);
      return;
    case 'write-register':
      instruction.index = map(instruction.index);
      instruction.value = map(instruction.value);
      return;
    case 'random':
      instruction.low = map(instruction.low);
      instruction.high = map(instruction.high);
      instruction.target = mapPlaceIndex(instruction.target, map);
      return;
    case 'hash':
      instruction.base = map(instruction.base);
      instruction.maximum = map(instruction.maximum);
      instruction.items = mapItems(instruction.items, map);
      instruction.target = mapPlaceIndex(instruction.target, map);
      return;
    case 'clone':
      instruction.session = map(instruction.session);
      return;
    case 'truncate':
      instruction.length = map(instruction.length);
      return;
    case 'assert':
    case 'assume':
      instruction.condition = map(instruction.condition);
      return;
    case 'log':
      instruction.arguments = instruction.arguments.map(map);
      return;
  }
}

function mapItems(items: readonly FieldListItem[], map: (expression: Expression) => Expression): FieldListItem[] {
  return items.map((item) =>
    item.kind === 'expression' ? { kind: 'expression', expression: map(item.expression) } : item,
  );
}

/** Expressions that the end of a block evaluates. Keys of tables are not among them: the table holds those. */
export function expressionsOfTerminator(terminator: Terminator): Expression[] {
  if (terminator.kind === 'branch') return [terminator.condition];
  if (terminator.kind === 'select') return terminator.keys;
  return [];
}

/** Headers named as a whole by an extern's arguments. */
export function headerArguments(instruction: Instruction): HeaderReference[] {
  if (instruction.kind !== 'extern-call') return [];
  return instruction.arguments.flatMap((argument: ExternArgument) =>
    argument.kind === 'header' ? [argument.header] : [],
  );
}
