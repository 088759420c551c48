/**
 * The loop that joins decisions and IO. One turn takes what has come in, steps the bucket protocol, tells the
 * operations, and then carries out what was decided, stage by stage: journal, tables, orders, reads and timers. While a
 * turn waits for the disk or the switch, events gather: the more there is to do, the larger the batches, the less each
 * costs. A command has a turn to itself, so that a bucket that one turn commits and another moves on is watched anew.
 *
 * When the session is lost the turn is abandoned where it stands. That is the same as a crash, and cured in the same
 * way: a new epoch, a new session, and everything again from journal and switch.
 */
import { configurationInForce } from '../intent/begin.ts';
import type { ServerRecord } from '../intent/types.ts';
import { forgetMacs, learnMacs } from '../network/bridge.ts';
import { parseSegment } from '../network/segment.ts';
import { unavailable } from '../operations/errors.ts';
import { Operations } from '../operations/operations.ts';
import { Observations } from '../planning/observations.ts';
import { createShiftState, type Output, type ShiftState } from '../shift/state.ts';
import { finishStep, step } from '../shift/step.ts';
import type { Notice, ShiftEvent, TimerEvent } from '../shift/types.ts';
import {
  type MacEvent,
  type PacketOrder,
  type SwitchListener,
  SwitchLostError,
  SwitchRefusedError,
  type SwitchSession,
} from '../switch-port/port.ts';
import { Shadow } from '../switch-port/shadow.ts';
import type { TableName } from '../switch-port/tables.ts';
import { readAges } from './ages.ts';
import { Commands } from './commands.ts';
import { Totals } from './counters.ts';
import { doubtEvents, tellDoubt } from './doubt-packets.ts';
import { packetOrders, releaseOrders, sortEffects } from './effects.ts';
import { deleteServerEntries, setServerEntries } from './entries.ts';
import { bucketsInShift, estimateOf, observeEnds } from './estimate.ts';
import { flushTables } from './flush.ts';
import { idleEvents } from './idle-events.ts';
import { mustWait, noteMembers } from './members.ts';
import type { EngineOptions } from './options.ts';
import { pinEvents } from './pin-events.ts';
import { placeOf, reconcile, wantRefusal } from './reconcile.ts';
import { ServerFinder } from './server-finder.ts';
import type { AgentSource, HealthSource } from './sources.ts';
import { SweepPacer } from './sweep-pacer.ts';
import { attend, orderSweep, type SwitchDesk } from './switch-desk.ts';
import { TimerWheel } from './timers.ts';

/** First and longest pause between attempts to reach the switch. A restart takes half a second: they grow slowly. */
const RECONNECT_MS = 50;
const RECONNECT_LONGEST_MS = 2_000;
const RECONNECT_GROWTH = 1.25;

/** Slots of the first sweep order. */
const FIRST_SWEEP_CHUNK = 64;

/** How often `ready` looks. */
const READY_POLL_MS = 10;

/** See the file's comment. */
export class Engine {
  readonly operations: Operations;
  readonly totals = new Totals();
  readonly options: EngineOptions;
  readonly shadow = new Shadow();
  readonly observations: Observations;
  /** Asks servers' agents; undefined where no server has one. */
  agents: AgentSource | undefined;
  /** What health checks say; undefined where nobody checks. */
  health: HealthSource | undefined;
  session: SwitchSession | undefined;
  /** Whether the first session has been reconciled. */
  serving = false;
  lostReason: string | undefined;
  private state: ShiftState;
  private readonly timers: TimerWheel<TimerEvent>;
  private readonly deadlines: TimerWheel<{ readonly kind: 'deadline' | 'step'; readonly operation: number }>;
  private readonly finder: ServerFinder;
  private readonly pacer = new SweepPacer(FIRST_SWEEP_CHUNK);
  private events: ShiftEvent[] = [];
  private macEvents: MacEvent[] = [];
  private idleMacs: string[] = [];
  private dueDeadlines: { readonly kind: 'deadline' | 'step'; readonly operation: number }[] = [];
  private reopens = false;
  private told: Notice[] = [];
  private readonly commands = new Commands();
  private packets: PacketOrder[] = [];
  private wake: (() => void) | undefined;
  private out: Output = { effects: [], notices: [] };
  private stopped = false;
  private recovered = false;

