/**
 * Joins the counters of resets to the operations: says whose servers take part in which operation, has the counters
 * read when that changes and once a second while a shift lasts, and makes of what the audit says what people see. While
 * nothing is in shift nothing is read: counters add up by themselves, and one reading at the next shift's beginning has
 * all that came before.
 */
import type { Counters, OperationStatus, ResetsStatus, Status } from '../control-api/types.ts';
import type { Engine } from '../engine/engine.ts';
import { serviceOf } from '../intent/services.ts';
import type { Intent, OperationRecord } from '../intent/types.ts';
import { ResetAudit } from './reset-audit.ts';
import type { SignalReader } from './signal-reader.ts';

const REVIEW_MS = 250;
const INTERVAL_MS = 1_000;

/** Stands for all servers of a VIP that answer past the switch. */
const SOMEBODY = 0;

/** See the file's comment. */
export class ResetSupervisor {
  private readonly engine: Engine;
  private readonly read: SignalReader;
  private readonly audit = new ResetAudit();
  private participants = new Map<string, number>();
  /** Until when servers of operations that have finished are listened to. */
  private readonly lateUntilMs = new Map<number, number>();
  /** Finished, and told of. */
  private readonly concluded = new Set<number>();
  private lastReadMs: number | undefined;
  private countedBy: string | undefined;
  private isReading = false;
  private cancel: () => void = () => undefined;
  private stopped = false;

  constructor(engine: Engine, read: SignalReader) {
    this.engine = engine;
    this.read = read;
    // What was over before is none of ours.
    for (const { id, phase } of engine.options.journal.state.operations.values()) {
      if (phase === 'finished') this.lateUntilMs.set(id, 0);
    }
  }

  start(): void {
    if (this.stopped) return;
    this.review();
    this.cancel = this.engine.options.clock.after(REVIEW_MS, () => this.start());
  }

  stop(): void {
    this.stopped = true;
    this.cancel();
  }

  /** An operation with what is known of its resets. */
  complete(operation: OperationStatus): OperationStatus {
    const resets = this.resetsOf(operation);
    return resets === undefined ? operation : { ...operation, resets };
  }

  /** A status, likewise. */
  completeStatus(status: Status): Status {
    const operations = status.operations.map((operation) => this.complete(operation));
    return { ...status, operations, counters: { ...status.counters, suspected: this.suspected } };
  }

  /** Of the last operation of each VIP together: what a gate looks at. */
  get suspected(): NonNullable<Counters['suspected']> {
    const latest = new Map<string, OperationStatus>();
    for (const operation of this.engine.operations.list()) {
      if (this.audit.of(operation.id) === undefined) continue;
      if ((latest.get(operation.vip)?.id ?? 0) < operation.id) latest.set(operation.vip, operation);
    }
    let sum = 0;
    for (const operation of latest.values()) sum += this.resetsOf(operation)!.suspected;
    return sum;
  }

  private resetsOf({ id, kind, ended }: OperationStatus): ResetsStatus | undefined {
    const known = this.audit.of(id);
    if (known === undefined) return undefined;
    const { seen, usual } = known;
    // Each connection that was ended on purpose is answered once.
    const explained = usual + (ended?.length ?? 0);
    return { seen, usual, suspected: kind === 'failover' ? 0 : Math.max(0, seen - explained) };
  }

  private review(): void {
    const { clock } = this.engine.options;
    const participants = this.participantsNow();
    const changed =
      participants.size !== this.participants.size ||
      [...participants].some(([server, operation]) => this.participants.get(server) !== operation);
    const nowMs = clock.monotonicMs();
    const due = participants.size > 0 && nowMs - (this.lastReadMs ?? 0) >= INTERVAL_MS;
    if ((this.lastReadMs === undefined || changed || due) && !this.isReading) void this.take(participants);
  }

  private async take(participants: Map<string, number>): Promise<void> {
    this.isReading = true;
    const reading = await this.read();
    this.isReading = false;
    if (reading === undefined || this.stopped) return;
    const counted = new Map([...reading.servers].map(([server, { noConnection }]) => [server, noConnection]));
    if (reading.countedBy !== this.countedBy) this.audit.interrupt();
    this.countedBy = reading.countedBy;
    this.audit.take(reading.atMs, counted, participants);
    this.participants = participants;
    this.lastReadMs = reading.atMs;
    const known = this.engine.operations.list();
    this.audit.forgetBut(new Set(known.map(({ id }) => id)), reading.servers);
    this.conclude(known, new Set(participants.values()));
    this.engine.options.onChange?.();
  }

  /** Tells of what has been suspected once the last of it has been heard. */
  private conclude(operations: readonly OperationStatus[], heard: ReadonlySet<number>): void {
    for (const operation of operations) {
      if (operation.phase !== 'finished' || heard.has(operation.id) || this.concluded.has(operation.id)) continue;
      const resets = this.resetsOf(operation);
      if (resets === undefined) continue;
      this.concluded.add(operation.id);
      if (resets.suspected === 0) continue;
      const { log, audit } = this.engine.options;
      const result = suspicionText(resets);
      log.write('warning', `operation ${operation.id}: ${result}`);
      audit?.add({ who: 'controller', what: 'resets during the shift', operation: operation.id, result });
    }
  }

  /** Who moves buckets now, or did a moment ago. */
  private participantsNow(): Map<string, number> {
    const { journal, clock, configuration } = this.engine.options;
    const nowMs = clock.monotonicMs();
    const participants = new Map<string, number>();
    const records = [...journal.state.operations.values()].sort((a, b) => a.id - b.id);
    for (const round of ROUNDS) {
      for (const record of records) {
        if (roundOf(record) !== round || (record.ordered === 0 && round !== 'failover')) continue;
        // One that was over before it was noticed is listened to as well.
        const isNews = record.phase !== 'finished' || !this.lateUntilMs.has(record.id);
        if (isNews) this.lateUntilMs.set(record.id, nowMs + configuration.timers.idleMs);
        if (nowMs > this.lateUntilMs.get(record.id)!) continue;
        const service = serviceOf(journal.state, record.vip);
        for (const server of serversOf(record, journal.state)) participants.set(`${service}/${server}`, record.id);
      }
    }
    for (const id of this.lateUntilMs.keys()) if (!journal.state.operations.has(id)) this.lateUntilMs.delete(id);
    return participants;
  }
}

/**
 * Whose a server is that takes part in several: the last one's. One that is under way comes after one that is over; and
 * whoever died a moment ago has left connections that any server of the VIP may be asked for, whatever else it takes
 * part in.
 */
const ROUNDS = ['over', 'under way', 'failover'] as const;

function roundOf({ kind, phase }: OperationRecord): (typeof ROUNDS)[number] {
  if (kind === 'failover') return 'failover';
  return phase === 'finished' ? 'over' : 'under way';
}

function serversOf({ kind, vip, moves }: OperationRecord, { servers }: Intent): Set<number> {
  const all = [...servers.values()].filter((server) => server.vip === vip).map(({ id }) => id);
  return new Set([SOMEBODY, ...(kind === 'failover' ? all : moves.flatMap(([, from, to]) => [from, to]))]);
}

/** What resets of a shift mean, in words. */
export function suspicionText({ seen, usual, suspected }: ResetsStatus): string {
  return (
    `its servers sent ${seen} resets "no such connection", ${usual} at most are usual: ${suspected} connections may have ` +
    'changed server, unless somebody sends packets of connections that do not exist'
  );
}
