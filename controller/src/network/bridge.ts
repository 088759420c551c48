/**
 * The controller's half of plain switching: addresses that the switch reports become entries, and go when they fall
 * silent. An address that turns up behind another port moves. Each address has two entries, one that forwards to it and
 * one that keeps it from being reported again.
 */
import type { MacEvent } from '../switch-port/port.ts';
import type { Shadow } from '../switch-port/shadow.ts';

/** Takes over what the switch has seen. @param reserved addresses that live in the switch itself */
export function learnMacs(
  shadow: Shadow,
  events: readonly MacEvent[],
  reserved: ReadonlySet<string>,
  idleTimeoutMs: number,
): void {
  for (const { mac, port } of events) {
    const group = Number.parseInt(mac.slice(0, 2), 16) & 1;
    if (group || mac === '00:00:00:00:00:00' || reserved.has(mac)) continue;
    const before = shadow.get('macs', [mac]);
    const oldPort = before?.params[0];
    if (oldPort !== undefined && oldPort !== port) shadow.delete('mac_sources', [mac, oldPort]);
    shadow.set({ table: 'macs', key: [mac], action: 'to_port', params: [port], idleTimeoutMs: 0 });
    shadow.set({ table: 'mac_sources', key: [mac, port], action: 'mac_known', params: [], idleTimeoutMs });
  }
}

/** Forgets addresses whose `mac_sources` entries (by key text) have fallen silent. */
export function forgetMacs(shadow: Shadow, keys: readonly string[]): void {
  for (const key of keys) {
    const [mac, port] = key.split('/') as [string, string];
    shadow.delete('mac_sources', [mac, Number(port)]);
    if (shadow.get('macs', [mac])?.params[0] === Number(port)) shadow.delete('macs', [mac]);
  }
}
