/** The journal: what was flushed is there after a crash at any byte, damage is refused, compaction loses nothing. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32 } from '../../src/journal/crc32.ts';
import { Journal, JournalDamagedError, type JournalFormat } from '../../src/journal/journal.ts';
import { MemoryFiles } from '../../src/testing/memory-files.ts';

/** Records are numbers, the state is their list. */
const format: JournalFormat<number, number[]> = {
  empty: () => [],
  apply: (state, record) => {
    state.push(record);
  },
  snapshot: (state) => [...state],
};

async function written(batches: readonly (readonly number[])[]): Promise<MemoryFiles> {
  const files = new MemoryFiles();
  const journal = await Journal.open('j', files, format);
  for (const batch of batches) {
    for (const record of batch) journal.add(record);
    await journal.flush();
  }
  return files;
}

describe('journal', () => {
  it('computes CRC-32 as everybody does', () => {
    expect(crc32(Buffer.from('123456789')).toString(16)).toBe('cbf43926');
  });

  it('has whole batches after a crash at any byte, and goes on from there', async () => {
    const batches = [[1, 2], [3], [4, 5, 6], [7]];
    const whole = (await written(batches)).contents.get('j')!;
    for (let length = 0; length <= whole.length; length++) {
      const files = new MemoryFiles();
      files.contents.set('j', whole.subarray(0, length));
      const journal = await Journal.open('j', files, format);
      const lines = whole.subarray(0, length).toString().split('\n').length - 1;
      expect(journal.state).toEqual(batches.slice(0, lines).flat());
      journal.add(8);
      await journal.flush();
      expect((await Journal.open('j', files, format)).state).toEqual([...batches.slice(0, lines).flat(), 8]);
    }
  });

  it('refuses damage that no crash explains', async () => {
    const content = (await written([[1], [2], [3]])).contents.get('j')!;
    const damaged = Buffer.from(content);
    damaged[content.indexOf('[2]') + 1] = 0x39;
    const files = new MemoryFiles();
    files.contents.set('j', damaged);
    await expect(Journal.open('j', files, format)).rejects.toThrow(JournalDamagedError);
    await expect(Journal.open('j', files, format)).rejects.toThrow('at line 2');
  });

  it('compaction keeps the state', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.nat(9), { minLength: 1, maxLength: 3 }), { maxLength: 20 }),
        async (batches) => {
          const files = new MemoryFiles();
          const journal = await Journal.open('j', files, format, 5);
          for (const batch of batches) {
            for (const record of batch) journal.add(record);
            await journal.flush();
          }
          expect((await Journal.open('j', files, format)).state).toEqual(batches.flat());
          expect(files.contents.get('j')!.toString().split('\n').length).toBeLessThanOrEqual(6);
        },
      ),
      { numRuns: 50 },
    );
  });
});
