/**
 * `mooring explain`: what a program does with one packet, and why: parser states, table lookups with the entry that
 * matched and what told the others apart, actions, changes, outputs and drops with their reason. Needs no running
 * switch.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { TraceEvent } from '@mooring/softswitch';
import { type CommandContext, type ExitStatus, type ParsedCommand, printResult } from '../command-line/command.ts';
import { CommandFailure, UsageError } from '../command-line/errors.ts';
import type { ParsedArguments } from '../command-line/options.ts';
import { callController, SERVICE_PORT_OPTION, STATE_DIRECTORY_OPTION } from '../control-client/connect.ts';
import { traceLines } from '../explain/trace-lines.ts';
import type { EntriesFile } from '../explain/trace-packet.ts';
import { PACKET_KINDS } from '../ui/results.ts';

/** Highest port of v1model, whose ports have 9 bits. */
const MAX_PORT = 511;

export const explainCommand: ParsedCommand = {
  kind: 'parsed',
  syntax: {
    name: 'explain',
    summary: 'show how a program handles a packet, step by step',
    description:
      'Runs one packet through a program and prints every step: parser states, table lookups with the entry that\n' +
      'matched and the field in which others differ, actions, changed fields, packets sent, and why one was dropped.\n' +
      'Entries count from 0 in each table, those of the program first. With --client instead of PACKET it is a packet of\n' +
      'that connection, and program and entries are those that the switch of the running controller has now.',
    arguments: [{ name: 'PACKET', description: 'the packet in hexadecimal, or a pcap file', optional: true }],
    options: [
      {
        name: 'program',
        kind: 'text',
        value: 'FILE',
        description: 'P4 source or BMv2 JSON (default: the load balancer)',
      },
      { name: 'p4info', kind: 'text', value: 'FILE', description: 'P4Info of a program in BMv2 JSON, for --entries' },
      {
        name: 'entries',
        kind: 'list',
        value: 'FILE',
        description: 'table entries as P4Runtime WriteRequest text; repeatable',
      },
      { name: 'port', kind: 'count', value: 'PORT', description: 'where the packet comes in (default 1)' },
      { name: 'packet', kind: 'count', value: 'N', description: 'which packet of the pcap file (default 1)' },
      {
        name: 'client',
        kind: 'text',
        value: 'ADDRESS:PORT',
        description: 'a packet from this client, on the running switch',
      },
      { name: 'vip', kind: 'text', value: 'NAME', description: 'with --client: to this virtual address' },
      { ...SERVICE_PORT_OPTION, description: `with --client: ${SERVICE_PORT_OPTION.description}` },
      {
        name: 'kind',
        kind: 'text',
        value: 'KIND',
        description: 'with --client: SYN, data or FIN (default SYN)',
        choices: PACKET_KINDS,
      },
      STATE_DIRECTORY_OPTION,
      { name: 'cpu-port', kind: 'count', value: 'PORT', description: 'port of the controller (default 510)' },
      { name: 'drop-port', kind: 'count', value: 'PORT', description: 'egress port that drops (default 511)' },
    ],
    examples: [
      {
        command: 'mooring explain capture.pcap --packet 3 --port 2 --program router.p4 --entries routes.txtpb',
        does: 'shows the way of the third packet',
      },
      { command: 'mooring explain --client 192.0.2.7:51514 --kind data', does: 'on the switch as it is now' },
    ],
  },
  run,
};

async function run(context: CommandContext, parsed: ParsedArguments): Promise<ExitStatus> {
  if (parsed.texts.has('client')) return explainConnection(context, parsed);
  if (parsed.positional[0] === undefined) {
    throw new UsageError('the packet is missing', {
      field: 'PACKET',
      hint: 'Give it in hexadecimal, name a pcap file, or name a client of the running controller with --client.',
    });
  }
  for (const name of ['vip', 'kind', SERVICE_PORT_OPTION.name]) {
    if (parsed.texts.has(name) || parsed.counts.has(name))
      throw new UsageError(`--${name} belongs to --client`, { field: `--${name}` });
  }
  const [{ readPacket }, { tracePacket }, { formatTrace, readPcap }] = await Promise.all([
    import('../explain/read-packet.ts'),
    import('../explain/trace-packet.ts'),
    import('@mooring/softswitch'),
  ]);
  const path = (name: string) => resolve(context.workingDirectory, name);
  const port = wholeNumber(parsed, 'port', 0, MAX_PORT) ?? 1;
  const cpuPort = wholeNumber(parsed, 'cpu-port', 1, MAX_PORT) ?? 510;
  const dropPort = wholeNumber(parsed, 'drop-port', 0, MAX_PORT) ?? 511;
  const packetNumber = wholeNumber(parsed, 'packet', 1, Number.MAX_SAFE_INTEGER);
  const packet = readPacket(parsed.positional[0]!, packetNumber, (file) => readPcap(path(file)));
  const names = parsed.lists.get('entries') ?? [];
  const program = await readProgram(parsed, path);
  if (program.p4info === undefined && names.length > 0)
    throw new UsageError('--entries needs --p4info: BMv2 JSON alone does not have the identifiers of P4Runtime', {
      field: '--p4info',
      hint: 'mooring compile --p4runtime-files FILE writes a P4Info; or name the P4 source as --program.',
    });
  const entries: EntriesFile[] = [];
  for (const name of names) entries.push(await readEntries(name, path(name)));
  const events: readonly TraceEvent[] = await tracePacket({ ...program, entries, port, packet, cpuPort, dropPort });
  printResult(
    context,
    parsed.flags.has('json'),
    { port, bytes: packet.length, events },
    traceLines(events, formatTrace).join('\n'),
  );
  return 0;
}

