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

/**
 * The configuration as YAML.
 * @param inService names of the servers that serve from the start; the others are spares
 */
export function demoConfiguration(plan: WorldPlan, inService: readonly string[], switchAddress: string): string {
  const servers = plan.hosts.filter((host) => host.role === 'server');
  return [
    `switch:`,
    `  address: ${switchAddress}`,
    `  ports: [${plan.hosts.map((host) => host.port).join(', ')}]`,
    `timers:`,
    `  handshake: 2s`,
    `  idle: 2s`,
    `  pinIdle: 3s`,
    `  inFlight: 200ms`,
    `  report: 500ms`,
    `  learnAfter: 3s`,
    `vips:`,
    `  - name: ${DEMO_VIP}`,
    `    address: '${plan.virtualAddress}'`,
    `    port: ${plan.virtualPort}`,
    `    protocol: ${plan.transport}`,
    ...(plan.direct ? ['    forwarding: direct'] : []),
    `    buckets: ${DEMO_BUCKETS}`,
    `    servers:`,
    ...servers.flatMap((host) => [
      `      - name: ${host.name}`,
      `        address: '${host.addresses[0]}'`,
      `        port: ${plan.serverPort}`,
      ...(inService.includes(host.name) ? [] : [`        spare: true`]),
    ]),
    '',
  ].join('\n');
}
