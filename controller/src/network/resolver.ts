/**
 * Finds servers' MAC addresses and switch ports: asks for their IP addresses, again at intervals, and gives up after a
 * while in favour of asking seldom. Knows nothing of servers but their addresses.
 */
import type { Clock } from '../clock.ts';
import type { IpAddress } from '../text/addresses.ts';

/** Between two questions. */
const INTERVAL_MS = 250;
/** Questions after which `onGivenUp` is called. */
const ATTEMPTS = 12;
/** Between two questions from then on, if whoever asked still wants to know. */
const SLOW_INTERVAL_MS = 5_000;

/** What the resolver calls. */
export interface ResolverHost {
  readonly clock: Clock;
  /** Sends the question. */
  ask(address: IpAddress): void;
  /** There was no answer for long. @returns whether to go on asking */
  onGivenUp(address: IpAddress): boolean;
}

/** See the file's comment. */
export class Resolver {
  private readonly host: ResolverHost;
  private readonly wanted = new Map<IpAddress, { attempts: number; cancel: () => void }>();

  constructor(host: ResolverHost) {
    this.host = host;
  }

  /** Starts asking for an address. */
  want(address: IpAddress): void {
    if (this.wanted.has(address)) return;
    this.wanted.set(address, { attempts: 0, cancel: () => undefined });
    this.ask(address);
  }

  /** Whether every address has been answered, or asked for so often that nobody need wait for it. */
  get settled(): boolean {
    return [...this.wanted.values()].every(({ attempts }) => attempts > ATTEMPTS);
  }

  /** Somebody has answered. @returns whether anybody wanted to know */
  answered(address: IpAddress): boolean {
    this.wanted.get(address)?.cancel();
    return this.wanted.delete(address);
  }

  /** Asks all at once again: the switch is back. */
  askAgain(): void {
    for (const address of this.wanted.keys()) this.host.ask(address);
  }

  stop(): void {
    for (const { cancel } of this.wanted.values()) cancel();
    this.wanted.clear();
  }

  private ask(address: IpAddress): void {
    const entry = this.wanted.get(address);
    if (entry === undefined) return;
    if (entry.attempts === ATTEMPTS && !this.host.onGivenUp(address)) {
      this.wanted.delete(address);
      return;
    }
    entry.attempts++;
    this.host.ask(address);
    const delayMs = entry.attempts > ATTEMPTS ? SLOW_INTERVAL_MS : INTERVAL_MS;
    entry.cancel = this.host.clock.after(delayMs, () => this.ask(address));
  }
}
