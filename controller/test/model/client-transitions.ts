/**
 * What clients, servers and the network between them may do next: open and close connections, send, answer, resend,
 * forget, and lose or delay any of it. A SYN that arrives late is one that was not taken from its list; nothing else is
 * needed to model reordering.
 */
import { remember } from '../support/data-plane.ts';
import type { Scope } from './scope.ts';
import { arrive, forward, isListening, openFromServer } from './switch-model.ts';
import type { Add } from './transition.ts';
import { bitOf, type Flow, keyOf, LEAVER, RETURNED, SERVERS, type World } from './world.ts';

/** Adds a transition for each thing that a client, a server or the network may do. */
export function clientTransitions(world: World, scope: Scope, add: Add): void {
  world.flows.forEach((flow, index) => {
    // Ports are alike: one that was never used is opened after the one before it.
    const isNext = index === 0 || world.flows[index - 1]!.incarnation > 0 || world.flows[index - 1]!.state !== 0;
    if (scope.oneWay) datagrams(scope, add, flow, index, isNext);
    else if (scope.outgoing) fromServers(world, scope, add, flow, index, isNext);
    else handshakes(world, scope, add, flow, index, isNext);
    if (flow.state !== 2) return;
    if (world.silences < scope.silences && !flow.silent && flow.held[flow.server] === 2 * flow.incarnation + 2) {
      add(`flow ${index} falls silent`, (next) => {
        next.silences++;
        next.flows[index]!.silent = true;
        return undefined;
      });
    }
    const half = flow.held[flow.server] === 2 * flow.incarnation + 1;
    if (!half) add(`flow ${index} closes`, (next) => close(next.flows[index]!));
  });
}

function close(flow: Flow): undefined {
  flow.held[flow.server] = 0;
  Object.assign(flow, { state: 0, server: 0, silent: false, spoke: false, incarnation: flow.incarnation + 1 });
}

function send(world: World, scope: Scope, index: number): string | undefined {
  world.flows[index]!.silent = false;
  return arrive(world, index, forward(world, scope, index, false));
}

/** UDP: the first packet opens, and who gets it has the connection. */
function datagrams(scope: Scope, add: Add, flow: Flow, index: number, isNext: boolean): void {
  if (flow.state === 2) {
    add(`client ${index} sends`, (next) => send(next, scope, index));
  } else if (isNext && flow.incarnation < scope.incarnations) {
    add(`client ${index} sends its first packet (${flow.incarnation})`, (next) => {
      const server = forward(next, scope, index, false);
      if (server <= 0 || server === next.crashed) return undefined;
      if (next.drained && server === LEAVER) return 'a packet goes to a server that was reported drained';
      Object.assign(next.flows[index]!, { state: 2, server });
      next.flows[index]!.held[server] = 2 * flow.incarnation + 2;
      return undefined;
    });
  }
}

/** Rule R10: connections that servers open. */
function fromServers(world: World, scope: Scope, add: Add, flow: Flow, index: number, isNext: boolean): void {
  if (flow.state === 2) {
    add(`client ${index} sends`, (next) => send(next, scope, index));
    return;
  }
  if (!isNext || flow.incarnation >= scope.incarnations) return;
  for (const server of SERVERS) {
    // Whoever leaves opens nothing any more.
    if (server === world.crashed || (world.leaving && server === LEAVER)) continue;
    add(`server ${server} opens connection ${flow.incarnation} to client ${index}`, (next) => {
      if (!openFromServer(next, scope, index, server)) return undefined;
      Object.assign(next.flows[index]!, { state: 2, server });
      next.flows[index]!.held[server] = 2 * flow.incarnation + 2;
      return undefined;
    });
  }
}

/** Whether a client may send the SYN of its connection again. */
export function mayResend(flow: Flow, scope: Scope): boolean {
  // Where packets take their time to the servers as well there would be too many of them.
  return flow.state === 1 && !scope.agents;
}

