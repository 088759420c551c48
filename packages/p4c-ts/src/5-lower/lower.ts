/**
 * Lowering: from elaborated graphs to what the BMv2 format can say. The list `passes` is the table of contents; it
 * reads from top to bottom, one file a pass. Each pass rewrites the program in place and leaves the invariants of
 * `check.ts` intact.
 */
import type { Reporter } from '../diagnostics/diagnostic.ts';
import type { SourceMap, Span } from '../diagnostics/span.ts';
import { removeDeadCode } from './dead-code.ts';
import { expandDynamicIndexes } from './dynamic-index.ts';
import type { Block, Place, Program, ScalarType } from './ir.ts';
import { type OutlineServices, outlineStatements } from './outline.ts';
import { prepareArguments } from './prepare-arguments.ts';
import { propagateCopies } from './propagate.ts';
import { simplifyGraph } from './simplify-graph.ts';
import { type ListedGraph, list, Survey } from './survey.ts';
import { MixedTableResults, unifyTableSites } from './table-sites.ts';

/** One step of lowering. */
export interface Pass {
  /** For `--dump-after`. */
  readonly name: string;
  readonly run: (program: Program, services: LowerServices) => void;
}

/** What passes use from around them. */
export interface LowerServices extends OutlineServices {
  readonly reporter: Reporter;
  readonly survey: Survey;
}

/** Table of contents of this phase. */
export const passes: readonly Pass[] = [
  { name: 'simplify', run: eachGraph(simplifyGraph) },
  {
    name: 'dynamic-index',
    run: (program, services) => {
      if (program.headerStacks.length === 0 && program.unionStacks.length === 0) return;
      eachGraph(expandDynamicIndexes)(program, services);
    },
  },
  { name: 'propagate', run: (program, { survey }) => propagateCopies(program, survey) },
  { name: 'dead-code', run: (_, { survey }) => removeDeadCode(survey) },
  { name: 'simplify-again', run: eachGraph(simplifyGraph) },
  {
    name: 'prepare-arguments',
    run: eachGraph(({ blocks }, services) => prepareArguments(blocks, services.makeTemporary)),
  },
  {
    name: 'table-sites',
    run: (program, services) => {
      for (const pipeline of [program.ingress, program.egress]) unifyTableSites(pipeline, services);
    },
  },
  {
    name: 'outline',
    run: (program, services) => {
      for (const pipeline of [program.ingress, program.egress]) outlineStatements(pipeline, services);
    },
  },
  {
    name: 'simplify-pipelines',
    run: (program) => {
      for (const { graph } of [program.ingress, program.egress]) simplifyGraph(list(graph));
    },
  },
];

/** Runs all passes. `afterEach` sees the program after each one (for dumps and for checking invariants). */
export function lower(
  program: Program,
  reporter: Reporter,
  sources: SourceMap,
  afterEach?: (pass: string, program: Program) => void,
): void {
  const services = makeServices(program, reporter, sources);
  try {
    for (const pass of passes) {
      pass.run(program, services);
      afterEach?.(pass.name, program);
    }
  } catch (problem) {
    if (!(problem instanceof MixedTableResults)) throw problem;
    reporter.error('target-error', problem.table.span, `${problem.message}, which BMv2's tables cannot answer both`, {
      suggestion: 'apply the table once, or ask all applications the same question',
    });
  }
}

function makeServices(program: Program, reporter: Reporter, sources: SourceMap): LowerServices {
  let names: Set<string> | undefined;
  const hidden = new Map<string, number>();
  const stem = (/([^/\\]*?)(\.p4)?$/.exec(program.sourceName)?.[1] ?? 'p4').replace(/\W/g, '_');
  return {
    reporter,
    survey: new Survey(program),
    newBlock: (name: string): Block => {
      program.lastBlockId += 1;
      return { id: program.lastBlockId, name, instructions: [], terminator: { kind: 'unreachable', span: undefined } };
    },
    makeTemporary: (type: ScalarType, base: string): Place => {
      names ??= new Set(program.variables.map((variable) => variable.name));
      let name = base;
      for (let suffix = 0; names.has(name); suffix++) name = `${base}_${suffix}`;
      names.add(name);
      const { length: id } = program.variables;
      const variable = { kind: 'variable' as const, id, name, type, role: 'temporary' as const, fieldLists: [] };
      program.variables.push(variable);
      return { kind: 'variable', variable };
    },
    nameFor: (span: Span | undefined): string => {
      const base = span === undefined || span.file === 0 ? `${stem}_hidden` : `${stem}${sources.position(span).line}`;
      const count = hidden.get(base);
      hidden.set(base, (count ?? -1) + 1);
      return count === undefined ? base : `${base}_${count}`;
    },
  };
}

/** Runs something that may change where control flows on every graph. */
function eachGraph(run: (listed: ListedGraph, services: LowerServices) => void): Pass['run'] {
  return (_, services) => {
    for (const listed of services.survey.graphs) run(listed, services);
    services.survey.forget();
  };
}
