import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readPlan } from '#shared/model/plan.ts';
import type { RunRequest } from '#shared/model/run.ts';
import {
  encrypted,
  ended,
  type PracticeEngine,
  practiceEngine,
} from '../../bridge/engine/engine.test-help.ts';
import { tarOf, zipOf } from '../../core/intake/archives/build.test-help.ts';

let setup: PracticeEngine;
let folder = '';
let page: PracticeEngine['page'];
let host: PracticeEngine['host'];
let practice: PracticeEngine['practice'];

beforeAll(async () => {
  setup = await practiceEngine('rewrap-archive-plans-');
  ({ folder, page, host, practice } = setup);
});
afterAll(() => setup.end());

const request = (blobIds: string[], output: RunRequest['output']) => ({
  blobIds,
  source: { keyId: null, algorithm: 'SYMMETRIC_DEFAULT' as const, context: { mode: 'declared' as const } },
  destination: {
    keyId: 'alias/payments-2027',
    algorithm: 'SYMMETRIC_DEFAULT' as const,
    context: { mode: 'same' as const },
  },
  output,
  method: 'reencrypt' as const,
  verify: true,
});

test('a plan names blobs in archives, and its run reads them there, also when nothing is in the list', async () => {
  const at = join(folder, 'vault');
  mkdirSync(at);
  const blob = async (text: string) => encrypted(practice, 'alias/payments', text);
  const [a, b, c, d] = await Promise.all(['a', 'b', 'c', 'd'].map(blob));
  if (a === undefined || b === undefined || c === undefined || d === undefined) throw new Error('no blobs');
  const inner = gzipSync(tarOf([{ name: 'app/prod.env', content: `DB=${a.toString('base64')}\n` }]));
  const archive = join(at, 'backup.zip');
  writeFileSync(
    archive,
    zipOf([
      { name: 'old.tgz', content: inner },
      { name: 'same', content: b },
      { name: '../../up.bin', content: c },
    ]),
  );
  writeFileSync(join(at, 'plain.bin'), d);
  const original = readFileSync(archive);
  await host.intake.addPaths({ paths: [at], origin: 'path' });
  const ids = (await page.blobs.list({ offset: 0, limit: 100 })).rows.map(({ id }) => id);
  expect(ids).toHaveLength(4);
  const out = join(folder, 'out');
  mkdirSync(out);
  const { token: folderToken } = await host.output.addFolder({ path: out });
  const written = await host.plans.write({
    request: request(ids, { mode: 'folder', folderToken }),
    rules: [],
  });
  expect(written.leftOut).toBe(0);
  const path = join(folder, 'archive.plan.json');
  writeFileSync(path, written.bytes);
  const read = readPlan(readFileSync(path, 'utf8'));
  expect(read.ok && read.plan.root).toBe(at);
  expect(read.ok && read.plan.files.map((file) => file.path).sort()).toEqual([
    'backup.zip › ../../up.bin',
    'backup.zip › old.tgz › app/prod.env',
    'backup.zip › same',
    'plain.bin',
  ]);

  await page.intake.clear({ sourceIds: null });
  await host.intake.addPaths({ paths: [path], origin: 'path' });
  const planId = (await page.plans.list({})).plans[0]?.planId ?? '';
  const counts = async () =>
    Object.fromEntries(
      (await page.plans.check({ planId })).counts.map(({ state, touches }) => [state, touches.blobs]),
    );
  expect(await counts()).toEqual({ ready: 4 });
  renameSync(archive, `${archive}.away`);
  expect(await counts()).toEqual({ ready: 1, missing: 3 });
  renameSync(`${archive}.away`, archive);

  const { runId } = await page.plans.run({ planId, dryRun: false });
  const summary = await ended(page, runId);
  expect(summary.counts).toMatchObject({ succeeded: 4 });
  expect(readFileSync(join(out, 'backup.zip/old.tgz/app/prod.env'), 'utf8')).toMatch(/^DB=AQ/);
  expect(readFileSync(join(out, 'backup.zip/up.bin')).equals(c)).toBe(false);
  expect(readFileSync(archive).equals(original)).toBe(true);
}, 60_000);
