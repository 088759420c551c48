/**
 * Traces one packet through a program, in this process and without a network.
 *
 * The switch's core stands behind the P4Runtime service itself, called directly, so that entries are checked,
 * translated and laid out exactly as a running switch would do it; then the data plane's own tracer tells the packet's
 * way. Without a P4Info the program runs with the entries that stand in it, and no others.
 */
import { RpcError } from '@mooring/p4runtime-ts';
import { create, readP4Info } from '@mooring/p4runtime-ts/p4info';
import {
  Code,
  ForwardingPipelineConfigSchema,
  SetForwardingPipelineConfigRequest_Action,
  SetForwardingPipelineConfigRequestSchema,
  type Update,
  Update_Type,
  type WriteRequest,
  WriteRequestSchema,
} from '@mooring/p4runtime-ts/proto';
import { P4RuntimeService } from '@mooring/p4runtime-ts/server';
import { SwitchCore, type TraceEvent } from '@mooring/softswitch';
import { CommandFailure } from '../command-line/errors.ts';

/** A file with entries, read. */
export interface EntriesFile {
  readonly path: string;
  readonly request: WriteRequest;
}

/** What is traced, and through what. */
export interface TraceRequest {
  /** BMv2 JSON. */
  readonly deviceConfig: string;
  /** P4Info as text, binary or JSON; needed for `entries`. */
  readonly p4info: string | Uint8Array | undefined;
  readonly entries: readonly EntriesFile[];
  readonly port: number;
  readonly packet: Uint8Array;
  /** Port of the controller; undefined: none. */
  readonly cpuPort: number | undefined;
  /** Egress port that drops. */
  readonly dropPort: number;
}

/**
 * Loads the program, writes the entries and takes the packet through.
 *
 * Entries that the program has itself (a file of `--p4runtime-entries-files` lists those) may stand in the files; they
 * are not written twice.
 *
 * @throws CommandFailure `BAD_PROGRAM`, `BAD_P4INFO` or `BAD_ENTRY`
 */
export async function tracePacket(request: TraceRequest): Promise<readonly TraceEvent[]> {
  const core = new SwitchCore({
    cpuPort: request.cpuPort,
    dropPort: request.dropPort,
    priorityQueues: 1,
    // One packet at the beginning of time: what is printed is the same every time.
    nowUs: () => 0,
    output: () => {},
    log: () => {},
  });
  if (request.p4info === undefined) {
    try {
      core.loadWithoutP4Info(request.deviceConfig);
    } catch (error) {
      throw badProgram(error);
    }
  } else await control(core, request.p4info, request);
  return core.dataPlane!.trace(request.port, request.packet);
}

async function control(target: SwitchCore, p4info: string | Uint8Array, request: TraceRequest): Promise<void> {
  const info = (() => {
    try {
      return readP4Info(p4info);
    } catch (error) {
      throw new CommandFailure(`the P4Info cannot be read: ${(error as Error).message}`, { code: 'BAD_P4INFO' });
    }
  })();
  const service = new P4RuntimeService({ devices: [{ deviceId: 0, target }] });
  await service
    .setForwardingPipelineConfig(
      create(SetForwardingPipelineConfigRequestSchema, {
        action: SetForwardingPipelineConfigRequest_Action.VERIFY_AND_COMMIT,
        config: create(ForwardingPipelineConfigSchema, {
          p4info: info,
          p4DeviceConfig: new TextEncoder().encode(request.deviceConfig),
        }),
      }),
    )
    .catch((error: unknown) => {
      throw badProgram(error);
    });
  const constant = new Set(info.tables.filter((table) => table.isConstTable).map((table) => table.preamble?.id));
  for (const { path, request: file } of request.entries) {
    for (const [index, update] of file.updates.entries()) {
      if (isConstant(update, constant)) continue;
      await service.write(create(WriteRequestSchema, { updates: [update] })).catch((error: unknown) => {
        const failure = error instanceof RpcError ? error.updateErrors[0] : undefined;
        if (failure?.canonicalCode === Code.ALREADY_EXISTS && update.type === Update_Type.INSERT) return;
        throw new CommandFailure(`${path}: update ${index + 1}: ${failure?.message ?? (error as Error).message}`, {
          code: 'BAD_ENTRY',
          field: '--entries',
        });
      });
    }
  }
}

/** Whether an update is of an entry that stands in the program and cannot be written. */
function isConstant(update: Update, constant: ReadonlySet<number | undefined>): boolean {
  const entity = update.entity?.entity;
  return entity?.case === 'tableEntry' && constant.has(entity.value.tableId) && !entity.value.isDefaultAction;
}

function badProgram(error: unknown): CommandFailure {
  return new CommandFailure(`the program cannot be run: ${(error as Error).message}`, { code: 'BAD_PROGRAM' });
}
