/**
 * What the differential tests can check with nothing but this repository: that generated programs compile and run, that
 * a case is made by its seed alone, and that damaged programs are refused with a place and a reason. Where
 * `MOORING_P4C` and `MOORING_BMV2` name an installed compiler and switch, the same cases are also compared with those;
 * `npm run differential` does that for as many as wanted.
 */
import { DataPlane, loadProgram, ProgramError } from '@mooring/softswitch';
import { describe, expect, it } from 'vitest';
import { compileBack } from '../../packages/p4c-ts/test/back/support.ts';
import { runCase } from './case.ts';
import { compileOwn } from './compilers.ts';
import { runEmbedded } from './embedded.ts';
import { generateProgram } from './generate/program.ts';
import { mutateJson } from './mutate.ts';
import { type ProgramJson, withEntries } from './program-json.ts';
import { Random } from './random.ts';
import { randomEntries, randomPackets } from './traffic.ts';

const SEEDS = Array.from({ length: 12 }, (_, i) => `committed ${i}`);

function compiled(seed: string): ProgramJson {
  const result = compileOwn(generateProgram(new Random(seed)));
  if (!result.ok) throw new Error(`seed '${seed}': ${result.reason}`);
  return result.program;
}

describe('random programs', () => {
  it.each(SEEDS)('%s: gives the same as the other compiler and switch', async (seed) => {
    const result = await runCase(seed, {
      p4c: process.env.MOORING_P4C,
      bmv2: process.env.MOORING_BMV2,
      packets: 30,
    });
    expect(result.verdict, result.details).not.toBe('difference');
  });

  it('keep the invariants of the compiler after every pass', () => {
    for (const seed of SEEDS) {
      const { errors, broken } = compileBack('random.p4', generateProgram(new Random(seed)));
      expect({ seed, errors, broken }).toEqual({ seed, errors: [], broken: [] });
    }
  });

  it('are made by their seed alone', () => {
    expect(generateProgram(new Random('a'))).toBe(generateProgram(new Random('a')));
    expect(generateProgram(new Random('a'))).not.toBe(generateProgram(new Random('b')));
  });

  it('send packets that show their metadata', () => {
    const outputs = SEEDS.map((seed) => {
      const program = compiled(seed);
      const random = new Random(seed);
      return runEmbedded(withEntries(program, randomEntries(program, random)), randomPackets(program, random, 40))
        .outputs;
    });
    expect(outputs.filter((ports) => ports.some((packets) => packets.length > 0)).length).toBeGreaterThan(
      SEEDS.length / 2,
    );
  });

  it('treat a packet alike alone and after others, where nothing is kept in registers', () => {
    for (const seed of SEEDS) {
      const program = compiled(seed);
      if ((program as unknown as { register_arrays: unknown[] }).register_arrays.length > 0) continue;
      const random = new Random(seed);
      const loaded = withEntries(program, randomEntries(program, random));
      const packets = randomPackets(program, random, 15);
      const together = runEmbedded(loaded, packets).perPacket;
      const alone = packets.map((packet) => runEmbedded(loaded, [packet]).perPacket[0]);
      expect(together, seed).toEqual(alone);
    }
  });
});

describe('damaged programs', () => {
  it('are run or refused with a reason', () => {
    const program = compiled(SEEDS[0]!);
    let refused = 0;
    for (let i = 0; i < 400; i++) {
      const random = new Random(`damage ${i}`);
      const damaged = mutateJson(program, random);
      try {
        const plane = new DataPlane(loadProgram(damaged), { output: () => {} });
        for (const { port, bytes } of randomPackets(program, random, 3)) plane.receive(port, bytes);
      } catch (error) {
        expect(error, `damage ${i}: ${(error as Error).stack}`).toBeInstanceOf(ProgramError);
        expect((error as Error).message).not.toBe('');
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(50);
  });
});