  constructor(options: EngineOptions) {
    const { journal, clock, log } = options;
    const configuration = configurationInForce(options.configuration, journal.state);
    this.options = { ...options, configuration };
    this.state = createShiftState(
      { ...configuration.timers, slots: 1, sweepChunk: 1, sweepLateMs: 1, pins: options.pinning },
      0,
    );
    this.timers = new TimerWheel(clock, (events) => this.enqueue(events));
    this.deadlines = new TimerWheel(clock, (operations) => {
      this.dueDeadlines.push(...operations);
      this.wakeUp();
    });
    this.observations = new Observations(configuration.timers.pinIdleMs);
    this.finder = new ServerFinder({
      configuration,
      journal,
      clock,
      log,
      order: (order) => this.session?.order([order]),
      wakeUp: () => this.wakeUp(),
      onFound: (server) => {
        this.setServer(server);
        this.operations.onResolved(server);
      },
      onNotFound: (server) => this.operations.onUnresolved(server),
    });
    this.operations = new Operations({
      configuration,
      intent: journal.state,
      features: options.features,
      shift: () => this.state,
      wallMs: () => clock.wallMs(),
      record: (record) => journal.add(record),
      order: (event) => step(this.state, event, this.out),
      serverChanged: (server) => this.setServer(server),
      serverGone: (server) => {
        const place = placeOf(configuration, journal.state, server);
        if (place !== undefined) deleteServerEntries(this.shadow, server, place);
      },
      refuse: (vip, how) => wantRefusal(configuration, journal.state, this.shadow, vip, how),
      resolve: (server) => this.finder.find(server),
      armDeadline: (operation, atMs) => this.arm('deadline', operation, atMs),
      armStep: (operation, atMs) => this.arm('step', operation, atMs),
      later: (run) => {
        this.commands.submit(run, () => this.wakeUp()).catch(() => undefined);
      },
      estimate: (vip) => estimateOf(this, vip),
      setVips: (vips) => {
        // The reader of everything that is to be in the switch; a new session writes the differences.
        configuration.vips = vips;
        this.reopen();
      },
      setClasses: (classes) => {
        configuration.classes = classes;
      },
      audit: (note) => options.audit?.add(note),
      changed: (operation) => options.onOperation?.(operation),
      log: (level, text) => log.write(level, text),
    });
  }

  /** The protocol's state, for the status. */
  get shift(): ShiftState {
    return this.state;
  }

  /** Connects for the first time and brings the switch up to date. @throws SwitchLostError, SwitchRefusedError */
  async start(): Promise<void> {
    await this.openSession();
  }

  /** Resolves when every server in service can be sent packets, or was asked for long in vain. Only beside `run`. */
  async ready(): Promise<void> {
    while (!this.finder.settled && !this.stopped) {
      await new Promise<void>((resolve) => this.options.clock.after(READY_POLL_MS, resolve));
    }
    // The turn in which the last was found has still to write it; a turn of our own comes after that.
    await this.submit(() => undefined).catch(() => undefined);
  }

  /** Works until `stop`. @throws whatever cannot be cured: a journal that cannot be written, our bugs */
  async run(): Promise<void> {
    let pauseMs = RECONNECT_MS;
    while (!this.stopped) {
      try {
        if (this.session === undefined) {
          await this.openSession();
          pauseMs = RECONNECT_MS;
          this.noteReturn('the switch is back');
        } else if (this.reopens) {
          await this.openSession();
          // It was gone just while we had no connection to it, so nobody told us.
          if (this.session?.pipeline === 'pushed') this.noteReturn('a switch had started anew');
        }
        await this.somethingToDo();
        if (this.session !== undefined && !this.reopens && !this.stopped) await this.turn();
      } catch (error) {
        if (!(error instanceof SwitchLostError || error instanceof SwitchRefusedError)) throw error;
        // One of several switches has cut the turn off; the others are there.
        if (this.reopens && this.session !== undefined) continue;
        this.lose(error.message);
        await new Promise<void>((resolve) => this.options.clock.after(pauseMs, resolve));
        pauseMs = Math.min(RECONNECT_GROWTH * pauseMs, RECONNECT_LONGEST_MS);
      }
    }
  }

  private noteReturn(text: string): void {
    this.totals.reconnects++;
    this.options.log.write('info', text);
  }

  /** Ends `run` after the present turn; the switch goes on as it is. */
  stop(): void {
    this.stopped = true;
    this.timers.clear();
    this.deadlines.clear();
    this.finder.stop();
    this.session?.close();
    this.session = undefined;
    this.commands.fail(unavailable('the controller is stopping'));
    this.wakeUp();
  }

  /**
   * Runs a command in a turn of its own and returns once its records are durable.
   * @throws OperationRefusedError
   */
  submit<T>(run: () => T): Promise<T> {
    if (this.lostReason !== undefined || !this.serving || this.stopped) {
      return Promise.reject(unavailable(this.lostReason ?? 'the controller is still starting'));
    }
    return this.commands.submit(run, () => this.wakeUp());
  }

  /** Has everything read and written anew, after the present turn. */
  reopen(): void {
    this.reopens = true;
    this.wakeUp();
  }