/** TCP: SYN, SYN-ACK, ACK, each of which may be lost, late or sent again. */
function handshakes(world: World, scope: Scope, add: Add, flow: Flow, index: number, isNext: boolean): void {
  const self = (next: World): Flow => next.flows[index]!;
  const syn = 1 << flow.incarnation;
  if (flow.state === 0 && isNext && flow.incarnation < scope.incarnations) {
    add(`client ${index} opens connection ${flow.incarnation}`, (next) => {
      Object.assign(self(next), { state: 1, syns: flow.syns | syn, spoke: isListening(next) });
      return undefined;
    });
  }
  if ((flow.syns & syn) === 0 && mayResend(flow, scope)) {
    add(`client ${index} resends its SYN`, (next) => {
      self(next).syns |= syn;
      return undefined;
    });
  }
  if (flow.state === 2 && world.spoofs < scope.spoofs && (flow.syns & syn) === 0) {
    add(`a late or spoofed SYN of live flow ${index}`, (next) => {
      next.spoofs++;
      self(next).syns |= syn;
      return undefined;
    });
  }
  for (let incarnation = 0; 1 << incarnation <= flow.syns; incarnation++) {
    if ((flow.syns & (1 << incarnation)) === 0) continue;
    add(`SYN ${incarnation} of flow ${index} reaches the switch`, (next) => {
      self(next).syns &= ~(1 << incarnation);
      const server = forward(next, scope, index, true);
      if (server <= 0) return undefined;
      if (server === next.ignored) return 'a SYN goes to a server that was declared dead';
      if (scope.agents) {
        self(next).flying |= bitOf(server, incarnation);
        return undefined;
      }
      return takeSyn(next, index, server, incarnation);
    });
  }
  for (let server = 1; server <= RETURNED; server++) {
    for (let incarnation = 0; incarnation <= flow.incarnation; incarnation++) {
      const bit = bitOf(server, incarnation);
      if ((flow.flying & bit) !== 0) {
        add(`SYN ${incarnation} of flow ${index} reaches server ${server}`, (next) => {
          self(next).flying &= ~bit;
          return takeSyn(next, index, server, incarnation);
        });
      }
      if ((flow.answers & bit) === 0) continue;
      if (flow.state === 1 && flow.incarnation === incarnation) {
        add(`client ${index} receives the answer of server ${server}`, (next) => {
          self(next).answers &= ~bit;
          if (server === next.crashed || self(next).held[server] === 0) {
            // Whoever answered is no more: the client will hear so.
            Object.assign(self(next), { state: 0, spoke: false, incarnation: incarnation + 1 });
            return undefined;
          }
          Object.assign(self(next), { state: 2, server });
          return undefined;
        });
      }
      add(`answer of server ${server} to flow ${index} is lost or ignored`, (next) => {
        self(next).answers &= ~bit;
        return undefined;
      });
    }
    const held = flow.held[server]!;
    if (held === 0) continue;
    const incarnation = (held - 1) >> 1;
    const bit = bitOf(server, incarnation);
    if ((flow.answers & bit) !== 0) continue;
    if (held % 2 === 1 && flow.state === 1 && flow.incarnation === incarnation) {
      add(`server ${server} answers SYN ${incarnation} of flow ${index}`, (next) => {
        if (!next.empty) remember(next.slots, keyOf(index), server, incarnation);
        self(next).answers |= bit;
        return undefined;
      });
    }
    if (!(flow.state === 2 && flow.server === server && flow.incarnation === incarnation)) {
      add(`server ${server} forgets flow ${index}`, (next) => {
        self(next).held[server] = 0;
        return undefined;
      });
    }
  }
  if (flow.state === 2) {
    const half = flow.held[flow.server] === 2 * flow.incarnation + 1;
    add(`client ${index} sends ${half ? 'its ACK' : 'data'}`, (next) => send(next, scope, index));
  }
}

function takeSyn(world: World, index: number, server: number, incarnation: number): string | undefined {
  if (server === world.crashed) return undefined;
  if (world.drained && server === LEAVER) return 'a SYN goes to a server that was reported drained';
  const { held } = world.flows[index]!;
  if (held[server] === 0 || (held[server]! - 1) >> 1 < incarnation) held[server] = 2 * incarnation + 1;
  return undefined;
}
