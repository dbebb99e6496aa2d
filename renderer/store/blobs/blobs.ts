import { create } from 'zustand';
import type { BlobRow, SourceInfo } from '#shared/model/blob.ts';
import { FIRST_ROWS } from '#shared/model/choices.ts';
import type { Fault } from '#shared/model/fault.ts';
import { bridge, call, pageFaultOf } from '../../api.ts';
import { type FoundOfRow, withFound } from '../../lib/findings.ts';
import { inBackground } from '../../lib/table/order.ts';
import { Table } from '../../lib/table/table.ts';
import { useSelection } from './selection.ts';

/** Rows of each further page: read and indexed in a few milliseconds, well under a frame. */
const PAGE = 2000;
const SOURCES_PAGE = 5000;

interface BlobStore {
  /** The rows with their index. */
  readonly table: Table;
  readonly rows: readonly BlobRow[];
  readonly byId: Pick<Table, 'get' | 'has'>;
  readonly sources: readonly SourceInfo[];
  readonly status: 'loading' | 'ready' | 'failed';
  /** Number of blobs that the host has; another than there are rows while they are coming. */
  readonly total: number;
  /** How many rows of files that were read later are coming to a list that was complete. */
  readonly more: number;
  /** Whether every row of the host is here. */
  readonly complete: boolean;
  readonly fault: Fault | null;
  /** What an audit found of blobs beyond their files, by id; rows hold it too. */
  readonly found: ReadonlyMap<string, FoundOfRow>;
  setFound(found: ReadonlyMap<string, FoundOfRow>): void;
  /** The first blob of a key material. */
  firstOf(fingerprint: string): BlobRow | undefined;
  /** Fetches everything anew. */
  load(): Promise<void>;
  /** Fetches what changed since. */
  follow(): Promise<void>;
}

const NOTHING = Table.of([]);
let revision = 0;
let busy = false;
let working: Promise<void> = Promise.resolve();
let again = false;
/** Of rows with what an audit found: the row as the host gave it, and what was found. */
const dress = new WeakMap<BlobRow, { readonly plain: BlobRow; readonly found: FoundOfRow }>();
let stopPreparing = (): void => {};

