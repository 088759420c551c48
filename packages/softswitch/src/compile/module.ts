/**
 * Compiles a whole program to the source of one JavaScript module body, and runs it once to get its functions.
 *
 * The body is a function of one object with everything it refers to: the memory (`F`, `M`, ...), tables and helpers.
 * They become constants of a closure that exists once, which V8 treats as constants of the machine code. `receive` is
 * the way of a packet from arrival to output in the common case; anything that makes copies or second passes is left to
 * the engine (`runtime/engine.ts`).
 */

import { type FieldRef, type Program, VALID_FIELD } from '../model/types.ts';
import { knownHashAlgorithms } from '../runtime/hash.ts';
import { type CompileContext, compileAction } from './actions.ts';
import { calculationName, compileCalculation, compileChecksums } from './calculations.ts';
import { Code, NameSource } from './code.ts';
import { type CriticalRegions, findRegions, noRegions } from './critical.ts';
import { compileDeparser } from './deparser.ts';
import { fieldSlot, type Layout, makeLayout, SLOT } from './layout.ts';
import { compileLookAhead } from './look-ahead.ts';
import { compileParser } from './parser.ts';
import { compilePipeline } from './pipelines.ts';
import { fieldDeclaration } from './ranges.ts';
import { compileTable, planTable, type TablePlan } from './tables.ts';
import { targetField } from './target-fields.ts';

export interface CompileOptions {
  /** Value of egress_spec that drops a packet. */
  readonly dropPort: number;
  /** Queues a port has; packets with a priority beyond are dropped. */
  readonly priorityQueues: number;
  /** Put in calls of the tracer. */
  readonly trace: boolean;
  /** Several threads run the program: registers and meters are used under locks. */
  readonly shared: boolean;
}

/** A compiled program. */
export interface CompiledProgram {
  readonly program: Program;
  readonly layout: Layout;
  readonly plans: readonly TablePlan[];
  readonly regions: CriticalRegions;
  /** Source of the module body. */
  readonly source: string;
  readonly messages: readonly string[];
  readonly assertions: readonly string[];
  readonly fields: TargetFields;
}

/** Elements of `F` of the fields the switch itself reads and writes; -1 where the program has none. */
export interface TargetFields {
  readonly ingressPort: number;
  readonly packetLength: number;
  readonly instanceType: number;
  readonly egressSpec: number;
  readonly egressPort: number;
  readonly multicastGroup: number;
  readonly egressRid: number;
  readonly priority: number;
}

/** Functions of the generated module. */
export interface GeneratedFunctions {
  /** Takes a received packet at [start, end) of `M` through the switch. */
  readonly receive: (start: number, end: number, port: number) => void;
  /** Sets everything that must be 0 for a new packet to 0. */
  readonly reset: () => void;
  readonly parse: () => void;
  /** From the start of ingress to the end of the packet's way. */
  readonly runIngress: () => void;
  /** From the end of ingress: unicast. */
  readonly unicast: () => void;
  /**
   * From the queue to `port` on: how many packets waited there when the packet came to it, and how many when it went
   * on.
   */
  readonly runEgress: (port: number, ahead: number, behind: number) => void;
  /** Gives back a lock that is held, after an error; nothing where no lock is. */
  readonly unlock: () => void;
  /**
   * For tables by position: looks up the packets at the positions `P[0..count)`, so that their entries are in the
   * cache. `Q` is room for as many numbers.
   */
  readonly lookAhead: readonly {
    readonly table: number;
    readonly touch: (P: Int32Array, Q: Int32Array, count: number) => number;
  }[];
}

