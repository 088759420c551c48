// Early folding of expressions and of the widths in types: the arithmetic half of early-fold.ts, which walks the
// declarations and statements that they stand in.

import type * as ast from '../../2-parse/ast.ts';
import type { Reporter } from '../../diagnostics/diagnostic.ts';
import type { ResolvedNames } from '../resolve/resolve-names.ts';
import { expressionText, typeText } from '../support/expression-text.ts';
import { type BitsType, bits, type IntegerType, integerType, printType } from '../types.ts';
import {
  applyOperator,
  concatenate,
  fitToType,
  GREATEST_WIDTH_BITS,
  isTooLarge,
  misfitText,
  shift,
  sliceBits,
  TOO_LARGE_TEXT,
} from './arithmetic.ts';

/** Doubling a string a few times would otherwise fill the memory. */
const GREATEST_STRING_CHARACTERS = 1_000_000;

/** What is known about a constant expression before types are. */
export type EarlyValue =
  | { readonly kind: 'integer'; readonly value: bigint; readonly type: BitsType | IntegerType }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'string'; readonly value: string }
  /** A list or structure expression of constants. */
  | { readonly kind: 'aggregate' }
  /** A constant cast to a type that only the checker knows. */
  | { readonly kind: 'cast' };

type EarlyInteger = Extract<EarlyValue, { kind: 'integer' }>;

/** The side tables of this round. */
export interface EarlyConstants {
  readonly values: ReadonlyMap<ast.Expression, EarlyValue>;
  /** Width of every written bit<>, int<> and varbit<> (64 after an error). */
  readonly widths: ReadonlyMap<ast.BitsType | ast.VarbitType, number>;
}

type EarlyType = BitsType | IntegerType | { readonly kind: 'bool' } | { readonly kind: 'other' };
const otherType: EarlyType = { kind: 'other' };

/** Values of expressions and widths of types, from names alone. */
export class EarlyExpressions {
  readonly values = new Map<ast.Expression, EarlyValue>();
  readonly widths = new Map<ast.BitsType | ast.VarbitType, number>();
  protected readonly constants = new Map<ast.ConstantDeclaration, EarlyValue>();
  protected readonly names: ResolvedNames;
  protected readonly reporter: Reporter;

  constructor(names: ResolvedNames, reporter: Reporter) {
    this.names = names;
    this.reporter = reporter;
  }

  // ------------------------------------------------------------------------------------------------------- types

  protected type(node: ast.TypeNode): void {
    switch (node.kind) {
      case 'BitsType':
        if (node.width === undefined) this.widths.set(node, 1);
        else this.width(node, node.width, node.signed ? 1n : 0n);
        return;
      case 'VarbitType':
        this.width(node, node.maxWidth, 0n);
        return;
      case 'SpecializedType':
        for (const argument of node.typeArguments) this.type(argument);
        return;
      case 'ArrayType':
        this.type(node.element);
        this.expression(node.size);
        return;
      case 'ListType':
        this.type(node.element);
        return;
      case 'TupleType':
        for (const element of node.elements) this.type(element);
        return;
      default:
        return;
    }
  }

  protected width(node: ast.BitsType | ast.VarbitType, expression: ast.Expression, least: bigint): void {
    if (this.widths.has(node)) return;
    this.expression(expression);
    const value = this.values.get(expression);
    if (value?.kind !== 'integer') {
      const numeric = value?.kind === 'bool' || value?.kind === 'string' ? 'numeric ' : '';
      this.reporter.error(
        'expected',
        expression.span,
        `the width '${expressionText(expression)}' must be a ${numeric}constant`,
      );
      this.widths.set(node, 64);
    } else if (value.value > 0x7fffffffn) {
      this.reporter.error('overlimit', expression.span, `${value.value}: value too large for a width`);
      this.widths.set(node, 64);
    } else if (value.value < least) {
      this.reporter.error('invalid', node.span, `${typeText(node)}: invalid width ${value.value}`);
      this.widths.set(node, 64);
    } else {
      if (value.value > BigInt(GREATEST_WIDTH_BITS) && node.kind === 'BitsType') {
        this.reporter.error('unsupported', node.span, `widths above ${GREATEST_WIDTH_BITS} bits are not supported`);
      }
      this.widths.set(node, Number(value.value));
    }
  }

  protected earlyType(node: ast.TypeNode): EarlyType {
    switch (node.kind) {
      case 'BitsType':
        this.type(node);
        return bits(this.widths.get(node) ?? 64, node.signed);
      case 'InfiniteIntegerType':
        return integerType;
      case 'BooleanType':
        return { kind: 'bool' };
      case 'NamedType': {
        const declaration = this.names.typeNames.get(node);
        if (declaration?.kind !== 'TypedefDeclaration') return otherType;
        const type = declaration.type;
        return 'annotations' in type ? otherType : this.earlyType(type);
      }
      default:
        return otherType;
    }
  }

