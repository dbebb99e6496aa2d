import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { encrypted, ended, engineAt, inPlace } from '../../bridge/engine/engine.test-help.ts';
import type { Engine } from '../../bridge/index.ts';
import { type Client, client } from '../../hosts/cli/client.ts';
import { makeSampleVault, type PracticeKms, startPracticeKms } from '../../practice-kms/index.ts';
import type { ApprovalAnswer, ApprovalQuestion, Approver } from '../approvals/index.ts';

const OWN = 'alias/payments-2027';
const PARTNER = '444455556666';
/** Of another account, with a policy that lets the caller use it. */
const foreign = `arn:aws:kms:us-east-1:${PARTNER}:alias/shared-with-practice`;

let home: string;
let practice: PracticeKms;
const engines: Engine[] = [];
let number = 0;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'rewrap-approved-'));
  practice = await startPracticeKms({ stateDir: join(home, 'practice') });
  await makeSampleVault({ practice, folder: join(home, 'practice', 'vault'), replace: false });
}, 60_000);

afterAll(async () => {
  for (const engine of engines) await engine.close();
  await practice.close();
  rmSync(home, { recursive: true, force: true });
});

/** An approver that keeps its questions and answers what the test says. */
function asker(answer: (question: ApprovalQuestion) => boolean | Promise<boolean>) {
  const asked: ApprovalQuestion[] = [];
  const approver: Approver = {
    where: 'dialog',
    ask: async (question): Promise<ApprovalAnswer> => {
      asked.push(question);
      return { hash: question.hash, approved: await answer(question), by: 'dialog' };
    },
  };
  return { asked, approver };
}

interface Stage {
  readonly page: Client['page'];
  readonly host: Client['host'];
  readonly engine: Engine;
  readonly file: string;
  readonly id: string;
  readonly hash: () => string;
}

async function stage(approver: Approver): Promise<Stage> {
  number += 1;
  const folder = join(home, `files-${number}`);
  mkdirSync(folder);
  const file = join(folder, 'a.bin');
  writeFileSync(file, await encrypted(practice, 'alias/payments', `secret ${number}`));
  const engine = engineAt(
    home,
    { host: 'loopback', connection: { kind: 'practice' }, sample: false },
    undefined,
    approver,
  );
  engines.push(engine);
  const { page, host } = client(engine);
  await vi.waitFor(async () => expect((await page.connection.state({})).status).toBe('ready'), 20_000);
  await host.intake.addPaths({ paths: [file], origin: 'path' });
  const { rows } = await page.blobs.list({ offset: 0, limit: 10 });
  const hash = () => createHash('sha256').update(readFileSync(file)).digest('hex');
  return { page, host, engine, file, id: rows[0]?.id ?? '', hash };
}

const backup = { mode: 'in-place', backup: true } as const;
const to = (keyId: string) => ({
  destination: { keyId, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'same' } } as const,
});

