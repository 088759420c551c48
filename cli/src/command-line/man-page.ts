/**
 * The manual page, in the man macros of troff, from the commands' declared syntax: the source that also gives `--help`
 * and completion, so that the page cannot say anything else than the program does. docs/mooring.1 is this text; a test
 * holds the two together.
 */
import { allOptions, type CommandSyntax, usageLine } from './options.ts';

/**
 * What is special to troff: a backslash, a dash that must stay one, and a line that begins with a control character.
 */
function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .split('\n')
    .map((line) => line.replace(/^([.'])/, '\\&$1'))
    .join('\n');
}

function commandSection(syntax: CommandSyntax): string[] {
  const options = allOptions(syntax).flatMap((option) => {
    const value = option.kind === 'flag' ? '' : ` ${option.value ?? (option.kind === 'count' ? 'N' : 'TEXT')}`;
    const short = option.short === undefined ? '' : `\\-${option.short}, `;
    return ['.TP', `${short}\\fB\\-\\-${escaped(option.name)}\\fR${escaped(value)}`, escaped(option.description)];
  });
  const words = syntax.arguments.flatMap(({ name, description }) => [
    '.TP',
    `\\fI${escaped(name)}\\fR`,
    escaped(description),
  ]);
  const examples = syntax.examples.flatMap(({ command, does }) => [
    '.TP',
    `\\fB${escaped(command)}\\fR`,
    escaped(does),
  ]);
  return [
    `.SS ${escaped(usageLine(syntax))}`,
    escaped(syntax.description),
    ...words,
    ...options,
    ...(examples.length === 0 ? [] : ['.PP', 'Examples:', ...examples]),
  ];
}

/** The page. @param version of the program */
export function manPage(commands: readonly CommandSyntax[], version: string): string {
  return [
    `.TH MOORING 1 "" "mooring ${escaped(version)}" "User Commands"`,
    '.SH NAME',
    'mooring \\- change the servers behind a virtual address without resetting a connection',
    '.SH SYNOPSIS',
    '.B mooring',
    '\\fICOMMAND\\fR [\\fIoptions\\fR]',
    '.SH DESCRIPTION',
    'Mooring is a load balancer that runs in a switch. It forwards by a hash and remembers only the connections that a change of servers would move, while the',
    'change lasts. The commands below run it, change it and show it. Every one has \\fB\\-\\-json\\fR.',
    '.SH COMMANDS',
    ...commands.flatMap(commandSection),
    '.SH EXIT STATUS',
    '.TP',
    '0',
    'done',
    '.TP',
    '1',
    'refused or failed; the reason is on standard error, or in the JSON object',
    '.TP',
    '2',
    'the command line is wrong',
    '.SH ENVIRONMENT',
    '.TP',
    'MOORING_STATE_DIR',
    "the controller's state directory, in place of \\fB\\-\\-state\\-dir\\fR",
    '.SH FILES',
    '.TP',
    'mooring.yaml',
    'the configuration',
    '.TP',
    'mooring\\-state/journal, audit.log, control.sock',
    'what the controller intends, who asked for what, and where it is asked',
    '',
  ].join('\n');
}
