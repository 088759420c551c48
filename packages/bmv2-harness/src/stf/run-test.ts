/**
 * Runs one STF test: its statements in order, then a comparison of what came out of each port with what was expected
 * there.
 */
import { StfProgram, type StfTable } from './program.ts';
import { type CounterCheck, StfError, type StfStatement } from './statements.ts';
import type { Outputs, StfSwitch } from './stf-switch.ts';

const FRAME_CHECK_BYTES = 4;

/** Ports that a test sends to or expects something from, ascending. */
export function portsOf(statements: readonly StfStatement[]): number[] {
  const ports = new Set<number>();
  for (const statement of statements) {
    if (statement.kind === 'packet' || statement.kind === 'expect') ports.add(statement.port);
  }
  return [...ports].sort((a, b) => a - b);
}

/** The same ports, with the number of packets that the test sends to each. */
export function packetsByPort(statements: readonly StfStatement[]): Map<number, number> {
  const counts = new Map(portsOf(statements).map((port) => [port, 0]));
  for (const statement of statements) {
    if (statement.kind === 'packet') counts.set(statement.port, (counts.get(statement.port) ?? 0) + 1);
  }
  return counts;
}

/** Performs the test; throws `StfError` with the first thing that is not as expected. */
export async function runStatements(
  statements: readonly StfStatement[],
  json: object,
  device: StfSwitch,
): Promise<void> {
  const program = new StfProgram(json);
  const entries = new Map<string, { table: StfTable; handle: number }>();
  const all: { table: StfTable; handle: number }[] = [];
  const expectations = expectedPackets(statements);
  for (const statement of statements) {
    try {
      await perform(statement, program, device, entries, all, statements);
    } catch (error) {
      if (error instanceof StfError && error.line !== 0) throw error;
      throw new StfError(statement.line, error instanceof Error ? error.message : String(error));
    }
  }
  const counts = new Map([...expectations].map(([port, list]) => [port, list.length]));
  compare(statements, expectations, await device.settle(counts));
}

type Expectation = StfStatement & { readonly kind: 'expect' };

function expectedPackets(statements: readonly StfStatement[]): Map<number, Expectation[]> {
  const expected = new Map<number, Expectation[]>();
  for (const statement of statements) {
    if (statement.kind !== 'expect') continue;
    const list = expected.get(statement.port) ?? [];
    list.push(statement);
    expected.set(statement.port, list);
  }
  return expected;
}

async function perform(
  statement: StfStatement,
  program: StfProgram,
  device: StfSwitch,
  entries: Map<string, { table: StfTable; handle: number }>,
  all: { table: StfTable; handle: number }[],
  statements: readonly StfStatement[],
): Promise<void> {
  const { line } = statement;
  switch (statement.kind) {
    case 'packet':
      await device.send(statement.port, statement.data);
      return;
    case 'expect':
    case 'no-packet':
      return;
    case 'wait':
      await device.settle(countsBefore(statements, statement.line));
      return;
    case 'add': {
      const entry = program.entry(statement.table, statement.priority, statement.matches, statement.action, line);
      const handle = await device.addEntry(entry);
      all.push({ table: entry.table, handle });
      if (statement.entry !== undefined) entries.set(statement.entry, { table: entry.table, handle });
      return;
    }
    case 'set-default': {
      const table = program.table(statement.table, line);
      const { action, arguments: values } = program.action(table, statement.action, line);
      await device.setDefault(table, action, values);
      return;
    }
    case 'remove': {
      if (statement.entry === 'ALL') {
        for (const { table, handle } of all) await device.removeEntry(table, handle);
        all.length = 0;
        return;
      }
      const entry = entries.get(statement.entry.replace(/^\$/, ''));
      if (entry === undefined) throw new StfError(line, `no entry was named ${statement.entry}`);
      await device.removeEntry(entry.table, entry.handle);
      const position = all.findIndex((each) => each.table === entry.table && each.handle === entry.handle);
      if (position >= 0) all.splice(position, 1);
      return;
    }
    case 'check-counter': {
      await device.settle(countsBefore(statements, statement.line));
      const name = program.objectName('counter', statement.counter, line);
      let index: number;
      if (statement.index.startsWith('$')) {
        const entry = entries.get(statement.index.slice(1));
        if (entry === undefined) throw new StfError(line, `no entry was named ${statement.index.slice(1)}`);
        index = entry.handle;
      } else {
        index = Number(statement.index);
      }
      const value = await device.readCounter(name, index);
      const check: CounterCheck = statement.check ?? { unit: 'packets', comparison: '==', value: 0 };
      // STF counts bytes as on the wire, with the frame check sequence that software switches never see.
      const actual = check.unit === 'packets' ? value.packets : value.bytes + FRAME_CHECK_BYTES * value.packets;
      if (!holds(actual, check)) {
        throw new StfError(
          line,
          `counter ${name}(${statement.index}): ${check.unit} ${check.comparison} ${check.value} expected, it is ${actual}`,
        );
      }
      return;
    }
    case 'mirroring-add':
      await device.mirroringAdd(statement.session, statement.port);
      return;
    case 'mirroring-add-multicast':
      await device.mirroringAddMulticast(statement.session, statement.group);
      return;
    case 'mirroring-delete':
      await device.mirroringDelete(statement.session);
      return;
    case 'mirroring-get':
      return;
    case 'multicast-group-create':
      await device.multicastGroupCreate(statement.group);
      return;
    case 'multicast-node-create':
      await device.multicastNodeCreate(statement.replication, statement.ports);
      return;
    case 'multicast-node-update':
      await device.multicastNodeUpdate(statement.node, statement.ports);
      return;
    case 'multicast-node-associate':
      await device.multicastNodeAssociate(statement.group, statement.node);
      return;
    case 'counter-read':
      await device.readCounter(program.objectName('counter', statement.counter, line), statement.index);
      return;
    case 'counter-write':
      await device.writeCounter(program.objectName('counter', statement.counter, line), statement.index, {
        packets: statement.packets,
        bytes: statement.bytes,
      });
      return;
    case 'register-read':
      await device.readRegister(program.objectName('register', statement.register, line), statement.index);
      return;
    case 'register-write':
      await device.writeRegister(
        program.objectName('register', statement.register, line),
        statement.index,
        statement.value,
      );
      return;
    case 'register-reset':
      await device.resetRegister(program.objectName('register', statement.register, line));
      return;
    case 'meter-get-rates':
      program.objectName('meter', statement.meter, line);
      return;
    case 'meter-set-rates':
      await device.setMeterRates(program.objectName('meter', statement.meter, line), statement.index, statement.rates);
      return;
    case 'meter-array-set-rates':
      await device.setMeterRates(program.objectName('meter', statement.meter, line), undefined, statement.rates);
      return;
  }
}

