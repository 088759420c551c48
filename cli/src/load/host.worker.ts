/**
 * A host of the demo: one process that is a server or a client on the kernel's TCP or UDP, started inside the host's
 * network namespace and steered over the IPC channel (messages.ts). It is bundled as a file of its own so that it
 * starts fast and carries nothing but the load. When the channel closes (the main process is gone, however it ended) it
 * ends itself, so that no host outlives a demo.
 */
import { createServer } from 'node:net';
import { LoadClient } from './client.ts';
import { connectDatagrams, startDatagramServer } from './datagrams.ts';
import { answerForOwnAddresses, quietIpv6, runIpBatch, silenceIpv6 } from './ip-batch.ts';
import type { HostCommand, HostReport } from './messages.ts';
import { type LoadServer, startLoadServer } from './server.ts';

const REPORT_INTERVAL_MS = 250;

function report(message: HostReport): void {
  // A channel that closes while a report is on its way is the end of the demo, not an error.
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}

let server: LoadServer | undefined;
let client: LoadClient | undefined;

async function obey(command: HostCommand): Promise<void> {
  switch (command.kind) {
    case 'settle': {
      const { disableOffload } = await import('./offload.ts');
      answerForOwnAddresses();
      if (command.ipv6) quietIpv6();
      else silenceIpv6();
      runIpBatch(command.ipCommands);
      for (const name of command.interfaceNames) disableOffload(name);
      if (command.tunnel !== undefined) await (await import('./tunnel-end.ts')).startTunnelEnd(command.tunnel);
      report({ kind: 'settled' });
      return;
    }
    case 'serve':
      server = await (command.transport === 'udp' ? startDatagramServer : startLoadServer)(command.options);
      report({ kind: 'serving' });
      return;
    case 'load':
      client = new LoadClient(command.options, command.transport === 'udp' ? connectDatagrams : undefined);
      return;
    case 'marathon-servers':
      client?.setMarathonServers(command.names);
      return;
    case 'answer-checks': {
      const door = createServer((socket) => {
        socket.on('error', () => {});
        socket.end();
      });
      await new Promise<void>((resolve, reject) => {
        door.once('error', reject);
        door.listen(command.port, command.address, () => resolve());
      });
      report({ kind: 'answering-checks' });
      return;
    }
    case 'incident':
      client?.noteIncident(command.incident);
      report({ kind: 'noted' });
      return;
    case 'finish': {
      if (!client) return;
      await client.finish(command.patienceMs);
      report({ kind: 'finished', tally: client.tally });
      return;
    }
    default: {
      const never: never = command;
      throw new Error(`unknown command ${JSON.stringify(never)}`);
    }
  }
}

process.on('message', (command: HostCommand) => {
  obey(command).catch((error: unknown) =>
    report({ kind: 'failed', message: error instanceof Error ? error.message : String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
// Ctrl-C reaches every process of the terminal; the main process decides when hosts end.
process.on('SIGINT', () => {});
setInterval(() => {
  if (client) report({ kind: 'client-tally', tally: client.tally });
  if (server) report({ kind: 'server-tally', tally: server.tally });
}, REPORT_INTERVAL_MS);
report({ kind: 'ready' });
