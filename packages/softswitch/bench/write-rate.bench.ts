// How fast table entries come in by P4Runtime Write: this switch and simple_switch_grpc, each a process of its own, fed with the same bytes in
// turn.
//
// What is measured is the switch alone: the requests are encoded beforehand, and what counts is the time on the clock with a few requests
// under way. Beside it stands the processor time of the switch's process, which other people's work on the machine changes less.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { grpcTransport, Program, readP4Info } from '@mooring/p4runtime-ts';
import { create, toBinary } from '@mooring/p4runtime-ts/p4info';
import {
  SetForwardingPipelineConfigRequest_Action as SetAction,
  SetForwardingPipelineConfigRequestSchema,
  Update_Type,
  WriteRequestSchema,
} from '@mooring/p4runtime-ts/proto';
import { compileWithP4Info } from './workloads.ts';

const ENTRIES = 950_000;
/** Entries before the measurement, for the compiler of JavaScript and the caches. */
const WARM_UP = 50_000;
/** As many for simple_switch_grpc: its tables cost more when they are large, as ours do. */
const THEIR_ENTRIES = 950_000;
const BATCH = 1000;
/** Requests under way at a time. */
const IN_FLIGHT = 4;
/** Ticks of /proc/PID/stat a second. */
const TICKS = 100;

interface Rate {
  readonly perProcessorSecond: number;
  readonly perSecond: number;
}

function cpuSeconds(child: ChildProcess): number {
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

const shortest = (value: number) => {
  const hex = (value >>> 0).toString(16);
  return new Uint8Array(Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex'));
};

/** Write requests of entries `from` to `to`, as bytes. */
function requests(program: Program, from: number, to: number): Buffer[] {
  const table = program.tables.get('flows');
  const action = program.actions.get('forward');
  const fields = table.matchFields.items;
  const result: Buffer[] = [];
  for (let start = from; start < to; start += BATCH) {
    const updates = Array.from({ length: Math.min(BATCH, to - start) }, (_, i) => {
      const n = start + i;
      const values = [Math.imul(n, 0x9e3779b1), 0x0a000000 + (n & 0xffff), 6, n & 0xffff];
      const match = fields.map(({ id }, at) => ({
        fieldId: id,
        fieldMatchType: { case: 'exact' as const, value: { value: shortest(values[at]!) } },
      }));
      const params = [{ paramId: 1, value: Uint8Array.of(1) }];
      const type = { case: 'action' as const, value: { actionId: action.id, params } };
      const entity = { case: 'tableEntry' as const, value: { tableId: table.id, match, action: { type } } };
      return { type: Update_Type.INSERT, entity: { entity } };
    });
    result.push(Buffer.from(toBinary(WriteRequestSchema, create(WriteRequestSchema, { deviceId: 1n, updates }))));
  }
  return result;
}

async function send(client: grpc.Client, batches: readonly Buffer[]): Promise<void> {
  let next = 0;
  const one = () =>
    new Promise<void>((resolve, reject) => {
      const go = () => {
        const batch = batches[next++];
        if (batch === undefined) return resolve();
        const same = (bytes: Buffer) => bytes;
        client.makeUnaryRequest('/p4.v1.P4Runtime/Write', same, same, batch, (error) =>
          error === null ? go() : reject(error),
        );
      };
      go();
    });
  await Promise.all(Array.from({ length: IN_FLIGHT }, one));
}

async function measure(
  start: (address: string, folder: string) => Promise<ChildProcess>,
  program: { readonly json: object; readonly p4info: Uint8Array },
  entries: number,
): Promise<Rate> {
  const folder = mkdtempSync(join(tmpdir(), 'write-rate-'));
  const address = `127.0.0.1:${await freePort()}`;
  const child = await start(address, folder);
  try {
    const p4info = readP4Info(program.p4info);
    const transport = grpcTransport(address);
    const config = { p4info, p4DeviceConfig: new Uint8Array(Buffer.from(JSON.stringify(program.json))) };
    const action = SetAction.VERIFY_AND_COMMIT;
    const request = create(SetForwardingPipelineConfigRequestSchema, { deviceId: 1n, action, config });
    for (let attempt = 0; ; attempt++) {
      try {
        await transport.setForwardingPipelineConfig(request, { timeoutMs: 5000 });
        break;
      } catch (error) {
        if (attempt > 600 || child.exitCode !== null) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
    transport.close();
    const client = new grpc.Client(address, grpc.credentials.createInsecure());
    const names = new Program(p4info);
    await send(client, requests(names, 0, WARM_UP));
    const batches = requests(names, WARM_UP, WARM_UP + entries);
    const cpuBefore = cpuSeconds(child);
    const before = performance.now();
    await send(client, batches);
    const seconds = (performance.now() - before) / 1000;
    const cpu = cpuSeconds(child) - cpuBefore;
    client.close();
    return { perProcessorSecond: entries / cpu, perSecond: entries / seconds };
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

/** This switch, from the built command. */
async function startOurs(address: string): Promise<ChildProcess> {
  const command = [join(process.cwd(), 'cli/bin/mooring.mjs'), 'switch', '--no-p4', '--device-id', '1', '-L', 'off'];
  return spawn(process.execPath, [...command, '--', '--grpc-server-addr', address], { stdio: 'ignore' });
}

function startTheirs(command: string) {
  return async (address: string, folder: string): Promise<ChildProcess> => {
    const flags = ['--no-p4', '--device-id', '1', '--thrift-port', String(await freePort())];
    const notifications = ['--notifications-addr', `ipc://${folder}/notifications.ipc`];
    return spawn(command, [...flags, ...notifications, '--', '--grpc-server-addr', address], { stdio: 'ignore' });
  };
}

/** simple_switch_grpc, from the environment or the path; undefined where it is not installed. */
function findSimpleSwitchGrpc(): string | undefined {
  const command = process.env.SIMPLE_SWITCH_GRPC ?? 'simple_switch_grpc';
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' });
    return command;
  } catch {
    return undefined;
  }
}

export async function benchmark() {
  const program = compileWithP4Info('packages/softswitch/bench/programs/exact.p4');
  const command = findSimpleSwitchGrpc();
  const theirs = command === undefined ? undefined : await measure(startTheirs(command), program, THEIR_ENTRIES);
  const ours = await measure(startOurs, program, ENTRIES);
  const row = (name: string, part: keyof Rate, bar: string) => ({
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
}
