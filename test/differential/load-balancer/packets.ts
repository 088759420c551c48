/**
 * Random packets for the load balancer. Most belong to its services and its servers; answers follow what came out of
 * the switch, so that whole handshakes happen and pins are confirmed, reported and released; the rest is everything
 * else a network carries, some of it damaged.
 */
import {
  arp,
  BROKEN,
  decodePacket,
  ethernet,
  icmp,
  ipv4,
  ipv6,
  type Layer,
  layerOf,
  PROTOCOL,
  packet,
  parseIpv6,
  payload,
  TCP,
  tcp,
  udp,
  vlan,
} from '@mooring/bmv2-harness';
import type { Random } from '../random.ts';
import {
  CLIENT_PORTS,
  CLIENTS,
  CPU_PORT,
  EVERYBODY,
  PORTS,
  SERVERS,
  SERVICES,
  type Service,
  STATIONS,
  servicePort,
  VIP_MAC,
  vipPort,
} from './world.ts';

/** A packet to send. */
export interface Sending {
  readonly port: number;
  readonly bytes: Uint8Array;
}

/** What a pin event said: a release order names it. */
export type PinEvent = Readonly<Record<string, bigint>>;

const FLAGS = [
  TCP.SYN,
  TCP.SYN,
  TCP.SYN,
  TCP.ACK,
  TCP.ACK,
  TCP.ACK | TCP.PSH,
  TCP.FIN | TCP.ACK,
  TCP.RST,
  TCP.SYN | TCP.ACK,
  0,
] as const;
/** Answers that wait to be sent; older ones are forgotten. */
const MOST_ANSWERS = 200;
const MOST_EVENTS = 50;

export class PacketSource {
  readonly #random: Random;
  readonly #answers: Sending[] = [];
  readonly #events: PinEvent[] = [];
  /** What must follow at once: the rest of a datagram. */
  readonly #soon: Sending[] = [];
  /** Epoch of the settings. */
  epoch = 1;

  constructor(random: Random) {
    this.#random = random;
  }

