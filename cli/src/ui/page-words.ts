/**
 * The words of each page, explained at the top of its help: whoever opens the screen in trouble has no time for the
 * documentation. What the keys do is in `keys.ts`.
 */
import type { PageName } from './state.ts';

/** A word that a page uses, and what it means. */
export type Explanation = readonly [word: string, meaning: string];

const IN_SHIFT: Explanation = [
  'in shift',
  'new connections go to the new server already, old ones still to the old one',
];

/** By page, the most needed first. */
export const PAGE_WORDS: Readonly<Record<PageName, readonly Explanation[]>> = {
  overview: [
    ['bucket', 'a share of the connections to a virtual address; it belongs to one server'],
    ['pin', 'the switch remembers a connection that goes elsewhere than its bucket'],
    ['FULL', 'no server has room, so the switch refuses new connections'],
    ['not settled', 'buckets on their way to another server, or not cleared up yet'],
  ],
  buckets: [
    IN_SHIFT,
    ['ready', 'waits for the other buckets only'],
    ['settling', 'moved for good; the switch is being cleared of its pins'],
  ],
  shift: [
    ['committed', 'buckets that no old connection needs the old server for'],
    ['settled', 'committed, and nothing more is remembered for them'],
    ['resets', 'servers that say "no such connection": many may mean that some broke'],
  ],
  server: [
    ['draining', 'gets no new connections; drained: safe to power off'],
    ['base', 'of a bucket: where its connections go that have no pin'],
    ['SYN', 'the first packet of a connection'],
  ],
  connections: [['decided by', 'pin: remembered by the switch; base: as its bucket says']],
  events: [],
  switch: [
    ['pins', 'connections that the switch remembers; full: new ones go to the old server'],
    ['digests', 'what the switch has reported, most of them new pins'],
  ],
  trace: [],
};
