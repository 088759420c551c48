// Expressions: the type of each, whether it is known at compile time, and whether it may be assigned to.
//
// How: `checkExpression` looks a result up or computes it, children first; every kind has its rule here or, where a
// rule is long, in a file of its own (operators, members, calls, constructions). A part with an error has the erroneous
// type, which makes the whole erroneous without a further message.

import type * as ast from '../../2-parse/ast.ts';
import { assertNever } from '../../diagnostics/diagnostic.ts';
import { Unifier } from '../infer/unify.ts';
import { expressionText } from '../support/expression-text.ts';
import type { NamedThing } from '../typed-program.ts';
import {
  bits,
  boolType,
  dontCareType,
  dotsType,
  erroneousType,
  integerType,
  invalidType,
  matchKindType,
  printType,
  stateType,
  stringType,
  type Type,
  underlyingBits,
} from '../types.ts';
import { checkCall } from './calls.ts';
import { checkCast } from './casts.ts';
import { type Checker, isErroneous } from './checker.ts';
import { checkConstructorCall } from './constructions.ts';
import { coerce } from './convert.ts';
import { checkMember } from './members.ts';
import { checkBinary, checkSet, checkUnary } from './operators.ts';
import { checkSelect } from './selects.ts';
import { typeOfNode } from './written-types.ts';

/** The type of the expression before implicit conversion; checks it (once) and reports its errors. */
export function checkExpression(c: Checker, node: ast.Expression): Type {
  const known = c.tables.types.get(node);
  if (known !== undefined) return known;
  const type = infer(c, node);
  c.tables.types.set(node, type);
  return type;
}

function infer(c: Checker, node: ast.Expression): Type {
  switch (node.kind) {
    case 'IntegerLiteral':
      c.markCompileTime(node);
      return node.width === undefined ? integerType : bits(node.width, node.signed);
    case 'BooleanLiteral':
      c.markCompileTime(node);
      return boolType;
    case 'StringLiteral':
      c.markCompileTime(node);
      return stringType;
    case 'InvalidExpression':
      c.markCompileTime(node);
      return invalidType;
    case 'DotsExpression':
      c.markCompileTime(node);
      return dotsType;
    case 'DefaultExpression':
      c.markCompileTime(node);
      return dontCareType;
    case 'PathExpression':
      return checkPath(c, node);
    case 'ThisExpression':
      return checkThis(c, node);
    case 'TypeNameExpression':
      return checkTypeName(c, node);
    case 'MemberExpression':
      return checkMember(c, node);
    case 'IndexExpression':
      return checkIndex(c, node);
    case 'SliceExpression':
      return checkSlice(c, node);
    case 'PlusSliceExpression':
      return checkPlusSlice(c, node);
    case 'ListExpression':
      return checkList(c, node, node.elements);
    case 'TupleKeysetExpression':
      return checkList(c, node, node.elements);
    case 'StructExpression':
      return checkStructure(c, node);
    case 'UnaryExpression':
      return checkUnary(c, node);
    case 'BinaryExpression':
      return checkBinary(c, node);
    case 'ConditionalExpression':
      return checkConditional(c, node);
    case 'CastExpression':
      return checkCast(c, node);
    case 'CallExpression':
      return checkCall(c, node);
    case 'ConstructorCallExpression':
      return checkConstructorCall(c, node);
    case 'MaskExpression':
      return checkSet(c, node, node.value, node.mask, '&&&');
    case 'RangeExpression':
      return checkSet(c, node, node.low, node.high, '..');
    case 'SelectExpression':
      return checkSelect(c, node);
    default:
      return assertNever(node, 'checkExpression');
  }
}

function checkPath(c: Checker, node: ast.PathExpression): Type {
  const named = c.names.paths.get(node);
  if (named === undefined) return erroneousType;
  if (named.kind === 'TableDeclaration' && named === c.context.table) {
    c.error(node.span, `table '${node.name.name}' cannot be referred to inside itself`);
    return erroneousType;
  }
  switch (named.kind) {
    case 'VariableDeclaration':
      c.tables.leftValues.add(node);
      break;
    case 'Parameter':
      if (named.direction === 'out' || named.direction === 'inout') c.tables.leftValues.add(node);
      else if (named.direction === 'none') c.markCompileTime(node);
      break;
    case 'ConstantDeclaration':
    case 'Instantiation':
    case 'EnumMember':
      c.markCompileTime(node);
      break;
    default:
      break;
  }
  return typeOfNamed(c, named, node);
}

