/**
 * Joins the servers' agents to the engine: reports become events of the bucket protocol, are audited, and may begin or
 * end a redirection or a refusal. Nothing here decides about a connection.
 */
import type { Engine } from '../engine/engine.ts';
import { OperationRefusedError } from '../operations/errors.ts';
import { onQueue } from '../operations/overflow.ts';
import { onRoom } from '../operations/refusals.ts';
import { Auditor } from './auditor.ts';
import type { AgentConnector } from './client.ts';
import { AgentMonitor } from './monitor.ts';

/** Starts to listen to the agents of the engine's servers. Stop the monitor that is returned with the engine. */
export function superviseAgents(engine: Engine, connect: AgentConnector): AgentMonitor {
  const { configuration, journal, clock, log } = engine.options;
  const { inFlightMs, reportMs } = configuration.timers;
  const auditor = new Auditor(inFlightMs + 2 * reportMs);
  const statusOf = (server: number) => monitor.statusOf(server);
  const carryOut = (wanted: (() => void) | undefined): void => {
    if (wanted === undefined) return;
    engine.submit(wanted).catch((error: unknown) => {
      // The next report asks again.
      if (error instanceof OperationRefusedError) return;
      log.write('error', `a redirection failed: ${error instanceof Error ? error.message : String(error)}`);
    });
  };
  const monitor: AgentMonitor = new AgentMonitor({
    configuration,
    intent: journal.state,
    clock,
    log,
    connect,
    enqueue: (events) => engine.enqueue(events),
    onReport(server, status, connections) {
      const { astray, audited } = auditor.onReport(engine.shift, server, connections, clock.monotonicMs());
      engine.totals.audited += audited;
      if (astray.length > 0) engine.tell(astray);
      engine.options.onChange?.();
      carryOut(onQueue(engine.operations, server, status, statusOf));
      carryOut(onRoom(engine.operations, statusOf));
    },
    // Agents fall silent, and buckets are moved to servers that have none.
    onReview: () => carryOut(onRoom(engine.operations, statusOf)),
  });
  engine.agents = monitor;
  monitor.start();
  return monitor;
}
