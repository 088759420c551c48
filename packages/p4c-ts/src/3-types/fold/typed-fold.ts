// The second round of constant folding: with types. It knows members of constant structures, enum values, and what an
// implicit conversion makes of a value, and it is also what later phases evaluate with when constructor
// parameters have values (`bindings`).
//
// How: values are computed on demand from the side tables. Scalars are remembered; lists and structures are not until
// `freeze`, because the conversions of their elements may still be added while the checker runs.

import type * as ast from '../../2-parse/ast.ts';
import type { Reporter } from '../../diagnostics/diagnostic.ts';
import { expressionText } from '../support/expression-text.ts';
import type { NodeLookup } from '../support/node-table.ts';
import type { ConstantValue, MemberTarget, NamedThing, ResolvedCall, TypedProgram } from '../typed-program.ts';
import { type BitsType, bits, type IntegerType, integerType, type Type, underlyingBits } from '../types.ts';
import {
  applyOperator,
  concatenate,
  fitToType,
  GREATEST_WIDTH_BITS,
  misfitText,
  shift,
  sliceBits,
} from './arithmetic.ts';
import type { EarlyConstants } from './early-fold.ts';
import { convertValue, valuesEqual, widthOf } from './values.ts';

/** The part of the side tables that evaluation reads. */
export interface FoldTables {
  readonly types: NodeLookup<ast.Expression, Type>;
  readonly implicitCasts: ReadonlyMap<ast.Expression, Type>;
  readonly typeNodes: ReadonlyMap<ast.TypeNode, Type>;
  readonly declarationTypes: ReadonlyMap<ast.Node, Type>;
  readonly members: NodeLookup<ast.MemberExpression, MemberTarget>;
  readonly calls: ReadonlyMap<ast.CallExpression, ResolvedCall>;
  readonly enumValues: ReadonlyMap<ast.EnumMember, bigint>;
}

/** Values of names that only an instantiation knows (constructor parameters), by declaration. */
export type Bindings = ReadonlyMap<NamedThing, ConstantValue>;

/** Evaluates compile-time expressions. */
export class TypedFolder {
  private readonly tables: FoldTables;
  private readonly names: Pick<TypedProgram, 'paths'>;
  private readonly early: EarlyConstants | undefined;
  private readonly reporter: Reporter | undefined;
  private readonly bindings: Bindings | undefined;
  private readonly memo = new Map<ast.Expression, ConstantValue | null>();
  private frozen = false;

  constructor(
    tables: FoldTables,
    names: Pick<TypedProgram, 'paths'>,
    early: EarlyConstants | undefined,
    reporter: Reporter | undefined,
    bindings?: Bindings,
  ) {
    this.tables = tables;
    this.names = names;
    this.early = early;
    this.reporter = reporter;
    this.bindings = bindings;
  }

  /** From now on all tables are complete: values of lists and structures may be remembered too. */
  freeze(): void {
    this.frozen = true;
    for (const [expression, value] of this.memo) if (value === null) this.memo.delete(expression);
  }

  /** The value before implicit conversion, or undefined when it is not known. */
  valueOf(expression: ast.Expression): ConstantValue | undefined {
    const known = this.memo.get(expression);
    if (known !== undefined) return known ?? undefined;
    const value = this.evaluate(expression);
    if (value === undefined) {
      if (this.frozen) this.memo.set(expression, null);
    } else if (this.frozen || (value.kind !== 'list' && value.kind !== 'struct')) this.memo.set(expression, value);
    return value;
  }

  /** The value after implicit conversion. */
  convertedValueOf(expression: ast.Expression): ConstantValue | undefined {
    const value = this.valueOf(expression);
    if (value === undefined) return undefined;
    const type = this.tables.implicitCasts.get(expression);
    return type === undefined ? value : convertValue(value, type);
  }