describe('a run', () => {
  it('to a key of the own account, verified and with a backup, asks nothing', async () => {
    const { asked, approver } = asker(() => false);
    const { page, id } = await stage(approver);
    const { runId } = await page.runs.start(inPlace([id], { output: backup, ...to(OWN) }));
    expect((await ended(page, runId)).counts.succeeded).toBe(1);
    expect(asked).toEqual([]);
  });

  it('as a dry run asks nothing, whatever it leaves out', async () => {
    const { asked, approver } = asker(() => false);
    const { page, id } = await stage(approver);
    const { runId } = await page.runs.start(inPlace([id], { dryRun: true, verify: false, ...to(foreign) }));
    await ended(page, runId);
    expect(asked).toEqual([]);
  });

  it.each([
    ['without a backup', { output: { mode: 'in-place', backup: false } }, ['no-backup'], 'Left out: backup'],
    ['without verification', { output: backup, verify: false }, ['unverified'], 'Left out: verification'],
    [
      'decrypting here',
      { output: backup, method: 'decrypt-encrypt' },
      ['decrypt-here'],
      'Method: Decrypt and Encrypt; plaintext will be in the memory of this machine',
    ],
  ] as const)('%s asks, and does nothing where that is declined', async (_what, over, kinds, words) => {
    const { asked, approver } = asker(() => false);
    const { page, id, hash } = await stage(approver);
    const before = hash();
    const { runs } = await page.runs.list({});
    await expect(page.runs.start(inPlace([id], over))).rejects.toMatchObject({
      fault: { code: 'NotApproved' },
    });
    expect(asked).toMatchObject([{ kinds, account: '111122223333' }]);
    expect(asked[0]?.words).toContain(words);
    expect(asked[0]?.words).toHaveLength(6);
    expect((await page.runs.list({})).runs).toHaveLength(runs.length);
    expect(hash()).toBe(before);
    const { records } = await page.history.list({ offset: 0, limit: 5 });
    expect(records[0]).toMatchObject({ kind: 'approval', outcome: 'declined' });
    expect(records[0]?.detail).toContain(asked[0]?.hash);
    expect(records[0]?.detail).toContain(words);
  });

  it('to a key of another account names both accounts and the key', async () => {
    const { asked, approver } = asker(() => false);
    const { page, id } = await stage(approver);
    const request = inPlace([id], { output: backup, ...to(foreign) });
    await expect(page.runs.start(request)).rejects.toMatchObject({ fault: { code: 'NotApproved' } });
    expect(asked).toMatchObject([{ kinds: ['foreign-key'] }]);
    expect(asked[0]?.words[0]).toContain(`:${PARTNER}:`);
    expect(asked[0]?.words[1]).toContain(PARTNER);
    expect(asked[0]?.words[1]).toContain('yours: 111122223333');
  });

  it('that is approved runs, once: the next one is asked for again, with another hash for other files', async () => {
    const { asked, approver } = asker(() => true);
    const { page, id } = await stage(approver);
    const request = () => inPlace([id], { output: { mode: 'in-place', backup: false } });
    await ended(page, (await page.runs.start(request())).runId);
    const again = { ...request(), ...to('alias/payments') };
    await vi.waitFor(async () => {
      const { rows } = await page.blobs.list({ offset: 0, limit: 1 });
      expect(rows).toHaveLength(1);
    });
    const { rows } = await page.blobs.list({ offset: 0, limit: 1 });
    const { runId } = await page.runs.start({ ...again, blobIds: [rows[0]?.id ?? ''] });
    await ended(page, runId);
    expect(asked).toHaveLength(2);
    expect(asked[1]?.hash).not.toBe(asked[0]?.hash);
  });

  it('is refused where the connection became another one while the question stood', async () => {
    let page: Client['page'] | null = null;
    const { approver } = asker(async () => {
      await page?.connection.use({ kind: 'practice' });
      return true;
    });
    const made = await stage(approver);
    page = made.page;
    const before = made.hash();
    await expect(page.runs.start(inPlace([made.id]))).rejects.toMatchObject({
      fault: { code: 'ApprovalOutdated' },
    });
    expect(made.hash()).toBe(before);
  });

  it('cannot be approved by any request of the page while the question stands', async () => {
    let answer = (_: boolean): void => {};
    const { asked, approver } = asker(() => new Promise<boolean>((resolve) => (answer = resolve)));
    const { engine, page, id, hash } = await stage(approver);
    const before = hash();
    const started = engine.call('runs.start', inPlace([id]));
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    const forged = { id: asked[0]?.id, hash: asked[0]?.hash, approved: true, by: 'dialog' };
    for (const name of ['approval-answer', 'approvals.answer', 'app.approve', 'runs.approve'])
      expect(await engine.call(name, forged)).toMatchObject({ fault: { code: 'UnknownRequest' } });
    expect(
      await engine.call('runs.start', { ...inPlace([id]), agreed: true, approval: forged }),
    ).toMatchObject({ fault: { code: 'ApprovalPending' } });
    expect((await page.app.state({})).approval).toMatchObject({ where: 'dialog' });
    expect(hash()).toBe(before);
    answer(false);
    expect(await started).toMatchObject({ fault: { code: 'NotApproved' } });
  });
});

