/** p4-constraints: what programs demand of entries and action arguments. */
import { clone } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { type P4Info, P4InfoSchema } from '../src/p4info.ts';
import { connectTo, everything, startService } from './fixtures/everything.ts';

async function start(change: (info: P4Info) => void) {
  const info = clone(P4InfoSchema, everything);
  change(info);
  const { service } = startService();
  const client = await connectTo(service);
  await client.setPipeline({ p4info: info, deviceConfig: '{}' });
  return client;
}

const restrict = (table: number, text: string) => (info: P4Info) => {
  info.tables[table]!.preamble!.annotations = [`@entry_restriction(${JSON.stringify(text)})`];
};

async function accepts(constraint: string, entry: object, table = 1): Promise<boolean> {
  const client = await start(restrict(table, constraint));
  const [result] = await client.tryWrite([
    { op: 'insert', entity: { kind: 'table', action: 'drop', ...entry } as never },
  ]);
  if (!result!.ok) expect(result!.message).toContain("violates the program's @entry_restriction");
  return result!.ok;
}

const acl = (match: object, priority = 5) => ({ table: 'acl', match, priority });

describe('entry restrictions', () => {
  it.each<[string, object, boolean]>([
    ['true', {}, true],
    ['false', {}, false],
    ['src::mask == 0', {}, true],
    ['src::mask == -1', { src: '10.0.0.1' }, true],
    ['src::mask == -1', { src: '10.0.0.0/8' }, false],
    ['hdr.ipv4.src == 0x0a000001', { src: '10.0.0.1' }, true],
    ['hdr.ipv4.src == 10', { src: '10.0.0.0/8' }, false],
    ['src != ipv4("10.0.0.1")', { src: '10.0.0.1' }, false],
    ['src::value >= ipv4("10.0.0.0") && src::value < ipv4("11.0.0.0")', { src: '10.9.0.0/16' }, true],
    ['dport::low >= 1024; dport::high <= 2048', { dport: '1024..2048' }, true],
    ['dport::low >= 1024; dport::high <= 2048', { dport: '80..90' }, false],
    ['dport == 80', { dport: 80 }, true],
    ['dport == 80', { dport: '80..81' }, false],
    ['meta.port::mask != 0 -> src::mask != 0', {}, true],
    ['meta.port::mask != 0 -> src::mask != 0', { 'meta.port': 1 }, false],
    ['meta.port == 1 || meta.port == 2', { 'meta.port': 2 }, true],
    ['!(meta.port == 1)', { 'meta.port': 1 }, false],
    ['::priority > 3 // trailing comment', {}, true],
    ['/* none */ ::priority < 0b101;', {}, false],
    ['1 < 2', {}, true],
  ])('%s for %j: %s', async (constraint, match, expected) => {
    expect(await accepts(constraint, acl(match))).toBe(expected);
  });

  it('of lpm fields', async () => {
    const entry = (dst: string) => ({ table: 'routes', match: { dst } });
    expect(await accepts('dst::prefix_length >= 8', entry('10.0.0.0/8'), 0)).toBe(true);
    expect(await accepts('dst::prefix_length >= 9', entry('10.0.0.0/8'), 0)).toBe(false);
    expect(await accepts('dst == ipv4("10.0.0.1")', entry('10.0.0.1'), 0)).toBe(true);
  });

  it('quote the part that failed', async () => {
    const client = await start(restrict(1, 'src::mask == 0;\n  (dport::low > 5\n && ::priority != 7)'));
    const run = client.insert({ kind: 'table', table: 'acl', match: { dport: 6 }, priority: 7, action: 'drop' });
    await expect(run).rejects.toThrow(
      "INVALID_ARGUMENT: table acl: this violates the program's @entry_restriction: ::priority != 7",
    );
  });

  it.each([
    ['src::low == 0', "the ternary field hdr.ipv4.src has no part 'low'"],
    ['scr == 0', "there is no match field 'scr'. Did you mean 'hdr.ipv4.src'"],
    ['src > 1', 'has no order'],
    ['src == ', 'ends in the middle'],
    ['src', 'is a value where true or false is needed'],
    ['(src == 1', "')' is missing"],
    ['src == 1 )', "unexpected ')'"],
    ['src == #', "unexpected character '#'"],
    ['dport::low == src::value', 'compares 16 bits with 32 bits'],
    ['src == mac("10.0.0.1")', 'is not an address of kind mac'],
  ])('%s is refused with the pipeline', async (constraint, message) => {
    await expect(start(restrict(1, constraint))).rejects.toThrow(message);
  });
});

describe('action restrictions', () => {
  const restricted = () =>
    start((info) => {
      info.actions[0]!.preamble!.annotations = ['@action_restriction("port != 511 && mac != 0")'];
    });
  const route = (port: number, mac: number) =>
    ({
      kind: 'table',
      table: 'routes',
      match: { dst: '10.0.0.0/8' },
      action: { name: 'forward', params: { port, mac } },
    }) as const;

  it('hold for entries, modifications, default entries and members', async () => {
    const client = await restricted();
    await expect(client.insert(route(511, 1))).rejects.toThrow(
      "action forward: this violates the program's @action_restriction: port != 511",
    );
    await client.insert(route(510, 1));
    await expect(client.modify(route(1, 0))).rejects.toThrow('mac != 0');
    await expect(client.modify({ ...route(511, 1), match: {}, isDefault: true })).rejects.toThrow('port != 511');
    const member = { kind: 'member', profile: 'selector', member: 1, action: route(511, 1).action } as const;
    await expect(client.insert(member)).rejects.toThrow('port != 511');
  });
});
