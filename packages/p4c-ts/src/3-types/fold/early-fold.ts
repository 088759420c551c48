// The first round of constant folding: before types are known, from names alone.
//
// Why two rounds: widths (`bit<(W + 1)>`), array sizes and enum values are constants that types are made of, so they must be
// computable without types; and integer mistakes (5w3 + 4w2, division by zero, (bool)2) are best reported before
// anything that would follow from them. What needs types (members of structs, enum values, shifts by enums) is left
// to the checker, which folds again with types.
//
// How: a post-order walk in program order. Each expression gets a value of the small union `EarlyValue`, or none.
// `aggregate` and `cast` say "constant, but not a number": operators that want numbers complain about those.

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
  misfitText,
  shift,
  sliceBits,
} from './arithmetic.ts';

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

/** Folds all constant expressions of the program; reports what can never be computed. */
export function foldEarly(program: ast.Program, names: ResolvedNames, reporter: Reporter): EarlyConstants {
  const folder = new EarlyFolder(names, reporter);
  folder.foldProgram(program);
  return { values: folder.values, widths: folder.widths };
}

type EarlyType = BitsType | IntegerType | { readonly kind: 'bool' } | { readonly kind: 'other' };
const otherType: EarlyType = { kind: 'other' };

class EarlyFolder {
  readonly values = new Map<ast.Expression, EarlyValue>();
  readonly widths = new Map<ast.BitsType | ast.VarbitType, number>();
  private readonly constants = new Map<ast.ConstantDeclaration, EarlyValue>();
  private readonly names: ResolvedNames;
  private readonly reporter: Reporter;

  constructor(names: ResolvedNames, reporter: Reporter) {
    this.names = names;
    this.reporter = reporter;
  }

  foldProgram(program: ast.Program): void {
    for (const declaration of program.declarations) this.declaration(declaration);
  }

  // ------------------------------------------------------------------------------------ declarations, statements

  private declaration(node: ast.Declaration | ast.Node): void {
    switch (node.kind) {
      case 'ConstantDeclaration':
        this.annotations(node.annotations);
        this.type(node.type);
        this.expression(node.value);
        this.constant(node);
        return;
      case 'VariableDeclaration':
        this.annotations(node.annotations);
        this.type(node.type);
        this.expression(node.initializer);
        return;
      case 'Instantiation':
        this.annotations(node.annotations);
        this.type(node.type);
        for (const argument of node.arguments) this.expression(argument.value);
        for (const member of node.initializer ?? []) this.declaration(member);
        return;
      case 'FunctionDeclaration':
        this.annotations(node.annotations);
        this.type(node.returnType);
        this.parameters(node.parameters);
        if (node.body !== undefined) this.statement(node.body);
        return;
      case 'Method':
        this.annotations(node.annotations);
        if (node.returnType !== undefined) this.type(node.returnType);
        this.parameters(node.parameters);
        return;
      case 'ActionDeclaration':
        this.annotations(node.annotations);
        this.parameters(node.parameters);
        this.statement(node.body);
        return;
      case 'ExternDeclaration':
        this.annotations(node.annotations);
        for (const method of node.methods) this.declaration(method);
        return;
      case 'ParserTypeDeclaration':
      case 'ControlTypeDeclaration':
      case 'PackageTypeDeclaration':
        this.annotations(node.annotations);
        this.parameters(node.parameters);
        return;
      case 'ParserDeclaration':
        this.annotations(node.annotations);
        this.parameters(node.parameters);
        this.parameters(node.constructorParameters);
        for (const local of node.locals) this.declaration(local);
        for (const state of node.states) this.declaration(state);
        return;
      case 'ParserState':
        this.annotations(node.annotations);
        for (const statement of node.statements) this.statement(statement);
        this.expression(node.transition);
        return;
      case 'ControlDeclaration':
        this.annotations(node.annotations);
        this.parameters(node.parameters);
        this.parameters(node.constructorParameters);
        for (const local of node.locals) this.declaration(local);
        this.statement(node.body);
        return;
      case 'ValueSetDeclaration':
        this.annotations(node.annotations);
        this.type(node.elementType);
        this.expression(node.size);
        return;
      case 'HeaderDeclaration':
      case 'HeaderUnionDeclaration':
      case 'StructDeclaration':
        this.annotations(node.annotations);
        for (const field of node.fields) {
          this.annotations(field.annotations);
          this.type(field.type);
        }
        return;
      case 'SerializableEnumDeclaration':
        this.annotations(node.annotations);
        this.type(node.underlyingType);
        for (const member of node.members) this.expression(member.value);
        return;
      case 'TypedefDeclaration':
        this.annotations(node.annotations);
        if ('name' in node.type && 'annotations' in node.type) this.declaration(node.type);
        else this.type(node.type as ast.TypeNode);
        return;
      case 'NewtypeDeclaration':
        this.annotations(node.annotations);
        this.type(node.type);
        return;
      case 'TableDeclaration':
        this.annotations(node.annotations);
        for (const property of node.properties) this.tableProperty(property);
        return;
      default:
        return;
    }
  }

