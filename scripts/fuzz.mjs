// `npm run fuzz`: runs test/fuzz/main.ts with the garbage collector at hand, so that leaks show. See there for the
// options; `MOORING_BMV2` names the simple_switch to compare with.
import { bundleAndRun } from './bundle-and-run.mjs';

await bundleAndRun('test/fuzz/main.ts', process.argv.slice(2), ['--expose-gc']);
