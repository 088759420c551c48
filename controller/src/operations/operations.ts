/**
 * The appliance manager: every change of servers as a set of buckets that move. An operation orders its buckets' new
 * targets and then only listens: the bucket protocol says when a bucket has committed and settled, and when a server is
 * drained.
 *
 * What a request means is found by `resolve.ts`, what it would do is computed by `planning/plan.ts`, and both are what
 * is then done. Operations overlap freely as long as no server takes part in two of them; otherwise the later one is
 * refused with the reason, or waits in a queue where that was asked for. Where the policy wants a person's consent, an
 * operation waits for it with its plan, and is planned anew when it has it. A pause holds its buckets where they are;
 * an abort orders them back, as gently as they came, and a server that had just come leaves like any other.
 *
 * Whatever must survive a crash is a record, added before anything is ordered; everything else is made anew by
 * `resume` from the records and the state of the buckets.
 */
import type { ServerConfiguration, VipConfiguration } from '../config/types.ts';
import type {
  OperationOutcome,
  OperationPhase,
  OperationRequest,
  OperationStatus,
  Plan,
} from '../control-api/types.ts';
import { serverRecord } from '../intent/server-record.ts';
import type { OperationRecord, ServerRecord } from '../intent/types.ts';
import { computeMoves } from '../planning/plan.ts';
import type { Notice, ServerId, VipId } from '../shift/types.ts';
import { isIpv6 } from '../text/addresses.ts';
import { blankRecord } from './blank.ts';
import { freeServerId, recordsOf } from './catalogue.ts';
import { conflict, OperationRefusedError } from './errors.ts';
import { concludeForwarding, enlistTwins, restoreForwarding } from './forwarding.ts';
import type { Actor, OperationHost } from './host.ts';
import { inverseOf } from './inverse.ts';
import { hearNotice } from './notices.ts';
import { isWaiting, prepareRequest } from './preparation.ts';
import { phaseAt, tryQueued } from './queue.ts';
import { reclassesOf, resumeReclass } from './reclass.ts';
import { Refusals } from './refusals.ts';
import { beginRemap, isRemapped } from './remap.ts';
import { type Resolved, sharesNow } from './resolve.ts';
import { movesBack } from './roll-back.ts';
import { type Running, RunningOperations } from './running.ts';
import { describe, statusOf } from './status.ts';
import { isVipRequest } from './vip-requests.ts';
import { VipOperations } from './vips.ts';
import { waysDiffer, waysOf } from './ways.ts';

/** A slow start hands over a server's buckets in this many steps at the most. */
const RAMP_STEPS = 20;

/** See the file's comment. */
export class Operations {
  readonly host: OperationHost;
  readonly running: RunningOperations;
  readonly refusals: Refusals;
  private readonly vips: VipOperations;

  constructor(host: OperationHost) {
    this.host = host;
    this.running = new RunningOperations(host);
    this.refusals = new Refusals(host);
    this.vips = new VipOperations(this);
  }

  /** Starts an operation, or has it wait for approval or for others. @throws OperationRefusedError */
  request(request: OperationRequest, actor: Actor = { who: 'operator' }, rollsBack?: number): OperationStatus {
    const { start, plan, resolved, vip } = prepareRequest(this.host, this.running, request);
    const record: OperationRecord = {
      ...this.blank(request, vip, actor),
      rollsBack,
      plan,
      ...phaseAt(start, plan),
    };
    const running = this.running.begin(record);
    this.save(running, record);
    const result = { now: 'accepted', approval: 'waits for approval', queue: 'queued' }[start];
    this.audit(running, result);
    this.host.log('info', `operation ${record.id}: ${describe(record)}${start === 'now' ? '' : `: ${result}`}`);
    if (start === 'now') this.launch(running, resolved);
    return this.status(running.record);
  }

  /** What a request would do. Changes nothing. @throws OperationRefusedError */
  plan(request: OperationRequest): Plan {
    return prepareRequest(this.host, this.running, request).plan;
  }

  /** Lets an operation go that waits for approval. It is looked at anew. @throws OperationRefusedError */
  approve(id: number, actor: Actor): OperationStatus {
    const running = this.find(id, 'awaiting-approval', 'does not wait for approval');
    const request = { ...running.record.request!, approve: true };
    const { start, plan, resolved } = prepareRequest(this.host, this.running, request);
    this.save(running, { ...running.record, request, plan, ...phaseAt(start, plan) });
    this.audit(running, start === 'queue' ? 'approved, queued' : 'approved', actor);
    if (start === 'now') this.launch(running, resolved);
    return this.status(running.record);
  }

