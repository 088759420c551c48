/**
 * What instructions read and write: one description of each instruction, from which copy propagation, dead code removal
 * and the preparation of arguments are all derived. A new instruction is described here and nowhere else.
 */
import { indexesOfHeader, indexesOfPlace, mapHeaderIndex, mapPlaceIndex } from './expressions.ts';
import type {
  Expression,
  ExternArgument,
  FieldListItem,
  HeaderReference,
  Instruction,
  Place,
  Terminator,
} from './ir.ts';

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

/** All expressions that the instruction evaluates, indexes of its target included. */
export function expressionsOf(instruction: Instruction): Expression[] {
  switch (instruction.kind) {
    case 'assign':
      return [instruction.value, ...indexesOfPlace(instruction.target)];
    case 'copy-header':
      return [...indexesOfHeader(instruction.target), ...indexesOfHeader(instruction.source)];
    case 'copy-stack':
    case 'copy-union':
    case 'copy-union-stack':
    case 'push':
    case 'pop':
    case 'mark-to-drop':
    case 'resubmit':
    case 'recirculate':
      return [];
    case 'set-valid':
    case 'set-invalid':
      return indexesOfHeader(instruction.header);
    case 'extract':
      return [
        ...indexesOfHeader(instruction.header),
        ...(instruction.length === undefined ? [] : [instruction.length]),
      ];
    case 'advance':
      return [instruction.bits];
    case 'verify':
      return [instruction.condition, instruction.error];
    case 'count':
      return [instruction.index];
    case 'execute-meter':
    case 'read-register':
      return [instruction.index, ...indexesOfPlace(instruction.target)];
    case 'write-register':
      return [instruction.index, instruction.value];
    case 'random':
      return [instruction.low, instruction.high, ...indexesOfPlace(instruction.target)];
    case 'hash':
      return [
        instruction.base,
        instruction.maximum,
        ...instruction.items.flatMap((item) => (item.kind === 'expression' ? [item.expression] : [])),
        ...indexesOfPlace(instruction.target),
      ];
    case 'digest':
      return [instruction.receiver, ...instruction.items];
    case 'clone':
      return [instruction.session];
    case 'truncate':
      return [instruction.length];
    case 'assert':
    case 'assume':
      return [instruction.condition];
    case 'log':
      return instruction.arguments;
    case 'extern-call':
      return instruction.arguments.flatMap((argument) => {
        if (argument.kind === 'expression') return [argument.expression];
        return argument.kind === 'header' ? indexesOfHeader(argument.header) : [];
      });
  }
}

/**
 * Rewrites every expression that is read, in place. Arguments of externs that only the switch knows may be written by it
 * and are left alone, as are digests, whose fields the switch reads later.
 */
export function mapExpressionsOf(instruction: Instruction, map: (expression: Expression) => Expression): void {
  const header = (reference: HeaderReference): HeaderReference => mapHeaderIndex(reference, map);
  const place = (target: Place): Place => mapPlaceIndex(target, map);
  switch (instruction.kind) {
    case 'assign':
      instruction.value = map(instruction.value);
      instruction.target = place(instruction.target);
      return;
    case 'copy-header':
      instruction.target = header(instruction.target);
      instruction.source = header(instruction.source);
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
      instruction.header = header(instruction.header);
      return;
    case 'extract':
      instruction.header = header(instruction.header);
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
      instruction.target = place(instruction.target);
      return;
    case 'write-register':
      instruction.index = map(instruction.index);
      instruction.value = map(instruction.value);
      return;
    case 'random':
      instruction.low = map(instruction.low);
      instruction.high = map(instruction.high);
      instruction.target = place(instruction.target);
      return;
    case 'hash':
      instruction.base = map(instruction.base);
      instruction.maximum = map(instruction.maximum);
      instruction.items = instruction.items.map((item) => mapItem(item, map));
      instruction.target = place(instruction.target);
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

function mapItem(item: FieldListItem, map: (expression: Expression) => Expression): FieldListItem {
  return item.kind === 'expression' ? { kind: 'expression', expression: map(item.expression) } : item;
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
