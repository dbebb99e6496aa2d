import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { HistoryHead, HistoryVerdict } from '#shared/model/history.ts';
import type { PlannedFile } from '#shared/model/plan.ts';
import type { RunItem, RunSummary } from '#shared/model/run.ts';
import { attemptsIn, RunManager } from '../../../core/rotation/index.ts';
import { makeFolders } from '../../../core/storage/files.ts';
import { History } from '../../history/index.ts';

/** Items read at a time. */
const PAGE = 500;

/** The history of one attempt at a shard. */
export interface ShardChain {
  readonly shard: number;
  readonly attempt: string;
  readonly head: HistoryHead;
  /** The first link that does not hold; null where all do. */
  readonly broken: HistoryVerdict['broken'];
}

/** One record of a history, on one line. */
type Line = (line: string) => void;

/**
 * What the attempts at one shard recorded, newest first. Journals and histories are looked at in copies: those in the state
 * folder may be of machines that still work.
 */
export class ShardRecords {
  readonly #shard: number;
  readonly #attempts: { readonly name: string; readonly folder: string; readonly manager: RunManager }[] = [];
  readonly #cursors: ItemCursor[] = [];
  readonly runs: RunSummary[] = [];

  private constructor(shard: number) {
    this.#shard = shard;
  }

  /** `state`: that of the shard. `scratch`: a folder for the copies. `blobs`: how many the shard has. */
  static async open(shard: number, state: string, scratch: string, blobs: number): Promise<ShardRecords> {
    const records = new ShardRecords(shard);
    for (const name of attemptsIn(state)) {
      const folder = join(scratch, name);
      makeFolders(folder, 0o700);
      for (const file of ['runs.sqlite', 'history.sqlite', 'history.head.json'])
        if (existsSync(join(state, name, file))) copyFileSync(join(state, name, file), join(folder, file));
      const manager = new RunManager(folder, () => {});
      records.#attempts.push({ name, folder, manager });
      for (const run of await manager.list()) {
        // A run of what another one left has other blobs: what it did is in the journal of a later attempt.
        if (run.dryRun || run.counts.total !== blobs) continue;
        records.runs.push(run);
        records.#cursors.push(new ItemCursor(manager, run.id));
      }
    }
    return records;
  }

  /** What became of each blob of the next file, in the plan's order. */
  next(file: PlannedFile): RunItem[] {
    return file.blobs.map((blob) => {
      let best: RunItem | null = null;
      for (const cursor of this.#cursors) {
        const item = cursor.next();
        if (item === null || item.place !== blob.place || item.sha256Before !== blob.sha256) continue;
        if (best === null || rank(item) > rank(best)) best = item;
      }
      return best ?? notBegun(file.path, blob);
    });
  }

  /** The histories, each checked link by link; `records`: gets every record, as one line of JSON each. */
  async chains(records: Line | null): Promise<ShardChain[]> {
    const chains: ShardChain[] = [];
    for (const { name, folder } of this.#attempts) {
      if (!existsSync(join(folder, 'history.sqlite'))) continue;
      const history = new History(folder);
      try {
        const { head, broken } = await history.verify();
        chains.push({ shard: this.#shard, attempt: name, head, broken });
        if (records !== null)
          for await (const some of history.newest(head.count))
            for (const record of some)
              records(JSON.stringify({ shard: this.#shard, attempt: name, ...record }));
      } finally {
        history.close();
      }
    }
    return chains;
  }

  async close(): Promise<void> {
    for (const { manager, folder } of this.#attempts) {
      await manager.close();
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

/** The items of a run, one after the other. */
class ItemCursor {
  readonly #manager: RunManager;
  readonly #runId: string;
  #page: readonly RunItem[] = [];
  #at = 0;
  #offset = 0;

  constructor(manager: RunManager, runId: string) {
    this.#manager = manager;
    this.#runId = runId;
  }

  next(): RunItem | null {
    if (this.#at === this.#page.length) {
      this.#page = this.#manager.recorded.items(this.#runId, {
        offset: this.#offset,
        limit: PAGE,
        only: 'all',
      }).items;
      this.#offset += this.#page.length;
      this.#at = 0;
    }
    return this.#page[this.#at++] ?? null;
  }
}

/** Which of two records of one blob says more of how it stands. */
function rank({ state, fault }: RunItem): number {
  switch (state) {
    case 'reencrypted':
    case 'restored':
    case 'would-succeed':
      return 5;
    case 'already':
      return 4;
    case 'failed':
      return 3;
    case 'skipped':
      return isMissed(fault?.code) ? 1 : 3;
    case 'waiting':
    case 'running':
      return 0;
  }
}

/** Whether a blob was skipped because its run stopped before it. */
export const isMissed = (code: string | undefined): boolean => code === 'Cancelled' || code === 'RunStopped';

function notBegun(file: string, { place, sha256, fingerprint }: PlannedFile['blobs'][number]): RunItem {
  return {
    blobId: '',
    file,
    place,
    state: 'waiting',
    fault: null,
    sent: null,
    sourceKeyArn: null,
    destinationKeyArn: null,
    sourceKeyMaterialId: null,
    destinationKeyMaterialId: null,
    requestId: null,
    decryptRequestId: null,
    sha256Before: sha256,
    sha256After: null,
    fingerprintBefore: fingerprint,
    fingerprintAfter: null,
    output: null,
    backup: null,
    notes: [],
  };
}
