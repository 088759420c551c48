/**
 * Tables in P4Info: match fields, action references with their scope, default action, and the resources attached to
 * the table.
 */
import type * as ast from '../2-parse/ast.ts';
import type { MatchedArgument } from '../3-types/typed-program.ts';
import * as T from '../3-types/types.ts';
import { keyName, localName, withoutDot } from '../4-elaborate/names.ts';
import { controlPlaneParameters, parameterType } from './actions.ts';
import {
  annotationFields,
  annotationNamed,
  documentation,
  fieldIds,
  integerArgument,
  stringArgument,
} from './annotations.ts';
import { toBytes } from './byte-strings.ts';
import type { P4InfoContext } from './context.ts';
import type { BlockInstance } from './environments.ts';
import { type ActionRef, IDLE_TIMEOUT, MATCH_TYPE, type MatchField, SCOPE, type Table } from './model.ts';
import { actionName, actionOf, type TableObject } from './objects.ts';

/** v1model's size of a table that names none. */
const DEFAULT_SIZE = 1024n;

/** A property of the table by name, except `key`, `actions` and `entries`. */
export function customProperty(table: ast.TableDeclaration, name: string): ast.CustomProperty | undefined {
  return table.properties.find(
    (property): property is ast.CustomProperty => property.kind === 'CustomProperty' && property.name.name === name,
  );
}

/** Describes a table without its resources. */
export function describeTable(context: P4InfoContext, object: TableObject): Table {
  const { declaration, block, name } = object;
  const info = context.typed.tables.get(declaration);
  context.types.touch();
  const table: Table = {
    preamble: context.preamble('table', name, declaration.annotations),
    matchFields: matchFields(context, object),
    actionRefs: actionReferences(context, object),
    size: tableSize(context, object),
  };
  const written = info?.defaultAction;
  const defaultAction = written === undefined ? undefined : actionOf(context.typed, block, written);
  if (written !== undefined && defaultAction !== undefined) {
    const id = context.symbols.id('action', defaultAction.name);
    if (written.isConst) table.constDefaultActionId = id;
    const args = context.typed.actionReferences.get(written)?.arguments ?? [];
    table.initialDefaultAction = {
      actionId: id,
      arguments: argumentValues(context, block, defaultAction.declaration, args),
    };
  } else if (info?.noAction !== undefined) {
    const id = context.symbols.id('action', actionName(block, info.noAction));
    table.initialDefaultAction = { actionId: id };
  }
  if (info?.entries?.isConst === true) table.isConstTable = true;
  if ((info?.entries?.entries.length ?? 0) > 0) table.hasInitialEntries = true;
  const timeout = customProperty(declaration, context.names.idleTimeout);
  const behaviour = timeout === undefined ? undefined : block.environment.evaluate(timeout.value);
  // v1model says `true`, PSA `NOTIFY_CONTROL`.
  const isOn =
    behaviour?.kind === 'enum' ? behaviour.member === 'NOTIFY_CONTROL' : behaviour?.kind === 'bool' && behaviour.value;
  if (isOn) table.idleTimeoutBehavior = IDLE_TIMEOUT.notify;
  return table;
}

function tableSize(context: P4InfoContext, { declaration, block, name }: TableObject): bigint {
  const property = customProperty(declaration, 'size');
  if (property === undefined) return DEFAULT_SIZE;
  const size = block.environment.integer(property.value);
  if (size === undefined) {
    context.reporter.error('expected', property.span, `the size of table '${name}' is not a constant`);
    return DEFAULT_SIZE;
  }
  return size === 0n ? DEFAULT_SIZE : size;
}

/** The name of a key for the control plane: `@name`, or its expression. Reports a key that has neither. */
export function keyNameOf(context: P4InfoContext, element: ast.KeyElement): string {
  const written = stringArgument(element.annotations, 'name');
  const name = written ?? keyName(element.expression, context.typed);
  if (name !== undefined) return withoutDot(name);
  context.reporter.error('invalid', element.expression.span, 'this key is no simple name, so it needs @name("...")');
  return '';
}