/** With `--client`: a packet of a connection, on the switch of the running controller. */
async function explainConnection(context: CommandContext, parsed: ParsedArguments): Promise<ExitStatus> {
  const foreign = ['program', 'p4info', 'port', 'packet', 'cpu-port', 'drop-port'].find(
    (name) => parsed.texts.has(name) || parsed.counts.has(name),
  );
  if (foreign !== undefined || parsed.lists.has('entries') || parsed.positional.length > 0) {
    throw new UsageError('--client asks the running switch: PACKET, program, entries and ports come from there', {
      field: foreign === undefined ? 'PACKET' : `--${foreign}`,
    });
  }
  const [{ traceConnection }, { CONNECTION_PACKETS }, { formatTrace }] = await Promise.all([
    import('../explain/trace-connection.ts'),
    import('../explain/connection-packet.ts'),
    import('@mooring/softswitch'),
  ]);
  const written = parsed.texts.get('kind') ?? 'SYN';
  const kind = CONNECTION_PACKETS.find((candidate) => candidate.toLowerCase() === written.toLowerCase());
  if (kind === undefined) {
    throw new UsageError(`'${written}' is no kind of packet`, { field: '--kind', choices: CONNECTION_PACKETS });
  }
  const { texts, counts } = parsed;
  const vipPort = counts.get(SERVICE_PORT_OPTION.name);
  const query = { client: texts.get('client')!, vip: texts.get('vip'), vipPort, packet: kind };
  const { vip, port, packet, events } = await callController(context, parsed, (client) =>
    traceConnection(client, query),
  );
  printResult(
    context,
    parsed.flags.has('json'),
    { vip, port, bytes: packet.length, events },
    traceLines(events, formatTrace).join('\n'),
  );
  return 0;
}

/** The program that is named, compiled if it is source. */
async function readProgram(
  parsed: ParsedArguments,
  path: (name: string) => string,
): Promise<{ deviceConfig: string; p4info: string | Uint8Array | undefined }> {
  const name = parsed.texts.get('program');
  const p4infoName = parsed.texts.get('p4info');
  if (name === undefined || name.endsWith('.p4')) {
    if (p4infoName !== undefined)
      throw new UsageError('--p4info is for BMv2 JSON; P4 source brings its own', { field: '--p4info' });
    const { compileLoadBalancer, loadBalancerSource } = await import('../program/load-balancer.ts');
    const source = name === undefined ? loadBalancerSource() : path(name);
    readText(source, '--program');
    return compileLoadBalancer(source);
  }
  return {
    deviceConfig: readText(path(name), '--program').toString('utf8'),
    p4info: p4infoName === undefined ? undefined : readText(path(p4infoName), '--p4info'),
  };
}

async function readEntries(name: string, file: string): Promise<EntriesFile> {
  const [{ fromText }, { WriteRequestSchema }] = await Promise.all([
    import('@mooring/p4runtime-ts/textproto'),
    import('@mooring/p4runtime-ts/proto'),
  ]);
  const text = readText(file, '--entries').toString('utf8');
  try {
    return { path: name, request: fromText(WriteRequestSchema, text) };
  } catch (error) {
    throw new CommandFailure(`${name}: ${(error as Error).message}`, {
      code: 'BAD_ENTRY',
      field: '--entries',
      hint: 'A file of entries is a p4.v1.WriteRequest in text format, as mooring compile --p4runtime-entries-files writes it.',
    });
  }
}

function readText(file: string, field: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new CommandFailure(`${file} cannot be read: ${(error as Error).message}`, { code: 'NO_FILE', field });
  }
}

function wholeNumber(parsed: ParsedArguments, name: string, minimum: number, maximum: number): number | undefined {
  const value = parsed.counts.get(name);
  if (value === undefined || (Number.isInteger(value) && value >= minimum && value <= maximum)) return value;
  throw new UsageError(`--${name} is ${value}, expected a whole number from ${minimum} to ${maximum}`, {
    field: `--${name}`,
  });
}
