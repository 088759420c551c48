// Compares this package's .proto files with the official ones:
// `node scripts/compare-protos.mjs DIR_OF_OFFICIAL_PROTOS`.
//
// Both sides become descriptor sets (buf build), from which comments, file options and the order of declarations are
// removed; what is left (names, numbers, types, labels, oneofs, defaults, deprecation, services) must be equal for
// every file that both sides have. The official files are not part of this repository, hence the argument.
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fromBinary, toJson } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';

const here = dirname(dirname(fileURLToPath(import.meta.url)));
const theirsPath = process.argv[2];
if (theirsPath === undefined) {
  console.error('usage: node scripts/compare-protos.mjs DIR_OF_OFFICIAL_PROTOS');
  process.exit(2);
}

function byName(a, b) {
  return (a.name ?? '').localeCompare(b.name ?? '');
}

function normalise(value) {
  if (Array.isArray(value)) {
    const list = value.map(normalise);
    return list.every((item) => typeof item === 'object') ? list.sort(byName) : list;
  }
  if (value === null || typeof value !== 'object') return value;
  const result = {};
  for (const key of Object.keys(value).sort()) {
    if (key === 'sourceCodeInfo' || key === 'dependency' || key === 'jsonName') continue;
    if (key === 'options') {
      const { deprecated, packed, mapEntry } = value.options;
      if (deprecated || packed || mapEntry) result.options = { deprecated, packed, mapEntry };
    } else result[key] = normalise(value[key]);
  }
  return result;
}

function load(directory) {
  const bytes = execFileSync('buf', ['build', directory, '-o', '-'], { maxBuffer: 1 << 26 });
  const set = toJson(FileDescriptorSetSchema, fromBinary(FileDescriptorSetSchema, bytes));
  return new Map(set.file.map((file) => [file.name, normalise(file)]));
}

const ours = load(join(here, 'proto'));
const theirs = load(theirsPath);
let failures = 0;
for (const [name, file] of theirs) {
  const mine = ours.get(name);
  const same = mine !== undefined && JSON.stringify(mine) === JSON.stringify(file);
  console.log(`${same ? 'equal   ' : mine === undefined ? 'missing ' : 'DIFFERS '} ${name}`);
  if (same) continue;
  failures++;
  if (mine === undefined) continue;
  for (const kind of ['messageType', 'enumType', 'service']) {
    const mineByName = new Map((mine[kind] ?? []).map((item) => [item.name, JSON.stringify(item)]));
    for (const item of file[kind] ?? [])
      if (mineByName.get(item.name) !== JSON.stringify(item)) console.log(`  ${kind} ${item.name}`);
  }
}
process.exit(failures === 0 ? 0 : 1);
