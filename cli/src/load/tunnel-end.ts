/** Starts a server's end of a tunnel (tunnel-end.worker.ts) and readies the kernel for what comes out of it. */
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { runIpBatch } from './ip-batch.ts';
import type { TunnelEndOptions } from './tunnel-end.worker.ts';

export type { TunnelEndOptions };

/** Resolves when packets that come out of the tunnel reach the kernel. */
export async function startTunnelEnd(options: TunnelEndOptions): Promise<void> {
  // Beside the host's own program, whichever file of the bundle this is in.
  const worker = new Worker(join(dirname(process.argv[1]!), 'tunnel-end.worker.js'), { workerData: options });
  await Promise.race([
    once(worker, 'message'),
    once(worker, 'error').then(([error]) => {
      throw error;
    }),
  ]);
  worker.unref();
  // Packets come in by the tunnel whose answers leave by another way.
  for (const name of ['all', options.interfaceName]) {
    const path = `/proc/sys/net/ipv4/conf/${name}/rp_filter`;
    if (existsSync(path)) writeFileSync(path, '0');
  }
  runIpBatch([`link set ${options.interfaceName} up`]);
}
