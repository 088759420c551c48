/**
 * The graph of all states that a search has found: how each was reached first, and where its steps lead to. States are
 * numbered in the order in which they are found, which is that in which they are looked at; so the edges of a state lie
 * together, and only where they begin has to be kept: some 30 bytes a state.
 */
import { Numbers } from './numbers.ts';

/** States, the steps between them, and which of them are settled. */
export class Graph {
  private readonly parents = new Numbers();
  private readonly labels = new Numbers();
  private readonly settled = new Numbers();
  /** Of each state that was looked at: its first edge. */
  private readonly firstEdges = new Numbers();
  /** Where they lead to. */
  private readonly targets = new Numbers();
  private readonly labelNumbers = new Map<string, number>();

  /** A state is found: the next one. @param parent from which it was; the start's is 0 */
  addState(parent: number, label: string, isSettled: boolean): void {
    let labelNumber = this.labelNumbers.get(label);
    if (labelNumber === undefined) this.labelNumbers.set(label, (labelNumber = this.labelNumbers.size));
    if (isSettled) this.settled.push(this.parents.length);
    this.parents.push(parent);
    this.labels.push(labelNumber);
  }

  /** The next state is looked at: its edges follow. */
  openState(): void {
    this.firstEdges.push(this.targets.length);
  }

  addEdge(target: number): void {
    this.targets.push(target);
  }

  /** The labels of the shortest way to a state. */
  wayTo(state: number): string[] {
    const names = [...this.labelNumbers.keys()];
    const way: string[] = [];
    for (let at = state; at > 0; at = this.parents.at(at)) way.push(names[this.labels.at(at)]!);
    return way.reverse();
  }

  /**
   * A state from which no settled one can be reached, if there is one. All states must have been looked at. Most steps
   * lead to states that were found later, so going backwards over all of them until nothing changes takes few rounds,
   * and no edges in the other direction.
   */
  findStuck(): number | undefined {
    const count = this.parents.length;
    const good = new Uint8Array(count);
    for (let index = 0; index < this.settled.length; index++) good[this.settled.at(index)] = 1;
    for (let isChanged = true; isChanged; ) {
      isChanged = false;
      for (let state = count - 1; state >= 0; state--) {
        if (good[state] || !this.leadsTo(good, state)) continue;
        good[state] = 1;
        isChanged = true;
      }
    }
    const stuck = good.indexOf(0);
    return stuck < 0 ? undefined : stuck;
  }

  private leadsTo(good: Uint8Array, state: number): boolean {
    const end = state + 1 < this.firstEdges.length ? this.firstEdges.at(state + 1) : this.targets.length;
    for (let edge = this.firstEdges.at(state); edge < end; edge++) if (good[this.targets.at(edge)]) return true;
    return false;
  }
}
