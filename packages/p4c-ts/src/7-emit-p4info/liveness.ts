/**
 * What of a program is still there when its unreachable parts are gone: which instances are applied, which tables, and
 * which extern functions are called, and in what order. As in p4c, P4Info describes only that, apart from extern
 * instances, which the control plane may want to read even if nothing uses them.
 *
 * The walk follows applications from the package's blocks. Branches whose condition is known (also through constructor
 * parameters) are taken or left; nothing is followed behind `return` and `exit`.
 */
import type * as ast from '../2-parse/ast.ts';
import { forEachChild } from '../3-types/support/walk.ts';
import type { ResolvedCall } from '../3-types/typed-program.ts';
import { type BlockInstance, childInstance, directInstance } from './environments.ts';

/** The call of an extern function, with the instance in whose environment it stands. */
export interface ExternFunctionCall {
  readonly call: ast.CallExpression;
  readonly resolved: Extract<ResolvedCall, { kind: 'function' }>;
  readonly block: BlockInstance;
}

/** The live parts of one top-level block, the blocks inlined into it included. */
export class Liveness {
  /** Applied instances, in no particular order. */
  readonly blocks = new Set<BlockInstance>();
  private readonly tables = new Map<BlockInstance, Set<ast.TableDeclaration>>();
  /** Direct applications in the order of their calls, by the block that makes them. */
  readonly direct = new Map<BlockInstance, BlockInstance[]>();
  /** Actions called directly, by the block that calls them, in order. */
  readonly calledActions: { readonly block: BlockInstance; readonly declaration: ast.ActionDeclaration }[] = [];
  /** Extern functions called outside actions, in order. */
  readonly externCalls: ExternFunctionCall[] = [];

  /** Functions visited, by the block that calls them: a second visit finds nothing new, and calls of calls multiply. */
  private readonly functions = new Map<BlockInstance, Set<ast.FunctionDeclaration>>();

  /** The block that is being walked. */
  private block: BlockInstance;
  private readonly visitChild = (child: ast.Node): void => this.visit(child);

  constructor(top: BlockInstance) {
    this.block = top;
    this.visitBlock(top);
  }

  isTableLive(block: BlockInstance, table: ast.TableDeclaration): boolean {
    return this.tables.get(block)?.has(table) === true;
  }

  private visitBlock(block: BlockInstance): void {
    if (this.blocks.has(block)) return;
    this.blocks.add(block);
    const around = this.block;
    this.block = block;
    const { declaration } = block;
    if (declaration.kind === 'ControlDeclaration') {
      for (const local of declaration.locals) {
        if (local.kind === 'VariableDeclaration' && local.initializer !== undefined) this.visit(local.initializer);
      }
      this.visitStatements(declaration.body.statements);
    } else {
      for (const local of declaration.locals) this.visit(local);
      for (const state of declaration.states) this.visit(state);
    }
    this.block = around;
  }

  /** Visits statements in order; false if control does not come out at the end. */
  private visitStatements(statements: readonly ast.Statement[]): boolean {
    for (const statement of statements) if (!this.visitStatement(statement)) return false;
    return true;
  }

  private visitStatement(statement: ast.Statement): boolean {
    switch (statement.kind) {
      case 'BlockStatement':
        return this.visitStatements(statement.statements);
      case 'IfStatement': {
        this.visit(statement.condition);
        const condition = this.block.environment.evaluate(statement.condition);
        const known = condition?.kind === 'bool' ? condition.value : undefined;
        const thenGoesOn = known === false || this.visitStatement(statement.thenStatement);
        const elseGoesOn =
          known === true || statement.elseStatement === undefined || this.visitStatement(statement.elseStatement);
        if (known !== undefined) return known ? thenGoesOn : elseGoesOn;
        return thenGoesOn || elseGoesOn;
      }
      case 'ReturnStatement':
        if (statement.value !== undefined) this.visit(statement.value);
        return false;
      case 'ExitStatement':
      case 'BreakStatement':
      case 'ContinueStatement':
        return false;
      default:
        this.visit(statement);
        return true;
    }
  }