  private async openSession(): Promise<void> {
    const { journal, configuration, clock, connect } = this.options;
    this.session?.close();
    this.session = undefined;
    this.reopens = false;
    const epoch = journal.state.epoch + 1;
    journal.add({ kind: 'start', epoch, atMs: clock.wallMs() });
    await journal.flush();
    this.timers.clear();
    this.deadlines.clear();
    this.events = [];
    this.packets = [];
    this.pacer.forget();
    const session = await connect(epoch, this.listener());
    try {
      await noteMembers(journal, session.switches);
      const { tentativeMs, reportMs } = configuration.timers;
      await session.writeSettings({ epoch, tentativeMs, reportMs });
      if (journal.state.classes.length > 0) await session.writeClassRates(journal.state.classes);
      const out: Output = { effects: [], notices: [] };
      const previous = this.recovered ? this.state : undefined;
      const sweepChunk = this.pacer.chunk;
      this.state = await reconcile(
        { ...this.options, intent: journal.state, session, shadow: this.shadow, sweepChunk, previous },
        out,
      );
      this.recovered = true;
      this.session = session;
      attend(this.switchDesk(session));
      this.observations.restart(bucketsInShift(this.state));
      this.agents?.restart();
      this.lostReason = undefined;
      // First what was under way as it was; then, in a turn of its own, what the operations make of it.
      this.out = out;
      finishStep(this.state, out);
      for (const notice of out.notices) tellDoubt(notice, this.options);
      await this.carryOut(out);
      // Not before: clients that see servers' own addresses, because nothing is translated yet, answer with resets.
      await session.writeFloodGroup(configuration.switch.ports);
      this.out = { effects: [], notices: [] };
      if (this.state.awaiting && !mustWait(session.switches)) step(this.state, { kind: 'switches-complete' }, this.out);
      this.finder.findAll();
      this.operations.resume();
      this.conclude(this.out);
      await this.carryOut(this.out);
      this.serving = true;
      this.options.onChange?.();
    } catch (error) {
      session.close();
      this.session = undefined;
      throw error;
    }
  }

  private listener(): SwitchListener {
    return {
      onPinEvents: (events) => {
        this.totals.countPinEvents(events);
        this.observations.onPinEvents(events, this.options.clock.monotonicMs());
        for (const event of events) if (event.kind === 'swept') this.onSwept(event.tag);
        this.enqueue(pinEvents(this.options, events));
      },
      onMacEvents: (events) => {
        this.macEvents.push(...events);
        this.wakeUp();
      },
      onIdle: (table, keys) => this.onIdle(table, keys),
      onPacketIn: (port, packet, server) => {
        const segment = parseSegment(packet);
        if (segment === undefined) this.finder.onPacketIn(port, packet);
        else this.enqueue(doubtEvents(this.options, { port, packet, segment, server }));
      },
      onLost: (reason) => {
        this.lose(reason);
        this.wakeUp();
      },
      onMembership: (text) => {
        this.options.log.write('warning', text);
        this.reopen();
      },
    };
  }

  private onIdle(table: TableName, keys: readonly string[]): void {
    if (table === 'mac_sources') {
      this.idleMacs.push(...keys);
      this.wakeUp();
    } else {
      this.enqueue(idleEvents(this.options.journal.state, table, keys));
    }
  }

  private lose(reason: string): void {
    if (this.stopped) return;
    if (this.session !== undefined || this.lostReason !== reason) {
      this.options.log.write('warning', `the switch is away: ${reason}`);
    }
    this.session?.close();
    this.session = undefined;
    this.lostReason = reason;
    this.timers.clear();
    this.commands.fail(unavailable(reason));
    this.options.onChange?.();
  }

  /** Tells notices that come from elsewhere than the bucket protocol: the auditor's. */
  tell(notices: readonly Notice[]): void {
    this.told.push(...notices);
    this.wakeUp();
  }

  /** Takes in what comes from elsewhere than the switch: agents. */
  enqueue(events: readonly ShiftEvent[]): void {
    for (const event of events) this.events.push(event);
    this.wakeUp();
  }

  private wakeUp(): void {
    this.wake?.();
    this.wake = undefined;
  }

  private isIdle(): boolean {
    return (
      this.events.length === 0 &&
      this.packets.length === 0 &&
      this.commands.isEmpty &&
      this.macEvents.length === 0 &&
      this.idleMacs.length === 0 &&
      this.told.length === 0 &&
      this.finder.isIdle &&
      !this.reopens &&
      this.dueDeadlines.length === 0
    );
  }

  private async somethingToDo(): Promise<void> {
    while (this.isIdle() && this.session !== undefined && !this.stopped) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    // Let whatever arrives in the same moment join the batch.
    await new Promise<void>((resolve) => setImmediate(resolve));
  }

