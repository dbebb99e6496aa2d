import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { HistoryRecord } from '#shared/model/history.ts';
import type { RunSummary } from '#shared/model/run.ts';
import { encrypted, engineAt, inPlace } from '../../bridge/engine/engine.test-help.ts';
import type { Engine } from '../../bridge/index.ts';
import { assemble } from '../../core/inspect/assemble.test-help.ts';
import { client } from '../../hosts/cli/client.ts';
import { startPracticeKms } from '../../practice-kms/index.ts';
import { History } from './history.ts';
import { HistoryRecorder } from './history-recorder.ts';

let folder = '';
const engines: Engine[] = [];

async function start() {
  const engine = engineAt(join(folder, 'home'));
  engines.push(engine);
  const { page, host } = client(engine);
  const records = async (): Promise<HistoryRecord[]> =>
    (await page.history.list({ offset: 0, limit: 1000 })).records.reverse();
  return { engine, page, host, records };
}

async function stop(engine: Engine): Promise<void> {
  engines.splice(engines.indexOf(engine), 1);
  await engine.close();
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-recorder-'));
  mkdirSync(join(folder, 'files'));
});

afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

it('a run that ended with its process is in the history of the next start, once, and no blob twice', async () => {
  const first = await start();
  await first.page.connection.use({ kind: 'practice' });
  const practice = await startPracticeKms({ stateDir: join(folder, 'home', 'practice') });
  const blobs = 60;
  for (let i = 0; i < blobs; i += 1) {
    const { CiphertextBlob } = await practice.call('Encrypt', {
      KeyId: 'alias/payments',
      Plaintext: Buffer.from(`secret ${i}`).toString('base64'),
    });
    writeFileSync(join(folder, 'files', `${i}.bin`), Buffer.from(String(CiphertextBlob), 'base64'));
  }
  await practice.close();
  await first.host.intake.addPaths({ paths: [join(folder, 'files')], origin: 'path' });
  const { rows } = await first.page.blobs.list({ offset: 0, limit: 100 });
  const { runId } = await first.page.runs.start(inPlace(rows.map(({ id }) => id)));
  // Closed in the midst of it: what is under way ends, the rest is left.
  await expect
    .poll(async () => (await first.page.runs.get({ runId })).counts.succeeded, {
      interval: 1,
    })
    .toBeGreaterThan(0);
  await stop(first.engine);

  const second = await start();
  await expect
    .poll(async () => (await second.records()).some(({ outcome }) => outcome === 'cut off'))
    .toBe(true);
  const run = await second.page.runs.get({ runId });
  expect(run.status).toBe('unfinished');
  const cut = (await second.records()).filter((record) => record.runId === runId);
  const outcomes = (records: readonly HistoryRecord[]) =>
    records.filter(({ kind }) => kind === 'blob').map(({ outcome }) => outcome);
  expect(outcomes(cut).filter((outcome) => outcome === 'reencrypted')).toHaveLength(run.counts.succeeded);
  expect(cut.at(-1)).toMatchObject({
    kind: 'run-ended',
    outcome: 'cut off',
    detail: expect.stringMatching(
      new RegExp(
        `^${blobs} blobs: ${run.counts.succeeded} re-encrypted, 0 already as asked, (\\d+) not re-encrypted \\(all known to be under the old key\\); \\1 to go$`,
      ),
    ),
  });
  await stop(second.engine);

  const third = await start();
  await third.page.connection.use({ kind: 'practice' });
  await third.page.runs.resume({ runId });
  await expect.poll(async () => (await third.records()).at(-1)?.outcome).toBe('finished');
  const all = (await third.records()).filter((record) => record.runId === runId);
  expect(all.filter(({ outcome }) => outcome === 'cut off')).toHaveLength(1);
  expect(outcomes(all).filter((outcome) => outcome === 'reencrypted')).toHaveLength(blobs);
  expect(await third.page.history.verify({ expected: null })).toMatchObject({ ok: true });
});

it('a run of thousands is wholly in the history although Rewrap is closed as it ends', async () => {
  const complaints = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const { engine, page, host } = await start();
  await page.connection.use({ kind: 'practice' });
  const practice = await startPracticeKms({ stateDir: join(folder, 'home', 'practice') });
  const blob = (await encrypted(practice, 'alias/payments', 'secret')).toString('base64');
  await practice.close();
  const blobs = 2500;
  writeFileSync(join(folder, 'files', 'many.txt'), `${blob}\n`.repeat(blobs));
  await host.intake.addPaths({ paths: [join(folder, 'files')], origin: 'path' });
  const { rows } = await page.blobs.list({ offset: 0, limit: blobs });
  const { runId } = await page.runs.start(
    inPlace(
      rows.map(({ id }) => id),
      { dryRun: true },
    ),
  );
  await new Promise<void>((done) => {
    engine.onEvent((name, payload) => {
      if (name === 'runProgress' && (payload as RunSummary).finishedAt !== null) done();
    });
  });
  await stop(engine);
  expect(complaints).not.toHaveBeenCalled();
  complaints.mockRestore();

  const second = await start();
  let written = 0;
  const ends: string[] = [];
  for (let offset = 0; ; offset += 1000) {
    const { records } = await second.page.history.list({ offset, limit: 1000 });
    const ofRun = records.filter((record) => record.runId === runId);
    written += ofRun.filter(({ kind, outcome }) => kind === 'blob' && outcome === 'would-succeed').length;
    for (const { kind, outcome } of ofRun) if (kind === 'run-ended') ends.push(outcome ?? '');
    if (records.length < 1000) break;
  }
  expect({ written, ends }).toEqual({ written: blobs, ends: ['finished'] });
});

