import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { RunRequest } from '#shared/model/run.ts';
import { encrypted, ended, engineAt, inPlace } from '../../bridge/engine/engine.test-help.ts';
import type { Engine } from '../../bridge/index.ts';
import { rewrite, scan, withoutPlaintext } from '../../core/intake/index.ts';
import { type Client, client } from '../../hosts/cli/client.ts';
import { type PracticeKms, startPracticeKms } from '../../practice-kms/index.ts';

// Files as people have them, through a whole run: each is put back, or refused with a reason, and changes nowhere else.

const SAMPLES = join(import.meta.dirname, '../../core/intake/field');
const OLD_KEY = /f3978301-41fa-4838-a252-c76e50a21c2e/g;
const DESTINATION = 'alias/payments-2027';
/** Bytes of a blob's plaintext, the same for each: a data key's. */
const secretOf = (i: number): Buffer => Buffer.alloc(32, `secret ${i} `);

let folder: string;
let practice: PracticeKms;
let engine: Engine;
let page: Client['page'];
let host: Client['host'];
/** ARNs. */
let oldKey: string;
let newKey: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-field-'));
  engine = engineAt(join(folder, 'home'));
  ({ page, host } = client(engine));
  // The first connection makes the sample keys.
  expect((await page.connection.use({ kind: 'practice' })).fault).toBeNull();
  practice = await startPracticeKms({ stateDir: join(folder, 'home', 'practice') });
  oldKey = await arnOf('alias/payments');
  newKey = await arnOf(DESTINATION);
});
afterAll(async () => {
  await engine.close();
  await practice.close();
  rmSync(folder, { recursive: true, force: true });
});

async function arnOf(keyId: string): Promise<string> {
  const { KeyMetadata } = await practice.call('DescribeKey', { KeyId: keyId });
  return String((KeyMetadata as { Arn: string }).Arn);
}

const plain = async (bytes: Uint8Array): Promise<{ key: string; text: string }> => {
  const { KeyId, Plaintext } = await practice.call('Decrypt', {
    CiphertextBlob: Buffer.from(bytes).toString('base64'),
  });
  return { key: String(KeyId), text: Buffer.from(String(Plaintext), 'base64').toString() };
};

/** A sample with blobs of the practice KMS in the place of its own, written in the same manner, and its key's name. */
async function sample(name: string): Promise<Uint8Array> {
  const file = new Uint8Array(readFileSync(join(SAMPLES, name)));
  const found = scan(file, name);
  expect(found.blobs.length).toBeGreaterThan(0);
  const made = await Promise.all(
    found.blobs.map((_, i) => encrypted(practice, 'alias/payments', secretOf(i))),
  );
  // What is not written is not read by its writer here either: raw bytes, base64 in a token.
  if (name.startsWith('13')) return token(file, made[0] ?? Buffer.alloc(0));
  const next = (i: number) => ({
    bytes: new Uint8Array(made[i] ?? Buffer.alloc(0)),
    keyArn: oldKey,
    keyAlias: 'alias/payments',
    sourceKeyArn: null,
    algorithm: 'SYMMETRIC_DEFAULT',
    sourceAlgorithm: null,
    keyMaterialId: null,
    sourceKeyMaterialId: null,
    context: null,
    at: '2024-01-01T00:00:00Z',
  });
  return rewrite(
    file,
    found,
    found.blobs.map((one, i) => ({ found: one, next: next(i) })),
  );
}

/** A signed token with another blob in its payload; its signature is of no use, and stays. */
function token(file: Uint8Array, blob: Buffer): Uint8Array {
  const whole = JSON.parse(Buffer.from(file).toString());
  const [head = '', payload = '', ...rest] = String(whole.cardToken).split('.');
  const inside = Buffer.from(payload, 'base64url')
    .toString()
    .replace(/AQICAH[\w+/]+=*/, blob.toString('base64'));
  whole.cardToken = [head, Buffer.from(inside).toString('base64url'), ...rest].join('.');
  return new Uint8Array(Buffer.from(JSON.stringify(whole, null, 2)));
}

let count = 0;
interface Shown {
  readonly path: string;
  readonly before: Uint8Array;
  readonly blobIds: readonly string[];
}

/** A sample in a folder of its own, which inspecting and auditing have seen. */
async function shown(name: string): Promise<Shown> {
  const at = join(folder, `in-${count++}`);
  mkdirSync(at);
  const before = await sample(name);
  const path = join(at, name);
  writeFileSync(path, before);
  await page.intake.clear({ sourceIds: null });
  await host.intake.addPaths({ paths: [path], origin: 'path' });
  const { rows } = await page.blobs.list({ offset: 0, limit: 10 });
  const expected = scan(before, name).blobs;
  expect(rows.map(({ sizeBytes, identification }) => [sizeBytes, identification.kind])).toEqual(
    expected.map(({ bytes }) => [bytes.length, 'kms-symmetric']),
  );
  const summary = await page.audit.summary({});
  expect(summary.totals).toMatchObject({ blobs: rows.length });
  return { path, before, blobIds: rows.map(({ id }) => id) };
}

