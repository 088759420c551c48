/**
 * simple_switch_grpc's command line, so that scripts, Mininet classes and test drivers start this switch unchanged.
 *
 * Options before `--` are the ones of every BMv2 target, those after it the target's own; like BMv2's parser this one
 * takes `--option value` and `--option=value`. What only concerns BMv2's other interfaces (Thrift, nanomsg) is accepted
 * with a warning, because drivers always pass it; what would change forwarding and is not there is an error.
 */
import type { PortInterface } from '../ports/packet-sockets.ts';

/** Certificates by file name. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
  readonly caFile: string | undefined;
  readonly requireClientCertificate: boolean;
}

/** How to run a switch. */
export interface SwitchOptions {
  readonly deviceId: number;
  /** `host:port` of the P4Runtime server; undefined: none. */
  readonly grpcAddress: string | undefined;
  /** `host:port` of the service p4.bm.DataplaneInterface, whose packets then are the ports; undefined: none. */
  readonly dataplaneAddress: string | undefined;
  readonly interfaces: readonly PortInterface[];
  /** Ports are pcap files, read after this many seconds. */
  readonly useFilesSeconds: number | undefined;
  /** Folder to record packets in. */
  readonly pcapDirectory: string | undefined;
  readonly cpuPort: number | undefined;
  readonly dropPort: number;
  readonly priorityQueues: number;
  /** File of the program to start with. */
  readonly programFile: string | undefined;
  readonly tls: TlsFiles | undefined;
  readonly logConsole: boolean;
  readonly logFile: string | undefined;
  readonly logLevel: LogLevel;
  /** Follow the P4Runtime specification where BMv2 is lenient. */
  readonly strict: boolean;
  /** How often idle timeouts are looked for, in ms. */
  readonly sweepIntervalMs: number;
  /** Threads that packets are dealt out to. */
  readonly workers: number;
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'off';

/** Options of a switch of which nothing was said. */
export const defaultSwitchOptions: SwitchOptions = {
  deviceId: 0,
  grpcAddress: '127.0.0.1:9559',
  dataplaneAddress: undefined,
  interfaces: [],
  useFilesSeconds: undefined,
  pcapDirectory: undefined,
  cpuPort: undefined,
  dropPort: 511,
  priorityQueues: 1,
  programFile: undefined,
  tls: undefined,
  logConsole: false,
  logFile: undefined,
  logLevel: 'info',
  strict: false,
  sweepIntervalMs: 100,
  workers: 1,
};

/** What a command line asks for. */
export interface SwitchArguments extends SwitchOptions {
  /** Print help, the version or the JSON format's version, and end. */
  readonly only: 'help' | 'version' | 'json-version' | undefined;
  /** Options that were accepted without effect. */
  readonly warnings: readonly string[];
}

/** A command line that cannot be understood. The message says what and what would be right. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/** Long options that take a value. */
const WITH_VALUE = new Set([
  'interface',
  'use-files',
  'device-id',
  'log-file',
  'log-level',
  'thrift-port',
  'nanolog',
  'notifications-addr',
  'restore-state',
  'dump-packet-data',
  'debugger-addr',
  'max-port-count',
  'grpc-server-addr',
  'cpu-port',
  'drop-port',
  'grpc-server-cacert',
  'grpc-server-cert',
  'grpc-server-key',
  'dp-grpc-server-addr',
  'priority-queues',
  'sweep-interval-ms',
  'workers',
]);

const WITHOUT_VALUE = new Set([
  'no-p4',
  'log-console',
  'log-flush',
  'help',
  'version',
  'json-version',
  'debugger',
  'packet-in',
  'grpc-server-ssl',
  'grpc-server-with-client-auth',
  'disable-swap',
  'enable-swap',
  'strict',
]);

const SHORT: Readonly<Record<string, string>> = { i: 'interface', L: 'log-level', h: 'help', v: 'version' };

/** Options without meaning here, and why. */
const IGNORED: Readonly<Record<string, string>> = {
  'thrift-port': 'there is no Thrift server, P4Runtime does everything',
  nanolog: 'there is no nanomsg event log',
  'notifications-addr': 'notifications go to P4Runtime clients',
  'log-flush': 'the log is always flushed',
  'disable-swap': 'pipelines are swapped by P4Runtime',
  'enable-swap': 'pipelines are swapped by P4Runtime',
  'max-port-count': 'there is no limit',
  'dump-packet-data': 'packets are shown by tracing',
};

const LOG_LEVELS: readonly string[] = ['trace', 'debug', 'info', 'warn', 'error', 'off'];

/**
 * Parses a command line (without program name).
 *
 * @throws UsageError
 */
export function parseSwitchArguments(argv: readonly string[]): SwitchArguments {
  const options: { -readonly [K in keyof SwitchOptions]: SwitchOptions[K] } = { ...defaultSwitchOptions };
  const interfaces: PortInterface[] = [];
  const warnings: string[] = [];
  let only: SwitchArguments['only'];
  let ssl = false;
  let clientAuth = false;
  const files: { cert?: string; key?: string; ca?: string } = {};
  let noP4 = false;
  const rest = [...argv];
  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    if (argument === '--') continue;
    if (!argument.startsWith('-') || argument === '-') {
      if (options.programFile !== undefined)
        throw new UsageError(`two programs are named, '${options.programFile}' and '${argument}'; a switch runs one`);
      options.programFile = argument;
      continue;
    }
    const [name, inline] = splitOption(argument);
    const value = () => {
      const text = inline ?? rest.shift();
      if (text === undefined) throw new UsageError(`--${name} needs a value`);
      return text;
    };
    if (WITHOUT_VALUE.has(name) && inline !== undefined) throw new UsageError(`--${name} takes no value`);
    if (name in IGNORED) {
      if (WITH_VALUE.has(name)) value();
      warnings.push(`--${name} has no effect: ${IGNORED[name]}`);
      continue;
    }
    switch (name) {
      case 'interface':
        interfaces.push(parseInterface(value(), interfaces));
        break;
      case 'use-files':
        options.useFilesSeconds = wholeNumber(name, value(), 0, 3600);
        break;
      case 'pcap':
        // The folder may be left out; then it is the current one.
        options.pcapDirectory =
          inline ??
          (rest[0] !== undefined && !rest[0].startsWith('-') && !rest[0].endsWith('.json') ? rest.shift()! : '.');
        break;
      case 'device-id':
        options.deviceId = wholeNumber(name, value(), 0, Number.MAX_SAFE_INTEGER);
        break;
      case 'no-p4':
        noP4 = true;
        break;
      case 'log-console':
        options.logConsole = true;
        break;
      case 'log-file':
        options.logFile = value();
        break;
      case 'log-level': {
        const level = value();
        if (!LOG_LEVELS.includes(level))
          throw new UsageError(`--log-level is '${level}', expected one of ${LOG_LEVELS.join(', ')}`);
        options.logLevel = level as LogLevel;
        break;
      }
      case 'grpc-server-addr':
        options.grpcAddress = value();
        break;
      case 'dp-grpc-server-addr':
        options.dataplaneAddress = value();
        break;
      case 'cpu-port':
        options.cpuPort = wholeNumber(name, value(), 1, 0xffff);
        break;
      case 'drop-port':
        options.dropPort = wholeNumber(name, value(), 0, 0xffff);
        break;
      case 'priority-queues':
        options.priorityQueues = wholeNumber(name, value(), 1, 256);
        break;
      case 'grpc-server-ssl':
        ssl = true;
        break;
      case 'grpc-server-cacert':
        files.ca = value();
        break;
      case 'grpc-server-cert':
        files.cert = value();
        break;
      case 'grpc-server-key':
        files.key = value();
        break;
      case 'grpc-server-with-client-auth':
        clientAuth = true;
        break;
      case 'sweep-interval-ms':
        options.sweepIntervalMs = wholeNumber(name, value(), 1, 60_000);
        break;
      case 'workers':
        options.workers = wholeNumber(name, value(), 1, 64);
        break;
      case 'strict':
        options.strict = true;
        break;
      case 'help':
      case 'version':
      case 'json-version':
        only = name;
        break;
      case 'restore-state':
      case 'debugger':
      case 'debugger-addr':
      case 'packet-in':
        throw new UsageError(`this switch has no --${name}`);
      default:
        throw new UsageError(`unknown option --${name}; see --help`);
    }
  }
  if (ssl) {
    if (files.cert === undefined || files.key === undefined)
      throw new UsageError('--grpc-server-ssl needs --grpc-server-cert and --grpc-server-key');
    if (clientAuth && files.ca === undefined)
      throw new UsageError('--grpc-server-with-client-auth needs --grpc-server-cacert');
    options.tls = { certFile: files.cert, keyFile: files.key, caFile: files.ca, requireClientCertificate: clientAuth };
  } else if (clientAuth || Object.keys(files).length > 0) {
    warnings.push('without --grpc-server-ssl the P4Runtime server is not encrypted, its certificates have no effect');
  }
  if (options.workers > 1 && (options.useFilesSeconds !== undefined || options.dataplaneAddress !== undefined))
    warnings.push(
      '--workers has no effect: with --use-files and --dp-grpc-server-addr packets are taken one after the other',
    );
  if (options.dataplaneAddress !== undefined) {
    if (options.useFilesSeconds !== undefined)
      throw new UsageError('--use-files and --dp-grpc-server-addr exclude each other: both say what the ports are');
    if (interfaces.length > 0)
      warnings.push('--interface has no effect: with --dp-grpc-server-addr packets come and go by gRPC');
    if (options.pcapDirectory !== undefined)
      warnings.push('--pcap has no effect: with --dp-grpc-server-addr no interface is recorded');
  }
  if (noP4 && options.programFile !== undefined)
    throw new UsageError(`--no-p4 and a program ('${options.programFile}') exclude each other`);
  if (only === undefined && !noP4 && options.programFile === undefined) {
    throw new UsageError('no program: name a BMv2 JSON file, or give --no-p4 to wait for one over P4Runtime');
  }
  return { ...options, interfaces, only, warnings };
}

