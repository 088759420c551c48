/**
 * Chooses what the chaos demo does next. A pure decision from a seed and from what is to be seen of the service now:
 * the same seed and the same sights give the same operations. Kinds are dealt like cards from a shuffled deck that
 * holds each of them, so that a run of twenty has had all of them several times; a card that cannot be played now
 * (nobody to enable, too few servers to crash one) goes back to the end.
 *
 * What is chosen is what a careful operator may ask for: a server takes part in one operation at a time, somebody is
 * left to take connections, residents stay in service for the connections that live through the run. A crash asks
 * nobody, so it may meet a server in the middle of an operation. A change of mapping waits for what is under way, and
 * what comes after waits for it. Switch and controller are not taken away at once, nor the controller while it looks
 * for connections whose pins went with the switch (docs/LIMITATIONS.md).
 */
import type { ServerState } from '@mooring/controller/control';
import type { RandomSource } from '../load/random.ts';

/** What can happen. */
export type ChaosOperation = ChaosRequest | ChaosIncident;

/** What an operator asks the controller for. */
export type ChaosRequest =
  | { readonly kind: 'add' | 'drain' | 'enable' | 'disable'; readonly server: string }
  | { readonly kind: 'swap'; readonly server: string; readonly replacement: string }
  | { readonly kind: 'weight'; readonly server: string; readonly weight: number }
  /** Clients come into a class, or into none. */
  | { readonly kind: 'reclass'; readonly prefix: string; readonly class: string }
  | ChaosRemap;

/** A change of mapping, for which the VIP's other operations are waited for. */
export type ChaosRemap =
  | { readonly kind: 'remap'; readonly hashSeed: number }
  | { readonly kind: 'remap'; readonly affinity: 'client' | 'connection' }
  | { readonly kind: 'buckets'; readonly buckets: number };

/** What asks nobody. */
export type ChaosIncident =
  | { readonly kind: 'crash'; readonly server: string }
  /** One of the two links of a server, from 0. */
  | { readonly kind: 'link-down' | 'link-up'; readonly server: string; readonly link: number }
  | { readonly kind: 'kill-controller' }
  /**
   * The controller, and the switch as soon as the controller is back: what was pinned in between lies in the registers
   * only.
   */
  | { readonly kind: 'kill-in-turn' }
  | { readonly kind: 'restart-switch' };

/**
 * What is in the deck: kinds of what can happen, changes of mapping by what they change; `divide`: to a multiple of the
 * buckets.
 */
type ChaosCard = Exclude<ChaosOperation['kind'], 'remap'> | 'divide' | 'reseed' | 'affinity';

/** A server as it is now. */
export interface ChaosServer {
  readonly name: string;
  readonly state: ServerState;
  readonly enabled: boolean;
  readonly weight: number;
  /** Takes part in an operation that has not finished. */
  readonly isBusy: boolean;
  /** Its host has not crashed. */
  readonly isAlive: boolean;
  /** Links to the switch, and which of them is down. */
  readonly links: number;
  readonly downLink: number | undefined;
}

/** What is to be seen of the service. */
export interface ChaosView {
  readonly servers: readonly ChaosServer[];
  readonly mapping: {
    readonly buckets: number;
    readonly hashSeed: number;
    readonly affinity: 'client' | 'connection';
    /** A change of it has not finished. */
    readonly isBusy: boolean;
  };
  readonly clients: {
    /** Their prefixes, and those of them that are in the class; the others are in none. */
    readonly prefixes: readonly string[];
    readonly inClass: readonly string[];
    readonly className: string;
    /** Some of them are moving. */
    readonly isBusy: boolean;
  };
  /** Operations and incidents that have not finished. */
  readonly running: number;
  /** A crash has happened that the controller has not given up yet, or controller or switch are on their way back. */
  readonly incidentRunning: boolean;
  /** The controller is looking for connections whose pins went with the switch's registers; they wait for it. */
  readonly isSearching: boolean;
}

