/**
 * What a server's own agent tells of its connections, in place of guesses from silence (rules R5, R6, R8, R9, R12). A
 * report lists every connection that the server holds, half-open ones included, so it says exactly when a bucket has no
 * unpinned connection on its base, and when the connection of a pin is gone. A silent connection that lives is on the
 * list and is waited for or pinned; one that has ended is not on it and is not waited for.
 *
 * The order of things stays: a bucket is sealed, the in-flight time passes, and only a report that was *asked for*
 * after that decides, because one that the agent sent by itself may be older. So does a pin's: closing first, then a
 * report asked for after the in-flight time. When the agent does not answer, idle times count again.
 *
 * Only established connections become pins; a half-open one of a bucket in shift is waited for.
 */
import { commit, enterSealed, onSealDue, unseal } from './buckets.ts';
import { isSought } from './doubt.ts';
import { deletePin, onPinGone, reopen } from './pins.ts';
import { type Output, putPin, type ShiftState, targetOf, viewOf } from './state.ts';
import type { ReportedConnection, ServerId, ShiftEvent } from './types.ts';

/** Asks the server's agent for its connections; once a step is enough. @returns the question's token */
export function askAgent(state: ShiftState, server: ServerId, out: Output): number {
  for (const effect of out.effects) {
    if (effect.kind === 'ask-agent' && effect.server === server) return effect.token;
  }
  const token = ++state.lastQuestion;
  out.effects.push({ kind: 'ask-agent', server, token });
  return token;
}

/** The agent can be asked from now on, or no longer. */
export function onAgent(state: ShiftState, id: ServerId, reachable: boolean, out: Output): void {
  const view = viewOf(state, id);
  if (view.agent === reachable || view.ended) return;
  view.agent = reachable;
  view.live = undefined;
  if (reachable) return;
  // Whoever waits for its answer asks the switch.
  for (const buckets of state.vips.values()) {
    for (const bucket of buckets) {
      if (bucket.base !== id || bucket.asked === undefined) continue;
      bucket.asked = undefined;
      onSealDue(state, bucket, bucket.token, out);
    }
  }
  for (const key of view.pins) {
    const pin = state.pins.get(key)!;
    if (!pin.closing || pin.asked === undefined) continue;
    pin.asked = undefined;
    const event = { kind: 'closing-due', keys: [key] } as const;
    out.effects.push({ kind: 'timer', delayMs: state.settings.handshakeMs, event });
  }
}

/** All connections of a server. */
export function onServerReport(
  state: ShiftState,
  { server, token, connections }: Extract<ShiftEvent, { kind: 'server-report' }>,
  out: Output,
): void {
  const view = viewOf(state, server);
  if (view.ended || view.stage === 'drained') return;
  view.live = connections.length;
  const unpinned = new Map<string, ReportedConnection[]>();
  const listed = new Set<string>();
  for (const connection of connections) {
    listed.add(connection.key);
    if (!connection.halfOpen && isSought(state, connection, connection.key, server)) {
      const { key, vip, bucket } = connection;
      const pin = { key, vip, bucket, server, slot: undefined };
      putPin(state, { ...pin, closing: false, released: true, idle: false, listed: true });
      out.effects.push({ kind: 'set-pin', key, server, closing: false });
    }
    if (state.pins.has(connection.key)) continue;
    const bucket = `${connection.vip}/${connection.bucket}`;
    const others = unpinned.get(bucket);
    if (others === undefined) unpinned.set(bucket, [connection]);
    else others.push(connection);
  }
  for (const key of [...view.pins]) {
    const pin = state.pins.get(key)!;
    if (pin.closing && pin.asked !== undefined && pin.asked === token) {
      if (listed.has(key)) reopen(pin, out);
      else deletePin(state, pin, out);
    } else if (!listed.has(key)) {
      onPinGone(state, pin, out);
    }
  }
  for (const buckets of state.vips.values()) {
    for (const bucket of buckets) {
      if (bucket.base !== server || bucket.current === server || bucket.held || state.awaiting) continue;
      const here = unpinned.get(`${bucket.vip}/${bucket.bucket}`) ?? [];
      let left = here.filter(({ key }) => targetOf(state, bucket, key) !== server);
      if (bucket.learn && bucket.phase === 'learning') {
        for (const { key, halfOpen } of left) {
          if (halfOpen) continue;
          const { vip } = bucket;
          const pin = { key, vip, bucket: bucket.bucket, server, slot: undefined };
          putPin(state, { ...pin, closing: false, released: true, idle: false, listed: true });
          out.effects.push({ kind: 'set-pin', key, server, closing: false });
        }
        left = left.filter(({ halfOpen }) => halfOpen);
      }
      if (bucket.phase === 'sealed') {
        if (left.length > 0) unseal(state, bucket, out);
        else if (bucket.asked !== undefined && bucket.asked === token) commit(state, bucket, out);
      } else if (left.length === 0 && (bucket.phase === 'shifting' || bucket.phase === 'learning')) {
        enterSealed(state, bucket, out);
      }
    }
  }
}
