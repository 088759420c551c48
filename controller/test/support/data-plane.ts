/**
 * The data plane's decisions (p4/core/decision.p4, rules R1 to R3) once more, in TypeScript and small enough to be
 * searched exhaustively. Tests of the controller drive it in place of a switch; the integration test drives the real
 * program with the same controller, so that the two are held together.
 */

/** A register slot. Sequence numbers are stood in for by the number of the server's answer. */
export interface Slot {
  state: 'empty' | 'tentative' | 'confirmed';
  generation: number;
  key: string;
  server: number;
  bucket: number;
  /** Which answer of the server the slot has seen; undefined: none. */
  answer: number | undefined;
  /** When the SYN was last seen or the pin last reported. */
  stampMs: number;
}

/** A packet of a client for a VIP. */
export interface ClientPacket {
  readonly key: string;
  readonly bucket: number;
  /** A SYN without ACK. */
  readonly syn: boolean;
  /** Which server's answer an ACK acknowledges, as `server:number`; undefined for anything later. */
  readonly acknowledges?: string;
}

/** What the tables say about a packet. */
export interface Lookup {
  readonly base: number;
  readonly current: number;
  readonly learn: boolean;
  readonly seal: boolean;
  readonly unsettled: boolean;
  /** Any packet may be a connection's first. */
  readonly oneWay?: boolean;
  /** Pins have been lost: who asks for a connection without one is told by the controller. */
  readonly doubt?: boolean;
  readonly pin: { readonly server: number; readonly closing: boolean } | undefined;
  /** Whether pins and slots that name the server count. */
  readonly aliveForPin: (server: number) => boolean;
  readonly aliveForSlot: (server: number) => boolean;
}

/** In place of a server: the packet goes to the controller. */
export const TO_CONTROLLER = -1;

/** What the switch does with a packet. */
export interface Decision {
  /** The server, 0 for a drop, or `TO_CONTROLLER`. */
  readonly server: number;
  /** Hits the bucket's watch. */
  readonly unpinned: boolean;
  /** Hits the exact pin (looked up in any case). */
  readonly event: { readonly kind: 'confirmed' | 'learned'; readonly slot: Slot | undefined } | undefined;
}

/** How long a tentative slot is kept, and after which time a confirmed one is reported again. */
export interface DataPlaneTimes {
  readonly tentativeMs: number;
  readonly reportMs: number;
}

/** Rules that a test may take away to see that their absence is found. */
export interface DataPlaneRules {
  /** R2: a slot is tentative until the handshake shows that the client has answered its server. */
  readonly tentative: boolean;
  /** R1: a closing pin drops SYNs. */
  readonly closingDropsSyn: boolean;
  /** R2: what acknowledges another server's SYN confirms nothing. */
  readonly sequence: boolean;
  /** R2: a SYN that finds no slot goes to the base, not to the current server. */
  readonly refusedToBase: boolean;
  /** R3: a slot that is freed or taken has another generation. */
  readonly newGeneration: boolean;
}

export const ALL_DATA_PLANE_RULES: DataPlaneRules = {
  tentative: true,
  closingDropsSyn: true,
  sequence: true,
  refusedToBase: true,
  newGeneration: true,
};

/**
 * Decides about a packet and changes the slots accordingly.
 * @param ways the slots the connection may use, one a way
 */