  // ------------------------------------------------------------------------------------------------- expressions

  protected expression(node: ast.Expression | undefined): void {
    if (node === undefined) return;
    const value = this.evaluate(node);
    if (value !== undefined) this.values.set(node, value);
  }

  protected valueOf(node: ast.Expression): EarlyValue | undefined {
    this.expression(node);
    return this.values.get(node);
  }

  protected evaluate(node: ast.Expression): EarlyValue | undefined {
    switch (node.kind) {
      case 'IntegerLiteral':
        return this.literal(node);
      case 'BooleanLiteral':
        return { kind: 'bool', value: node.value };
      case 'StringLiteral':
        return { kind: 'string', value: node.value };
      case 'PathExpression': {
        const named = this.names.paths.get(node);
        return named?.kind === 'ConstantDeclaration' ? this.constants.get(named) : undefined;
      }
      case 'MemberExpression':
        this.expression(node.target);
        return undefined;
      case 'IndexExpression':
        this.expression(node.target);
        this.expression(node.index);
        return undefined;
      case 'SliceExpression':
        return this.slice(node);
      case 'PlusSliceExpression':
        return this.plusSlice(node);
      case 'ListExpression':
        return this.aggregate(node.elements);
      case 'TupleKeysetExpression':
        this.aggregate(node.elements);
        return undefined;
      case 'StructExpression': {
        const value = this.aggregate(node.fields.map((field) => field.value));
        return node.dots === undefined ? value : undefined;
      }
      case 'UnaryExpression':
        return this.unary(node);
      case 'BinaryExpression':
        return this.binary(node);
      case 'ConditionalExpression':
        return this.conditional(node);
      case 'CastExpression':
        return this.cast(node);
      case 'CallExpression':
        this.expression(node.callee);
        for (const argument of node.typeArguments ?? []) this.type(argument);
        for (const argument of node.arguments) this.expression(argument.value);
        return undefined;
      case 'ConstructorCallExpression':
        this.type(node.type);
        for (const argument of node.arguments) this.expression(argument.value);
        return undefined;
      case 'TypeNameExpression':
        this.type(node.type);
        return undefined;
      case 'MaskExpression':
        this.expression(node.value);
        this.expression(node.mask);
        return undefined;
      case 'RangeExpression':
        this.expression(node.low);
        this.expression(node.high);
        return undefined;
      case 'SelectExpression':
        for (const key of node.keys) this.expression(key);
        for (const each of node.cases) this.expression(each.keyset);
        return undefined;
      default:
        return undefined;
    }
  }

  protected literal(node: ast.IntegerLiteral): EarlyValue {
    const type = node.width === undefined ? integerType : bits(node.width, node.signed);
    return this.convert({ kind: 'integer', value: node.value, type: integerType }, type, node, true);
  }

  protected convert(
    value: EarlyInteger,
    type: BitsType | IntegerType,
    at: ast.Expression,
    warn: boolean,
  ): EarlyInteger {
    const fitted = fitToType(value.value, type);
    if (fitted.misfit !== undefined && warn && type.kind === 'bits') {
      const warningClass = fitted.misfit === 'negative-in-unsigned' ? 'mismatch' : 'overflow';
      this.reporter.warn(warningClass, at.span, misfitText(fitted.misfit, value.value, type.width));
    }
    return { kind: 'integer', value: fitted.value, type };
  }

  protected aggregate(elements: readonly ast.Expression[]): EarlyValue | undefined {
    let constant = true;
    for (const element of elements) if (this.valueOf(element) === undefined) constant = false;
    return constant ? { kind: 'aggregate' } : undefined;
  }

  protected expectInteger(value: EarlyValue, at: ast.Expression): value is EarlyInteger {
    if (value.kind === 'integer') return true;
    if (value.kind !== 'cast') {
      this.reporter.error('expected', at.span, `'${expressionText(at)}': expected an integer value`);
    } else {
      this.reporter.error('expected', at.span, `'${expressionText(at)}': expected an integer value`);
    }
    return false;
  }

  protected expectBool(value: EarlyValue, at: ast.Expression): value is Extract<EarlyValue, { kind: 'bool' }> {
    if (value.kind === 'bool') return true;
    this.reporter.error('expected', at.span, `'${expressionText(at)}': expected a boolean value`);
    return false;
  }

