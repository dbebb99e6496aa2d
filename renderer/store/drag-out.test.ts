// @vitest-environment happy-dom
import type { DragEvent } from 'react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { makeRows } from '../lib/table/rows.test-help.ts';
import { useConnection } from './connection/connection.ts';
import { dragRow, pressRow } from './drag-out.ts';

const rows = makeRows(4);
const heard: unknown[] = [];
let truncated = false;

beforeEach(() => {
  heard.length = 0;
  truncated = false;
  const inspect = async ({ blobId }: { blobId: string }) => ({
    ok: true,
    value: { row: { id: blobId }, bytesBase64: 'AQID', truncated },
  });
  const drag = async (input: unknown) => {
    heard.push(input);
    return { ok: true, value: {} };
  };
  Object.assign(window, { rewrap: { blobs: { inspect, drag } } });
});
afterEach(() => {
  Reflect.deleteProperty(window, 'rewrap');
  useConnection.setState(useConnection.getInitialState());
});

const host = (download: boolean) => useConnection.setState({ app: { can: { download } } as never });

function dragOf(index: number): { data: Map<string, string>; prevented: boolean } {
  const row = rows[index];
  if (row === undefined) throw new Error('no row');
  const data = new Map<string, string>();
  const setData = (type: string, text: string) => void data.set(type, text);
  const preventDefault = vi.fn();
  dragRow({ preventDefault, dataTransfer: { setData } } as unknown as DragEvent, row);
  return { data, prevented: preventDefault.mock.calls.length > 0 };
}
const press = async (index: number): Promise<void> => {
  const row = rows[index];
  if (row !== undefined) pressRow(row);
  // The answer is here, and so is who waits for it.
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
};

test('on the desktop the host takes the drag over', () => {
  host(false);
  expect(dragOf(0)).toEqual({ data: new Map(), prevented: true });
  expect(heard).toEqual([{ blobId: rows[0]?.id }]);
});

test('a browser takes the ciphertext of the row that was pressed along, and of no other', async () => {
  host(true);
  await press(1);
  const { data, prevented } = dragOf(1);
  expect(prevented).toBe(false);
  expect(data.get('text/plain')).toBe('AQID');
  expect(data.get('DownloadURL')).toMatch(
    /^application\/octet-stream:[\w.-]+\.bin:data:application\/octet-stream;base64,AQID$/,
  );
  expect(dragOf(2)).toEqual({ data: new Map(), prevented: true });
  expect(heard).toEqual([]);
});

test('a part of a blob is not dragged as if it were the whole', async () => {
  host(true);
  truncated = true;
  await press(3);
  expect(dragOf(3).prevented).toBe(true);
});
