import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { expect, type Stage, test } from '../support/fixtures.ts';
import { rewrap, start, startInTerminal } from '../support/processes.ts';
import { connected } from '../support/screen.ts';
import { encrypt, FRESH, PAYMENTS, secret, write } from '../support/vault.ts';

type Reply = { ok: boolean; value?: { runId: string }; fault?: { code: string; remedy: string } };

/** What a page asks; the answer is given when a person has answered. */
const ask = (page: Page, name: string, input: unknown): Promise<Reply> =>
  page.evaluate(
    ([path, given]) => {
      type Api = Record<string, Record<string, (input: unknown) => Promise<Reply>>>;
      const [namespace = '', method = ''] = (path as string).split('.');
      const { rewrap } = window as unknown as { rewrap: Api };
      return rewrap[namespace]?.[method]?.(given) ?? Promise.reject(new Error(path as string));
    },
    [name, input] as const,
  );

/** A run without verification, of one blob in place. */
const unverified = (blobId: string) => ({
  blobIds: [blobId],
  source: { keyId: null, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'declared' } },
  destination: { keyId: FRESH, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'same' } },
  grantTokens: [],
  output: { mode: 'in-place', backup: true },
  method: 'reencrypt',
  verify: false,
  dryRun: false,
});

async function files(stage: Stage, count: number) {
  return Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const bytes = Buffer.from(await encrypt(stage.kms, PAYMENTS, secret()));
      return { path: write(stage.files, `f${i}.bin`, bytes), bytes };
    }),
  );
}

async function blobIds(page: Page): Promise<string[]> {
  const reply = (await ask(page, 'blobs.list', { offset: 0, limit: 10 })) as unknown as {
    value: { rows: { id: string; file: string }[] };
  };
  return reply.value.rows.toSorted((a, b) => (a.file < b.file ? -1 : 1)).map(({ id }) => id);
}

async function ended(page: Page, runId = ''): Promise<void> {
  const status = async () => {
    const { value } = (await ask(page, 'runs.get', { runId })) as unknown as { value: { status: string } };
    return value.status;
  };
  await expect.poll(status).toBe('finished');
}

async function answers(stage: Stage): Promise<string[]> {
  const { stdout } = await rewrap(['history', '--json'], stage.home);
  const records: { kind: string; outcome: string; detail: string }[] = JSON.parse(stdout);
  return records
    .filter(({ kind }) => kind === 'approval')
    .map(({ outcome, detail }) => `${outcome} ${/By: (\w+)/.exec(detail)?.[1]}`);
}

test('the terminal asks: no, yes, one at a time, not for a later one, and not once things changed', async ({
  stage,
  page,
}) => {
  test.skip(process.platform === 'win32', 'there is no `script` to make a terminal with');
  const [a, b, c] = await files(stage, 3);
  const host = startInTerminal(['serve', stage.files], stage.home);
  const [, address = ''] = await host.waitFor(/Rewrap is at (\S+)/);
  await page.goto(address);
  await connected(page);
  const [first = '', second = '', third = ''] = await blobIds(page);
  const notice = page.getByRole('status').filter({ hasText: 'Waiting for your confirmation' });
  let shown = 0;
  /** Waits for the next question in the terminal. */
  const asked = async () => {
    shown += 1;
    await expect.poll(() => host.output().split('Approve? Type y or N').length - 1).toBe(shown);
  };

  const no = ask(page, 'runs.start', unverified(first));
  await asked();
  await expect(notice).toContainText('in the terminal');
  await expect(notice).toContainText('Re-encrypt 1 blob in 1 file?');
  // It covers nothing that can be pressed.
  const box = await notice.locator('.approval-waiting').boundingBox();
  const bar = await page.getByRole('button', { name: /^Connection:/ }).boundingBox();
  expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(bar?.y ?? 0);
  if (process.env.REWRAP_SHOTS)
    for (const [scheme, width] of [
      ['light', 1280],
      ['dark', 1280],
      ['light', 640],
    ] as const) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height: 820 });
      await page.screenshot({ path: `${process.env.REWRAP_SHOTS}/approval-${scheme}-${width}.png` });
    }
  expect(host.output()).toContain('Left out: verification');
  expect(host.output()).toContain('Account of the key: 111122223333');
  // Another one meanwhile is refused, and is not what is answered.
  expect(await ask(page, 'runs.start', unverified(second))).toMatchObject({
    fault: { code: 'ApprovalPending' },
  });
  host.type('n');
  expect(await no).toMatchObject({ ok: false, fault: { code: 'NotApproved' } });
  await expect(notice).toHaveCount(0);
  expect(readFileSync(a?.path ?? '')).toEqual(a?.bytes);

  const yes = ask(page, 'runs.start', unverified(first));
  await asked();
  host.type('yes');
  await ended(page, (await yes).value?.runId);
  expect(readFileSync(a?.path ?? '')).not.toEqual(a?.bytes);

  // The answer was of that one run: another asks again.
  const again = ask(page, 'runs.start', unverified(second));
  await asked();
  host.type('n');
  expect(await again).toMatchObject({ fault: { code: 'NotApproved' } });

  // What was approved is not what would be done now.
  const stale = ask(page, 'runs.start', unverified(third));
  await asked();
  await ask(page, 'connection.use', { kind: 'practice' });
  host.type('y');
  expect(await stale).toMatchObject({ ok: false, fault: { code: 'ApprovalOutdated' } });
  for (const each of [b, c]) expect(readFileSync(each?.path ?? '')).toEqual(each?.bytes);

  await host.stop();
  expect(await answers(stage)).toEqual([
    'declined terminal',
    'approved terminal',
    'declined terminal',
    'approved terminal',
  ]);
});

test('without a terminal a flag answers, and what no flag allows is refused with that flag named', async ({
  stage,
  page,
}) => {
  const [a] = await files(stage, 1);
  for (const [flags, allowed] of [
    [[], false],
    [['--allow-unverified'], true],
  ] as const) {
    const host = start(['serve', stage.files, ...flags], stage.home);
    const [, address = ''] = await host.waitFor(/Rewrap is at (\S+)/);
    await page.goto(address);
    await connected(page);
    const [blobId = ''] = await blobIds(page);
    const reply = await ask(page, 'runs.start', unverified(blobId));
    if (allowed) await ended(page, reply.value?.runId);
    else {
      expect(reply.fault?.code).toBe('NotApproved');
      expect(reply.fault?.remedy).toContain('--allow-unverified');
    }
    expect(readFileSync(a?.path ?? '').equals(a?.bytes ?? Buffer.alloc(0))).toBe(!allowed);
    await host.stop();
  }
  expect(await answers(stage)).toEqual(['refused: no one to ask no', 'approved flag']);
});
