/** Answers to questions about connections and the switch, from the controller's words to the screen's. */
import type { ConnectionExplanation, SwitchDetails as SwitchAnswer } from '@mooring/controller/control';
import type { ConnectionView, SwitchDetails } from '../ui/results.ts';

/** `192.0.2.7:51514`, `[2001:db8::7]:51514`. */
export function endpointText(address: string, port: number | undefined): string {
  if (port === undefined) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** A connection as the screen shows it. */
export function connectionView(found: ConnectionExplanation): ConnectionView {
  return {
    client: endpointText(found.clientAddress, found.clientPort),
    vip: found.vip,
    endpoint: endpointText(found.vipAddress, found.vipPort),
    bucket: found.bucket,
    phase: found.phase,
    base: found.base,
    current: found.current,
    decidedBy: found.decidedBy,
    server: found.server,
    newConnection: found.newConnectionServer,
    reason: found.reason,
  };
}

/** The switch as the screen shows it. */
export function switchDetails(answer: SwitchAnswer): SwitchDetails {
  return {
    pipelineId: answer.pipelineId ?? 'unknown',
    tables: answer.tables,
    ports: answer.ports,
    drops: answer.drops.map(({ reason, packets }) => [reason, packets]),
    facts: [],
  };
}
