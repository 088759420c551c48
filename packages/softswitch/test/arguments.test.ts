// simple_switch_grpc's command line.
import { parseSwitchArguments, UsageError } from '@mooring/softswitch';
import { describe, expect, test } from 'vitest';

function errorOf(argv: string[]): string {
  try {
    parseSwitchArguments(argv);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  return 'no error';
}

describe('switch arguments', () => {
  test('a driver that starts simple_switch_grpc', () => {
    const parsed = parseSwitchArguments(
      '-i 1@veth1 --interface=2@veth2 --device-id 3 --log-console --thrift-port 9090 prog.json -- --grpc-server-addr 127.0.0.1:50051 --cpu-port=255'.split(
        ' ',
      ),
    );
    expect(parsed).toMatchObject({
      interfaces: [
        { port: 1, name: 'veth1' },
        { port: 2, name: 'veth2' },
      ],
      deviceId: 3,
      logConsole: true,
      programFile: 'prog.json',
      grpcAddress: '127.0.0.1:50051',
      cpuPort: 255,
      dropPort: 511,
      only: undefined,
    });
    expect(parsed.warnings).toEqual([
      '--thrift-port has no effect: there is no Thrift server, P4Runtime does everything',
    ]);
  });

  test('TLS needs its files', () => {
    const argv = [
      '--no-p4',
      '--',
      '--grpc-server-ssl',
      '--grpc-server-cert',
      'c',
      '--grpc-server-key',
      'k',
      '--grpc-server-cacert',
      'a',
      '--grpc-server-with-client-auth',
    ];
    expect(parseSwitchArguments(argv).tls).toEqual({
      certFile: 'c',
      keyFile: 'k',
      caFile: 'a',
      requireClientCertificate: true,
    });
    expect(errorOf(['--no-p4', '--grpc-server-ssl'])).toBe(
      '--grpc-server-ssl needs --grpc-server-cert and --grpc-server-key',
    );
    const clear = parseSwitchArguments(argv.filter((argument) => argument !== '--grpc-server-ssl'));
    expect([clear.tls, clear.warnings]).toEqual([
      undefined,
      ['without --grpc-server-ssl the P4Runtime server is not encrypted, its certificates have no effect'],
    ]);
  });

  test('workers: one unless told otherwise, and only where packets come in by themselves', () => {
    expect(parseSwitchArguments(['--no-p4']).workers).toBe(1);
    const { workers, warnings } = parseSwitchArguments(['--no-p4', '--workers', '2', '-i', '1@a']);
    expect([workers, warnings]).toEqual([2, []]);
    expect(parseSwitchArguments(['--no-p4', '--workers=2', '--use-files', '1', '-i', '1@a']).warnings).toEqual([
      '--workers has no effect: with --use-files and --dp-grpc-server-addr packets are taken one after the other',
    ]);
  });

  test.each([
    [[], 'no program: name a BMv2 JSON file, or give --no-p4 to wait for one over P4Runtime'],
    [['a.json', 'b.json'], "two programs are named, 'a.json' and 'b.json'; a switch runs one"],
    [['--no-p4', 'a.json'], "--no-p4 and a program ('a.json') exclude each other"],
    [['-i', 'veth1', 'a.json'], "'veth1' is no port: expected PORT@INTERFACE, for instance 1@veth0"],
    [['-i', '1@a', '-i', '1@b', 'a.json'], 'port 1 is given twice'],
    [['--cpu-port', 'x', '--no-p4'], "--cpu-port is 'x', expected a number from 1 to 65535"],
    [['--debugger', '--no-p4'], 'this switch has no --debugger'],
    [['--workers', '0', '--no-p4'], "--workers is '0', expected a number from 1 to 64"],
    [['--nope', '--no-p4'], 'unknown option --nope; see --help'],
    [['--no-p4=1'], '--no-p4 takes no value'],
    [['--log-level', 'loud', '--no-p4'], "--log-level is 'loud', expected one of trace, debug, info, warn, error, off"],
  ])('%j', (argv, message) => {
    expect(errorOf(argv)).toBe(message);
  });
});