function typeOfNamed(c: Checker, named: NamedThing, node: ast.PathExpression): Type {
  switch (named.kind) {
    case 'ParserState':
    case 'BuiltInState':
      return stateType;
    case 'EnumMember':
      return c.tables.declarationTypes.get(named) ?? matchKindType;
    case 'FunctionDeclaration':
      return c.functionTypes.get(named) ?? erroneousType;
    case 'ConstantDeclaration':
    case 'VariableDeclaration':
    case 'Parameter':
    case 'Instantiation':
    case 'ActionDeclaration':
    case 'TableDeclaration':
    case 'ValueSetDeclaration':
      return c.tables.declarationTypes.get(named) ?? erroneousType;
    default:
      c.error(node.span, `'${node.name.name}' is a type; an expression is expected here`);
      return erroneousType;
  }
}

function checkThis(c: Checker, node: ast.ThisExpression): Type {
  const instance = c.names.thisInstances.get(node);
  return instance === undefined ? erroneousType : (c.tables.declarationTypes.get(instance) ?? erroneousType);
}

function checkTypeName(c: Checker, node: ast.TypeNameExpression): Type {
  const type = typeOfNode(c, node.type);
  c.markCompileTime(node);
  return type.kind === 'erroneous' ? type : { kind: 'type-type', type };
}

function checkIndex(c: Checker, node: ast.IndexExpression): Type {
  const target = checkExpression(c, node.target);
  const indexType = checkExpression(c, node.index);
  if (isErroneous(target) || isErroneous(indexType)) return erroneousType;
  const index = c.integerValue(node.index);
  if (index !== undefined) {
    if (index > 0x7fffffffn) {
      c.reporter.error('overlimit', node.index.span, `${index}: value too large for an index`);
      return erroneousType;
    }
    if (target.kind === 'stack' && index < 0n) {
      c.deferredChecks.push(() => c.error(node.span, `'${expressionText(node)}': negative array index ${index}`));
    }
  }
  const known = index !== undefined && index >= 0n;
  const isInteger =
    indexType.kind === 'bits' || indexType.kind === 'serializable-enum' || indexType.kind === 'integer' || known;
  if (!isInteger) {
    c.error(
      node.index.span,
      `array index '${expressionText(node.index)}' must be an integer, but has type ${printType(indexType)}`,
    );
    return erroneousType;
  }
  if (c.isLeftValue(node.target)) c.tables.leftValues.add(node);
  if (target.kind === 'stack') {
    const { size } = target;
    if (known && index >= BigInt(size)) {
      c.deferredChecks.push(() => c.error(node.index.span, `array index ${index} is not below the array size ${size}`));
    }
    if (target.element.kind === 'extern' && c.isCompileTime(node.target)) c.tables.compileTime.add(node);
    return target.element;
  }
  if (target.kind === 'tuple' || target.kind === 'list-expression') {
    if (!known) {
      c.error(node.index.span, `tuple index '${expressionText(node.index)}' must be a constant`);
      return erroneousType;
    }
    const component = target.components[Number(index)];
    if (component === undefined) {
      c.error(node.index.span, `tuple index ${index} is not below the tuple size ${target.components.length}`);
      return erroneousType;
    }
    c.markCompileTime(node, node.target);
    return component;
  }
  c.error(node.span, `'${expressionText(node)}': only arrays and tuples can be indexed, not ${printType(target)}`);
  return erroneousType;
}

/** A constant bit index, or undefined after an error. */
function bitIndex(c: Checker, node: ast.Expression): bigint | undefined {
  const value = c.folder.valueOf(node);
  const index = value?.kind === 'enum' ? value.value : value?.kind === 'integer' ? value.value : undefined;
  if (index === undefined) {
    c.error(node.span, `'${expressionText(node)}': bit indexes must be constants`);
  } else if (index > 0x7fffffffn) {
    c.error(node.span, `bit index ${index} is too large`);
    return undefined;
  }
  return index;
}

function checkSlice(c: Checker, node: ast.SliceExpression): Type {
  const target = checkExpression(c, node.target);
  checkExpression(c, node.high);
  checkExpression(c, node.low);
  if (isErroneous(target)) return erroneousType;
  const type = target.kind === 'newtype' ? undefined : underlyingBits(target);
  if (type === undefined) {
    c.error(
      node.span,
      `'${expressionText(node)}': only bit<> and int<> values can be sliced, not ${printType(target)}`,
    );
    return erroneousType;
  }
  const high = bitIndex(c, node.high);
  if (high === undefined) return erroneousType;
  const low = bitIndex(c, node.low);
  if (low === undefined) return erroneousType;
  const negative = high < 0n ? high : low < 0n ? low : undefined;
  if (negative !== undefined) {
    c.error(node.span, `'${expressionText(node)}': negative bit index ${negative}`);
    return erroneousType;
  }
  for (const [index, at] of [
    [high, node.high],
    [low, node.low],
  ] as const) {
    if (index < BigInt(type.width)) continue;
    c.error(at.span, `bit index ${index} is not below the width ${type.width}`);
    return erroneousType;
  }
  if (low > high) {
    c.error(node.low.span, `the low bit index ${low} is greater than the high one, ${high}`, {
      suggestion: `a slice is written [high:low]: [${low}:${high}]`,
    });
    return erroneousType;
  }
  if (c.isLeftValue(node.target)) c.tables.leftValues.add(node);
  c.markCompileTime(node, node.target);
  return bits(Number(high - low) + 1);
}

