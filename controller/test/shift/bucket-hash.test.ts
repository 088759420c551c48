/**
 * What a change of seed is for: connections that share a bucket are parted. Numbers of buckets are powers of two
 * throughout, for any other number parts what a linear hash leaves together. Draws are pseudo-random with fixed seeds,
 * so that the counts are the same in every run. That the switch computes the same is tested on the data plane itself
 * (test/dataplane/coming-mapping.test.ts).
 */
import { describe, expect, it } from 'vitest';
import { hashOf } from '../../src/intent/mapping.ts';
import { bucketOfConnection, multiplierOf } from '../../src/shift/bucket-hash.ts';
import { type IpAddress, ipAddress } from '../../src/text/addresses.ts';

interface Connection {
  readonly address: IpAddress;
  readonly port: number;
}

/** Repeatable numbers in [0, 2^32). */
function numbers(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return multiplierOf(state >>> 0);
  };
}

function hashWith(seed: number, buckets: number, affinity: 'connection' | 'client' = 'connection') {
  const hash = hashOf({ buckets, affinity, hashSeed: seed });
  return ({ address, port }: Connection): number => bucketOfConnection(hash, address, port, 0);
}

function ipv6(words: readonly number[]): IpAddress {
  const groups = words.flatMap((word) => [word >>> 16, word & 0xffff]);
  return ipAddress(groups.map((group) => group.toString(16)).join(':'));
}

/** Of pairs that share a bucket by one hash, the part that share one by the other as well. */
function stillTogether(
  connections: readonly Connection[],
  one: (connection: Connection) => number,
  other: (connection: Connection) => number,
): number {
  const [sharing, together] = [new Map<string, number>(), new Map<string, number>()];
  const pairs = (counts: Map<string, number>): number =>
    [...counts.values()].reduce((sum, count) => sum + (count * (count - 1)) / 2, 0);
  for (const connection of connections) {
    const first = String(one(connection));
    const both = `${first} ${other(connection)}`;
    sharing.set(first, (sharing.get(first) ?? 0) + 1);
    together.set(both, (together.get(both) ?? 0) + 1);
  }
  return pairs(together) / pairs(sharing);
}

const next = numbers();
const connections = {
  'of any IPv4 clients': Array.from({ length: 20_000 }, () => ({ address: next(), port: next() & 0xffff })),
  'of IPv4 clients next to each other': Array.from({ length: 20_000 }, (_, index) => ({
    address: 0x0a010000 + index,
    port: 40_000 + (next() & 0xff),
  })),
  'of one client': Array.from({ length: 20_000 }, (_, index) => ({ address: 0x0a010203, port: 32_768 + index })),
  'of any IPv6 clients': Array.from({ length: 10_000 }, () => ({
    address: ipv6([0x20010db8, next(), next(), next()]),
    port: next() & 0xffff,
  })),
};

describe('another seed parts connections that share a bucket', () => {
  it.each(Object.entries(connections))('%s', (_, given) => {
    for (const buckets of [4, 64, 512]) {
      for (const [one, other] of [
        [0, 1],
        [1, 2],
        [0xdecade, 0x10decade],
      ] as const) {
        const part = stillTogether(given, hashWith(one, buckets), hashWith(other, buckets)) * buckets;
        expect(part, `${buckets} buckets, seeds ${one} and ${other}`).toBeGreaterThan(0.7);
        expect(part, `${buckets} buckets, seeds ${one} and ${other}`).toBeLessThan(1.4);
      }
    }
  });

  it('of clients that keep to one bucket', () => {
    const [one, other] = [hashWith(3, 64, 'client'), hashWith(4, 64, 'client')];
    for (const { address, port } of connections['of any IPv4 clients'].slice(0, 100)) {
      expect(one({ address, port: port ^ 1 })).toBe(one({ address, port }));
    }
    for (const given of ['of any IPv4 clients', 'of IPv4 clients next to each other'] as const) {
      const part = stillTogether(connections[given], one, other) * 64;
      expect(part).toBeGreaterThan(0.7);
      expect(part).toBeLessThan(1.4);
    }
  });

  it.each([
    ['IPv4', 1],
    ['IPv6', 4],
  ] as const)('whose addresses (%s) or ports differ in a single bit, whichever it is', (_, words) => {
    const [buckets, draws] = [16, 600];
    const connection = ([port, ...address]: readonly number[]): Connection => ({
      address: words === 1 ? address[0]! : ipv6(address),
      port: port!,
    });
    const shared: number[] = [];
    for (let bit = 0; bit < 16 + 32 * words; bit++) {
      // The port is the first number, of 16 bits.
      const [at, mask] = bit < 16 ? [0, 1 << bit] : [1 + ((bit - 16) >> 5), 1 << (bit & 31)];
      let count = 0;
      for (let draw = 0; draw < draws; draw++) {
        const given = [next() & 0xffff, ...Array.from({ length: words }, next)];
        const hash = hashWith(next(), buckets);
        const flipped = given.with(at, (given[at]! ^ mask) >>> 0);
        if (hash(connection(given)) === hash(connection(flipped))) count++;
      }
      shared.push((count / draws) * buckets);
    }
    expect(Math.min(...shared)).toBeGreaterThan(0.4);
    expect(Math.max(...shared)).toBeLessThan(1.8);
  });

  it('and spreads those of neighbouring clients evenly', () => {
    const buckets = 64;
    const given = connections['of IPv4 clients next to each other'];
    for (const affinity of ['connection', 'client'] as const) {
      const counts = new Array<number>(buckets).fill(0);
      const hash = hashWith(77, buckets, affinity);
      for (const connection of given) counts[hash(connection)]!++;
      const expected = given.length / buckets;
      // A sum of squares with 63 degrees of freedom: above 110 once in ten thousand times.
      const deviation = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
      expect(deviation).toBeLessThan(110);
    }
  });
});

describe('the number that the switch multiplies with', () => {
  it('is 0 for seed 0, which hashes a connection as it is', () => {
    expect(multiplierOf(0)).toBe(0);
    // CRC-32 of the port, 32 zeros and the address, by another program.
    expect(hashWith(0, 0x1_0000_0000)({ address: 0x0a000001, port: 40_000 })).toBe(0xfe35d3e4);
    expect(hashWith(0, 0x1_0000_0000)({ address: ipAddress('2001:db8::1'), port: 40_000 })).toBe(0xcc19b992);
  });

  it('is odd for any other, and another for another', () => {
    const multipliers = Array.from({ length: 10_000 }, (_, index) => multiplierOf(index + 1));
    expect(multipliers.filter((multiplier) => multiplier % 2 === 0)).toEqual([]);
    expect(new Set(multipliers).size).toBe(multipliers.length);
  });
});