  private async turn(): Promise<void> {
    const out: Output = { effects: [], notices: [] };
    this.out = out;
    const command = this.commands.next();
    if (command !== undefined) {
      try {
        command.run();
      } catch (error) {
        command.done(error);
        return;
      }
    } else {
      this.takeIn(out);
    }
    this.conclude(out);
    try {
      await this.carryOut(out, () => command?.done());
    } catch (error) {
      command?.done(error);
      throw error;
    }
    await this.options.audit?.flush();
    this.options.onChange?.();
  }

  private takeIn(out: Output): void {
    const { configuration, clock } = this.options;
    this.observations.tick(clock.monotonicMs());
    const reserved = new Set(configuration.vips.map((vip) => vip.mac));
    for (const event of this.events.splice(0)) step(this.state, event, out);
    learnMacs(this.shadow, this.macEvents.splice(0), reserved, configuration.timers.macIdleMs);
    forgetMacs(this.shadow, this.idleMacs.splice(0));
    this.finder.act();
    out.notices.push(...this.told.splice(0));
    for (const { kind, operation } of this.dueDeadlines.splice(0)) {
      if (kind === 'deadline') this.operations.onDeadline(operation);
      else this.operations.onStep(operation);
    }
  }

  /** Lets the operations hear what happened, and the protocol what they order, until both have said all. */
  private conclude(out: Output): void {
    for (let told = 0; ; ) {
      finishStep(this.state, out);
      if (told === out.notices.length && !this.operations.concludeBereft()) return;
      for (; told < out.notices.length; told++) {
        const notice = out.notices[told]!;
        this.totals.countNotice(notice);
        tellDoubt(notice, this.options);
        this.observations.onNotice(notice);
        this.operations.onNotice(notice);
      }
    }
  }

  private setServer(server: ServerRecord): void {
    const place = placeOf(this.options.configuration, this.options.journal.state, server);
    if (place !== undefined) setServerEntries(this.shadow, server, place);
  }

  /** Carries out effects in their order. @param onDurable called when the journal has everything */
  private async carryOut(out: Output, onDurable?: () => void): Promise<void> {
    const { journal, configuration, clock } = this.options;
    observeEnds(this.observations, out.effects, this.shadow, clock.monotonicMs());
    const sorted = sortEffects(out.effects, journal.state, this.shadow, configuration.timers, this.state.doubts);
    for (const record of sorted.records) journal.add(record);
    await journal.flush();
    onDurable?.();
    const session = this.requireSession();
    const refusedPins = await flushTables(this.shadow, session, this.totals, this.options.log);
    if (refusedPins.size > 0) this.enqueue([...refusedPins].map((key) => ({ kind: 'pin-refused', key })));
    this.totals.notePins(this.shadow.size('pins') + this.shadow.size('pins_v6'), this.state.slotted.size);
    for (const sweep of sorted.sweeps) orderSweep(this.switchDesk(session), sweep, this.pacer.pauseMs);
    const orders = [
      ...this.packets.splice(0),
      ...packetOrders(sorted.packets, refusedPins),
      ...releaseOrders(sorted.releases, refusedPins),
    ];
    this.totals.countOrders(orders);
    for (const order of orders) {
      if (order.kind === 'sweep') this.pacer.onSent(order.tag, order.count, clock.monotonicMs());
    }
    if (orders.length > 0) session.order(orders);
    for (const { delayMs, event } of sorted.timers) this.timers.add(delayMs, event);
    for (const { server, token } of sorted.questions) this.agents?.ask(server, token);
    const read = await readAges(session, journal.state, sorted);
    if (read.length > 0) this.enqueue(read);
  }

  /** What may be done about a session later, as long as it lasts. */
  private switchDesk(session: SwitchSession): SwitchDesk {
    return {
      session,
      clock: this.options.clock,
      log: this.options.log,
      shadow: this.shadow,
      shift: () => (this.session === session && !this.stopped ? this.state : undefined),
      order: (order) => {
        this.packets.push(order);
        this.wakeUp();
      },
      enqueue: (events) => this.enqueue(events),
    };
  }

  private arm(kind: 'deadline' | 'step', operation: number, atMs: number): void {
    this.deadlines.add(Math.max(0, atMs - this.options.clock.wallMs()), { kind, operation });
  }

  private onSwept(tag: number): void {
    if (this.pacer.onAnswered(tag, this.options.clock.monotonicMs())) {
      this.enqueue([{ kind: 'sweep-pace', chunk: this.pacer.chunk }]);
    }
  }

  private requireSession(): SwitchSession {
    if (this.session === undefined) throw new SwitchLostError(this.lostReason ?? 'the session is over');
    return this.session;
  }
}
