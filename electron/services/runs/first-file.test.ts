import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { encrypted, ended, engineAt, inPlace } from '../../bridge/engine/engine.test-help.ts';
import type { Engine } from '../../bridge/index.ts';
import { type Client, client } from '../../hosts/cli/client.ts';
import {
  PRACTICE_SECRET_ACCESS_KEY,
  type PracticeKms,
  seedPractice,
  startPracticeKms,
} from '../../practice-kms/index.ts';
import type { ApprovalQuestion } from '../approvals/index.ts';

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

/** Three files on the list, over an endpoint that Rewrap does not know as AWS's. */
async function listed(): Promise<string[]> {
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
  return rows.map(({ id }) => id);
}

/** A run without a backup of all of them. */
async function started(): Promise<string> {
  return (await page.runs.start(inPlace(await listed()))).runId;
}

const held = (runId: string) =>
  vi.waitFor(
    async () => expect(await page.runs.get({ runId })).toMatchObject({ fault: { code: 'FirstFileDone' } }),
    { timeout: 60_000 },
  );

it('one run after the other, a file each, takes no second file over such an endpoint unasked', async () => {
  const [a = '', b = '', c = ''] = await listed();
  const before = asked.length;
  approves = false;
  const refused = { fault: { code: 'NotApproved' } };
  // At once: none is done before the other begins.
  const both = await Promise.allSettled([page.runs.start(inPlace([a])), page.runs.start(inPlace([b]))]);
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  const first = both.find((each) => each.status === 'fulfilled')?.value.runId ?? '';
  await ended(page, first);
  const left = both[0]?.status === 'fulfilled' ? b : a;
  await expect(page.runs.start(inPlace([left]))).rejects.toMatchObject(refused);
  expect(readdirSync(join(folder, 'in'))).toHaveLength(4);
  expect(asked.slice(before)).toMatchObject([{ kinds: ['continue'] }, { kinds: ['continue'] }]);
  expect(asked.at(-1)?.words.join('\n')).toContain('not one of AWS');
  approves = true;
  await ended(page, (await page.runs.start(inPlace([left]))).runId);
  // A person has said that it may go on over this endpoint.
  const count = asked.length;
  await ended(page, (await page.runs.start(inPlace([c]))).runId);
  expect(asked).toHaveLength(count);
});

it('a run that is held back cannot be cancelled and tried again past the question', async () => {
  const runId = await started();
  await held(runId);
  approves = false;
  await page.runs.cancel({ runId });
  await ended(page, runId);
  await expect(page.runs.retry({ runId })).rejects.toMatchObject({ fault: { code: 'NotApproved' } });
  expect(readdirSync(join(folder, 'in'))).toHaveLength(4);
});

it('the question about going on names the endpoint of the run, whatever is connected by then', async () => {
  const runId = await started();
  await held(runId);
  await page.connection.use({ kind: 'practice' });
  approves = false;
  await expect(page.runs.resume({ runId })).rejects.toMatchObject({ fault: { code: 'NotApproved' } });
  expect(asked.at(-1)?.kinds).toEqual(['continue']);
  expect(asked.at(-1)?.words.join('\n')).toContain(practice.endpoint);
});

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