function splitOption(argument: string): [string, string | undefined] {
  if (argument.startsWith('--')) {
    const equals = argument.indexOf('=');
    return equals < 0 ? [argument.slice(2), undefined] : [argument.slice(2, equals), argument.slice(equals + 1)];
  }
  const name = SHORT[argument[1]!];
  if (name === undefined) throw new UsageError(`unknown option ${argument.slice(0, 2)}; see --help`);
  return [name, argument.length > 2 ? argument.slice(2) : undefined];
}

function wholeNumber(name: string, text: string, minimum: number, maximum: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= minimum && value <= maximum))
    throw new UsageError(`--${name} is '${text}', expected a number from ${minimum} to ${maximum}`);
  return value;
}

function parseInterface(text: string, others: readonly PortInterface[]): PortInterface {
  const match = /^(\d+)@(.+)$/.exec(text);
  if (match === null) throw new UsageError(`'${text}' is no port: expected PORT@INTERFACE, for instance 1@veth0`);
  const port = Number(match[1]);
  const name = match[2]!;
  if (others.some((other) => other.port === port)) throw new UsageError(`port ${port} is given twice`);
  return { port, name };
}

/** The text of `--help`. */
export const switchHelp = `Usage: mooring switch [options] [program.json] [-- target options]

Runs a P4 program (BMv2 JSON) as simple_switch_grpc does.

  -i, --interface PORT@INTERFACE   a network interface as port; repeatable
      --use-files SECONDS          ports are files: reads INTERFACE_in.pcap, writes INTERFACE_out.pcap
      --no-p4                      start without a program, wait for SetForwardingPipelineConfig
      --device-id ID               P4Runtime device id (default 0)
      --pcap[=DIR]                 record packets in DIR
      --log-console                log to standard output
      --log-file FILE              log to FILE
  -L, --log-level LEVEL            trace, debug, info, warn, error, off (default info)
      --strict                     follow the P4Runtime specification where BMv2 is lenient
      --sweep-interval-ms MS       how often idle timeouts are looked for (default 100)
      --workers N                  threads that packets are dealt out to, by flow (default 1)
  -h, --help    -v, --version    --json-version

Target options:
      --grpc-server-addr HOST:PORT P4Runtime server (default 127.0.0.1:9559)
      --dp-grpc-server-addr HOST:PORT  packets come and go by p4.bm.DataplaneInterface
      --cpu-port PORT              port of packet-in and packet-out
      --drop-port PORT             egress port that drops (default 511)
      --priority-queues N          queues per port (default 1)
      --grpc-server-ssl            serve with TLS, with
        --grpc-server-cert FILE --grpc-server-key FILE [--grpc-server-cacert FILE]
        --grpc-server-with-client-auth
`;
