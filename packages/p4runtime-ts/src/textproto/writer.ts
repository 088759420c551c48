/**
 * Writes a message in protobuf's text format, byte for byte as protobuf's C++ `TextFormat` (and so p4c) prints it.
 *
 * What that means: fields in order of their number whatever the order of declaration; two spaces a level; one line per
 * scalar and per element of a repeated scalar; maps as repeated `{ key value }` ordered by key; strings and bytes
 * escaped alike, octal for everything that is not printable ASCII; `Any` not expanded. It walks descriptors, so it
 * serves every message, not P4Info alone. Lines are collected in one array and joined once: linear in the size of the
 * output.
 */
import { type DescField, type DescMessage, type MessageShape, ScalarType } from '@bufbuild/protobuf';
import { type ReflectMessage, reflect } from '@bufbuild/protobuf/reflect';

/** How to write. */
export interface TextWriteOptions {
  /** Begin with the two comment lines that name file and message, and an empty line, as p4c does. Default false. */
  readonly header?: boolean;
}

/**
 * The text of a message, every line ended by a line feed.
 *
 * @throws never, for a message that fits its descriptor.
 */
export function toText<Desc extends DescMessage>(
  schema: Desc,
  message: MessageShape<Desc>,
  options: TextWriteOptions = {},
): string {
  const lines: string[] = [];
  if (options.header) lines.push(`# proto-file: ${schema.file.name}.proto`, `# proto-message: ${schema.typeName}`, '');
  writeMessage(reflect(schema, message), '', lines);
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

function writeMessage(message: ReflectMessage, indent: string, lines: string[]): void {
  for (const field of message.sortedFields) {
    if (!message.isSet(field)) continue;
    switch (field.fieldKind) {
      case 'message':
        writeNested(field.name, message.get(field), indent, lines);
        break;
      case 'scalar':
      case 'enum':
        lines.push(`${indent}${field.name}: ${scalarText(field, message.get(field))}`);
        break;
      case 'list': {
        const list = message.get(field);
        for (const item of list) {
          if (field.listKind === 'message') writeNested(field.name, item as ReflectMessage, indent, lines);
          else lines.push(`${indent}${field.name}: ${scalarText(field, item)}`);
        }
        break;
      }
      case 'map': {
        const entries = [...message.get(field)].sort(([a], [b]) => compareKeys(a, b));
        for (const [key, value] of entries) {
          lines.push(`${indent}${field.name} {`);
          lines.push(`${indent}  key: ${scalarOf(field.mapKey, key)}`);
          if (field.mapKind === 'message') writeNested('value', value as ReflectMessage, `${indent}  `, lines);
          else lines.push(`${indent}  value: ${scalarText(field, value)}`);
          lines.push(`${indent}}`);
        }
        break;
      }
    }
  }
}

function writeNested(name: string, value: ReflectMessage, indent: string, lines: string[]): void {
  lines.push(`${indent}${name} {`);
  writeMessage(value, `${indent}  `, lines);
  lines.push(`${indent}}`);
}

function compareKeys(a: unknown, b: unknown): number {
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return (a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0;
}

function scalarText(field: DescField, value: unknown): string {
  if (field.enum !== undefined) return field.enum.value[value as number]?.name ?? String(value);
  return scalarOf(field.scalar ?? ScalarType.STRING, value);
}

function scalarOf(type: ScalarType, value: unknown): string {
  switch (type) {
    case ScalarType.STRING:
      return `"${escapeBytes(Buffer.from(value as string, 'utf8'))}"`;
    case ScalarType.BYTES:
      return `"${escapeBytes(value as Uint8Array)}"`;
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return floatText(value as number);
    default:
      return String(value);
  }
}

function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  return String(value);
}

/** Protobuf's escaping: named escapes, printable ASCII as is, the rest as three octal digits. */
export function escapeBytes(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    if (byte === 0x0a) text += '\\n';
    else if (byte === 0x0d) text += '\\r';
    else if (byte === 0x09) text += '\\t';
    else if (byte === 0x22) text += '\\"';
    else if (byte === 0x27) text += "\\'";
    else if (byte === 0x5c) text += '\\\\';
    else if (byte >= 0x20 && byte < 0x7f) text += String.fromCharCode(byte);
    else text += `\\${byte.toString(8).padStart(3, '0')}`;
  }
  return text;
}