  /** Has a running operation stand still. @throws OperationRefusedError */
  pause(id: number, actor: Actor): OperationStatus {
    const running = this.find(id, undefined, '');
    const { record } = running;
    if (record.paused) throw conflict(`operation ${id} is paused already`);
    if (record.phase !== 'shifting') throw conflict(`operation ${id} cannot be paused while it is ${record.phase}`);
    if (record.leaving.some((server) => this.host.shift().servers.get(server)?.ending)) {
      throw conflict(`operation ${id} has come to its deadline and cannot be paused any more`);
    }
    const leftMs = record.deadlineAtMs === undefined ? 0 : Math.max(1, record.deadlineAtMs - this.host.wallMs());
    this.save(running, { ...record, paused: true, deadlineAtMs: undefined, deadlineMs: leftMs });
    this.running.hold(running, true);
    this.audit(running, 'paused', actor);
    return this.status(running.record);
  }

  /** Has a paused operation go on. @throws OperationRefusedError */
  goOn(id: number, actor: Actor): OperationStatus {
    const running = this.find(id, undefined, '');
    const { record } = running;
    if (!record.paused) throw conflict(`operation ${id} is not paused`);
    const deadlineAtMs = record.deadlineMs > 0 ? this.host.wallMs() + record.deadlineMs : undefined;
    this.save(running, { ...record, paused: false, deadlineAtMs });
    this.running.hold(running, false);
    this.arm(running);
    this.audit(running, 'resumed', actor);
    this.step(running);
    return this.status(running.record);
  }

  /** Aborts a running operation. @throws OperationRefusedError */
  abort(id: number, actor: Actor = { who: 'operator' }): OperationStatus {
    const running = this.find(id, undefined, '');
    const { record } = running;
    if (record.aborting) throw conflict(`operation ${id} is being rolled back already`);
    if (record.kind === 'failover') {
      throw conflict(`operation ${id} gives away the buckets of a dead server and cannot be aborted`);
    }
    const others = record.kind === 'reclass' ? reclassesOf(this.running) : [];
    if (record.mappingBefore !== undefined && [running, ...others].some(isRemapped)) {
      throw conflict(`operation ${id} has put the new mapping in place and cannot be aborted any more`);
    }
    this.audit(running, 'abort', actor);
    this.rollBack(running, 'aborted by request');
    return this.status(running.record);
  }

  /** Takes back an operation: aborts a running one, undoes a finished one. @throws OperationRefusedError */
  takeBack(id: number, actor: Actor): OperationStatus {
    const record = this.host.intent.operations.get(id);
    if (record === undefined)
      throw new OperationRefusedError({ code: 'not-found', message: `there is no operation ${id}` });
    if (record.phase !== 'finished') return this.abort(id, actor);
    const reason = actor.why === undefined ? {} : { reason: actor.why };
    return this.request({ ...inverseOf(record, this.host.intent), ...reason }, actor, id);
  }

  /** Checks, redirection, spares and ways to the servers of VIPs are as these say from now on; nothing moves. */
  followSettings(vips: readonly VipConfiguration[], { who }: Actor): void {
    const { intent, configuration } = this.host;
    const followed = configuration.vips.map((vip) => {
      const wanted = vips.find(({ name }) => name === vip.name);
      if (wanted === undefined) return vip;
      const { health, overflow, fallback, servers } = wanted;
      const definition = { ...vip, health, overflow, fallback, servers };
      const record = [...intent.vips.values()].find(({ name }) => name === vip.name)!;
      this.host.record({ kind: 'vip', vip: { ...record, definition } });
      for (const server of recordsOf(intent, record.id).values()) {
        const its = servers.find(({ name }) => name === server.name);
        if (its === undefined || server.address !== its.address || !waysDiffer(server, its)) continue;
        this.host.record({ kind: 'server', server: { ...server, ...waysOf(server, its) } });
      }
      this.host.audit({ who, what: `settings of VIP ${vip.name}`, result: 'done' });
      return definition;
    });
    this.host.setVips(followed);
  }

