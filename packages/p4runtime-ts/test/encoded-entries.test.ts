/**
 * Table entries taken straight from the bytes of a Write: whatever the request, they are treated as they are when each
 * update is decoded first.
 *
 * Two servers get the same bytes; one of them may not see that they are bytes. Answers with all details, what the
 * switch is told, and what reads back must be alike, for updates in the usual shape, for wrong ones and for damaged
 * ones.
 */
import { create, toBinary } from '@bufbuild/protobuf';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Entity,
  EntitySchema,
  type FieldMatch,
  SetForwardingPipelineConfigRequest_Action as SetAction,
  SetForwardingPipelineConfigRequestSchema,
  type Update,
  Update_Type,
  UpdateSchema,
  WriteRequest_Atomicity,
  WriteRequestSchema,
} from '../src/proto.ts';
import { Program } from '../src/schema/program.ts';
import { PipelineState } from '../src/server/store/state.ts';
import { Batch } from '../src/server/write/batch.ts';
import { EncodedEntries } from '../src/server/write/encoded-entries.ts';
import { type BlockFailure, type EntryBlock, type SwitchUpdate, unpackBlock } from '../src/switch.ts';
import { FakeSwitch, P4RuntimeService } from '../src/testing.ts';
import { RpcError } from '../src/transport/rpc-error.ts';
import { writeCallFromBytes } from '../src/wire/write-request.ts';
import { damaged, encode, fieldMatch, p4info, request, requestOf } from './fixtures/encoded-updates.ts';

/** A switch that remembers what it was told, one by one, and refuses some of it. */
class Told extends FakeSwitch {
  constructor(refused: number | undefined) {
    super();
    this.fail((update) => ('slot' in update && update.slot === refused ? 'not this one' : undefined));
  }
}

/** The same for blocks. */
class ToldInBlocks extends Told {
  blocks = 0;

  async applyBlocks(
    updates: readonly (SwitchUpdate | EntryBlock)[],
    atomic: boolean,
  ): Promise<readonly BlockFailure[]> {
    const places: { index: number; item: number | undefined }[] = [];
    const single = updates.flatMap((update, index) => {
      if (update.kind !== 'entry-block') {
        places.push({ index, item: undefined });
        return [update];
      }
      this.blocks++;
      // What arrives in another thread is a copy.
      const unpacked = unpackBlock(structuredClone(update));
      for (const item of unpacked.keys()) places.push({ index, item });
      return unpacked;
    });
    return (await this.apply(single, atomic)).map(({ index, error }) => ({ ...places[index]!, error }));
  }
}

async function serviceOn(target: FakeSwitch, saved: boolean): Promise<P4RuntimeService> {
  const service = new P4RuntimeService({ devices: [{ deviceId: 1, target }] });
  await service.setForwardingPipelineConfig(
    create(SetForwardingPipelineConfigRequestSchema, {
      deviceId: 1n,
      action: saved ? SetAction.VERIFY_AND_SAVE : SetAction.VERIFY_AND_COMMIT,
      config: { p4info, p4DeviceConfig: new Uint8Array(1) },
    }),
  );
  const profile = (entity: Entity['entity']) => ({ type: Update_Type.INSERT, entity: { entity } }) as Update;
  const objects = [1, 2].flatMap((id) => [
    profile(
      create(EntitySchema, {
        entity: {
          case: 'actionProfileMember',
          value: { actionProfileId: 21, memberId: id, action: { actionId: 12 } },
        },
      }).entity,
    ),
    profile(
      create(EntitySchema, {
        entity: { case: 'actionProfileGroup', value: { actionProfileId: 21, groupId: id, maxSize: 2 } },
      }).entity,
    ),
  ]);
  await service.write(create(WriteRequestSchema, { deviceId: 1n, updates: objects }));
  return service;
}

async function outcome(run: Promise<unknown>): Promise<unknown> {
  try {
    await run;
    return 'OK';
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    return { code: error.code, reason: error.reason, details: error.updateErrors };
  }
}

