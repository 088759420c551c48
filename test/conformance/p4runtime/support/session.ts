/**
 * What a test works with: a fresh switch, a primary controller on it that has set the topic's program, the switch's
 * ports, and the entities of P4Runtime by name.
 */
import type { DataplaneClient } from '@mooring/p4runtime-ts';
import { create, toJson } from '@mooring/p4runtime-ts/p4info';
import {
  type Entity,
  EntitySchema,
  SetForwardingPipelineConfigRequest_Action as SetAction,
  type TableEntry,
} from '@mooring/p4runtime-ts/proto';
import { type EntityInit, Peer, type PeerOptions, within } from './peer.ts';
import { type CompiledProgram, idOf, object, type ProgramName, program } from './program.ts';
import { openPorts, type Target } from './target.ts';
import { bytesOf, type Match, type Probe, probe, readProbe, type Value } from './values.ts';

/** A packet that left. */
export interface Output {
  readonly port: number;
  readonly bytes: Uint8Array;
  readonly probe: Probe;
}

type TableInit = Partial<Extract<NonNullable<EntityInit['entity']>, { case: 'tableEntry' }>['value']>;
type ActionInit = NonNullable<TableInit['action']>;

/** A table entry as a test writes it. */
export type EntryInit = Omit<TableInit, 'tableId' | 'match' | '$typeName' | '$unknown'> & {
  readonly match?: Readonly<Record<string, Match>>;
};

/** An entity as JSON, to be compared: fields that are unset do not show. */
export function json(entity: EntityInit | Entity): unknown {
  return toJson(EntitySchema, create(EntitySchema, entity));
}

/** Entities as JSON in an order of their own. */
export function sorted(entities: readonly (EntityInit | Entity)[]): unknown[] {
  return entities
    .map((entity) => JSON.stringify(json(entity)))
    .sort()
    .map((text) => JSON.parse(text) as unknown);
}

/** See the file's comment. */
export class Session {
  readonly target: Target;
  readonly program: CompiledProgram;
  readonly primary: Peer;
  readonly #peers: Peer[] = [];
  #ports: DataplaneClient | undefined;
  readonly #outputs: Output[] = [];
  #wake: () => void = () => {};

  private constructor(target: Target, name: ProgramName) {
    this.target = target;
    this.program = program(name);
    this.primary = this.peer({ electionId: 1n });
  }

  /** A session with a primary; unless `bare`, the program runs. */
  static async open(target: Target, name: ProgramName, bare: boolean): Promise<Session> {
    const session = new Session(target, name);
    if (bare) return session;
    session.primary.arbitrate();
    await session.primary.next('arbitration');
    await session.primary.setPipeline(SetAction.VERIFY_AND_COMMIT, session.program);
    if (target.kind === 'simple_switch_grpc') await session.#settle();
    return session;
  }