  /** Takes up what was running before a restart; the shift state has been recovered. */
  resume(): void {
    this.running.clear();
    this.refusals.forget();
    const waiting: Running[] = [];
    for (const record of [...this.host.intent.operations.values()]) {
      if (record.phase === 'finished') continue;
      const running = this.running.begin(record);
      if (isWaiting(record.phase)) {
        waiting.push(running);
        continue;
      }
      record.moves.forEach(([bucket, from, to], index) => {
        if (index < record.ordered) this.running.own(running, bucket, record.aborting ? from : to);
      });
      if (record.paused || record.kind === 'overflow') this.running.hold(running, true);
      if (record.kind === 'reclass') continue;
      if (record.phase === 'preparing' && record.mappingBefore !== undefined) beginRemap(this, running);
      else if (record.phase === 'preparing') this.beginWhenReady(running);
      else this.arm(running);
      this.advance(running);
    }
    resumeReclass(this);
    if (waiting.length > 0) tryQueued(this);
  }

  /** Something the bucket protocol says. */
  onNotice(notice: Notice): void {
    hearNotice(this, notice);
  }

  /** Looks at operations that have lost a bucket to another: perhaps their last. @returns whether there were any */
  concludeBereft(): boolean {
    const bereft = this.running.takeBereft();
    for (const running of bereft) this.advance(running);
    return bereft.length > 0;
  }

  /** A server's MAC address has been found. */
  onResolved(server: ServerRecord): void {
    for (const running of this.running) {
      if (running.record.phase === 'preparing' && running.record.coming.includes(server.id))
        this.beginWhenReady(running);
    }
  }

  /** A server did not answer when asked for its MAC address. */
  onUnresolved(server: ServerRecord): void {
    for (const running of this.running) {
      if (running.record.phase !== 'preparing' || !running.record.coming.includes(server.id)) continue;
      for (const id of running.record.coming) this.forget(this.server(id));
      const message = `no answer to ${isIpv6(server.address) ? 'neighbour solicitations' : 'ARP'} for ${server.address}: is server \`${server.name}\` up and connected to the switch?`;
      this.finish(running, 'failed', message);
    }
  }

  /** An operation's deadline has come. */
  onDeadline(id: number): void {
    const running = this.running.get(id);
    if (running === undefined || running.record.aborting || running.record.paused) return;
    const { leaving, deadlineAtMs } = running.record;
    // A pause has moved it.
    if (leaving.length === 0 || deadlineAtMs === undefined || deadlineAtMs > this.host.wallMs()) return;
    this.host.log('warning', `operation ${id}: the drain deadline has passed, what is left will be ended`);
    for (const server of leaving) this.host.order({ kind: 'deadline', server });
  }

  /** The next part of a slow start is due. */
  onStep(id: number): void {
    const running = this.running.get(id);
    if (running !== undefined) this.step(running);
  }

  /** Running and finished ones, newest first. */
  list(): OperationStatus[] {
    return [...this.host.intent.operations.values()].reverse().map((record) => this.status(record));
  }

  /** One of them. */
  get(id: number): OperationStatus | undefined {
    const record = this.host.intent.operations.get(id);
    return record === undefined ? undefined : this.status(record);
  }

  /** A record of an operation that has not begun. */
  blank(request: OperationRequest, vip: VipId, actor: Actor): OperationRecord {
    return blankRecord(this.host, request, vip, actor);
  }

  /** From a request to its first step. */
  launch(running: Running, resolved: Resolved | undefined): void {
    if (resolved === undefined) {
      this.vips.launch(running);
      return;
    }
    const { record } = running;
    const { forwarding } = resolved;
    const before = resolved.vip.configuration.forwarding ?? 'nat';
    const comers =
      forwarding === undefined
        ? resolved.coming.map((spare) => this.enlist(resolved.vip.record.id, spare))
        : enlistTwins(this, resolved, forwarding);
    const coming = comers.map(({ id }) => id);
    const { deadlineMs } = record;
    const startedAtMs = this.host.wallMs();
    this.save(running, {
      ...record,
      leaving: resolved.leaving.map(({ id }) => id),
      forgets: resolved.forgets,
      coming,
      shares: resolved.shares,
      startedAtMs,
      deadlineAtMs: deadlineMs > 0 && resolved.leaving.length > 0 ? startedAtMs + deadlineMs : undefined,
      ...(forwarding === undefined ? {} : { forwardingBefore: before }),
    });
    // Another way begins when the switch has been told of it.
    if (forwarding === undefined) this.beginWhenReady(running);
  }