  protected unary(node: ast.UnaryExpression): EarlyValue | undefined {
    const operand = this.valueOf(node.operand);
    if (operand === undefined) return undefined;
    if (node.operator === '!') {
      return this.expectBool(operand, node.operand) ? { kind: 'bool', value: !operand.value } : undefined;
    }
    if (!this.expectInteger(operand, node.operand)) return undefined;
    switch (node.operator) {
      case '+':
        return operand;
      case '-':
        return this.convert({ ...operand, value: -operand.value }, operand.type, node, false);
      case '~':
        if (operand.type.kind === 'integer') {
          this.reporter.error(
            'invalid',
            node.span,
            `'${expressionText(node)}': the width of the operand of '~' must be known`,
            { suggestion: `specify a width, for example ~8w${operand.value}` },
          );
          return undefined;
        }
        return this.convert({ ...operand, value: ~operand.value }, operand.type, node, false);
    }
  }

  protected binary(node: ast.BinaryExpression): EarlyValue | undefined {
    const { operator } = node;
    const left = this.valueOf(node.left);
    const right = this.valueOf(node.right);
    switch (operator) {
      case '&&':
      case '||':
        if (left === undefined || !this.expectBool(left, node.left)) return undefined;
        return left.value === (operator === '&&') ? right : left;
      case '<<':
      case '>>':
        return right === undefined ? undefined : this.shift(node, operator, left, right);
      case '++':
        return left === undefined || right === undefined ? undefined : this.concatenate(node, left, right);
      default:
        break;
    }
    if (left === undefined || right === undefined) return undefined;
    if (operator === '==' || operator === '!=') {
      if (left.kind === 'bool' || left.kind === 'string') {
        if (right.kind !== left.kind) {
          const expected = left.kind === 'bool' ? 'booleans' : 'strings';
          this.reporter.error('invalid', node.span, `'${expressionText(node)}': both operands must be ${expected}`);
          return undefined;
        }
        return { kind: 'bool', value: (left.value === right.value) === (operator === '==') };
      }
    }
    if (left.kind !== 'integer' || right.kind !== 'integer') return undefined;
    let type: BitsType | IntegerType = left.type;
    let a = left;
    let b = right;
    if (left.type.kind === 'bits' && right.type.kind === 'bits') {
      if (left.type !== right.type) {
        this.reporter.error(
          'invalid',
          node.span,
          `'${expressionText(node)}': operands have different types: ${printType(left.type)} and ${printType(right.type)}`,
        );
        return undefined;
      }
    } else if (left.type.kind === 'bits') b = this.convert(right, left.type, node.right, true);
    else if (right.type.kind === 'bits') {
      type = right.type;
      a = this.convert(left, right.type, node.left, true);
    }
    const result = applyOperator(operator, a.value, b.value, type);
    if (result.kind === 'failure') {
      this.reporter.error(result.errorClass, node.span, `'${expressionText(node)}': ${result.reason}`);
      return undefined;
    }
    if (result.kind === 'bool') return result;
    return this.convert({ kind: 'integer', value: result.value, type }, type, node, false);
  }

  protected shift(
    node: ast.BinaryExpression,
    operator: '<<' | '>>',
    left: EarlyValue | undefined,
    right: EarlyValue,
  ): EarlyValue | undefined {
    if (right.kind !== 'integer') return undefined;
    if (right.value < 0n) {
      this.reporter.error(
        'invalid',
        node.span,
        `'${expressionText(node)}': shifts by negative amounts are not allowed`,
      );
      return undefined;
    }
    if (right.value === 0n) return left;
    if (left === undefined || !this.expectInteger(left, node.left)) return undefined;
    if (right.value > BigInt(GREATEST_WIDTH_BITS)) {
      this.reporter.error(
        right.value > 0x7fffffffn ? 'overlimit' : 'unsupported',
        node.span,
        `'${expressionText(node)}': widths above ${GREATEST_WIDTH_BITS} bits are not supported`,
      );
      return undefined;
    }
    if (left.type.kind === 'bits' && right.value >= BigInt(left.type.width)) {
      this.reporter.warn(
        'overflow',
        node.span,
        `'${expressionText(node)}': shifting a ${left.type.width}-bit value by ${right.value}`,
      );
    }
    const value = shift(operator, left.value, right.value, left.type);
    if (isTooLarge(value)) {
      this.reporter.error('overlimit', node.span, `'${expressionText(node)}': ${TOO_LARGE_TEXT}`);
      return undefined;
    }
    return { kind: 'integer', value, type: left.type };
  }

  protected concatenate(node: ast.BinaryExpression, left: EarlyValue, right: EarlyValue): EarlyValue | undefined {
    if (left.kind === 'string' && right.kind === 'string') {
      if (left.value.length + right.value.length <= GREATEST_STRING_CHARACTERS) {
        return { kind: 'string', value: left.value + right.value };
      }
      const message = `strings of more than ${GREATEST_STRING_CHARACTERS} characters are not supported`;
      this.reporter.error('overlimit', node.span, message);
      return undefined;
    }
    if (left.kind !== 'integer' || right.kind !== 'integer') return undefined;
    if (left.type.kind !== 'bits' || right.type.kind !== 'bits') {
      this.reporter.error('invalid', node.span, `'${expressionText(node)}': the width of both operands must be known`);
      return undefined;
    }
    const width = left.type.width + right.type.width;
    if (this.tooWide(node, width)) return undefined;
    const type = bits(width, left.type.signed);
    const value = fitToType(concatenate(left.value, right.value, right.type.width), type).value;
    return { kind: 'integer', value, type };
  }

