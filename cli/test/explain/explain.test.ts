/**
 * `mooring explain`: one packet's way, through source and through compiled files, with entries; and what is refused,
 * with its reason.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PcapWriter } from '@mooring/softswitch';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runCommand } from '../command-line/run.ts';

const source = fileURLToPath(new URL('./ports.p4', import.meta.url));
const routes = fileURLToPath(new URL('./routes.txtpb', import.meta.url));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mooring-explain-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const explain = (...argv: string[]) => runCommand(['explain', ...argv], { workingDirectory: folder });

/** Compiles the program into the folder: p.json, p.p4info.txtpb and own.txtpb with the program's own entries. */
async function compile() {
  const at = (name: string) => join(folder, name);
  const own = ['--p4runtime-files', at('p.p4info.txtpb'), '--p4runtime-entries-files', at('own.txtpb')];
  expect(await runCommand(['compile', '-o', at('p.json'), ...own, source])).toMatchObject({ status: 0 });
}

const WAY = [
  'received at port 2: 3 bytes 0a0102',
  '  parser state start',
  '    extract address: destination=0xa01 kind=0x2',
  '  ingress',
  '    table Forward.kinds (headers.address.kind=0x2): hit, entry 1',
  '      not entry 0: headers.address.kind differs',
  '      action Forward.mark(kind=0x22)',
  '        address.kind = 0x22',
  '    table Forward.routes (headers.address.destination=0xa01): hit, entry 1',
  '      action Forward.send(port=0x4)',
  '        standard_metadata.egress_spec = 0x4',
  '  egress',
  '    emit address',
  'sent to port 4: 3 bytes 0a0122',
  '',
];

describe('a packet', () => {
  test('through source, with entries: the longer prefix wins', async () => {
    const { status, stdout, stderr } = await explain(
      '--program',
      source,
      '--entries',
      routes,
      '--port',
      '2',
      '0x0a:01:02',
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.split('\n').filter((line) => !line.includes('not entry 0: headers.address.destination'))).toEqual(
      WAY,
    );
  });

  test("through compiled files, the program's own entries listed again", async () => {
    await compile();
    const { stdout } = await explain(
      ...['--program', 'p.json', '--p4info', 'p.p4info.txtpb', '--entries', 'own.txtpb', '--entries', routes],
      ...['--json', '--port', '2', '0a0102'],
    );
    const { port, bytes, events } = JSON.parse(stdout) as { port: number; bytes: number; events: { kind: string }[] };
    expect([port, bytes]).toEqual([2, 3]);
    expect(events.filter((event) => event.kind === 'table')).toMatchObject([
      { table: 'Forward.kinds', slot: 1, entries: 2 },
      { table: 'Forward.routes', slot: 1, entries: 2 },
    ]);
    expect(events.at(-1)).toEqual({ kind: 'sent', port: 4, bytes: '0a0122' });
  });

  test('of a capture, without P4Info: dropped for want of a route', async () => {
    await compile();
    const writer = new PcapWriter(join(folder, 'two.pcap'));
    for (const kind of [0, 1]) writer.write(Uint8Array.of(0x0a, 0x01, kind), kind);
    writer.close();
    const { stdout } = await explain('--program', 'p.json', 'two.pcap', '--packet', '2');
    expect(stdout).toMatch(/^received at port 1: 3 bytes 0a0101\n/);
    expect(stdout).toContain('action Forward.mark(kind=0x11)');
    expect(stdout).toMatch(/miss among 0 entries\n.*Forward\.drop\(\)\n {2}dropped: ingress\n$/);
    expect(await explain('--program', 'p.json', 'two.pcap', '--packet', '3')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('two.pcap has 2 packets, there is no packet 3'),
    });
  });

  test('through the load balancer: no ports, so nothing to flood to', async () => {
    const { stdout } = await explain('0a0102');
    expect(stdout).toContain('parser error PacketTooShort');
    expect(stdout).toContain('table macs');
    expect(stdout).toMatch(/\nnothing was sent\n$/);
  });
});

describe('refused', () => {
  test.each([
    [['0a1'], 2, 'PACKET has 3 hexadecimal digits'],
    [['0a', '--packet', '2'], 2, '--packet chooses from a pcap file'],
    [['0a', '--port', '512'], 2, '--port is 512, expected a whole number from 0 to 511'],
    [['0a', '--port', '1.5'], 2, '--port is 1.5'],
    [['none.pcap'], 1, 'the packet cannot be read: ENOENT'],
    [['0a', '--program', 'none.json'], 1, 'none.json cannot be read'],
    [['0a', '--program', source, '--p4info', 'x'], 2, 'P4 source brings its own'],
    [['0a', '--program', 'bad.json', '--entries', routes], 2, '--entries needs --p4info'],
    [['0a', '--program', 'bad.json'], 1, 'the program cannot be run: '],
    [['0a', '--program', source, '--entries', 'bad.json'], 1, 'bad.json: '],
    [['0a', '--program', source, '--entries', 'twice.txtpb'], 1, 'twice.txtpb: update 3: '],
  ])('%j', async (argv, status, message) => {
    writeFileSync(join(folder, 'bad.json'), '{"parsers": 7}');
    // The third update asks for a prefix that is longer than the field.
    const text = readFileSync(routes, 'utf8');
    const last = text.slice(text.lastIndexOf('updates {'));
    writeFileSync(join(folder, 'twice.txtpb'), text + last.replace('prefix_len: 16', 'prefix_len: 17'));
    const outcome = await explain(...argv);
    expect(outcome).toMatchObject({ status, stdout: '' });
    expect(outcome.stderr).toContain(message);
  });
});