async function contents(service: P4RuntimeService): Promise<string[]> {
  const read: string[] = [];
  const entity = create(EntitySchema, { entity: { case: 'tableEntry', value: { tableId: 0 } } });
  await service.read(
    { $typeName: 'p4.v1.ReadRequest', deviceId: 1n, role: '', entities: [entity] },
    async (entities) => {
      for (const each of entities) read.push(Buffer.from(toBinary(EntitySchema, each)).toString('hex'));
    },
  );
  return read.sort();
}

/**
 * Writes requests to three servers: one decodes each update, one has the bytes, one hands on blocks. Expects no
 * difference.
 */
async function compare(
  requests: readonly Uint8Array[],
  refused: number | undefined,
  saved = false,
): Promise<{ outcomes: unknown[]; read: string[]; blocks: number }> {
  const decoded = new Told(refused);
  const encoded = new Told(refused);
  const inBlocks = new ToldInBlocks(refused);
  const services = [
    await serviceOn(decoded, saved),
    await serviceOn(encoded, saved),
    await serviceOn(inBlocks, saved),
  ] as const;
  const outcomes: unknown[] = [];
  for (const bytes of requests) {
    const { updates, ...rest } = writeCallFromBytes(bytes);
    const hidden = { length: updates.length, at: (index: number) => updates.at(index) };
    const expected = await outcome(services[0].write({ ...rest, updates: hidden }));
    for (const service of services.slice(1))
      expect(await outcome(service.write(writeCallFromBytes(bytes)))).toEqual(expected);
    outcomes.push(expected);
  }
  const read = await contents(services[0]);
  for (const [service, target] of [
    [services[1], encoded],
    [services[2], inBlocks],
  ] as const) {
    expect(target.log).toEqual(decoded.log);
    expect(await contents(service)).toEqual(read);
  }
  return { outcomes, read, blocks: inBlocks.blocks };
}