describe('undoing', () => {
  it('asks each time, and touches nothing where it is declined', async () => {
    const answers = [false, true];
    const { asked, approver } = asker(() => answers.shift() ?? false);
    const { page, id, hash } = await stage(approver);
    const before = hash();
    const { runId } = await page.runs.start(inPlace([id], { output: backup }));
    await ended(page, runId);
    const after = hash();
    expect(after).not.toBe(before);
    await expect(page.runs.undo({ runId })).rejects.toMatchObject({ fault: { code: 'NotApproved' } });
    expect(hash()).toBe(after);
    await page.runs.undo({ runId });
    expect(hash()).toBe(before);
    expect(asked.map(({ kinds }) => kinds)).toEqual([['undo'], ['undo']]);
    expect(asked[0]?.title).toBe('Undo a run: 1 blob in 1 file?');
  });
});

describe('a resume', () => {
  it('asks nothing under the same terms, and again once the destination is another key', async () => {
    const answers = [true, false];
    const { asked, approver } = asker(() => answers.shift() ?? false);
    const { page, host, file } = await stage(approver);
    for (const name of ['b.bin', 'c.bin'])
      writeFileSync(join(file, '..', name), await encrypted(practice, 'alias/payments', name));
    await host.intake.addPaths({ paths: [join(file, '..')], origin: 'path' });
    const { rows } = await page.blobs.list({ offset: 0, limit: 10 });
    expect(rows).toHaveLength(3);
    const alias = async (operation: 'CreateAlias' | 'UpdateAlias') => {
      const { KeyMetadata } = (await practice.call('CreateKey', {})) as { KeyMetadata: { KeyId: string } };
      await practice.call(operation, { AliasName: 'alias/moving', TargetKeyId: KeyMetadata.KeyId });
    };
    await alias('CreateAlias');
    const request = inPlace(
      rows.map(({ id }) => id),
      // Slow enough that it is cut off before its end.
      { ...to('alias/moving'), pace: { concurrency: 1, perSecond: 0.5 } },
    );
    const { runId } = await page.runs.start(request);
    expect((await host.runs.suspend({ runId })).status).toBe('unfinished');
    await page.runs.resume({ runId });
    expect((await host.runs.suspend({ runId })).status).toBe('unfinished');
    expect(asked).toHaveLength(1);
    await alias('UpdateAlias');
    await expect(page.runs.resume({ runId })).rejects.toMatchObject({ fault: { code: 'NotApproved' } });
    expect(asked).toHaveLength(2);
    expect(asked[1]?.title).toMatch(/^Resume run /);
    expect(asked[1]?.hash).not.toBe(asked[0]?.hash);
    await page.runs.cancel({ runId });
  });
});

describe('a retry', () => {
  it('under the terms that were approved asks nothing', async () => {
    const { asked, approver } = asker(() => true);
    const { page, id } = await stage(approver);
    const { KeyMetadata } = (await practice.call('DescribeKey', { KeyId: OWN })) as {
      KeyMetadata: { KeyId: string };
    };
    await practice.call('DisableKey', { KeyId: KeyMetadata.KeyId });
    const { runId } = await page.runs.start(inPlace([id]));
    const first = await ended(page, runId);
    expect(first.counts.succeeded).toBe(0);
    await practice.call('EnableKey', { KeyId: KeyMetadata.KeyId });
    const again = await page.runs.retry({ runId });
    expect((await ended(page, again.runId)).counts.succeeded).toBe(1);
    expect(asked).toHaveLength(1);
  });
});

describe('a plan file', () => {
  it.each([
    ['that was dropped on the page', 'path', 1],
    ['that a person picked in a dialog', 'picked', 0],
  ] as const)('%s', async (_what, origin, questions) => {
    const { asked, approver } = asker(() => false);
    const { page, host, id, file } = await stage(approver);
    const { grantTokens: _, dryRun: __, ...request } = inPlace([id], { output: backup });
    const { bytes } = await host.plans.write({ request, rules: [] });
    const planFile = join(file, '..', 'plan.json');
    writeFileSync(planFile, bytes);
    await host.intake.addPaths({ paths: [planFile], origin });
    const { plans } = await page.plans.list({});
    const planId = plans[0]?.planId ?? '';
    const outcome = await page.plans.run({ planId, dryRun: false }).then(
      ({ runId }) => ended(page, runId).then(() => 'ran'),
      (error) => error.fault.code,
    );
    expect(outcome).toBe(questions === 0 ? 'ran' : 'NotApproved');
    expect(asked).toHaveLength(questions);
    if (questions > 0) expect(asked[0]).toMatchObject({ kinds: ['plan-file'] });
  });
});
