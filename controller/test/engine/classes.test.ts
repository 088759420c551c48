/**
 * Classes of clients: which entries they become, that their numbers outlive the controller, and that what would take living
 * connections to another VIP is refused, at the start and while it runs.
 */
import { describe, expect, it } from 'vitest';
import { applyConfiguration } from '../../src/apply.ts';
import { readConfiguration } from '../../src/config/read.ts';
import { beginIntent, IntentConflictError } from '../../src/intent/begin.ts';
import { divertedClients } from '../../src/intent/classes.ts';
import { RIG_CONFIGURATION, Rig } from '../support/rig.ts';

const FAST = `
  - name: fast
    address: 10.0.0.1
    port: 80
    class: preferred
    servers: [{ name: f1, address: 10.0.0.21, port: 8080, mac: 02:00:00:00:00:05, switchPort: 5 }]
`;
const OTHER = `
  - name: other
    address: 10.0.0.2
    port: 80
    servers: [{ name: o1, address: 10.0.0.22, port: 8080, mac: 02:00:00:00:00:05, switchPort: 5 }]
`;
const classes = (preferred: string, rest = ''): string =>
  `classes: [${rest}{ name: preferred, prefixes: [${preferred}] }]\n`;

function apply(rig: Rig, text: string, dryRun: boolean) {
  const answer = applyConfiguration(rig.engine, { fileName: 'new.yaml', text }, dryRun, 'test');
  answer.catch(() => undefined);
  return rig.settle().then(() => answer);
}

describe('classes of clients', () => {
  it('have entries for each VIP: its own where there is one, else the VIP for everybody', async () => {
    const rig = new Rig(`${RIG_CONFIGURATION}${FAST}${OTHER}${classes("10.1.0.0/16, '2001:db8::/32'")}`);
    await rig.start();
    const entries = (table: 'vips' | 'client_classes' | 'client_classes_v6') =>
      [...rig.engine.shadow.entries(table)].map(({ key, params }) => `${key.join(' ')}: ${params[0]}`).sort();
    expect(entries('vips')).toEqual([
      `${0x0a000001} 6 80 0: 1`,
      `${0x0a000001} 6 80 1: 2`,
      `${0x0a000002} 6 80 0: 3`,
      `${0x0a000002} 6 80 1: 3`,
    ]);
    expect(entries('client_classes')).toEqual(['10.1.0.0/16: 1']);
    expect(entries('client_classes_v6')).toEqual(['2001:db8::/32: 1']);
    await rig.dispose();
  });

  it('keep their numbers when others come before them', async () => {
    const rig = new Rig(`${RIG_CONFIGURATION}${FAST}${classes('10.1.0.0/16')}`);
    await rig.start();
    const more = classes('10.1.0.0/16', '{ name: first, prefixes: [10.9.0.0/16] }, ');
    beginIntent(readConfiguration('rig.yaml', `${RIG_CONFIGURATION}${FAST}${more}`), rig.journal);
    expect(rig.journal.state.classes.map(({ name, id }) => [name, id])).toEqual([
      ['first', 2],
      ['preferred', 1],
    ]);
    await rig.dispose();
  });

  it('a client cannot be taken to another VIP: not by a prefix, not by a new VIP, not at the start', async () => {
    const rig = new Rig(`${RIG_CONFIGURATION}${FAST}${classes('10.1.0.0/16')}`);
    await rig.start();
    const moved = `${RIG_CONFIGURATION}${FAST}${classes('10.1.0.0/16, 10.2.0.0/16')}`;
    const why = 'clients of 10.2.0.0/16 would go from VIP `web` to VIP `fast` at 10.0.0.1:80';
    await expect(apply(rig, moved, false)).rejects.toThrow(why);
    expect(() => beginIntent(readConfiguration('rig.yaml', moved), rig.journal)).toThrow(IntentConflictError);
    await rig.dispose();

    const plain = new Rig(`${RIG_CONFIGURATION}${classes('10.1.0.0/16')}`);
    await plain.start();
    const grown = `${RIG_CONFIGURATION}${FAST}${classes('10.1.0.0/16')}`;
    await expect(apply(plain, grown, false)).rejects.toThrow('clients of 10.1.0.0/16 would go from VIP `web`');
    expect(() => beginIntent(readConfiguration('rig.yaml', grown), plain.journal)).toThrow(IntentConflictError);
    // Where no VIP tells them apart, everything may change.
    const free = await apply(plain, `${RIG_CONFIGURATION}${classes('10.2.0.0/16')}`, true);
    expect(free.differences).toMatchObject([{ what: '`classes`' }]);
    expect(free.differences[0]!.refused).toBeUndefined();
    await plain.dispose();
  });

  it('the longest prefix counts, so that an exception diverts those it names and no others', () => {
    const { vips } = readConfiguration('rig.yaml', `${RIG_CONFIGURATION}${FAST}${classes('10.0.0.0/8')}`);
    const fast = { name: 'preferred', prefixes: ['10.0.0.0/8'] };
    const before = { vips, classes: [fast] };
    expect(divertedClients(before, before)).toBeUndefined();
    const exception = { name: 'other', prefixes: ['10.1.0.0/16'] };
    expect(divertedClients(before, { vips, classes: [fast, exception] })).toContain('clients of 10.1.0.0/16 would go');
    const same = { name: 'preferred', prefixes: ['10.0.0.0/8', '10.1.0.0/16'] };
    expect(divertedClients(before, { vips, classes: [same] })).toBeUndefined();
    expect(divertedClients(before, { vips, classes: [] })).toContain('from VIP `fast` to VIP `web`');
  });
});
