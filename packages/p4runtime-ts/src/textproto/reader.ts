/**
 * Reads a message from protobuf's text format, as liberally as protobuf's own parsers do: `field: value`,
 * `field { ... }`, `field: < ... >`, lists `[a, b]`, separators `,` and `;`, adjacent strings joined, `#` comments,
 * enum values by name or number, `Any` expanded as `[type.googleapis.com/name] { ... }` where the type is in the
 * registry given.
 *
 * A recursive descent over tokens, driven by the message's descriptor. Errors name line and column, what was expected,
 * and the nearest field or enum value when a name is unknown.
 */
import {
  create,
  type DescEnum,
  type DescField,
  type DescMessage,
  type MessageShape,
  type Registry,
  ScalarType,
  toBinary,
} from '@bufbuild/protobuf';
import { type ReflectMessage, reflect } from '@bufbuild/protobuf/reflect';
import { didYouMean } from '../names/did-you-mean.ts';
import { TextFormatError, type Token, tokenize, unescapeBytes } from './tokens.ts';

/** How to read. */
export interface TextReadOptions {
  /** Where the types of expanded `Any` messages are looked up. */
  readonly registry?: Registry;
}

/**
 * The message that a text describes.
 *
 * @throws TextFormatError when the text is malformed or does not fit the message.
 */
export function fromText<Desc extends DescMessage>(
  schema: Desc,
  source: string,
  options: TextReadOptions = {},
): MessageShape<Desc> {
  const message = create(schema);
  new Reader(source, options).readBody(reflect(schema, message), undefined);
  return message;
}

/** The range of each integer type. */
const integerRanges: Partial<Record<ScalarType, readonly [bigint, bigint]>> = {};
for (const type of [ScalarType.INT32, ScalarType.SINT32, ScalarType.SFIXED32])
  integerRanges[type] = [-(1n << 31n), (1n << 31n) - 1n];
for (const type of [ScalarType.UINT32, ScalarType.FIXED32]) integerRanges[type] = [0n, (1n << 32n) - 1n];
for (const type of [ScalarType.INT64, ScalarType.SINT64, ScalarType.SFIXED64])
  integerRanges[type] = [-(1n << 63n), (1n << 63n) - 1n];
for (const type of [ScalarType.UINT64, ScalarType.FIXED64]) integerRanges[type] = [0n, (1n << 64n) - 1n];

/** Messages may nest so deep; protobuf's parsers have the same limit. */
const maximumDepth = 100;

class Reader {
  readonly #source: string;
  readonly #tokens: Token[];
  readonly #options: TextReadOptions;
  #position = 0;
  #depth = 0;

  constructor(source: string, options: TextReadOptions) {
    this.#source = source;
    this.#options = options;
    this.#tokens = tokenize(source);
  }

