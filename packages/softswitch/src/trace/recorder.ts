/**
 * Turns the calls of instrumented code into trace events with names. Generated code knows numbers only (slots, table
 * indexes, offsets); names and values are looked up here, at the moment of the call, while state and packet still hold
 * what the step saw. All of the cost is therefore in a traced packet, and code without instruments knows nothing of
 * traces.
 */
import { fieldSlot, limbCount, SLOT } from '../compile/layout.ts';
import type { CompiledProgram } from '../compile/module.ts';
import { fieldDeclaration } from '../compile/ranges.ts';
import type { TableRuntime } from '../tables/table.ts';
import type { TraceEvent } from './events.ts';
import type { Tracer } from './tracer.ts';

/** Entries named among those that did not match. */
const MAX_OTHERS = 4;

/** What the recorder reads of the data plane. */
export interface TraceSource {
  readonly compiled: CompiledProgram;
  readonly state: Int32Array;
  readonly bytes: Uint8Array;
  readonly tables: readonly TableRuntime[];
  readonly registers: readonly Int32Array[];
}

export class TraceRecorder implements Tracer {
  readonly events: TraceEvent[] = [];
  readonly #source: TraceSource;
  readonly #fieldNames = new Map<number, string>();
  readonly #headerByValid = new Map<number, number>();

  constructor(source: TraceSource) {
    this.#source = source;
    const { program, layout } = source.compiled;
    for (const [header, declaration] of program.headers.entries()) {
      this.#headerByValid.set(layout.valid[header]!, header);
      this.#fieldNames.set(layout.valid[header]!, `${declaration.name}.$valid$`);
      for (const [field, { name }] of program.headerTypes[declaration.type]!.fields.entries()) {
        this.#fieldNames.set(fieldSlot(program, layout, { header, field }), `${declaration.name}.${name}`);
      }
    }
  }

  #hex(start: number, length: number): string {
    return Buffer.from(this.#source.bytes.subarray(start, start + length)).toString('hex');
  }

  #number(cells: Int32Array, at: number, bitwidth: number): string {
    let value = 0n;
    for (let limb = limbCount(bitwidth) - 1; limb >= 0; limb--)
      value = (value << 32n) | BigInt(cells[at + limb]! >>> 0);
    return `0x${BigInt.asUintN(Math.max(bitwidth, 1), value).toString(16)}`;
  }

  receive(port: number, start: number, end: number): void {
    this.events.push({ kind: 'received', port, bytes: this.#hex(start, end - start) });
  }

  state(state: number): void {
    const parser = this.#source.compiled.program.parsers.find((each) => each.name === 'parser')!;
    this.events.push({ kind: 'parser state', state: parser.states[state]!.name });
  }

  extract(valid: number): void {
    const { program, layout } = this.#source.compiled;
    const header = this.#headerByValid.get(valid);
    if (header === undefined) return;
    const { name, type } = program.headers[header]!;
    const fields = Object.fromEntries(
      program.headerTypes[type]!.fields.map((field, i) => [field, i] as const)
        .filter(([field]) => !field.variable)
        .map(([field, i]) => [
          field.name,
          this.#number(this.#source.state, fieldSlot(program, layout, { header, field: i }), field.bitwidth),
        ]),
    );
    this.events.push({ kind: 'extract', header: name, fields });
  }

  pipeline(name: string): void {
    const { program } = this.#source.compiled;
    const code = this.#source.state[SLOT.parserError]!;
    if (name === 'ingress' && code !== program.errors.get('NoError')) {
      const error = [...program.errors].find(([, value]) => value === code)?.[0] ?? String(code);
      this.events.push({ kind: 'parser error', error });
    }
    this.events.push({ kind: 'pipeline', name });
  }

  condition(name: string, result: boolean): void {
    const node = this.#source.compiled.program.pipelines
      .flatMap((pipeline) => pipeline.nodes)
      .find((each) => each.kind === 'conditional' && each.name === name);
    const source = node?.kind === 'conditional' ? (node.source?.fragment ?? '') : '';
    this.events.push({ kind: 'condition', name, source, result });
  }

  table(table: number, record: number): void {
    const { program, layout } = this.#source.compiled;
    const runtime = this.#source.tables[table]!;
    const { keys, name } = runtime.plan.table;
    // Tables without key are p4c's way to write statements; their action says all.
    if (keys.length === 0) return;
    const values = keys.map((key) => {
      const header = program.headers[key.field.header]!;
      const valid = header.metadata || this.#source.state[layout.valid[key.field.header]!] !== 0;
      if (!valid && key.kind !== 'valid') return 0n;
      return BigInt(
        this.#number(
          this.#source.state,
          fieldSlot(program, layout, key.field),
          fieldDeclaration(program, key.field).bitwidth,
        ),
      );
    });
    const key = Object.fromEntries(keys.map((each, i) => [each.name, `0x${values[i]!.toString(16)}`]));
    const others = runtime
      .differences(values, MAX_OTHERS, record - 1)
      .map(({ slot, field }) => ({ slot, differs: keys[field]!.name }));
    this.events.push({
      kind: 'table',
      table: name,
      key,
      slot: record === 0 ? undefined : record - 1,
      entries: runtime.size,
      others,
    });
  }

  member(profile: number, member: number): void {
    this.events.push({ kind: 'member', profile: this.#source.compiled.program.actionProfiles[profile]!.name, member });
  }

  action(action: number, limbs: readonly number[]): void {
    const { name, parameters } = this.#source.compiled.program.actions[action]!;
    const cells = Int32Array.from(limbs);
    let at = 0;
    const values: Record<string, string> = {};
    for (const parameter of parameters) {
      values[parameter.name] = this.#number(cells, at, parameter.bitwidth);
      at += limbCount(parameter.bitwidth);
    }
    this.events.push({ kind: 'action', action: name, arguments: values });
  }

  field(place: number, bitwidth: number): void {
    const field = this.#fieldNames.get(place) ?? `element ${place}`;
    this.events.push({ kind: 'field', field, value: this.#number(this.#source.state, place, bitwidth) });
  }

  register(register: number, cell: number): void {
    const { name, bitwidth } = this.#source.compiled.program.registers[register]!;
    const value = this.#number(this.#source.registers[register]!, cell * limbCount(bitwidth), bitwidth);
    this.events.push({ kind: 'register', register: name, index: cell, value });
  }

  emit(valid: number): void {
    const header = this.#headerByValid.get(valid);
    if (header !== undefined)
      this.events.push({ kind: 'emit', header: this.#source.compiled.program.headers[header]!.name });
  }

  drop(reason: string): void {
    this.events.push({ kind: 'drop', reason });
  }

  output(port: number, start: number, length: number): void {
    this.events.push({ kind: 'sent', port, bytes: this.#hex(start, length) });
  }
}
