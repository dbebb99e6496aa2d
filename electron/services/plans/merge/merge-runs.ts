import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunItem, RunSummary } from '#shared/model/run.ts';
import { canonical, sha256 } from '../../../core/storage/hash.ts';
import { openPlan } from '../plan-source.ts';
import { readOrder, readShards, shardName, shardPath } from '../shard-plan.ts';
import { checkState } from '../shard-state.ts';
import { type ShardChain, ShardRecords } from './shard-records.ts';
import { MergedTally } from './tally.ts';

/** A shard of which something is left. */
interface ShardLeft {
  readonly shard: number;
  /** Blobs that are not final. */
  readonly blobs: number;
  /** False: no record of it was copied to the state folder. */
  readonly begun: boolean;
}

/** All shards of a plan as one run. */
export interface MergedRun {
  readonly run: RunSummary;
  readonly missing: readonly ShardLeft[];
  readonly chains: readonly ShardChain[];
  /** SHA-256 of the heads of all chains together, to be kept elsewhere. */
  readonly heads: string;
  /** What became of each blob, in the order of the plan. */
  items(): Generator<RunItem>;
  /** Removes what was put aside for {@link items}. */
  close(): void;
}

/**
 * Merges what shards recorded. `folder`: the shards; `state`: where their records are. `history`: gets every record of
 * every history, a line each. Memory holds one shard's page of items at a time. Throws FaultError `NoShards`, `NoPlan`,
 * `StateOfOtherPlan`, `StateNotWritable`, and system errors.
 */
export async function mergeRuns(
  folder: string,
  state: string,
  history: ((line: string) => void) | null = null,
): Promise<MergedRun> {
  const manifest = readShards(folder);
  checkState(state, manifest);
  const order = readOrder(folder);
  const scratch = mkdtempSync(join(tmpdir(), 'rewrap-merge-'));
  const aside = new Aside(join(scratch, 'items.jsonl'), manifest.count);
  try {
    const tally = new MergedTally();
    const runs: RunSummary[] = [];
    const chains: ShardChain[] = [];
    const missing: ShardLeft[] = [];
    for (let shard = 0; shard < manifest.count; shard++) {
      const plan = await openPlan(shardPath(folder, shard));
      aside.begin(shard);
      const records = await ShardRecords.open(
        shard,
        join(state, shardName(shard)),
        scratch,
        plan.totals.blobs,
      );
      try {
        let left = 0;
        for await (const files of plan.files())
          for (const file of files) {
            const items = records.next(file);
            left += items.filter((item) => item.state === 'waiting' || item.state === 'running').length;
            tally.add(file, items);
            aside.add(items);
          }
        if (left > 0) missing.push({ shard, blobs: left, begun: records.runs.length > 0 });
        runs.push(...records.runs);
        chains.push(...(await records.chains(history)));
      } finally {
        await records.close();
      }
    }
    const { terms } = await openPlan(shardPath(folder, 0));
    return {
      run: tally.summary(`merged-${manifest.plan.slice(0, 16)}`, terms, runs),
      missing,
      chains,
      heads: sha256(canonical(chains.map(({ shard, attempt, head }) => ({ shard, attempt, head })))),
      items: () => aside.inOrder(order),
      close: () => {
        aside.close();
        rmSync(scratch, { recursive: true, force: true });
      },
    };
  } catch (error) {
    aside.close();
    rmSync(scratch, { recursive: true, force: true });
    throw error;
  }
}

/** Characters kept before they are written. */
const BUFFERED = 1024 * 1024;
/** Read for one shard at a time, bytes. */
const PIECE = 16 * 1024;

/** Items shard by shard in one file, given back in the order of the whole plan. */
class Aside {
  readonly #fd: number;
  /** Where the lines of each shard begin. */
  readonly #starts: number[] = [];
  #lines: string[] = [];
  #held = 0;
  #at = 0;

  constructor(path: string, shards: number) {
    this.#fd = openSync(path, 'wx+', 0o600);
    this.#starts.length = shards;
  }

  begin(shard: number): void {
    this.#flush();
    this.#starts[shard] = this.#at;
  }

  /** The items of one file. */
  add(items: readonly RunItem[]): void {
    const line = `${JSON.stringify(items)}\n`;
    this.#lines.push(line);
    this.#held += line.length;
    if (this.#held > BUFFERED) this.#flush();
  }

  *inOrder(order: Uint16Array): Generator<RunItem> {
    this.#flush();
    const readers = new Map<number, Generator<RunItem[]>>();
    for (const shard of order) {
      const reader = readers.get(shard) ?? this.#read(this.#starts[shard] ?? 0);
      readers.set(shard, reader);
      yield* reader.next().value ?? [];
    }
  }

  close(): void {
    closeSync(this.#fd);
  }

  *#read(from: number): Generator<RunItem[]> {
    let rest = Buffer.alloc(0);
    for (let at = from; ; ) {
      const end = rest.indexOf(10);
      if (end >= 0) {
        yield JSON.parse(rest.toString('utf8', 0, end));
        rest = rest.subarray(end + 1);
        continue;
      }
      const piece = Buffer.alloc(Math.max(PIECE, rest.length));
      const read = readSync(this.#fd, piece, 0, piece.length, at);
      if (read === 0) return;
      at += read;
      rest = Buffer.concat([rest, piece.subarray(0, read)]);
    }
  }

  #flush(): void {
    const bytes = Buffer.from(this.#lines.join(''));
    for (let done = 0; done < bytes.length; )
      done += writeSync(this.#fd, bytes, done, bytes.length - done, this.#at + done);
    this.#at += bytes.length;
    this.#lines = [];
    this.#held = 0;
  }
}
