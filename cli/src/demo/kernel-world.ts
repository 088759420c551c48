/**
 * The world of kernel hosts: one process and one network namespace per host, joined to the switch's namespace (this
 * process's) by veth pairs. The switch gets interface names, whichever switch it is.
 */
import { spawnSync } from 'node:child_process';
import { commandFile } from '../command-line/repository.ts';
import { removeInterface, runIpBatch, silenceIpv6 } from '../load/ip-batch.ts';
import { type DemoSwitch, startEmbeddedSwitch, startForeignSwitch, switchArguments } from './demo-switch.ts';
import { KernelHost } from './kernel-host.ts';
import type { SwitchOptions, World } from './world.ts';
import { linksOf, type WorldPlan } from './world-plan.ts';

const EMBEDDED_SWITCH_COMMAND = [process.execPath, commandFile(), 'switch'];

/**
 * Has /sys show the interfaces of this network namespace: BMv2 reads there whether a port is up, and takes one that it
 * does not find for down. Where mounting is not permitted the switches of our own lose nothing.
 */
function showOwnInterfaces(): void {
  spawnSync('mount', ['-t', 'sysfs', 'sysfs', '/sys'], { stdio: 'ignore' });
}

/** Starts all hosts at once; must run inside namespaces of its own (private-world.ts). */
export async function startKernelWorld(plan: WorldPlan): Promise<World> {
  showOwnInterfaces();
  silenceIpv6();
  runIpBatch(['link set lo up']);
  const hosts: readonly KernelHost[] = await Promise.all(plan.hosts.map((host) => KernelHost.start(host, plan)));
  return {
    kind: 'kernel',
    hosts,
    async startSwitch(options: SwitchOptions): Promise<DemoSwitch> {
      const links = plan.hosts.flatMap(linksOf);
      const ports = links.map(({ port, switchInterface }) => ({ port, interfaceName: switchInterface }));
      const argv = switchArguments(ports);
      if (options.command === undefined && !options.asProcess) return startEmbeddedSwitch(argv);
      const command =
        options.command === undefined
          ? { description: 'embedded switch, in a process of its own', words: EMBEDDED_SWITCH_COMMAND }
          : { description: options.command, words: options.command.split(' ').filter(Boolean) };
      const demoSwitch = await startForeignSwitch(command, argv, options.logFile, options.signal);
      const unplugged = new Set<string>();
      return {
        ...demoSwitch,
        // Another one after each restart.
        get pid() {
          return demoSwitch.pid;
        },
        async restart() {
          // A host that is off has taken its link with it; the switch's port is still there, with nothing behind it.
          for (const { isOff, plan } of hosts) {
            if (!isOff || unplugged.has(plan.name)) continue;
            unplugged.add(plan.name);
            // The kernel takes its time to clear a dead host's namespace away.
            for (const { switchInterface } of linksOf(plan)) removeInterface(switchInterface);
            runIpBatch(
              linksOf(plan).flatMap(({ switchInterface, port }) => [
                `link add ${switchInterface} type veth peer name off${port}`,
                `link set ${switchInterface} up`,
              ]),
            );
          }
          await demoSwitch.restart?.();
        },
      };
    },
    stop() {
      for (const host of hosts) host.stop();
    },
  };
}