  /** Makes the record of a server that comes, under an id that was never used. */
  enlist(vip: VipId, spare: ServerConfiguration): ServerRecord {
    const { intent } = this.host;
    const before = recordsOf(intent, vip).get(spare.name);
    if (before !== undefined) this.forget(before);
    const server = serverRecord(freeServerId(intent), vip, spare, 'joining');
    this.host.record({ kind: 'server', server });
    return server;
  }

  private beginWhenReady(running: Running): void {
    const coming = running.record.coming.flatMap((id) => this.server(id) ?? []);
    const unknown = coming.filter(({ mac }) => mac === undefined);
    for (const server of unknown) this.host.resolve(server);
    if (unknown.length > 0) {
      this.host.changed(this.status(running.record));
      return;
    }
    for (const server of coming) this.host.serverChanged(server);
    this.begin(running);
  }

  /** Computes the new assignment and orders it. */
  private begin(running: Running): void {
    const { record } = running;
    const { intent } = this.host;
    const { current, base } = intent.assignments.get(record.vip)!;
    for (const id of record.leaving) this.setState(this.server(id), 'draining');
    // They have served all along, only in another way.
    if (record.kind === 'forwarding') for (const id of record.coming) this.setState(this.server(id), 'active');
    for (const { server, after } of record.shares) this.setShare(server, after);
    const shares = sharesNow(intent, record.vip);
    const isSwap = record.kind === 'swap' || record.kind === 'forwarding';
    const swaps = isSwap ? record.leaving.map((id, index) => [id, record.coming[index]!] as const) : [];
    const moves = computeMoves({ current, base, shares, swaps });
    running.moved = moves.length;
    this.save(running, { ...record, moves, phase: 'shifting' });
    for (const server of record.leaving) this.host.order({ kind: 'server-leaves', server });
    if (moves.length === 0) this.advance(running);
    else this.step(running);
    this.arm(running);
  }

  /** Orders the moves that are due: all at once, or a slow start's next. */
  private step(running: Running): void {
    const { record } = running;
    const { moves, ordered, rampMs, startedAtMs } = record;
    if (record.phase !== 'shifting' || record.paused || record.aborting || ordered === moves.length) return;
    const passedMs = this.host.wallMs() - startedAtMs;
    const steps = Math.min(RAMP_STEPS, moves.length);
    const done = rampMs === 0 ? steps : Math.min(steps, 1 + Math.floor((passedMs * steps) / rampMs));
    const due = Math.max(ordered, Math.ceil((moves.length * done) / steps));
    const { current } = this.host.intent.assignments.get(record.vip)!;
    // A bucket that somebody else has moved meanwhile is theirs.
    const batch = moves.slice(ordered, due).filter(([bucket, from]) => current[bucket] === from);
    this.save(running, { ...record, ordered: due });
    this.host.order({ kind: 'retarget', vip: record.vip, moves: batch.map(([bucket, , to]) => [bucket, to]) });
    for (const [bucket, , to] of batch) this.running.own(running, bucket, to);
    if (due < moves.length) {
      const nextMs = Math.ceil((done * rampMs) / steps);
      this.host.armStep(record.id, startedAtMs + nextMs);
    }
    this.advance(running);
  }

  /** Has its timers come, after a start or a pause. */
  private arm(running: Running): void {
    const { record } = running;
    if (record.paused || record.aborting) return;
    if (record.deadlineAtMs !== undefined) this.host.armDeadline(record.id, record.deadlineAtMs);
    if (record.phase === 'shifting' && record.ordered < record.moves.length) {
      this.host.armStep(record.id, this.host.wallMs());
    }
  }

  /** Takes a running operation back. */
  rollBack(running: Running, message: string): void {
    const { record } = running;
    if (isWaiting(record.phase)) {
      this.finish(running, 'aborted', message);
      return;
    }
    if (isVipRequest(record)) {
      this.vips.rollBack(running, message);
      return;
    }
    restoreForwarding(this, record);
    const coming = record.coming.flatMap((id) => this.server(id) ?? []);
    if (record.phase === 'preparing') {
      for (const server of coming) this.forget(server);
      this.finish(running, 'aborted', message);
      return;
    }
    if (record.paused || record.kind === 'overflow') this.running.hold(running, false);
    this.save(running, { ...record, aborting: true, paused: false, phase: 'rolling-back', message });
    for (const id of record.leaving) {
      const server = this.server(id);
      if (server?.state !== 'draining') continue;
      this.setState(server, 'active');
      this.host.order({ kind: 'server-stays', server: id });
    }
    for (const server of coming) {
      if (server.state === 'dead') continue;
      this.setState(server, 'draining');
      this.host.order({ kind: 'server-leaves', server: server.id });
    }
    for (const { server, before } of record.shares) this.setShare(server, before);
    const back = movesBack(record, this.host.intent, coming);
    this.host.order({ kind: 'retarget', vip: record.vip, moves: back });
    for (const [bucket, to] of back) this.running.own(running, bucket, to);
    this.host.log('info', `operation ${record.id}: ${message}, rolling back`);
    this.advance(running);
  }

