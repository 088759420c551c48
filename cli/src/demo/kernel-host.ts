/**
 * A host that is a process of its own on the kernel's TCP, in its own network namespace: `unshare --net` starts the
 * host program (load/host.worker.ts), a veth pair is laid from the switch's namespace to it, and the host configures
 * its own end. A host that is to be checked has a second, management interface, which does not lead through the switch.
 * The namespace is held by nothing but the process, so it is gone when the process is. The host's addresses are static
 * neighbours of nobody: it asks by ARP like any other host.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { distDirectory } from '../command-line/repository.ts';
import type { LoadClientOptions } from '../load/client.ts';
import type { Incident } from '../load/incidents.ts';
import { runIpBatch } from '../load/ip-batch.ts';
import type { HostCommand, HostReport, Transport } from '../load/messages.ts';
import { disableOffload } from '../load/offload.ts';
import { type ClientTally, emptyTally, type ServerTally } from '../load/tally.ts';
import type { DemoHost } from './host.ts';
import { linksOf, type PlannedHost, type WorldPlan } from './world-plan.ts';

/** Name of a host's interface to the switch, inside its namespace. */
export const HOST_INTERFACE = hostInterface(0);

function hostInterface(link: number): string {
  return `eth${link}`;
}

const TUNNEL_INTERFACE = 'tunnel0';
/** An Ethernet of 1500 bytes and the largest of the headers around it. */
const TUNNEL_MTU = 1_560;

/** What a host with two links has its addresses on. */
const JOINED_INTERFACE = 'br0';

/**
 * Makes one interface of a host's links, as a bond would: it answers by the link by which a client was last heard, and
 * by another as soon as that one has no carrier. Nothing passes from one link to the other.
 */
function joinLinks(plan: PlannedHost, links: readonly { readonly hostInterface: string }[]): string[] {
  return [
    `link add ${JOINED_INTERFACE} address ${plan.mac} type bridge mcast_snooping 0`,
    ...links.flatMap(({ hostInterface }) => [
      `link set ${hostInterface} master ${JOINED_INTERFACE}`,
      `link set ${hostInterface} type bridge_slave isolated on`,
    ]),
  ];
}
const MANAGEMENT_INTERFACE = 'mgmt0';

/** A host process in its own network namespace. */
export class KernelHost implements DemoHost {
  clientTally: ClientTally = emptyTally();
  serverTally: ServerTally = { accepted: 0, open: 0, reset: 0, mismatchedBytes: 0 };
  private readonly waiting: {
    kind: HostReport['kind'];
    resolve(report: HostReport): void;
    reject(error: Error): void;
  }[] = [];
  private stopped = false;

  private constructor(
    readonly plan: PlannedHost,
    private readonly process: ChildProcess,
    private readonly transport: Transport,
    private readonly serviceAddress: string,
  ) {
    process.on('message', (report: HostReport) => this.note(report));
    process.on('exit', () => this.fail(new Error(`host ${plan.name} ended`)));
    process.on('error', (error) => this.fail(new Error(`host ${plan.name} could not be started: ${error.message}`)));
  }

  /** Process id of the host program (in this process's PID namespace). */
  get pid(): number {
    return this.process.pid ?? 0;
  }

  /** Whether it was switched off. */
  get isOff(): boolean {
    return this.stopped;
  }

