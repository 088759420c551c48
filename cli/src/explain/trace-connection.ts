/**
 * Traces a packet of a connection through the program and entries that the controller's switch has now, in a switch of
 * its own that is loaded with them for the purpose: nothing is sent, and the running one is only read.
 */
import type { ControlClient, VipStatus } from '@mooring/controller/control';
import type { TraceEvent } from '@mooring/softswitch';
import { CommandFailure } from '../command-line/errors.ts';
import { type ConnectionPacket, connectionPacket, parseEndpoint } from './connection-packet.ts';
import { readLiveSwitch } from './live-switch.ts';
import { tracePacket } from './trace-packet.ts';

/** Which packet. */
export interface ConnectionTraceQuery {
  /** `address:port` */
  readonly client: string;
  /** Undefined where there is one. */
  readonly vip: string | undefined;
  /** To which port of it; undefined where it has one. */
  readonly vipPort: number | undefined;
  readonly packet: ConnectionPacket;
}

/** The packet and its way. */
export interface ConnectionTrace {
  readonly vip: string;
  readonly port: number;
  readonly packet: Uint8Array;
  readonly events: readonly TraceEvent[];
}

const DROP_PORT = 511;
const CPU_PORT = 510;
const FIRST_PORT = 1;
const HIGHEST_PORT = 65_535;

/** @throws UsageError, CommandFailure, and what the control client throws */
export async function traceConnection(
  controller: ControlClient,
  query: ConnectionTraceQuery,
): Promise<ConnectionTrace> {
  const client = parseEndpoint(query.client, '--client');
  const [status, details] = await Promise.all([controller.status(), controller.switchDetails()]);
  const vip = chooseVip(status.vips, query.vip);
  if (client.address.includes(':') !== vip.address.includes(':')) {
    throw new CommandFailure(
      `the client ${client.address} and ${vip.name}, ${vip.address}, are not of the same family`,
      {
        code: 'BAD_REQUEST',
        field: '--client',
      },
    );
  }
  const live = await readLiveSwitch(status.switch.address, BigInt(status.switch.deviceId));
  // Clients come in where no server is, if there is such a port.
  const port = (details.ports.find(({ servers }) => servers.length === 0) ?? details.ports[0])?.port ?? FIRST_PORT;
  const { address, protocol } = vip;
  const packet = connectionPacket(client, { address, protocol, port: portOf(vip, query.vipPort) }, query.packet);
  const events = await tracePacket({ ...live, port, packet, cpuPort: CPU_PORT, dropPort: DROP_PORT });
  return { vip: vip.name, port, packet, events };
}

/** The port that the packet is for. */
function portOf({ name, port }: VipStatus, asked: number | undefined): number {
  if (port !== 'all' && (asked ?? port) === port) return port;
  if (port === 'all' && asked !== undefined && Number.isInteger(asked) && asked > 0 && asked <= HIGHEST_PORT)
    return asked;
  const what = port === 'all' ? 'for all ports: say which, from 1 to 65535' : `for port ${port}`;
  throw new CommandFailure(`the virtual address '${name}' is ${what}`, {
    code: 'BAD_REQUEST',
    field: '--service-port',
  });
}

function chooseVip(vips: readonly VipStatus[], name: string | undefined): VipStatus {
  const found = name === undefined ? (vips.length === 1 ? vips[0] : undefined) : vips.find((vip) => vip.name === name);
  if (found !== undefined) return found;
  throw new CommandFailure(
    name === undefined ? 'there are several virtual addresses: say which' : `there is no virtual address '${name}'`,
    {
      code: name === undefined ? 'CONFLICT' : 'NOT_FOUND',
      field: '--vip',
      choices: vips.map((vip) => vip.name),
    },
  );
}