it('keys that were listed and looked up are in the history, a record each', async () => {
  const { page, records } = await start();
  await page.connection.use({ kind: 'practice' });
  const { keys } = await page.keys.list({ refresh: false, side: 'source', offset: 0, limit: 2 });
  await page.keys.list({ refresh: false, side: 'source', offset: 2, limit: 2 });
  const read = async () =>
    (await records())
      .filter(({ kind }) => kind === 'keys-read')
      .map(({ outcome, sourceKey }) => [outcome, sourceKey]);
  expect(await read()).toEqual([['listed', null]]);
  const arn = keys[0]?.arn ?? '';
  await page.keys.detail({ keyId: arn, side: 'source' });
  await page.keys.detail({ keyId: arn, side: 'source' });
  await expect(page.keys.describe({ keyId: 'alias/none', side: 'source' })).rejects.toMatchObject({});
  expect(await read()).toEqual([
    ['listed', null],
    ['looked up', arn],
    ['refused: NotFoundException', 'alias/none'],
  ]);
  await page.keys.list({ refresh: true, side: 'source', offset: 0, limit: 2 });
  expect((await read()).at(-1)).toEqual(['listed', null]);
});

it('an audit says which keys KMS was not asked about, and asks on request', async () => {
  const { page, host } = await start();
  const id = (i: number) => `${String(i).padStart(8, '0')}-1111-4222-8333-444455556666`;
  const file = (name: string, keyArn: string) =>
    writeFileSync(
      join(folder, 'files', name),
      JSON.stringify({
        CiphertextBlob: Buffer.from(assemble({ layout: 'v2' })).toString('base64'),
        KeyId: keyArn,
      }),
    );
  for (let i = 0; i < 203; i += 1) file(`${i}.json`, `arn:aws:kms:us-east-1:111122223333:key/${id(i)}`);
  file('far.json', `arn:aws:kms:eu-west-1:111122223333:key/${id(0)}`);
  await host.intake.addPaths({ paths: [join(folder, 'files')], origin: 'path' });
  expect((await page.audit.summary({})).notAsked).toEqual({ keys: 0, blobs: 0, names: [], elsewhere: [] });
  await page.connection.use({ kind: 'practice' });
  await page.audit.askKeys({ refresh: false, all: false });
  const { notAsked, asking } = await page.audit.summary({});
  expect(asking).toBe(0);
  expect(notAsked).toMatchObject({
    keys: 3,
    blobs: 3,
    elsewhere: [{ region: 'eu-west-1', keys: 1, blobs: 1 }],
  });
  expect(notAsked.names.map(({ name }) => name.split('/').at(-1))).toEqual([id(200), id(201), id(202)]);
  const { bytes } = await host.audit.report({ subject: { of: 'audit' }, format: 'html' });
  const html = new TextDecoder().decode(bytes);
  expect(html).toContain('KMS was not asked about 3 keys');
  expect(html).toContain(id(202));

  await page.audit.askKeys({ refresh: false, all: true });
  expect((await page.audit.summary({})).notAsked).toMatchObject({ keys: 0, names: [] });
  const { findings } = await page.audit.findings({ offset: 0, limit: 500 });
  expect(findings.filter(({ code }) => code === 'key-gone')).toHaveLength(203);
});

it('a flood of questions that no one can answer, and of connections that fail for it, is counted in few records', async () => {
  mkdirSync(join(folder, 'flooded'));
  const history = new History(join(folder, 'flooded'));
  const recorder = new HistoryRecorder(history, () => ({
    state: { status: 'ready', identity: null },
    describe: () => 'practice KMS',
  }));
  for (let i = 0; i < 2_000; i += 1) {
    const kinds = [i % 2 === 0 ? ('undo' as const) : ('no-backup' as const)];
    recorder.approval({ kinds, title: `Question ${i}?`, words: [], resolved: i }, `hash-${i}`, {
      hash: `hash-${i}`,
      approved: false,
      by: null,
    });
    const choice = {
      kind: 'aws',
      profile: `p${i}`,
      region: 'us-east-1',
      endpointUrl: null,
      fips: null,
      dualStack: null,
    } as const;
    const fault = { code: 'NotApproved', message: '', detail: '', remedy: '', retryable: false };
    recorder.connected(
      {
        choice,
        status: 'failed',
        region: null,
        endpoint: null,
        endpointInfo: null,
        identity: null,
        fault,
      } as never,
      'source',
    );
  }
  // What a person or a flag answered is written each time.
  for (const approved of [true, false])
    recorder.approval({ kinds: ['undo'], title: 'Undo?', words: [], resolved: 0 }, 'hash', {
      hash: 'hash',
      approved,
      by: 'dialog',
    });
  await recorder.settled();
  const { records } = await history.list(0, 100);
  history.close();
  expect(records.map(({ kind, outcome }) => `${kind} ${outcome}`).sort()).toEqual([
    'approval approved',
    'approval declined',
    ...Array(4).fill('approval refused: no one to ask'),
    ...Array(2).fill('connection-failed failed'),
  ]);
  const details = records.map(({ detail }) => detail);
  expect(details.filter((detail) => detail?.startsWith('999 more within a minute'))).toHaveLength(2);
  expect(details.some((detail) => detail?.startsWith('1999 more within a minute'))).toBe(true);
  expect(details.some((detail) => detail?.includes('Request hash-1999'))).toBe(true);
});
