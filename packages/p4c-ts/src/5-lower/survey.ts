/**
 * What passes ask about the program as a whole: which graphs there are, with their blocks in order, and how often each
 * variable is read.
 *
 * Listing all blocks and counting all reads go through everything there is, so passes that follow each other share one
 * answer for as long as it holds: a pass that changes where control flows makes the survey `forget`, one that changes
 * what is read keeps the counts up to date.
 */
import { eachExpression, expressionsOfTerminator } from './instructions.ts';
import { type Action, type Block, type Expression, type Graph, type Program, reachableBlocks } from './ir.ts';
import { someExpression } from './traversal.ts';

/** A graph with its blocks, in the order of `reachableBlocks`. */
export interface ListedGraph {
  readonly graph: Graph;
  readonly blocks: readonly Block[];
}

/** How often each variable is read, by its id. */
export type ReadCounts = Int32Array<ArrayBuffer>;

/** See the top of the file. */
export class Survey {
  private readonly program: Program;
  private listed: readonly ListedGraph[] | undefined;
  private counted: ReadCounts | undefined;

  constructor(program: Program) {
    this.program = program;
  }

  /** As `graphsOf`. */
  get graphs(): readonly ListedGraph[] {
    this.listed ??= graphsOf(this.program);
    return this.listed;
  }

  /** How often each variable is read, over all graphs. Whoever changes what is read changes the counts. */
  get reads(): ReadCounts {
    this.counted ??= countReads(this.program, this.graphs);
    return this.counted;
  }

  /** The graphs are others now. */
  forget(): void {
    this.listed = undefined;
    this.counted = undefined;
  }
}

/** Every graph of the program, with the actions of all tables that are applied. */
export function graphsOf(program: Program): ListedGraph[] {
  const pipelines = [list(program.ingress.graph), list(program.egress.graph)];
  return [list(program.parser.graph), ...pipelines, ...actionsOf(pipelines).map((action) => list(action.body))];
}

/** A graph with its blocks as they are now. */
export function list(graph: Graph): ListedGraph {
  return { graph, blocks: reachableBlocks(graph) };
}

/** The actions of all tables that are applied, each once, in order. */
export function actionsOf(pipelines: readonly ListedGraph[]): Action[] {
  const actions = new Set<Action>();
  for (const { blocks } of pipelines) {
    for (const { terminator } of blocks) {
      if (terminator.kind !== 'apply') continue;
      for (const { action } of terminator.table.actions) actions.add(action);
    }
  }
  return [...actions];
}

function countReads(program: Program, graphs: readonly ListedGraph[]): ReadCounts {
  const counts = new Int32Array(program.variables.length);
  const visit = readCounter(counts, 1);
  for (const { blocks } of graphs) {
    for (const block of blocks) {
      for (const instruction of block.instructions) eachExpression(instruction, visit);
      expressionsOfTerminator(block.terminator).forEach(visit);
    }
  }
  for (const pipeline of [program.ingress, program.egress]) {
    for (const table of pipeline.tables) for (const key of table.keys) visit(key.expression);
    for (const profile of pipeline.profiles) profile.selector?.input?.forEach(visit);
  }
  for (const checksum of program.checksums) {
    visit(checksum.condition);
    for (const item of checksum.items) if (item.kind === 'expression') visit(item.expression);
  }
  for (const instruction of program.deparser.instructions) eachExpression(instruction, visit);
  return counts;
}

/** What changes the counts by that much for each time that a variable is read in an expression. */
export function readCounter(counts: ReadCounts, change: 1 | -1): (expression: Expression) => void {
  const count = (inner: Expression): false => {
    if (inner.kind === 'read' && inner.place.kind === 'variable') counts[inner.place.variable.id]! += change;
    return false;
  };
  return (expression) => {
    someExpression(expression, count);
  };
}
