/**
 * P4Info as files: protobuf text (what p4c writes by default), binary, and JSON.
 *
 * When reading, the format is told from the content, because file names vary (`.txtpb`, `.p4info.txt`, `.pb.txt`,
 * `.bin`, `.json`): JSON begins with a brace; a binary P4Info begins with a field tag followed by a length, and always
 * holds a control character early, which text never does.
 */
import { fromBinary, fromJson, type JsonValue, toBinary, toJson } from '@bufbuild/protobuf';
import { type P4Info, P4InfoSchema } from '../gen/p4/config/v1/p4info_pb.ts';
import { fromText } from '../textproto/reader.ts';
import { toText } from '../textproto/writer.ts';

/** The three forms of a P4Info file. */
export type P4InfoFormat = 'text' | 'binary' | 'json';

/**
 * Reads a P4Info, telling the format from the content unless it is given.
 *
 * @throws TextFormatError with line and column; or Error for broken JSON or binary
 */
export function readP4Info(content: Uint8Array | string, format?: P4InfoFormat): P4Info {
  switch (format ?? formatOf(content)) {
    case 'text':
      return fromText(P4InfoSchema, textOf(content));
    case 'json':
      return fromJson(P4InfoSchema, JSON.parse(textOf(content)) as JsonValue);
    case 'binary':
      return fromBinary(P4InfoSchema, typeof content === 'string' ? Buffer.from(content, 'latin1') : content);
  }
}

/** Writes a P4Info: text as p4c does, with its header comment; JSON as protobuf does, one space a level. */
export function writeP4Info(p4info: P4Info, format: P4InfoFormat): Uint8Array {
  switch (format) {
    case 'text':
      return Buffer.from(toText(P4InfoSchema, p4info, { header: true }), 'utf8');
    case 'json':
      return Buffer.from(`${JSON.stringify(toJson(P4InfoSchema, p4info), null, 1)}\n`);
    case 'binary':
      return toBinary(P4InfoSchema, p4info);
  }
}

function textOf(content: Uint8Array | string): string {
  return typeof content === 'string' ? content : new TextDecoder().decode(content);
}

function formatOf(content: Uint8Array | string): P4InfoFormat {
  const bytes = typeof content === 'string' ? Buffer.from(content.slice(0, 256), 'latin1') : content.subarray(0, 256);
  if (bytes.some((byte) => byte < 0x20 && (byte < 0x09 || byte > 0x0d))) return 'binary';
  return /^\s*\{/.test(Buffer.from(bytes).toString('latin1')) ? 'json' : 'text';
}