/** What to do: order something, then pause; or look again when something has finished. */
export type ChaosStep =
  | { readonly kind: 'order'; readonly operation: ChaosOperation; readonly pauseMs: number }
  | { readonly kind: 'wait' };

/** Servers that must be left to take new connections. */
export const FEWEST_IN_SERVICE = 2;
/** What may run at once. */
export const MOST_AT_ONCE = 3;
const OVERLAP_SHARE = 0.65;
const HEAVIEST = 4;
const LONGEST_PAUSE_MS = 2_500;
const BUCKETS = { fewest: 64, most: 1_024, spread: 300 };

const DECK: readonly ChaosCard[] = [
  'add',
  'add',
  'drain',
  'swap',
  'weight',
  'disable',
  'enable',
  'reseed',
  'buckets',
  'divide',
  'affinity',
  'crash',
  'link-down',
  'link-up',
  'reclass',
  'kill-controller',
  'kill-in-turn',
  'restart-switch',
];

/** Deals operations. */
export class ChaosPlanner {
  private deck: ChaosCard[] = [];
  private crashesLeft: number;
  /** The next one waits until all before it have finished. */
  private alone = true;

  /**
   * @param residents servers that are neither drained nor crashed
   * @param crashes how many servers may crash in all: they do not come back
   */
  constructor(
    private readonly random: RandomSource,
    private readonly residents: ReadonlySet<string>,
    crashes: number,
  ) {
    this.crashesLeft = crashes;
  }

  /** What to do now. */
  next(view: ChaosView): ChaosStep {
    if (view.running >= (this.alone ? 1 : MOST_AT_ONCE)) return { kind: 'wait' };
    for (let tried = 0; tried < DECK.length; tried++) {
      if (this.deck.length === 0) this.deck = this.shuffled(DECK);
      const kind = this.deck.shift()!;
      const operation = this.play(kind, view);
      if (operation === undefined) {
        this.deck.push(kind);
        continue;
      }
      if (kind === 'crash') this.crashesLeft--;
      this.alone = this.random() >= OVERLAP_SHARE;
      return { kind: 'order', operation, pauseMs: Math.round(this.random() * LONGEST_PAUSE_MS) };
    }
    // Nothing of what is left can be done now. What runs may change that; if nothing runs, a fresh deck has other
    // kinds.
    if (view.running === 0) this.deck = [];
    return { kind: 'wait' };
  }

