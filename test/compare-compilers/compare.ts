/**
 * Compares this compiler with another one: random programs are compiled by both, random packets run through both results on the
 * embedded switch, and every output must be the same. `scripts/compare-compilers.mjs` starts it.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedSwitch } from '@mooring/bmv2-harness/stf';
import { compile } from '@mooring/p4c-ts';
import { nodeFileSystem, systemIncludePaths } from '@mooring/p4c-ts/node';
import { generatePacket, generateProgram } from '../../packages/p4c-ts/test/random/generate.ts';
import { Random } from '../../packages/p4c-ts/test/random/random.ts';

const PACKETS = 25;

/** What the packets of that seed become, in order, as `port:hexadecimal digits`. */
async function outputsOf(json: object, seed: number): Promise<string[]> {
  const device = new EmbeddedSwitch(json);
  const random = new Random(seed + 77);
  for (let at = 0; at < PACKETS; at++) await device.send(0, generatePacket(random));
  const outputs = await device.settle();
  return [...outputs].flatMap(([port, packets]) =>
    packets.map((packet) => `${port}:${Buffer.from(packet).toString('hex')}`),
  );
}

/** Runs `count` seeds from `from` on and prints every difference; the result is the exit status. */
export async function compareCompilers(peer: string, from: number, count: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'compare-'));
  const counts = { same: 0, different: 0, refusedByPeer: 0, refusedHere: 0 };
  try {
    for (let seed = from; seed < from + count; seed++) {
      const source = join(folder, 'program.p4');
      const output = join(folder, 'program.json');
      writeFileSync(source, generateProgram(seed, { loops: false }));
      try {
        execFileSync(peer, [source, '-o', output], { stdio: 'pipe' });
      } catch {
        counts.refusedByPeer += 1;
        continue;
      }
      const ours = compile(source, { files: nodeFileSystem(), includePaths: systemIncludePaths(), p4info: false });
      if (ours.bmv2 === undefined) {
        counts.refusedHere += 1;
        const error = ours.diagnostics.find((diagnostic) => diagnostic.severity === 'error');
        console.log(`seed ${seed}: refused here: ${error?.message}`);
        continue;
      }
      const theirs = await outputsOf(JSON.parse(readFileSync(output, 'utf8')) as object, seed);
      const own = await outputsOf(ours.bmv2, seed);
      const at = theirs.findIndex((packet, index) => packet !== own[index]);
      if (at < 0 && theirs.length === own.length) {
        counts.same += 1;
        continue;
      }
      counts.different += 1;
      console.log(`seed ${seed}: packet ${at}\n  ${peer}: ${theirs[at]}\n  here: ${own[at]}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(JSON.stringify(counts));
  return counts.different + counts.refusedHere === 0 ? 0 : 1;
}
