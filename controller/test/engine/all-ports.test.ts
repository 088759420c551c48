/**
 * A VIP for all ports under the controller: connections of one client address and port to two ports of the service are
 * two connections, through shifts, crashes and agents' reports; and what would take such a VIP's ports or servers away
 * from it while it runs is refused.
 */
import { afterEach, describe, expect, it } from 'vitest';
import type { AgentListener, AgentQuestion } from '../../src/agents/client.ts';
import { applyConfiguration } from '../../src/apply.ts';
import { explainConnections } from '../../src/engine/explain-connection.ts';
import { FakeAgents } from '../support/fake-agents.ts';
import { RIG_CONFIGURATION, Rig } from '../support/rig.ts';

const ALL_PORTS = RIG_CONFIGURATION.replace('port: 80\n', 'port: all\n').replaceAll(' port: 8080,', '');
const PORT_443 = `
  - name: secure
    address: 10.0.0.1
    port: 443
    servers: [{ name: w1, address: 10.0.0.21, mac: 02:00:00:00:00:05, switchPort: 5 }]
`;
const [SSH, HTTPS] = [22, 443];
const CLIENT = 0x0a000065;

let rig: Rig;

afterEach(async () => {
  expect(rig.violations).toEqual([]);
  await rig.dispose();
});

/** Opens connections to a port of the service from the same client ports each time. */
function openTo(vipPort: number, count = 40): void {
  for (let port = 0; port < count; port++) rig.openFrom(CLIENT + (port % 7), 2000 + port, vipPort);
}

async function apply(text: string) {
  const answer = applyConfiguration(rig.engine, { fileName: 'new.yaml', text }, false, 'test');
  answer.catch(() => undefined);
  for (let round = 0; round < 8; round++) await rig.settle();
  return answer;
}

