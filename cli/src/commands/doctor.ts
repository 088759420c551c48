/**
 * `mooring doctor`: what is on this machine of what Mooring can use, what is missing and how to get it. The exit status
 * is about what was asked for: with a purpose named it is 1 when something for that is missing; without, only when
 * Mooring itself cannot run.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { findBmv2 } from '@mooring/bmv2-harness/bmv2';
import { type CommandContext, type ExitStatus, type ParsedCommand, printResult } from '../command-line/command.ts';
import { didYouMean } from '../command-line/did-you-mean.ts';
import { UsageError } from '../command-line/errors.ts';
import type { ParsedArguments } from '../command-line/options.ts';
import { examine, type Finding, isHealthy, type Machine, PURPOSES, type Purpose } from '../doctor/checks.ts';

/** Longest a program may take to say its version. */
const PATIENCE_MS = 10_000;

/** This machine. */
function thisMachine(environment: CommandContext['environment']): Machine {
  return {
    platform: process.platform,
    nodeVersion: process.versions.node,
    isRoot: process.getuid?.() === 0,
    run(program, programArguments) {
      const done = spawnSync(program, programArguments, { encoding: 'utf8', timeout: PATIENCE_MS });
      return { status: done.error ? null : done.status, stdout: done.stdout ?? '', stderr: done.stderr ?? '' };
    },
    read(path) {
      try {
        return readFileSync(path, 'utf8');
      } catch {
        return undefined;
      }
    },
    bmv2: () => findBmv2(environment),
  };
}

function isPurpose(name: string): name is Purpose {
  return name in PURPOSES;
}

/** The findings as text, by purpose. */
export function doctorText(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ name }) => name.length));
  const lines: string[] = [];
  for (const [purpose, title] of Object.entries(PURPOSES)) {
    lines.push(`${lines.length === 0 ? '' : '\n'}${title} (${purpose})`);
    for (const finding of findings.filter((each) => each.purpose === purpose)) {
      lines.push(`  ${finding.isPresent ? 'ok     ' : 'missing'}  ${finding.name.padEnd(width)}  ${finding.detail}`);
      if (finding.install !== undefined) lines.push(`           ${''.padEnd(width)}  to get it: ${finding.install}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

export const doctorCommand: ParsedCommand = {
  kind: 'parsed',
  syntax: {
    name: 'doctor',
    summary: 'what this machine has of what Mooring can use',
    description:
      'Looks for the programs, permissions and kernel features that parts of Mooring need, says which are there and how\n' +
      'to get the others on Debian and Ubuntu. The exit status is 0 if Mooring itself can run or, with a purpose named\n' +
      `(${Object.keys(PURPOSES).join(', ')}), if everything for that is there.`,
    arguments: [{ name: 'PURPOSE', description: 'what the exit status is about', optional: true }],
    options: [],
    examples: [
      { command: 'mooring doctor', does: 'shows everything' },
      { command: 'sudo mooring doctor mininet', does: 'exit status 0 if mooring mininet can run' },
    ],
  },
  run,
};

async function run(context: CommandContext, parsed: ParsedArguments): Promise<ExitStatus> {
  const named = parsed.positional[0];
  if (named !== undefined && !isPurpose(named)) {
    const near = didYouMean(named, Object.keys(PURPOSES));
    throw new UsageError(`there is no purpose '${named}'`, {
      field: 'PURPOSE',
      choices: Object.keys(PURPOSES),
      ...(near ? { hint: `Did you mean ${near}?` } : {}),
    });
  }
  const findings = examine(thisMachine(context.environment));
  const ok = isHealthy(findings, named === undefined ? [] : [named as Purpose]);
  printResult(context, parsed.flags.has('json'), { ok, findings }, doctorText(findings));
  return ok ? 0 : 1;
}
