/**
 * The controller's configuration for the demo, written as the YAML file an operator would write, so that the demo goes
 * through the very door that users use. The timers are those of a network whose connections speak several times a
 * second and whose packets need no time: an operator's would be minutes, and the demo would take as long.
 */
import { isIPv6 } from 'node:net';
import { linksOf, type WorldPlan } from './world-plan.ts';

/** Number of buckets of the demo's service. */
export const DEMO_BUCKETS = 256;

/** Name of the demo's service. */
export const DEMO_VIP = 'web';

/** For connections that speak at least every 800 ms. */
export const DEMO_IDLE_MS = 2_000;

/** What the network does not say of the configuration. */
export interface DemoConfigurationOptions {
  /** Names of the servers that serve from the start; the others are spares. */
  readonly inService: readonly string[];
  readonly switchAddress: string;
  /** Longer than any live connection is silent. */
  readonly idleMs?: number | undefined;
  /** Addresses of the clients in the class; undefined for no classes. */
  readonly classMembers?: readonly string[] | undefined;
}

/** Every other client address. */
export function firstClass(plan: WorldPlan): readonly string[] {
  return clientAddresses(plan).filter((_, index) => index % 2 === 0);
}

/** Those that are not in the class now. */
export function otherClasses(plan: WorldPlan, members: readonly string[] = []): readonly string[] {
  return clientAddresses(plan).filter((address) => !members.includes(address));
}

function clientAddresses(plan: WorldPlan): readonly string[] {
  return plan.hosts.filter(({ role }) => role === 'client').flatMap(({ addresses }) => addresses);
}

/** The configuration as YAML. */
export function demoConfiguration(
  plan: WorldPlan,
  { inService, switchAddress, idleMs = DEMO_IDLE_MS, classMembers }: DemoConfigurationOptions,
): string {
  const isChecked = plan.hosts.some(({ management }) => management !== undefined);
  const servers = plan.hosts.filter((host) => host.role === 'server');
  return [
    `switch:`,
    `  address: ${switchAddress}`,
    `  ports: [${plan.hosts.flatMap((host) => linksOf(host).map(({ port }) => port)).join(', ')}]`,
    `timers:`,
    `  handshake: 2s`,
    `  idle: ${idleMs}ms`,
    `  pinIdle: ${idleMs + 1_000}ms`,
    `  inFlight: 200ms`,
    `  report: 500ms`,
    `  learnAfter: ${idleMs + 1_000}ms`,
    ...(classMembers === undefined
      ? []
      : [
          'classes:',
          '  - name: gold',
          `    prefixes: [${classMembers.map((address) => `'${address}/${isIPv6(address) ? 128 : 32}'`).join(', ')}]`,
          // More than there ever are: what is counted is that the class is told, not that it is held back.
          '    synRate: 1000000',
        ]),
    `vips:`,
    `  - name: ${DEMO_VIP}`,
    `    address: '${plan.virtualAddress}'`,
    `    port: ${plan.virtualPort}`,
    `    protocol: ${plan.transport}`,
    ...(plan.direct ? [`    forwarding: ${plan.tunnel?.kind ?? 'direct'}`] : []),
    ...(plan.tunnel === undefined ? [] : [`    tunnelSource: '${plan.tunnel.source}'`]),
    ...(plan.tunnel?.kind === 'gue' ? [`    tunnelPort: ${plan.tunnel.port}`] : []),
    `    buckets: ${DEMO_BUCKETS}`,
    // A host that has crashed is gone with its interfaces, so a check fails at once; the patience is for a busy machine.
    ...(isChecked ? ['    health: { kind: tcp, interval: 200ms, timeout: 5s, fall: 3, comeback: wait }'] : []),
    `    servers:`,
    ...servers.flatMap((host) => [
      `      - name: ${host.name}`,
      `        address: '${host.addresses[0]}'`,
      `        port: ${plan.serverPort}`,
      ...(host.management ? [`        checkAddress: '${host.management.address}:${host.management.port}'`] : []),
      ...(host.secondLink === undefined
        ? []
        : [
            '        links:',
            ...linksOf(host).map(({ port }) => `          - { switchPort: ${port}, mac: '${host.mac}' }`),
          ]),
      ...(inService.includes(host.name) ? [] : [`        spare: true`]),
    ]),
    '',
  ].join('\n');
}
