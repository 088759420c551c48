/**
 * What `mooring doctor` looks at: each check is data (what for, how to get it on Debian and Ubuntu) and a function that
 * asks the machine. The machine is an argument, so that tests ask one of their own; nothing here changes anything, and
 * a check that cannot be made counts as missing with the reason, because the doctor must never be what fails.
 */
import { probeNamespaces } from '../demo/private-world.ts';

/** What the machine is asked. */
export interface Machine {
  readonly platform: string;
  /** As `process.versions.node`. */
  readonly nodeVersion: string;
  readonly isRoot: boolean;
  /** Runs a program to its end; status null means that it could not be started. */
  run(program: string, programArguments: readonly string[]): { status: number | null; stdout: string; stderr: string };
  /** A file's text; undefined if it cannot be read. */
  read(path: string): string | undefined;
  /** Absolute path of BMv2's simple_switch_grpc, if there is one. */
  bmv2(): string | undefined;
}

/** What something is needed for. */
export type Purpose = 'mooring' | 'demo' | 'interfaces' | 'mininet' | 'bmv2' | 'p4c' | 'tofino' | 'tests';

/** The purposes, as a person reads them. */
export const PURPOSES: Readonly<Record<Purpose, string>> = {
  mooring: 'Mooring itself',
  demo: "mooring demo on the kernel's TCP (without: simulated hosts)",
  interfaces: 'mooring up and mooring switch on network interfaces',
  mininet: 'mooring mininet',
  bmv2: 'BMv2 in place of the embedded switch',
  p4c: 'p4c in place of the compiler here',
  tofino: 'p4/tna made a program for a Tofino',
  tests: "Mooring's own tests of the terminal UI",
};

/** The answer to one check. */
export interface Finding {
  readonly name: string;
  readonly purpose: Purpose;
  readonly isPresent: boolean;
  /** Version, path, or why not. */
  readonly detail: string;
  /** What to do on Debian or Ubuntu, where it is missing. */
  readonly install?: string;
}

interface Check {
  readonly name: string;
  readonly purpose: Purpose;
  readonly install: string;
  /** What was found, or why it is missing. */
  readonly find: (machine: Machine) => { readonly found: string } | { readonly missing: string };
}

const OLDEST_NODE = 20;
const CAP_NET_ADMIN = 12;
const CAP_NET_RAW = 13;
const PYTHON = '/usr/bin/python3';
const P4LANG_PACKAGES = "from p4lang's package repository (https://github.com/p4lang/p4c, section Getting started)";

/** A check for a program that prints its version. */
function program(name: string, purpose: Purpose, install: string, versionArgument = '--version'): Check {
  return {
    name,
    purpose,
    install,
    find: (machine) => {
      const { status, stdout, stderr } = machine.run(name, [versionArgument]);
      if (status === null) return { missing: 'not on the search path' };
      return { found: /\d+(\.\d+)+[\w.-]*/.exec(`${stdout}${stderr}`)?.[0] ?? 'present' };
    },
  };
}

function pythonModule(module: string, install: string): Check {
  return {
    name: `Python module ${module}`,
    purpose: 'mininet',
    install,
    find: (machine) => {
      const { status } = machine.run(PYTHON, ['-c', `import ${module}`]);
      return status === 0 ? { found: `of ${PYTHON}` } : { missing: `${PYTHON} does not find it` };
    },
  };
}

/** The effective capabilities of this process; 0 where they are not told. */
function capabilities(machine: Machine): bigint {
  const found = /^CapEff:\s*([0-9a-f]+)/m.exec(machine.read('/proc/self/status') ?? '');
  return found === null ? 0n : BigInt(`0x${found[1]}`);
}

