import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunRequest, RunSummary } from '#shared/model/run.ts';
import { client } from '../../hosts/cli/client.ts';
import { type PracticeKms, startPracticeKms } from '../../practice-kms/index.ts';
import type { Engine } from '../index.ts';
import { encrypted, ended, engineAt, inPlace } from './engine.test-help.ts';

const context = { app: 'payments' };
let folder = '';
let engine: Engine;
let practice: PracticeKms;

const { page, host } = new Proxy({} as ReturnType<typeof client>, {
  get: (_, side: 'page' | 'host') =>
    new Proxy({}, { get: (_target, namespace: string) => (client(engine)[side] as never)[namespace] }),
});

const encrypt = (keyId: string, text: string, encryptionContext?: Record<string, string>) =>
  encrypted(practice, keyId, text, encryptionContext);

async function ran(input: RunRequest): Promise<RunSummary> {
  const { runId } = await page.runs.start(input);
  return ended(page, runId);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-engine-'));
  engine = engineAt(join(folder, 'home'), { host: 'loopback' });
  await page.connection.use({ kind: 'practice' });
  practice = await startPracticeKms({ stateDir: join(folder, 'home', 'practice') });
});

afterAll(async () => {
  await engine.close();
  await practice.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the engine', () => {
  it('takes in, runs in place, reads again and learns which key the material is of', async () => {
    const files = join(folder, 'learn');
    mkdirSync(files);
    writeFileSync(join(files, 'a.bin'), await encrypt('alias/payments', 'one'));
    writeFileSync(join(files, 'b.bin'), await encrypt('alias/payments', 'two'));
    await host.intake.addPaths({ paths: [files], origin: 'path' });
    const before = await page.blobs.list({ offset: 0, limit: 10 });
    const [a] = before.rows;
    const fingerprint = a?.identification.keyFingerprint ?? '';
    const keyGroupOf = async (of: string) =>
      (await page.keyGroups.list({})).keyGroups.find((c) => c.fingerprint === of);
    expect(await keyGroupOf(fingerprint)).toMatchObject({ blobs: 2, verdict: 'unknown' });

    const run = await ran(inPlace([a?.id ?? '']));
    expect(run.counts).toMatchObject({ succeeded: 1, failed: 0 });
    await expect.poll(async () => (await keyGroupOf(fingerprint))?.by).toBe('kms');
    // The blob that stayed is named too, and the replaced one has its new material under the same id.
    const after = await page.blobs.list({ offset: 0, limit: 10 });
    const now = after.rows.find((row) => row.id === a?.id);
    expect(now?.identification.keyFingerprint).not.toBe(fingerprint);
    expect(after.revision).toBeGreaterThan(before.revision);
    expect(await keyGroupOf(now?.identification.keyFingerprint ?? '')).toMatchObject({
      by: 'kms',
      verdict: 'one-key',
    });
  });

  it('finds the key of a blob by dry runs, and says when only the context is missing', async () => {
    const files = join(folder, 'find');
    mkdirSync(files);
    writeFileSync(join(files, 'legacy.bin'), await encrypt('alias/legacy', 'x', context));
    await host.intake.addPaths({ paths: [files], origin: 'path' });
    const { rows } = await page.blobs.list({ offset: 0, limit: 100 });
    const blobId = rows.find((row) => row.file.endsWith('legacy.bin'))?.id ?? '';
    const { arn } = await page.keys.describe({ keyId: 'alias/legacy' });
    const without = await page.keyGroups.findKey({
      blobId,
      keyIds: ['alias/payments', 'alias/legacy', 'alias/partner-rsa'],
      context: null,
    });
    expect(without).toMatchObject({ found: null, likely: arn });
    expect(without.asked.some((probe) => probe.answer === 'other-key')).toBe(true);
    expect(await page.keyGroups.findKey({ blobId, keyIds: ['alias/legacy'], context })).toMatchObject({
      found: arn,
    });
  });

  it('a person names a group and takes it back', async () => {
    const { keyGroups } = await page.keyGroups.list({});
    const unknown = keyGroups.find((c) => c.by !== 'kms')?.fingerprint ?? keyGroups[0]?.fingerprint ?? '';
    const keyArn = 'arn:aws:kms:us-east-1:999999999999:key/abc';
    await page.keyGroups.name({ fingerprint: unknown, keyArn });
    const named = (await page.keyGroups.list({})).keyGroups.find((c) => c.fingerprint === unknown);
    expect(named?.keys.some((key) => key.by === 'person' && key.keyArn === keyArn)).toBe(true);
    await page.keyGroups.name({ fingerprint: unknown, keyArn: null });
    const back = (await page.keyGroups.list({})).keyGroups.find((c) => c.fingerprint === unknown);
    expect(back?.keys.some((key) => key.by === 'person')).toBe(false);
  });

  it('refuses in place for pasted text, and a folder that was not named on the host', async () => {
    const blob = await encrypt('alias/payments', 'pasted');
    await page.intake.paste({ text: blob.toString('base64') });
    const { rows } = await page.blobs.list({ offset: 0, limit: 100 });
    const id = rows.find((row) => row.file.startsWith('Pasted'))?.id ?? '';
    await expect(page.runs.start(inPlace([id]))).rejects.toMatchObject({
      fault: { code: 'NothingToReplace' },
    });
    await expect(
      page.runs.start(inPlace([id], { output: { mode: 'folder', folderToken: '/etc' } })),
    ).rejects.toMatchObject({ fault: { code: 'FolderUnknown' } });
    const kept = await ran(inPlace([id], { output: { mode: 'download' } }));
    const { files } = await host.runs.kept({ runId: kept.id });
    expect(files).toHaveLength(1);
    const { text } = await page.runs.resultText({ runId: kept.id, blobId: id });
    expect(Buffer.from(files[0]?.bytes ?? []).toString()).toBe(text);
  });

  it('keeps blobs of a file that vanished, and says what is wrong when it is run', async () => {
    const path = join(folder, 'gone.bin');
    writeFileSync(path, await encrypt('alias/payments', 'gone'));
    await host.intake.addPaths({ paths: [path], origin: 'path' });
    rmSync(path);
    const { rows } = await page.blobs.list({ offset: 0, limit: 100 });
    const run = await ran(inPlace([rows.find((row) => row.file === 'gone.bin')?.id ?? '']));
    expect(run.counts.failed).toBe(1);
    const { items } = await page.runs.items({ runId: run.id, offset: 0, limit: 1, only: 'failed' });
    expect(items[0]?.fault?.remedy).not.toBe('');
  });

  it('tells of a data key in clear beside its blob, at the blob, and shows nothing of it', async () => {
    const files = join(folder, 'beside');
    mkdirSync(files);
    const key = randomBytes(32);
    writeFileSync(join(files, 'data.key'), key, { mode: 0o644 });
    writeFileSync(join(files, 'data.key.enc'), await encrypt('alias/payments', 'x'.repeat(32)));
    await host.intake.addPaths({ paths: [files], origin: 'path' });
    const { rows } = await page.blobs.list({ offset: 0, limit: 100 });
    const row = rows.find(({ file }) => file.endsWith('data.key.enc'));
    const { findings } = await page.blobs.inspect({ blobId: row?.id ?? '' });
    expect(rows.some(({ file }) => file.endsWith('data.key'))).toBe(false);
    expect(row?.worst).toBe('critical');
    expect(findings.map(({ code }) => code)).toContain('plaintext-key-beside-blob');
    expect(new Set(findings.map(({ code, title }) => code + title)).size).toBe(findings.length);
    expect(JSON.stringify(findings)).not.toContain(key.toString('base64'));
  });

  it('answers an unknown id with a fault, not an exception', async () => {
    await expect(page.blobs.inspect({ blobId: 'nope' })).rejects.toMatchObject({
      fault: { code: 'BlobGone' },
    });
    await expect(page.runs.get({ runId: 'nope' })).rejects.toMatchObject({ fault: { code: 'RunGone' } });
  });
});
