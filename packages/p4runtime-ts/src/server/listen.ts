/**
 * Makes a gRPC server listen; what P4Runtime's server and the data plane's have in common, so that both give addresses
 * and errors alike.
 */
import type * as grpc from '@grpc/grpc-js';

/**
 * Begins to listen.
 *
 * @param address `host:port` (port 0: any free one) or `unix:path`
 * @returns the address as given, with the real port
 * @throws Error when the address cannot be had (in use, not permitted)
 */
export async function listen(
  server: grpc.Server,
  address: string,
  credentials: grpc.ServerCredentials,
): Promise<string> {
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(address, credentials, (error, bound) => {
      if (error === null) resolve(bound);
      else {
        const reason = /\[(?:listen )?(.*)\]/.exec(error.message)?.[1] ?? error.message;
        reject(new Error(`Cannot listen on ${address}: ${reason}`, { cause: error }));
      }
    });
  });
  return address.startsWith('unix:') ? address : address.replace(/:\d+$/, `:${port}`);
}
