/**
 * The switches under test: the embedded one in this process, and simple_switch_grpc as a process of its own. Both are
 * reached over gRPC only: P4Runtime, and the data plane service in place of interfaces, so no rights are needed. Each
 * test gets a fresh switch.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@mooring/bmv2-harness/bmv2';
import { DataplaneClient, grpcTransport } from '@mooring/p4runtime-ts';
import { create } from '@mooring/p4runtime-ts/p4info';
import { CapabilitiesRequestSchema } from '@mooring/p4runtime-ts/proto';
import { startSwitch } from '@mooring/softswitch';

/** The device id of the switches under test. */
export const DEVICE_ID = 1n;

/** The CPU port of the switches under test. */
export const CPU_PORT = 255;

/** A running switch. */
export interface Target {
  readonly kind: 'softswitch' | 'simple_switch_grpc';
  readonly address: string;
  readonly dataplaneAddress: string;
  close(): Promise<void>;
}

/** How to start a switch of each kind; simple_switch_grpc only where the environment names it. */
export function targets(): readonly { readonly kind: Target['kind']; start(): Promise<Target> }[] {
  const command = process.env.SIMPLE_SWITCH_GRPC;
  const ours = { kind: 'softswitch' as const, start: () => startSoftswitch() };
  if (command === undefined || command === '') return [ours];
  return [ours, { kind: 'simple_switch_grpc' as const, start: () => startSimpleSwitch(command) }];
}

/** The embedded switch. */
export async function startSoftswitch(strict = false): Promise<Target> {
  const running = await startSwitch({
    deviceId: Number(DEVICE_ID),
    cpuPort: CPU_PORT,
    grpcAddress: '127.0.0.1:0',
    dataplaneAddress: '127.0.0.1:0',
    sweepIntervalMs: 10,
    logLevel: 'off',
    strict,
  });
  const { address, dataplaneAddress } = running;
  return {
    kind: 'softswitch',
    address: address!,
    dataplaneAddress: dataplaneAddress!,
    close: () => running.close(),
  };
}

/** An installed simple_switch_grpc, once it answers. */
export async function startSimpleSwitch(command: string): Promise<Target> {
  const folder = mkdtempSync(join(tmpdir(), 'conformance-'));
  const [grpc, dataplane, thrift] = [await freePort(), await freePort(), await freePort()];
  const address = `127.0.0.1:${grpc}`;
  const dataplaneAddress = `127.0.0.1:${dataplane}`;
  const child = spawn(
    command,
    [
      ...['--no-p4', '--device-id', String(DEVICE_ID), '--thrift-port', String(thrift)],
      ...['--notifications-addr', `ipc://${join(folder, 'notifications.ipc')}`, '--'],
      ...['--grpc-server-addr', address, '--dp-grpc-server-addr', dataplaneAddress, '--cpu-port', String(CPU_PORT)],
    ],
    { stdio: 'ignore', cwd: folder },
  );
  const close = () => stop(child, folder);
  try {
    await answering(address, child);
  } catch (error) {
    await close();
    throw error;
  }
  return { kind: 'simple_switch_grpc', address, dataplaneAddress, close };
}

async function answering(address: string, child: ChildProcess): Promise<void> {
  const transport = grpcTransport(address);
  try {
    for (let attempt = 0; ; attempt++) {
      try {
        await transport.capabilities(create(CapabilitiesRequestSchema, { deviceId: DEVICE_ID }), { timeoutMs: 2000 });
        return;
      } catch (error) {
        if (attempt > 200 || child.exitCode !== null) throw error;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  } finally {
    transport.close();
  }
}

async function stop(child: ChildProcess, folder: string): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve));
  if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')) await gone;
  rmSync(folder, { recursive: true, force: true });
}

/** The ports of a switch. */
export function openPorts(target: Target): DataplaneClient {
  return new DataplaneClient(target.dataplaneAddress, DEVICE_ID);
}
