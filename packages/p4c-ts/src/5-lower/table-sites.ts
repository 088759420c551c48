/**
 * Lets a table be applied at several places.
 *
 * BMv2 gives a table one successor for each result, so it cannot by itself return to where it was applied. Here each
 * place first stores its number; after the table, the number decides where to go on. Places whose continuations are
 * the same need none of this.
 */
import { binary, constant, read } from './expressions.ts';
import {
  type ApplyNext,
  type Block,
  bitsType,
  type Pipeline,
  reachableBlocks,
  type Table,
  type TableAction,
} from './ir.ts';
import type { OutlineServices } from './outline.ts';

/** Rewrites the pipeline in place; afterwards all applications of one table have the same successors. */
export function unifyTableSites(pipeline: Pipeline, services: OutlineServices): void {
  const sites = new Map<Table, Block[]>();
  for (const block of reachableBlocks(pipeline.graph)) {
    if (block.terminator.kind !== 'apply') continue;
    const list = sites.get(block.terminator.table);
    if (list === undefined) sites.set(block.terminator.table, [block]);
    else list.push(block);
  }
  for (const [table, blocks] of sites) {
    if (blocks.length < 2) continue;
    const nexts = blocks.map((block) => (block.terminator.kind === 'apply' ? block.terminator.next : undefined)!);
    if (nexts.every((next) => sameNext(next, nexts[0]!))) continue;
    const site = services.makeTemporary(bitsType(16), 'site');
    blocks.forEach((block, position) => {
      block.instructions.push({
        kind: 'assign',
        target: site,
        value: constant(BigInt(position), bitsType(16)),
        span: block.terminator.span,
      });
    });
    const dispatch = (targets: readonly Block[]): Block => {
      let next = targets[targets.length - 1]!;
      for (let position = targets.length - 2; position >= 0; position--) {
        const target = targets[position]!;
        if (target === next) continue;
        const test = services.newBlock('site');
        test.terminator = {
          kind: 'branch',
          condition: binary('==', read(site), constant(BigInt(position), bitsType(16))),
          whenTrue: target,
          whenFalse: next,
          span: table.span,
        };
        next = test;
      }
      return next;
    };
    const unified = unify(table, nexts, dispatch);
    for (const block of blocks) {
      if (block.terminator.kind === 'apply') block.terminator = { ...block.terminator, next: unified };
    }
  }
}

function sameNext(a: ApplyNext, b: ApplyNext): boolean {
  if (a.kind === 'always') return b.kind === 'always' && a.target === b.target;
  if (a.kind === 'hit-miss') return b.kind === 'hit-miss' && a.hit === b.hit && a.miss === b.miss;
  if (b.kind !== 'action' || a.otherwise !== b.otherwise || a.targets.size !== b.targets.size) return false;
  return [...a.targets].every(([action, target]) => b.targets.get(action) === target);
}

/** One description of the successors for all places. */
function unify(table: Table, nexts: readonly ApplyNext[], dispatch: (targets: readonly Block[]) => Block): ApplyNext {
  if (nexts.every((next) => next.kind === 'always')) {
    return { kind: 'always', target: dispatch(nexts.map((next) => (next as ApplyNext & { kind: 'always' }).target)) };
  }
  const afterHit = (next: ApplyNext, isHit: boolean): Block => {
    if (next.kind === 'hit-miss') return isHit ? next.hit : next.miss;
    return next.kind === 'always' ? next.target : next.otherwise;
  };
  if (nexts.every((next) => next.kind !== 'action')) {
    return {
      kind: 'hit-miss',
      hit: dispatch(nexts.map((next) => afterHit(next, true))),
      miss: dispatch(nexts.map((next) => afterHit(next, false))),
    };
  }
  if (nexts.some((next) => next.kind === 'hit-miss')) {
    throw new MixedTableResults(table);
  }
  const after = (next: ApplyNext, action: TableAction | undefined): Block => {
    if (next.kind === 'always') return next.target;
    if (next.kind !== 'action') throw new MixedTableResults(table);
    return (action && next.targets.get(action)) ?? next.otherwise;
  };
  const targets = new Map<TableAction, Block>();
  for (const action of table.actions) targets.set(action, dispatch(nexts.map((next) => after(next, action))));
  return { kind: 'action', targets, otherwise: dispatch(nexts.map((next) => after(next, undefined))) };
}

/**
 * One place looks at hit or miss, another at the action that ran: BMv2's tables can answer only one of the questions.
 */
export class MixedTableResults extends Error {
  readonly table: Table;
  constructor(table: Table) {
    super(`table ${table.name} is asked for hit or miss at one place and for action_run at another`);
    this.table = table;
  }
}
