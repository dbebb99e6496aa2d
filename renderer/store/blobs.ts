import { create } from 'zustand';
import type { BlobRow, SourceInfo } from '#shared/model/blob.ts';
import type { Fault } from '#shared/model/fault.ts';
import { bridge, call, faultOf } from '../api.ts';
import { warmFilter } from '../lib/arrange.ts';
import { useSelection } from './selection.ts';

const PAGE = 2000;

interface BlobStore {
  readonly rows: readonly BlobRow[];
  readonly byId: ReadonlyMap<string, BlobRow>;
  readonly sources: readonly SourceInfo[];
  readonly status: 'loading' | 'ready' | 'failed';
  readonly fault: Fault | null;
  load(): Promise<void>;
}

let generation = 0;
let stopWarming = (): void => {};

/** Every blob that was taken in, fetched in pages; fetched again whenever the host says the set changed. */
export const useBlobs = create<BlobStore>()((set) => ({
  rows: [],
  byId: new Map(),
  sources: [],
  status: 'loading',
  fault: null,
  async load() {
    generation += 1;
    const mine = generation;
    try {
      const [rows, sources] = await Promise.all([allRows(), allSources()]);
      if (mine !== generation) return;
      const byId = new Map(rows.map((row) => [row.id, row]));
      useSelection.getState().keepOnly(byId);
      set({ rows, byId, sources, status: 'ready', fault: null });
      stopWarming();
      stopWarming = warmFilter(rows);
    } catch (error) {
      if (mine === generation) set({ status: 'failed', fault: faultOf(error) });
    }
  },
}));

/** All rows of one revision. A change while paging makes it begin again, so that no row is missed or doubled. */
async function allRows(): Promise<BlobRow[]> {
  for (;;) {
    const rows: BlobRow[] = [];
    let revision: number | null = null;
    let total = 0;
    do {
      const page = await call(bridge().blobs.list({ offset: rows.length, limit: PAGE }));
      if (revision !== null && page.revision !== revision) break;
      revision = page.revision;
      total = page.total;
      rows.push(...page.rows);
      if (page.rows.length === 0) break;
    } while (rows.length < total);
    if (rows.length >= total) return rows;
  }
}

async function allSources(): Promise<SourceInfo[]> {
  const sources: SourceInfo[] = [];
  for (;;) {
    const page = await call(bridge().blobs.sources({ offset: sources.length, limit: PAGE }));
    sources.push(...page.sources);
    if (page.sources.length === 0 || sources.length >= page.total) return sources;
  }
}
