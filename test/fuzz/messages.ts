/**
 * Random and malformed P4Runtime messages against a whole switch, over gRPC, as bytes: the server answers each, tells
 * no bug of its own, and afterwards still does what a proper client asks.
 */
import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import * as grpc from '@grpc/grpc-js';
import { P4RuntimeClient } from '@mooring/p4runtime-ts';
import { create } from '@mooring/p4runtime-ts/p4info';
import {
  CapabilitiesRequestSchema,
  GetForwardingPipelineConfigRequestSchema,
  ReadRequestSchema,
  SetForwardingPipelineConfigRequest_Action as SetAction,
  SetForwardingPipelineConfigRequestSchema,
  StreamMessageRequestSchema,
  WriteRequestSchema,
} from '@mooring/p4runtime-ts/proto';
import { startSwitch } from '@mooring/softswitch';
import { type CompiledProgram, type ProgramName, program } from '../conformance/p4runtime/support/program.ts';
import type { Random } from '../differential/random.ts';
import { damagedBytes, type Hints, randomMessage } from './random-message.ts';

const DEVICE_ID = 1n;
const ELECTION_ID = { high: 0n, low: 5n };
const INTERNAL = 13;
const UNAVAILABLE = 14;
const DEADLINE_EXCEEDED = 4;
const PROGRAMS: readonly ProgramName[] = ['keys', 'resources', 'selectors', 'redirect', 'controller'];

/** Ids and sizes of a program. */
function hintsOf({ p4info }: CompiledProgram): Hints {
  const preambled = [
    ...p4info.tables,
    ...p4info.actions,
    ...p4info.actionProfiles,
    ...p4info.counters,
    ...p4info.meters,
    ...p4info.valueSets,
    ...p4info.registers,
    ...p4info.digests,
  ];
  return [...preambled.map(({ preamble }) => preamble?.id ?? 0), 1, 2, 3, 4, 1, 2, 1];
}

const METHODS: readonly (readonly [weight: number, name: string, desc: DescMessage])[] = [
  [10, 'Write', WriteRequestSchema],
  [6, 'Read', ReadRequestSchema],
  [1, 'SetForwardingPipelineConfig', SetForwardingPipelineConfigRequestSchema],
  [1, 'GetForwardingPipelineConfig', GetForwardingPipelineConfigRequestSchema],
  [1, 'Capabilities', CapabilitiesRequestSchema],
  [4, 'StreamChannel', StreamMessageRequestSchema],
];

/** What a run has found. */
export interface MessageFindings {
  readonly sent: number;
  /** Answers by gRPC code. */
  readonly codes: ReadonlyMap<number, number>;
  /** What should not have happened. */
  readonly findings: readonly string[];
}

const bytes = (each: Uint8Array) => Buffer.from(each);
const same = (each: Buffer) => each;

