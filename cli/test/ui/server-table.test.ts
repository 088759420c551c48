/** The servers' lines: what one acts by can be read, at any width, with any names. */
import { describe, expect, test } from 'vitest';
import { fitMiddle, fitNames } from '../../src/ui/format.ts';
import type { ServerView } from '../../src/ui/model.ts';
import { rowText } from '../../src/ui/rows.ts';
import { screenRows } from '../../src/ui/screen.ts';
import { serverRow, tableOf, troubleText } from '../../src/ui/server-table.ts';
import { stateOf, viewInShift } from './fixtures.ts';

const [LIKE] = viewInShift(3, 16, false).controller!.servers;

function servers(...changes: readonly Partial<ServerView>[]): ServerView[] {
  return changes.map((change, index) => ({ ...LIKE!, id: index + 1, ...change }));
}

function lines(list: readonly ServerView[], width: number): string[] {
  const table = tableOf(list, undefined, width);
  return list.map((server, index) => rowText(serverRow(server, index, table)));
}

describe('names', () => {
  const numbered = servers(...[1, 2, 3].map((n) => ({ name: `backend-00${n}`, address: `10.0.1.10${n}:8080` })));
  const long = servers(
    ...[1, 2, 3].map((n) => ({
      name: `backend-with-a-very-long-name-0${n}.example.com`,
      address: `[2001:db8:1234:5678:9abc:def0:1234:100${n}]:853`,
    })),
  );

  test('whole where there is room, before the bar', () => {
    for (const [index, line] of lines(numbered, 80).entries()) {
      expect(line).toContain(` backend-00${index + 1} 10.0.1.10${index + 1}:8080 active `);
    }
    for (const [index, line] of lines(long, 200).entries()) {
      expect(line).toContain(
        `-0${index + 1}.example.com [2001:db8:1234:5678:9abc:def0:1234:100${index + 1}]:853 active`,
      );
    }
  });

  test('else told apart, as addresses are, and the rest of the line stays', () => {
    for (const width of [60, 80, 100]) {
      const shown = lines(long, width);
      const names = shown.map((line) => line.split(' ')[2]);
      expect(new Set(names).size, `${width}`).toBe(3);
      for (const line of shown) expect(line).toMatch(/ active +8 buckets +0 pins .* pkt\/s$/);
    }
    expect(lines(long, 80)[1]).toContain('name-02…');
    expect(lines(long, 80)[1]).toContain('1002]:853');
  });

  test('columns stand under each other', () => {
    for (const width of [60, 80, 110, 200]) {
      const mixed = lines([...numbered, ...long, ...servers({ name: 's1', state: 'draining' })], width);
      expect(new Set(mixed.map((line) => line.indexOf(' buckets'))).size, `${width}`).toBe(1);
      for (const line of mixed) expect(line.length).toBeLessThanOrEqual(width);
    }
  });

  test('a text cut in its middle has the width it may have', () => {
    for (let width = 1; width < 12; width++) expect(fitMiddle('0123456789', width)).toHaveLength(Math.min(10, width));
    expect(fitNames(['web-1.example.com', 'web-22.example.com', 's1'], 8)).toEqual(['web-1…', 'web-22…', 's1']);
    expect(fitNames(['a-single-long-name'], 8)).toEqual(['a-…-name']);
  });
});

describe('trouble', () => {
  test('a server that is down says so without colour, at any width', () => {
    const list = servers(
      { health: 'down' },
      { state: 'dead', health: 'down' },
      { state: 'draining', health: 'down' },
      {},
    );
    for (const width of [60, 80, 200]) {
      const [down, dead, draining, up] = lines(list, width);
      expect(down).toContain(' !down ');
      expect(dead).toContain(' !dead ');
      expect(draining).toContain(' !down ');
      expect(up).toContain(' active ');
      expect(up).not.toContain('!');
    }
  });

  test('a server that is out of sight is counted in the heading', () => {
    const view = viewInShift(40, 256, false);
    const list = view.controller!.servers.map((server, index) =>
      index === 30 ? { ...server, health: 'down' } : server,
    );
    expect(troubleText(list)).toBe(' · 1 DOWN · 1 draining');
    const shown = screenRows(stateOf({ ...view, controller: { ...view.controller!, servers: list } })).map(rowText);
    expect(shown.find((line) => line.startsWith('─ servers'))).toMatch(/1 to \d+ of 40 · 1 DOWN · 1 draining ─/);
  });
});
