/**
 * The check that asks nobody: of the SYNs that the switch has sent to a server, how many came back answered? It sees
 * what clients see, on the very way their packets take, and costs the server nothing. It says something only of servers
 * that get new connections.
 *
 * One interval may be too short: it goes on until there were SYNs enough to judge by, so that a few clients that resend
 * theirs to a dead server are heard as well. SYNs above a class's rate are dropped before a server is chosen, and count
 * for nobody. A flood of spoofed SYNs is answered by a server that lives (with SYN cookies, if need be); who sends SYNs
 * that no server answers, with a wrong checksum for example, raises the share, which is why by default none at all may
 * have been answered. A server whose agent says that its accept queue is full is not dead but overflowing, which is
 * another rule's business.
 */
import type { HealthCheck } from '../config/types.ts';
import type { SignalReader } from '../signals/signal-reader.ts';
import { type ServerSignals, signalsBetween } from '../signals/signals.ts';
import type { CheckTarget } from './probes.ts';
import type { CheckResult } from './tracker.ts';

const NOTHING_TO_JUDGE: CheckResult = { ok: undefined };

/** See the file's comment. Remembers from where on each server is to be judged next. */
export class DitchedSyns {
  private readonly read: SignalReader;
  private readonly isOverflowing: (target: CheckTarget) => boolean;
  private readonly since = new Map<string, { readonly counters: string; readonly signals: ServerSignals }>();

  constructor(read: SignalReader, isOverflowing: (target: CheckTarget) => boolean) {
    this.read = read;
    this.isOverflowing = isOverflowing;
  }

  /** One check. Never rejects. */
  async check({ minimum, unanswered }: HealthCheck, target: CheckTarget): Promise<CheckResult> {
    const { counters } = target;
    const now = (await this.read())?.servers.get(counters);
    if (now === undefined) return NOTHING_TO_JUDGE;
    const name = `${counters.split('/')[0]}/${target.host}/${target.name}`;
    const before = this.since.get(name);
    const isNew = before?.counters !== counters;
    const more = isNew ? undefined : signalsBetween(before.signals, now);
    if (more !== undefined && more.syns < minimum) return NOTHING_TO_JUDGE;
    this.since.set(name, { counters, signals: now });
    if (more === undefined) return { ok: undefined, isNew };
    const ditched = Math.max(0, more.syns - more.synAcks);
    if (ditched / more.syns < unanswered) return { ok: true };
    if (this.isOverflowing(target)) return NOTHING_TO_JUDGE;
    return { ok: false, reason: `${ditched} of ${more.syns} SYNs had no answer` };
  }
}
