/**
 * What clients, servers and the network between them may do next: open and close connections, send, answer, resend, forget, and lose or delay
 * any of it. A SYN that arrives late is one that was not taken from its list; nothing else is needed to model reordering.
 */
import { remember } from '../support/data-plane.ts';
import type { Scope } from './scope.ts';
import { forward } from './switch-model.ts';
import type { Add } from './transition.ts';
import { type Flow, keyOf, LEAVER, SERVERS, type World } from './world.ts';

/** Adds a transition for each thing that a client, a server or the network may do. */
export function clientTransitions(world: World, scope: Scope, add: Add): void {
  world.flows.forEach((flow, index) => {
    const self = (next: World): Flow => next.flows[index]!;
    if (flow.state === 'closed' && flow.incarnation < scope.incarnations) {
      add(`client ${index} opens connection ${flow.incarnation}`, (next) => {
        self(next).state = 'syn';
        self(next).syns.push(flow.incarnation);
        return undefined;
      });
    }
    if (flow.state === 'syn' && !flow.syns.includes(flow.incarnation)) {
      add(`client ${index} resends its SYN`, (next) => {
        self(next).syns.push(flow.incarnation);
        return undefined;
      });
    }
    if (flow.state === 'established' && world.spoofs < scope.spoofs && !flow.syns.includes(flow.incarnation)) {
      add(`a late or spoofed SYN of live flow ${index}`, (next) => {
        next.spoofs++;
        self(next).syns.push(flow.incarnation);
        return undefined;
      });
    }
    for (const incarnation of flow.syns) {
      add(`SYN ${incarnation} of flow ${index} reaches the switch`, (next) => {
        self(next).syns = self(next).syns.filter((other) => other !== incarnation);
        const server = forward(next, scope, index, true);
        if (server === 0) return undefined;
        if (server === next.crashed) return undefined;
        if (next.drained && server === LEAVER) return 'a SYN goes to a server that was reported drained';
        const held = self(next).held[server]!;
        if (held === 0 || Math.floor((held - 1) / 2) < incarnation) self(next).held[server] = 2 * incarnation + 1;
        return undefined;
      });
    }
    for (const server of SERVERS) {
      const held = flow.held[server]!;
      if (held === 0) continue;
      const incarnation = Math.floor((held - 1) / 2);
      const halfOpen = held % 2 === 1;
      const answer = server * 8 + incarnation;
      const wanted = flow.state === 'syn' && flow.incarnation === incarnation;
      if (halfOpen && wanted && !flow.answers.includes(answer)) {
        add(`server ${server} answers SYN ${incarnation} of flow ${index}`, (next) => {
          remember(next.slots, keyOf(index), server, incarnation);
          self(next).answers.push(answer);
          return undefined;
        });
      }
      const mine = flow.state === 'established' && flow.server === server && flow.incarnation === incarnation;
      if (!mine && !flow.answers.includes(answer)) {
        add(`server ${server} forgets flow ${index}`, (next) => {
          self(next).held[server] = 0;
          return undefined;
        });
      }
    }
    for (const answer of flow.answers) {
      const server = answer >> 3;
      const drop = (next: World): void => {
        self(next).answers = self(next).answers.filter((other) => other !== answer);
      };
      if (flow.state === 'syn' && flow.incarnation === (answer & 7)) {
        add(`client ${index} receives the answer of server ${server}`, (next) => {
          drop(next);
          if (server === next.crashed || self(next).held[server] === 0) {
            // Whoever answered is no more: the client will hear so.
            self(next).state = 'closed';
            self(next).incarnation++;
            return undefined;
          }
          self(next).state = 'established';
          self(next).server = server;
          return undefined;
        });
      }
      add(`answer of server ${server} to flow ${index} is lost or ignored`, (next) => {
        drop(next);
        return undefined;
      });
    }
    if (flow.state === 'established') {
      const held = flow.held[flow.server]!;
      const half = held === 2 * flow.incarnation + 1;
      add(`client ${index} sends ${half ? 'its ACK' : 'data'}`, (next) => {
        const acknowledges = half ? `${flow.server}:${flow.incarnation}` : undefined;
        const server = forward(next, scope, index, false, acknowledges);
        if (server === flow.server) self(next).held[server] = 2 * flow.incarnation + 2;
        return undefined;
      });
      if (!half) {
        add(`flow ${index} closes`, (next) => {
          self(next).state = 'closed';
          self(next).held[flow.server] = 0;
          self(next).server = 0;
          self(next).incarnation++;
          return undefined;
        });
      }
    }
  });
}
