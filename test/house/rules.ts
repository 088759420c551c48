/**
 * The rules of the house as data: which room may import which, what only one room may do, and which files are longer
 * than the rest and why. Changing the architecture means changing this file, where a reviewer sees it.
 */

/** Workspaces (by package name) that each workspace's sources may import. */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  // Compiler and switch meet at the BMv2 JSON format only, so that each can be checked against the other's peer.
  'packages/p4c-ts': ['@mooring/p4runtime-ts'],
  'packages/softswitch': ['@mooring/p4runtime-ts'],
  // P4Runtime knows no switch: its server takes an interface.
  'packages/p4runtime-ts': [],
  'packages/server-agent': [],
  'packages/bmv2-harness': ['@mooring/p4runtime-ts', '@mooring/softswitch', '@mooring/p4c-ts'],
  // The controller cannot tell one switch from another.
  controller: ['@mooring/p4runtime-ts'],
  cli: [
    '@mooring/bmv2-harness',
    '@mooring/controller',
    '@mooring/p4c-ts',
    '@mooring/p4runtime-ts',
    '@mooring/server-agent',
    '@mooring/softswitch',
  ],
};

/** npm packages that only one room may use. */
export const ONLY_IN: Readonly<Record<string, string>> = { ink: 'cli', react: 'cli' };

/** Most lines a source file has. */
export const LONGEST_FILE_LINES = 500;

/** Files that are longer, with the reason. */
export const LONG_FILES: Readonly<Record<string, string>> = {};

/** Words that would tie the target-free part of the data plane to an architecture. */
export const ARCHITECTURE_WORDS =
  /\b(v1model|standard_metadata(_t)?|mark_to_drop|psa|pna|tna|t2na|tofino|ingress_intrinsic_metadata_t|V1Switch|bmv2|[ie]g_\w*)\b/i;

/** Top-level folders and files that the documentation promises. */
export const LAYOUT: readonly string[] = [
  'README.md',
  'LICENSE',
  'package.json',
  'tsconfig.json',
  'docs/ARCHITECTURE.md',
  'docs/LIMITATIONS.md',
  'packages/p4c-ts/src/index.ts',
  'packages/softswitch/src/index.ts',
  'packages/p4runtime-ts/src/index.ts',
  'packages/bmv2-harness/src/index.ts',
  'packages/server-agent/src/index.ts',
  'p4/include/core.p4',
  'p4/include/v1model.p4',
  'p4/core',
  'p4/v1model',
  'p4/include/tna.p4',
  'p4/tna',
  'topologies',
  'docs/HARNESS.md',
  'docs/tofino.md',
  'controller/src/index.ts',
  'cli/src/index.ts',
  'cli/bin/mooring.mjs',
  'test',
];