  private evaluate(expression: ast.Expression): ConstantValue | undefined {
    const early = this.bindings === undefined ? this.early?.values.get(expression) : undefined;
    if (early !== undefined && early.kind !== 'aggregate' && early.kind !== 'cast') {
      return early.kind === 'integer' ? { kind: 'integer', value: early.value } : early;
    }
    switch (expression.kind) {
      case 'IntegerLiteral': {
        const type = expression.width === undefined ? integerType : bits(expression.width, expression.signed);
        return { kind: 'integer', value: fitToType(expression.value, type).value };
      }
      case 'BooleanLiteral':
        return { kind: 'bool', value: expression.value };
      case 'StringLiteral':
        return { kind: 'string', value: expression.value };
      case 'InvalidExpression':
        return { kind: 'invalid-header' };
      case 'PathExpression':
        return this.path(expression);
      case 'MemberExpression':
        return this.member(expression);
      case 'ListExpression':
      case 'TupleKeysetExpression':
        return this.list(expression);
      case 'StructExpression':
        return this.structure(expression);
      case 'IndexExpression': {
        const target = this.convertedValueOf(expression.target);
        const index = this.valueOf(expression.index);
        if (target?.kind !== 'list' || index?.kind !== 'integer') return undefined;
        return target.elements[Number(index.value)];
      }
      case 'UnaryExpression':
        return this.unary(expression);
      case 'BinaryExpression':
        return this.binary(expression);
      case 'ConditionalExpression': {
        const condition = this.valueOf(expression.condition);
        if (condition?.kind !== 'bool') return undefined;
        return this.convertedValueOf(condition.value ? expression.whenTrue : expression.whenFalse);
      }
      case 'CastExpression': {
        const operand = this.convertedValueOf(expression.operand);
        const type = this.tables.typeNodes.get(expression.type);
        return operand === undefined || type === undefined ? undefined : convertValue(operand, type);
      }
      case 'SliceExpression': {
        const target = this.integerOf(expression.target);
        const high = this.integerOf(expression.high);
        const low = this.integerOf(expression.low);
        if (target === undefined || high === undefined || low === undefined || low < 0n || high < low) return undefined;
        return { kind: 'integer', value: sliceBits(target, Number(high), Number(low)) };
      }
      case 'PlusSliceExpression': {
        const target = this.integerOf(expression.target);
        const low = this.integerOf(expression.low);
        const width = this.integerOf(expression.width);
        if (target === undefined || low === undefined || width === undefined || low < 0n || width < 1n)
          return undefined;
        return { kind: 'integer', value: sliceBits(target, Number(low + width) - 1, Number(low)) };
      }
      case 'CallExpression':
        return this.call(expression);
      default:
        return undefined;
    }
  }

  /** Integers, and enum members with a value. */
  private integerOf(expression: ast.Expression): bigint | undefined {
    const value = this.convertedValueOf(expression);
    if (value?.kind === 'integer') return value.value;
    return value?.kind === 'enum' ? value.value : undefined;
  }

  private path(expression: ast.PathExpression): ConstantValue | undefined {
    const named = this.names.paths.get(expression);
    if (named === undefined) return undefined;
    const bound = this.bindings?.get(named);
    if (bound !== undefined) return bound;
    if (named.kind === 'EnumMember') {
      const type = this.tables.declarationTypes.get(named);
      if (type?.kind !== 'serializable-enum') return { kind: 'match_kind', member: named.name.name };
      const value = this.tables.enumValues.get(named);
      return { kind: 'enum', declaration: type.declaration, member: named.name.name, value };
    }
    if (named.kind !== 'ConstantDeclaration') return undefined;
    const value = this.convertedValueOf(named.value);
    const type = this.tables.declarationTypes.get(named);
    return value === undefined || type === undefined ? value : convertValue(value, type);
  }

  private member(expression: ast.MemberExpression): ConstantValue | undefined {
    const target = this.tables.members.get(expression);
    switch (target?.kind) {
      case 'enum-member':
        return {
          kind: 'enum',
          declaration: target.declaration,
          member: target.member.name.name,
          value: this.tables.enumValues.get(target.member),
        };
      case 'error-member':
        return { kind: 'error', member: target.name };
      case 'stack-property':
        return target.property === 'size' ? { kind: 'integer', value: BigInt(target.stack.size) } : undefined;
      case 'field': {
        const value = this.convertedValueOf(expression.target);
        return value?.kind === 'struct' ? value.fields.get(expression.member.name) : undefined;
      }
      default:
        return undefined;
    }
  }

  private list(expression: ast.ListExpression | ast.TupleKeysetExpression): ConstantValue | undefined {
    const elements: ConstantValue[] = [];
    for (const element of expression.elements) {
      const value = this.convertedValueOf(element);
      if (value === undefined) return undefined;
      elements.push(value);
    }
    return { kind: 'list', elements };
  }

  private structure(expression: ast.StructExpression): ConstantValue | undefined {
    if (expression.dots !== undefined) return undefined;
    const fields = new Map<string, ConstantValue>();
    for (const field of expression.fields) {
      const value = this.convertedValueOf(field.value);
      if (value === undefined) return undefined;
      fields.set(field.name.name, value);
    }
    return { kind: 'struct', fields };
  }

  private typeOf(expression: ast.Expression): Type | undefined {
    return this.tables.implicitCasts.get(expression) ?? this.tables.types.get(expression);
  }

