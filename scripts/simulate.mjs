// `npm run simulate`: runs test/simulation/main.ts. See there for the options.
import { bundleAndRun } from './bundle-and-run.mjs';

await bundleAndRun('test/simulation/main.ts', process.argv.slice(2));
