/**
 * Compiles a pipeline to one function: its tables and conditionals as structured control flow.
 */

import { successors } from '../model/load-pipelines.ts';
import type { Pipeline, PipelineNode, Primitive, Table } from '../model/types.ts';
import { actionName, type CompileContext } from './actions.ts';
import { Code } from './code.ts';
import { ExpressionCompiler } from './expressions.ts';
import { emitFlow } from './flow.ts';
import { SLOT } from './layout.ts';

/** The function `name()` that runs a pipeline. */
export function compilePipeline(context: CompileContext, pipeline: Pipeline, name: string): Code {
  const { program } = context;
  const code = new Code(context.names);
  const exits = new Set(program.actions.flatMap((action, i) => (hasExit(action.primitives) ? [i] : [])));
  code.block(`function ${name}()`, () => {
    emitFlow(code, {
      size: pipeline.nodes.length,
      start: pipeline.start,
      successors: (node) => successors(pipeline.nodes[node]!, program.tables),
      emit: (node, go) => {
        const lock = context.regions.conditionals.get(pipeline)?.[node] ?? -1;
        if (context.regions.releases.get(pipeline)?.has(node)) code.line('if (held >= 0) unlock();');
        if (lock >= 0) code.line(`if (held < 0) lock(${lock});`);
        emitNode(context, code, pipeline.nodes[node]!, go, exits);
      },
      emitEnd: () => code.line('return;'),
    });
  });
  return code;
}

function hasExit(primitives: readonly Primitive[]): boolean {
  return primitives.some((primitive) => primitive.operation === 'exit');
}

function emitNode(
  context: CompileContext,
  code: Code,
  node: PipelineNode,
  go: (target: number) => void,
  exits: ReadonlySet<number>,
): void {
  switch (node.kind) {
    case 'conditional': {
      const test = new ExpressionCompiler(context.program, context.layout, code).condition(node.expression);
      if (context.trace) code.line(`trace.condition(${JSON.stringify(node.name)}, ${test});`);
      if (node.trueNext === node.falseNext) {
        go(node.trueNext);
        return;
      }
      code.block(`if (${test})`, () => go(node.trueNext));
      go(node.falseNext);
      return;
    }
    case 'actionCall':
      code.line(`${actionName(node.action)}();`);
      emitExitTest(code, [node.action], exits);
      go(node.next);
      return;
    case 'table':
      emitTable(context, code, node.table, go, exits);
  }
}

function emitExitTest(code: Code, actions: readonly number[], exits: ReadonlySet<number>): void {
  if (actions.some((action) => exits.has(action))) code.line(`if (F[${SLOT.exit}] !== 0) return;`);
}

function emitTable(
  context: CompileContext,
  code: Code,
  position: number,
  go: (target: number) => void,
  exits: ReadonlySet<number>,
): void {
  const table = context.program.tables[position]!;
  const call = isPlainCall(context, table) ? `${actionName(table.defaultEntry!.action)}()` : `table${position}()`;
  const targets = new Set(table.next.kind === 'hitMiss' ? [table.next.hit, table.next.miss] : table.next.nodes);
  const alwaysDefault = table.next.kind === 'hitMiss' || (table.defaultEntry !== undefined && table.actionProfile < 0);
  if (!alwaysDefault) targets.add(table.baseDefaultNext);
  if (targets.size === 1) {
    code.line(`${call};`);
    emitExitTest(code, table.actions, exits);
    go([...targets][0]!);
    return;
  }
  const result = code.bind(`table${position}()`, 'x');
  emitExitTest(code, table.actions, exits);
  if (table.next.kind === 'hitMiss') {
    const { hit, miss } = table.next;
    code.block(`if (${result})`, () => go(hit));
    go(miss);
    return;
  }
  const { nodes } = table.next;
  // All but one of the possible followers behind tests; a miss without default action goes its own way.
  const followers = [...new Set(nodes)];
  for (const follower of followers) {
    const positions = nodes.flatMap((node, i) => (node === follower ? [i] : []));
    code.block(`if (${positions.map((i) => `${result} === ${i}`).join(' || ')})`, () => go(follower));
  }
  go(table.baseDefaultNext);
}

/** A table without key whose action cannot change is a call of that action. */
function isPlainCall(context: CompileContext, table: Table): boolean {
  return (
    !context.trace &&
    table.keys.length === 0 &&
    table.actionProfile < 0 &&
    !table.withCounters &&
    !table.supportTimeout &&
    table.defaultEntry?.constEntry === true &&
    table.defaultEntry.data.length === 0
  );
}
