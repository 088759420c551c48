/**
 * Classes of clients: which entries they become, that their numbers outlive the controller, that they are others at
 * once where no client finds another VIP by it, and what is refused. How clients move from one VIP to another is in
 * reclass.test.ts.
 */
import { describe, expect, it } from 'vitest';
import { applyConfiguration } from '../../src/apply.ts';
import { readConfiguration } from '../../src/config/read.ts';
import { beginIntent, configurationInForce, IntentConflictError } from '../../src/intent/begin.ts';
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
      [...rig.engine.shadow.entries(table)]
        .map(({ key, params }) => `${key.join(' ')}: ${params.slice(0, 2).join(' ')}`)
        .sort();
    expect(entries('vips')).toEqual([
      // One service, with buckets of their own.
      `${0x0a000001} 6 80 0: 1 0`,
      `${0x0a000001} 6 80 1: 1 16`,
      `${0x0a000002} 6 80 0: 3 0`,
      `${0x0a000002} 6 80 1: 3 0`,
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

  it('a start takes no client to another VIP, by a prefix or by a new VIP, nor does a new VIP while it runs', async () => {
    const rig = new Rig(`${RIG_CONFIGURATION}${FAST}${classes('10.1.0.0/16')}`);
    await rig.start();
    const before = rig.journal.state.classes;
    const moved = readConfiguration('rig.yaml', `${RIG_CONFIGURATION}${FAST}${classes('10.1.0.0/16, 10.2.0.0/16')}`);
    const remarks = beginIntent(moved, rig.journal);
    expect(remarks.join()).toContain("the file's `classes` do not count before `mooring apply`");
    expect(rig.journal.state.classes).toEqual(before);
    expect(configurationInForce(moved, rig.journal.state).classes).toMatchObject([{ prefixes: ['10.1.0.0/16'] }]);
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

  it('are others at once, and no packet ever finds a class that no VIP has an entry for', async () => {
    const old = '{ name: old, prefixes: [10.3.0.0/16] }, ';
    const rig = new Rig(`${RIG_CONFIGURATION}${OTHER}${classes('10.1.0.0/16, 10.2.0.0/16', old)}`);
    await rig.start();
    rig.openMany(20);
    // Before each write, and so after the one before it.
    rig.switch.onCall = () => {
      const vips = new Set([...rig.switch.entries('vips').values()].map(({ key }) => key[3]));
      for (const { params } of rig.switch.entries('client_classes').values()) expect(vips).toContain(params[0]);
    };
    const fresh = '{ name: fresh, prefixes: [10.2.0.0/16, 10.3.0.0/16], synRate: 100 }, ';
    const text = `${RIG_CONFIGURATION}${OTHER}${classes('10.1.0.0/16', fresh)}`;
    expect((await apply(rig, text, false)).differences).toMatchObject([{ what: '`classes`', detail: 'from now on' }]);
    await rig.advance(1_000);
    expect(rig.switch.log.indexOf('rate 3 100')).toBeGreaterThanOrEqual(0);
    expect(rig.switch.log.indexOf('rate 3 100')).toBeLessThan(
      rig.switch.log.indexOf('modify client_classes 10.2.0.0/16'),
    );
    const entries = [...rig.switch.entries('client_classes').values()].map(({ key, params }) => [key[0], params[0]]);
    expect(entries.sort()).toEqual([
      ['10.1.0.0/16', 2],
      ['10.2.0.0/16', 3],
      ['10.3.0.0/16', 3],
    ]);
    const numbers = [...rig.switch.entries('vips').values()].map(({ key }) => key[3]);
    expect(numbers.sort()).toEqual([0, 0, 2, 2, 3, 3]);
    expect((await apply(rig, text, false)).differences).toEqual([]);
    expect(rig.violations).toEqual([]);
    await rig.dispose();
  });

  it('are not taken away from a VIP that no other one stands in for', async () => {
    const only = RIG_CONFIGURATION.replace('    port: 80\n', '    port: 80\n    class: preferred\n');
    const rig = new Rig(`${only}${OTHER}${classes('10.1.0.0/16, 10.2.0.0/16')}`);
    await rig.start();
    const fewer = apply(rig, `${only}${OTHER}${classes('10.1.0.0/16')}`, false);
    await expect(fewer).rejects.toThrow('clients of 10.2.0.0/16 would find no VIP at 10.0.0.1:80 any more');
    const answer = await apply(rig, `${only}${OTHER}${classes('10.1.0.0/16, 10.2.0.0/16, 10.4.0.0/16')}`, false);
    expect(answer.differences).toHaveLength(1);
    await rig.dispose();
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
