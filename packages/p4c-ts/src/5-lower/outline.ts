/**
 * Moves the statements of a pipeline into hidden tables.
 *
 * BMv2's pipelines know only tables and conditionals. So each block's instructions become the one action of a keyless
 * table (`tbl_prog12`, as p4c names them: file and line), which is applied where they stood. A loop cannot be said
 * with tables that are executed once in a forward graph; it moves as a whole into one action, whose `_jump`s may go
 * backwards. What follows the loop is chosen by a variable when there are several ways out.
 */
import type { Span } from '../diagnostics/span.ts';
import { binary, constant, read } from './expressions.ts';
import {
  type Action,
  type Block,
  bitsType,
  forEachSuccessor,
  type Instruction,
  mapSuccessors,
  type Pipeline,
  reachableBlocks,
  successorsOf,
  type Table,
} from './ir.ts';
import type { MakeTemporary } from './prepare-arguments.ts';

/** What this pass needs from around it. */
export interface OutlineServices {
  readonly makeTemporary: MakeTemporary;
  readonly newBlock: (name: string) => Block;
  /** A unique name for a hidden action after the source position. */
  readonly nameFor: (span: Span | undefined) => string;
}

/** Rewrites the pipeline in place; afterwards its blocks have no instructions. */
export function outlineStatements(pipeline: Pipeline, services: OutlineServices): void {
  outlineLoops(pipeline, services);
  for (const block of reachableBlocks(pipeline.graph)) {
    if (block.instructions.length === 0) continue;
    const body = services.newBlock(block.name);
    body.instructions = block.instructions;
    body.terminator = { kind: 'return', span: block.terminator.span };
    const rest = services.newBlock(block.name);
    rest.terminator = block.terminator;
    const span = firstSpan(body.instructions);
    const table = hiddenTable(services.nameFor(span), body, span);
    block.instructions = [];
    block.terminator = { kind: 'apply', table, next: { kind: 'always', target: rest }, span };
  }
}

function firstSpan(instructions: readonly Instruction[]): Span | undefined {
  for (const instruction of instructions) if (instruction.span !== undefined) return instruction.span;
  return undefined;
}

function hiddenTable(name: string, entry: Block, span: Span | undefined): Table {
  const action: Action = { kind: 'action', name, parameters: [], body: { entry }, span, isHidden: true };
  const tableAction = { action };
  return {
    kind: 'table',
    name: `tbl_${name}`,
    keys: [],
    actions: [tableAction],
    defaultAction: { action: tableAction, arguments: [], isConst: true },
    entries: undefined,
    entriesAreConst: false,
    size: undefined,
    supportTimeout: false,
    counter: undefined,
    meter: undefined,
    profile: undefined,
    isHidden: true,
    span,
  };
}

/** Strongly connected components with more than one block, or with an edge to itself (Tarjan). */
export function findLoops(blocks: readonly Block[]): Block[][] {
  const index = new Map<Block, number>();
  const low = new Map<Block, number>();
  const onStack = new Set<Block>();
  const stack: Block[] = [];
  const loops: Block[][] = [];
  let counter = 0;
  const visit = (block: Block): void => {
    index.set(block, counter);
    low.set(block, counter);
    counter += 1;
    stack.push(block);
    onStack.add(block);
    for (const successor of successorsOf(block.terminator)) {
      if (!index.has(successor)) {
        visit(successor);
        low.set(block, Math.min(low.get(block)!, low.get(successor)!));
      } else if (onStack.has(successor)) {
        low.set(block, Math.min(low.get(block)!, index.get(successor)!));
      }
    }
    if (low.get(block) !== index.get(block)) return;
    const component: Block[] = [];
    for (;;) {
      const member = stack.pop()!;
      onStack.delete(member);
      component.push(member);
      if (member === block) break;
    }
    const isLoop = component.length > 1 || successorsOf(block.terminator).includes(block);
    if (isLoop) loops.push(component);
  };
  for (const block of blocks) if (!index.has(block)) visit(block);
  return loops;
}

/** Whether there is a loop at all: only its last block goes on to one that comes no later in the order. */
function goesBack(blocks: readonly Block[], order: ReadonlyMap<Block, number>): boolean {
  return blocks.some((block, position) => {
    let found = false;
    forEachSuccessor(block.terminator, (successor) => {
      if (order.get(successor)! <= position) found = true;
    });
    return found;
  });
}

function outlineLoops(pipeline: Pipeline, services: OutlineServices): void {
  const blocks = reachableBlocks(pipeline.graph);
  const order = new Map(blocks.map((block, position) => [block, position]));
  if (!goesBack(blocks, order)) return;
  for (const loop of findLoops(blocks)) {
    // A loop that applies a table stays as it is: BMv2 follows `next` pointers wherever they lead.
    if (loop.some((block) => block.terminator.kind === 'apply')) continue;
    const inside = new Set(loop);
    const members = [...loop].sort((a, b) => order.get(a)! - order.get(b)!);
    const header = members[0]!;
    const entries = members.filter(
      (member) =>
        member === pipeline.graph.entry ||
        blocks.some((block) => !inside.has(block) && successorsOf(block.terminator).includes(member)),
    );
    if (entries.length > 1) continue;
    const exits: Block[] = [];
    for (const member of members) {
      for (const successor of successorsOf(member.terminator)) {
        if (!inside.has(successor) && !exits.includes(successor)) exits.push(successor);
      }
    }
    const copies = new Map(members.map((member) => [member, services.newBlock(member.name)]));
    const selector = exits.length > 1 ? services.makeTemporary(bitsType(8), 'loop_exit') : undefined;
    const leave = exits.map((_, position) => {
      const block = services.newBlock('leave');
      if (selector !== undefined) {
        block.instructions.push({
          kind: 'assign',
          target: selector,
          value: constant(BigInt(position), bitsType(8)),
          span: undefined,
        });
      }
      block.terminator = { kind: 'return', span: undefined };
      return block;
    });
    for (const member of members) {
      const copy = copies.get(member)!;
      copy.instructions = member.instructions;
      copy.terminator = { ...member.terminator };
      mapSuccessors(copy.terminator, (target) => copies.get(target) ?? leave[exits.indexOf(target)]!);
    }
    const span = members.map((member) => firstSpan(member.instructions)).find((found) => found !== undefined);
    const table = hiddenTable(services.nameFor(span), copies.get(header)!, span);
    // The header's block now applies the table and goes on to the exit chosen.
    let next: Block;
    if (exits.length === 0) {
      next = services.newBlock('end');
      next.terminator = { kind: 'return', span };
    } else {
      next = exits[exits.length - 1]!;
      for (let position = exits.length - 2; position >= 0; position--) {
        const test = services.newBlock('loop_exit');
        test.terminator = {
          kind: 'branch',
          condition: binary('==', read(selector!), constant(BigInt(position), bitsType(8))),
          whenTrue: exits[position]!,
          whenFalse: next,
          span,
        };
        next = test;
      }
    }
    header.instructions = [];
    header.terminator = { kind: 'apply', table, next: { kind: 'always', target: next }, span };
  }
}
