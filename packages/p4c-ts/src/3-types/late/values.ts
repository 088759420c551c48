// Small checks of values that the language wants constant: sizes of value sets and tables, @match annotations, and the
// version that a program asks of v1model.

import type * as ast from '../../2-parse/ast.ts';
import type { Checker } from '../check/checker.ts';
import { expressionText } from '../support/expression-text.ts';

/** `@match(kind)` on the fields of a value set's structure names a match kind. */
export function checkMatchAnnotations(c: Checker): void {
  const kinds = new Set(c.names.matchKinds.map((member) => member.name.name));
  for (const node of c.all.ofKind('StructField')) {
    for (const annotation of node.annotations) {
      if (annotation.name.name !== 'match' || annotation.body.kind !== 'Unstructured') continue;
      const { tokens } = annotation.body;
      if (tokens.length === 1 && kinds.has(tokens[0]!.text)) continue;
      c.reporter.error('type-error', annotation.span, "'@match' needs the name of a match kind", {
        suggestion: `one of ${[...kinds].join(', ')}`,
      });
    }
  }
}

/** The size of a value set is a constant. */
export function checkValueSets(c: Checker): void {
  for (const node of c.all.ofKind('ValueSetDeclaration')) {
    if (c.integerValue(node.size) !== undefined) continue;
    c.reporter.error(
      'expected',
      node.size.span,
      `the size '${expressionText(node.size)}' of a value_set must be a constant`,
    );
  }
}

/** `size` of a table is a constant number. */
export function checkProperties(c: Checker): void {
  for (const table of c.tables.tables.keys()) {
    for (const property of table.properties) {
      if (property.kind !== 'CustomProperty' || property.name.name !== 'size') continue;
      const type = c.tables.types.get(property.value);
      if ((type?.kind === 'integer' || type?.kind === 'bits') && c.isCompileTime(property.value)) continue;
      c.reporter.error('invalid', property.name.span, "'size' must be a constant number");
    }
  }
}

/** A select on a constant needs constant cases before the one that matches. */
export function checkConstantSelects(c: Checker): void {
  for (const node of c.all.ofKind('SelectExpression')) {
    if (node.keys.length !== 1) continue;
    if (c.integerValue(node.keys[0]!) === undefined) continue;
    for (const { keyset } of node.cases) {
      const value =
        keyset.kind === 'MaskExpression' ? keyset.value : keyset.kind === 'RangeExpression' ? keyset.low : undefined;
      if (value === undefined || c.isCompileTime(value)) continue;
      c.reporter.error(
        'invalid',
        value.span,
        `'${expressionText(value)}' must be a constant, as the selected value is one`,
      );
      break;
    }
  }
}

const FIRST_VERSION = 20180101n;
const LATEST_VERSION = 20200408n;

/** The constant __v1model_version, which v1model.p4 declares, must be a known version. */
export function checkV1ModelVersion(c: Checker): void {
  for (const declaration of c.program.declarations) {
    if (declaration.kind !== 'ConstantDeclaration' || declaration.name.name !== '__v1model_version') continue;
    const version = versionOf(c, declaration);
    if (version === undefined || version < 0n) {
      c.reporter.error('expected', declaration.value.span, 'the v1model version must be a number that is not negative');
    } else if (version < FIRST_VERSION || version > LATEST_VERSION) {
      c.reporter.error('unknown', declaration.value.span, `v1model has no version ${version}`, {
        suggestion: `versions go from ${FIRST_VERSION} to ${LATEST_VERSION}`,
      });
    }
  }
}

function versionOf(c: Checker, declaration: ast.ConstantDeclaration): bigint | undefined {
  const value = c.early.values.get(declaration.value);
  return value?.kind === 'integer' ? value.value : undefined;
}
