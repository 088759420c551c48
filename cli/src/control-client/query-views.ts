/** Answers to questions about connections and the switch, from the controller's words to the screen's. */
import type { ConnectionExplanation, SwitchDetails as SwitchAnswer } from '@mooring/controller/control';
import type { ConnectionView, SwitchDetails } from '../ui/results.ts';
import { endpointText } from './view.ts';

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
  };
}
