/**
 * The appliance manager: add, drain, swap and remove as sets of buckets that move. An operation orders its buckets' new targets and
 * then only listens: the bucket protocol says when a bucket has committed and settled, and when a server is drained.
 *
 * Operations overlap freely as long as no server takes part in two of them. A bucket belongs to the operation that moved
 * it last; one that is moved again is no longer the earlier one's business. An abort orders the same buckets back, as
 * gently as they came, and a server that had just come leaves like any other.
 *
 * Whatever must survive a crash is a record, added before anything is ordered; everything else is made anew by
 * `resume` from the records and the state of the buckets.
 */
import { assign, assignSwap } from '../assignment/assign.ts';
import type { ServerConfiguration } from '../config/types.ts';
import type { OperationRequest, OperationStatus } from '../control-api/types.ts';
import type { OperationRecord, ServerRecord } from '../intent/types.ts';
import { connectionParts } from '../shift/connection-key.ts';
import { bucketOf } from '../shift/state.ts';
import type { ConnectionKey, Notice, ServerId, VipId } from '../shift/types.ts';
import { formatIpAddress, isIpv6 } from '../text/addresses.ts';
import { findActive, findSpare, findVip, freeServerId, inService, recordsOf } from './catalogue.ts';
import { OperationRefusedError } from './errors.ts';
import type { OperationHost } from './host.ts';
import { describe, statusOf, type UnderWay } from './status.ts';

/** A running operation. */
interface Running extends UnderWay {
  record: OperationRecord;
  readonly uncommitted: Set<number>;
  readonly unsettled: Set<number>;
  moved: number;
}

/** See the file's comment. */
export class Operations {
  private readonly host: OperationHost;
  private readonly running = new Map<number, Running>();
  /** Who moved a bucket last, by `vip/bucket`. */
  private readonly owners = new Map<string, Running>();

  constructor(host: OperationHost) {
    this.host = host;
  }

  /** Starts an operation. @throws OperationRefusedError */
  request(request: OperationRequest): OperationStatus {
    const { intent, configuration } = this.host;
    const vip = findVip(configuration, intent, request.vip);
    const startedAtMs = this.host.wallMs();
    const deadlineMs = request.deadlineMs ?? configuration.timers.drainDeadlineMs;
    const common = {
      id: intent.nextOperation,
      kind: request.kind,
      vip: vip.record.id,
      server: request.server,
      leaving: undefined,
      replacement: undefined,
      coming: undefined,
      moves: [],
      phase: 'preparing',
      aborting: false,
      startedAtMs,
      deadlineAtMs: deadlineMs > 0 && request.kind !== 'add' ? startedAtMs + deadlineMs : undefined,
      finishedAtMs: undefined,
      outcome: undefined,
      message: '',
      ended: [],
    } as const satisfies OperationRecord;
    let record: OperationRecord = common;
    switch (request.kind) {
      case 'add': {
        const spare = findSpare(intent, vip, request.server, 'server', request.definition);
        this.checkRoom(vip.record.id, vip.record.buckets);
        record = { ...common, coming: this.enlist(vip.record.id, spare).id };
        break;
      }
      case 'drain':
      case 'remove': {
        const known = recordsOf(intent, vip.record.id).get(request.server);
        if (request.kind === 'remove' && known?.state === 'drained') return this.forgetDrained(common, known);
        const server = findActive(intent, vip, request.server);
        this.checkFree(server);
        if (inService(intent, vip.record.id).length === 1) {
          throw new OperationRefusedError({
            code: 'conflict',
            field: 'server',
            message: `server \`${server.name}\` is the last one in service of VIP \`${vip.record.name}\``,
            hint: 'add or swap in another one first',
          });
        }
        record = { ...common, leaving: server.id };
        break;
      }
      case 'swap': {
        if (request.replacement === undefined) {
          throw new OperationRefusedError({
            code: 'bad-request',
            field: 'replacement',
            message: 'a swap needs the name of the server that takes the place',
          });
        }
        const server = findActive(intent, vip, request.server);
        this.checkFree(server);
        const spare = findSpare(intent, vip, request.replacement, 'replacement', request.definition);
        const coming = this.enlist(vip.record.id, spare);
        record = { ...common, leaving: server.id, replacement: request.replacement, coming: coming.id };
        break;
      }
      default:
        throw new OperationRefusedError({
          code: 'bad-request',
          field: 'kind',
          message: `there is no operation \`${String(request.kind satisfies never)}\``,
          choices: ['add', 'drain', 'swap', 'remove'],
        });
    }
    const running: Running = { record, uncommitted: new Set(), unsettled: new Set(), moved: 0 };
    this.running.set(record.id, running);
    this.save(running, record);
    this.host.log('info', `operation ${record.id}: ${describe(record)}`);
    this.beginWhenReady(running);
    return this.status(running.record);
  }

