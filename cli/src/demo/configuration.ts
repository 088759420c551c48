/**
 * The controller's configuration for the demo, written as the YAML file an operator would write, so that the demo goes
 * through the very door that users use. The timers are those of a network whose connections speak several times a
 * second and whose packets need no time: an operator's would be minutes, and the demo would take as long.
 */
import type { WorldPlan } from './world-plan.ts';

/** Number of buckets of the demo's service. */
export const DEMO_BUCKETS = 256;

/** Name of the demo's service. */
export const DEMO_VIP = 'web';

/** For connections that speak at least every 800 ms. */
export const DEMO_IDLE_MS = 2_000;

/**
 * The configuration as YAML.
 * @param inService names of the servers that serve from the start; the others are spares
 * @param idleMs longer than any live connection is silent
 */
export function demoConfiguration(
  plan: WorldPlan,
  inService: readonly string[],
  switchAddress: string,
  idleMs = DEMO_IDLE_MS,
): string {
  const isChecked = plan.hosts.some(({ management }) => management !== undefined);
  const servers = plan.hosts.filter((host) => host.role === 'server');
  return [
    `switch:`,
    `  address: ${switchAddress}`,
    `  ports: [${plan.hosts.map((host) => host.port).join(', ')}]`,
    `timers:`,
    `  handshake: 2s`,
    `  idle: ${idleMs}ms`,
    `  pinIdle: ${idleMs + 1_000}ms`,
    `  inFlight: 200ms`,
    `  report: 500ms`,
    `  learnAfter: ${idleMs + 1_000}ms`,
    `vips:`,
    `  - name: ${DEMO_VIP}`,
    `    address: '${plan.virtualAddress}'`,
    `    port: ${plan.virtualPort}`,
    `    protocol: ${plan.transport}`,
    ...(plan.direct ? ['    forwarding: direct'] : []),
    `    buckets: ${DEMO_BUCKETS}`,
    // A host that has crashed is gone with its interfaces, so a check fails at once; the patience is for a busy machine.
    ...(isChecked ? ['    health: { kind: tcp, interval: 200ms, timeout: 5s, fall: 3, comeback: wait }'] : []),
    `    servers:`,
    ...servers.flatMap((host) => [
      `      - name: ${host.name}`,
      `        address: '${host.addresses[0]}'`,
      `        port: ${plan.serverPort}`,
      ...(host.management ? [`        checkAddress: '${host.management.address}:${host.management.port}'`] : []),
      ...(inService.includes(host.name) ? [] : [`        spare: true`]),
    ]),
    '',
  ].join('\n');
}
