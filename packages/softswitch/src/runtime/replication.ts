/**
 * The packet replication engine: multicast groups and clone sessions.
 *
 * Both are lists of replicas (port, instance). A replica whose port is down goes to its first backup that is up. Copies
 * leave in the order in which the replicas were given.
 */

export interface Replica {
  readonly port: number;
  readonly instance: number;
  readonly backups: readonly { readonly port: number; readonly instance: number }[];
}

export interface CloneSession {
  readonly replicas: readonly { readonly port: number; readonly instance: number }[];
  /** 0: whole packets. */
  readonly packetLengthBytes: number;
  /** The queue of the clones; 0: as the packet says. */
  readonly priority: number;
}

type Target = { readonly port: number; readonly instance: number };

export class Replication {
  readonly #groups = new Map<number, { readonly replicas: readonly Replica[]; targets: readonly Target[] }>();
  readonly #sessions = new Map<number, { readonly replicas: readonly Replica[]; session: CloneSession }>();
  readonly #isUp: (port: number) => boolean;

  constructor(isUp: (port: number) => boolean) {
    this.#isUp = isUp;
  }

  /** Where the packets of a group go; nowhere for an unknown one. */
  group(id: number): readonly Target[] {
    return this.#groups.get(id)?.targets ?? [];
  }

  session(id: number): CloneSession | undefined {
    return this.#sessions.get(id)?.session;
  }

  setGroup(id: number, replicas: readonly Replica[]): void {
    this.#groups.set(id, { replicas, targets: this.#targets(replicas) });
  }

  deleteGroup(id: number): void {
    this.#groups.delete(id);
  }

  setSession(id: number, replicas: readonly Replica[], packetLengthBytes: number, priority = 0): void {
    this.#sessions.set(id, { replicas, session: { replicas: this.#targets(replicas), packetLengthBytes, priority } });
  }

  deleteSession(id: number): void {
    this.#sessions.delete(id);
  }

  /** Chooses between replicas and backups anew after a port went up or down. */
  portChanged(): void {
    for (const group of this.#groups.values()) group.targets = this.#targets(group.replicas);
    for (const entry of this.#sessions.values())
      entry.session = { ...entry.session, replicas: this.#targets(entry.replicas) };
  }

  clear(): void {
    this.#groups.clear();
    this.#sessions.clear();
  }

  #targets(replicas: readonly Replica[]): Target[] {
    return replicas.map((replica) => {
      if (replica.backups.length === 0 || this.#isUp(replica.port))
        return { port: replica.port, instance: replica.instance };
      return (
        replica.backups.find((backup) => this.#isUp(backup.port)) ?? { port: replica.port, instance: replica.instance }
      );
    });
  }
}
