/**
 * An Ethernet switch that learns, driven over P4Runtime: `learnAddresses('127.0.0.1:9559', files)`.
 *
 * Shows the ready handler (everything that the controller needs is set up there, so that a restarted switch is set up
 * again), digests that are acknowledged once their entries are in, entries with an idle timeout, and the one error that
 * is no error: an entry that exists already.
 */
import { Code, P4RuntimeClient, WriteError } from '@mooring/p4runtime-ts';

/** The program's files, as the compiler wrote them. */
export interface ProgramFiles {
  readonly p4info: Uint8Array | string;
  readonly deviceConfig: Uint8Array | string;
}

/** Runs until `signal` is aborted; tells each address that was learned. */
export async function learnAddresses(
  address: string,
  program: ProgramFiles,
  signal: AbortSignal,
  onLearned: (mac: bigint, port: bigint) => void,
): Promise<void> {
  using client = await P4RuntimeClient.connect({ address, deviceId: 0, electionId: 10 });

  client.onReady(async () => {
    await client.setPipeline(program);
    await client.insert({ kind: 'digest', digest: 'learn_t', config: { maxListSize: 16, maxTimeoutNs: 10_000_000 } });
  });

  client.onDigest(undefined, async (list) => {
    for (const entry of list.entries as readonly { readonly mac: bigint; readonly port: bigint }[]) {
      const forward = { name: 'forward', params: { port: entry.port, mac: entry.mac } };
      try {
        await client.insert({ kind: 'table', table: 'macs', match: { dst: entry.mac }, action: forward });
        onLearned(entry.mac, entry.port);
      } catch (error) {
        if (!(error instanceof WriteError && error.isOnly(Code.ALREADY_EXISTS))) throw error;
      }
    }
  });

  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}