/** Packets expected by statements up to a line, by port: what `wait` waits for. */
function countsBefore(statements: readonly StfStatement[], line: number): Map<number, number> {
  const counts = new Map<number, number>();
  for (const statement of statements) {
    if (statement.kind !== 'expect' || statement.line > line) continue;
    counts.set(statement.port, (counts.get(statement.port) ?? 0) + 1);
  }
  return counts;
}

function holds(actual: number, check: CounterCheck): boolean {
  switch (check.comparison) {
    case '==':
      return actual === check.value;
    case '!=':
      return actual !== check.value;
    case '<':
      return actual < check.value;
    case '<=':
      return actual <= check.value;
    case '>':
      return actual > check.value;
    case '>=':
      return actual >= check.value;
  }
}

function toHex(packet: Uint8Array): string {
  return Buffer.from(packet).toString('hex').toUpperCase();
}

/** True when the packet is as the pattern says; beyond the pattern anything goes unless the length is exact. */
export function matchesPattern(packet: Uint8Array, pattern: string, isExact: boolean): boolean {
  const digits = toHex(packet);
  if (digits.length < pattern.length || (isExact && digits.length > pattern.length)) return false;
  for (let at = 0; at < pattern.length; at++) {
    if (pattern[at] !== '*' && pattern[at] !== digits[at]) return false;
  }
  return true;
}

function compare(
  statements: readonly StfStatement[],
  expected: ReadonlyMap<number, readonly Expectation[]>,
  outputs: Outputs,
): void {
  const nothing = statements.find((statement) => statement.kind === 'no-packet');
  // A port that the test never mentions is not connected: what goes there is not looked at.
  const connected = new Set(portsOf(statements));
  for (const [port, packets] of outputs) {
    if (expected.has(port) || (nothing === undefined && !connected.has(port))) continue;
    const first = packets[0];
    if (first === undefined) continue;
    throw new StfError(nothing?.line ?? 0, `unexpected packet on port ${port}: ${toHex(first)}`);
  }
  for (const [port, list] of expected) {
    const packets = outputs.get(port) ?? [];
    if (list.some((expectation) => expectation.pattern === undefined)) {
      if (packets.length === 0) throw new StfError(list[0]!.line, `a packet expected on port ${port}, none came`);
      continue;
    }
    list.forEach((expectation, index) => {
      const packet = packets[index];
      const wanted = `${expectation.pattern}${expectation.isExact ? '$' : ''}`;
      if (packet === undefined) {
        throw new StfError(expectation.line, `packet ${index + 1} on port ${port} did not come: expected ${wanted}`);
      }
      if (!matchesPattern(packet, expectation.pattern ?? '', expectation.isExact)) {
        throw new StfError(
          expectation.line,
          `packet ${index + 1} on port ${port} differs: expected ${wanted}, received ${toHex(packet)}`,
        );
      }
    });
    const extra = packets[list.length];
    if (extra !== undefined) {
      throw new StfError(0, `unexpected packet ${list.length + 1} on port ${port}: ${toHex(extra)}`);
    }
  }
}
