// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from 'vitest';
import { host, later, ok, reset } from '../../bridge.test-help.ts';
import { makeRows } from '../../lib/table/rows.test-help.ts';
import { useBlobs } from './blobs.ts';
import { useSelection } from './selection.ts';

afterEach(() => reset(useBlobs, useSelection));

test('what an audit finds while rows are coming stays with each of them', async () => {
  const rows = makeRows(2601).map((row) => ({ ...row, findings: [], worst: null }));
  const asked = vi.fn();
  let gate = later<void>();
  const open = (): void => {
    gate.give();
    gate = later();
  };
  host({
    blobs: {
      list: async ({ offset, limit }: { offset: number; limit: number }) => {
        asked(offset);
        if (offset > 0) await gate.answer;
        return ok({ total: 2600, revision: 1, rows: rows.slice(offset, Math.min(offset + limit, 2600)) });
      },
      sources: async () => {
        asked('sources');
        await gate.answer;
        return ok({ total: 0, sources: [] });
      },
      selection: () => ok({ blobIds: [] }),
      changes: () =>
        ok({ total: 2601, revision: 2, whole: false, changed: 1, rows: rows.slice(2600), gone: [] }),
    },
  });
  const find = (code: string): void =>
    useBlobs
      .getState()
      .setFound(
        new Map(
          rows.map(({ id }) => [id, { ids: [code], codes: [code as never], worst: 'critical' as const }]),
        ),
      );
  /** How many rows there are, and what was found of them. */
  const list = () => {
    const { rows: all } = useBlobs.getState();
    return [all.length, ...new Set(all.map(({ findings }) => findings.join()))];
  };

  const loaded = useBlobs.getState().load();
  await vi.waitFor(() => expect(asked).toHaveBeenCalledWith(250));
  find('first');
  open();
  await vi.waitFor(() => expect(asked).toHaveBeenCalledWith(2250));
  await vi.waitFor(() => expect(list()).toEqual([2250, 'first']));
  find('second');
  open();
  await loaded;
  expect(list()).toEqual([2600, 'second']);

  asked.mockClear();
  const followed = useBlobs.getState().follow();
  await vi.waitFor(() => expect(asked).toHaveBeenCalledWith('sources'));
  find('third');
  open();
  await followed;
  expect(list()).toEqual([2601, 'third']);
  useBlobs.getState().setFound(new Map());
  expect(list()).toEqual([2601, '']);
});

test('while rows of files that were read later are coming, it is known how many there are', async () => {
  const rows = makeRows(7);
  const second = later<void>();
  host({
    blobs: {
      list: () => ok({ total: 4, revision: 1, rows: rows.slice(0, 4) }),
      sources: () => ok({ total: 0, sources: [] }),
      selection: () => ok({ blobIds: [] }),
      changes: async ({ offset }: { offset: number }) => {
        if (offset > 0) await second.answer;
        const page = rows.slice(4 + offset, offset === 0 ? 6 : 7);
        return ok({
          total: 6,
          revision: 2,
          whole: false,
          changed: 3,
          rows: page,
          gone: [rows[0]?.id, 'never listed'],
        });
      },
    },
  });
  await useBlobs.getState().load();
  expect(useBlobs.getState()).toMatchObject({ total: 4, complete: true });

  const all = useBlobs.getState().follow();
  // One of the four is gone, and stays until the three others are here.
  await vi.waitFor(() => expect(useBlobs.getState()).toMatchObject({ total: 6, more: 3 }));
  expect(useBlobs.getState().rows).toHaveLength(4);
  second.give();
  await all;
  expect(useBlobs.getState()).toMatchObject({ total: 6, more: 0 });
  expect(useBlobs.getState().rows).toHaveLength(6);
});