/** Compiles a loaded program. Throws ProgramError for what the format allows and the compiler does not have. */
export function compileProgram(program: Program, options: CompileOptions): CompiledProgram {
  const layout = makeLayout(program);
  const context: CompileContext = {
    program,
    layout,
    names: new NameSource(),
    dropPort: options.dropPort,
    messages: [],
    assertions: [],
    trace: options.trace,
    shared: options.shared,
    regions: options.shared ? findRegions(program) : noRegions(program),
  };
  const plans = program.tables.map((table) => planTable(context, table));
  const code = new Code(context.names);
  code.line("'use strict';");
  code.line(`const { ${importedNames(program, plans, options.shared).join(', ')} } = imports;`);
  if (context.regions.lockCount > 0) {
    code.line('let held = -1;');
    code.line('function lock(n) { locks.acquire(n); held = n; }');
    code.line('function unlock() { if (held >= 0) { locks.release(held); held = -1; } }');
  } else code.line('function unlock() {}');
  for (const [i] of program.actions.entries()) code.append(compileAction(context, i));
  for (const [i, calculation] of program.calculations.entries())
    code.append(compileCalculation(context, calculation, calculationName(i), `hash${i}`));
  for (const [i, profile] of program.actionProfiles.entries()) {
    if (profile.selector !== undefined)
      code.append(compileCalculation(context, profile.selector, `selector${i}`, `selectorHash${i}`));
  }
  for (const [i, plan] of plans.entries()) code.append(compileTable(context, plan, i));
  code.append(compileChecksums(context, program.checksums));
  const find = <T extends { readonly name: string }>(list: readonly T[], name: string) =>
    list.find((each) => each.name === name)!;
  code.append(compileParser(context, find(program.parsers, 'parser')));
  code.append(compilePipeline(context, find(program.pipelines, 'ingress'), 'ingress'));
  code.append(compilePipeline(context, find(program.pipelines, 'egress'), 'egress'));
  code.append(compileDeparser(context, find(program.deparsers, 'deparser')));
  const slot = (header: string, name: string) => {
    const field = targetField(program, header, name);
    return field === undefined ? -1 : fieldSlot(program, layout, field);
  };
  const fields: TargetFields = {
    ingressPort: slot('standard_metadata', 'ingress_port'),
    packetLength: slot('standard_metadata', 'packet_length'),
    instanceType: slot('standard_metadata', 'instance_type'),
    egressSpec: slot('standard_metadata', 'egress_spec'),
    egressPort: slot('standard_metadata', 'egress_port'),
    multicastGroup: slot('intrinsic_metadata', 'mcast_grp'),
    egressRid: slot('intrinsic_metadata', 'egress_rid'),
    priority: slot('intrinsic_metadata', 'priority'),
  };
  code.append(compileDriver(context, fields, options));
  const ahead = compileLookAhead(context, plans, code)
    .map(({ table, name }) => `{ table: ${table}, touch: ${name} }`)
    .join(', ');
  code.line(`return { receive, reset, parse, runIngress, unicast, runEgress, unlock, lookAhead: [${ahead}] };`);
  return {
    program,
    layout,
    plans,
    regions: context.regions,
    source: code.toString(),
    messages: context.messages,
    assertions: context.assertions,
    fields,
  };
}

/** Names of the runtime that every module uses. */
const HELPERS = [
  'F',
  'M',
  'D',
  'B',
  'BD',
  'T',
  'I',
  'drops',
  'engine',
  'trace',
  'output',
  'sum16',
  'big2',
  'bigN',
  'bigLimb',
  'bigDivide',
  'bigRemainder',
  'bigClamp',
  'bigShiftLeft',
  'toBig',
  'variableValue',
  'sameVariable',
  'copyVariable',
  'loadVariable',
  'storeVariable',
  'appendVariable',
  'appendVariableBits',
  'appendBits',
  'appendPayload',
  'payloadEnd',
  'clearBehind',
  'pushStack',
  'popStack',
  'randomNumber',
  'randomBig',
  'hashOffset',
  'executeMeter',
  'executeDirectMeter',
  'hasDefaultMeter',
  'logMessage',
  'assertionFailed',
  'loopLimit',
  'valueSetContains',
  'noAction',
  'locks',
];