  /** Aborts a running operation. @throws OperationRefusedError */
  abort(id: number): OperationStatus {
    const running = this.running.get(id);
    if (running === undefined) {
      const known = this.host.intent.operations.get(id);
      throw new OperationRefusedError(
        known === undefined
          ? { code: 'not-found', message: `there is no operation ${id}` }
          : { code: 'conflict', message: `operation ${id} has finished already (${known.outcome ?? 'done'})` },
      );
    }
    if (running.record.aborting) {
      throw new OperationRefusedError({ code: 'conflict', message: `operation ${id} is being rolled back already` });
    }
    this.rollBack(running, 'aborted by request');
    return this.status(running.record);
  }

  /** Takes up what was running before a restart; the shift state has been recovered. */
  resume(): void {
    this.running.clear();
    this.owners.clear();
    for (const record of [...this.host.intent.operations.values()]) {
      if (record.phase === 'finished') continue;
      const running: Running = { record, uncommitted: new Set(), unsettled: new Set(), moved: record.moves.length };
      this.running.set(record.id, running);
      for (const [bucket, from, to] of record.moves) {
        this.own(running, bucket, record.aborting ? from : to);
      }
      if (record.phase === 'preparing') this.beginWhenReady(running);
      else if (record.deadlineAtMs !== undefined && !record.aborting) {
        this.host.armDeadline(record.id, record.deadlineAtMs);
      }
      this.advance(running);
    }
  }

  /** Something the bucket protocol says. */
  onNotice(notice: Notice): void {
    switch (notice.kind) {
      case 'committed':
      case 'aborted':
        this.ownerOf(notice.name.vip, notice.name.bucket)?.uncommitted.delete(notice.name.bucket);
        break;
      case 'settled': {
        const owner = this.ownerOf(notice.name.vip, notice.name.bucket);
        owner?.unsettled.delete(notice.name.bucket);
        if (owner !== undefined) this.advance(owner);
        break;
      }
      case 'ended':
        this.onEnded(notice.server, notice.keys);
        break;
      case 'drained':
        this.onDrained(notice.server);
        break;
      case 'flipped':
      case 'unsealed':
        break;
      default:
        throw new Error(`unexpected notice ${JSON.stringify(notice satisfies never)}`);
    }
  }

  /** A server's MAC address has been found. */
  onResolved(server: ServerRecord): void {
    for (const running of this.running.values()) {
      if (running.record.coming === server.id && running.record.phase === 'preparing') this.beginWhenReady(running);
    }
  }

  /** A server did not answer when asked for its MAC address. */
  onUnresolved(server: ServerRecord): void {
    for (const running of [...this.running.values()]) {
      if (running.record.coming !== server.id || running.record.phase !== 'preparing') continue;
      this.forget(server);
      const message = `no answer to ${isIpv6(server.address) ? 'neighbour solicitations' : 'ARP'} for ${server.address}: is server \`${server.name}\` up and connected to the switch?`;
      this.finish(running, 'failed', message);
    }
  }

