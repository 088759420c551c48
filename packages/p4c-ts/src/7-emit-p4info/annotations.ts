/**
 * Annotations in P4Info: unstructured ones as text, as they stand in the program; structured ones as values; `@brief`
 * and `@description` as documentation; `@name` and `@id` not at all, because they have places of their own.
 */
import type * as ast from '../2-parse/ast.ts';
import { parseInteger } from '../2-parse/lexer.ts';
import { expressionText } from '../2-parse/print-expressions.ts';
import type { ConstantValue } from '../3-types/typed-program.ts';
import type { Reporter } from '../diagnostics/diagnostic.ts';
import type { Documentation, StructuredAnnotation } from './model.ts';

/** What annotations become; fields without content are absent. */
export interface AnnotationFields {
  annotations?: string[];
  structuredAnnotations?: StructuredAnnotation[];
}

/** Evaluates an expression of a structured annotation. */
export type Evaluate = (expression: ast.Expression) => ConstantValue | undefined;

/** Represented elsewhere in P4Info. */
const NEVER_SHOWN = new Set(['name', 'id', 'brief', 'description']);

/** Annotations whose tokens p4c reads as a list of expressions, and so prints with `, ` between. */
const EXPRESSION_ANNOTATIONS = new Set([
  'deprecated',
  'noWarn',
  'length',
  'match',
  'synchronous',
  'field_list',
  'controller_header',
]);

/** The annotations of an object, without those that `isHidden` names. */
export function annotationFields(
  annotations: readonly ast.Annotation[],
  evaluate: Evaluate,
  isHidden: (name: string) => boolean = () => false,
): AnnotationFields {
  const fields: AnnotationFields = {};
  for (const annotation of annotations) {
    const name = annotation.name.name;
    if (annotation.body.kind !== 'Unstructured') {
      (fields.structuredAnnotations ??= []).push(structured(annotation, evaluate));
    } else if (!NEVER_SHOWN.has(name) && !isHidden(name)) {
      (fields.annotations ??= []).push(unstructuredText(annotation));
    }
  }
  return fields;
}

/** `@brief` and `@description`; undefined if there is neither. */
export function documentation(annotations: readonly ast.Annotation[]): Documentation | undefined {
  const brief = stringArgument(annotations, 'brief');
  const description = stringArgument(annotations, 'description');
  if (brief === undefined && description === undefined) return undefined;
  return { ...(brief === undefined ? {} : { brief }), ...(description === undefined ? {} : { description }) };
}

/** The annotation of that name. */
export function annotationNamed(annotations: readonly ast.Annotation[], name: string): ast.Annotation | undefined {
  return annotations.find((annotation) => annotation.name.name === name);
}

/** The first string among the tokens of an unstructured annotation. */
export function stringArgument(annotations: readonly ast.Annotation[], name: string): string | undefined {
  const body = annotationNamed(annotations, name)?.body;
  if (body?.kind !== 'Unstructured') return undefined;
  const strings = body.tokens.filter((token) => token.tokenKind === 'string');
  return strings.length === 0 ? undefined : strings.map((token) => token.text).join('');
}

/** The first number among the tokens of an unstructured annotation. */
export function integerArgument(annotations: readonly ast.Annotation[], name: string): number | undefined {
  const body = annotationNamed(annotations, name)?.body;
  if (body?.kind !== 'Unstructured') return undefined;
  const token = body.tokens.find((item) => item.tokenKind === 'integer');
  return token === undefined ? undefined : Number(parseInteger(token.text).value);
}

/**
 * Numbers a list of fields from 1, in the manner of p4c: those with `@id` keep it, the others get the lowest number
 * that is free, but never one below their position.
 */
export function fieldIds(
  items: readonly { readonly annotations: readonly ast.Annotation[] }[],
  reporter: Reporter,
): number[] {
  const given = items.map((item) => integerArgument(item.annotations, 'id'));
  const used = new Set<number>();
  given.forEach((id, index) => {
    if (id === undefined) return;
    const span = annotationNamed(items[index]!.annotations, 'id')?.span;
    if (id === 0) reporter.error('invalid', span, '0 is not a valid @id');
    else if (used.has(id)) reporter.error('duplicate', span, `@id ${id} is used several times`);
    used.add(id);
  });
  let next = 1;
  return given.map((id) => {
    if (id !== undefined) {
      next += 1;
      return id;
    }
    while (used.has(next)) next += 1;
    used.add(next);
    return next;
  });
}

function unstructuredText(annotation: ast.Annotation): string {
  const { body } = annotation;
  const name = annotation.name.name;
  if (body.kind !== 'Unstructured' || body.tokens.length === 0) return `@${name}`;
  const parts = body.tokens.map((token) => token.raw);
  if (!EXPRESSION_ANNOTATIONS.has(name)) return `@${name}(${parts.join(' ')})`;
  return `@${name}(${parts.join(' ').replace(/ ,/g, ',')})`;
}

function structured(annotation: ast.Annotation, evaluate: Evaluate): StructuredAnnotation {
  const { body } = annotation;
  const name = annotation.name.name;
  if (body.kind === 'KeyValueList') {
    const kvPairs = body.pairs.map((pair) => ({ key: pair.name.name, value: value(pair.value, evaluate) }));
    return kvPairs.length === 0 ? { name } : { name, body: { case: 'kvPairList', value: { kvPairs } } };
  }
  if (body.kind === 'ExpressionList' && body.expressions.length > 0) {
    const expressions = body.expressions.map((expression) => value(expression, evaluate));
    return { name, body: { case: 'expressionList', value: { expressions } } };
  }
  return { name };
}

function value(expression: ast.Expression, evaluate: Evaluate) {
  const constant = evaluate(expression);
  switch (constant?.kind) {
    case 'integer':
      return { value: { case: 'int64Value', value: constant.value } } as const;
    case 'bool':
      return { value: { case: 'boolValue', value: constant.value } } as const;
    case 'string':
      return { value: { case: 'stringValue', value: constant.value } } as const;
    default:
      return { value: { case: 'stringValue', value: expressionText(expression) } } as const;
  }
}
