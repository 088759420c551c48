/**
 * The world of kernel hosts: one process and one network namespace per host, joined to the switch's namespace (this
 * process's) by veth pairs. The switch gets interface names, whichever switch it is.
 */

import { commandFile } from '../command-line/repository.ts';
import { runIpBatch, silenceIpv6 } from '../load/ip-batch.ts';
import { type DemoSwitch, startEmbeddedSwitch, startForeignSwitch, switchArguments } from './demo-switch.ts';
import { KernelHost } from './kernel-host.ts';
import type { SwitchOptions, World } from './world.ts';
import type { WorldPlan } from './world-plan.ts';

const EMBEDDED_SWITCH_COMMAND = [process.execPath, commandFile(), 'switch'];

/** Starts all hosts at once; must run inside namespaces of its own (private-world.ts). */
export async function startKernelWorld(plan: WorldPlan): Promise<World> {
  silenceIpv6();
  runIpBatch(['link set lo up']);
  const hosts = await Promise.all(plan.hosts.map((host) => KernelHost.start(host, plan)));
  return {
    kind: 'kernel',
    hosts,
    startSwitch(options: SwitchOptions): Promise<DemoSwitch> {
      const ports = plan.hosts.map((host) => ({ port: host.port, interfaceName: host.switchInterface }));
      const argv = switchArguments(ports);
      if (options.command === undefined && !options.asProcess) return startEmbeddedSwitch(argv);
      const command =
        options.command === undefined
          ? { description: 'embedded switch, in a process of its own', words: EMBEDDED_SWITCH_COMMAND }
          : { description: options.command, words: options.command.split(' ').filter(Boolean) };
      return startForeignSwitch(command, argv, options.logFile, options.signal);
    },
    stop() {
      for (const host of hosts) host.stop();
    },
  };
}