  /** Visits everything below a node for calls. */
  private visit(node: ast.Node): void {
    switch (node.kind) {
      case 'BlockStatement':
      case 'IfStatement':
        this.visitStatement(node);
        return;
      case 'Annotation':
        return;
      case 'CallExpression':
        forEachChild(node, this.visitChild);
        this.visitCall(node);
        return;
      case 'ConditionalExpression': {
        this.visit(node.condition);
        const condition = this.block.environment.evaluate(node.condition);
        const known = condition?.kind === 'bool' ? condition.value : undefined;
        if (known !== false) this.visit(node.whenTrue);
        if (known !== true) this.visit(node.whenFalse);
        return;
      }
      case 'BinaryExpression': {
        this.visit(node.left);
        if (node.operator === '&&' || node.operator === '||') {
          const left = this.block.environment.evaluate(node.left);
          if (left?.kind === 'bool' && left.value === (node.operator === '||')) return;
        }
        this.visit(node.right);
        return;
      }
      default:
        forEachChild(node, this.visitChild);
    }
  }

  private visitCall(call: ast.CallExpression): void {
    const { block } = this;
    const resolved = block.environment.typed.calls.get(call);
    switch (resolved?.kind) {
      case 'table-apply': {
        let live = this.tables.get(block);
        if (live === undefined) this.tables.set(block, (live = new Set()));
        if (live.has(resolved.table)) return;
        live.add(resolved.table);
        for (const property of resolved.table.properties) {
          if (property.kind === 'KeyProperty') for (const key of property.elements) this.visit(key.expression);
        }
        return;
      }
      case 'apply': {
        const child = this.receiver(call, resolved);
        if (child !== undefined) this.visitBlock(child);
        return;
      }
      case 'function':
        if (resolved.declaration.isExtern) {
          if (isRunTime(resolved)) this.externCalls.push({ call, resolved, block });
        } else if (resolved.declaration.body !== undefined && this.isNew(resolved.declaration)) {
          this.visitStatements(resolved.declaration.body.statements);
        }
        return;
      case 'action':
        this.calledActions.push({ block, declaration: resolved.declaration });
        return;
      default:
    }
  }

  private isNew(declaration: ast.FunctionDeclaration): boolean {
    let visited = this.functions.get(this.block);
    if (visited === undefined) this.functions.set(this.block, (visited = new Set()));
    if (visited.has(declaration)) return false;
    visited.add(declaration);
    return true;
  }

  private receiver(
    call: ast.CallExpression,
    resolved: Extract<ResolvedCall, { kind: 'apply' }>,
  ): BlockInstance | undefined {
    const { block } = this;
    const { typed } = block.environment;
    if (resolved.direct) {
      const child = directInstance(block, call, resolved.type);
      const list = this.direct.get(block) ?? [];
      if (child !== undefined && !list.includes(child)) list.push(child);
      this.direct.set(block, list);
      return child;
    }
    if (resolved.receiver.kind !== 'PathExpression') return undefined;
    const named = typed.paths.get(resolved.receiver);
    if (named === undefined) return undefined;
    return named.kind === 'Instantiation' ? childInstance(block, named) : block.environment.blockOf(named);
  }
}

/** False for `static_assert`, of which nothing is left after compilation. */
function isRunTime(resolved: Extract<ResolvedCall, { kind: 'function' }>): boolean {
  return resolved.declaration.name.name !== 'static_assert';
}

/** The calls of extern functions in the body of an action, those of called actions and functions included. */
export function externCallsOfAction(block: BlockInstance, action: ast.ActionDeclaration): ExternFunctionCall[] {
  const calls: ExternFunctionCall[] = [];
  const visited = new Set<ast.Node>();
  const visitBody = (body: ast.Node | undefined): void => {
    if (body === undefined || visited.has(body)) return;
    visited.add(body);
    visit(body);
  };
  const visit = (node: ast.Node): void => {
    if (node.kind === 'Annotation') return;
    forEachChild(node, visit);
    if (node.kind !== 'CallExpression') return;
    const resolved = block.environment.typed.calls.get(node);
    if (resolved?.kind === 'action') visitBody(resolved.declaration.body);
    else if (resolved?.kind === 'function') {
      if (!resolved.declaration.isExtern) visitBody(resolved.declaration.body);
      else if (isRunTime(resolved)) calls.push({ call: node, resolved, block });
    }
  };
  visitBody(action.body);
  return calls;
}
