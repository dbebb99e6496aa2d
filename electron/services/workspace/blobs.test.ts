import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { assemble } from '../../core/inspect/assemble.test-help.ts';
import { decode } from '../../core/inspect/index.ts';
import { KeyMaterialStore } from '../../core/key-material/index.ts';
import { ownFindings } from './blob-row.ts';
import { Blobs } from './blobs.ts';
import { Workspace } from './workspace.ts';

let folder: string;
let learned: KeyMaterialStore;
let workspace: Workspace;
let blobs: Blobs;

/** A blob that no other call gives. */
let n = 0;
function blob(): Buffer {
  const bytes = Buffer.from(assemble({ layout: 'v2', fingerprint: new Uint8Array(32).fill(7) }));
  n += 1;
  for (const at of [38, 108, 140]) bytes.writeUInt32BE(n, at);
  return bytes;
}

const put = (name: string, bytes: Buffer | string): string => {
  const path = join(folder, 'files', name);
  writeFileSync(path, bytes);
  return path;
};
const add = (...paths: string[]) => workspace.addPaths(paths, 'path');
const files = (rows: readonly { file: string; place: string }[]) =>
  rows.map(({ file, place }) => `${file} ${place}`.trim());

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-blobs-'));
  mkdirSync(join(folder, 'files'));
  mkdirSync(join(folder, 'home'));
  learned = new KeyMaterialStore(join(folder, 'home'));
  workspace = new Workspace(
    () => undefined,
    () => undefined,
  );
  blobs = new Blobs(workspace, learned);
});

afterEach(() => {
  learned.close();
  rmSync(folder, { recursive: true, force: true });
});

test('after a revision only what is new, changed or gone is listed', async () => {
  const [a, b] = [put('a.bin', blob()), put('b.bin', blob())];
  await add(a, b);
  const first = blobs.rows(0, 10);
  expect(blobs.changes(first.revision, 0, 10)).toMatchObject({
    whole: false,
    changed: 0,
    rows: [],
    gone: [],
  });

  await add(put('c.bin', blob()));
  const grown = blobs.changes(first.revision, 0, 10);
  expect([files(grown.rows), grown.gone, grown.total]).toEqual([['c.bin'], [], 3]);

  // A copy of a blob changes what is said of the blob it is a copy of.
  const copied = blob();
  put('a.bin', copied);
  await workspace.refresh([a]);
  const before = blobs.rows(0, 10);
  await add(put('copy.bin', copied));
  const seen = blobs.changes(before.revision, 0, 10);
  expect(files(seen.rows)).toEqual(['a.bin', 'copy.bin']);
  for (const row of seen.rows) expect(row.findings).toContain('duplicate-blob');

  workspace.remove([first.rows[1]?.sourceId ?? '']);
  const thinned = blobs.changes(seen.revision, 0, 10);
  expect([thinned.rows, thinned.gone, thinned.total]).toEqual([[], [first.rows[1]?.id], 3]);
});

test('changes come in pages, and a revision that is not known asks for the whole list', async () => {
  await add(...['a.bin', 'b.bin', 'c.bin'].map((name) => put(name, blob())));
  const { revision } = blobs.rows(0, 1);
  const pages = [0, 2].map((offset) => blobs.changes(0, offset, 2));
  expect(pages.flatMap(({ rows }) => files(rows))).toEqual(['a.bin', 'b.bin', 'c.bin']);
  expect(pages.map(({ changed }) => changed)).toEqual([3, 3]);
  expect(blobs.changes(revision + 1, 0, 2)).toMatchObject({ whole: true, rows: [] });
});

test('a file read again keeps its rows where they stand; a place that is gone goes', async () => {
  const line = (name: string) => `${name}=${blob().toString('base64')}\n`;
  const env = put('a.env', line('ONE') + line('TWO'));
  await add(env, put('b.bin', blob()));
  const before = blobs.rows(0, 10);
  put('a.env', line('ONE') + line('THREE'));
  await workspace.refresh([env]);
  const after = blobs.rows(0, 10);
  expect(files(before.rows)).toEqual(['a.env ONE', 'a.env TWO', 'b.bin']);
  expect(files(after.rows)).toEqual(['a.env ONE', 'a.env THREE', 'b.bin']);
  expect(after.rows[0]?.id).toBe(before.rows[0]?.id);
  expect(blobs.changes(before.revision, 0, 10).gone).toEqual([before.rows[1]?.id]);
});