describe('entries straight from bytes', () => {
  it('are treated as decoded ones (property)', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(request, { minLength: 1, maxLength: 8 }),
        fc.option(fc.nat(3), { nil: undefined, freq: 3 }),
        fc.boolean(),
        async (requests, refused, saved) => {
          await compare(requests, saved ? undefined : refused, saved);
        },
      ),
      { numRuns: 150 },
    );
  }, 120_000);

  it('damage is treated alike (property)', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(damaged, { minLength: 1, maxLength: 20 }), async (updates) => {
        await compare([requestOf(updates, 0)], undefined);
      }),
      { numRuns: 150 },
    );
  }, 120_000);

  const flow = (source: number, type = Update_Type.INSERT) =>
    create(UpdateSchema, {
      type,
      entity: {
        entity: {
          case: 'tableEntry',
          value: {
            tableId: 1,
            match: [
              [1, Uint8Array.of(source)],
              [2, Uint8Array.of(1, 255)],
              [300, Uint8Array.of(1, 2, 3, 4, 5, 6)],
            ].map(([id, bytes]) =>
              fieldMatch(id as number, {
                case: 'exact',
                value: { $typeName: 'p4.v1.FieldMatch.Exact', value: bytes as Uint8Array },
              }),
            ),
            ...(type === Update_Type.DELETE ? {} : { action: { type: { case: 'action', value: { actionId: 12 } } } }),
          },
        },
      },
    });

  it('arrive as one block, in which failures keep their places', async () => {
    const updates = [flow(1), flow(2), flow(2), flow(3), flow(1, Update_Type.MODIFY)].map(encode);
    const { outcomes, read, blocks } = await compare([requestOf(updates, 0)], 1);
    expect(outcomes).toMatchObject([
      {
        details: [
          { canonicalCode: 0 },
          { canonicalCode: 8 },
          { canonicalCode: 6 },
          { canonicalCode: 0 },
          { canonicalCode: 0 },
        ],
      },
    ]);
    expect(read.length).toBe(2);
    expect(blocks).toBe(1);
  });

  it('an atomic batch of which one is refused leaves nothing behind', async () => {
    const all = [flow(1), flow(2), flow(3), flow(1, Update_Type.DELETE), flow(4)].map(encode);
    const { outcomes, read } = await compare(
      [requestOf(all, WriteRequest_Atomicity.ROLLBACK_ON_ERROR), requestOf([encode(flow(9)), encode(flow(9))], 1)],
      2,
    );
    expect(outcomes).toMatchObject([{ code: 2 }, { code: 2 }]);
    expect(read).toEqual([]);
  });

  it('the usual shapes of all kinds of match are read without decoding', () => {
    const state = new PipelineState(
      new Program(p4info),
      { $typeName: 'p4.v1.ForwardingPipelineConfig', p4DeviceConfig: new Uint8Array(0) },
      { initialEntries: [], defaultActions: [] },
      { strict: false, translations: {} },
    );
    const entries = new EncodedEntries(state);
    const batch = new Batch();
    const written = (message: Update) => {
      const bytes = encode(message);
      return entries.write(batch, bytes, 0, bytes.length, 0, 1);
    };
    const entry = (tableId: number, match: FieldMatch[], priority = 0) =>
      create(UpdateSchema, {
        type: Update_Type.INSERT,
        entity: {
          entity: {
            case: 'tableEntry',
            value: {
              tableId,
              match,
              priority,
              action: {
                type: {
                  case: 'action',
                  value: {
                    actionId: 11,
                    params: [
                      { paramId: 1, value: Uint8Array.of(5) },
                      { paramId: 2, value: Uint8Array.of(6) },
                    ],
                  },
                },
              },
            },
          },
        },
      });
    expect(written(flow(1))).toBe(true);
    expect(written(flow(1))).toBe(false);
    const ten = Uint8Array.of(10, 0, 0, 0);
    const vrf = fieldMatch(1, {
      case: 'exact',
      value: { $typeName: 'p4.v1.FieldMatch.Exact', value: Uint8Array.of(1) },
    });
    const prefix = fieldMatch(2, {
      case: 'lpm',
      value: { $typeName: 'p4.v1.FieldMatch.LPM', value: ten, prefixLen: 9 },
    });
    expect(written(entry(2, [vrf, prefix]))).toBe(true);
    expect(written(entry(2, [vrf]))).toBe(true);
    const masked = fieldMatch(1, {
      case: 'ternary',
      value: { $typeName: 'p4.v1.FieldMatch.Ternary', value: Uint8Array.of(2), mask: Uint8Array.of(3) },
    });
    const port = fieldMatch(3, {
      case: 'optional',
      value: { $typeName: 'p4.v1.FieldMatch.Optional', value: Uint8Array.of(7) },
    });
    expect(written(entry(0x02000003, [masked, port], 5))).toBe(true);
    expect(written(entry(0x02000003, [masked, port]))).toBe(false);
    expect(batch.unpacked()).toMatchObject([
      { kind: 'table-insert', tableId: 1, slot: 0 },
      {
        kind: 'table-insert',
        tableId: 2,
        slot: 0,
        match: [
          { kind: 'exact', value: Uint8Array.of(0, 1) },
          { kind: 'lpm', value: Uint8Array.of(0, 10, 0, 0, 0), prefixLength: 9 },
        ],
        action: { actionId: 11, params: [Uint8Array.of(0, 5), Uint8Array.of(0, 0, 0, 0, 0, 6)] },
      },
      { slot: 1, match: [{}, { kind: 'lpm', prefixLength: 0 }] },
      {
        priority: 5,
        match: [
          { kind: 'ternary', value: Uint8Array.of(0, 0, 2), mask: Uint8Array.of(0, 0, 3) },
          { kind: 'range', low: Uint8Array.of(0, 0), high: Uint8Array.of(255, 255) },
          { kind: 'optional', value: Uint8Array.of(0, 7) },
        ],
      },
    ]);
  });
});
