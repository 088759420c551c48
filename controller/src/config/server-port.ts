/**
 * Which ports servers may have. A packet from a server says by nothing but its address, protocol and port which VIP it
 * is an answer of, so these must tell; and behind a VIP for all ports a connection keeps its port, so that all ports of
 * the server are that VIP's.
 */
import { formatEndpoint } from '../text/addresses.ts';
import type { Protocol, ServicePort } from './types.ts';

/** Where a server takes connections. */
export interface ServerEndpoint {
  readonly address: string;
  readonly port: ServicePort;
  readonly protocol: Protocol;
}

/** One that is in use, and whose it is, in words. */
export interface TakenEndpoint extends ServerEndpoint {
  readonly owner: string;
}

/** What is wrong with a server's port beside its VIP's, in words; undefined: nothing. */
export function wrongServerPort(port: ServicePort, vipPort: ServicePort): string | undefined {
  if (vipPort === 'all' && port !== 'all') {
    return 'a server of a VIP for all ports has no `port`: each connection keeps the one its client has chosen';
  }
  return vipPort !== 'all' && port === 'all'
    ? `\`port: all\` needs a VIP for all ports; this one's is ${vipPort}`
    : undefined;
}

/** Who has the endpoint already, in words; undefined: nobody. */
export function takenEndpoint(wanted: ServerEndpoint, taken: readonly TakenEndpoint[]): string | undefined {
  const other = taken.find(
    ({ address, port, protocol }) =>
      address === wanted.address &&
      protocol === wanted.protocol &&
      (port === wanted.port || port === 'all' || wanted.port === 'all'),
  );
  if (other === undefined) return undefined;
  const whole = other.port !== wanted.port;
  const why = whole
    ? 'a server of a VIP for all ports serves no other of its protocol'
    : "a server's port serves one VIP";
  return `${formatEndpoint(other.address, other.port)}/${other.protocol} is server ${other.owner} already; ${why}`;
}
