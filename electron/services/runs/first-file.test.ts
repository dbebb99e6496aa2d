import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { encrypted, ended, engineAt, inPlace } from '../../bridge/engine/engine.test-help.ts';
import type { ApprovalQuestion, Engine } from '../../bridge/index.ts';
import { type Client, client } from '../../hosts/cli/client.ts';
import {
  PRACTICE_SECRET_ACCESS_KEY,
  type PracticeKms,
  seedPractice,
  startPracticeKms,
} from '../../practice-kms/index.ts';

let folder = '';
let practice: PracticeKms;
let engine: Engine;
let page: Client['page'];
let host: Client['host'];
let asked: ApprovalQuestion[] = [];
let approves = true;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-first-'));
  practice = await startPracticeKms({ stateDir: join(folder, 'kms') });
  await seedPractice(practice);
  vi.stubEnv('AWS_ACCESS_KEY_ID', practice.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', PRACTICE_SECRET_ACCESS_KEY);
  asked = [];
  approves = true;
  engine = engineAt(join(folder, 'home'), { host: 'loopback' }, undefined, {
    where: 'dialog',
    ask: async (question) => {
      asked.push(question);
      return { hash: question.hash, approved: approves, by: 'dialog' };
    },
  });
  ({ page, host } = client(engine));
});
afterEach(async () => {
  await engine.close();
  await practice.close();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** A run without a backup of three files, over an endpoint that Rewrap does not know as AWS's. */
async function started(): Promise<string> {
  mkdirSync(join(folder, 'in'));
  for (const name of ['a', 'b', 'c'])
    writeFileSync(join(folder, 'in', `${name}.bin`), await encrypted(practice, 'alias/payments', name));
  const state = await page.connection.use({
    kind: 'aws',
    profile: null,
    region: 'us-east-1',
    endpointUrl: practice.endpoint,
    fips: null,
    dualStack: null,
  });
  expect(state.status).toBe('ready');
  await host.intake.addPaths({ paths: [join(folder, 'in')], origin: 'path' });
  const { rows } = await page.blobs.list({ offset: 0, limit: 10 });
  return (await page.runs.start(inPlace(rows.map(({ id }) => id)))).runId;
}

const held = (runId: string) =>
  vi.waitFor(
    async () => expect(await page.runs.get({ runId })).toMatchObject({ fault: { code: 'FirstFileDone' } }),
    { timeout: 60_000 },
  );

it('on an endpoint that is not of AWS a backup is kept, and going on after the first file is an approval', async () => {
  const runId = await started();
  await held(runId);
  expect(readdirSync(join(folder, 'in'))).toHaveLength(4);
  const kinds = () => asked.map((question) => question.kinds);
  expect(kinds().flat()).not.toContain('no-backup');
  approves = false;
  await expect(page.runs.resume({ runId })).rejects.toMatchObject({ fault: { code: 'NotApproved' } });
  await page.connection.renew({ side: 'source' });
  await held(runId);
  approves = true;
  await page.runs.resume({ runId });
  const run = await ended(page, runId);
  expect(run.counts).toMatchObject({ succeeded: 3 });
  expect(run.undo).toMatchObject({ files: 3 });
  expect(kinds().filter(([kind]) => kind === 'continue')).toHaveLength(2);
  expect(asked.at(-1)?.words.join('\n')).toContain(practice.endpoint);
});
