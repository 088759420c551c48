/**
 * Joins health checks to the engine: a verdict gets a turn of its own, in which `operations/outages.ts` decides what it
 * means. While a server is down every failed check asks again, because what could not be done a moment ago (nobody else
 * was up, the switch was away) may be possible now.
 */
import type { Engine } from '../engine/engine.ts';
import { OperationRefusedError } from '../operations/errors.ts';
import { onServerDown, onServerUp } from '../operations/outages.ts';
import { onDitched } from '../operations/overflow.ts';
import type { SignalReader } from '../signals/signal-reader.ts';
import { DitchedSyns } from './ditched-syns.ts';
import { HealthMonitor } from './monitor.ts';
import { isActive, type Probe } from './probes.ts';

/**
 * Starts to check the servers of the engine's VIPs. Stop the monitor that is returned with the engine.
 * @param probe asks a server @param readSignals what the switch counts of them
 */
export function superviseHealth(engine: Engine, probe: Probe, readSignals: SignalReader): HealthMonitor {
  const { configuration, journal, clock, log } = engine.options;
  const ditched = new DitchedSyns(readSignals, ({ counters }) => {
    const agent = engine.agents?.statusOf(Number(counters.split('/')[1]));
    return agent !== undefined && agent.acceptQueueLimit > 0 && agent.acceptQueue >= agent.acceptQueueLimit;
  });
  const kept = new Set<string>();
  const run = (act: () => void): void => {
    engine.submit(act).catch((error: unknown) => {
      // A refusal passes: the next check asks again.
      if (error instanceof OperationRefusedError) return;
      log.write('error', `a verdict could not be followed: ${error instanceof Error ? error.message : String(error)}`);
    });
  };
  const statusOf = (server: number) => engine.agents?.statusOf(server);
  const monitor = new HealthMonitor({
    configuration,
    intent: journal.state,
    clock,
    probe: (check, target) => (isActive(check) ? probe(check, target) : ditched.check(check, target)),
    onDitched(vip, server, reason) {
      const wanted = onDitched(engine.operations, vip, server, reason, statusOf);
      if (wanted !== undefined) run(wanted);
    },
    onVerdict(vip, server, health, reason) {
      const name = `${vip}/${server}`;
      engine.options.onChange?.();
      if (health === 'up') {
        kept.delete(name);
        run(() => onServerUp(engine.operations, vip, server));
        return;
      }
      run(() => {
        const isDown = (other: string, candidate: string): boolean => monitor.isSuspect(other, candidate);
        if (onServerDown(engine.operations, vip, server, reason ?? 'no answer', isDown) || kept.has(name)) return;
        const record = [...journal.state.servers.values()].find((known) => known.name === server);
        if (record === undefined || record.state === 'dead' || record.state === 'drained') return;
        kept.add(name);
        log.write('error', `server \`${server}\` is down (${reason}) and nobody else is up: everything stays as it is`);
      });
    },
  });
  engine.health = monitor;
  monitor.start();
  return monitor;
}
