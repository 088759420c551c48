/**
 * The controller's configuration for the demo, written as the YAML file an operator would write, so that the demo goes
 * through the very door that users use. The timers are those of a network whose connections speak several times a
 * second and whose packets need no time: an operator's would be minutes, and the demo would take as long.
 */
import { linksOf, type WorldPlan } from './world-plan.ts';

/** Number of buckets of the demo's service. */
export const DEMO_BUCKETS = 256;

/** Name of the demo's service. */
export const DEMO_VIP = 'web';

/** Name of the class of clients that have a service and servers of their own, where there is one. */
export const DEMO_CLASS = 'gold';

/** For connections that speak at least every 800 ms. */
export const DEMO_IDLE_MS = 2_000;

/** What the network does not say of the configuration. */
export interface DemoConfigurationOptions {
  /** Names of the servers that serve from the start; the others are spares. */
  readonly inService: readonly string[];
  readonly switchAddress: string;
  /** Longer than any live connection is silent. */
  readonly idleMs?: number | undefined;
}

/** The configuration as YAML. */
export function demoConfiguration(
  plan: WorldPlan,
  { inService, switchAddress, idleMs = DEMO_IDLE_MS }: DemoConfigurationOptions,
): string {
  const isForClass = plan.hosts.some((host) => host.isForClass);
  const names = [...inService, ...plan.hosts.filter((host) => host.isForClass).map(({ name }) => name)];
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
    ...(isForClass
      ? [
          'classes:',
          `  - name: ${DEMO_CLASS}`,
          `    prefixes: ['${plan.clientPrefixes[0]}']`,
          // More than there ever are: what is counted is that the class is told, not that it is held back.
          '    synRate: 1000000',
        ]
      : []),
    `vips:`,
    ...vipLines(plan, DEMO_VIP, names, undefined),
    ...(isForClass ? vipLines(plan, `${DEMO_VIP}-${DEMO_CLASS}`, names, DEMO_CLASS) : []),
    '',
  ].join('\n');
}

/** A VIP: for everybody, or for a class with its own servers. */
function vipLines(
  plan: WorldPlan,
  name: string,
  inService: readonly string[],
  clientClass: string | undefined,
): readonly string[] {
  const isChecked = plan.hosts.some(({ management }) => management !== undefined);
  const servers = plan.hosts.filter((host) => {
    return host.role === 'server' && (host.isForClass === true) === (clientClass !== undefined);
  });
  return [
    `  - name: ${name}`,
    ...(clientClass === undefined ? [] : [`    class: ${clientClass}`]),
    `    address: '${plan.virtualAddress}'`,
    `    port: ${plan.virtualPort}`,
    `    protocol: ${plan.transport}`,
    ...(plan.direct ? [`    forwarding: ${plan.tunnel?.kind ?? 'direct'}`] : []),
    ...(plan.tunnel === undefined ? [] : [`    tunnelSource: '${plan.tunnel.source}'`]),
    ...(plan.tunnel?.kind === 'gue' ? [`    tunnelPort: ${plan.tunnel.port}`] : []),
    `    buckets: ${DEMO_BUCKETS}`,
    // A host that has crashed is gone with its interfaces, so a check fails at once; the patience is for a busy
    // machine.
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
  ];
}
