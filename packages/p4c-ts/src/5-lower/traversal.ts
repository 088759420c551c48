/**
 * Going through expressions of the intermediate representation: visiting, searching, and rebuilding them.
 *
 * Rebuilding goes bottom up through the constructors of expressions.ts, so whatever a substitution made constant is
 * folded on the way, and an expression of which nothing changed is handed back itself: passes compare by identity to
 * see whether they did anything, and unchanged parts stay shared. A reference whose index became a constant turns into
 * the element it names.
 */
import { binary, cast, concat, conditional, isValid, isValidUnion, read, slice, unary } from './expressions.ts';
import type { Expression, HeaderReference, Place } from './ir.ts';

/** The index expression of a header reference that has one. */
export function indexOfHeader(header: HeaderReference): Expression | undefined {
  return header.kind === 'element' || header.kind === 'union-element' ? header.index : undefined;
}

/** The index expression of a place that has one. */
export function indexOfPlace(place: Place): Expression | undefined {
  return place.kind === 'field' ? indexOfHeader(place.header) : undefined;
}

/**
 * True when `test` holds for the expression or for something inside it, the indexes of references and places included.
 * Asked outside in, until it holds once. The parts are named here one by one, without lists of them: this is run for
 * every instruction many times.
 */
export function someExpression(expression: Expression, test: (inner: Expression) => boolean): boolean {
  if (test(expression)) return true;
  switch (expression.kind) {
    case 'constant':
    case 'parameter':
    case 'last-index':
    case 'lookahead':
      return false;
    case 'read': {
      const index = indexOfPlace(expression.place);
      return index !== undefined && someExpression(index, test);
    }
    case 'unary':
    case 'cast':
    case 'slice':
      return someExpression(expression.operand, test);
    case 'binary':
    case 'concat':
      return someExpression(expression.left, test) || someExpression(expression.right, test);
    case 'conditional':
      return (
        someExpression(expression.condition, test) ||
        someExpression(expression.whenTrue, test) ||
        someExpression(expression.whenFalse, test)
      );
    case 'is-valid': {
      const index = indexOfHeader(expression.header);
      return index !== undefined && someExpression(index, test);
    }
    case 'is-valid-union':
      return expression.union.kind === 'element' && someExpression(expression.union.index, test);
  }
}

/**
 * Calls `visit` on the expression and everything inside it, outside in, the indexes of references and places included.
 */
export function walkExpression(expression: Expression, visit: (inner: Expression) => void): void {
  someExpression(expression, (inner) => {
    visit(inner);
    return false;
  });
}

/** Rebuilds a header reference with its index mapped. */
export function mapHeaderIndex(header: HeaderReference, map: (index: Expression) => Expression): HeaderReference {
  if (header.kind !== 'element' && header.kind !== 'union-element') return header;
  const index = map(header.index);
  if (index === header.index) return header;
  return elementReference(header, index);
}

function elementReference(
  header: HeaderReference & { kind: 'element' | 'union-element' },
  index: Expression,
): HeaderReference {
  if (index.kind === 'constant') {
    const at = Number(index.value);
    if (header.kind === 'element') {
      const instance = header.stack.elements[at];
      if (instance !== undefined) return { kind: 'instance', instance };
    } else {
      const instance = header.stack.elements[at]?.members[header.member];
      if (instance !== undefined) return { kind: 'instance', instance };
    }
  }
  return { ...header, index };
}

/** Rebuilds a place with its index mapped. */
export function mapPlaceIndex(place: Place, map: (index: Expression) => Expression): Place {
  if (place.kind === 'variable') return place;
  const header = mapHeaderIndex(place.header, map);
  return header === place.header ? place : { kind: 'field', header, field: place.field };
}

// The two that need a function for their index are apart: inside `mapExpression` it would cost every call something.

function mapDynamicRead(expression: Expression & { kind: 'read' }, map: (inner: Expression) => Expression): Expression {
  const place = mapPlaceIndex(expression.place, (index) => mapExpression(index, map));
  return map(place === expression.place ? expression : read(place));
}

function mapDynamicValidity(
  expression: Expression & { kind: 'is-valid' },
  map: (inner: Expression) => Expression,
): Expression {
  const header = mapHeaderIndex(expression.header, (index) => mapExpression(index, map));
  return map(header === expression.header ? expression : isValid(header));
}

/** Rebuilds an expression bottom up; `map` sees each one after its parts were mapped. Unchanged parts stay shared. */
export function mapExpression(expression: Expression, map: (inner: Expression) => Expression): Expression {
  switch (expression.kind) {
    case 'constant':
    case 'parameter':
    case 'last-index':
    case 'lookahead':
      return map(expression);
    case 'read': {
      if (indexOfPlace(expression.place) === undefined) return map(expression);
      return mapDynamicRead(expression, map);
    }
    case 'unary': {
      const operand = mapExpression(expression.operand, map);
      return map(operand === expression.operand ? expression : unary(expression.operator, operand));
    }
    case 'binary': {
      const left = mapExpression(expression.left, map);
      const right = mapExpression(expression.right, map);
      if (left === expression.left && right === expression.right) return map(expression);
      return map(binary(expression.operator, left, right));
    }
    case 'conditional': {
      const condition = mapExpression(expression.condition, map);
      const whenTrue = mapExpression(expression.whenTrue, map);
      const whenFalse = mapExpression(expression.whenFalse, map);
      if (
        condition === expression.condition &&
        whenTrue === expression.whenTrue &&
        whenFalse === expression.whenFalse
      ) {
        return map(expression);
      }
      return map(conditional(condition, whenTrue, whenFalse));
    }
    case 'cast': {
      const operand = mapExpression(expression.operand, map);
      return map(operand === expression.operand ? expression : cast(operand, expression.type));
    }
    case 'slice': {
      const operand = mapExpression(expression.operand, map);
      return map(operand === expression.operand ? expression : slice(operand, expression.high, expression.low));
    }
    case 'concat': {
      const left = mapExpression(expression.left, map);
      const right = mapExpression(expression.right, map);
      if (left === expression.left && right === expression.right) return map(expression);
      return map(concat(left, right));
    }
    case 'is-valid': {
      if (indexOfHeader(expression.header) === undefined) return map(expression);
      return mapDynamicValidity(expression, map);
    }
    case 'is-valid-union': {
      const { union } = expression;
      if (union.kind === 'instance') return map(expression);
      const index = mapExpression(union.index, map);
      if (index === union.index) return map(expression);
      const at = index.kind === 'constant' ? union.stack.elements[Number(index.value)] : undefined;
      return map(
        isValidUnion(at ? { kind: 'instance', instance: at } : { kind: 'element', stack: union.stack, index }),
      );
    }
  }
}