async function run(blobIds: readonly string[], output: RunRequest['output']) {
  const { runId } = await page.runs.start(inPlace(blobIds, { output }));
  const summary = await ended(page, runId);
  const { items } = await page.runs.items({ runId, offset: 0, limit: 10, only: 'all' });
  return { counts: summary.counts, items };
}

/** The text of a file without its blobs, what names its key, and dates: what no run may change. */
function rest(file: Uint8Array, name: string): string {
  const found = scan(file, name);
  const ranges = found.blobs
    .flatMap(({ range, linkedValues }) => [range, ...linkedValues.map((one) => one.range)])
    .sort((a, b) => a.start - b.start);
  const kept: string[] = [];
  let from = 0;
  for (const { start, end } of ranges) {
    if (start < from) continue;
    kept.push(Buffer.from(file.subarray(from, start)).toString('latin1'));
    from = end;
  }
  return [...kept, Buffer.from(file.subarray(from)).toString('latin1')].join('|');
}

/** New blobs open under the new key to the same bytes, nothing names the old key, and the rest is as it was. */
async function check(name: string, before: Uint8Array, after: Uint8Array): Promise<void> {
  const now = scan(after, name).blobs;
  expect(now.map(({ place }) => place)).toEqual(scan(before, name).blobs.map(({ place }) => place));
  for (const [i, { bytes }] of now.entries())
    expect(await plain(bytes)).toEqual({ key: newKey, text: secretOf(i).toString() });
  const text = Buffer.from(after).toString('latin1');
  expect(text).not.toContain(oldKey.split('/')[1]);
  expect(text.match(OLD_KEY)).toBeNull();
  if (Buffer.from(before).includes(oldKey)) expect(text).toContain(newKey);
  expect(rest(after, name)).toBe(rest(before, name));
}

async function intoFolder(blobIds: readonly string[]) {
  const out = join(folder, `out-${count++}`);
  const { token: folderToken } = await host.output.addFolder({ path: out });
  const result = await run(blobIds, { mode: 'folder', folderToken });
  const there = existsSync(out) ? readdirSync(out, { recursive: true, withFileTypes: true }) : [];
  const files = there.filter((one) => one.isFile());
  return {
    ...result,
    made: files.map((one) => new Uint8Array(readFileSync(join(one.parentPath, one.name)))),
  };
}

const WRITTEN = [
  '01-ansi-log-small.txt',
  '01-nul-environ.bin',
  '03-nested-pulumi.md',
  '03-nested-sops-stringdata.yaml',
  '04-boto3-repr.txt',
  '06-py-bytes-multiline.py',
  '07-xml-cr-charref.xml',
  '08-patch.diff',
  '08-quoted.md',
  '09-wrapped-adjacent.txt',
  '10-label-cli-table.txt',
  '11-confluent-dek.json',
  '11-zalando-keyid.yml',
  '12-sops-epoch.yaml',
];

describe.each(WRITTEN)('%s', (name) => {
  test('is put back in place', async () => {
    const { path, before, blobIds } = await shown(name);
    const { counts, items } = await run(blobIds, { mode: 'in-place', backup: false });
    expect([counts.succeeded, items.map(({ fault }) => fault)]).toEqual([
      blobIds.length,
      items.map(() => null),
    ]);
    await check(name, before, new Uint8Array(readFileSync(path)));
  });

  test('is made in a folder', async () => {
    const { path, before, blobIds } = await shown(name);
    const { counts, items, made } = await intoFolder(blobIds);
    expect([counts.succeeded, items.map(({ fault }) => fault)]).toEqual([
      blobIds.length,
      items.map(() => null),
    ]);
    expect(made).toHaveLength(1);
    await check(name, before, made[0] ?? new Uint8Array());
    expect(new Uint8Array(readFileSync(path))).toEqual(before);
  });
});

describe.each(['02-plaintext-node-log.txt', '02-plaintext-transcript.md'])('%s', (name) => {
  test('is left in place, as it holds a data key in clear', async () => {
    const { path, before, blobIds } = await shown(name);
    const { counts, items } = await run(blobIds, { mode: 'in-place', backup: false });
    expect(counts.succeeded).toBe(0);
    for (const { fault } of items) expect(fault?.message).toMatch(/plaintext|in clear/i);
    expect(new Uint8Array(readFileSync(path))).toEqual(before);
  });

  test('is copied without it', async () => {
    const { before, blobIds } = await shown(name);
    const { counts, made } = await intoFolder(blobIds);
    expect([counts.succeeded, made.length]).toEqual([blobIds.length, 1]);
    await check(name, withoutPlaintext(before, scan(before, name)), made[0] ?? new Uint8Array());
  });
});

