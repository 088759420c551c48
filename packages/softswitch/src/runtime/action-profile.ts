/**
 * Action profiles and selectors: numbered members, each an action with arguments, and groups of members a packet is
 * spread over.
 *
 * Members are records in one array: program-wide action number, then arguments. A group is a list of member numbers in
 * order, each as often as its weight says; a packet takes the one at hash modulo length. Members that watch a port are
 * left out of the list while the port is down. A group may have an action of its own, which every packet gets before
 * that of its member; it is kept as one more member, which is in no list.
 */

export interface ProfileGroupMember {
  readonly member: number;
  readonly weight: number;
  readonly watchPort: number | undefined;
}

interface Group {
  readonly members: readonly ProfileGroupMember[];
  readonly random: boolean;
  /** Members in use now. */
  choices: Int32Array;
}

export class ActionProfileStore {
  elements: Int32Array;
  /** By group: the member whose action comes before, or -1. */
  before = new Int32Array(16).fill(-1);
  readonly stride: number;
  readonly #groups: (Group | undefined)[] = [];
  readonly #random: () => number;
  readonly #isUp: (port: number) => boolean;

  /** `dataWords` are the elements of the longest argument list. `random` returns numbers in [0, 1). */
  constructor(dataWords: number, random: () => number, isUp: (port: number) => boolean) {
    this.stride = 1 + dataWords;
    this.elements = new Int32Array(64 * this.stride).fill(-1);
    this.#random = random;
    this.#isUp = isUp;
  }

  /** Creates or replaces a member. */
  setMember(member: number, action: number, data: Int32Array): void {
    if ((member + 1) * this.stride > this.elements.length) {
      const larger = new Int32Array(Math.max((member + 1) * this.stride, 2 * this.elements.length)).fill(-1);
      larger.set(this.elements);
      this.elements = larger;
    }
    this.elements[member * this.stride] = action;
    this.elements.set(data, member * this.stride + 1);
  }

  deleteMember(member: number): void {
    this.elements[member * this.stride] = -1;
  }

  /** Creates or replaces a group; it may be empty. `before` is the member whose action every packet gets first. */
  setGroup(group: number, members: readonly ProfileGroupMember[], random: boolean, before = -1): void {
    if (group >= this.before.length) {
      const larger = new Int32Array(Math.max(group + 1, 2 * this.before.length)).fill(-1);
      larger.set(this.before);
      this.before = larger;
    }
    this.before[group] = before;
    this.#groups[group] = { members, random, choices: this.#choicesOf(members) };
  }

  deleteGroup(group: number): void {
    this.before[group] = -1;
    this.#groups[group] = undefined;
  }

  /** Recomputes what groups are in use of after a port went up or down. */
  portChanged(): void {
    for (const group of this.#groups) if (group !== undefined) group.choices = this.#choicesOf(group.members);
  }

  /** The member for a packet whose selector fields hash to `hash`; -1 for an empty group. */
  select(group: number, hash: number | bigint): number {
    const entry = this.#groups[group];
    if (entry === undefined || entry.choices.length === 0) return -1;
    const { choices } = entry;
    if (entry.random) return choices[Math.floor(this.#random() * choices.length)]!;
    return choices[typeof hash === 'number' ? hash % choices.length : Number(hash % BigInt(choices.length))]!;
  }

  clear(): void {
    this.#groups.length = 0;
    this.before.fill(-1);
    this.elements.fill(-1);
  }

  #choicesOf(members: readonly ProfileGroupMember[]): Int32Array {
    const up = members.filter((each) => each.watchPort === undefined || this.#isUp(each.watchPort));
    return Int32Array.from(up.flatMap((each) => new Array<number>(each.weight).fill(each.member)));
  }
}
