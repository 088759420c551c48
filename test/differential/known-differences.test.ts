/**
 * Each known difference, run here: the packet has to become what the specification says. Where `MOORING_P4C` or
 * `MOORING_BMV2` name the real tools, their mistake has to show as well, so that an entry is taken away once it is
 * mended.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runBmv2 } from './bmv2.ts';
import { compileOwnFile, compileWith } from './compilers.ts';
import { runEmbedded } from './embedded.ts';
import { KNOWN_DIFFERENCES, unusableProgram } from './known-differences.ts';
import type { ProgramJson } from './program-json.ts';

const FOLDER = new URL('./known-differences/', import.meta.url).pathname;
const { MOORING_P4C, MOORING_BMV2 } = process.env;

const packetOf = (text: string) => ({ port: 0, bytes: Uint8Array.from(Buffer.from(text, 'hex')) });
const outputOf = (program: ProgramJson, packet: string) => runEmbedded(program, [packetOf(packet)]).outputs[0]!;

/** What the program of the other compiler makes of the packet; the known mistake's name where it does not load. */
function outputOfOther(command: string, source: string, packet: string): string | undefined {
  const compiled = compileWith(command, source);
  if (!compiled.ok) throw new Error(compiled.reason);
  try {
    return outputOf(compiled.program, packet)[0];
  } catch (error) {
    return unusableProgram((error as Error).message);
  }
}

describe('known differences', () => {
  it('have a program each, and each program is named', () => {
    const programs = readdirSync(FOLDER).map((file) => file.replace(/\.p4$/, ''));
    expect(programs.sort()).toEqual(KNOWN_DIFFERENCES.map(({ name }) => name).sort());
  });

  it.each(KNOWN_DIFFERENCES)('$name: is as the specification says', ({ name, packet, expected }) => {
    const compiled = compileOwnFile(`${FOLDER}${name}.p4`);
    if (!compiled.ok) throw new Error(compiled.reason);
    expect(outputOf(compiled.program, packet)).toEqual(expected === undefined ? [] : [expected]);
  });

  const ofCompiler = KNOWN_DIFFERENCES.filter(({ tool }) => tool === 'p4c');
  if (MOORING_P4C === undefined) {
    it('show in p4c: not run because MOORING_P4C does not name p4c-bm2-ss', () => {
      expect(process.env.MOORING_P4C).toBeUndefined();
    });
  } else {
    it.each(ofCompiler)('$name: shows in p4c', ({ name, packet, expected }) => {
      const source = readFileSync(`${FOLDER}${name}.p4`, 'utf8');
      expect(outputOfOther(MOORING_P4C, source, packet)).not.toBe(expected);
    });
  }

  const ofSwitch = KNOWN_DIFFERENCES.filter(({ tool }) => tool === 'simple_switch');
  if (MOORING_BMV2 === undefined) {
    it('show in simple_switch: not run because MOORING_BMV2 does not name simple_switch', () => {
      expect(process.env.MOORING_BMV2).toBeUndefined();
    });
  } else {
    it.each(ofSwitch)('$name: shows in simple_switch', async (known) => {
      const compiled = compileOwnFile(`${FOLDER}${known.name}.p4`);
      if (!compiled.ok) throw new Error(compiled.reason);
      const { outputs } = runEmbedded(compiled.program, [packetOf(known.packet)]);
      const found = await runBmv2(compiled.program, [packetOf(known.packet)], {
        command: MOORING_BMV2,
        expected: outputs,
      });
      expect(found[0]).not.toEqual(outputs[0]);
    });
  }
});
