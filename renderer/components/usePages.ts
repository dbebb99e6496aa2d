import { useCallback, useEffect, useRef, useState } from 'react';
import type { Fault } from '#shared/model/fault.ts';
import { pageFaultOf } from '../api.ts';

/** Rows of one request: a few screens. */
const PAGE = 100;

/** A part of a list, and how long the list is. */
interface LoadedPage<Row> {
  readonly total: number;
  readonly rows: readonly Row[];
}

interface Pages<Reply extends LoadedPage<unknown>> {
  /** The last reply: the length of the list, and what comes with it; null before the first. */
  readonly reply: Reply | null;
  readonly fault: Fault | null;
  readonly rowAt: (index: number) => Reply['rows'][number] | undefined;
  /** Has the pages of these rows fetched. */
  readonly see: (first: number, last: number) => void;
  /** Fetches what is here anew; it stays until the new is there. */
  readonly refresh: () => void;
}

/**
 * A long list of the host, of which the pages that are seen are fetched. `fetchPage` must keep its identity as long as the
 * list is the same: another one is another list, of which the first page replaces what is here.
 */
export function usePages<Reply extends LoadedPage<unknown>>(
  fetchPage: (offset: number, limit: number) => Promise<Reply>,
): Pages<Reply> {
  type Row = Reply['rows'][number];
  const [pages, setPages] = useState<{ of: unknown; rows: ReadonlyMap<number, readonly Row[]> }>({
    of: null,
    rows: new Map(),
  });
  const [reply, setReply] = useState<Reply | null>(null);
  const [fault, setFault] = useState<Fault | null>(null);
  const asked = useRef(new Map<number, unknown>());
  const current = useRef<unknown>(null);
  const seen = useRef({ first: 0, last: 0 });
  const ask = useCallback(
    async (page: number, list: unknown): Promise<void> => {
      asked.current.set(page, list);
      try {
        const found = await fetchPage(page * PAGE, PAGE);
        if (current.current !== list) return;
        setReply(found);
        setFault(null);
        setPages((before) => ({
          of: list,
          rows: new Map(before.of === list ? before.rows : []).set(page, found.rows),
        }));
      } catch (error) {
        if (asked.current.get(page) === list) asked.current.delete(page);
        if (current.current === list) setFault(pageFaultOf(error));
      }
    },
    [fetchPage],
  );
  const see = useCallback(
    (first: number, last: number): void => {
      seen.current = { first, last };
      const list = current.current;
      for (let page = Math.floor(first / PAGE); page <= Math.floor(last / PAGE); page++)
        if (asked.current.get(page) !== list) void ask(page, list);
    },
    [ask],
  );
  const begin = useCallback((): void => {
    const list = {};
    current.current = list;
    asked.current = new Map();
    see(seen.current.first, seen.current.last);
  }, [see]);
  useEffect(() => {
    seen.current = { first: 0, last: 0 };
    begin();
    return () => {
      current.current = null;
    };
  }, [begin]);
  const { rows } = pages;
  const rowAt = useCallback(
    (index: number): Row | undefined => rows.get(Math.floor(index / PAGE))?.[index % PAGE],
    [rows],
  );
  return { reply, fault, rowAt, see, refresh: begin };
}
