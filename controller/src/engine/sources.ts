/**
 * Who beside the switch tells the engine something, by what the engine needs of them. The interfaces are here and not
 * with those who implement them, so that the engine knows neither certificates nor sockets.
 */
import type { AgentStatus, ServerHealth } from '../control-api/types.ts';
import type { ServerId } from '../shift/types.ts';

/** Servers' agents, as far as the engine needs them. */
export interface AgentSource {
  /** Asks for a server's connections as they are from now on; a `server-report` or `agent` event answers. */
  ask(server: ServerId, token: number): void;
  /** A new state of the protocol: what the agents tell has to be told again. */
  restart(): void;
  /** Connections of a server by its last report; undefined without. */
  connectionsOf(server: ServerId): number | undefined;
  statusOf(server: ServerId): AgentStatus | undefined;
}

/** Health checks, as far as the status shows them. */
export interface HealthSource {
  of(vip: string, server: string): { readonly health: ServerHealth; readonly reason?: string };
}