/** All checks, in the order they are told. */
const CHECKS: readonly Check[] = [
  {
    name: 'Node.js',
    purpose: 'mooring',
    install: 'Node.js 20 or newer: https://nodejs.org, or the package nodejs of Debian 13 and Ubuntu 25.04',
    find: ({ nodeVersion }) =>
      Number(nodeVersion.split('.')[0]) >= OLDEST_NODE
        ? { found: nodeVersion }
        : { missing: `this is ${nodeVersion}, needed is ${OLDEST_NODE}` },
  },
  program('ip', 'demo', 'apt install iproute2', '-V'),
  program('unshare', 'demo', 'apt install util-linux'),
  {
    name: 'network namespaces',
    purpose: 'demo',
    install:
      'run as root, or permit user namespaces: sysctl -w kernel.unprivileged_userns_clone=1, on Ubuntu kernel.apparmor_restrict_unprivileged_userns=0',
    find: (machine) => {
      const support = probeNamespaces(machine);
      return support.kind === 'available' ? { found: 'permitted, with veth pairs' } : { missing: support.reason };
    },
  },
  {
    name: 'Linux',
    purpose: 'interfaces',
    install: 'packet sockets are a part of Linux; elsewhere the demo simulates its hosts',
    find: (machine) =>
      machine.platform === 'linux'
        ? { found: (machine.read('/proc/sys/kernel/osrelease') ?? 'linux').trim() }
        : { missing: `this is ${machine.platform}` },
  },
  {
    name: 'permission for packet sockets',
    purpose: 'interfaces',
    install:
      'run as root, or give the capabilities: setpriv --ambient-caps +net_raw,+net_admin, or AmbientCapabilities= in a systemd unit',
    find: (machine) => {
      const have = capabilities(machine);
      const missing = (
        [
          ['CAP_NET_RAW', CAP_NET_RAW],
          ['CAP_NET_ADMIN', CAP_NET_ADMIN],
        ] as const
      )
        .filter(([, bit]) => ((have >> BigInt(bit)) & 1n) === 0n)
        .map(([name]) => name);
      return missing.length === 0
        ? { found: 'CAP_NET_RAW, CAP_NET_ADMIN' }
        : { missing: `this process lacks ${missing.join(' and ')}` };
    },
  },
  {
    name: 'root',
    purpose: 'mininet',
    install: 'run with sudo',
    find: ({ isRoot }) => (isRoot ? { found: 'yes' } : { missing: 'Mininet makes interfaces on the machine' }),
  },
  program('mn', 'mininet', 'apt install mininet'),
  pythonModule('mininet', 'apt install mininet'),
  pythonModule('yaml', 'apt install python3-yaml'),
  program('ethtool', 'mininet', 'apt install ethtool'),
  program('curl', 'mininet', 'apt install curl'),
  {
    name: 'simple_switch_grpc',
    purpose: 'bmv2',
    install: `the package p4lang-bmv2, ${P4LANG_PACKAGES}`,
    find: (machine) => {
      const path = machine.bmv2();
      return path === undefined
        ? { missing: 'not on the search path, and SIMPLE_SWITCH_GRPC names none' }
        : { found: path };
    },
  },
  program('simple_switch', 'bmv2', `the package p4lang-bmv2, ${P4LANG_PACKAGES}`, '--version'),
  program('p4c-bm2-ss', 'p4c', `the package p4lang-p4c, ${P4LANG_PACKAGES}`),
  program(
    'p4c-barefoot',
    'tofino',
    'p4c built from its sources with ENABLE_TOFINO=ON (https://github.com/p4lang/p4c, backends/tofino)',
  ),
  program('tmux', 'tests', 'apt install tmux', '-V'),
];

/** Asks the machine everything. */
export function examine(machine: Machine): Finding[] {
  return CHECKS.map(({ name, purpose, install, find }) => {
    const answer = find(machine);
    return 'found' in answer
      ? { name, purpose, isPresent: true, detail: answer.found }
      : { name, purpose, isPresent: false, detail: answer.missing, install };
  });
}

/** Whether everything is there that a purpose needs; every purpose needs Mooring itself. */
export function isHealthy(findings: readonly Finding[], purposes: readonly Purpose[]): boolean {
  return findings.every(
    ({ purpose, isPresent }) => isPresent || (purpose !== 'mooring' && !purposes.includes(purpose)),
  );
}