function importedNames(program: Program, plans: readonly TablePlan[], shared: boolean): string[] {
  const names = [...HELPERS];
  for (const i of program.registers.keys()) names.push(`R${i}`);
  for (const i of program.counters.keys()) names.push(`C${i}`);
  for (const i of program.calculations.keys()) names.push(`hash${i}`);
  for (const [i, profile] of program.actionProfiles.entries()) {
    names.push(`P${i}`);
    if (profile.selector !== undefined) names.push(`selectorHash${i}`);
  }
  for (const [i, plan] of plans.entries()) {
    names.push(`E${i}`);
    if (shared && plan.record.lastHit >= 0) names.push(`L${i}`);
    if (plan.table.withCounters) names.push(`N${i}`);
    if (plan.lookup === 'exact') names.push(`H${i}_MASK`, `H${i}_END`);
    if (plan.lookup === 'trie' || plan.lookup === 'prefix' || plan.lookup === 'priority') names.push(`X${i}`);
    if (plan.lookup === 'prefix' || plan.lookup === 'priority') names.push(`K${i}`);
  }
  return names;
}

/** Reasons for drops, as indices into the drop counters. */
export const DROP = {
  ingress: 0,
  egress: 1,
  noReplica: 2,
  headroom: 3,
  priority: 4,
  assertion: 5,
  passLimit: 6,
  noBuffer: 7,
  tooLong: 8,
  noCloneSession: 9,
} as const;

export const DROP_NAMES = [
  'ingress',
  'egress',
  'no replica',
  'no headroom',
  'priority out of range',
  'assertion',
  'pass limit',
  'no buffer',
  'packet too long',
  'no clone session',
] as const;

/** Unrolling the reset pays up to this many elements. */
const UNROLL_LIMIT = 192;

