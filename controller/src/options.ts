/**
 * How to start a controller from a program: what `mooring up`, the demo and tests pass to `startController`. Everything
 * that reaches outside (time, network) can be replaced, so that a test decides what happens when.
 */
import type { Clock } from './clock.ts';

/** A compiled P4 program, as the switch takes it. */
export interface PipelineProgram {
  /** P4Info: binary protobuf, or its text format. */
  readonly p4info: Uint8Array | string;
  /** The target's own format: BMv2 JSON. */
  readonly deviceConfig: Uint8Array;
}

/** Where the configuration comes from. */
export type ConfigurationSource =
  | { readonly kind: 'file'; readonly path: string }
  /** @property name stands in messages in place of a file name. */
  | { readonly kind: 'text'; readonly name: string; readonly text: string };

/** Arguments of `startController`. */
export interface StartControllerOptions {
  readonly configuration: ConfigurationSource;
  /** Pushed where the switch runs another program or none; a switch that runs it already keeps its entries. */
  readonly program: PipelineProgram;
  /** In place of the configuration's `switch.address` (host:port). */
  readonly switchAddress?: string;
  /** In place of the configuration's `stateDir`; absolute. */
  readonly stateDir?: string;
  /** False: base and current change at once and nothing is pinned, as a plain hash would. For comparison only. */
  readonly pins?: boolean;
  /** How long to try to reach the switch at the start; 5 s by default. */
  readonly connectTimeoutMs?: number;
  readonly clock?: Clock;
  /** Called with each line of the log as it happens. */
  readonly onLog?: (level: 'info' | 'warning' | 'error', text: string) => void;
}