  /** Starts the host and joins it to the switch's interface. */
  static async start(plan: PlannedHost, world: WorldPlan): Promise<KernelHost> {
    const { prefixLength, transport } = world;
    const ownsVirtualAddress = world.direct && plan.role === 'server';
    const program = join(distDirectory(), 'load', 'host.worker.js');
    const child = spawn('unshare', ['--net', process.execPath, program], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const host = new KernelHost(plan, child, transport, ownsVirtualAddress ? world.virtualAddress : plan.addresses[0]!);
    await host.await('ready');
    const { management } = plan;
    const links = linksOf(plan).map((link, index) => ({ ...link, hostInterface: hostInterface(index) }));
    const network = plan.secondLink === undefined ? HOST_INTERFACE : JOINED_INTERFACE;
    runIpBatch([
      ...links.flatMap(({ switchInterface, hostInterface, mac }) => [
        `link add ${switchInterface} type veth peer name ${hostInterface} address ${mac} netns ${host.pid}`,
        ...(world.tunnel === undefined ? [] : [`link set ${switchInterface} mtu ${TUNNEL_MTU}`]),
        `link set ${switchInterface} up`,
      ]),
      ...(management === undefined
        ? []
        : [
            `link add mg${plan.port} type veth peer name ${MANAGEMENT_INTERFACE} netns ${host.pid}`,
            `addr add ${management.nearAddress}/30 dev mg${plan.port}`,
            `link set mg${plan.port} up`,
          ]),
    ]);
    // The switch reads frames as they are on the wire; and libpcap, which BMv2 uses, gives an interface that may merge
    // segments a ring of few, huge slots, which the first burst overruns.
    for (const { switchInterface } of links) disableOffload(switchInterface);
    host.send({
      kind: 'settle',
      interfaceNames: links.map(({ hostInterface }) => hostInterface),
      ipv6: plan.addresses.some(isIPv6),
      ...(ownsVirtualAddress && world.tunnel !== undefined
        ? { tunnel: { ...world.tunnel, ipv6: isIPv6(world.virtualAddress), interfaceName: TUNNEL_INTERFACE } }
        : {}),
      ipCommands: [
        'link set lo up',
        // On the loopback, where nobody is told of it: the switch alone answers for it.
        ...(ownsVirtualAddress ? [`addr add ${world.virtualAddress} dev lo`] : []),
        ...(plan.secondLink === undefined ? [] : joinLinks(plan, links)),
        ...plan.addresses.map((address) => {
          const nodad = isIPv6(address) ? ' nodad' : '';
          return `addr add ${address}/${prefixLength} dev ${network}${nodad}`;
        }),
        // Linux asks for neighbours of an address on the loopback in the name of the interface's link-local one.
        ...(ownsVirtualAddress && isIPv6(world.virtualAddress)
          ? [`addr add fe80::${plan.port}/64 dev ${network} nodad`]
          : []),
        // Room for what is put around a packet.
        ...(world.tunnel === undefined
          ? []
          : links.map(({ hostInterface }) => `link set ${hostInterface} mtu ${TUNNEL_MTU}`)),
        ...links.map(({ hostInterface }) => `link set ${hostInterface} up`),
        `link set ${network} up`,
        ...(management === undefined
          ? []
          : [`addr add ${management.address}/30 dev ${MANAGEMENT_INTERFACE}`, `link set ${MANAGEMENT_INTERFACE} up`]),
      ],
    });
    await host.await('settled');
    return host;
  }

  async serve(port: number): Promise<void> {
    this.send({
      kind: 'serve',
      transport: this.transport,
      options: { name: this.plan.name, address: this.serviceAddress, port },
    });
    await this.await('serving');
    const { management } = this.plan;
    if (management === undefined) return;
    this.send({ kind: 'answer-checks', address: management.address, port: management.port });
    await this.await('answering-checks');
  }

  load(options: LoadClientOptions): void {
    this.send({ kind: 'load', transport: this.transport, options });
  }

  setMarathonServers(names: readonly string[]): void {
    this.send({ kind: 'marathon-servers', names });
  }

  async announce(incident: Incident): Promise<void> {
    this.send({ kind: 'incident', incident });
    await this.await('noted');
  }

  async finish(patienceMs: number): Promise<ClientTally> {
    this.send({ kind: 'finish', patienceMs });
    const report = await this.await('finished');
    if (report.kind === 'finished') this.clientTally = report.tally;
    return this.clientTally;
  }

  setLink(index: number, up: boolean): void {
    const { switchInterface } = linksOf(this.plan)[index]!;
    runIpBatch([`link set ${switchInterface} ${up ? 'up' : 'down'}`]);
  }

  stop(): void {
    this.stopped = true;
    this.process.kill('SIGKILL');
  }

  private send(command: HostCommand): void {
    if (!this.stopped && this.process.connected) this.process.send(command);
  }

  private await(kind: HostReport['kind']): Promise<HostReport> {
    return new Promise((resolve, reject) => this.waiting.push({ kind, resolve, reject }));
  }

  private note(report: HostReport): void {
    if (report.kind === 'client-tally') this.clientTally = report.tally;
    if (report.kind === 'server-tally') this.serverTally = report.tally;
    if (report.kind === 'failed') this.fail(new Error(`host ${this.plan.name}: ${report.message}`));
    const index = this.waiting.findIndex((waiter) => waiter.kind === report.kind);
    if (index >= 0) this.waiting.splice(index, 1)[0]!.resolve(report);
  }

  private fail(error: Error): void {
    for (const waiter of this.waiting.splice(0)) waiter.reject(error);
  }
}
