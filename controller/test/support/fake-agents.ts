/**
 * Agents on the servers of a rig: each knows the rig's connections to its server, answers questions, and sends its
 * report whenever the test says that something has happened there.
 */
import type { AgentClient, AgentConnector, AgentListener, AgentQuestion } from '../../src/agents/client.ts';
import type { AgentReport } from '../../src/agents/wire.ts';
import type { Rig } from './rig.ts';

interface Fake {
  readonly listener: AgentListener;
  readonly report: () => AgentReport;
}

/** See the file's comment. Servers are told apart by their agents' addresses, `name:1`. */
export class FakeAgents {
  /** Names of servers whose agents do not answer. */
  readonly silent = new Set<string>();
  /** Accept queues, of 100. */
  readonly queues = new Map<string, number>();
  private readonly rig: Rig;
  /** What each was last connected for. */
  readonly questions = new Map<string, AgentQuestion>();
  private readonly open = new Map<string, Fake>();

  constructor(rig: Rig) {
    this.rig = rig;
  }

  readonly connect: AgentConnector = (address, question, listener): AgentClient => {
    const name = address.split(':')[0]!;
    this.questions.set(name, question);
    const report = (): AgentReport => {
      const id = this.rig.serverId(name);
      const own = this.rig.connections.filter(({ server }) => server === id);
      return {
        acceptQueue: this.queues.get(name) ?? 0,
        acceptQueueLimit: 100,
        connections: own.map(({ address: client, port, vipPort }) => {
          return { address: client, port, halfOpen: false, serverPort: vipPort };
        }),
      };
    };
    const fake = { listener, report };
    this.open.set(name, fake);
    return {
      ask: async () => {
        if (this.silent.has(name)) throw new Error('no answer in time');
        return report();
      },
      close: () => {
        if (this.open.get(name) === fake) this.open.delete(name);
      },
    };
  };

  /** Every agent sends its report, or is missed. */
  tell(): void {
    for (const [name, { listener, report }] of this.open) {
      if (this.silent.has(name)) listener.onUnreachable('it is silent');
      else listener.onReport(report());
    }
  }
}
