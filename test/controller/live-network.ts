/**
 * A controller on the network of simulated hosts, with a state directory of its own and connections that go on by
 * themselves.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningController, startController } from '@mooring/controller';
import { compileProgram, type Program } from '../support/program.ts';
import { configurationText, type Family, Network, type Transport } from './network.ts';

const PERIOD_MS = 100;
const MOST_CONNECTIONS = 120;
const programCompiled = compileProgram();

/** What changes are tried with: what is between hosts, and whether the VIP is for all ports. */
export const KINDS: readonly (readonly [Family, Transport, boolean])[] = [
  ['ipv4', 'tcp', false],
  ['ipv6', 'tcp', false],
  ['ipv4', 'udp', false],
  ['ipv4', 'tcp', true],
];

/** See the file's comment. */
export class LiveNetwork {
  controller!: RunningController;
  private readonly directory = mkdtempSync(join(tmpdir(), 'mooring-live-'));
  private traffic: NodeJS.Timeout | undefined;

  private constructor(
    readonly network: Network,
    private readonly program: Program,
  ) {}

  /**
   * With sixty connections, all of which send ten packets a second, and a few more that come each time. @param program
   * what the switch is to run
   */
  static async start(
    family: Family,
    transport: Transport,
    allPorts: boolean,
    program: Promise<Program> = programCompiled,
  ): Promise<LiveNetwork> {
    const live = new LiveNetwork(await Network.start(family, transport, false, allPorts), await program);
    const { network } = live;
    await live.startController();
    network.openMany(60);
    const send = (): void => {
      network.sendAll();
      if (network.connections.length < MOST_CONNECTIONS) network.openMany(2);
      live.traffic = setTimeout(send, PERIOD_MS);
    };
    send();
    return live;
  }

  async startController(): Promise<void> {
    const { address, family, transport, direct, allPorts } = this.network;
    const text = configurationText(address, family, transport, direct, allPorts);
    const { program } = this;
    const configuration = { kind: 'text', name: 'test.yaml', text } as const;
    this.controller = await startController({ configuration, program, stateDir: this.directory });
  }

  /** Another controller takes over; connections come and go while there is none. */
  async restartController(): Promise<void> {
    this.network.openMany(20);
    await this.controller.stop();
    this.network.openMany(20);
    this.network.sendAll();
    await this.startController();
  }

  stopTraffic(): void {
    clearTimeout(this.traffic);
  }

  async stop(): Promise<void> {
    this.stopTraffic();
    await this.controller.stop();
    await this.network.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
