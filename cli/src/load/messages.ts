/**
 * What the demo's main process and a host process say to each other over the IPC channel. Both ends import this file
 * only, so that a host process loads neither the UI nor the controller.
 */
import type { LoadClientOptions } from './client.ts';
import type { Incident } from './incidents.ts';
import type { LoadServerOptions } from './server.ts';
import type { ClientTally, ServerTally } from './tally.ts';
import type { TunnelEndOptions } from './tunnel-end.ts';

/** What connections of the load are made of. */
export type Transport = 'tcp' | 'udp';

/** Main process to host. */
export type HostCommand =
  /** Configure the host's interfaces to the switch: `ip -batch` lines, then no offload. */
  | {
      readonly kind: 'settle';
      readonly interfaceNames: readonly string[];
      readonly ipv6: boolean;
      /** Packets come to it inside others. */
      readonly tunnel?: TunnelEndOptions;
      readonly ipCommands: readonly string[];
    }
  | { readonly kind: 'serve'; readonly transport: Transport; readonly options: LoadServerOptions }
  | { readonly kind: 'load'; readonly transport: Transport; readonly options: LoadClientOptions }
  | { readonly kind: 'marathon-servers'; readonly names: readonly string[] }
  /** Accept and close connections there, which shows whoever asks that the host is alive. */
  | { readonly kind: 'answer-checks'; readonly address: string; readonly port: number }
  | { readonly kind: 'incident'; readonly incident: Incident }
  | { readonly kind: 'finish'; readonly patienceMs: number };

/** Host to main process. */
export type HostReport =
  | { readonly kind: 'ready' }
  | { readonly kind: 'settled' }
  | { readonly kind: 'serving' }
  | { readonly kind: 'answering-checks' }
  | { readonly kind: 'noted' }
  | { readonly kind: 'server-tally'; readonly tally: ServerTally }
  | { readonly kind: 'client-tally'; readonly tally: ClientTally }
  | { readonly kind: 'finished'; readonly tally: ClientTally }
  | { readonly kind: 'failed'; readonly message: string };
