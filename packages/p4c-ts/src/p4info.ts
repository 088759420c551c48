/**
 * @mooring/p4c-ts/p4info: the compiler's control-plane output as protobuf messages and files. Apart from the rest,
 * because only this needs the protobuf runtime: a compilation that writes no P4Info does not load it.
 */
import { create, type P4Info, P4InfoSchema, toBinary, toJson, writeP4Info } from '@mooring/p4runtime-ts/p4info';
import { Update_Type, type WriteRequest, WriteRequestSchema } from '@mooring/p4runtime-ts/proto';
import { toText } from '@mooring/p4runtime-ts/textproto';
import type { ControlPlane, Entry, EntryMatch } from './7-emit-p4info/model.ts';

export type { ControlPlane, Entry, EntryMatch } from './7-emit-p4info/model.ts';

/** File formats: protobuf text (p4c's default), binary, or JSON. */
export type ControlPlaneFormat = 'text' | 'binary' | 'json';

/** The P4Info message. */
export function p4infoMessage(controlPlane: ControlPlane): P4Info {
  return create(P4InfoSchema, controlPlane.p4info);
}

/** The P4Info as the content of a file, as p4c writes it. */
export function p4infoFile(controlPlane: ControlPlane, format: ControlPlaneFormat): Uint8Array {
  return writeP4Info(p4infoMessage(controlPlane), format);
}

/** The program's own table entries as one request that inserts them all. Device, election and role are left empty. */
export function entriesMessage(controlPlane: ControlPlane): WriteRequest {
  const updates = controlPlane.entries.map((entry) => ({
    type: Update_Type.INSERT,
    entity: { entity: { case: 'tableEntry', value: tableEntry(entry) } },
  })) satisfies NonNullable<Parameters<typeof create<typeof WriteRequestSchema>>[1]>['updates'];
  return create(WriteRequestSchema, { updates });
}

/** The entries as the content of a file. */
export function entriesFile(controlPlane: ControlPlane, format: ControlPlaneFormat): Uint8Array {
  const message = entriesMessage(controlPlane);
  switch (format) {
    case 'text':
      return new TextEncoder().encode(toText(WriteRequestSchema, message, { header: true }));
    case 'binary':
      return toBinary(WriteRequestSchema, message);
    case 'json':
      return new TextEncoder().encode(`${JSON.stringify(toJson(WriteRequestSchema, message), null, 1)}\n`);
  }
}

function tableEntry(entry: Entry) {
  return {
    tableId: entry.tableId,
    match: entry.matches.map(fieldMatch),
    action: {
      type: {
        case: 'action',
        value: {
          actionId: entry.actionId,
          params: entry.parameters.map(({ id, value }) => ({ paramId: id, value: bytes(value) })),
        },
      },
    },
    priority: entry.priority,
    isConst: entry.isConst,
  } as const;
}

function fieldMatch({ fieldId, match }: EntryMatch) {
  switch (match.kind) {
    case 'exact':
      return { fieldId, fieldMatchType: { case: 'exact', value: { value: bytes(match.value) } } } as const;
    case 'optional':
      return { fieldId, fieldMatchType: { case: 'optional', value: { value: bytes(match.value) } } } as const;
    case 'ternary': {
      const value = { value: bytes(match.value), mask: bytes(match.mask) };
      return { fieldId, fieldMatchType: { case: 'ternary', value } } as const;
    }
    case 'lpm': {
      const value = { value: bytes(match.value), prefixLen: match.prefixLength };
      return { fieldId, fieldMatchType: { case: 'lpm', value } } as const;
    }
    case 'range': {
      const value = { low: bytes(match.low), high: bytes(match.high) };
      return { fieldId, fieldMatchType: { case: 'range', value } } as const;
    }
  }
}

/** A copy over an `ArrayBuffer` of its own, which is what the bindings take. */
function bytes(value: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(value);
}
