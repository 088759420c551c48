// `target.member` where it is not the callee of a call: fields, enum and error members, properties of header stacks,
// and the result of applying a table. Methods are resolved with their call (calls.ts).

import type * as ast from '../../2-parse/ast.ts';
import { expressionText } from '../support/expression-text.ts';
import { didYouMean } from '../support/suggest.ts';
import {
  bits,
  boolType,
  erroneousType,
  errorType,
  isStructure,
  printType,
  type StackType,
  type Type,
} from '../types.ts';
import { type Checker, isErroneous } from './checker.ts';
import { checkExpression } from './expressions.ts';

/** Type of a member that is not called. */
export function checkMember(c: Checker, node: ast.MemberExpression): Type {
  const inSwitch = c.context.inSwitchExpression;
  const target = c.inPart(() => checkExpression(c, node.target));
  if (target.kind === 'erroneous') return erroneousType;
  return memberType(c, node, target, inSwitch);
}

/** As `checkMember`, for a target that is checked already. */
export function memberType(c: Checker, node: ast.MemberExpression, target: Type, inSwitch: boolean): Type {
  const name = node.member.name;
  if (target.kind === 'extern') {
    c.error(node.span, `'${expressionText(node)}': a method can only be called`);
    return erroneousType;
  }
  if (isStructure(target)) {
    const field = c.fields.named(target, name);
    if (field === undefined) {
      c.error(node.member.span, `${printType(target)} has no field '${name}'`, {
        suggestion: didYouMean(
          name,
          target.fields.map((each) => each.name),
        ),
        notes: [{ message: `${target.name} is declared here`, span: target.declaration.name.span }],
      });
      return erroneousType;
    }
    c.tables.members.set(node, field.target);
    if (c.isLeftValue(node.target)) c.tables.leftValues.add(node);
    c.markCompileTime(node, node.target);
    return field.type;
  }
  if (target.kind === 'apply-result') return applyResultMember(c, node, target.table, inSwitch);
  if (target.kind === 'stack') return stackMember(c, node, target);
  if (target.kind === 'type-type') {
    const type = typeMember(c, node, target.type);
    if (type !== undefined) return type;
  }
  if (!isErroneous(target)) {
    c.error(node.member.span, `'${expressionText(node.target)}' of ${describe(target)} has no member '${name}'`);
  }
  return erroneousType;
}

function describe(type: Type): string {
  return type.kind === 'type-type' ? `the type ${printType(type.type)}` : `type ${printType(type)}`;
}

function applyResultMember(
  c: Checker,
  node: ast.MemberExpression,
  table: ast.TableDeclaration,
  inSwitch: boolean,
): Type {
  const property = node.member.name;
  if (property !== 'hit' && property !== 'miss' && property !== 'action_run') {
    c.error(node.member.span, `the result of applying a table has no member '${property}'`, {
      suggestion: didYouMean(property, ['hit', 'miss', 'action_run']) ?? "it has 'hit', 'miss' and 'action_run'",
    });
    return erroneousType;
  }
  c.tables.members.set(node, { kind: 'apply-result', property, table });
  if (property !== 'action_run') return boolType;
  if (!inSwitch) {
    c.error(node.span, `'${expressionText(node)}' can only be used as the expression of a switch statement`);
    return erroneousType;
  }
  return { kind: 'action-enum', table };
}

function stackMember(c: Checker, node: ast.MemberExpression, stack: StackType): Type {
  const property = node.member.name;
  if (stack.element.kind !== 'header' && stack.element.kind !== 'header_union') {
    c.error(node.span, `'${expressionText(node)}': '${property}' can only be used on header stacks`);
    return erroneousType;
  }
  switch (property) {
    case 'next':
    case 'last':
    case 'lastIndex':
      if (c.context.parser === undefined) {
        c.error(node.span, `'${expressionText(node)}': '${property}' of a header stack can only be used in a parser`);
        return erroneousType;
      }
      break;
    case 'size':
      break;
    default:
      c.error(node.member.span, `a header stack has no member '${property}'`, {
        suggestion: didYouMean(property, ['next', 'last', 'lastIndex', 'size', 'push_front', 'pop_front']),
      });
      return erroneousType;
  }
  c.tables.members.set(node, { kind: 'stack-property', property, stack });
  if (property === 'next' && c.isLeftValue(node.target)) c.tables.leftValues.add(node);
  return property === 'next' || property === 'last' ? stack.element : bits(32);
}

function typeMember(c: Checker, node: ast.MemberExpression, type: Type): Type | undefined {
  const name = node.member.name;
  if (type.kind === 'error') {
    const member = c.names.errors.find((each) => each.name.name === name);
    if (member === undefined) {
      c.error(node.span, `'error.${name}' is not declared`, {
        suggestion: didYouMean(
          name,
          c.names.errors.map((each) => each.name.name),
        ),
      });
      return erroneousType;
    }
    c.tables.members.set(node, { kind: 'error-member', name });
    c.markCompileTime(node);
    return errorType;
  }
  if (type.kind !== 'enum' && type.kind !== 'serializable-enum') return undefined;
  const { declaration } = type;
  const members: readonly ast.EnumMember[] = declaration.members;
  const member = members.find((each) => each.name.name === name);
  if (member === undefined) {
    c.error(node.span, `enum '${type.name}' has no member '${name}'`, {
      suggestion: didYouMean(
        name,
        members.map((each) => each.name.name),
      ),
      notes: [{ message: `${type.name} is declared here`, span: declaration.name.span }],
    });
    return erroneousType;
  }
  c.tables.members.set(node, { kind: 'enum-member', declaration, member });
  c.markCompileTime(node);
  return type;
}