describe('a shift', () => {
  it('keeps old and new connections that differ by the port of the service alone apart', async () => {
    rig = new Rig(ALL_PORTS);
    await rig.start();
    openTo(SSH);
    const { id } = await rig.operate({ kind: 'swap', server: 's1', replacement: 's4' });
    openTo(HTTPS);
    await rig.advance(1_000);
    const [s1, s4] = [rig.serverId('s1'), rig.serverId('s4')];
    const portsOn = (server: number) =>
      new Set(rig.connections.filter((c) => c.server === server).map((c) => c.vipPort));
    expect([portsOn(s1), portsOn(s4)]).toEqual([new Set([SSH]), new Set([HTTPS])]);
    const pins = [...rig.switch.entries('pins').values()];
    expect(pins.length).toBeGreaterThan(5);
    expect(pins.map(({ key }) => key[3])).toEqual(pins.map(() => HTTPS));
    rig.close(({ server }) => server === s1);
    await rig.advance(12_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
    expect(rig.switch.entries('pins').size).toBe(0);
  });

  it('goes on where it was when the controller or the switch starts anew', async () => {
    rig = new Rig(ALL_PORTS);
    await rig.start();
    openTo(SSH);
    const { id } = await rig.operate({ kind: 'drain', server: 's2' });
    openTo(HTTPS);
    await rig.advance(500);
    rig.kill();
    rig.sendAll();
    await rig.start();
    await rig.advance(1_000);
    // All pins have been promoted, so that they come back with the tables.
    rig.switch.reset();
    await rig.clock.advance(300, rig.settle);
    await rig.advance(2_000);
    const s2 = rig.serverId('s2');
    rig.close(({ server }) => server === s2);
    await rig.advance(12_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
    expect(rig.connections.length).toBeGreaterThan(50);
  });

  it('lists what it ends by its port', async () => {
    rig = new Rig(ALL_PORTS);
    await rig.start();
    openTo(HTTPS);
    const { id } = await rig.operate({ kind: 'drain', server: 's1', deadlineMs: 1_000 });
    const s1 = rig.serverId('s1');
    await rig.advance(5_000);
    const { ended = [] } = rig.operation(id);
    expect(ended.length).toBeGreaterThan(0);
    expect(ended.map(({ vipPort }) => vipPort)).toEqual(ended.map(() => HTTPS));
    // Ended on purpose.
    rig.close(({ server }) => server === s1);
    rig.violations.length = 0;
  });
});

it('with agents a drain waits for the connections to every port, and for no others', async () => {
  const withAgents = ALL_PORTS.replace('idle: 2s', 'idle: 10m').replaceAll(/name: (s\d),/g, "name: $1, agent: '$1:1',");
  rig = new Rig(`${withAgents}agents: { ca: ca.pem, certificate: c.pem, key: k.pem }\n`);
  const agents = new FakeAgents(rig);
  rig.agentConnector = agents.connect;
  await rig.start();
  const run = async (durationMs: number): Promise<void> => {
    for (let leftMs = durationMs; leftMs > 0; leftMs -= 100) {
      agents.tell();
      await rig.advance(100, 100);
    }
  };
  openTo(SSH);
  await run(300);
  expect(agents.questions.get('s1')).toEqual({ port: 'all', address: '10.0.0.11' });
  const s1 = rig.serverId('s1');
  const { id } = await rig.operate({ kind: 'drain', server: 's1' });
  openTo(HTTPS);
  await run(3_000);
  expect(rig.operation(id)).toMatchObject({ phase: 'shifting' });
  rig.close(({ server }) => server === s1);
  await run(3_000);
  expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
  expect(rig.status().counters.astray).toBe(0);
});

it('with agents, connections to a port that another VIP of the same servers is for are not its own', async () => {
  const direct = RIG_CONFIGURATION.replaceAll(' port: 8080,', '')
    .replace('    buckets:', '    forwarding: direct\n    buckets:')
    .replaceAll(/name: (s\d),/g, "name: $1, agent: '$1:1',");
  const everything = direct
    .slice(direct.indexOf('  - name: web'))
    .replace('web', 'rest')
    .replace('port: 80\n', 'port: all\n');
  const text = `${direct}${everything.replaceAll("agent: 's", "agent: 'rest-s")}`;
  rig = new Rig(`${text}agents: { ca: ca.pem, certificate: c.pem, key: k.pem }\n`);
  const questions = new Map<string, AgentQuestion>();
  const listeners = new Map<string, AgentListener>();
  rig.agentConnector = (address, question, listener) => {
    questions.set(address, question);
    listeners.set(address, listener);
    return { ask: () => new Promise(() => undefined), close: () => undefined };
  };
  await rig.start();
  expect(questions.get('s1:1')).toEqual({ port: 80 });
  expect(questions.get('rest-s1:1')).toEqual({ port: 'all', address: '10.0.0.1' });
  const connections = [80, SSH, HTTPS].map((serverPort) => ({
    address: CLIENT,
    port: 2000,
    halfOpen: false,
    serverPort,
  }));
  listeners.get('rest-s1:1')!.onReport({ acceptQueue: 0, acceptQueueLimit: 1, connections });
  await rig.settle();
  const { servers } = rig.status();
  expect(servers.find(({ vip, name }) => vip === 'rest' && name === 's1')?.agent).toMatchObject({ connections: 2 });
});

describe('while it runs', () => {
  it('its ports are its own: a VIP for one of them is refused, at the start as well', async () => {
    rig = new Rig(ALL_PORTS);
    await rig.start();
    await expect(apply(`${ALL_PORTS}${PORT_443}`)).rejects.toThrow(
      'clients without a class would go from VIP `web` to VIP `secure` at 10.0.0.1:443',
    );
    const elsewhere = `${ALL_PORTS}${PORT_443.replace('10.0.0.1', '10.0.0.2')}`;
    await expect(apply(elsewhere)).resolves.toMatchObject({ differences: [{ kind: 'add', what: 'VIP secure' }] });
  });

  it('its servers are its own: no other VIP of its protocol gets them, and they get no port', async () => {
    rig = new Rig(`${ALL_PORTS}${PORT_443}`);
    await rig.start();
    const add = (vip: string, definition: { address: string; port?: number }) =>
      rig.operate({ kind: 'add', vip, server: 'new', definition });
    await expect(add('web', { address: '10.0.0.30', port: 8080 })).rejects.toThrow(
      'a server of a VIP for all ports has no `port`',
    );
    await expect(add('web', { address: '10.0.0.21' })).rejects.toThrow('10.0.0.21:443/tcp is server `w1` already');
    await expect(add('secure', { address: '10.0.0.11' })).rejects.toThrow('10.0.0.11:*/tcp is server `s1` already');
  });

  it('it serves classes of clients that come and go', async () => {
    rig = new Rig(ALL_PORTS);
    await rig.start();
    const served = () => [...rig.switch.entries('vips_all_ports').keys()];
    await apply(`${ALL_PORTS}classes: [{ name: preferred, prefixes: [10.1.0.0/16] }]\n`);
    expect(served()).toEqual([0, 1].map((clientClass) => `${0x0a000001}/6/${clientClass}`));
    await apply(ALL_PORTS);
    expect(served()).toEqual([`${0x0a000001}/6/0`]);
  });

  it('the VIP of a port has entries of its own beside it', async () => {
    rig = new Rig(`${ALL_PORTS}${PORT_443}`);
    await rig.start();
    const keys = (table: 'vips' | 'vips_all_ports' | 'returns' | 'returns_all_ports') => [
      ...rig.switch.entries(table).keys(),
    ];
    expect(keys('vips')).toEqual([`${0x0a000001}/6/443/0`]);
    expect(keys('vips_all_ports')).toEqual([`${0x0a000001}/6/0`]);
    expect(keys('returns')).toEqual([`${0x0a000015}/6/443`]);
    expect(keys('returns_all_ports')).toEqual([11, 12, 13].map((host) => `${0x0a000000 + host}/6`));
  });
});

it('a connection is explained by its port; without one, what is pinned', async () => {
  rig = new Rig(`${ALL_PORTS}${PORT_443.replace('443', '80')}`);
  await rig.start();
  openTo(SSH);
  await rig.operate({ kind: 'swap', vip: 'web', server: 's1', replacement: 's4' });
  openTo(HTTPS);
  await rig.advance(1_000);
  const { address, port } = rig.connections.find(({ server }) => server === rig.serverId('s4'))!;
  const explain = (vipPort?: number) =>
    explainConnections(rig.engine, { address, port, vipPort }, undefined).connections.filter(
      ({ vip }) => vip === 'web',
    );
  expect(explain(HTTPS)).toMatchObject([{ vipPort: HTTPS, server: 's4', decidedBy: 'exact pin' }]);
  expect(explain(SSH)).toMatchObject([{ vipPort: SSH, decidedBy: 'base' }]);
  expect(explain()).toMatchObject([{ vipPort: HTTPS, decidedBy: 'exact pin' }]);
  // That port is another VIP's.
  expect(explain(80)).toEqual([]);
});