  private parameters(parameters: readonly ast.Parameter[]): void {
    for (const parameter of parameters) {
      this.annotations(parameter.annotations);
      this.type(parameter.type);
      this.expression(parameter.defaultValue);
    }
  }

  private annotations(annotations: readonly ast.Annotation[]): void {
    for (const { body } of annotations) {
      if (body.kind === 'ExpressionList') for (const expression of body.expressions) this.expression(expression);
      else if (body.kind === 'KeyValueList') for (const pair of body.pairs) this.expression(pair.value);
    }
  }

  private tableProperty(property: ast.TableProperty): void {
    switch (property.kind) {
      case 'KeyProperty':
        for (const element of property.elements) this.expression(element.expression);
        return;
      case 'ActionsProperty':
        for (const reference of property.actions) this.expression(reference.action);
        return;
      case 'EntriesProperty':
        for (const entry of property.entries) {
          this.expression(entry.priority);
          this.expression(entry.keyset);
          this.expression(entry.action.action);
        }
        return;
      case 'CustomProperty':
        this.expression(property.value);
        return;
    }
  }

  private statement(node: ast.Statement): void {
    switch (node.kind) {
      case 'AssignmentStatement':
        this.assignmentTarget(node.target);
        this.expression(node.value);
        return;
      case 'CallStatement':
        this.expression(node.call);
        return;
      case 'BlockStatement':
        for (const statement of node.statements) this.statement(statement);
        return;
      case 'IfStatement':
        this.expression(node.condition);
        this.statement(node.thenStatement);
        if (node.elseStatement !== undefined) this.statement(node.elseStatement);
        return;
      case 'SwitchStatement':
        this.expression(node.expression);
        for (const each of node.cases) {
          this.expression(each.label);
          if (each.body !== undefined) this.statement(each.body);
        }
        return;
      case 'ForStatement':
        for (const statement of node.init) this.statement(statement);
        this.expression(node.condition);
        for (const statement of node.update) this.statement(statement);
        this.statement(node.body);
        return;
      case 'ForInStatement':
        this.declaration(node.variable);
        this.expression(node.collection);
        this.statement(node.body);
        return;
      case 'ReturnStatement':
        this.expression(node.value);
        return;
      case 'VariableDeclaration':
      case 'ConstantDeclaration':
      case 'Instantiation':
        this.declaration(node);
        return;
      default:
        return;
    }
  }

  /** A constant's name is not its value on the left of an assignment; indexes in there still are folded. */
  private assignmentTarget(node: ast.Expression): void {
    switch (node.kind) {
      case 'PathExpression':
        return;
      case 'MemberExpression':
        this.assignmentTarget(node.target);
        return;
      case 'IndexExpression':
        this.assignmentTarget(node.target);
        this.expression(node.index);
        return;
      case 'SliceExpression':
        this.assignmentTarget(node.target);
        this.expression(node.high);
        this.expression(node.low);
        return;
      case 'PlusSliceExpression':
        this.assignmentTarget(node.target);
        this.expression(node.low);
        this.expression(node.width);
        return;
      default:
        this.expression(node);
    }
  }

  private constant(node: ast.ConstantDeclaration): void {
    const value = this.values.get(node.value);
    if (value === undefined || value.kind === 'cast') return;
    if (value.kind !== 'integer') {
      if (value.kind !== 'aggregate') this.constants.set(node, value);
      return;
    }
    const type = this.earlyType(node.type);
    if (type.kind === 'bits') {
      if (value.type.kind === 'bits' && value.type !== type) {
        this.reporter.error(
          'type-error',
          node.name.span,
          `'${node.name.name}' has type ${printType(type)}, but its initializer has type ${printType(value.type)}`,
          { suggestion: `cast it: (${printType(type)})${expressionText(node.value)}` },
        );
      } else this.constants.set(node, this.convert(value, type, node.value, true));
    } else if (type.kind === 'integer') {
      this.constants.set(node, { ...value, type: integerType });
    }
  }

