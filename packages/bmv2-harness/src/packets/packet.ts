// Packets as lists of layers. Building goes from the inside out, because an outer header's length and checksum depend
// on what it carries; reading goes from the outside in, following each header's "what comes next" field. Whatever a
// test sets is taken as it is, so that wrong lengths and checksums can be sent on purpose; whatever it leaves out is
// computed.

import { foldChecksum, internetChecksum, sumWords, transportChecksum } from './checksum.ts';
import { decodeFields, encodeFields, headerLength } from './fields.ts';
import { DEFAULTS, ETHER_TYPE, HEADERS, type HeaderName, type HeaderValues, PROTOCOL, UDP_PORT } from './headers.ts';

/** One layer of a packet: a header with some of its fields, or bytes. `options` follow an IPv4 or TCP header. */
export type Layer =
  | { [N in HeaderName]: { kind: N; fields: Partial<HeaderValues<N>>; options?: Uint8Array } }[HeaderName]
  | { kind: 'payload'; bytes: Uint8Array };

/** A layer read from a packet: every field has its value. */
export type DecodedLayer =
  | { [N in HeaderName]: { kind: N; fields: HeaderValues<N>; options?: Uint8Array } }[HeaderName]
  | { kind: 'payload'; bytes: Uint8Array };

type LayerMaker<N extends HeaderName> = (
  fields?: Partial<HeaderValues<N>>,
  options?: Uint8Array,
) => Extract<Layer, { kind: N }>;

function maker<N extends HeaderName>(kind: N): LayerMaker<N> {
  return (fields = {}, options) => ({ kind, fields, ...(options ? { options } : {}) }) as Extract<Layer, { kind: N }>;
}

export const ethernet = maker('ethernet');
export const vlan = maker('vlan');
export const arp = maker('arp');
export const ipv4 = maker('ipv4');
export const ipv6 = maker('ipv6');
export const icmp = maker('icmp');
export const tcp = maker('tcp');
export const udp = maker('udp');
export const gre = maker('gre');
export const gue = maker('gue');
export const vxlan = maker('vxlan');

/** As a `checksum`: not the right one, by a single bit. */
export const BROKEN = -1;

/** Bytes behind the last header: text (UTF-8) or bytes. */
export function payload(content: string | Uint8Array): Extract<Layer, { kind: 'payload' }> {
  return { kind: 'payload', bytes: typeof content === 'string' ? new TextEncoder().encode(content) : content };
}

const ETHER_TYPE_OF: Partial<Record<Layer['kind'], number>> = {
  arp: ETHER_TYPE.ARP,
  ipv4: ETHER_TYPE.IPV4,
  ipv6: ETHER_TYPE.IPV6,
  vlan: ETHER_TYPE.VLAN,
  ethernet: ETHER_TYPE.TEB,
};

function protocolOf(outer: 'ipv4' | 'ipv6', inner: Layer['kind'] | undefined): number {
  switch (inner) {
    case 'tcp':
      return PROTOCOL.TCP;
    case 'udp':
      return PROTOCOL.UDP;
    case 'icmp':
      return outer === 'ipv4' ? PROTOCOL.ICMP : PROTOCOL.ICMPV6;
    case 'gre':
      return PROTOCOL.GRE;
    case 'ipv4':
      return PROTOCOL.IPIP;
    case 'ipv6':
      return PROTOCOL.IPV6;
    default:
      return 255;
  }
}

/** A tunnel's header tells by UDP's destination port that it follows. */
function portOf(next: Layer | undefined): { destination?: number } {
  if (next?.kind === 'vxlan') return { destination: UDP_PORT.VXLAN };
  if (next?.kind === 'gue') return { destination: UDP_PORT.GUE };
  return {};
}

