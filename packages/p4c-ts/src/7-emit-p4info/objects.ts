/**
 * The objects of a program that the control plane sees, in the order in which P4Info lists them. That order is that of
 * p4c after inlining: for each block of the package, the top-level actions it uses come first (in the order of use, by
 * tables before direct calls), then its own declarations in source order, each nested instance's in the place of the
 * instance, those of direct applications last.
 */
import type * as ast from '../2-parse/ast.ts';
import type { ResolvedConstruction, TypedProgram } from '../3-types/typed-program.ts';
import { controlPlaneName } from '../4-elaborate/names.ts';
import { type BlockInstance, childInstance, Environment, nameIn, topLevelInstances } from './environments.ts';
import { type ExternFunctionCall, externCallsOfAction, Liveness } from './liveness.ts';

export interface ActionObject {
  readonly kind: 'action';
  readonly name: string;
  readonly declaration: ast.ActionDeclaration;
  readonly environment: Environment;
  /** No table runs it: the program calls it directly and gives all its parameters. */
  readonly isOnlyCalled: boolean;
  readonly externCalls: readonly ExternFunctionCall[];
}
export interface TableObject {
  readonly kind: 'table';
  readonly name: string;
  readonly declaration: ast.TableDeclaration;
  readonly block: BlockInstance;
}
export interface ExternObject {
  readonly kind: 'extern';
  readonly name: string;
  readonly declaration: ast.Instantiation;
  readonly construction: ResolvedConstruction;
  readonly environment: Environment;
}
export interface ValueSetObject {
  readonly kind: 'value-set';
  readonly name: string;
  readonly declaration: ast.ValueSetDeclaration;
  readonly environment: Environment;
}
/** Extern functions that a control's body calls. */
export interface CallsObject {
  readonly kind: 'calls';
  readonly externCalls: readonly ExternFunctionCall[];
}
export type ControlPlaneObject = ActionObject | TableObject | ExternObject | ValueSetObject | CallsObject;

/** All objects of a program. */
export function controlPlaneObjects(typed: TypedProgram): ControlPlaneObject[] {
  const objects: ControlPlaneObject[] = [];
  const top = new Environment(typed);
  for (const declaration of typed.program.declarations) {
    if (declaration.kind !== 'Instantiation') continue;
    const construction = typed.constructions.get(declaration);
    if (construction?.target.kind !== 'extern') continue;
    const name = controlPlaneName('', declaration.name.name, declaration.annotations);
    objects.push({ kind: 'extern', name, declaration, construction, environment: top });
  }
  for (const block of topLevelInstances(typed)) objects.push(...objectsOfBlock(typed, block));
  return objects;
}

/** The action behind a reference in a table, with its name for the control plane. */
export function actionOf(
  typed: TypedProgram,
  block: BlockInstance,
  node: ast.ActionReference | ast.CustomProperty,
): { name: string; declaration: ast.ActionDeclaration } | undefined {
  const declaration = typed.actionReferences.get(node)?.declaration;
  return declaration === undefined ? undefined : { name: actionName(block, declaration), declaration };
}

/** The name of an action that a table of this block refers to. */
export function actionName(block: BlockInstance, declaration: ast.ActionDeclaration): string {
  return isLocal(block, declaration)
    ? nameIn(block, declaration)
    : controlPlaneName('', declaration.name.name, declaration.annotations);
}

function isLocal(block: BlockInstance, declaration: ast.ActionDeclaration): boolean {
  return block.declaration.kind === 'ControlDeclaration' && block.declaration.locals.includes(declaration);
}

function objectsOfBlock(typed: TypedProgram, top: BlockInstance): ControlPlaneObject[] {
  const liveness = new Liveness(top);
  const locals: ControlPlaneObject[] = [];
  collectLocals(typed, liveness, top, locals);
  const used = new Map<string, ActionObject>();
  const global: ActionObject[] = [];
  const use = (block: BlockInstance, name: string, declaration: ast.ActionDeclaration, isOnlyCalled: boolean): void => {
    if (used.has(name)) return;
    const { environment } = block;
    const externCalls = externCallsOfAction(block, declaration);
    const action: ActionObject = { kind: 'action', name, declaration, environment, isOnlyCalled, externCalls };
    used.set(name, action);
    if (!isLocal(block, declaration)) global.push(action);
  };
  for (const table of locals) {
    if (table.kind !== 'table') continue;
    for (const { name, declaration } of actionsOfTable(typed, table)) use(table.block, name, declaration, false);
  }
  for (const { block, declaration } of liveness.calledActions)
    use(block, actionName(block, declaration), declaration, true);
  const inOrder = locals.flatMap((object): ControlPlaneObject[] => {
    if (object.kind !== 'action') return [object];
    const action = used.get(object.name);
    return action === undefined ? [] : [action];
  });
  if (top.declaration.kind === 'ParserDeclaration') return inOrder;
  return [...global, ...inOrder, { kind: 'calls', externCalls: liveness.externCalls }];
}

/** Declarations of the block and of what is inlined into it; actions whether they are used or not. */
function collectLocals(
  typed: TypedProgram,
  liveness: Liveness,
  block: BlockInstance,
  objects: ControlPlaneObject[],
): void {
  for (const local of block.declaration.locals) {
    switch (local.kind) {
      case 'ActionDeclaration':
        objects.push({
          kind: 'action',
          name: nameIn(block, local),
          declaration: local,
          environment: block.environment,
          isOnlyCalled: true,
          externCalls: [],
        });
        break;
      case 'TableDeclaration':
        if (liveness.isTableLive(block, local)) {
          objects.push({ kind: 'table', name: nameIn(block, local), declaration: local, block });
        }
        break;
      case 'ValueSetDeclaration':
        objects.push({
          kind: 'value-set',
          name: nameIn(block, local),
          declaration: local,
          environment: block.environment,
        });
        break;
      case 'Instantiation': {
        const construction = typed.constructions.get(local);
        if (construction?.target.kind === 'extern') {
          const name = nameIn(block, local);
          objects.push({ kind: 'extern', name, declaration: local, construction, environment: block.environment });
          break;
        }
        const child = childInstance(block, local);
        if (child !== undefined && liveness.blocks.has(child)) collectLocals(typed, liveness, child, objects);
        break;
      }
      default:
    }
  }
  for (const child of liveness.direct.get(block) ?? []) collectLocals(typed, liveness, child, objects);
}

/** Actions that a table refers to, in the order of its properties; the implied NoAction last. */
function actionsOfTable(
  typed: TypedProgram,
  table: TableObject,
): { name: string; declaration: ast.ActionDeclaration }[] {
  const found: { name: string; declaration: ast.ActionDeclaration }[] = [];
  const add = (node: ast.ActionReference | ast.CustomProperty): void => {
    const action = actionOf(typed, table.block, node);
    if (action !== undefined) found.push(action);
  };
  for (const property of table.declaration.properties) {
    if (property.kind === 'ActionsProperty') for (const reference of property.actions) add(reference);
    else if (property.kind === 'CustomProperty' && property.name.name === 'default_action') add(property);
  }
  const noAction = typed.tables.get(table.declaration)?.noAction;
  if (noAction !== undefined && !found.some((item) => item.declaration === noAction))
    found.push({ name: actionName(table.block, noAction), declaration: noAction });
  return found;
}