  /**
   * simple_switch_grpc loses packets that come before it has taken up the stream: the first that comes back shows that
   * it has.
   */
  async #settle(): Promise<void> {
    for (let attempt = 0; this.#outputs.length === 0; attempt++) {
      if (attempt > 50) throw new Error('no packet comes back');
      if (attempt % 5 === 4) {
        // The service may not have listened yet when the stream was opened.
        this.#ports?.close();
        this.#ports = undefined;
      }
      this.ports.send(1, probe({ kind: 0 }));
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 100);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    const marker = 0x5e771e;
    this.ports.send(1, probe({ kind: 0, c: marker }));
    while ((await this.take(1))[0]!.probe.c !== marker);
  }

  close(): void {
    for (const peer of this.#peers) peer.close();
    this.#ports?.close();
  }

  /** Another controller, not yet connected. */
  peer(options: PeerOptions = {}): Peer {
    const peer = new Peer(this.target.address, options);
    this.#peers.push(peer);
    return peer;
  }

  // --- names ---------------------------------------------------------------------------------------------------------

  id(kind: Parameters<typeof idOf>[1], alias: string): number {
    return idOf(this.program.p4info, kind, alias);
  }

  /** A table entry. Match fields are named by the end of their name: `c` for `h.probe.c`. */
  entry(table: string, init: EntryInit = {}): EntityInit {
    const { match = {}, ...rest } = init;
    const { matchFields } = object(this.program.p4info, 'tables', table);
    const fields = Object.entries(match).map(([name, fieldMatchType]) => {
      const field = matchFields.find((each) => each.name === name || each.name.endsWith(`.${name}`));
      if (field === undefined) throw new Error(`no field '${name}' in ${table}`);
      return { fieldId: field.id, fieldMatchType };
    });
    return { entity: { case: 'tableEntry', value: { tableId: this.id('tables', table), match: fields, ...rest } } };
  }

  /** An action with arguments by name. */
  action(alias: string, params: Readonly<Record<string, Value>> = {}) {
    const action = object(this.program.p4info, 'actions', alias);
    return {
      actionId: action.preamble!.id,
      params: Object.entries(params).map(([name, value]) => ({
        paramId: action.params.find((each) => each.name === name)?.id ?? 0,
        value: bytesOf(value),
      })),
    };
  }

  /** What an entry of a table without action profile does. */
  does(alias: string, params: Readonly<Record<string, Value>> = {}): ActionInit {
    return { type: { case: 'action', value: this.action(alias, params) } };
  }

  /** Marks packets with a value and sends them back. */
  mark(value: number): ActionInit {
    return this.does('mark', { value });
  }

  /** Entries of a table, as read. */
  async readTable(table: string, init: EntryInit = {}): Promise<TableEntry[]> {
    const entities = await this.primary.read(this.entry(table, init));
    return entities.flatMap(({ entity }) => (entity.case === 'tableEntry' ? [entity.value] : []));
  }

  // --- packets -------------------------------------------------------------------------------------------------------

  get ports(): DataplaneClient {
    if (this.#ports === undefined) {
      this.#ports = openPorts(this.target);
      void this.#listen(this.#ports);
    }
    return this.#ports;
  }

  async #listen(ports: DataplaneClient): Promise<void> {
    try {
      for await (const { port, packet } of ports.packets()) {
        this.#outputs.push({ port, bytes: packet, probe: readProbe(Buffer.concat([packet, Buffer.alloc(10)])) });
        this.#wake();
      }
    } catch {
      // The end of the switch or of this client; whoever waits for packets runs out of patience.
    }
  }

  /** Waits until `count` packets have left, and takes them. */
  async take(count: number): Promise<Output[]> {
    const arrived = async () => {
      while (this.#outputs.length < count)
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    };
    await within(arrived(), `packet ${count} (there are ${this.#outputs.length})`);
    return this.#outputs.splice(0, count);
  }

  /** Sends a packet in, and takes the `count` packets that it causes. */
  async send(port: number, packet: Uint8Array, count: number): Promise<Output[]> {
    this.ports.send(port, packet);
    return this.take(count);
  }

  /** Sends a probe and takes its answer. */
  async ask(fields: Partial<Probe>, port = 1): Promise<Output> {
    return (await this.send(port, probe(fields), 1))[0]!;
  }

  /** Whether a probe is dropped: only the echo that is sent after it comes back. */
  async isDropped(fields: Partial<Probe>, port = 1): Promise<boolean> {
    this.ports.send(port, probe(fields));
    const [first] = await this.send(port, probe({ kind: 0, c: 0xec40 }), 1);
    if (first!.probe.kind === 0 && first!.probe.c === 0xec40) return this.#outputs.length === 0;
    await this.take(1);
    return false;
  }

  /** The value that a probe is marked with, or `undefined` if it is dropped. */
  async marked(fields: Partial<Probe>): Promise<number | undefined> {
    this.ports.send(1, probe(fields));
    const outputs = await this.send(1, probe({ kind: 0, c: 0xec40 }), 1);
    if (outputs[0]!.probe.kind === 0) return undefined;
    await this.take(1);
    return outputs[0]!.probe.result;
  }
}
