/**
 * A VIP that comes over the control socket instead of in a file. It is written out as the file would say it and read by
 * the very reader of files, so that what is refused there is refused here in the same words, and every default is the
 * same.
 */
import { stringify } from 'yaml';
import { divertedClients } from '../intent/classes.ts';
import { OperationRefusedError } from '../operations/errors.ts';
import { ConfigurationError } from './diagnostics.ts';
import { readConfiguration } from './read.ts';
import type { ClassConfiguration, VipConfiguration } from './types.ts';

/** A switch that is not used: the reader wants one. */
const NO_SWITCH = { address: '127.0.0.1:1', ports: [] };

/** @param others VIPs that there are @throws OperationRefusedError */
export function readVipDefinition(
  name: string | undefined,
  given: object | undefined,
  others: readonly VipConfiguration[],
  classes: readonly ClassConfiguration[],
): VipConfiguration {
  const refuse = (field: string, message: string): never => {
    throw new OperationRefusedError({ code: 'bad-request', field, message });
  };
  if (name === undefined) return refuse('vip', 'the request does not name the new VIP');
  if (given === undefined) return refuse('vipDefinition', 'the request does not say what the VIP is');
  if (others.some((vip) => vip.name === name)) {
    throw new OperationRefusedError({ code: 'conflict', field: 'vip', message: `there is a VIP \`${name}\` already` });
  }
  // Checked together with those that there are: addresses and ports must not be used twice.
  const all = [...others.map(asFile), asFile({ ...given, name })];
  const text = stringify({ switch: NO_SWITCH, agents: { ca: 'x', certificate: 'x', key: 'x' }, classes, vips: all });
  let vip: VipConfiguration;
  try {
    vip = readConfiguration('the request', text).vips.at(-1)!;
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return refuse('vipDefinition', error.diagnostics.map(({ message }) => message).join('; '));
  }
  const diverted = divertedClients({ vips: others, classes }, { vips: [...others, vip], classes });
  if (diverted !== undefined) throw new OperationRefusedError({ code: 'conflict', field: 'class', message: diverted });
  return vip;
}

/** A complete VIP as a file would have it: what is undefined is left out, durations get their unit. */
function asFile(vip: object): unknown {
  const { health, overflow, fallback, forwarding, ...rest } = JSON.parse(JSON.stringify(vip)) as Record<
    string,
    unknown
  >;
  for (const server of (rest.servers ?? []) as Record<string, unknown>[]) if (server.links) delete server.switchPort;
  void health;
  void overflow;
  void fallback;
  // From the file's reader it is complete, from a request it is what a file would say.
  if (typeof forwarding !== 'object' || forwarding === null) return forwarding == null ? rest : { ...rest, forwarding };
  const { kind, source, port } = forwarding as Record<string, unknown>;
  const tunnel = {
    ...(source === undefined ? {} : { tunnelSource: source }),
    ...(port === undefined ? {} : { tunnelPort: port }),
  };
  return { ...rest, forwarding: kind, ...tunnel };
}
