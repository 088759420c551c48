// `npm run differential`: runs test/differential/main.ts. See there for the options; `MOORING_P4C` and `MOORING_BMV2`
// name the compiler and the switch to compare with. `npm run differential -- load-balancer` does so with
// test/differential/load-balancer/main.ts.
import { bundleAndRun } from './bundle-and-run.mjs';

const argv = process.argv.slice(2);
if (argv[0] === 'load-balancer') await bundleAndRun('test/differential/load-balancer/main.ts', argv.slice(1));
else await bundleAndRun('test/differential/main.ts', argv);