function concat(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function addressBytes(layer: Extract<Layer, { kind: 'ipv4' | 'ipv6' }>): {
  source: Uint8Array;
  destination: Uint8Array;
} {
  const [form, bits] = layer.kind === 'ipv4' ? (['ipv4', 32] as const) : (['ipv6', 128] as const);
  const values = { ...DEFAULTS[layer.kind], ...layer.fields } as Record<string, string>;
  const encode = (name: string) => encodeFields([[name, bits, form]], values);
  return { source: encode('source'), destination: encode('destination') };
}

/** The fields of `layer` that follow from the layers around it. `inner` are the bytes it carries. */
function computedFields(
  layer: Exclude<Layer, { kind: 'payload' }>,
  next: Layer | undefined,
  inner: Uint8Array,
): Record<string, number> {
  const optionsLength = layer.options?.length ?? 0;
  switch (layer.kind) {
    case 'ethernet':
    case 'vlan':
      return { etherType: ETHER_TYPE_OF[next?.kind ?? 'payload'] ?? 0xffff };
    case 'gre':
      return { protocol: ETHER_TYPE_OF[next?.kind ?? 'payload'] ?? 0xffff };
    case 'ipv4':
      return {
        ihl: 5 + optionsLength / 4,
        totalLength: 20 + optionsLength + inner.length,
        protocol: protocolOf('ipv4', next?.kind),
        checksum: 0,
      };
    case 'ipv6':
      return { payloadLength: inner.length, nextHeader: protocolOf('ipv6', next?.kind) };
    case 'tcp':
      return { dataOffset: 5 + optionsLength / 4, checksum: 0 };
    case 'udp':
      return { length: 8 + inner.length, checksum: 0, ...portOf(next) };
    case 'icmp':
      return { checksum: 0 };
    case 'gue':
      return { headerLength: optionsLength / 4, protocol: protocolOf('ipv4', next?.kind) };
    case 'arp':
    case 'vxlan':
      return {};
  }
}

/** The right checksum of a layer whose own checksum field is zero in `bytes`. */
function checksumOf(kind: HeaderName, bytes: Uint8Array, headerBytes: number, outer: Layer | undefined): number {
  if (kind === 'ipv4') return internetChecksum(bytes.subarray(0, headerBytes));
  if (kind === 'icmp' && outer?.kind !== 'ipv6') return internetChecksum(bytes);
  if (outer?.kind !== 'ipv4' && outer?.kind !== 'ipv6') return 0;
  const { source, destination } = addressBytes(outer);
  const checksum = transportChecksum(source, destination, protocolOf(outer.kind, kind), bytes);
  return kind === 'udp' && checksum === 0 ? 0xffff : checksum;
}

/**
 * Builds a packet's bytes from its layers, outermost first.
 *
 * @example packet(ethernet(), ipv4({ destination: '10.0.0.9' }), tcp({ flags: TCP.SYN }), payload('hello'))
 */
export function packet(...layers: Layer[]): Uint8Array {
  let inner = new Uint8Array(0) as Uint8Array;
  for (let index = layers.length - 1; index >= 0; index--) {
    const layer = layers[index]!;
    if (layer.kind === 'payload') {
      inner = concat(layer.bytes, inner);
      continue;
    }
    const fields = HEADERS[layer.kind];
    const given = layer.fields as Record<string, string | number>;
    const values = { ...DEFAULTS[layer.kind], ...computedFields(layer, layers[index + 1], inner), ...given };
    const build = () =>
      concat(encodeFields(fields, values as Record<string, string | number>), layer.options ?? new Uint8Array(0));
    let header: Uint8Array = new Uint8Array(0);
    if ('checksum' in values && (given.checksum === undefined || given.checksum === BROKEN)) {
      (values as Record<string, number>).checksum = 0;
      header = build();
      const checksum = checksumOf(layer.kind, concat(header, inner), header.length, layers[index - 1]);
      (values as Record<string, number>).checksum = given.checksum === BROKEN ? checksum ^ 1 : checksum;
    }
    header = build();
    inner = concat(header, inner);
  }
  return inner;
}

/** A header's length in words of 32 bits, options included, where it says so itself. */
function wordsOf(layer: DecodedLayer): number {
  if (layer.kind === 'ipv4') return layer.fields.ihl;
  if (layer.kind === 'tcp') return layer.fields.dataOffset;
  return layer.kind === 'gue' ? 1 + layer.fields.headerLength : 0;
}

function nextKind(layer: DecodedLayer): HeaderName | 'payload' {
  switch (layer.kind) {
    case 'ethernet':
    case 'vlan':
    case 'gre': {
      const type = layer.kind === 'gre' ? layer.fields.protocol : layer.fields.etherType;
      const found = Object.entries(ETHER_TYPE_OF).find(([, value]) => value === type);
      return (found?.[0] as HeaderName | undefined) ?? 'payload';
    }
    case 'ipv4':
      if (layer.fields.fragmentOffset !== 0) return 'payload';
      return kindOfProtocol(layer.fields.protocol);
    case 'ipv6':
      return kindOfProtocol(layer.fields.nextHeader);
    case 'udp':
      if (layer.fields.destination === UDP_PORT.GUE) return 'gue';
      return layer.fields.destination === UDP_PORT.VXLAN ? 'vxlan' : 'payload';
    case 'gue':
      return layer.fields.control === 0 ? kindOfProtocol(layer.fields.protocol) : 'payload';
    case 'vxlan':
      return 'ethernet';
    default:
      return 'payload';
  }
}

function kindOfProtocol(protocol: number): HeaderName | 'payload' {
  switch (protocol) {
    case PROTOCOL.TCP:
      return 'tcp';
    case PROTOCOL.UDP:
      return 'udp';
    case PROTOCOL.ICMP:
    case PROTOCOL.ICMPV6:
      return 'icmp';
    case PROTOCOL.GRE:
      return 'gre';
    case PROTOCOL.IPIP:
      return 'ipv4';
    case PROTOCOL.IPV6:
      return 'ipv6';
    default:
      return 'payload';
  }
}

/**
 * Reads a packet's layers, outermost first (an Ethernet header unless `first` says otherwise). What is cut short is
 * payload.
 */
export function decodePacket(bytes: Uint8Array, first: HeaderName = 'ethernet'): DecodedLayer[] {
  const layers: DecodedLayer[] = [];
  let rest = bytes;
  let kind: HeaderName | 'payload' = first;
  while (rest.length > 0) {
    if (kind === 'payload' || rest.length < headerLength(HEADERS[kind])) {
      layers.push({ kind: 'payload', bytes: rest });
      break;
    }
    const length = headerLength(HEADERS[kind]);
    const layer = { kind, fields: decodeFields(HEADERS[kind], rest) } as unknown as DecodedLayer;
    const end = Math.min(Math.max(length, wordsOf(layer) * 4), rest.length);
    if (end > length && layer.kind !== 'payload') layer.options = rest.slice(length, end);
    layers.push(layer);
    rest = rest.subarray(end);
    if (layer.kind === 'ipv4') rest = rest.subarray(0, Math.max(0, layer.fields.totalLength - end));
    kind = nextKind(layer);
  }
  return layers;
}

/** The first layer of a kind in a packet, or undefined. */
export function layerOf<N extends HeaderName>(
  bytes: Uint8Array,
  kind: N,
): Extract<DecodedLayer, { kind: N }> | undefined {
  return decodePacket(bytes).find((layer) => layer.kind === kind) as Extract<DecodedLayer, { kind: N }> | undefined;
}

/** Says which checksums of a packet are wrong: an empty list for a sound packet. */
export function wrongChecksums(bytes: Uint8Array): string[] {
  const wrong: string[] = [];
  const layers = decodePacket(bytes);
  let offset = 0;
  let outer: DecodedLayer | undefined;
  for (const layer of layers) {
    if (layer.kind === 'payload') break;
    const header = headerLength(HEADERS[layer.kind]) + (layer.options?.length ?? 0);
    const end = outer?.kind === 'ipv4' ? offset + outer.fields.totalLength - outer.fields.ihl * 4 : bytes.length;
    const segment = bytes.subarray(offset, end);
    if (layer.kind === 'ipv4' && foldChecksum(sumWords(segment.subarray(0, header))) !== 0) wrong.push('ipv4');
    const noUdpChecksum = layer.kind === 'udp' && layer.fields.checksum === 0;
    if ((layer.kind === 'tcp' || layer.kind === 'udp') && (outer?.kind === 'ipv4' || outer?.kind === 'ipv6')) {
      const { source, destination } = addressBytes(outer);
      const sum = transportChecksum(source, destination, protocolOf(outer.kind, layer.kind), segment);
      if (sum !== 0 && !noUdpChecksum) wrong.push(layer.kind);
    }
    if (layer.kind === 'icmp' && outer?.kind === 'ipv4' && internetChecksum(segment) !== 0) wrong.push('icmp');
    offset += header;
    outer = layer;
  }
  return wrong;
}
