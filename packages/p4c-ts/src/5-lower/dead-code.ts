/**
 * Removes stores into variables that nothing reads.
 *
 * The question is asked for the whole program, not for each point of it: a variable that is read anywhere keeps all its
 * stores. After copy propagation that catches nearly all temporaries, and cannot go wrong however control flows between
 * pipelines and actions. The reads of a store that goes are taken off the count, and since stores are looked at from
 * last to first, most of what they alone needed goes in the same round. The user's metadata is never touched.
 */
import { eachExpression } from './instructions.ts';
import type { Instruction } from './ir.ts';
import { readCounter, type Survey } from './survey.ts';

/** Rewrites all graphs in place. */
export function removeDeadCode({ graphs, reads }: Survey): void {
  const forget = readCounter(reads, -1);
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
    return target.kind === 'variable' && target.variable.role !== 'user-metadata' && reads[target.variable.id] === 0;
  };
  const blocks = graphs.flatMap((listed) => listed.blocks).reverse();
  for (let changed = true; changed; ) {
    changed = false;
    for (const block of blocks) {
      if (!block.instructions.some(isDead)) continue;
      changed = true;
      const kept: Instruction[] = [];
      for (let at = block.instructions.length - 1; at >= 0; at--) {
        const instruction = block.instructions[at]!;
        if (isDead(instruction)) eachExpression(instruction, forget);
        else kept.push(instruction);
      }
      block.instructions = kept.reverse();
    }
  }
}