function checkPlusSlice(c: Checker, node: ast.PlusSliceExpression): Type {
  const target = checkExpression(c, node.target);
  checkExpression(c, node.low);
  checkExpression(c, node.width);
  if (isErroneous(target)) return erroneousType;
  const type = target.kind === 'newtype' ? undefined : underlyingBits(target);
  if (type === undefined) {
    c.error(
      node.span,
      `'${expressionText(node)}': only bit<> and int<> values can be sliced, not ${printType(target)}`,
    );
    return erroneousType;
  }
  const low = c.integerValue(node.low);
  if (low !== undefined && low >= BigInt(type.width)) {
    c.error(node.low.span, `bit index ${low} is not below the width ${type.width}`);
    return erroneousType;
  }
  if (low !== undefined && low < 0n) {
    c.error(node.span, `'${expressionText(node)}': negative bit index ${low}`);
    return erroneousType;
  }
  const width = bitIndex(c, node.width);
  if (width === undefined) return erroneousType;
  if (width < 0n) {
    c.error(node.span, `'${expressionText(node)}': negative width ${width}`);
    return erroneousType;
  }
  if (c.isLeftValue(node.target)) c.tables.leftValues.add(node);
  c.markCompileTime(node, node.target, node.low);
  return bits(Number(width));
}

function checkList(c: Checker, node: ast.Expression, elements: readonly ast.Expression[]): Type {
  const types = elements.map((element) => checkExpression(c, element));
  c.markCompileTime(node, ...elements);
  if (types.some(isErroneous)) return erroneousType;
  if (types.some((type) => type.kind === 'set')) {
    return {
      kind: 'set',
      element: { kind: 'tuple', components: types.map((type) => (type.kind === 'set' ? type.element : type)) },
    };
  }
  return { kind: 'list-expression', components: types };
}

function checkStructure(c: Checker, node: ast.StructExpression): Type {
  const values = node.fields.map((field) => field.value);
  const types = values.map((value) => checkExpression(c, value));
  c.markCompileTime(node, ...values);
  if (node.dots !== undefined) checkExpression(c, node.dots);
  if (types.some(isErroneous)) return erroneousType;
  return {
    kind: 'struct-expression',
    fields: node.fields.map((field, index) => ({ name: field.name.name, type: types[index]! })),
    dots: node.dots !== undefined,
  };
}

function checkConditional(c: Checker, node: ast.ConditionalExpression): Type {
  const condition = checkExpression(c, node.condition);
  const first = checkExpression(c, node.whenTrue);
  const second = checkExpression(c, node.whenFalse);
  if (isErroneous(condition)) return erroneousType;
  // With a constant condition only the chosen branch counts.
  const chosen = c.early.values.get(node.condition);
  if (chosen?.kind === 'bool') {
    const branch = chosen.value ? node.whenTrue : node.whenFalse;
    c.markCompileTime(node, branch);
    return chosen.value ? first : second;
  }
  if (isErroneous(first) || isErroneous(second)) return erroneousType;
  if (condition.kind !== 'bool') {
    c.error(node.span, `the condition of ?: must be bool, not ${printType(condition)}`);
    return erroneousType;
  }
  if (first.kind === 'integer' && second.kind === 'integer') {
    c.error(
      node.whenTrue.span,
      `at least one of '${expressionText(node.whenTrue)}' and '${expressionText(node.whenFalse)}' needs a width`,
      { suggestion: `write for example 8w${c.integerValue(node.whenTrue) ?? 1}` },
    );
    return erroneousType;
  }
  const failure = first === second ? undefined : whyNotUnified(first, second);
  if (failure !== undefined) {
    c.error(node.span, `the two values of ?: have different types, ${printType(first)} and ${printType(second)}`, {
      notes: [{ message: failure, span: node.whenFalse.span }],
    });
    return erroneousType;
  }
  const result = first.kind === 'integer' || first.kind === 'list-expression' || first.kind === 'any' ? second : first;
  coerce(c, node.whenTrue, result);
  coerce(c, node.whenFalse, result);
  c.markCompileTime(node, node.condition, node.whenTrue, node.whenFalse);
  return result;
}

function whyNotUnified(first: Type, second: Type): string | undefined {
  const unifier = new Unifier();
  unifier.add(first, second);
  return unifier.solve();
}
