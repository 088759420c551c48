/** What the STF runner asks of a switch. One implementation runs in-process, another one drives simple_switch. */
import type { ResolvedEntry, StfProgramAction, StfTable } from './program.ts';
import type { MeterRate } from './statements.ts';

export interface CounterValue {
  readonly packets: number;
  readonly bytes: number;
}

/** Packets that came out, by port, in order. */
export type Outputs = ReadonlyMap<number, readonly Uint8Array[]>;

export interface StfSwitch {
  /** Stores an entry and returns its handle. */
  addEntry(entry: ResolvedEntry): Promise<number>;
  removeEntry(table: StfTable, handle: number): Promise<void>;
  setDefault(table: StfTable, action: StfProgramAction, values: readonly bigint[]): Promise<void>;
  mirroringAdd(session: number, port: number): Promise<void>;
  mirroringAddMulticast(session: number, group: number): Promise<void>;
  mirroringDelete(session: number): Promise<void>;
  multicastGroupCreate(group: number): Promise<void>;
  /** Nodes are numbered from 0 in the order of creation. */
  multicastNodeCreate(replication: number, ports: readonly number[]): Promise<void>;
  multicastNodeUpdate(node: number, ports: readonly number[]): Promise<void>;
  multicastNodeAssociate(group: number, node: number): Promise<void>;
  readCounter(counter: string, index: number): Promise<CounterValue>;
  writeCounter(counter: string, index: number, value: CounterValue): Promise<void>;
  readRegister(register: string, index: number): Promise<bigint>;
  writeRegister(register: string, index: number, value: bigint): Promise<void>;
  resetRegister(register: string): Promise<void>;
  /** `index` undefined: all cells. */
  setMeterRates(meter: string, index: number | undefined, rates: readonly MeterRate[]): Promise<void>;
  send(port: number, data: Uint8Array): Promise<void>;
  /** Waits until the packets sent are processed. `expected`: how many packets should come out of each port in all. */
  settle(expected: ReadonlyMap<number, number>): Promise<Outputs>;
  close(): Promise<void>;
}
