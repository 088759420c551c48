/** What agents send: whatever it is, it is read as a whole or refused with words. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AgentProtocolError, parseReport } from '../../src/agents/wire.ts';

const GOOD = {
  version: 1,
  port: 8080,
  listening: true,
  acceptQueue: 3,
  acceptQueueLimit: 128,
  connections: [
    ['10.0.0.1', 1024, 0],
    ['2001:db8:0:0:0:0:0:1', 65_535, 1],
  ],
};

function outcome(text: string): unknown {
  try {
    return parseReport(text, 8080);
  } catch (error) {
    if (error instanceof AgentProtocolError) return error.message;
    throw error;
  }
}

describe('reports of agents', () => {
  it('are read', () => {
    expect(outcome(JSON.stringify(GOOD))).toEqual({
      acceptQueue: 3,
      acceptQueueLimit: 128,
      connections: [
        { address: 0x0a000001, port: 1024, halfOpen: false, serverPort: 0 },
        { address: '2001:db8::1', port: 65_535, halfOpen: true, serverPort: 0 },
      ],
    });
  });

  it('of all ports name the port of each connection', () => {
    const all = (...connections: unknown[]) => JSON.stringify({ ...GOOD, port: 'all', connections });
    expect(parseReport(all(['10.0.0.1', 1024, 0, 443]), 'all').connections).toMatchObject([{ serverPort: 443 }]);
    expect(() => parseReport(all(['10.0.0.1', 1024, 0]), 'all')).toThrow('its connection 0 is none');
    expect(() => parseReport(all(['10.0.0.1', 1024, 0, 443]), 443)).toThrow('it is about port all, not 443');
  });

  it.each([
    ['', 'it is not JSON'],
    ['[]', 'it is not an object'],
    [JSON.stringify({ ...GOOD, version: 2 }), 'it has version 2; this controller reads version 1'],
    [JSON.stringify({ ...GOOD, port: 80 }), 'it is about port 80, not 8080'],
    [JSON.stringify({ ...GOOD, acceptQueue: -1 }), 'its accept queue is no number'],
    [JSON.stringify({ ...GOOD, connections: {} }), 'it has no list of connections'],
    [JSON.stringify({ ...GOOD, connections: [['10.0.0.256', 1, 0]] }), 'its connection 0 is none: ["10.0.0.256",1,0]'],
  ])('%s is refused', (text, message) => {
    expect(outcome(text)).toBe(message);
  });

  it('never end in anything but a report or a refusal', () => {
    const complete = JSON.stringify(GOOD);
    const mutated = fc
      .tuple(fc.nat(complete.length), fc.nat(9), fc.string({ maxLength: 9 }))
      .map(([start, deleted, inserted]) => complete.slice(0, start) + inserted + complete.slice(start + deleted));
    const shaped = fc
      .record({
        version: fc.oneof(fc.constant(1), fc.jsonValue()),
        port: fc.oneof(fc.constant(8080), fc.jsonValue()),
        acceptQueue: fc.oneof(fc.nat(), fc.jsonValue()),
        acceptQueueLimit: fc.oneof(fc.nat(), fc.jsonValue()),
        connections: fc.oneof(
          fc.array(fc.oneof(fc.jsonValue(), fc.tuple(fc.ipV4(), fc.nat(70_000), fc.constantFrom(0, 1, 2)))),
          fc.jsonValue(),
        ),
      })
      .map((value) => JSON.stringify(value));
    fc.assert(
      fc.property(fc.oneof(mutated, shaped, fc.json(), fc.string()), (text) => {
        const result = outcome(text);
        if (typeof result === 'string') expect(result.length).toBeGreaterThan(5);
        else expect(result).toHaveProperty('connections');
      }),
      { numRuns: 1_000 },
    );
  });
});
