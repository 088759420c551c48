// How fast table entries come in by P4Runtime Write: this switch and simple_switch_grpc, each a process of its own, fed
// with the same bytes by the same client.
//
// What is measured is the switch alone: the requests are encoded beforehand, and what counts is the time on the clock
// with a few requests under way. The two are loaded in turn, a portion each, so that other people's work on the machine
// meets both alike, and both tables grow through the same sizes. Beside it stands the processor time of the switch's
// process, which such work changes less.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { cpuSecondsOf, freePort } from '@mooring/bmv2-harness/bmv2';
import { grpcTransport, Program, readP4Info } from '@mooring/p4runtime-ts';
import { create } from '@mooring/p4runtime-ts/p4info';
import {
  SetForwardingPipelineConfigRequest_Action as SetAction,
  SetForwardingPipelineConfigRequestSchema,
} from '@mooring/p4runtime-ts/proto';
import { findSimpleSwitchGrpc } from './bmv2.ts';
import { compileWithP4Info } from './workloads.ts';

/**
 * Entries in all, and those of them that come before the measurement, for the compiler of JavaScript and the caches.
 */
const ENTRIES = 1_000_000;
const WARM_UP = 50_000;
/** Entries that one switch gets before it is the other's turn. */
const PORTION = 50_000;
const BATCH = 1000;
/** Requests under way at a time. */
const IN_FLIGHT = 4;

/** A field of a message: its number and, by protobuf's wire types, a number or bytes. */
type Field = readonly [number: number, value: number | Uint8Array];

