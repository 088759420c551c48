// pcap files in both byte orders.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PcapWriter, parsePcap, readPcap } from '@mooring/softswitch';
import { expect, test } from 'vitest';

test('what is written can be read', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pcap-'));
  try {
    const path = join(folder, 'a.pcap');
    const writer = new PcapWriter(path);
    writer.write(Uint8Array.of(1, 2, 3), 5_000_007);
    writer.write(new Uint8Array(0), 6_000_000);
    writer.close();
    expect(readPcap(path)).toEqual([
      { timeUs: 5_000_007, bytes: Uint8Array.of(1, 2, 3) },
      { timeUs: 6_000_000, bytes: new Uint8Array(0) },
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('big-endian files with nanoseconds', () => {
  const view = new DataView(new ArrayBuffer(24 + 16 + 2));
  view.setUint32(0, 0xa1b23c4d);
  view.setUint32(24, 1);
  view.setUint32(28, 2000);
  view.setUint32(32, 2);
  view.setUint16(40, 0xabcd);
  expect(parsePcap(new Uint8Array(view.buffer))).toEqual([{ timeUs: 1_000_002, bytes: Uint8Array.of(0xab, 0xcd) }]);
});

test('what is not a pcap file is refused', () => {
  expect(() => parsePcap(new Uint8Array(10))).toThrow('the file is too short to be a pcap file');
  expect(() => parsePcap(new Uint8Array(30))).toThrow('the file is not a pcap file (pcapng is not supported)');
});