export function decide(
  packet: ClientPacket,
  lookup: Lookup,
  ways: readonly Slot[],
  nowMs: number,
  times: DataPlaneTimes,
  rules: DataPlaneRules = ALL_DATA_PLANE_RULES,
): Decision {
  const { base, current } = lookup;
  const slot = lookup.unsettled ? ways.find((way) => way.state !== 'empty' && way.key === packet.key) : undefined;
  const slotAlive = slot !== undefined && lookup.aliveForSlot(slot.server);
  const pin = lookup.pin !== undefined && lookup.aliveForPin(lookup.pin.server) ? lookup.pin : undefined;

  const completes =
    slotAlive &&
    slot.state === 'tentative' &&
    slot.answer !== undefined &&
    !packet.syn &&
    packet.acknowledges !== undefined &&
    (packet.acknowledges === `${slot.server}:${slot.answer}` || !rules.sequence);
  if (completes) {
    slot.state = 'confirmed';
    slot.stampMs = nowMs;
    return { server: slot.server, unpinned: false, event: { kind: 'confirmed', slot } };
  }
  if (slotAlive && slot.state === 'confirmed') {
    if (nowMs - slot.stampMs <= times.reportMs) return { server: slot.server, unpinned: false, event: undefined };
    slot.stampMs = nowMs;
    return { server: slot.server, unpinned: false, event: { kind: 'confirmed', slot } };
  }
  if (pin !== undefined) {
    const dropped = pin.closing && packet.syn && rules.closingDropsSyn;
    return { server: dropped ? 0 : pin.server, unpinned: false, event: undefined };
  }
  const opens = packet.syn || lookup.oneWay === true;
  const learns = lookup.oneWay === true && lookup.learn && base === current && lookup.doubt !== true;
  if ((opens && base !== current) || learns) {
    const raise = (generation: number): number => (rules.newGeneration ? (generation + 1) & 0xffff : generation);
    const free = (way: Slot): boolean =>
      way.state === 'empty' || (way.state === 'tentative' && nowMs - way.stampMs > times.tentativeMs);
    const taken = slot ?? ways.find(free);
    if (taken === undefined) {
      if (learns && !lookup.seal) return { server: base, unpinned: true, event: { kind: 'learned', slot: undefined } };
      if (!rules.refusedToBase) return { server: current, unpinned: false, event: undefined };
      const dropped = lookup.seal || lookup.oneWay === true;
      return { server: dropped ? 0 : base, unpinned: !dropped, event: undefined };
    }
    if (slot === undefined) {
      taken.generation = raise(taken.generation);
      taken.key = packet.key;
      taken.bucket = packet.bucket;
      taken.state = 'tentative';
      taken.server = current;
      taken.answer = undefined;
    } else if (!slotAlive) {
      // What it held died with its server: a new pin.
      taken.generation = raise(taken.generation);
      taken.state = 'tentative';
      taken.server = current;
      taken.answer = undefined;
    }
    taken.stampMs = nowMs;
    if (!rules.tentative || lookup.oneWay === true) {
      taken.state = 'confirmed';
      return { server: taken.server, unpinned: false, event: { kind: 'confirmed', slot: taken } };
    }
    return { server: taken.server, unpinned: false, event: undefined };
  }
  if (lookup.doubt === true && !packet.syn) return { server: TO_CONTROLLER, unpinned: true, event: undefined };
  // Whose server a commit would not change is neither waited for nor pinned.
  const moves = base !== current;
  const learned = lookup.learn && (lookup.oneWay === true || (!packet.syn && moves));
  return { server: base, unpinned: moves, event: learned ? { kind: 'learned', slot: undefined } : undefined };
}

/**
 * A server's SYN, of a connection that it opens to a client (p4/core/outgoing.p4, rule R10), of a VIP whose clients'
 * packets always look at the slots.
 * @returns whether it passes, so that its client's answer finds the server, and what is reported
 */
export function decideOutgoing(
  packet: Pick<ClientPacket, 'key' | 'bucket'>,
  server: number,
  lookup: Lookup,
  ...given: [ways: readonly Slot[], nowMs: number, times: DataPlaneTimes, rules?: DataPlaneRules]
): { readonly passes: boolean; readonly event: Decision['event'] } {
  const [ways] = given;
  const underWay = ways.some(
    (way) => way.state === 'tentative' && way.key === packet.key && lookup.aliveForSlot(way.server),
  );
  if (underWay) return { passes: false, event: undefined };
  const asIfCurrent = { ...lookup, current: server, oneWay: true, learn: lookup.seal, seal: true, unsettled: true };
  const { server: reached, event } = decide({ ...packet, syn: true }, asIfCurrent, ...given);
  return { passes: reached === server, event };
}

/** A server's SYN-ACK passes. */
export function remember(ways: readonly Slot[], key: string, server: number, answer: number): void {
  const slot = ways.find((way) => way.state === 'tentative' && way.key === key && way.server === server);
  if (slot !== undefined) slot.answer = answer;
}

/** A release order. @returns whether it freed the slot */
export function release(
  slot: Slot,
  key: string,
  generation: number,
  checkGeneration = true,
  newGeneration = true,
): boolean {
  if (slot.state !== 'confirmed' || slot.key !== key) return false;
  if (checkGeneration && slot.generation !== generation) return false;
  slot.state = 'empty';
  if (newGeneration) slot.generation = (slot.generation + 1) & 0xffff;
  return true;
}

/** A sweep passes a slot. @returns what it reports */
export function sweepSlot(slot: Slot, nowMs: number, tentativeMs: number): 'confirmed' | 'tentative' | undefined {
  if (slot.state === 'confirmed') return 'confirmed';
  if (slot.state === 'empty') return undefined;
  if (nowMs - slot.stampMs <= tentativeMs) return 'tentative';
  slot.state = 'empty';
  slot.generation = (slot.generation + 1) & 0xffff;
  return undefined;
}

export function emptySlot(): Slot {
  return { state: 'empty', generation: 0, key: '', server: 0, bucket: 0, answer: undefined, stampMs: 0 };
}
