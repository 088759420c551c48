/**
 * A state directory that was begun with a program that can do more: what is under way there and cannot be gone on with
 * is told, and nothing else is.
 */
import { afterEach, expect, it } from 'vitest';
import { checkConfiguration } from '../../src/operations/abilities.ts';
import { ALL_FEATURES, type ProgramFeatures } from '../../src/switch-port/program-features.ts';
import { endUnharmed, RIG_CONFIGURATION, Rig } from '../support/rig.ts';

let rig: Rig;
afterEach(() => endUnharmed(rig));

/** What a program that lacks a feature is told. */
function refusal(lacks: Partial<ProgramFeatures>): string {
  try {
    checkConfiguration({ ...ALL_FEATURES, ...lacks }, rig.configuration, rig.journal.state);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

it('servers that have connections in tunnels while the VIP is translated already', async () => {
  const tunnels = RIG_CONFIGURATION.replace(
    'port: 80\n',
    'port: 80\n    forwarding: ipip\n    tunnelSource: 10.0.0.9\n',
  );
  rig = new Rig(tunnels.replaceAll(' port: 8080,', ''));
  await rig.start();
  rig.openMany(20);
  await rig.operate({ kind: 'forwarding', forwarding: { kind: 'nat' } });
  expect(rig.engine.options.configuration.vips[0]!.forwarding).toBeUndefined();
  expect(refusal({ tunnels: false }).split('\n').slice(1)).toEqual(
    ['s1', 's2', 's3'].map((name) => {
      const what = `  server \`${name}\` of VIP \`web\`, \`forwarding\``;
      return `${what}: the program puts no packets inside others, as \`ipip\` would: let it be \`nat\` or \`direct\``;
    }),
  );
  expect(refusal({ links: false, comingMappings: false, ipv6: false })).toBe('');
});

it('a mapping that is changing, and what has come of it', async () => {
  rig = new Rig();
  await rig.start();
  rig.openMany(20);
  const { id } = await rig.operate({ kind: 'buckets', buckets: 24 });
  expect(refusal({ comingMappings: false })).toMatch(
    /VIP `web` of the state directory, `buckets`: its mapping is changing/,
  );
  await rig.advance(12_000);
  expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
  expect(refusal({ comingMappings: false })).toBe('');
  expect(refusal({ anyMapping: false })).toMatch(
    /powers of two only, and it is 24.*\n.*its buckets begin at number 16/,
  );
});
