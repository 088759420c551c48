/**
 * Names that the control plane sees, exactly as p4c forms them: the declared name, or that of `@name("...")`, after the
 * names of the instances around it (`MyIngress.acl.table1`); a name that starts with a dot is absolute. The outermost
 * part is the name of the control's *type*, because the instance given to the package has no name of its own.
 * Keys without `@name` are called after their expression (`hdr.ipv4.dst`, `hdr.vlan[0].$valid$`).
 */
import type * as ast from '../2-parse/ast.ts';
import type { TypedProgram } from '../3-types/typed-program.ts';

/** The annotation of that name, if there is one. */
export function annotationNamed(annotations: readonly ast.Annotation[], name: string): ast.Annotation | undefined {
  return annotations.find((annotation) => annotation.name.name === name);
}

/** The string in `@name("text")`-like annotations; undefined without the annotation. */
export function stringOf(annotation: ast.Annotation | undefined): string | undefined {
  if (annotation === undefined) return undefined;
  const { body } = annotation;
  if (body.kind === 'Unstructured') {
    // Adjacent strings are one string, as in `@name("a" "b")`.
    const strings = body.tokens.filter((token) => token.tokenKind === 'string');
    return strings.length === 0 ? undefined : strings.map((token) => token.text).join('');
  }
  if (body.kind === 'ExpressionList') {
    const first = body.expressions[0];
    return first?.kind === 'StringLiteral' ? first.value : undefined;
  }
  return undefined;
}

/** `@name`'s text, or the declared name. May start with a dot. */
export function localName(declared: string, annotations: readonly ast.Annotation[]): string {
  return stringOf(annotationNamed(annotations, 'name')) ?? declared;
}

/** The local name after the path of the instances around it. The result may start with a dot: see `withoutDot`. */
export function pathName(path: string, local: string): string {
  if (local.startsWith('.') || path === '') return local;
  return `${path}.${local}`;
}

/** The name as it goes to the control plane. */
export function withoutDot(name: string): string {
  return name.startsWith('.') ? name.slice(1) : name;
}

/** The control-plane name of something declared in a scope with that path. */
export function controlPlaneName(path: string, declared: string, annotations: readonly ast.Annotation[]): string {
  return withoutDot(pathName(path, localName(declared, annotations)));
}

/** Name of a key after its expression; undefined where the expression has none and `@name` is needed. */
export function keyName(expression: ast.Expression, typed: TypedProgram): string | undefined {
  switch (expression.kind) {
    case 'PathExpression':
      return expression.name.name;
    case 'IntegerLiteral':
      // A literal that is too large for its width stands for what is left of it.
      return printNumber(
        expression.width === undefined ? expression.value : BigInt.asUintN(expression.width, expression.value),
        expression.base,
      );
    case 'MemberExpression': {
      const target = typed.members.get(expression);
      let member = expression.member.name;
      if (target?.kind === 'field') member = localName(member, target.declaration.annotations);
      else if (member === 'isValid') member = '$valid$';
      if (member.startsWith('.')) return member.slice(1);
      const left = keyName(expression.target, typed);
      return left === undefined ? undefined : `${left}.${member}`;
    }
    case 'IndexExpression': {
      const left = keyName(expression.target, typed);
      const right = keyName(expression.index, typed);
      return left === undefined || right === undefined ? undefined : `${left}[${right}]`;
    }
    case 'SliceExpression': {
      const base = keyName(expression.target, typed);
      const high = keyName(expression.high, typed);
      const low = keyName(expression.low, typed);
      return base === undefined || high === undefined || low === undefined ? undefined : `${base}[${high}:${low}]`;
    }
    case 'BinaryExpression': {
      if (expression.operator !== '&') return undefined;
      const left = keyName(expression.left, typed);
      const right = keyName(expression.right, typed);
      return left === undefined || right === undefined ? undefined : `${left} & ${right}`;
    }
    case 'CallExpression': {
      const call = typed.calls.get(expression);
      if (call?.kind !== 'built-in' || call.method !== 'isValid') return undefined;
      return keyName(expression.callee, typed);
    }
    default:
      return undefined;
  }
}

function printNumber(value: bigint, base: number): string {
  const digits = value.toString(base);
  return base === 16 ? `0x${digits}` : base === 8 ? `0o${digits}` : base === 2 ? `0b${digits}` : digits;
}