  get #next(): Token {
    return this.#tokens[this.#position]!;
  }

  #take(): Token {
    const token = this.#next;
    if (token.kind !== 'end') this.#position++;
    return token;
  }

  #fail(token: Token, message: string): never {
    throw new TextFormatError(this.#source, token.offset, message);
  }

  #accept(punctuation: string): boolean {
    if (this.#next.kind !== 'punctuation' || this.#next.text !== punctuation) return false;
    this.#position++;
    return true;
  }

  #expect(punctuation: string): void {
    if (!this.#accept(punctuation)) this.#fail(this.#next, `expected '${punctuation}', found ${this.#next.text}`);
  }

  /** The fields of a message, up to its closing bracket (taken) or the end of the text. */
  readBody(message: ReflectMessage, closing: string | undefined): void {
    if (++this.#depth > maximumDepth) this.#fail(this.#next, `messages nest deeper than ${maximumDepth} levels`);
    for (;;) {
      if (closing === undefined ? this.#next.kind === 'end' : this.#accept(closing)) break;
      const token = this.#take();
      if (token.kind === 'punctuation' && token.text === '[') this.#readExpandedAny(message, token);
      else if (token.kind === 'name') this.#readField(message, token);
      else if (token.kind === 'end') this.#fail(token, `expected '${closing}' to close ${message.desc.typeName}`);
      else this.#fail(token, `expected a field of ${message.desc.typeName}, found ${token.text}`);
      if (!this.#accept(',')) this.#accept(';');
    }
    this.#depth--;
  }

  #readField(message: ReflectMessage, name: Token): void {
    const field = message.fields.find((candidate) => candidate.name === name.text);
    if (field === undefined) {
      const names = message.fields.map((candidate) => candidate.name);
      this.#fail(name, `${message.desc.typeName} has no field '${name.text}'.${didYouMean(name.text, names)}`);
    }
    const isMessage = field.message !== undefined || field.fieldKind === 'map';
    if (!this.#accept(':') && !isMessage) this.#fail(this.#next, `expected ':' after ${field.name}`);
    const repeated = field.fieldKind === 'list' || field.fieldKind === 'map';
    if (!repeated && message.isSet(field)) this.#fail(name, `${field.name} is given twice`);
    if (field.oneof !== undefined) {
      const other = message.oneofCase(field.oneof);
      if (other !== undefined)
        this.#fail(name, `${field.name} and ${other.name} exclude each other (oneof ${field.oneof.name})`);
    }
    if (repeated && this.#accept('[')) {
      if (this.#accept(']')) return;
      do this.#readValue(message, field);
      while (this.#accept(','));
      this.#expect(']');
    } else this.#readValue(message, field);
  }

  /** One value of a field: sets it, or adds it to the list or map. */
  #readValue(message: ReflectMessage, field: DescField): void {
    switch (field.fieldKind) {
      case 'message':
        message.set(field, this.#readMessage(field.message));
        break;
      case 'scalar':
        message.set(field, this.#readScalar(field.scalar, field.name));
        break;
      case 'enum':
        message.set(field, this.#readEnum(field.enum));
        break;
      case 'list':
        if (field.listKind === 'message') message.get(field).add(this.#readMessage(field.message));
        else if (field.listKind === 'enum') message.get(field).add(this.#readEnum(field.enum));
        else message.get(field).add(this.#readScalar(field.scalar, field.name));
        break;
      case 'map':
        this.#readMapEntry(message, field);
        break;
    }
  }

  #readMapEntry(message: ReflectMessage, field: DescField & { fieldKind: 'map' }): void {
    const closing = this.#openMessage();
    let key: unknown = field.mapKey === ScalarType.STRING ? '' : field.mapKey === ScalarType.BOOL ? false : 0;
    let value: unknown = field.mapKind === 'message' ? reflect(field.message) : undefined;
    while (!this.#accept(closing)) {
      const name = this.#take();
      if (name.text === 'key') {
        this.#expect(':');
        key = this.#readScalar(field.mapKey, 'key');
      } else if (name.text === 'value') {
        if (!this.#accept(':') && field.mapKind !== 'message') this.#fail(this.#next, "expected ':' after value");
        if (field.mapKind === 'message') value = this.#readMessage(field.message);
        else if (field.mapKind === 'enum') value = this.#readEnum(field.enum);
        else value = this.#readScalar(field.scalar, 'value');
      } else this.#fail(name, `expected key or value, found ${name.text}`);
      if (!this.#accept(',')) this.#accept(';');
    }
    if (value === undefined) this.#fail(this.#next, `an entry of ${field.name} lacks its value`);
    message.get(field).set(key, value);
  }

  #openMessage(): string {
    if (this.#accept('{')) return '}';
    if (this.#accept('<')) return '>';
    return this.#fail(this.#next, `expected '{', found ${this.#next.text}`);
  }

  #readMessage(desc: DescMessage): ReflectMessage {
    const message = reflect(desc);
    this.readBody(message, this.#openMessage());
    return message;
  }

  #readExpandedAny(message: ReflectMessage, at: Token): void {
    let url = '';
    while (!this.#accept(']')) {
      if (this.#next.kind === 'end') this.#fail(at, "expected ']'");
      url += this.#take().text;
    }
    if (message.desc.typeName !== 'google.protobuf.Any')
      this.#fail(at, `[${url}]: extensions are not supported in text; only google.protobuf.Any may be expanded`);
    const typeName = url.slice(url.lastIndexOf('/') + 1);
    const desc = this.#options.registry?.getMessage(typeName);
    if (desc === undefined) this.#fail(at, `the type ${typeName} is not known here, so [${url}] cannot be read`);
    this.#accept(':');
    const inner = this.#readMessage(desc);
    message.set(message.desc.field.typeUrl!, url);
    message.set(message.desc.field.value!, toBinary(desc, inner.message));
  }

  #readEnum(desc: DescEnum): number {
    const token = this.#next;
    if (token.kind === 'name') {
      this.#take();
      const value = desc.values.find((candidate) => candidate.name === token.text);
      if (value !== undefined) return value.number;
      const names = desc.values.map((candidate) => candidate.name);
      this.#fail(token, `${desc.typeName} has no value '${token.text}'.${didYouMean(token.text, names)}`);
    }
    return this.#readScalar(ScalarType.INT32, desc.name) as number;
  }

  #readScalar(type: ScalarType, what: string): unknown {
    switch (type) {
      case ScalarType.STRING:
        return new TextDecoder().decode(this.#readBytes(what));
      case ScalarType.BYTES:
        return this.#readBytes(what);
      case ScalarType.BOOL: {
        const token = this.#take();
        if (['true', 'True', 't', '1'].includes(token.text)) return true;
        if (['false', 'False', 'f', '0'].includes(token.text)) return false;
        return this.#fail(token, `${what} takes true or false, found ${token.text}`);
      }
      case ScalarType.DOUBLE:
      case ScalarType.FLOAT:
        return this.#readFloat(what);
      default:
        return this.#readInteger(type, what);
    }
  }

  #readBytes(what: string): Uint8Array {
    const parts: Uint8Array[] = [];
    while (this.#next.kind === 'string') parts.push(unescapeBytes(this.#source, this.#take()));
    if (parts.length === 0) this.#fail(this.#next, `${what} takes a quoted string, found ${this.#next.text}`);
    return parts.length === 1 ? new Uint8Array(parts[0]!) : new Uint8Array(Buffer.concat(parts));
  }

  #readFloat(what: string): number {
    const sign = this.#accept('-') ? -1 : 1;
    const token = this.#take();
    const word = token.text.toLowerCase();
    if (word === 'inf' || word === 'infinity') return sign * Number.POSITIVE_INFINITY;
    if (word === 'nan') return Number.NaN;
    if (token.kind !== 'number') this.#fail(token, `${what} takes a number, found ${token.text}`);
    return sign * Number.parseFloat(token.text);
  }

  #readInteger(type: ScalarType, what: string): number | bigint {
    const negative = this.#accept('-');
    const token = this.#take();
    if (token.kind !== 'number' || !/^(?:0[xX][0-9a-fA-F]+|[0-9]+)$/.test(token.text))
      this.#fail(token, `${what} takes a whole number, found ${token.text}`);
    const octal = /^0[0-9]+$/.test(token.text);
    if (octal && /[89]/.test(token.text)) this.#fail(token, `${token.text} is not an octal number`);
    const magnitude = BigInt(octal ? `0o${token.text.slice(1)}` : token.text);
    const value = negative ? -magnitude : magnitude;
    const [low, high] = integerRanges[type] ?? [value, value];
    if (value < low || value > high) this.#fail(token, `${what} is out of its range ${low} to ${high}: ${value}`);
    return high > 0xffff_ffffn ? value : Number(value);
  }
}