  // ------------------------------------------------------------------------------------------------------- types

  private type(node: ast.TypeNode): void {
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

  private width(node: ast.BitsType | ast.VarbitType, expression: ast.Expression, least: bigint): void {
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

  private earlyType(node: ast.TypeNode): EarlyType {
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

  private expression(node: ast.Expression | undefined): void {
    if (node === undefined) return;
    const value = this.evaluate(node);
    if (value !== undefined) this.values.set(node, value);
  }

  private valueOf(node: ast.Expression): EarlyValue | undefined {
    this.expression(node);
    return this.values.get(node);
  }

  private evaluate(node: ast.Expression): EarlyValue | undefined {
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

  private literal(node: ast.IntegerLiteral): EarlyValue {
    const type = node.width === undefined ? integerType : bits(node.width, node.signed);
    return this.convert({ kind: 'integer', value: node.value, type: integerType }, type, node, true);
  }

  private convert(value: EarlyInteger, type: BitsType | IntegerType, at: ast.Expression, warn: boolean): EarlyInteger {
    const fitted = fitToType(value.value, type);
    if (fitted.misfit !== undefined && warn && type.kind === 'bits') {
      const warningClass = fitted.misfit === 'negative-in-unsigned' ? 'mismatch' : 'overflow';
      this.reporter.warn(warningClass, at.span, misfitText(fitted.misfit, value.value, type.width));
    }
    return { kind: 'integer', value: fitted.value, type };
  }

  private aggregate(elements: readonly ast.Expression[]): EarlyValue | undefined {
    let constant = true;
    for (const element of elements) if (this.valueOf(element) === undefined) constant = false;
    return constant ? { kind: 'aggregate' } : undefined;
  }

  private expectInteger(value: EarlyValue, at: ast.Expression): value is EarlyInteger {
    if (value.kind === 'integer') return true;
    if (value.kind !== 'cast') {
      this.reporter.error('expected', at.span, `'${expressionText(at)}': expected an integer value`);
    } else {
      this.reporter.error('expected', at.span, `'${expressionText(at)}': expected an integer value`);
    }
    return false;
  }

  private expectBool(value: EarlyValue, at: ast.Expression): value is Extract<EarlyValue, { kind: 'bool' }> {
    if (value.kind === 'bool') return true;
    this.reporter.error('expected', at.span, `'${expressionText(at)}': expected a boolean value`);
    return false;
  }

  private unary(node: ast.UnaryExpression): EarlyValue | undefined {
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

  private binary(node: ast.BinaryExpression): EarlyValue | undefined {
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
      this.reporter.error('invalid', node.span, `'${expressionText(node)}': ${result.reason}`);
      return undefined;
    }
    if (result.kind === 'bool') return result;
    return this.convert({ kind: 'integer', value: result.value, type }, type, node, false);
  }

  private shift(
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
    return { kind: 'integer', value: shift(operator, left.value, right.value, left.type), type: left.type };
  }

  private concatenate(node: ast.BinaryExpression, left: EarlyValue, right: EarlyValue): EarlyValue | undefined {
    if (left.kind === 'string' && right.kind === 'string') return { kind: 'string', value: left.value + right.value };
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

  private tooWide(node: ast.Expression, width: number): boolean {
    if (width <= GREATEST_WIDTH_BITS) return false;
    this.reporter.error('unsupported', node.span, `widths above ${GREATEST_WIDTH_BITS} bits are not supported`);
    return true;
  }

  private slice(node: ast.SliceExpression): EarlyValue | undefined {
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

  private plusSlice(node: ast.PlusSliceExpression): EarlyValue | undefined {
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

  private conditional(node: ast.ConditionalExpression): EarlyValue | undefined {
    const condition = this.valueOf(node.condition);
    const whenTrue = this.valueOf(node.whenTrue);
    const whenFalse = this.valueOf(node.whenFalse);
    if (condition === undefined || !this.expectBool(condition, node.condition)) return undefined;
    return condition.value ? whenTrue : whenFalse;
  }

  private cast(node: ast.CastExpression): EarlyValue | undefined {
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

  private castToBool(node: ast.CastExpression, value: EarlyInteger): EarlyValue | undefined {
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