/** The type of a key as the table sees it. */
export function keyType(context: P4InfoContext, block: BlockInstance, element: ast.KeyElement): T.Type {
  return block.environment.concrete(context.typed.types.get(element.expression) ?? T.erroneousType);
}

function matchFields(context: P4InfoContext, { declaration, block }: TableObject): MatchField[] {
  const { types } = context;
  const info = context.typed.tables.get(declaration);
  const elements = info?.key?.elements ?? [];
  const ids = fieldIds(elements, context.reporter);
  return elements.flatMap((element, index): MatchField[] => {
    const matchKind = info?.matchKinds[index] ?? element.matchKind.name.name;
    if (matchKind === 'selector') return [];
    const type = keyType(context, block, element);
    types.convert(type);
    const doc = documentation(element.annotations);
    const typeName = types.newtypeName(type);
    return [
      {
        id: ids[index]!,
        name: keyNameOf(context, element),
        ...annotationFields(element.annotations, context.evaluate),
        ...(doc === undefined ? {} : { doc }),
        bitwidth: types.bitwidth(type) ?? 0,
        match: matchOf(matchKind),
        ...(typeName === undefined ? {} : { typeName: { name: typeName } }),
      },
    ];
  });
}

/** A match kind in P4Info; kinds of other architectures keep their name. */
export function matchOf(kind: string): NonNullable<MatchField['match']> {
  const known = kind in MATCH_TYPE ? MATCH_TYPE[kind as keyof typeof MATCH_TYPE] : undefined;
  return known === undefined ? { case: 'otherMatchType', value: kind } : { case: 'matchType', value: known };
}

function actionReferences(context: P4InfoContext, { declaration, block, name }: TableObject): ActionRef[] {
  const info = context.typed.tables.get(declaration);
  const references = (info?.actions ?? []).flatMap((reference): ActionRef[] => {
    const action = actionOf(context.typed, block, reference);
    if (action === undefined) return [];
    const { annotations } = reference;
    const tableOnly = annotationNamed(annotations, 'tableonly') !== undefined;
    const defaultOnly = annotationNamed(annotations, 'defaultonly') !== undefined;
    if (tableOnly && defaultOnly) {
      context.reporter.error(
        'invalid',
        reference.span,
        `action '${action.name}' of table '${name}' cannot be both @tableonly and @defaultonly`,
      );
    }
    return [
      {
        id: context.symbols.id('action', action.name),
        ...annotationFields(annotations, context.evaluate),
        scope: tableOnly ? SCOPE.tableOnly : defaultOnly ? SCOPE.defaultOnly : SCOPE.tableAndDefault,
      },
    ];
  });
  const isListed = info?.actions.some(
    (reference) => context.typed.actionReferences.get(reference)?.declaration === info.noAction,
  );
  if (info?.noAction !== undefined && isListed !== true) {
    references.push({
      id: context.symbols.id('action', actionName(block, info.noAction)),
      annotations: ['@defaultonly'],
      scope: SCOPE.defaultOnly,
    });
  }
  return references;
}

/** Parameter ids and bytes of an action's arguments, in parameter order. */
export function argumentValues(
  context: P4InfoContext,
  block: BlockInstance,
  action: ast.ActionDeclaration,
  matched: readonly MatchedArgument[],
): { paramId: number; value: Uint8Array }[] {
  return controlPlaneParameters(action).flatMap((parameter, index) => {
    const argument = matched.find((item) => item.parameter.declaration === parameter);
    const expression = argument?.argument?.value ?? parameter.defaultValue;
    if (expression === undefined) return [];
    const value = block.environment.integer(expression);
    if (value === undefined) {
      const what = localName(parameter.name.name, parameter.annotations);
      context.reporter.error(
        'unsupported',
        expression.span,
        `the value of parameter '${what}' is not a constant that P4Runtime knows`,
      );
      return [];
    }
    const type = parameterType(context, block.environment, parameter);
    const width = context.types.bitwidth(T.withoutNewtypes(type)) ?? 0;
    const paramId = integerArgument(parameter.annotations, 'id') ?? index + 1;
    return [{ paramId, value: toBytes(value, width) }];
  });
}