/** Every blob that was taken in. The first page shows at once, the others join it; afterwards only changes come. */
export const useBlobs = create<BlobStore>()((set, get) => {
  const show = (table: Table, rest: Partial<BlobStore>): void => {
    useSelection.getState().follow(table);
    set({ table, rows: table.rows, byId: table, status: 'ready', fault: null, ...rest });
  };
  /** A row of the host with what an audit found of it. */
  const dressed = (plain: BlobRow): BlobRow => {
    const found = get().found.get(plain.id);
    const row = withFound(plain, found);
    if (found !== undefined) dress.set(row, { plain, found });
    return row;
  };
  /** Each row with what is found of it now: an audit may answer at any time while rows are coming. */
  const dressedAnew = (table: Table): Table => {
    const { found } = get();
    const changed = table.rows.flatMap((row) => {
      const has = dress.get(row);
      const now = found.get(row.id);
      if (has?.found === now || has?.found.ids.join() === now?.ids.join()) return [];
      return [dressed(has?.plain ?? row)];
    });
    return changed.length === 0 ? table : table.withFindings(changed);
  };
  const settle = (coming: Table, rest: Partial<BlobStore>): void => {
    const first = !get().complete;
    const table = dressedAnew(coming);
    show(table, { ...rest, total: table.size, more: 0, complete: true });
    if (first) void useSelection.getState().restore();
    stopPreparing();
    stopPreparing = inBackground(table.preparing());
  };
  /** One at a time; what comes meanwhile is done once, afterwards, and has been when that resolves. */
  const alone = (work: () => Promise<void>): Promise<void> => {
    if (busy) again = true;
    else {
      busy = true;
      working = through(work);
    }
    return working;
  };
  const through = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
      while (again) {
        again = false;
        await changes();
      }
    } catch (error) {
      set({ status: 'failed', fault: pageFaultOf(error), more: 0 });
    } finally {
      busy = false;
      again = false;
    }
  };

  /** A page of rows; past the end nothing is asked. Its failure is met where it is awaited. */
  const ask = async (offset: number, total: number): Promise<{ revision: number; rows: BlobRow[] }> =>
    offset < total ? await call(bridge().blobs.list({ offset, limit: PAGE })) : { revision, rows: [] };

  /** The same begun; a failure that nothing waits for any more is no news. */
  const asked = (offset: number, total: number): ReturnType<typeof ask> => {
    const coming = ask(offset, total);
    coming.catch(() => undefined);
    return coming;
  };

  /** All rows of one revision. A change while paging makes it begin again, so that no row is missed or doubled. */
  const everything = async (): Promise<void> => {
    for (;;) {
      let table = NOTHING;
      let arrived: BlobRow[] = [];
      const first = await call(bridge().blobs.list({ offset: 0, limit: FIRST_ROWS }));
      const { total } = first;
      revision = first.revision;
      const sources = allSources();
      // Its failure is met where it is awaited, unless the rows fail first.
      sources.catch(() => undefined);
      arrived.push(...first.rows.map(dressed));
      // Also of a short list: that it is complete is known once the files are known. While an earlier list is on the screen it
      // stays there until the new one is complete.
      const visibly = get().table.size === 0 && total > 0;
      if (visibly) {
        table = dressedAnew(table.with(arrived));
        arrived = [];
        show(table, { total, complete: false });
      }
      let next = FIRST_ROWS;
      let same = true;
      // The host makes the next page ready while this one is read.
      let coming = asked(next, total);
      while (same && next < total) {
        const page = await coming;
        next += PAGE;
        coming = asked(next, total);
        same = page.revision === revision && page.rows.length > 0;
        arrived.push(...page.rows.map(dressed));
        // Each showing costs a pass over what is there: twice as much each time, so that the whole costs two.
        if (visibly && arrived.length >= table.size * 3) {
          table = dressedAnew(table.with(arrived));
          arrived = [];
          show(table, { total, complete: false });
        } else if (arrived.length >= PAGE * 2) {
          table = table.with(arrived);
          arrived = [];
        }
      }
      if (!same) continue;
      settle(arrived.length === 0 ? table : table.with(arrived), { sources: await sources });
      return;
    }
  };

  const changes = async (): Promise<void> => {
    if (get().table.size === 0 || !get().complete) return everything();
    for (;;) {
      const rows: BlobRow[] = [];
      const since = revision;
      const first = await call(bridge().blobs.changes({ since, offset: 0, limit: PAGE }));
      if (first.whole) return everything();
      rows.push(...first.rows);
      // While more is to come, the list is known not to be all of it. Rows that are gone stay in it until the rest is here.
      if (rows.length < first.changed) {
        const { table } = get();
        const stay = table.size - first.gone.filter((id) => table.has(id)).length;
        set({ total: first.total, more: Math.max(0, first.total - stay) });
      }
      let same = true;
      while (same && rows.length < first.changed) {
        const page = await call(bridge().blobs.changes({ since, offset: rows.length, limit: PAGE }));
        same = page.revision === first.revision && page.rows.length > 0;
        rows.push(...page.rows);
      }
      if (!same) continue;
      const before = get().table;
      if (first.gone.length > before.size / 2) return everything();
      const table = before.without(new Set(first.gone)).with(rows.map(dressed));
      const moved = first.gone.length > 0 || table.size > before.size;
      revision = first.revision;
      settle(table, moved ? { sources: await allSources() } : {});
      return;
    }
  };

  return {
    table: NOTHING,
    rows: [],
    byId: NOTHING,
    sources: [],
    status: 'loading',
    total: 0,
    more: 0,
    complete: false,
    fault: null,
    found: new Map(),
    setFound(found) {
      const before = get().found;
      if (before.size === 0 && found.size === 0) return;
      const { table, complete } = get();
      set({ found });
      const now = dressedAnew(table);
      if (now !== table) show(now, { complete });
    },
    firstOf: (fingerprint) => get().rows.find((row) => row.identification.keyFingerprint === fingerprint),
    load: () => alone(everything),
    follow: () => alone(changes),
  };
});

async function allSources(): Promise<SourceInfo[]> {
  const sources: SourceInfo[] = [];
  for (;;) {
    const page = await call(bridge().blobs.sources({ offset: sources.length, limit: SOURCES_PAGE }));
    sources.push(...page.sources);
    if (page.sources.length === 0 || sources.length >= page.total) return sources;
  }
}
