/**
 * Pins a second that the controller takes over from the switch: digest in, exact entry and release out. The switch is a
 * process of its own with its P4Runtime server; the controller speaks to it by gRPC. Every bucket is in shift, so that
 * every new connection is pinned.
 *
 * Clients and servers live in the switch's process and hand their frames to its ports: what is measured is promotion,
 * not how frames come in. They open a connection for each pin that the controller has taken over, so that they keep
 * only as many ahead of it as the registers have room for.
 */
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ethernet, ipv4, packet, TCP, tcp } from '@mooring/bmv2-harness';
import { cpuSecondsOf } from '@mooring/bmv2-harness/bmv2';
import { startController } from '@mooring/controller';
import { type RunningSwitch, startSwitch } from '@mooring/softswitch';
import { compileLoadBalancer } from '../src/program/load-balancer.ts';

const PINS = 60_000;
const WARM_UP = 10_000;
/**
 * Few beside the 2 x 16,384 slots, so that hardly any finds both of its slots taken (and goes to the base, unpinned).
 */
const AHEAD = 2_000;
/** How often the hosts hear how far the controller is. */
const TELL_MS = 2;
/** Connections that hosts try to open in one go. */
const TRIES = 500;
const PATIENCE_MS = 20_000;
const VIP = { address: '10.0.0.1', mac: '02:00:00:00:01:00', port: 80 };
const CLIENT = { mac: '02:00:00:00:00:0a', switchPort: 9 };
const BASE = { address: '10.0.0.11', mac: '02:00:00:00:00:01', switchPort: 1 };
const SERVER = { address: '10.0.0.12', mac: '02:00:00:00:00:02', switchPort: 2 };
/** First argument of the switch's process. */
const AS_SWITCH = 'switch-of-pin-promotion';

const CONFIGURATION = (address: string) => `
switch: { address: '${address}', ports: [1, 2, 9] }
timers: { idle: 10m, handshake: 5s, inFlight: 100ms, learnAfter: 1h, report: 1s }
vips:
  - name: web
    address: ${VIP.address}
    port: ${VIP.port}
    mac: ${VIP.mac}
    servers:
      - { name: s1, address: ${BASE.address}, port: 8080, mac: '${BASE.mac}', switchPort: ${BASE.switchPort} }
      - { name: s2, address: ${SERVER.address}, port: 8080, mac: '${SERVER.mac}', switchPort: ${SERVER.switchPort}, spare: true }
`;

type Frame = readonly [port: number, frame: Buffer];

/** Where things are in a frame of TCP over IPv4 over Ethernet. */
const AT = {
  checksum: 24,
  source: 26,
  destination: 30,
  sourcePort: 34,
  destinationPort: 36,
  sequence: 38,
  acknowledgment: 42,
};
const NOBODY = '10.1.0.0';

/**
 * SYN, SYN-ACK and ACK of a connection; made once, for crafting frames anew takes longer than sending them through the
 * switch.
 */
function handshakes(): (n: number) => readonly [syn: Frame, answer: Frame, ack: Frame] {
  const toVip = [
    ethernet({ source: CLIENT.mac, destination: VIP.mac }),
    ipv4({ source: NOBODY, destination: VIP.address }),
  ];
  const fromClient = (flags: number) =>
    Buffer.from(packet(...toVip, tcp({ source: 0, destination: VIP.port, flags, sequence: 1, acknowledgment: 0 })));
  const syn = fromClient(TCP.SYN);
  const ack = fromClient(TCP.ACK);
  const answer = Buffer.from(
    packet(
      ethernet({ source: SERVER.mac, destination: CLIENT.mac }),
      ipv4({ source: SERVER.address, destination: NOBODY }),
      tcp({ source: 8080, destination: 0, flags: TCP.SYN | TCP.ACK, sequence: 0, acknowledgment: 2 }),
    ),
  );
  const frames = [
    [CLIENT.switchPort, syn],
    [SERVER.switchPort, answer],
    [CLIENT.switchPort, ack],
  ] as const;
  // The low half of the client's address alone changes, and the header's checksum with it (RFC 1624).
  const checksums = frames.map(([, frame]) => frame.readUInt16BE(AT.checksum));
  return (n) => {
    const port = 1024 + (n & 255) + 256 * ((n >> 14) & 127);
    const low = ((n >> 6) & 0xff00) | (1 + ((n >> 8) & 63));
    frames.forEach(([, frame], index) => {
      const isAnswer = frame === answer;
      const sum = checksums[index]! - low;
      frame.writeUInt16BE(sum < 0 ? sum + 0xffff : sum, AT.checksum);
      frame.writeUInt16BE(low, (isAnswer ? AT.destination : AT.source) + 2);
      frame.writeUInt16BE(port, isAnswer ? AT.destinationPort : AT.sourcePort);
    });
    answer.writeUInt32BE(n, AT.sequence);
    ack.writeUInt32BE(n + 1, AT.acknowledgment);
    return frames;
  };
}

