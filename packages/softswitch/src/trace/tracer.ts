/**
 * What instrumented code tells of a packet's way. Code compiled without a tracer contains none of these calls.
 */

/**
 * Receives the events of packets, in order. Numbers are positions in the program's arrays, places indices of the packet
 * state.
 */
export interface Tracer {
  receive(port: number, start: number, end: number): void;
  state(state: number): void;
  /** `valid` is the place of the header's validity. */
  extract(valid: number): void;
  pipeline(name: string): void;
  condition(name: string, result: boolean): void;
  /** `record` 0 is a miss. */
  table(table: number, record: number): void;
  member(profile: number, member: number): void;
  action(action: number, limbs: readonly number[]): void;
  field(place: number, bitwidth: number): void;
  register(register: number, cell: number): void;
  emit(valid: number): void;
  drop(reason: string): void;
  output(port: number, start: number, length: number): void;
}
