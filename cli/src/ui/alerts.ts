/**
 * What must be seen whatever page is open, worst first: it stands in the title. Each is a few words; the page that has
 * the rest is where one would look for it (operations, servers, switch).
 */
import { formatClock, formatCount } from './format.ts';
import { isDown, type View } from './model.ts';

/** The alerts; empty where nothing needs anybody. */
export function alertsOf({ controller, controllerReachable, lostAtMs, nowMs }: View): string[] {
  if (controller === undefined) return [];
  const alerts: string[] = [];
  const age = lostAtMs === undefined ? '' : ` for ${formatClock(nowMs - lostAtMs)}`;
  if (!controllerReachable) alerts.push(`CONTROLLER DOWN${age}`);
  const { astray, servers, vips, operations, pinning, otherSwitches } = controller;
  if (astray > 0) alerts.push(`${formatCount(astray)} ASTRAY`);
  const away = [controller.switch, ...otherSwitches].filter(({ connected }) => !connected);
  if (away.length > 0) alerts.push(otherSwitches.length === 0 ? 'SWITCH AWAY' : `SWITCH ${away[0]!.name} AWAY`);
  const down = servers.filter(isDown).length;
  if (down > 0) alerts.push(`${formatCount(down)} DOWN`);
  const full = vips.filter(({ refuses }) => refuses !== undefined);
  if (full.length > 0)
    alerts.push(full.length === 1 ? `${full[0]!.name} FULL` : `${formatCount(full.length)} VIPS FULL`);
  const waiting = operations.find(({ awaitsApproval }) => awaitsApproval);
  if (waiting !== undefined) alerts.push(`APPROVE #${waiting.id}?`);
  const paused = operations.find(({ isPaused }) => isPaused);
  if (paused !== undefined) alerts.push(`#${paused.id} PAUSED`);
  if (!pinning) alerts.push('PINNING OFF');
  return alerts;
}
