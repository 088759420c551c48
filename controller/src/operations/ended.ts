/**
 * A connection that was ended on purpose or lost, as people and programs are told of it. Its key inside the controller is the
 * switch's own (VIP, client address, client port); outside it is the client's address and port.
 */
import type { EndedConnection } from '../control-api/types.ts';
import type { ConnectionKey } from '../shift/types.ts';
import { formatIpv4 } from '../text/addresses.ts';

/** The client's end of a connection. */
export function endedConnection(key: ConnectionKey): EndedConnection {
  const [, address, port] = key.split('/') as [string, string, string];
  return {
    clientAddress: address.includes(':') ? address : formatIpv4(Number(address)),
    clientPort: Number(port),
  };
}