  protected tooWide(node: ast.Expression, width: number): boolean {
    if (width <= GREATEST_WIDTH_BITS) return false;
    this.reporter.error('unsupported', node.span, `widths above ${GREATEST_WIDTH_BITS} bits are not supported`);
    return true;
  }

  protected slice(node: ast.SliceExpression): EarlyValue | undefined {
    const target = this.valueOf(node.target);
    const high = this.valueOf(node.high);
    const low = this.valueOf(node.low);
    if (high === undefined || low === undefined || target === undefined) return undefined;
    if (!this.expectInteger(high, node.high) || !this.expectInteger(low, node.low)) return undefined;
    if (!this.expectInteger(target, node.target)) return undefined;
    if (high.value < low.value) {
      this.reporter.error('expected', node.span, `'${expressionText(node)}': a slice is written [high:low]`);
      return undefined;
    }
    if (low.value < 0n) {
      this.reporter.error('expected', node.low.span, `'${expressionText(node.low)}': a bit index cannot be negative`);
      return undefined;
    }
    if (high.value > BigInt(GREATEST_WIDTH_BITS)) {
      this.tooWide(node, GREATEST_WIDTH_BITS + 1);
      return undefined;
    }
    const first = Number(high.value);
    const last = Number(low.value);
    return { kind: 'integer', value: sliceBits(target.value, first, last), type: bits(first - last + 1) };
  }

  protected plusSlice(node: ast.PlusSliceExpression): EarlyValue | undefined {
    const target = this.valueOf(node.target);
    const low = this.valueOf(node.low);
    const width = this.valueOf(node.width);
    if (width === undefined || target === undefined || low === undefined) return undefined;
    if (!this.expectInteger(low, node.low) || !this.expectInteger(width, node.width)) return undefined;
    if (!this.expectInteger(target, node.target)) return undefined;
    if (low.value < 0n) {
      this.reporter.error('expected', node.width.span, `'${expressionText(node)}': a bit index cannot be negative`);
      return undefined;
    }
    if (width.value < 1n) return undefined;
    const end = low.value + width.value;
    if (end > BigInt(GREATEST_WIDTH_BITS)) {
      this.tooWide(node, GREATEST_WIDTH_BITS + 1);
      return undefined;
    }
    const value = sliceBits(target.value, Number(end) - 1, Number(low.value));
    return { kind: 'integer', value, type: bits(Number(width.value)) };
  }

  protected conditional(node: ast.ConditionalExpression): EarlyValue | undefined {
    const condition = this.valueOf(node.condition);
    const whenTrue = this.valueOf(node.whenTrue);
    const whenFalse = this.valueOf(node.whenFalse);
    if (condition === undefined || !this.expectBool(condition, node.condition)) return undefined;
    return condition.value ? whenTrue : whenFalse;
  }

  protected cast(node: ast.CastExpression): EarlyValue | undefined {
    this.type(node.type);
    const value = this.valueOf(node.operand);
    if (value === undefined) return undefined;
    const type = this.earlyType(node.type);
    if (value.kind === 'integer') {
      if (type.kind === 'bits' || type.kind === 'integer') return this.convert(value, type, node, false);
      if (type.kind === 'bool') return this.castToBool(node, value);
    } else if (value.kind === 'bool') {
      if (type.kind === 'bool') return value;
      if (type.kind === 'bits') {
        if (type.signed || type.width !== 1) {
          this.reporter.error(
            'invalid',
            node.operand.span,
            `'${expressionText(node.operand)}' cannot be cast to ${printType(type)}; only to bit<1>`,
          );
        }
        return { kind: 'integer', value: value.value ? 1n : 0n, type };
      }
    }
    return { kind: 'cast' };
  }

  protected castToBool(node: ast.CastExpression, value: EarlyInteger): EarlyValue | undefined {
    const fail = (reason: string): undefined => {
      this.reporter.error('invalid', node.span, `'${expressionText(node)}': ${reason}`);
      return undefined;
    };
    if (value.type.kind === 'bits') {
      if (value.type.signed) return fail('a signed value cannot be cast to bool');
      if (value.type.width !== 1) return fail('only bit<1> values can be cast to bool');
    }
    if (value.value < 0n || value.value > 1n) return fail('only 0 and 1 can be cast to bool');
    return { kind: 'bool', value: value.value === 1n };
  }
}
