import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFolder, startPractice } from './practice.ts';
import { type BenchSection, table } from './results.ts';
import { command, type Took } from './workers.ts';

const SHARDS = 16;
/** Blobs of a file. */
const EACH = 100;

/**
 * A plan by the shell, and its split into shards, of so many blobs and of a tenth of them: what is flat takes the same
 * memory for both. One round, since the larger takes minutes.
 */
export async function shardsSuite(blobs: number): Promise<BenchSection> {
  const top = mkdtempSync(join(tmpdir(), 'rewrap-bench-shards-'));
  const practice = await startPractice(top);
  const rows: (Took & { readonly name: string; readonly blobs: number })[] = [];
  try {
    for (const size of [blobs / 10, blobs]) {
      const at = join(top, String(size));
      const plan = join(at, 'plan.json');
      mkdirSync(at, { recursive: true });
      makeFolder(practice, join(at, 'files'), size / EACH, EACH);
      const planned = ['plan', join(at, 'files'), '--to', practice.destination, '-o', plan];
      rows.push({ name: 'planned', blobs: size, ...(await command(practice, at, planned)) });
      const sharded = ['plan', 'shard', plan, '--shards', String(SHARDS), '-o', join(at, 'shards')];
      const split = await command({ ...practice, endpoint: null }, at, sharded);
      rows.push({ name: `split into ${SHARDS} shards`, blobs: size, ...split });
      rmSync(at, { recursive: true, force: true });
    }
  } finally {
    practice.child.stdin?.end();
    rmSync(top, { recursive: true, force: true });
  }
  return {
    title: 'Shards',
    text: `Files of ${EACH} blobs, from the start of each command to its exit; one round.`,
    table: table(
      ['', 'Blobs', 'Seconds', 'CPU a blob', 'Peak memory'],
      rows.map(({ name, blobs: size, ms, cpuMs, peakMiB }) => [
        name,
        size.toLocaleString('en'),
        (ms / 1000).toFixed(1),
        `${((cpuMs * 1000) / size).toFixed(1)} µs`,
        `${peakMiB.toFixed(0)} MiB`,
      ]),
    ),
    figures: { each: EACH, shards: SHARDS, rows },
  };
}
