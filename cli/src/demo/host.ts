/**
 * A host as the demo's script sees it, whether it is a process on the kernel's TCP or a simulated one. Both kinds keep
 * the same counters, so that scenes and report do not know which of the two they drive.
 */
import type { LoadClientOptions } from '../load/client.ts';
import type { Incident } from '../load/incidents.ts';
import type { ClientTally, ServerTally } from '../load/tally.ts';
import type { PlannedHost } from './world-plan.ts';

/** A running host. */
export interface DemoHost {
  readonly plan: PlannedHost;
  /** Its process, where it is one. */
  readonly pid?: number;
  /** Last reported counters of a client; empty for a server. */
  readonly clientTally: ClientTally;
  /** Last reported counters of a server; zero for a client. */
  readonly serverTally: ServerTally;
  /** Starts serving on the host's address; resolves when connections are accepted. */
  serve(port: number): Promise<void>;
  /** Starts the client's load. */
  load(options: LoadClientOptions): void;
  setMarathonServers(names: readonly string[]): void;
  /** Tells a client what is about to be done to the network; resolves when it knows. */
  announce(incident: Incident): Promise<void>;
  /** Ends the load properly and returns the last counters. */
  finish(patienceMs: number): Promise<ClientTally>;
  /** Takes one of its links to the switch down, or up again, at the switch's end. Hosts of the kernel only. */
  setLink?(index: number, up: boolean): void;
  /** Switches the host off, as if its power had been cut. */
  stop(): void;
}
