import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readPlan } from '#shared/model/plan.ts';
import type { RunItem, RunRequest } from '#shared/model/run.ts';
import { encrypted, ended, engineAt, inPlace } from '../../bridge/engine/engine.test-help.ts';
import type { Engine } from '../../bridge/index.ts';
import { type Client, client } from '../../hosts/cli/client.ts';
import { type PracticeKms, startPracticeKms } from '../../practice-kms/index.ts';

const ALIAS = 'alias/payments-2027';

let folder = '';
let engine: Engine;
let practice: PracticeKms;
let page: Client['page'];
let host: Client['host'];
/** Every way to name the key. */
let spellings: Record<'alias' | 'alias ARN' | 'id' | 'ARN', string>;
/** A blob under the key's first material, and one under its current one; a run named both. */
let old = '';
let current = '';

/** Takes copies of both blobs in, below a folder of their own. */
async function both(): Promise<{ at: string; ids: string[] }> {
  const at = mkdtempSync(join(folder, 'both-'));
  copyFileSync(old, join(at, 'old.bin'));
  copyFileSync(current, join(at, 'current.bin'));
  await host.intake.addPaths({ paths: [at], origin: 'path' });
  const { rows } = await page.blobs.list({ offset: 0, limit: 1000 });
  return { at, ids: rows.filter(({ file }) => file.includes(basename(at))).map(({ id }) => id) };
}

const refresh = (to: string, from: string | null, more: Partial<RunRequest> = {}): Partial<RunRequest> => ({
  source: { keyId: from, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'declared' } },
  destination: { keyId: to, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'same' } },
  ...more,
});

async function outcomes(runId: string): Promise<Record<string, string>> {
  await ended(page, runId);
  const { items } = await page.runs.items({ runId, offset: 0, limit: 10, only: 'all' });
  const word = ({ state, fault }: RunItem) => (fault === null ? state : fault.code);
  return Object.fromEntries(items.map((item) => [basename(item.file), word(item)]));
}

async function reencryptedInPlace(path: string, more: Partial<RunRequest>): Promise<void> {
  await host.intake.addPaths({ paths: [path], origin: 'path' });
  const { rows } = await page.blobs.list({ offset: 0, limit: 1000 });
  const ids = rows.filter(({ file }) => file.endsWith(basename(path))).map(({ id }) => id);
  const run = await ended(page, (await page.runs.start(inPlace(ids, more))).runId);
  expect(run.counts).toMatchObject({ total: 1, succeeded: 1 });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-refresh-'));
  engine = engineAt(join(folder, 'home'));
  ({ page, host } = client(engine));
  await page.connection.use({ kind: 'practice' });
  practice = await startPracticeKms({ stateDir: join(folder, 'home', 'practice') });
  const { KeyMetadata } = await practice.call('DescribeKey', { KeyId: ALIAS });
  const { Arn: arn, KeyId: id } = KeyMetadata as { Arn: string; KeyId: string };
  spellings = { alias: ALIAS, 'alias ARN': arn.replace(`key/${id}`, ALIAS), id, ARN: arn };
  old = join(folder, 'first.bin');
  writeFileSync(old, await encrypted(practice, 'alias/payments', 'first'));
  await reencryptedInPlace(old, {});
  await practice.call('RotateKeyOnDemand', { KeyId: id });
  current = join(folder, 'second.bin');
  writeFileSync(current, await encrypted(practice, 'alias/payments', 'second'));
  await reencryptedInPlace(current, {});
});

afterAll(async () => {
  await engine.close();
  await practice.close();
  rmSync(folder, { recursive: true, force: true });
});

const TO = ['alias', 'alias ARN', 'id', 'ARN'] as const;
const PAIRS = TO.flatMap((to) => [null, ...TO].map((from) => ({ to, from })));

it.each(PAIRS)(
  'from $from to $to: what is under the first key material is sent, what is under the current one is not',
  async ({ to, from }) => {
    const terms = refresh(spellings[to], from === null ? null : spellings[from]);
    const { at, ids } = await both();
    const dry = await page.runs.start(inPlace(ids, { ...terms, dryRun: true }));
    expect(await outcomes(dry.runId)).toEqual({ 'old.bin': 'would-succeed', 'current.bin': 'AlreadyThere' });

    // The same as a plan: how it stands, and what it does.
    const { grantTokens: _, dryRun: __, ...planned } = inPlace(ids, terms);
    const { bytes } = await host.plans.write({ request: planned, rules: [] });
    const read = readPlan(new TextDecoder().decode(bytes));
    if (!read.ok) throw new Error(read.why);
    expect(read.plan.mode).toBe('refresh');
    const file = join(folder, `${basename(at)}.json`);
    writeFileSync(file, bytes);
    const { planId } = await host.plans.openFile({ path: file });
    const { counts } = await page.plans.check({ planId });
    expect(Object.fromEntries(counts.map(({ state, touches }) => [state, touches.blobs]))).toEqual({
      ready: 1,
      there: 1,
    });
    const out = join(at, 'out');
    mkdirSync(out);
    const elsewhere = { ...read.plan, output: { mode: 'folder' as const, folder: out } };
    writeFileSync(file, JSON.stringify(elsewhere));
    const { runId } = await host.plans.runPlan({ path: file, root: null, dryRun: false });
    expect(await outcomes(runId)).toEqual({ 'old.bin': 'reencrypted', 'current.bin': 'AlreadyThere' });

    const run = await page.runs.start(inPlace(ids, terms));
    expect(await outcomes(run.runId)).toEqual({ 'old.bin': 'reencrypted', 'current.bin': 'AlreadyThere' });
    expect(readFileSync(join(at, 'current.bin'))).toEqual(readFileSync(current));
    const { CiphertextBlob, DestinationKeyMaterialId, SourceKeyMaterialId } = await practice.call(
      'ReEncrypt',
      {
        CiphertextBlob: readFileSync(join(at, 'old.bin')).toString('base64'),
        DestinationKeyId: ALIAS,
      },
    );
    expect(CiphertextBlob).toBeDefined();
    expect(SourceKeyMaterialId).toBe(DestinationKeyMaterialId);
  },
);

it('asked for all the same, what is under the current key material is sent, too', async () => {
  const { ids } = await both();
  const { runId } = await page.runs.start(inPlace(ids, refresh(ALIAS, null, { evenIfThere: true })));
  expect(await outcomes(runId)).toEqual({ 'old.bin': 'reencrypted', 'current.bin': 'reencrypted' });
});

it('after another rotation nothing is as asked until a reply has named the new key material', async () => {
  await practice.call('RotateKeyOnDemand', { KeyId: spellings.id });
  const { ids } = await both();
  const { runId } = await page.runs.start(inPlace(ids, refresh(ALIAS, ALIAS)));
  expect(await outcomes(runId)).toEqual({ 'old.bin': 'reencrypted', 'current.bin': 'reencrypted' });
});