  /** Looks whether the operation has come to its end. */
  advance(running: Running): void {
    const { record } = running;
    if (record.phase !== 'shifting' && record.phase !== 'rolling-back' && record.phase !== 'settling') return;
    const goes = (record.aborting ? record.coming : record.leaving).map((id) => this.server(id));
    const gone = goes.every((server) => server === undefined || server.state === 'drained' || server.state === 'dead');
    const all = record.aborting || record.ordered === record.moves.length;
    const over = all && gone && running.uncommitted.size === 0 && running.unsettled.size === 0;
    if (!over || (record.kind === 'overflow' && !record.aborting)) {
      this.host.changed(this.status(record));
    } else if (isVipRequest(record)) {
      this.vips.conclude(running);
    } else {
      const isAborted = record.aborting && record.kind !== 'overflow';
      this.finish(running, isAborted ? 'aborted' : 'done', record.aborting ? record.message : 'done');
    }
  }

  /** The end of an operation; those that wait for it are looked at. */
  finish(running: Running, outcome: OperationOutcome, message: string): void {
    if (outcome === 'done') {
      for (const id of running.record.coming) {
        const server = this.server(id);
        if (server?.state === 'joining') this.setState(server, 'active');
      }
    }
    if (running.record.forwardingBefore !== undefined) {
      if (outcome === 'failed') restoreForwarding(this, running.record);
      concludeForwarding(this, running.record);
    }
    this.running.end(running);
    const finishedAtMs = this.host.wallMs();
    const phase: OperationPhase = 'finished';
    this.save(running, { ...running.record, phase, paused: false, outcome, message, finishedAtMs, plan: undefined });
    const seconds = ((finishedAtMs - running.record.startedAtMs) / 1000).toFixed(1);
    const text = `${outcome} after ${seconds} s${outcome === 'done' ? '' : `: ${message}`}`;
    this.host.log(outcome === 'failed' ? 'error' : 'info', `operation ${running.record.id}: ${text}`);
    this.audit(running, outcome === 'done' ? 'done' : `${outcome}: ${message}`);
    tryQueued(this);
  }

  private find(id: number, phase: OperationPhase | undefined, otherwise: string): Running {
    const running = this.running.get(id);
    if (running !== undefined) {
      if (phase === undefined || running.record.phase === phase) return running;
      throw conflict(`operation ${id} ${otherwise}`);
    }
    const known = this.host.intent.operations.get(id);
    if (known === undefined) {
      throw new OperationRefusedError({ code: 'not-found', message: `there is no operation ${id}` });
    }
    throw conflict(`operation ${id} has finished already (${known.outcome ?? 'done'})`);
  }

  /** Records what has become of an operation. */
  save(running: Running, record: OperationRecord): void {
    running.record = record;
    this.host.record({ kind: 'operation', operation: record });
    this.host.changed(this.status(record));
  }

  /** @param actor who has it so; whoever began it where left out */
  audit({ record }: Running, result: string, { who, why }: Actor = record): void {
    const what = describe(record);
    this.host.audit({ who, what, ...(why === undefined ? {} : { why }), operation: record.id, result });
  }

  setState(server: ServerRecord | undefined, state: ServerRecord['state']): void {
    if (server !== undefined) this.host.record({ kind: 'server', server: { ...server, state } });
  }

  private setShare(id: ServerId, { weight, enabled }: { readonly weight: number; readonly enabled: boolean }): void {
    const server = this.server(id);
    if (server !== undefined) this.host.record({ kind: 'server', server: { ...server, weight, enabled } });
  }

  forget(server: ServerRecord | undefined): void {
    if (server === undefined) return;
    this.host.record({ kind: 'server-forgotten', id: server.id });
    this.host.serverGone(server);
  }

  status(record: OperationRecord): OperationStatus {
    return statusOf(record, this.running.get(record.id), this.host.intent, this.host.shift());
  }

  server(id: ServerId | undefined): ServerRecord | undefined {
    return id === undefined ? undefined : this.host.intent.servers.get(id);
  }
}
