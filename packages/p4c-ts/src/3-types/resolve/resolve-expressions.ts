// Names inside expressions, written types and annotations. Nothing is declared in there (resolve-names.ts does that),
// so this is a plain walk that looks up every name where it stands.

import type * as ast from '../../2-parse/ast.ts';
import { NameLookup } from './look-up.ts';
import type { Scope } from './scope.ts';

/** Keywords that may stand in an expression; annotation tokens do not tell them from names. */
const KEYWORDS = new Set(['bit', 'int', 'bool', 'varbit', 'error', 'string', 'tuple', 'list', 'this', 'true', 'false']);

/** Resolves expressions, types and annotations. */
export class ExpressionResolver extends NameLookup {
  protected errorDeclared = false;
  protected instance: ast.Instantiation | undefined;
  protected inFunction = false;

  protected expression(node: ast.Expression): void {
    switch (node.kind) {
      case 'PathExpression':
        this.path(node, undefined);
        return;
      case 'ThisExpression':
        if (this.instance === undefined || !this.inFunction) {
          this.reporter.error('invalid', node.span, "'this' can only be used in the definition of an abstract method");
        } else this.result.thisInstances.set(node, this.instance);
        return;
      case 'TypeNameExpression':
        this.type(node.type);
        return;
      case 'MemberExpression':
        this.expression(node.target);
        return;
      case 'IndexExpression':
        this.expression(node.target);
        this.expression(node.index);
        return;
      case 'SliceExpression':
        this.expression(node.target);
        this.expression(node.high);
        this.expression(node.low);
        return;
      case 'PlusSliceExpression':
        this.expression(node.target);
        this.expression(node.low);
        this.expression(node.width);
        return;
      case 'ListExpression':
      case 'TupleKeysetExpression':
        for (const element of node.elements) this.expression(element);
        return;
      case 'StructExpression':
        for (const field of node.fields) this.expression(field.value);
        return;
      case 'UnaryExpression':
        this.expression(node.operand);
        return;
      case 'BinaryExpression':
        this.expression(node.left);
        this.expression(node.right);
        return;
      case 'ConditionalExpression':
        this.expression(node.condition);
        this.expression(node.whenTrue);
        this.expression(node.whenFalse);
        return;
      case 'CastExpression':
        this.type(node.type);
        this.expression(node.operand);
        return;
      case 'CallExpression':
        if (node.callee.kind === 'PathExpression') this.path(node.callee, node.arguments);
        else this.expression(node.callee);
        for (const argument of node.typeArguments ?? []) this.type(argument);
        for (const argument of node.arguments) this.expression(argument.value);
        return;
      case 'ConstructorCallExpression':
        this.type(node.type, node.arguments);
        for (const argument of node.arguments) this.expression(argument.value);
        return;
      case 'MaskExpression':
        this.expression(node.value);
        this.expression(node.mask);
        return;
      case 'RangeExpression':
        this.expression(node.low);
        this.expression(node.high);
        return;
      case 'SelectExpression':
        for (const key of node.keys) this.expression(key);
        for (const each of node.cases) {
          this.expression(each.keyset);
          this.expression(each.state);
        }
        return;
      default:
        return;
    }
  }

  /** Resolves the names in a type; `args` are the constructor's arguments where the type is instantiated. */
  protected type(node: ast.TypeNode, args?: readonly ast.Argument[]): void {
    switch (node.kind) {
      case 'NamedType':
        this.typeName(node, args);
        return;
      case 'SpecializedType':
        this.typeName(node.base, args);
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
      case 'BitsType':
        if (node.width !== undefined) this.expression(node.width);
        return;
      case 'VarbitType':
        this.expression(node.maxWidth);
        return;
      case 'ErrorType':
        if (!this.errorDeclared) {
          this.reporter.error('not-found', node.span, "type 'error' is not declared", {
            suggestion: 'include <core.p4>, or declare `error { ... }`',
          });
        }
        return;
      default:
        return;
    }
  }

  protected annotations(annotations: readonly ast.Annotation[]): void {
    for (const { name, body } of annotations) {
      if (body.kind === 'Unstructured' && name.name === 'length') this.lengthNames(body.tokens);
      if (body.kind === 'ExpressionList') for (const expression of body.expressions) this.expression(expression);
      else if (body.kind === 'KeyValueList') for (const pair of body.pairs) this.expression(pair.value);
    }
  }

  /** Names in `@length(expression)`: fields declared before, and constants. */
  protected lengthNames(tokens: readonly ast.AnnotationToken[]): void {
    tokens.forEach((token, index) => {
      if (token.tokenKind !== 'identifier' || tokens[index - 1]?.text === '.' || KEYWORDS.has(token.text)) return;
      for (let scope: Scope | undefined = this.scope; scope !== undefined; scope = scope.parent) {
        if (scope.own(token.text) !== undefined) return;
      }
      this.reporter.error('not-found', token.span, `name '${token.text}' is not declared here`);
    });
  }
}
