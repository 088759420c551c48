/**
 * Two controllers, one primary: the backup watches, and takes over when the primary is gone.
 *
 * The election id is one above the last primary's, so the switch refuses whatever the old one may still send.
 */
import { P4RuntimeClient } from '@mooring/p4runtime-ts';

/**
 * Waits as a backup until there is no primary, then becomes it.
 *
 * @returns the connection, as primary; the caller closes it
 */
export async function takeOverWhenAlone(address: string): Promise<P4RuntimeClient> {
  const client = await P4RuntimeClient.connect({ address, deviceId: 0, electionId: null });
  const lastPrimary = client.arbitration.electionId;
  await new Promise<void>((resolve) => {
    const stop = client.onArbitration((state) => {
      if (state.electionId !== undefined) return;
      stop();
      resolve();
    });
  });
  await client.runForPrimary((lastPrimary ?? 0n) + 1n);
  await client.adoptPipeline();
  return client;
}
