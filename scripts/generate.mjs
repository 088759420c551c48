// Regenerates every committed generated file: runs each workspace's own `scripts/generate.mjs`, where it has one.
// Generators need nothing but node_modules, no network.
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const workspaces = [...readdirSync(join(root, 'packages')).map((name) => join('packages', name)), 'controller', 'cli'];
for (const workspace of workspaces) {
  const script = join(root, workspace, 'scripts', 'generate.mjs');
  if (existsSync(script)) await import(pathToFileURL(script).href);
}