/**
 * What the two processes tell each other: where the switch listens, and how many connections are to have been pinned.
 */
type Word =
  | { readonly kind: 'listening'; readonly address: string }
  | { readonly kind: 'open'; readonly until: number };

/** The switch's process: a switch, and hosts that open connections as they are told to. */
async function serveSwitch(): Promise<void> {
  const running: RunningSwitch = await startSwitch({ grpcAddress: '127.0.0.1:0', cpuPort: 510, logLevel: 'off' });
  const handshake = handshakes();
  let toBase = false;
  running.onFrame((port) => {
    toBase ||= port === BASE.switchPort;
  });
  let tried = 0;
  let opened = 0;
  let until = 0;
  let busy = false;
  const open = (): void => {
    busy = opened < until;
    // In between the switch hears its controller.
    for (let tries = 0; opened < until && tries < TRIES; tries++) {
      const [syn, ...rest] = handshake(tried++);
      toBase = false;
      running.send(...syn);
      // Its bucket is not in shift yet, or both of its slots were taken: it lives on the base, unpinned.
      if (toBase) continue;
      for (const frame of rest) running.send(...frame);
      opened++;
    }
    if (busy) setImmediate(open);
  };
  process.on('message', (word: Word) => {
    if (word.kind !== 'open') return;
    until = word.until;
    if (!busy) open();
  });
  process.on('disconnect', () => process.exit(0));
  process.send!({ kind: 'listening', address: running.address! } satisfies Word);
}

/** One row for `npm run bench`. */
export async function benchmark() {
  const folder = mkdtempSync(join(tmpdir(), 'pin-promotion-'));
  const child = fork(fileURLToPath(import.meta.url), [AS_SWITCH]);
  try {
    const address = await new Promise<string>((resolve, reject) => {
      child.once('message', (word: Word) => word.kind === 'listening' && resolve(word.address));
      child.once('exit', (code) => reject(new Error(`the switch's process ended with status ${code}`)));
    });
    const { p4info, deviceConfig } = await compileLoadBalancer();
    const controller = await startController({
      configuration: { kind: 'text', name: 'promotion.yaml', text: CONFIGURATION(address) },
      program: { p4info, deviceConfig: Buffer.from(deviceConfig) },
      stateDir: folder,
      connectTimeoutMs: 20_000,
    });
    const { entriesWritten } = controller.counters;
    await controller.client.operate({ kind: 'swap', server: 's1', replacement: 's2', approve: true });
    // What a turn writes is counted when it is in the switch.
    while (controller.counters.bucketsFlipped === 0 || controller.counters.entriesWritten === entriesWritten) {
      await new Promise((resolve) => setTimeout(resolve, TELL_MS));
    }
    // Those whose slot is known to be free again.
    const pins = () => controller.counters.pinsExact - controller.counters.registerPins;
    const until = async (count: number): Promise<void> => {
      for (let last = performance.now(), before = -1, told = 0; pins() < count; ) {
        const open = Math.min(count, pins() + AHEAD);
        if (open > told) child.send({ kind: 'open', until: (told = open) } satisfies Word);
        if (pins() !== before) [before, last] = [pins(), performance.now()];
        if (performance.now() - last > PATIENCE_MS)
          throw new Error(`only ${pins()} of ${told} connections were pinned`);
        await new Promise((resolve) => setTimeout(resolve, TELL_MS));
      }
    };
    await until(WARM_UP);
    const pinsBefore = pins();
    const cpuBefore = { controller: process.cpuUsage(), switch: cpuSecondsOf(child.pid!) };
    const startedMs = performance.now();
    await until(PINS);
    const seconds = (performance.now() - startedMs) / 1000;
    const promoted = pins() - pinsBefore;
    const controllerCpu = process.cpuUsage(cpuBefore.controller);
    const microseconds = (cpuSeconds: number) => `${Math.round((1e6 * cpuSeconds) / promoted)} us`;
    const cpu =
      `processor time a pin: controller ${microseconds((controllerCpu.user + controllerCpu.system) / 1e6)}, ` +
      `switch and hosts ${microseconds(cpuSecondsOf(child.pid!) - cpuBefore.switch)}`;
    await controller.stop();
    const name = 'pins promoted (digest, entry, release)';
    return [{ name, unit: 'pins/s', ours: promoted / seconds, better: 'higher' as const, bar: '>= 5,000', note: cpu }];
  } finally {
    // It ends with its last word.
    if (child.connected) {
      child.disconnect();
      await new Promise((resolve) => child.once('exit', resolve));
    }
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[2] === AS_SWITCH) await serveSwitch();