test('the list, the inspector and the audit say the same of every blob', async () => {
  const sound = blob();
  const cut = Buffer.from(sound.subarray(0, -12));
  const text = Buffer.from('not a blob, and long enough to be looked at '.repeat(8).slice(0, 256));
  const kinds: Record<string, Buffer> = {
    'sound.bin': sound,
    'cut.bin': cut,
    'longer.bin': Buffer.concat([sound, Buffer.from('rest')]),
    'before.bin': Buffer.concat([Buffer.from('AB'), sound]),
    'headless.bin': Buffer.from(sound.subarray(60)),
    'mangled.bin': Buffer.from(cut.toString('utf8'), 'utf8'),
    'png.bin': Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(248)]),
    'rsa.bin': Buffer.from(randomBytes(256)),
    'text.txt': text,
    'cut.txt': Buffer.from(cut.toString('base64')),
  };
  await add(...Object.entries(kinds).map(([name, bytes]) => put(name, bytes)));
  const { rows, entry, across } = blobs.audited();
  expect(rows.length).toBeGreaterThan(6);
  rows.forEach((row, index) => {
    const { source, found } = entry(index) ?? {};
    if (source === undefined || found === undefined) throw new Error('no entry');
    const codes = (list: Iterable<{ code: string }>) =>
      [...new Set([...list].map(({ code }) => code))].sort();
    const inspected = codes(blobs.inspect(row.id).findings);
    expect(codes(row.findings.map((code) => ({ code }))), row.file).toEqual(inspected);
    expect(codes([...ownFindings(source, found), ...across(index)]), row.file).toEqual(inspected);
    // What decoding the bytes says is part of it.
    for (const { code } of decode(found.bytes).findings) expect(inspected, row.file).toContain(code);
  });
  const of = (file: string) => rows.find((row) => row.file.endsWith(file));
  expect(of('cut.bin')).toMatchObject({ worst: 'warning', findings: expect.arrayContaining(['truncated']) });
  expect(of('cut.txt')?.findings).toContain('truncated');
  expect(of('rsa.bin')?.findings).toEqual(['source-needed', 'other-readings']);
  expect(of('sound.bin')).toMatchObject({ worst: null, findings: [] });
});

test('reading files again, planning them, and looking at the list give others their turn', async () => {
  const paths = Array.from({ length: 200 }, (_, i) => put(`${i}.bin`, blob()));
  await add(...paths);
  const ids = blobs.rows(0, 1000).rows.map(({ id }) => id);
  // Each look at the clock finds the slice over.
  let clock = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => {
    clock += 100;
    return clock;
  });
  const turnsDuring = async (work: () => Promise<unknown>): Promise<number> => {
    let turns = 0;
    let timer = setImmediate(function tick() {
      turns++;
      timer = setImmediate(tick);
    });
    await work();
    clearImmediate(timer);
    return turns;
  };
  try {
    expect(await turnsDuring(() => workspace.refresh(paths))).toBeGreaterThan(50);
    expect(await turnsDuring(() => workspace.plan(ids))).toBeGreaterThan(50);
    expect(await turnsDuring(() => blobs.prepare())).toBeGreaterThan(3);
  } finally {
    vi.restoreAllMocks();
  }
  // A view that is half made is finished when it is asked for.
  await workspace.refresh(paths);
  const prepared = blobs.prepare();
  await add(put('more.bin', blob()));
  expect(blobs.rows(0, 1000).rows.map(({ id }) => id)).toHaveLength(201);
  await prepared;
  expect(blobs.rows(0, 1000).total).toBe(201);
});

test('all pages of what changed look through the rows once', async () => {
  await add(...Array.from({ length: 30 }, (_, i) => put(`${i}.bin`, blob())));
  const { revision } = blobs.rows(0, 1);
  const paths = Array.from({ length: 30 }, (_, i) => put(`${i}.bin`, blob()));
  await workspace.refresh(paths);
  const first = blobs.changes(revision, 0, 10);
  const filter = vi.spyOn(Array.prototype, 'filter');
  const later = [10, 20].map((offset) => blobs.changes(revision, offset, 10));
  expect(filter).not.toHaveBeenCalled();
  filter.mockRestore();
  expect([first, ...later].flatMap(({ rows }) => files(rows))).toHaveLength(30);
});
