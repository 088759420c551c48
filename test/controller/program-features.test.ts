/** What the controller finds that programs can do: both shells of this repository, whole and with features left out. */
import { ALL_FEATURES, featuresOf, type ProgramFeatures } from '@mooring/controller/testing';
import { type P4Info, writeP4Info } from '@mooring/p4runtime-ts/p4info';
import { describe, expect, test } from 'vitest';
import { p4infoOf } from '../support/program.ts';

function found(p4info: P4Info): ProgramFeatures {
  return featuresOf({ p4info: writeP4Info(p4info, 'binary') });
}

/** The P4Info of a program without some tables. */
function without(p4info: P4Info, ...names: readonly string[]): P4Info {
  return { ...p4info, tables: p4info.tables.filter(({ preamble }) => !names.includes(preamble!.name)) };
}

const v1model = p4infoOf('v1model');
const TNA: ProgramFeatures = {
  ...ALL_FEATURES,
  allPorts: false,
  links: false,
  comingMappings: false,
  anyMapping: false,
  refusals: false,
};

describe('what a program can do', () => {
  test('the v1model shell does everything', () => {
    expect(found(v1model)).toEqual(ALL_FEATURES);
  });

  test('the Tofino shell does what docs/tofino.md says', () => {
    expect(found(p4infoOf('tna'))).toEqual(TNA);
  });

  test.each([
    ['MOORING_NO_IPV6', { ipv6: false }],
    ['MOORING_NO_ENCAPSULATION', { tunnels: false }],
    ['MOORING_NO_DOUBT', { doubt: false }],
    ['MOORING_NO_SIGNALS', { signals: false }],
  ] as const)('the Tofino shell with %s', (macro, lacks) => {
    expect(found(p4infoOf('tna', [macro]))).toEqual({ ...TNA, ...lacks });
  });

  test.each([
    ['MOORING_NO_ALL_PORTS', 'allPorts'],
    ['MOORING_NO_ENCAPSULATION', 'tunnels'],
    ['MOORING_NO_IPV6', 'ipv6'],
  ] as const)('the v1model shell with %s: no %s', (macro, feature) => {
    expect(found(p4infoOf('v1model', [macro]))).toEqual({ ...ALL_FEATURES, [feature]: false });
  });

  test('a Tofino 2 is a Tofino', () => {
    const { pkgInfo } = v1model;
    expect(found({ ...v1model, pkgInfo: { ...pkgInfo!, arch: 't2na' } }).anyMapping).toBe(false);
  });

  test.each([
    ['links', 'links'],
    ['coming_mappings', 'comingMappings'],
    ['coming_buckets', 'comingMappings'],
    ['vips_v6', 'ipv6'],
    ['returns_all_ports', 'allPorts'],
    ['refusals', 'refusals'],
  ] as const)('without the table %s: no %s', (table, feature) => {
    expect(found(without(v1model, table))).toEqual({ ...ALL_FEATURES, [feature]: false });
  });

  test('another program is refused, by what it lacks and what to do', () => {
    expect(() => found(without(v1model, 'buckets', 'pins'))).toThrow(
      "the P4Info is not that of Mooring's program: it has no table `buckets`, `pins`. Name the one that was made with the program (`--p4info`)",
    );
    const registers = v1model.registers.filter(({ preamble }) => preamble!.name !== 'first_key');
    expect(() => found({ ...v1model, registers })).toThrow('no register `first_key` or `first_state.cells`');
  });
});
