/** A short run of the fuzzers with a fixed seed. `npm run fuzz` takes longer. */
import { Program } from '@mooring/p4runtime-ts';
import { expect, test } from 'vitest';
import { program } from '../conformance/p4runtime/support/program.ts';
import type { ProgramJson } from '../differential/program-json.ts';
import { Random } from '../differential/random.ts';
import { Controlled, fuzzControl } from './control.ts';
import { randomState } from './forwarding-state.ts';
import { fuzzMessages } from './messages.ts';
import { fuzzPackets, fuzzProgram, noise } from './programs.ts';

const PROGRAMS = (['keys', 'resources', 'selectors', 'redirect', 'controller'] as const).map((name) => ({
  name,
  p4info: program(name).p4info,
  program: JSON.parse(Buffer.from(program(name).deviceConfig).toString()) as ProgramJson,
}));

test('random and malformed P4Runtime messages', async () => {
  const { findings, codes } = await fuzzMessages(new Random('test'), (sent) => sent >= 900);
  expect(findings).toEqual([]);
  // Some got through, or nothing was tested.
  expect(codes.get(0)).toBeGreaterThan(50);
});

test('damaged programs are refused or run', () => {
  const random = new Random('test');
  const results = Array.from({ length: 200 }, (_, i) => fuzzProgram(PROGRAMS[i % PROGRAMS.length]!, random));
  expect(results.filter((result) => typeof result !== 'string')).toEqual([]);
  expect(new Set(results)).toEqual(new Set(['refused', 'ran']));
});

test('damaged packets', async () => {
  const random = new Random('test');
  for (const each of PROGRAMS) expect(await fuzzPackets(each, random, 40, undefined)).toBe('not compared');
});

test('damaged packets through random forwarding state', async () => {
  const random = new Random('test');
  for (const each of PROGRAMS) expect(await fuzzControl(each, random, 10, undefined)).toBe('not compared');
});

test('random forwarding state is mostly accepted', async () => {
  const random = new Random('test');
  for (const each of PROGRAMS) {
    const controlled = new Controlled(each);
    const updates = randomState(new Program(each.p4info), each.program, noise(each.program, random, 5), random);
    await controlled.write(updates);
    expect(controlled.accepted.length).toBeGreaterThan(0.6 * updates.length);
  }
});
