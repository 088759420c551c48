// Regenerates src/gen from proto/: the bindings with buf and protoc-gen-es, both from node_modules, then the fast
// codecs with generate-wire.mjs. No network. Run by `npm run generate`.
import { execFileSync } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(dirname(fileURLToPath(import.meta.url)));
const binaries = join(here, '..', '..', 'node_modules', '.bin');
const env = { ...process.env, PATH: `${binaries}${delimiter}${process.env.PATH}` };
execFileSync('buf', ['generate', '--clean'], { cwd: here, env, stdio: 'inherit' });
console.log('generated packages/p4runtime-ts/src/gen');
await import('./generate-wire.mjs');