  /** A packet left the switch: perhaps somebody answers. */
  sawOutput(port: number, bytes: Uint8Array): void {
    const answer = this.#answer(port, bytes);
    if (answer === undefined) return;
    this.#answers.push(answer);
    if (this.#answers.length > MOST_ANSWERS) this.#answers.shift();
  }

  /** The switch reported a pin. */
  sawEvent(event: PinEvent): void {
    this.#events.push(event);
    if (this.#events.length > MOST_EVENTS) this.#events.shift();
  }

  next(): Sending {
    const random = this.#random;
    const rest = this.#soon.shift();
    if (rest !== undefined) return rest;
    if (this.#answers.length > 0 && random.chance(0.5))
      return this.#answers.splice(random.below(this.#answers.length), 1)[0]!;
    const make = random.weighted<() => Sending>([
      [45, () => this.#fromClient(random.pick(SERVICES))],
      [10, () => this.#fromServer(random.pick(SERVICES))],
      [6, () => this.#fromServer(random.pick(SERVICES), TCP.SYN)],
      [8, () => this.#aboutAddresses()],
      [6, () => this.#elsewhere()],
      [4, () => this.#fragments(random.pick(SERVICES))],
      [4, () => this.#networkError(random.pick(SERVICES))],
      [8, () => this.#packetOut()],
      [3, () => ({ port: random.pick(PORTS), bytes: this.#bytes(1 + random.below(120)) })],
    ]);
    const sending = make();
    return random.chance(0.06) ? this.#damaged(sending) : sending;
  }

  #answer(port: number, bytes: Uint8Array): Sending | undefined {
    const random = this.#random;
    if (port > PORTS.length) return undefined;
    const segment = layerOf(bytes, 'tcp')?.fields;
    const frame = layerOf(bytes, 'ethernet')?.fields;
    const network = decodePacket(bytes).find((layer) => layer.kind === 'ipv4' || layer.kind === 'ipv6');
    if (segment === undefined || frame === undefined || network === undefined || random.chance(0.3)) return undefined;
    const back = { source: segment.destination, destination: segment.source };
    const addresses = { source: network.fields.destination, destination: network.fields.source };
    const outer = network.kind === 'ipv4' ? ipv4(addresses) : ipv6(addresses);
    const turned = ethernet({ source: frame.destination, destination: frame.source });
    const acknowledgment = (segment.sequence + 1) >>> 0;
    if (segment.flags === TCP.SYN) {
      const sequence = random.pick([0, 1, 0xffffffff, random.bits32()]);
      return {
        port,
        bytes: packet(turned, outer, tcp({ ...back, flags: TCP.SYN | TCP.ACK, sequence, acknowledgment })),
      };
    }
    if (segment.flags === (TCP.SYN | TCP.ACK)) {
      const right = random.chance(0.8) ? acknowledgment : random.bits32();
      return { port, bytes: packet(turned, outer, tcp({ ...back, flags: TCP.ACK, acknowledgment: right })) };
    }
    return undefined;
  }

  #network(version: 4 | 6, source: string, destination: string): Layer {
    const random = this.#random;
    if (version === 6)
      return ipv6({ source, destination, flowLabel: random.below(4), hopLimit: 1 + random.below(255) });
    const fields = { source, destination, ttl: random.below(256), identification: 2 * random.below(32_768) + 1 };
    if (random.chance(0.05)) return ipv4({ ...fields, checksum: BROKEN });
    if (random.chance(0.04)) return ipv4({ ...fields, flags: 1, fragmentOffset: random.pick([0, 0, 1, 185]) });
    if (random.chance(0.04)) return ipv4(fields, this.#bytes(4 * (1 + random.below(10))));
    return ipv4(fields);
  }

  #transport(
    protocol: number,
    ports: { source: number; destination: number },
    flags: number = this.#random.pick(FLAGS),
  ): Layer[] {
    const random = this.#random;
    const data = random.chance(0.4) ? [payload(this.#bytes(random.below(60)))] : [];
    if (protocol === PROTOCOL.UDP)
      return [udp(random.chance(0.2) ? { ...ports, checksum: random.pick([0, BROKEN]) } : ports), ...data];
    const numbers = { sequence: random.bits32(), acknowledgment: random.pick([0, 1, 2, random.bits32()]) };
    return [tcp({ ...ports, ...numbers, flags, ...(random.chance(0.05) ? { checksum: BROKEN } : {}) }), ...data];
  }

  #fromClient(service: Service): Sending {
    const random = this.#random;
    const source = random.pick(CLIENT_PORTS);
    const destination = random.chance(0.95) ? vipPort(service, random) : random.below(65536);
    const network = this.#network(service.version, random.pick(CLIENTS[service.version]), service.address);
    const frame = ethernet({ source: random.pick(STATIONS), destination: VIP_MAC });
    return {
      port: random.pick(PORTS),
      bytes: packet(frame, network, ...this.#transport(service.protocol, { source, destination })),
    };
  }

  /** With `flags` TCP.SYN: it opens a connection. */
  #fromServer(service: Service, flags?: number): Sending {
    const random = this.#random;
    const server = random.pick(SERVERS);
    const ports = { source: servicePort(service, vipPort(service, random)), destination: random.pick(CLIENT_PORTS) };
    const network = this.#network(
      service.version,
      server.address[service.version],
      random.pick(CLIENTS[service.version]),
    );
    const frame = ethernet({ source: server.mac, destination: random.pick(STATIONS) });
    return {
      port: server.switchPort,
      bytes: packet(frame, network, ...this.#transport(service.protocol, ports, flags)),
    };
  }

  /** ARP, neighbour discovery, echo: for the switch's own addresses and for others. */
  #aboutAddresses(): Sending {
    const random = this.#random;
    const { version, address } = random.pick(SERVICES);
    const asked = random.chance(0.8) ? address : random.pick(SERVERS).address[version];
    const asking = random.pick(CLIENTS[version]);
    const mac = random.pick(STATIONS);
    const frame = ethernet({ source: mac, destination: random.pick([VIP_MAC, EVERYBODY]) });
    const port = random.pick(PORTS);
    const echo = (type: number) =>
      packet(
        frame,
        this.#network(version, asking, asked),
        icmp({ type, rest: random.bits32() }),
        payload(this.#bytes(random.below(30))),
      );
    if (version === 4) {
      if (random.chance(0.4)) return { port, bytes: echo(random.pick([8, 8, 8, 0, 3])) };
      const operation = random.pick([1, 1, 2, 7]);
      const ask = arp({
        operation,
        senderMac: mac,
        senderAddress: asking,
        targetAddress: asked,
        targetMac: random.pick(STATIONS),
      });
      return { port, bytes: packet(frame, ask) };
    }
    if (random.chance(0.4)) return { port, bytes: echo(random.pick([128, 128, 129, 1])) };
    const option = random.chance(0.8)
      ? Uint8Array.of(random.pick([1, 2]), 1, 2, 0, 0, 0, 2, 1)
      : this.#bytes(random.below(8));
    const target = bytesOf(parseIpv6(asked), 128);
    const from = random.chance(0.9) ? asking : '::';
    const hopLimit = random.chance(0.9) ? 255 : 64;
    const question = icmp({
      type: random.pick([135, 135, 136]),
      code: random.chance(0.9) ? 0 : 1,
      rest: random.pick([0, 0x60000000]),
    });
    return {
      port,
      bytes: packet(
        frame,
        ipv6({ source: from, destination: asked, hopLimit }),
        question,
        payload(target),
        payload(option),
      ),
    };
  }

  /**
   * A datagram in two parts, in either direction. Later parts without a first one have odd numbers, so that chance
   * brings none together.
   */
  #fragments(service: Service): Sending {
    const random = this.#random;
    const server = random.pick(SERVERS);
    const client = random.pick(CLIENTS[4]);
    const toService = random.chance(0.6);
    const addresses = toService
      ? { source: client, destination: service.version === 4 ? service.address : '10.0.0.2' }
      : { source: server.address[4], destination: client };
    const to = vipPort(service, random);
    const [here, there] = [random.pick(CLIENT_PORTS), toService ? to : servicePort(service, to)];
    const ports = toService ? { source: here, destination: there } : { source: there, destination: here };
    const frame = ethernet({ source: toService ? random.pick(STATIONS) : server.mac, destination: VIP_MAC });
    const port = toService ? random.pick(PORTS) : server.switchPort;
    const same = { ...addresses, identification: 2 * random.below(32_768), protocol: service.protocol };
    const first = packet(frame, ipv4({ ...same, flags: 1 }), ...this.#transport(service.protocol, ports));
    const later = packet(frame, ipv4({ ...same, fragmentOffset: 8 }), payload(this.#bytes(random.below(40))));
    if (random.chance(0.8)) this.#soon.push({ port, bytes: later });
    return { port, bytes: first };
  }

  /** A router complains of a packet that was on its way to or from a service. */
  #networkError(service: Service): Sending {
    const random = this.#random;
    const { version, address, protocol } = service;
    const server = random.pick(SERVERS);
    const client = random.pick(CLIENTS[version]);
    const toServer = random.chance(0.5);
    const here = random.pick(CLIENT_PORTS);
    const to = vipPort(service, random);
    const inner = toServer
      ? [
          this.#network(version, client, server.address[version]),
          { source: here, destination: servicePort(service, to) },
        ]
      : [this.#network(version, address, client), { source: to, destination: here }];
    const [network, ports] = inner as [Layer, { source: number; destination: number }];
    const message = packet(network, ...this.#transport(protocol, ports)).slice(
      0,
      random.chance(0.8) ? 120 : random.between(1, 60),
    );
    const type = version === 4 ? random.pick([3, 3, 11, 12]) : random.pick([1, 2, 3, 4]);
    const outer = this.#network(version, random.pick(CLIENTS[version]), toServer ? client : address);
    const frame = ethernet({ source: random.pick(STATIONS), destination: random.pick([VIP_MAC, ...STATIONS]) });
    const said = icmp({ type, code: random.below(5), rest: random.pick([0, 1280]) });
    return { port: random.pick(PORTS), bytes: packet(frame, outer, said, payload(message)) };
  }

  /** Traffic that is none of the load balancer's business. */
  #elsewhere(): Sending {
    const random = this.#random;
    const frame = ethernet({
      source: random.pick([...STATIONS, '02:00:00:00:09:99']),
      destination: random.pick([...STATIONS, EVERYBODY, '02:00:00:00:09:98']),
    });
    const [one, other] = [random.pick(CLIENTS[4]), random.pick(CLIENTS[4])];
    const rest = random.pick<readonly Layer[]>([
      [vlan({ id: 5 }), ipv4({ source: one, destination: other }), tcp()],
      [this.#network(4, one, other), ...this.#transport(PROTOCOL.TCP, { source: 80, destination: 81 })],
      [
        this.#network(6, random.pick(CLIENTS[6]), random.pick(CLIENTS[6])),
        ...this.#transport(PROTOCOL.UDP, { source: 53, destination: 53 }),
      ],
      [ipv4({ source: one, destination: other, protocol: 89 }), payload(this.#bytes(20))],
      [payload(this.#bytes(40))],
    ]);
    return { port: random.pick(PORTS), bytes: packet(frame, ...rest) };
  }

  /** An order of the controller: the header `packet_out` as core declares it, and for some a packet behind it. */
  #packetOut(): Sending {
    const random = this.#random;
    const operation = random.weighted([
      [4, 2],
      [2, 3],
      [1, 0],
      [1, 1],
      [1, 4],
    ] as const);
    const event = this.#events.length > 0 && random.chance(0.8) ? random.pick(this.#events) : undefined;
    const field = (name: string, other: bigint) => event?.[name] ?? other;
    const isSweep = operation === 3;
    const header: readonly (readonly [value: bigint, bits: number])[] = [
      [BigInt(operation), 8],
      [BigInt(random.pick(PORTS)), 16],
      [BigInt(random.chance(0.95) ? this.epoch : this.epoch - 1), 32],
      [isSweep ? 0n : field('way', BigInt(random.below(2))), 8],
      [isSweep ? BigInt(random.below(20)) : field('slot', BigInt(random.below(20))), 32],
      [isSweep ? BigInt(random.below(65536)) : field('generation', BigInt(random.below(3))), 16],
      [field('vip', 1n), 16],
      [field('client_address', 1n), 128],
      [field('client_port', 1024n), 16],
      [field('vip_port', 0n), 16],
      [BigInt(random.below(20)), 32],
    ];
    const bytes = header.flatMap(([value, bits]) => [...bytesOf(value, bits)]);
    const behind = operation < 2 ? this.#elsewhere().bytes : new Uint8Array(0);
    return { port: CPU_PORT, bytes: Uint8Array.from([...bytes, ...behind]) };
  }

  #bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.#random.below(256));
  }

  /** Cut short, or with a bit that fell over. */
  #damaged({ port, bytes }: Sending): Sending {
    const random = this.#random;
    if (random.chance(0.5)) return { port, bytes: bytes.slice(0, 1 + random.below(bytes.length)) };
    const copy = bytes.slice();
    copy[random.below(copy.length)]! ^= 1 << random.below(8);
    return { port, bytes: copy };
  }
}

/** A number in big-endian bytes. */
function bytesOf(value: bigint, bits: number): Uint8Array {
  return Uint8Array.from({ length: bits / 8 }, (_, index) => Number((value >> BigInt(bits - 8 * (index + 1))) & 0xffn));
}
