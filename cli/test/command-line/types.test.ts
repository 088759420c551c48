/** `mooring types`: a module with the program's names, and clear words for a file that is no P4Info. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runCommand } from './run.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mooring-types-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const P4INFO = `
tables {
  preamble { id: 33554433 name: "ports" alias: "ports" }
  match_fields { id: 1 name: "mac" bitwidth: 48 match_type: EXACT }
  action_refs { id: 16777217 }
  size: 16
}
actions {
  preamble { id: 16777217 name: "send" alias: "send" }
  params { id: 1 name: "port" bitwidth: 9 }
}
`;

test('writes the names of tables, fields and actions', async () => {
  writeFileSync(join(folder, 'p.txtpb'), P4INFO);
  const printed = await runCommand(['types', 'p.txtpb', '--name', 'Ports'], { workingDirectory: folder });
  expect(printed).toMatchObject({ status: 0, stderr: '' });
  expect(printed.stdout).toContain('export interface Ports extends ProgramTypes');
  expect(printed.stdout).toMatch(/readonly ports: \{[\s\S]*readonly mac: PlainValue;[\s\S]*'send'/);

  const written = await runCommand(['types', 'p.txtpb', '--name', 'Ports', '-o', 'p.types.ts'], {
    workingDirectory: folder,
  });
  expect(written).toMatchObject({ status: 0, stdout: '' });
  expect(readFileSync(join(folder, 'p.types.ts'), 'utf8')).toBe(printed.stdout);
});

test('a file that is no P4Info is refused with its place', async () => {
  writeFileSync(join(folder, 'bad.txtpb'), 'tables {\n  nonsense: 1\n}\n');
  const refused = await runCommand(['types', 'bad.txtpb', '-o', 'out.ts'], { workingDirectory: folder });
  expect(refused.status).toBe(1);
  expect(refused.stderr).toMatch(/bad\.txtpb: .*nonsense/);
  expect(() => readFileSync(join(folder, 'out.ts'))).toThrow('ENOENT');
});
