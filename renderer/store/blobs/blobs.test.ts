// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from 'vitest';
import { host, later, ok, reset } from '../../bridge.test-help.ts';
import { makeRows } from '../../lib/table/rows.test-help.ts';
import { useBlobs } from './blobs.ts';
import { useSelection } from './selection.ts';

afterEach(() => reset(useBlobs, useSelection));

test('while rows of files that were read later are coming, it is known how many there are', async () => {
  const rows = makeRows(4);
  const second = later<void>();
  host({
    blobs: {
      list: () => ok({ total: 1, revision: 1, rows: rows.slice(0, 1) }),
      sources: () => ok({ total: 0, sources: [] }),
      selection: () => ok({ blobIds: [] }),
      changes: async ({ offset }: { offset: number }) => {
        if (offset > 0) await second.answer;
        const page = rows.slice(1 + offset, offset === 0 ? 3 : 4);
        return ok({ total: 4, revision: 2, whole: false, changed: 3, rows: page, gone: [] });
      },
    },
  });
  await useBlobs.getState().load();
  expect(useBlobs.getState()).toMatchObject({ total: 1, complete: true });

  const all = useBlobs.getState().follow();
  await vi.waitFor(() => expect(useBlobs.getState().total).toBe(4));
  expect(useBlobs.getState().rows).toHaveLength(1);
  second.give();
  await all;
  expect(useBlobs.getState().rows).toHaveLength(4);
});