/** A message as bytes. By hand, because a library takes a minute for a million of these. */
function encode(fields: readonly Field[]): Uint8Array {
  const bytes: number[] = [];
  const varint = (value: number) => {
    let rest = value;
    for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
    bytes.push(rest);
  };
  for (const [number, value] of fields) {
    varint((number << 3) | (typeof value === 'number' ? 0 : 2));
    varint(typeof value === 'number' ? value : value.length);
    if (typeof value !== 'number') for (const byte of value) bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}

/** A value in P4Runtime's shortest form. */
function shortest(value: number): Uint8Array {
  const bytes = [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
  const first = bytes.findIndex((byte) => byte !== 0);
  return Uint8Array.from(first < 0 ? [0] : bytes.slice(first));
}

/** Write requests that insert all entries; field numbers as in p4runtime.proto. */
function encodedRequests(program: Program): Buffer[] {
  const table = program.tables.get('flows');
  const ids = table.matchFields.items.map(({ id }) => id);
  const param = encode([
    [2, 1],
    [3, shortest(1)],
  ]);
  const action = encode([
    [1, program.actions.get('forward').id],
    [4, param],
  ]);
  const tableAction = encode([[1, action]]);
  const update = (n: number) => {
    const values = [Math.imul(n, 0x9e3779b1), 0x0a000000 + (n & 0xffff), 6, n & 0xffff];
    const match = ids.map((id, i): Field => {
      const exact = encode([[1, shortest(values[i]!)]]);
      return [
        2,
        encode([
          [1, id],
          [2, exact],
        ]),
      ];
    });
    const entry = encode([[1, table.id], ...match, [3, tableAction]]);
    return encode([
      [1, 1],
      [2, encode([[2, entry]])],
    ]);
  };
  return Array.from({ length: ENTRIES / BATCH }, (_, batch) => {
    const updates = Array.from({ length: BATCH }, (_, i) => encode([[4, update(batch * BATCH + i)]]));
    return Buffer.concat([encode([[1, 1]]), ...updates]);
  });
}

/** Sends requests and waits for all answers. */
async function send(client: grpc.Client, requests: readonly Buffer[]): Promise<void> {
  let next = 0;
  const one = () =>
    new Promise<void>((resolve, reject) => {
      const go = () => {
        const request = requests[next++];
        if (request === undefined) return resolve();
        const same = (bytes: Buffer) => bytes;
        client.makeUnaryRequest('/p4.v1.P4Runtime/Write', same, same, request, (error) =>
          error === null ? go() : reject(error),
        );
      };
      go();
    });
  await Promise.all(Array.from({ length: IN_FLIGHT }, one));
}

/** A switch under measurement. */
class Loaded {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #client: grpc.Client;
  #seconds = 0;
  #cpuSeconds = 0;
  #entries = 0;

  private constructor(child: ChildProcess, folder: string, address: string) {
    this.#child = child;
    this.#folder = folder;
    this.#client = new grpc.Client(address, grpc.credentials.createInsecure());
  }

  /** Starts a switch that runs the program. `flags` come before the address to listen on. */
  static async start(
    command: string,
    flags: (folder: string) => Promise<string[]>,
    program: { readonly json: object; readonly p4info: Uint8Array },
  ): Promise<Loaded> {
    const folder = mkdtempSync(join(tmpdir(), 'write-rate-'));
    const address = `127.0.0.1:${await freePort()}`;
    const child = spawn(command, [...(await flags(folder)), '--', '--grpc-server-addr', address], { stdio: 'ignore' });
    const loaded = new Loaded(child, folder, address);
    const transport = grpcTransport(address);
    const config = {
      p4info: readP4Info(program.p4info),
      p4DeviceConfig: new Uint8Array(Buffer.from(JSON.stringify(program.json))),
    };
    const action = SetAction.VERIFY_AND_COMMIT;
    const request = create(SetForwardingPipelineConfigRequestSchema, { deviceId: 1n, action, config });
    for (let attempt = 0; ; attempt++) {
      try {
        await transport.setForwardingPipelineConfig(request, { timeoutMs: 5000 });
        transport.close();
        return loaded;
      } catch (error) {
        if (attempt > 600 || child.exitCode !== null) {
          loaded.stop();
          throw error;
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  /** Loads entries; `isMeasured` for those that count. */
  async load(requests: readonly Buffer[], isMeasured: boolean): Promise<void> {
    const cpuBefore = cpuSecondsOf(this.#child.pid!);
    const before = performance.now();
    await send(this.#client, requests);
    if (!isMeasured) return;
    this.#seconds += (performance.now() - before) / 1000;
    this.#cpuSeconds += cpuSecondsOf(this.#child.pid!) - cpuBefore;
    this.#entries += requests.length * BATCH;
  }

  get perSecond(): number {
    return this.#entries / this.#seconds;
  }

  get perProcessorSecond(): number {
    return this.#entries / this.#cpuSeconds;
  }

  stop(): void {
    this.#client.close();
    this.#child.kill('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export async function benchmark() {
  const program = compileWithP4Info('packages/softswitch/bench/programs/exact.p4');
  const command = findSimpleSwitchGrpc();
  const requests = encodedRequests(new Program(readP4Info(program.p4info)));
  const common = ['--no-p4', '--device-id', '1'];
  const mooring = join(process.cwd(), 'cli/bin/mooring.mjs');
  const ours = await Loaded.start(process.execPath, async () => [mooring, 'switch', ...common, '-L', 'off'], program);
  const theirFlags = async (folder: string) => [
    ...common,
    '--thrift-port',
    String(await freePort()),
    '--notifications-addr',
    `ipc://${folder}/notifications.ipc`,
  ];
  const theirs = command === undefined ? undefined : await Loaded.start(command, theirFlags, program);
  try {
    for (let from = 0; from < ENTRIES; from += PORTION) {
      const portion = requests.slice(from / BATCH, (from + PORTION) / BATCH);
      for (const each of [ours, theirs]) await each?.load(portion, from >= WARM_UP);
    }
    const row = (name: string, part: 'perSecond' | 'perProcessorSecond', bar: string) => ({
      name,
      unit: 'entries/s',
      ours: ours[part],
      ...(theirs === undefined ? { note: 'simple_switch_grpc is not installed' } : { theirs: theirs[part] }),
      better: 'higher' as const,
      bar,
    });
    return [
      row('entries by P4Runtime Write, on the clock', 'perSecond', '>= 2x, 50,000'),
      row('the same, a processor second of the switch', 'perProcessorSecond', ''),
    ];
  } finally {
    ours.stop();
    theirs?.stop();
  }
}
