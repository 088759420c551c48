/**
 * A rig whose servers are checked, at work for a second with sixty connections. A server that the rig lists as down
 * fails its checks.
 */
import { RIG_CONFIGURATION, Rig } from './rig.ts';

export const CHECKED = RIG_CONFIGURATION.replace(
  '    buckets: 16',
  '    health: { kind: tcp, interval: 200ms, rise: 2, fall: 2 }\n    buckets: 16',
);

/** See the file's comment. */
export async function startChecked(text = CHECKED): Promise<Rig> {
  const rig = new Rig(text);
  rig.probe = async (_, { name }) => (rig.down.has(name) ? { ok: false, reason: 'refused' } : { ok: true });
  await rig.start();
  rig.openMany(60);
  await rig.advance(1_000);
  return rig;
}
