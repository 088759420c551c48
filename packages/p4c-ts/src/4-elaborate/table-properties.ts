/**
 * Table properties of v1model: direct counters and meters, action profiles and selectors. To the language they are
 * expressions like any other; here each is evaluated to the instance it names, which then belongs to the table. A
 * direct counter or meter of two tables is refused, as its values could not be told apart.
 */
import type * as ast from '../2-parse/ast.ts';
import * as build from '../5-lower/expressions.ts';
import type * as ir from '../5-lower/ir.ts';
import type { Body } from './body.ts';
import { construct, evaluateConstant } from './construct.ts';
import { CannotElaborate, type Context } from './context.ts';
import type { Frame } from './instances.ts';
import { annotationNamed, stringOf, withoutDot } from './names.ts';

export function propertyNamed(declaration: ast.TableDeclaration, name: string): ast.CustomProperty | undefined {
  for (const property of declaration.properties) {
    if (property.kind === 'CustomProperty' && property.name.name === name) return property;
  }
  return undefined;
}

/**
 * The instance that a property names or makes; one made in place goes by its annotation, or else by its table and the
 * property.
 */
function instanceOf(context: Context, frame: Frame, property: ast.CustomProperty, tableName: string) {
  if (property.value.kind === 'ConstructorCallExpression') {
    const written = stringOf(annotationNamed(property.annotations, 'name'));
    const name = written === undefined ? `${tableName}.${property.name.name}` : withoutDot(written);
    return construct(context, frame, property.value, undefined, name);
  }
  const value = evaluateConstant(context, frame, property.value);
  return value.kind === 'instance' ? value.instance : undefined;
}

export function attachCounter(
  context: Context,
  frame: Frame,
  declaration: ast.TableDeclaration,
  table: ir.Table,
): void {
  const property = propertyNamed(declaration, 'counters');
  if (property === undefined) return;
  const instance = instanceOf(context, frame, property, table.name);
  if (instance?.kind !== 'counter') {
    throw new CannotElaborate('unexpected', property.value.span, "the property counters must be a 'direct_counter'");
  }
  const { counter } = instance;
  if (counter.table !== undefined && counter.table !== table) {
    throw new CannotElaborate(
      'invalid',
      property.span,
      `direct counters cannot be attached to multiple tables: ${counter.name} is that of ${counter.table.name} already`,
      'declare a direct_counter for each table',
    );
  }
  counter.table = table;
  table.counter = counter;
}

export function attachMeter(context: Context, frame: Frame, declaration: ast.TableDeclaration, table: ir.Table): void {
  const property = propertyNamed(declaration, 'meters');
  if (property === undefined) return;
  const instance = instanceOf(context, frame, property, table.name);
  if (instance?.kind !== 'meter' || !instance.meter.isDirect) {
    throw new CannotElaborate('invalid', property.value.span, "the property meters must be a 'direct_meter'");
  }
  const { meter } = instance;
  if (meter.table !== undefined && meter.table !== table) {
    throw new CannotElaborate(
      'invalid',
      property.span,
      `the direct meter ${meter.name} belongs to table ${meter.table.name} already`,
    );
  }
  meter.table = table;
  table.meter = meter;
}

export function profileOf(
  body: Body,
  frame: Frame,
  declaration: ast.TableDeclaration,
  tableName: string,
): ir.ActionProfile | undefined {
  const property = propertyNamed(declaration, 'implementation');
  if (property === undefined) return undefined;
  const instance = instanceOf(body.context, frame, property, tableName);
  if (instance?.kind !== 'action-profile') {
    throw new CannotElaborate(
      'invalid',
      property.value.span,
      'implementation must be an action_profile or action_selector',
    );
  }
  return instance.profile;
}

/** The selector's input comes from the table's keys of kind `selector`; tables that share it must agree. */
export function shareSelector(body: Body, table: ir.Table, profile: ir.ActionProfile): void {
  const { selector } = profile;
  if (selector === undefined) return;
  const input = table.keys.filter((key) => key.matchKind === 'selector').map((key) => key.expression);
  if (selector.input === undefined) {
    selector.input = input;
    return;
  }
  const same =
    input.length === selector.input.length &&
    input.every((item, index) => build.sameExpression(item, selector.input![index]!));
  if (!same) {
    throw new CannotElaborate(
      'invalid',
      table.span,
      `action selector ${profile.name} is used by tables with different selector keys`,
      'give all tables that share a selector the same selector keys in the same order',
    );
  }
  void body;
}
