/**
 * A connection that was ended on purpose or lost, as people and programs are told of it. Its key inside the controller
 * is the switch's own (connection-key.ts); outside it is the client's address and port, and with a VIP for all ports
 * which of them.
 */
import type { EndedConnection } from '../control-api/types.ts';
import { connectionParts } from '../shift/connection-key.ts';
import type { ConnectionKey } from '../shift/types.ts';
import { formatIpAddress } from '../text/addresses.ts';

/** A connection by its ends. */
export function endedConnection(key: ConnectionKey): EndedConnection {
  const [, address, clientPort, vipPort] = connectionParts(key);
  return { clientAddress: formatIpAddress(address), clientPort, ...(vipPort === 0 ? {} : { vipPort }) };
}