  /** An operation's deadline has come. */
  onDeadline(id: number): void {
    const running = this.running.get(id);
    if (running?.record.leaving === undefined || running.record.aborting) return;
    this.host.log('warning', `operation ${id}: the drain deadline has passed, what is left will be ended`);
    this.host.order({ kind: 'deadline', server: running.record.leaving });
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

  /** The running ones that somebody may want to see move. */
  runningIds(): number[] {
    return [...this.running.keys()];
  }

  private checkFree(server: ServerRecord): void {
    for (const { record } of this.running.values()) {
      if (record.leaving !== server.id && record.coming !== server.id) continue;
      throw new OperationRefusedError({
        code: 'conflict',
        field: 'server',
        message: `server \`${server.name}\` takes part in operation ${record.id} (${describe(record)})`,
        hint: `wait for it, or abort it: mooring abort ${record.id}`,
      });
    }
  }

  private checkRoom(vip: VipId, buckets: number): void {
    if (inService(this.host.intent, vip).length >= buckets) {
      throw new OperationRefusedError({
        code: 'conflict',
        field: 'server',
        message: `the VIP's ${buckets} buckets are not enough for one more server`,
      });
    }
  }

  /** Makes the record of a server that comes, under an id that was never used. */
  private enlist(vip: VipId, spare: ServerConfiguration): ServerRecord {
    const { intent } = this.host;
    const before = recordsOf(intent, vip).get(spare.name);
    if (before !== undefined) this.host.record({ kind: 'server-forgotten', id: before.id });
    const server: ServerRecord = {
      id: freeServerId(intent),
      name: spare.name,
      vip,
      address: spare.address,
      port: spare.port,
      weight: spare.weight,
      mac: spare.mac,
      switchPort: spare.switchPort,
      state: 'joining',
    };
    this.host.record({ kind: 'server', server });
    return server;
  }

  private forgetDrained(common: OperationRecord, server: ServerRecord): OperationStatus {
    this.host.record({ kind: 'server-forgotten', id: server.id });
    const finishedAtMs = this.host.wallMs();
    const record: OperationRecord = { ...common, phase: 'finished', outcome: 'done', finishedAtMs, message: 'done' };
    this.host.record({ kind: 'operation', operation: record });
    return this.status(record);
  }

  private beginWhenReady(running: Running): void {
    const coming = this.server(running.record.coming);
    if (coming !== undefined && coming.mac === undefined) {
      this.host.resolve(coming);
      this.host.changed(this.status(running.record));
      return;
    }
    if (coming !== undefined) this.host.serverChanged(coming);
    this.begin(running);
  }

  /** Computes the new assignment and orders it. */
  private begin(running: Running): void {
    const { record } = running;
    const { current } = this.host.intent.assignments.get(record.vip)!;
    const leaving = this.server(record.leaving);
    if (leaving !== undefined) this.setState(leaving, 'draining');
    const target =
      record.kind === 'swap'
        ? assignSwap(current, record.leaving!, record.coming!)
        : this.computeAssignment(record.vip);
    const moves: [number, ServerId, ServerId][] = [];
    target.forEach((to, bucket) => {
      if (to !== current[bucket]) moves.push([bucket, current[bucket]!, to]);
    });
    running.moved = moves.length;
    this.save(running, { ...record, moves, phase: 'shifting' });
    if (leaving !== undefined) this.host.order({ kind: 'server-leaves', server: leaving.id });
    this.host.order({ kind: 'retarget', vip: record.vip, moves: moves.map(([bucket, , to]) => [bucket, to]) });
    for (const [bucket, , to] of moves) this.own(running, bucket, to);
    if (record.deadlineAtMs !== undefined) this.host.armDeadline(record.id, record.deadlineAtMs);
    this.advance(running);
  }

  private computeAssignment(vip: VipId): number[] {
    const { current, base } = this.host.intent.assignments.get(vip)!;
    const shares = inService(this.host.intent, vip).map(({ id, weight }) => ({ server: id, weight }));
    return assign(current, base, shares);
  }

  /** Makes a bucket this operation's, as far as it still has to come to `to`. */
  private own(running: Running, bucket: number, to: ServerId): void {
    const { vip } = running.record;
    const state = bucketOf(this.host.shift(), { vip, bucket });
    const key = `${vip}/${bucket}`;
    const before = this.owners.get(key);
    if (before !== undefined && before !== running) {
      before.uncommitted.delete(bucket);
      before.unsettled.delete(bucket);
    }
    this.owners.delete(key);
    if (state === undefined || state.current !== to || state.phase === 'steady') return;
    this.owners.set(key, running);
    if (state.base !== to) running.uncommitted.add(bucket);
    running.unsettled.add(bucket);
  }

  private ownerOf(vip: VipId, bucket: number): Running | undefined {
    return this.owners.get(`${vip}/${bucket}`);
  }

  private rollBack(running: Running, message: string): void {
    const { record } = running;
    const leaving = this.server(record.leaving);
    const coming = this.server(record.coming);
    if (record.phase === 'preparing') {
      if (coming !== undefined) this.forget(coming);
      this.finish(running, 'aborted', message);
      return;
    }
    this.save(running, { ...record, aborting: true, phase: 'rolling-back', message });
    if (leaving !== undefined) {
      this.setState(leaving, 'active');
      this.host.order({ kind: 'server-stays', server: leaving.id });
    }
    if (coming !== undefined) {
      this.setState(coming, 'draining');
      this.host.order({ kind: 'server-leaves', server: coming.id });
    }
    const { current } = this.host.intent.assignments.get(record.vip)!;
    const fallback = this.computeAssignment(record.vip);
    const back: [number, ServerId][] = [];
    for (const [bucket, from, to] of record.moves) {
      if (current[bucket] !== to) continue;
      const state = this.server(from)?.state;
      back.push([bucket, state === 'active' || state === 'joining' ? from : fallback[bucket]!]);
    }
    // Buckets that others gave to the server that came must leave it as well.
    if (coming !== undefined) {
      const listed = new Set(back.map(([bucket]) => bucket));
      current.forEach((server, bucket) => {
        if (server === coming.id && !listed.has(bucket)) back.push([bucket, fallback[bucket]!]);
      });
    }
    this.host.order({ kind: 'retarget', vip: record.vip, moves: back });
    for (const [bucket, to] of back) this.own(running, bucket, to);
    this.host.log('info', `operation ${record.id}: ${message}, rolling back`);
    this.advance(running);
  }

  private onEnded(server: ServerId, keys: readonly ConnectionKey[]): void {
    for (const running of this.running.values()) {
      if (running.record.leaving !== server) continue;
      const ended = keys.map((key) => {
        const [, address, clientPort] = connectionParts(key);
        return { clientAddress: formatIpAddress(address), clientPort };
      });
      this.save(running, { ...running.record, ended });
      this.host.log('warning', `operation ${running.record.id}: ${keys.length} connections were ended at the deadline`);
    }
  }

  private onDrained(id: ServerId): void {
    const server = this.server(id);
    if (server === undefined) return;
    for (const running of [...this.running.values()]) {
      const { record } = running;
      const goes = record.aborting ? record.coming : record.leaving;
      if (goes !== id) continue;
      if (record.aborting || record.kind === 'remove') {
        this.forget(server);
      } else {
        this.setState(server, 'drained');
        this.host.serverGone(server);
      }
      this.host.log('info', `server \`${server.name}\` is drained: safe to power off`);
      this.advance(running);
    }
  }

  /** Looks whether the operation has come to its end. */
  private advance(running: Running): void {
    const { record } = running;
    if (record.phase === 'preparing' || record.phase === 'finished') return;
    const goes = this.server(record.aborting ? record.coming : record.leaving);
    const gone = goes === undefined || goes.state === 'drained';
    if (running.uncommitted.size === 0 && running.unsettled.size === 0 && gone) {
      this.finish(running, record.aborting ? 'aborted' : 'done', record.aborting ? record.message : 'done');
    } else {
      this.host.changed(this.status(record));
    }
  }

  private finish(running: Running, outcome: 'done' | 'aborted' | 'failed', message: string): void {
    const coming = this.server(running.record.coming);
    if (outcome === 'done' && coming !== undefined) this.setState(coming, 'active');
    this.running.delete(running.record.id);
    for (const [key, owner] of this.owners) if (owner === running) this.owners.delete(key);
    const finishedAtMs = this.host.wallMs();
    this.save(running, { ...running.record, phase: 'finished', outcome, message, finishedAtMs });
    const seconds = ((finishedAtMs - running.record.startedAtMs) / 1000).toFixed(1);
    const level = outcome === 'failed' ? 'error' : 'info';
    this.host.log(
      level,
      `operation ${running.record.id}: ${outcome} after ${seconds} s${outcome === 'done' ? '' : `: ${message}`}`,
    );
  }

  private save(running: Running, record: OperationRecord): void {
    running.record = record;
    this.host.record({ kind: 'operation', operation: record });
    this.host.changed(this.status(record));
  }

  private setState(server: ServerRecord, state: ServerRecord['state']): void {
    this.host.record({ kind: 'server', server: { ...server, state } });
  }

  private forget(server: ServerRecord): void {
    this.host.record({ kind: 'server-forgotten', id: server.id });
    this.host.serverGone(server);
  }

  private status(record: OperationRecord): OperationStatus {
    return statusOf(record, this.running.get(record.id), this.host.intent, this.host.shift());
  }

  private server(id: ServerId | undefined): ServerRecord | undefined {
    return id === undefined ? undefined : this.host.intent.servers.get(id);
  }
}