  private play(kind: ChaosCard, view: ChaosView): ChaosOperation | undefined {
    const { servers, mapping } = view;
    const free = servers.filter(({ isBusy, isAlive }) => !isBusy && isAlive);
    const active = free.filter(({ state }) => state === 'active');
    const spares = free.filter(({ state }) => state === 'spare' || state === 'drained');
    const taking = servers.filter(
      ({ state, enabled, isAlive, isBusy }) => state === 'active' && enabled && isAlive && !isBusy,
    );
    /** Those without whom enough are left. */
    const spared = (candidates: readonly ChaosServer[]): readonly ChaosServer[] =>
      candidates.filter(({ name }) => taking.filter((other) => other.name !== name).length >= FEWEST_IN_SERVICE);
    const mayGo = (candidates: readonly ChaosServer[]): readonly ChaosServer[] =>
      candidates.filter(({ name }) => !this.residents.has(name));
    switch (kind) {
      case 'add':
        return this.about(kind, spares);
      case 'drain':
        return this.about(kind, spared(mayGo(active)));
      case 'swap': {
        const server = this.pick(mayGo(active));
        const replacement = this.pick(spares);
        return server && replacement && { kind, server: server.name, replacement: replacement.name };
      }
      case 'weight': {
        const server = this.pick(active.filter(({ enabled }) => enabled));
        if (server === undefined) return undefined;
        const others = Array.from({ length: HEAVIEST }, (_, index) => index + 1).filter((w) => w !== server.weight);
        return { kind, server: server.name, weight: this.pick(others)! };
      }
      case 'disable':
        return this.about(kind, spared(active.filter(({ enabled }) => enabled)));
      case 'enable':
        return this.about(
          kind,
          active.filter(({ enabled }) => !enabled),
        );
      case 'reseed':
        return mapping.isBusy ? undefined : { kind: 'remap', hashSeed: 1 + Math.floor(this.random() * 0xffff_fffe) };
      case 'affinity': {
        const affinity = mapping.affinity === 'client' ? 'connection' : 'client';
        return mapping.isBusy ? undefined : { kind: 'remap', affinity };
      }
      case 'buckets': {
        const buckets = BUCKETS.fewest + Math.floor(this.random() * BUCKETS.spread);
        return mapping.isBusy || buckets % mapping.buckets === 0 ? undefined : { kind, buckets };
      }
      case 'divide': {
        const buckets = mapping.buckets * (2 + Math.floor(this.random() * 2));
        return mapping.isBusy || buckets > BUCKETS.most ? undefined : { kind: 'buckets', buckets };
      }
      case 'crash': {
        if (this.crashesLeft === 0 || view.incidentRunning) return undefined;
        const inUse = servers.filter(
          ({ state, isAlive }) => isAlive && (state === 'active' || state === 'draining' || state === 'joining'),
        );
        const server = this.pick(spared(mayGo(inUse)));
        return server && { kind, server: server.name };
      }
      case 'link-down': {
        const server = this.pick(servers.filter((one) => one.isAlive && one.links > 1 && one.downLink === undefined));
        return server && { kind, server: server.name, link: Math.floor(this.random() * server.links) };
      }
      case 'link-up': {
        const server = this.pick(servers.filter(({ isAlive, downLink }) => isAlive && downLink !== undefined));
        return server && { kind, server: server.name, link: server.downLink! };
      }
      case 'reclass': {
        const { prefixes, inClass, className, isBusy } = view.clients;
        const prefix = this.pick(prefixes);
        if (isBusy || prefix === undefined) return undefined;
        return { kind, prefix, class: inClass.includes(prefix) ? 'none' : className };
      }
      case 'kill-controller':
      case 'kill-in-turn':
        return view.incidentRunning || view.isSearching ? undefined : { kind };
      case 'restart-switch':
        return view.incidentRunning ? undefined : { kind };
      default:
        throw new Error(`unknown kind ${JSON.stringify(kind satisfies never)}`);
    }
  }

  private about(
    kind: 'add' | 'drain' | 'enable' | 'disable',
    candidates: readonly ChaosServer[],
  ): ChaosOperation | undefined {
    const server = this.pick(candidates);
    return server && { kind, server: server.name };
  }

  private pick<Item>(items: readonly Item[]): Item | undefined {
    return items[Math.floor(this.random() * items.length)];
  }

  private shuffled<Item>(items: readonly Item[]): Item[] {
    const result = [...items];
    for (let index = result.length - 1; index > 0; index--) {
      const other = Math.floor(this.random() * (index + 1));
      [result[index], result[other]] = [result[other]!, result[index]!];
    }
    return result;
  }
}

/** An operation in a few words. */
export function chaosTitle(operation: ChaosOperation): string {
  switch (operation.kind) {
    case 'swap':
      return `swap ${operation.server} by ${operation.replacement}`;
    case 'weight':
      return `weight ${operation.server} ${operation.weight}`;
    case 'remap':
      return 'affinity' in operation ? `affinity ${operation.affinity}` : `reseed ${operation.hashSeed}`;
    case 'buckets':
      return `buckets ${operation.buckets}`;
    case 'crash':
      return `crash ${operation.server}`;
    case 'link-down':
    case 'link-up':
      return `link ${operation.link + 1} of ${operation.server} ${operation.kind === 'link-up' ? 'up' : 'down'}`;
    case 'reclass':
      return `class ${operation.class} for ${operation.prefix}`;
    case 'kill-controller':
      return 'kill -9 the controller';
    case 'kill-in-turn':
      return 'kill -9 the controller, then the switch';
    case 'restart-switch':
      return 'kill -9 the switch';
    default:
      return `${operation.kind} ${operation.server}`;
  }
}