/** Sends messages until `isOver`. */
export async function fuzzMessages(random: Random, isOver: (sent: number) => boolean): Promise<MessageFindings> {
  const codes = new Map<number, number>();
  const findings: string[] = [];
  let sent = 0;
  while (!isOver(sent)) {
    await using running = await startSwitch({
      deviceId: Number(DEVICE_ID),
      cpuPort: 255,
      grpcAddress: '127.0.0.1:0',
      logLevel: 'off',
    });
    const address = running.address!;
    const current = program(random.pick(PROGRAMS));
    const hints = hintsOf(current);
    const client = await P4RuntimeClient.connect({ address, deviceId: DEVICE_ID, electionId: ELECTION_ID.low });
    await client.setPipeline({ p4info: current.p4info, deviceConfig: current.deviceConfig });
    const raw = new grpc.Client(address, grpc.credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
    for (let i = 0; i < 300 && !isOver(sent); i++, sent++) {
      const [name, desc] = random.weighted(METHODS.map(([weight, ...rest]) => [weight, rest] as const));
      const payload = damagedBytes(desc, proper(randomMessage(desc, random, hints), name, random, current), random);
      const { code, details } = await call(raw, name, payload);
      codes.set(code, (codes.get(code) ?? 0) + 1);
      const decoding = /deserializing|decode|parsing|Error occurred while/i.test(details);
      if ((code === INTERNAL && !decoding) || code === UNAVAILABLE || code === DEADLINE_EXCEEDED)
        findings.push(
          `${name} answered ${code} ${details.slice(0, 300)} to ${Buffer.from(payload).toString('hex').slice(0, 2000)}`,
        );
    }
    raw.close();
    client.close();
    // A client of good manners finds a switch that works.
    const after = await P4RuntimeClient.connect({ address, deviceId: DEVICE_ID, electionId: 2n ** 128n - 1n });
    const keys = program('keys');
    await after.setPipeline({ p4info: keys.p4info, deviceConfig: keys.deviceConfig });
    await after.insert({
      kind: 'table',
      table: 'exact_one',
      match: { c: 5 },
      action: { name: 'mark', params: { value: 1 } },
    });
    let count = 0;
    for await (const _ of after.read({ kind: 'table', table: 'exact_one' })) count++;
    if (count !== 1) findings.push(`after ${sent} messages there are ${count} entries instead of 1`);
    after.close();
    if (findings.length > 20) break;
  }
  return { sent, codes, findings };
}

/** Mostly addressed to the device by the primary, and mostly without a program of random bytes. */
function proper(message: MessageShape<DescMessage>, name: string, random: Random, current: CompiledProgram) {
  const fields = message as unknown as Record<string, unknown>;
  if (random.chance(0.95) && 'deviceId' in fields) fields.deviceId = DEVICE_ID;
  if (random.chance(0.95) && 'role' in fields) fields.role = '';
  if (random.chance(0.95) && 'electionId' in fields) fields.electionId = { $typeName: 'p4.v1.Uint128', ...ELECTION_ID };
  const update = fields.update as { case: string | undefined; value: Record<string, unknown> } | undefined;
  if (update?.case === 'arbitration' && random.chance(0.97)) {
    // Seldom above the primary's, or nobody could write any more.
    update.value.deviceId = DEVICE_ID;
    update.value.electionId = { $typeName: 'p4.v1.Uint128', high: 0n, low: BigInt(random.below(5)) };
  }
  if (name === 'Write' && random.chance(0.8)) fields.atomicity = random.below(3);
  if (name === 'SetForwardingPipelineConfig' && random.chance(0.7))
    Object.assign(
      fields,
      create(SetForwardingPipelineConfigRequestSchema, {
        deviceId: DEVICE_ID,
        electionId: ELECTION_ID,
        action: random.pick([
          SetAction.VERIFY,
          SetAction.VERIFY_AND_SAVE,
          SetAction.COMMIT,
          SetAction.RECONCILE_AND_COMMIT,
        ]),
        config: { p4info: current.p4info, p4DeviceConfig: new Uint8Array(current.deviceConfig) },
      }),
    );
  return message;
}

/** Makes one call with these bytes and waits for its end. */
function call(raw: grpc.Client, name: string, payload: Uint8Array): Promise<{ code: number; details: string }> {
  const path = `/p4.v1.P4Runtime/${name}`;
  const deadline = { deadline: Date.now() + 20_000 };
  return new Promise((resolve) => {
    const done = ({ code, details }: { code: number; details: string }) => resolve({ code, details });
    if (name === 'StreamChannel') {
      const stream = raw.makeBidiStreamRequest(path, bytes, same, deadline);
      stream.on('data', () => {});
      stream.on('error', () => {});
      stream.on('status', done);
      stream.write(payload);
      stream.end();
    } else if (name === 'Read') {
      const stream = raw.makeServerStreamRequest(path, bytes, same, payload, deadline);
      stream.on('data', () => {});
      stream.on('error', () => {});
      stream.on('status', done);
    } else raw.makeUnaryRequest(path, bytes, same, payload, deadline, () => {}).on('status', done);
  });
}
