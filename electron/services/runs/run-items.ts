import type { RunItem } from '#shared/model/run.ts';
import { Turns } from '../../core/limits/turns.ts';
import type { BlobPair, ItemsQuery, RecordPage, RecordQuery, RunManager } from '../../core/rotation/index.ts';

/** Items read at a time. */
const ITEMS = 500;

/** The blobs of runs, under the names that they have in this start. */
export class RunItems {
  readonly #manager: RunManager;
  readonly #mine: ReadonlySet<string>;

  /** `mine`: runs of this start, of which the blob ids are those of the workspace. */
  constructor(manager: RunManager, mine: ReadonlySet<string>) {
    this.#manager = manager;
    this.#mine = mine;
  }

  /** Blobs of runs of an earlier start have names of their own: the workspace's mean something else now. */
  page(runId: string, query: ItemsQuery): { total: number; items: RunItem[] } {
    const { total, items } = this.#manager.recorded.items(runId, query);
    return { total, items: this.#named(runId, query.offset, items) };
  }

  /** Blobs of a run that match, those that failed first. Throws FaultError `RunGone`. */
  async record(runId: string, query: RecordQuery): Promise<RecordPage> {
    const page = await this.#manager.recorded.record(runId, query);
    return { ...page, items: this.#named(runId, query.offset, page.items) };
  }

  /** `offset`: place of the first of these in what was asked for. */
  #named(runId: string, offset: number, items: RunItem[]): RunItem[] {
    if (this.#mine.has(runId)) return items;
    return items.map((item, i) => ({ ...item, blobId: `${runId}#${offset + i}` }));
  }

  /** Numbers of the items of which old and new blob can be compared. Throws FaultError `RunGone`. */
  comparable(runId: string): Promise<number[]> {
    return this.#manager.recorded.comparable(runId);
  }

  /** Old and new ciphertext of these items. Throws FaultError `RunGone`. */
  pairs(runId: string, items: ReadonlySet<number>): AsyncGenerator<BlobPair> {
    return this.#manager.recorded.pairs(runId, items);
  }

  /** Every item of a run, some at a time, with turns for others. Throws FaultError `RunGone`. */
  async *all(runId: string): AsyncGenerator<RunItem[]> {
    const turns = new Turns();
    for (let offset = 0; ; offset += ITEMS) {
      const { items } = this.page(runId, { offset, limit: ITEMS, only: 'all' });
      yield items;
      if (items.length < ITEMS) return;
      if (turns.over) await turns.give();
    }
  }
}