  private unary(expression: ast.UnaryExpression): ConstantValue | undefined {
    const operand = this.convertedValueOf(expression.operand);
    if (operand === undefined) return undefined;
    if (expression.operator === '!') {
      return operand.kind === 'bool' ? { kind: 'bool', value: !operand.value } : undefined;
    }
    const value = this.integerOf(expression.operand);
    const type = numericType(this.typeOf(expression));
    if (value === undefined || type === undefined) return undefined;
    switch (expression.operator) {
      case '+':
        return { kind: 'integer', value };
      case '-':
        return { kind: 'integer', value: fitToType(-value, type).value };
      case '~':
        return { kind: 'integer', value: fitToType(~value, type).value };
    }
  }

  private binary(expression: ast.BinaryExpression): ConstantValue | undefined {
    const { operator } = expression;
    const left = this.convertedValueOf(expression.left);
    if (operator === '&&' || operator === '||') {
      if (left?.kind !== 'bool') return undefined;
      return left.value === (operator === '&&') ? this.convertedValueOf(expression.right) : left;
    }
    const right = this.convertedValueOf(expression.right);
    if (left === undefined || right === undefined) return undefined;
    if ((operator === '==' || operator === '!=') && !(left.kind === 'integer' && right.kind === 'integer')) {
      const equal = valuesEqual(left, right);
      return equal === undefined ? undefined : { kind: 'bool', value: equal === (operator === '==') };
    }
    if (operator === '++' && left.kind === 'string' && right.kind === 'string') {
      return { kind: 'string', value: left.value + right.value };
    }
    return this.binaryIntegers(expression);
  }

  private binaryIntegers(expression: ast.BinaryExpression): ConstantValue | undefined {
    const { operator } = expression;
    const left = this.integerOf(expression.left);
    const right = this.integerOf(expression.right);
    const leftType = numericType(this.typeOf(expression.left));
    const rightType = numericType(this.typeOf(expression.right));
    if (left === undefined || right === undefined || leftType === undefined || rightType === undefined)
      return undefined;
    switch (operator) {
      case '<<':
      case '>>':
        if (right < 0n || right > BigInt(GREATEST_WIDTH_BITS)) return undefined;
        return { kind: 'integer', value: shift(operator, left, right, leftType) };
      case '++': {
        if (leftType.kind !== 'bits' || rightType.kind !== 'bits') return undefined;
        const type = bits(leftType.width + rightType.width, leftType.signed);
        return { kind: 'integer', value: fitToType(concatenate(left, right, rightType.width), type).value };
      }
      case '&&':
      case '||':
        return undefined;
      default: {
        const type = leftType.kind === 'bits' ? leftType : rightType;
        const result = applyOperator(operator, fitToType(left, type).value, fitToType(right, type).value, type);
        if (result.kind === 'failure') {
          this.reporter?.error(result.errorClass, expression.span, `'${expressionText(expression)}': ${result.reason}`);
          return undefined;
        }
        return result.kind === 'bool' ? result : { kind: 'integer', value: fitToType(result.value, type).value };
      }
    }
  }

  private call(expression: ast.CallExpression): ConstantValue | undefined {
    const call = this.tables.calls.get(expression);
    if (call?.kind === 'function' && call.declaration.isExtern && call.declaration.name.name === 'static_assert') {
      const condition = call.arguments[0]?.argument;
      return condition === undefined ? undefined : this.convertedValueOf(condition.value);
    }
    if (call?.kind !== 'built-in') return undefined;
    if (call.method === 'isValid') {
      const target = this.convertedValueOf(call.target);
      if (target?.kind === 'struct') return { kind: 'bool', value: true };
      return target?.kind === 'invalid-header' ? { kind: 'bool', value: false } : undefined;
    }
    if (!call.method.includes('SizeIn')) return undefined;
    const type = this.sizedType(call.target);
    const width = type === undefined ? undefined : widthOf(type, call.method.startsWith('max'));
    if (width === undefined) return undefined;
    return { kind: 'integer', value: BigInt(call.method.endsWith('Bytes') ? Math.ceil(width / 8) : width) };
  }

  private sizedType(target: ast.Expression): Type | undefined {
    const type = this.tables.types.get(target);
    return type?.kind === 'type-type' ? type.type : type;
  }

  /** Warns when a constant does not fit the type that it is converted to. */
  warnIfMisfit(expression: ast.Expression, type: Type): void {
    const value = this.valueOf(expression);
    const target = numericType(type);
    if (value?.kind !== 'integer' || target?.kind !== 'bits') return;
    const { misfit } = fitToType(value.value, target);
    if (misfit === undefined) return;
    const warningClass = misfit === 'negative-in-unsigned' ? 'mismatch' : 'overflow';
    this.reporter?.warn(warningClass, expression.span, misfitText(misfit, value.value, target.width));
  }
}

function numericType(type: Type | undefined): BitsType | IntegerType | undefined {
  if (type === undefined) return undefined;
  if (type.kind === 'integer') return type;
  return underlyingBits(type);
}