function compileDriver(context: CompileContext, fields: TargetFields, options: CompileOptions): Code {
  const { program, layout } = context;
  const code = new Code(context.names);
  const bitsOf = (field: FieldRef) => (field.field === VALID_FIELD ? 1 : fieldDeclaration(program, field).bitwidth);
  /** Stores a small number or a time in a field the target owns, if the program has it. */
  const set = (header: string, name: string, value: string) => {
    const field = targetField(program, header, name);
    if (field === undefined) return;
    const slot = fieldSlot(program, layout, field);
    const width = bitsOf(field);
    if (width < 32) code.line(`F[${slot}] = ${value} & ${2 ** width - 1};`);
    else code.line(`F[${slot}] = ${value};`);
    for (let limb = 1; 32 * limb < width; limb++) code.line(`F[${slot + limb}] = 0;`);
  };
  const setTime = (header: string, name: string) => {
    const field = targetField(program, header, name);
    if (field === undefined) return;
    const slot = fieldSlot(program, layout, field);
    const width = bitsOf(field);
    code.line(`F[${slot}] = T[0] ${width < 32 ? `& ${2 ** width - 1}` : '% 4294967296'};`);
    if (width > 32)
      code.line(`F[${slot + 1}] = T[0] / 4294967296${width < 64 ? ` & ${2 ** Math.min(width - 32, 31) - 1}` : ''};`);
  };
  code.block('function reset()', () => {
    const { resetStart, resetEnd } = layout;
    if (resetEnd - resetStart <= UNROLL_LIMIT) {
      for (let i = resetStart; i < resetEnd; i++) code.line(`F[${i}] = 0;`);
    } else {
      code.line(`F.fill(0, ${resetStart}, ${resetEnd});`);
    }
    for (const extra of layout.resetExtra) code.line(`F[${extra}] = 0;`);
    code.line(`F[${SLOT.truncate}] = 2147483647;`);
  });
  code.block('function receive(start, end, port)', () => {
    code.line('reset();');
    code.line('const length = end - start;');
    code.line(`F[${SLOT.start}] = start;`);
    code.line(`F[${SLOT.end}] = end;`);
    code.line(`F[${SLOT.length}] = length;`);
    code.line(`F[${SLOT.ingressPort}] = port;`);
    code.line(`F[${SLOT.ingressLength}] = length;`);
    set('standard_metadata', 'ingress_port', 'port');
    set('standard_metadata', 'packet_length', 'length');
    setTime('intrinsic_metadata', 'ingress_global_timestamp');
    if (context.trace) code.line('trace.receive(port, start, end);');
    code.line('runIngress();');
  });
  code.block('function runIngress()', () => {
    code.line('parse();');
    if (program.checksums.some((checksum) => checksum.verify)) code.line('verifyChecksums();');
    set('standard_metadata', 'parser_error', `F[${SLOT.parserError}]`);
    set('standard_metadata', 'checksum_error', `F[${SLOT.checksumError}]`);
    if (context.trace) code.line("trace.pipeline('ingress');");
    code.line('ingress();');
    if (context.regions.lockCount > 0) code.line('if (held >= 0) unlock();');
    code.line(`F[${SLOT.exit}] = 0;`);
    const group = fields.multicastGroup < 0 ? '' : ` | F[${fields.multicastGroup}]`;
    code.block(`if ((F[${SLOT.cloneSession}] | F[${SLOT.learn}] | F[${SLOT.resubmit}]${group}) !== 0)`, () => {
      code.line('engine.endOfIngress();');
      code.line('return;');
    });
    code.line('unicast();');
  });
  code.block('function unicast()', () => {
    code.line(`const port = F[${fields.egressSpec}];`);
    code.block(`if (port === ${options.dropPort})`, () => {
      code.line(`drops[${DROP.ingress}]++;`);
      if (context.trace) code.line("trace.drop('ingress');");
      code.line('return;');
    });
    set('standard_metadata', 'instance_type', '0');
    code.line('runEgress(port, 0, 0);');
  });
  code.block('function runEgress(port, ahead, behind)', () => {
    const priority = fields.priority < 0 ? '0' : `F[${fields.priority}]`;
    if (fields.priority >= 0) {
      code.block(`if (${priority} >= ${options.priorityQueues})`, () => {
        code.line(`drops[${DROP.priority}]++;`);
        if (context.trace) code.line("trace.drop('priority out of range');");
        code.line('return;');
      });
    }
    if (
      ['enq_timestamp', 'enq_qdepth', 'deq_timedelta', 'deq_qdepth'].every(
        (name) => targetField(program, 'queueing_metadata', name) !== undefined,
      )
    ) {
      // Time stands still while a packet is under way.
      setTime('queueing_metadata', 'enq_timestamp');
      set('queueing_metadata', 'deq_timedelta', '0');
      set('queueing_metadata', 'enq_qdepth', 'ahead');
      set('queueing_metadata', 'deq_qdepth', 'behind');
      set('queueing_metadata', 'qid', priority);
    }
    setTime('intrinsic_metadata', 'egress_global_timestamp');
    set('standard_metadata', 'egress_port', 'port');
    set('standard_metadata', 'egress_spec', String(options.dropPort + 1));
    set('standard_metadata', 'packet_length', `F[${SLOT.length}]`);
    code.line(`F[${SLOT.egressPort}] = port;`);
    if (context.trace) code.line("trace.pipeline('egress');");
    code.line('egress();');
    if (context.regions.lockCount > 0) code.line('if (held >= 0) unlock();');
    code.line(`F[${SLOT.exit}] = 0;`);
    code.line(`if (F[${SLOT.cloneSession}] !== 0) engine.cloneEgress();`);
    code.block(`if (F[${fields.egressSpec}] === ${options.dropPort})`, () => {
      code.line(`drops[${DROP.egress}]++;`);
      if (context.trace) code.line("trace.drop('egress');");
      code.line('return;');
    });
    code.line('const p = deparse();');
    code.block('if (p < 0)', () => {
      code.line(`drops[${DROP.headroom}]++;`);
      if (context.trace) code.line("trace.drop('no headroom');");
      code.line('return;');
    });
    code.line(`let length = F[${SLOT.end}] - p;`);
    code.line(`if (length > F[${SLOT.truncate}]) length = F[${SLOT.truncate}];`);
    code.block(`if (F[${SLOT.recirculate}] !== 0)`, () => {
      code.line('engine.recirculate(p, length);');
      code.line('return;');
    });
    if (context.trace) code.line('trace.output(port, p, length);');
    code.line('output(port, p, length);');
  });
  return code;
}

/** Names of hash algorithms of a program's calculations and selectors are checked at load, so this always finds one. */
export function hashFor(algorithm: string) {
  return knownHashAlgorithms.get(algorithm)!.create();
}
