/**
 * The demo's world: its hosts, and the way the switch reaches them. Two kinds exist: processes on the kernel's TCP in
 * network namespaces (kernel-world.ts) and simulated hosts (simulated-world.ts). The script and the report work on
 * either.
 */

import type { DemoSwitch } from './demo-switch.ts';
import type { DemoHost } from './host.ts';

/** A running world. */
export interface World {
  readonly kind: 'kernel' | 'simulated';
  readonly hosts: readonly DemoHost[];
  /** Starts the switch between the hosts. */
  startSwitch(options: SwitchOptions): Promise<DemoSwitch>;
  /** Switches all hosts off. */
  stop(): void;
}

/** Which switch to start. */
export interface SwitchOptions {
  /** Command line of a foreign switch that takes simple_switch_grpc's options; undefined for the embedded one. */
  readonly command: string | undefined;
  /** The embedded switch as a process of its own, which can be killed. */
  readonly asProcess?: boolean;
  /** Where a foreign switch's output goes. */
  readonly logFile: string;
  readonly signal: AbortSignal;
}
