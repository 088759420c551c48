/**
 * Connection keys between text and parts. A connection is a map key everywhere in the controller, hence text; the
 * switch's tables and orders want its parts.
 */
import type { IpAddress } from '../text/addresses.ts';
import type { ConnectionKey, VipId } from './types.ts';

/** VIP, client address and client port of a connection, and which port of a VIP for all ports: 0 of any other. */
export type ConnectionParts = [vip: VipId, clientAddress: IpAddress, clientPort: number, vipPort: number];

/** The key of a connection. */
export function connectionKey(...parts: ConnectionParts): ConnectionKey {
  return parts.join('/');
}

/** The parts of a connection's key. */
export function connectionParts(key: ConnectionKey): ConnectionParts {
  const [vip, address, port, vipPort] = key.split('/') as [string, string, string, string];
  return [Number(vip), address.includes(':') ? address : Number(address), Number(port), Number(vipPort)];
}
