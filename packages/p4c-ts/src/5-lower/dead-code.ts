/**
 * Removes stores into variables that nothing reads.
 *
 * The question is asked for the whole program, not for each point of it: a variable that is read anywhere keeps all its stores.
 * After copy propagation that catches nearly all temporaries, cannot go wrong however control flows between
 * pipelines and actions, and takes one look at each instruction. The user's metadata is never touched.
 */
import type { Graph, Instruction, Program } from './ir.ts';
import { reachableBlocks } from './ir.ts';
import { countReads } from './propagate.ts';

/** Rewrites all graphs in place. */
export function removeDeadCode(program: Program, graphs: readonly Graph[]): void {
  for (;;) {
    const reads = countReads(program, graphs);
    const isDead = (instruction: Instruction): boolean => {
      switch (instruction.kind) {
        case 'assign':
          // A lookahead beyond the packet's end is an error whether or not its result is used.
          if (instruction.value.kind === 'lookahead') return false;
          break;
        case 'read-register':
        case 'hash':
          break;
        default:
          return false;
      }
      const { target } = instruction;
      return target.kind === 'variable' && target.variable.role !== 'user-metadata' && !reads.has(target.variable);
    };
    let changed = false;
    for (const graph of graphs) {
      for (const block of reachableBlocks(graph)) {
        if (!block.instructions.some(isDead)) continue;
        block.instructions = block.instructions.filter((instruction) => !isDead(instruction));
        changed = true;
      }
    }
    if (!changed) return;
  }
}
