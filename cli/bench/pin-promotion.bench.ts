/**
 * Pins a second that the controller takes over from the switch: digest in, exact entry and release out. The switch is a process of its
 * own, controller and hosts share this one, all by gRPC. Every bucket is in shift, so that every new connection is pinned; the hosts
 * keep only as many connections ahead of the controller as the registers have room for.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ethernet, ipv4, packet, TCP, tcp } from '@mooring/bmv2-harness';
import { freePort } from '@mooring/bmv2-harness/bmv2';
import { startController } from '@mooring/controller';
import { DataplaneClient } from '@mooring/p4runtime-ts';
import { cpuSecondsOf } from '../../packages/softswitch/bench/bmv2.ts';
import { compileLoadBalancer } from '../src/program/load-balancer.ts';

const CONNECTIONS = 60_000;
const WARM_UP = 10_000;
/** Few beside the 2 x 16,384 slots, so that hardly any finds both of its slots taken (and goes to the base, unpinned). */
const AHEAD = 1_000;
/** Of the connections, how many must be pinned: the rest found no slot. */
const PINNED = 0.95;
const VIP = { address: '10.0.0.1', mac: '02:00:00:00:01:00', port: 80 };
const CLIENT = { mac: '02:00:00:00:00:0a', switchPort: 9 };
const SERVER = { address: '10.0.0.12', mac: '02:00:00:00:00:02', switchPort: 2 };

const CONFIGURATION = (address: string) => `
switch: { address: '${address}', ports: [1, 2, 9] }
timers: { idle: 10m, handshake: 5s, inFlight: 100ms, learnAfter: 1h, report: 1s }
vips:
  - name: web
    address: ${VIP.address}
    port: ${VIP.port}
    mac: ${VIP.mac}
    servers:
      - { name: s1, address: 10.0.0.11, port: 8080, mac: '02:00:00:00:00:01', switchPort: 1 }
      - { name: s2, address: ${SERVER.address}, port: 8080, mac: '${SERVER.mac}', switchPort: 2, spare: true }
`;

/** SYN, SYN-ACK and ACK of a connection. */
function handshake(n: number): readonly (readonly [port: number, frame: Uint8Array])[] {
  const address = `10.1.${(n >> 14) & 255}.${1 + ((n >> 8) & 63)}`;
  const port = 1024 + (n & 255) + 256 * ((n >> 14) & 127);
  const toVip = [
    ethernet({ source: CLIENT.mac, destination: VIP.mac }),
    ipv4({ source: address, destination: VIP.address }),
  ];
  const fromClient = (flags: number, acknowledgment: number) =>
    packet(...toVip, tcp({ source: port, destination: VIP.port, flags, sequence: 1, acknowledgment }));
  const answer = packet(
    ethernet({ source: SERVER.mac, destination: CLIENT.mac }),
    ipv4({ source: SERVER.address, destination: address }),
    tcp({ source: 8080, destination: port, flags: TCP.SYN | TCP.ACK, sequence: n, acknowledgment: 2 }),
  );
  return [
    [CLIENT.switchPort, fromClient(TCP.SYN, 0)],
    [SERVER.switchPort, answer],
    [CLIENT.switchPort, fromClient(TCP.ACK, n + 1)],
  ];
}

/** One row for `npm run bench`. */
export async function benchmark() {
  const folder = mkdtempSync(join(tmpdir(), 'pin-promotion-'));
  const [grpc, dataplane] = [await freePort(), await freePort()];
  const address = `127.0.0.1:${grpc}`;
  const target = [
    '--grpc-server-addr',
    address,
    '--dp-grpc-server-addr',
    `127.0.0.1:${dataplane}`,
    '--cpu-port',
    '510',
  ];
  const command = [join(process.cwd(), 'cli/bin/mooring.mjs'), 'switch', '--no-p4', '-L', 'off', '--', ...target];
  const child = spawn(process.execPath, command, { stdio: 'ignore' });
  try {
    const { p4info, deviceConfig } = await compileLoadBalancer();
    const controller = await startController({
      configuration: { kind: 'text', name: 'promotion.yaml', text: CONFIGURATION(address) },
      program: { p4info, deviceConfig: Buffer.from(deviceConfig) },
      stateDir: folder,
      connectTimeoutMs: 20_000,
    });
    await controller.client.operate({ kind: 'swap', server: 's1', replacement: 's2', approve: true });
    const hosts = new DataplaneClient(`127.0.0.1:${dataplane}`);
    const frames = Array.from({ length: CONNECTIONS }, (_, n) => handshake(n));
    const pins = () => controller.status().counters.pinsExact;
    let sent = 0;
    const until = async (count: number): Promise<void> => {
      for (let last = performance.now(), before = -1; pins() < PINNED * count; ) {
        while (sent < count && sent - pins() < AHEAD + (1 - PINNED) * sent) {
          for (const [port, frame] of frames[sent]!) hosts.send(port, frame);
          sent++;
        }
        if (pins() !== before) [before, last] = [pins(), performance.now()];
        if (performance.now() - last > 20_000) throw new Error(`only ${pins()} of ${sent} connections were pinned`);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    };
    await until(WARM_UP);
    const pinsBefore = pins();
    const cpuBefore = { here: process.cpuUsage(), there: cpuSecondsOf(child.pid!) };
    const startedMs = performance.now();
    await until(CONNECTIONS);
    const seconds = (performance.now() - startedMs) / 1000;
    const here = process.cpuUsage(cpuBefore.here);
    const cpu = `processor seconds: controller and hosts ${((here.user + here.system) / 1e6).toFixed(1)}, switch ${(cpuSecondsOf(child.pid!) - cpuBefore.there).toFixed(1)}`;
    hosts.close();
    await controller.stop();
    const ours = (pins() - pinsBefore) / seconds;
    const name = 'pins promoted (digest, entry, release)';
    return [{ name, unit: 'pins/s', ours, better: 'higher' as const, bar: '>= 5,000', note: cpu }];
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}
