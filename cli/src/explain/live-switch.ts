/**
 * Reads from a running switch what a trace needs: its program and all its entries, as P4Runtime gives them, without
 * becoming its controller. What cannot be read is left out: registers, which no P4Runtime switch of BMv2's kind lets
 * one read.
 */
import { grpcTransport } from '@mooring/p4runtime-ts';
import { create, type MessageInitShape, P4InfoSchema, toBinary } from '@mooring/p4runtime-ts/p4info';
import {
  type Entity,
  EntitySchema,
  GetForwardingPipelineConfigRequestSchema,
  ReadRequestSchema,
  GetForwardingPipelineConfigRequest_ResponseType as ResponseType,
  Update_Type,
  WriteRequestSchema,
} from '@mooring/p4runtime-ts/proto';
import { CommandFailure } from '../command-line/errors.ts';
import type { EntriesFile } from './trace-packet.ts';

/** A switch's program and entries. */
export interface LiveSwitch {
  readonly deviceConfig: string;
  readonly p4info: Uint8Array;
  readonly entries: readonly EntriesFile[];
}

type Pattern = MessageInitShape<typeof EntitySchema>['entity'];

const CALL_TIMEOUT_MS = 20_000;

/** @throws CommandFailure when the switch does not answer or runs no program */
export async function readLiveSwitch(address: string, deviceId: bigint): Promise<LiveSwitch> {
  const transport = grpcTransport(address);
  const options = { timeoutMs: CALL_TIMEOUT_MS };
  const read = async (pattern: Pattern): Promise<Entity[]> => {
    const entities: Entity[] = [];
    const request = create(ReadRequestSchema, { deviceId, entities: [create(EntitySchema, { entity: pattern })] });
    for await (const response of transport.read(request, options)) entities.push(...response.entities);
    return entities;
  };
  /** BMv2's server refuses to read what was never written. */
  const tryRead = (pattern: Pattern): Promise<Entity[]> => read(pattern).catch(() => []);
  try {
    const { config } = await transport.getForwardingPipelineConfig(
      create(GetForwardingPipelineConfigRequestSchema, { deviceId, responseType: ResponseType.ALL }),
      options,
    );
    if (config?.p4info === undefined) throw new Error('it runs no program');
    const inserted = [
      ...(await tryRead({ case: 'actionProfileMember', value: {} })),
      ...(await tryRead({ case: 'actionProfileGroup', value: {} })),
      ...(await read({ case: 'tableEntry', value: {} })),
      ...(await tryRead({
        case: 'packetReplicationEngineEntry',
        value: { type: { case: 'multicastGroupEntry', value: { multicastGroupId: 0 } } },
      })),
    ];
    const defaults: Entity[] = [];
    for (const table of config.p4info.tables) {
      const tableId = table.preamble?.id ?? 0;
      // Where entries have their actions from a profile, nobody can change the default.
      if (!table.isConstTable && table.constDefaultActionId === 0 && table.implementationId === 0)
        defaults.push(...(await tryRead({ case: 'tableEntry', value: { tableId, isDefaultAction: true } })));
    }
    const updates = [
      ...inserted.filter((entry) => !isDefault(entry)).map((entry) => ({ type: Update_Type.INSERT, entity: entry })),
      ...defaults.filter(isDefault).map((entry) => ({ type: Update_Type.MODIFY, entity: entry })),
    ];
    const request = create(WriteRequestSchema, { deviceId, updates });
    return {
      deviceConfig: Buffer.from(config.p4DeviceConfig).toString('utf8'),
      p4info: toBinary(P4InfoSchema, config.p4info),
      entries: [{ path: `the switch at ${address}`, request }],
    };
  } catch (error) {
    throw new CommandFailure(`the switch at ${address} cannot be read: ${(error as Error).message}`, {
      code: 'SWITCH_UNREACHABLE',
    });
  } finally {
    transport.close();
  }
}

/** Whether it is a table's default entry, with an action. */
function isDefault({ entity }: Entity): boolean {
  return entity.case === 'tableEntry' && entity.value.isDefaultAction && entity.value.action !== undefined;
}
