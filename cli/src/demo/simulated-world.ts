/**
 * The world of simulated hosts, for machines where network namespaces are not permitted: the hosts of
 * simulation/simulated-host.ts on the embedded switch's in-process ports, with the same load generator on their
 * sockets. Compiler, switch and controller are the same as everywhere. Time is real; one timer serves all hosts.
 */
import { LoadClient, type LoadClientOptions } from '../load/client.ts';
import { encodeGreeting } from '../load/greeting.ts';
import type { Incident } from '../load/incidents.ts';
import { seededRandom } from '../load/random.ts';
import { serveConnection } from '../load/server.ts';
import { type ClientTally, emptyTally, type ServerTally } from '../load/tally.ts';
import { SimulatedHost } from '../simulation/simulated-host.ts';
import { type DemoSwitch, startEmbeddedSwitchInProcess } from './demo-switch.ts';
import type { DemoHost } from './host.ts';
import type { SwitchOptions, World } from './world.ts';
import type { PlannedHost, WorldPlan } from './world-plan.ts';

const POLL_INTERVAL_MS = 10;

/** A host of the demo that is simulated in this process. */
class SimulatedDemoHost implements DemoHost {
  readonly serverTally: ServerTally = { accepted: 0, open: 0, reset: 0, mismatchedBytes: 0 };
  readonly host: SimulatedHost;
  /** Puts a frame on the wire; set when the switch is there. */
  transmit: (frame: Buffer) => void = () => {};
  private client: LoadClient | undefined;
  private isOn = true;

  constructor(readonly plan: PlannedHost) {
    this.host = new SimulatedHost({
      mac: plan.mac,
      addresses: plan.addresses,
      random: seededRandom(plan.port * 7_919),
      nowMs: () => performance.now(),
      sendFrame: (frame) => {
        if (this.isOn) this.transmit(frame);
      },
    });
  }

  get clientTally(): ClientTally {
    return this.client?.tally ?? emptyTally();
  }

  receive(frame: Buffer): void {
    if (this.isOn) this.host.receive(frame);
  }

  poll(): void {
    if (this.isOn) this.host.poll();
  }

  async serve(port: number): Promise<void> {
    const greeting = encodeGreeting(this.plan.name);
    this.host.listen(port, (socket) => serveConnection(socket, greeting, this.serverTally));
  }

  load(options: LoadClientOptions): void {
    this.client = new LoadClient(options, (host, port, local) => this.host.connect(host, port, local));
  }

  setMarathonServers(names: readonly string[]): void {
    this.client?.setMarathonServers(names);
  }

  async announce(incident: Incident): Promise<void> {
    this.client?.noteIncident(incident);
  }

  async finish(patienceMs: number): Promise<ClientTally> {
    await this.client?.finish(patienceMs);
    return this.clientTally;
  }

  stop(): void {
    this.isOn = false;
    this.client?.destroy();
  }
}

/** Makes the hosts; they can send once the switch is started. */
export async function startSimulatedWorld(plan: WorldPlan): Promise<World> {
  const hosts = plan.hosts.map((host) => new SimulatedDemoHost(host));
  const byPort = new Map(hosts.map((host) => [host.plan.port, host]));
  const timer = setInterval(() => {
    for (const host of hosts) host.poll();
  }, POLL_INTERVAL_MS);
  return {
    kind: 'simulated',
    hosts,
    async startSwitch(_options: SwitchOptions): Promise<DemoSwitch> {
      const { demoSwitch, send } = await startEmbeddedSwitchInProcess((port, frame) =>
        byPort.get(port)?.receive(frame),
      );
      for (const host of hosts) {
        host.transmit = (frame) => send(host.plan.port, frame);
        host.host.announce();
      }
      return demoSwitch;
    },
    stop() {
      clearInterval(timer);
      for (const host of hosts) host.stop();
    },
  };
}
