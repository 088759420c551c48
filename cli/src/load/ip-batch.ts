/**
 * Runs a list of `ip` commands (iproute2) in one process, in this process's network namespace. A batch costs one
 * program start however many commands it has, and stops at the first that fails, whose message is passed on.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';

/**
 * @param commands lines without the leading `ip`, e.g. `link set lo up`
 * @throws Error with iproute2's own message, or naming the package to install when `ip` is missing
 */
export function runIpBatch(commands: readonly string[]): void {
  const done = spawnSync('ip', ['-batch', '-'], { input: `${commands.join('\n')}\n`, encoding: 'utf8' });
  if (done.error) {
    throw new Error(`the program 'ip' could not be started (${done.error.message}); install it: apt install iproute2`);
  }
  if (done.status !== 0) throw new Error(`ip: ${done.stderr.trim() || `exit status ${done.status}`}`);
}

/** Removes an interface, if it is there. */
export function removeInterface(name: string): void {
  spawnSync('ip', ['link', 'del', name], { stdio: 'ignore' });
}

/**
 * Keeps the kernel from giving interfaces of this network namespace IPv6 addresses of its own accord, whose neighbour
 * and router discovery would be noise on the switch's ports. Does nothing on a kernel without IPv6.
 */
export function silenceIpv6(): void {
  set({ disable_ipv6: '1' });
}

/**
 * Lets interfaces of this network namespace have the IPv6 addresses they are given, at once, and none of the kernel's
 * own making.
 */
export function quietIpv6(): void {
  set({ disable_ipv6: '0', accept_ra: '0', accept_dad: '0', addr_gen_mode: '1' });
}

/** Has this namespace answer ARP for an interface's own addresses only, as a server with direct return must. */
export function answerForOwnAddresses(): void {
  for (const [name, value] of [
    ['arp_ignore', '1'],
    ['arp_announce', '2'],
  ] as const) {
    writeFileSync(`/proc/sys/net/ipv4/conf/all/${name}`, value);
  }
}

function set(values: Readonly<Record<string, string>>): void {
  for (const scope of ['all', 'default']) {
    for (const [name, value] of Object.entries(values)) {
      const path = `/proc/sys/net/ipv6/conf/${scope}/${name}`;
      if (existsSync(path)) writeFileSync(path, value);
    }
  }
}