test.each([
  ['05-mysqldump-binary.sql', /binary file|no text/],
  ['13-jwt-payload.json', /signed token/],
  ['14-tfstate.tfstate', /Terraform keeps the plaintext/],
])('%s is refused with the reason, in place and as a copy', async (name, reason) => {
  const { path, before, blobIds } = await shown(name);
  const here = await run(blobIds, { mode: 'in-place', backup: false });
  const copy = await intoFolder(blobIds);
  expect([here.counts.succeeded, copy.counts.succeeded, copy.made]).toEqual([0, 0, []]);
  for (const { fault, sent } of [...here.items, ...copy.items]) {
    expect(fault?.detail).toMatch(reason);
    expect(sent).toBeNull();
  }
  expect(new Uint8Array(readFileSync(path))).toEqual(before);
});

test('05-sqlite.sqlite: new blobs stand in the same rows, in its copy and in place', async () => {
  const name = '05-sqlite.sqlite';
  const { path, before, blobIds } = await shown(name);
  const { counts, items, made } = await intoFolder(blobIds);
  expect([counts.succeeded, items.map(({ fault }) => fault)]).toEqual([
    blobIds.length,
    items.map(() => null),
  ]);
  expect(new Uint8Array(readFileSync(path))).toEqual(before);
  const [copy = new Uint8Array()] = made;
  for (const { bytes } of scan(copy, name).blobs) expect((await plain(bytes)).key).toBe(newKey);
  const table = (bytes: Uint8Array) => {
    const at = join(folder, `copy-${count++}.db`);
    writeFileSync(at, bytes);
    const db = new DatabaseSync(at, { readOnly: true });
    try {
      const names = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
      return names.map(({ name: one }) => [
        one,
        db
          .prepare(`SELECT rowid AS row, * FROM "${one}"`)
          .all()
          .map((row) => Object.keys(row)),
      ]);
    } finally {
      db.close();
    }
  };
  expect(table(copy)).toEqual(table(before));
  const here = await run(blobIds, { mode: 'in-place', backup: true });
  expect([here.counts.succeeded, here.counts.total]).toEqual([blobIds.length, blobIds.length]);
  const now = new Uint8Array(readFileSync(path));
  for (const { bytes } of scan(now, name).blobs) expect((await plain(bytes)).key).toBe(newKey);
  expect(table(now)).toEqual(table(before));
});

// By parsers that are not ours: the same values, but for what belongs to the blob.
test.each([
  ['03-nested-sops-stringdata.yaml', (text: string) => parse(parse(text).stringData['secrets.yaml'])],
  ['11-confluent-dek.json', (text: string) => JSON.parse(text)],
  ['11-zalando-keyid.yml', (text: string) => parse(text)],
  ['12-sops-epoch.yaml', (text: string) => parse(text)],
])('%s: another parser reads the same values', async (name, read) => {
  const { path, before, blobIds } = await shown(name);
  await run(blobIds, { mode: 'in-place', backup: false });
  const was = leaves(read(Buffer.from(before).toString()));
  const now = leaves(read(readFileSync(path, 'utf8')));
  expect([...now.keys()]).toEqual([...was.keys()]);
  for (const [key, value] of now)
    if (value !== was.get(key)) {
      expect(key).toMatch(/arn|enc|created_at|kmsKeyId|encryptedKeyMaterial|secretPassword/);
      expect(typeof value).toBe(typeof was.get(key));
    }
});

function leaves(value: unknown, at = ''): Map<string, unknown> {
  if (value === null || typeof value !== 'object') return new Map([[at, value]]);
  return new Map(Object.entries(value).flatMap(([key, one]) => [...leaves(one, `${at}/${key}`)]));
}

test('a state of Terraform: blobs beside the one that it keeps in clear are put back', async () => {
  const at = join(folder, `in-${count++}`);
  mkdirSync(at);
  const path = join(at, 'terraform.tfstate');
  const state = JSON.parse(Buffer.from(await sample('14-tfstate.tfstate')).toString());
  const sealed = await encrypted(practice, 'alias/payments', secretOf(1));
  state.outputs = { sealed: { value: sealed.toString('base64'), type: 'string' } };
  writeFileSync(path, JSON.stringify(state, null, 2));
  await page.intake.clear({ sourceIds: null });
  await host.intake.addPaths({ paths: [path], origin: 'path' });
  const { rows } = await page.blobs.list({ offset: 0, limit: 10 });
  const { counts } = await run(
    rows.map(({ id }) => id),
    { mode: 'in-place', backup: false },
  );
  expect(counts).toMatchObject({ total: 2, succeeded: 1 });
  const now = JSON.parse(readFileSync(path, 'utf8'));
  expect(await plain(Buffer.from(now.outputs.sealed.value, 'base64'))).toEqual({
    key: newKey,
    text: secretOf(1).toString(),
  });
  expect({ ...now, outputs: null }).toEqual({ ...state, outputs: null });
});
