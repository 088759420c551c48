/**
 * Keeps every server's way known: asks by ARP or neighbour discovery for those whose MAC address and port nobody has
 * configured, takes what is found into the journal, and tells the operations that wait for it. Answers and failures are
 * gathered as they come and acted upon in a turn.
 */
import type { Clock } from '../clock.ts';
import type { Configuration } from '../config/types.ts';
import type { Intent, IntentRecord, ServerRecord } from '../intent/types.ts';
import type { Journal } from '../journal/journal.ts';
import { arpRequest, NO_ADDRESS, parseArpReply } from '../network/arp.ts';
import { neighbourSolicitation, parseNeighbourAdvertisement } from '../network/ndp.ts';
import { Resolver } from '../network/resolver.ts';
import type { PacketOrder } from '../switch-port/port.ts';
import { formatIpAddress, generatedMac, type IpAddress, ipAddress } from '../text/addresses.ts';
import type { Log } from './log.ts';
import { placeOf } from './reconcile.ts';

/** What the finder works with. */
export interface ServerFinderHost {
  readonly configuration: Configuration;
  readonly journal: Journal<IntentRecord, Intent>;
  readonly clock: Clock;
  readonly log: Log;
  order(order: PacketOrder): void;
  /** There is something for `act` to do. */
  wakeUp(): void;
  onFound(server: ServerRecord): void;
  onNotFound(server: ServerRecord): void;
}

/** See the file's comment. */
export class ServerFinder {
  private readonly host: ServerFinderHost;
  private readonly resolver: Resolver;
  private answers: { readonly mac: string; readonly address: IpAddress; readonly port: number }[] = [];
  private unanswered: IpAddress[] = [];

  constructor(host: ServerFinderHost) {
    this.host = host;
    this.resolver = new Resolver({
      clock: host.clock,
      ask: (address) => this.ask(address),
      onGivenUp: (address) => this.onGivenUp(address),
    });
  }

  /** Whether every server has been found, or asked for long. */
  get settled(): boolean {
    return this.resolver.settled;
  }

  /** Whether `act` has nothing to do. */
  get isIdle(): boolean {
    return this.answers.length === 0 && this.unanswered.length === 0;
  }

  /** Starts looking for a server. */
  find(server: ServerRecord): void {
    this.resolver.want(ipAddress(server.address));
  }

  /** A new session: looks for all whose way is unknown. */
  findAll(): void {
    for (const server of this.servers()) if (server.mac === undefined && server.state !== 'drained') this.find(server);
    this.resolver.askAgain();
  }

  /** A packet-in; anything but an ARP reply or a neighbour advertisement is ignored. */
  onPacketIn(port: number, packet: Uint8Array): void {
    const answer = parseArpReply(packet) ?? parseNeighbourAdvertisement(packet);
    if (answer === undefined) return;
    this.answers.push({ ...answer, port });
    this.host.wakeUp();
  }

  /** Acts upon what has come in. */
  act(): void {
    for (const { address, mac, port } of this.answers.splice(0)) {
      this.resolver.answered(address);
      for (const server of this.servers()) {
        if (ipAddress(server.address) !== address || server.mac !== undefined || server.state === 'drained') continue;
        const found: ServerRecord = { ...server, mac, switchPort: port };
        this.host.journal.add({ kind: 'server', server: found });
        this.host.log.write('info', `server \`${server.name}\` (${server.address}) is ${mac} behind port ${port}`);
        this.host.onFound(found);
      }
    }
    for (const address of this.unanswered.splice(0)) {
      for (const server of this.servers()) if (ipAddress(server.address) === address) this.host.onNotFound(server);
    }
  }

  stop(): void {
    this.resolver.stop();
  }

  private servers(): readonly ServerRecord[] {
    return [...this.host.journal.state.servers.values()];
  }

  private ask(address: IpAddress): void {
    const { configuration, journal } = this.host;
    const server = this.servers().find((candidate) => ipAddress(candidate.address) === address);
    const vip = server === undefined ? undefined : placeOf(configuration, journal.state, server)?.vip;
    if (vip === undefined) return;
    const asker = ipAddress(vip.address);
    if (typeof address === 'number' && typeof asker === 'number') {
      const packet =
        vip.forwarding === undefined
          ? arpRequest(vip.mac, asker, address)
          : arpRequest(generatedMac(vip.address), NO_ADDRESS, address);
      this.host.order({ kind: 'flood', packet });
    } else if (typeof address === 'string' && typeof asker === 'string') {
      this.host.order({ kind: 'flood', packet: neighbourSolicitation(vip.mac, asker, address) });
    }
  }

  /** Goes on asking for a server in service; an operation that waits for another one fails. */
  private onGivenUp(address: IpAddress): boolean {
    const active = this.servers().some((server) => ipAddress(server.address) === address && server.state === 'active');
    if (active) {
      const text = `no answer to ${typeof address === 'number' ? 'ARP' : 'neighbour solicitations'} for ${formatIpAddress(address)}: its server gets no packets until it answers`;
      this.host.log.write('warning', text);
    } else {
      this.unanswered.push(address);
      this.host.wakeUp();
    }
    return active;
  }
}
