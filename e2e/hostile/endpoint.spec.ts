import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, type Stage, test } from '../support/fixtures.ts';
import { kmsProxy, type Lie, type Passed, reply, type Upstream } from '../support/kms-proxy.ts';
import { rewrap } from '../support/processes.ts';
import { decrypt, encrypt, FRESH, PAYMENTS, secret, write } from '../support/vault.ts';

/**
 * An endpoint that lies, between the window and a practice KMS. Whatever it answers, each file is wholly old or right. What
 * no check of bytes can see (two replies swapped) is found by comparing plaintexts, and undone from the backups.
 */

type Members = Record<string, unknown>;
const json = ({ body }: Upstream): Members => JSON.parse(body.toString('utf8') || '{}');
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

const isReEncrypt = ({ operation, members }: Passed): boolean =>
  operation === 'ReEncrypt' && members.DryRun !== true;

/** Lies about what a real `ReEncrypt` made; everything else, dry runs too, is answered truly. */
const about =
  (made: (members: Members, asked: Passed) => Members): Lie =>
  async (asked, ask, response) => {
    const upstream = await ask();
    if (!isReEncrypt(asked) || upstream.status !== 200) return reply(response, upstream);
    reply(response, upstream, { ...json(upstream), ...made(json(upstream), asked) });
  };

/** Says to each dry run that it would work, beside another lie. */
const yesToAll =
  (lie: Lie): Lie =>
  async (asked, ask, response) => {
    if (asked.members.DryRun !== true) return lie(asked, ask, response);
    response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(
      JSON.stringify({ __type: 'DryRunOperationException', message: 'The request would have succeeded.' }),
    );
  };

interface LyingCase {
  readonly name: string;
  readonly lie: Lie;
  /** The code of the fault that each blob gets; null: it is answered rightly in the end. */
  readonly code: RegExp | null;
  /** It never ends by itself: the person cancels. */
  readonly cancels?: true;
}

/** The old blob with other bytes at its end: what an endpoint that holds no key can make. */
const oldBlob = about((_, { members }) => {
  const old = Buffer.from(String(members.CiphertextBlob), 'base64');
  return { CiphertextBlob: base64(Buffer.concat([old.subarray(0, -30), randomBytes(30)])) };
});

function lies(stage: Stage, otherKey: string): LyingCase[] {
  const of = async (plaintext: Uint8Array, key: string = FRESH) =>
    base64(await encrypt(stage.kms, key, plaintext));
  const withBlob =
    (make: (plaintext: Buffer) => Promise<Members>): Lie =>
    async (asked, ask, response) => {
      const upstream = await ask();
      if (!isReEncrypt(asked) || upstream.status !== 200) return reply(response, upstream);
      const { plaintext } = await decrypt(
        stage.kms,
        Buffer.from(String(asked.members.CiphertextBlob), 'base64'),
      );
      reply(response, upstream, { ...json(upstream), ...(await make(plaintext)) });
    };
  return [
    // The first, so that it is known from then on what blobs of the destination key look like.
    {
      name: 'slow: each answer in pieces',
      lie: async (asked, ask, response) => {
        const upstream = await ask();
        if (!isReEncrypt(asked)) return reply(response, upstream);
        response.writeHead(upstream.status, { 'content-type': 'application/x-amz-json-1.1' });
        const pieces = upstream.body.toString('latin1').match(/[\s\S]{1,100}/g) ?? [];
        for (const piece of pieces) {
          response.write(Buffer.from(piece, 'latin1'));
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        response.end();
      },
      code: null,
    },
    {
      name: 'the old blob with other bytes',
      lie: oldBlob,
      code: /KeyUnchanged|KeyMaterialMismatch|PutBackMismatch/,
    },
    {
      name: 'the same, and yes to every dry run',
      lie: yesToAll(oldBlob),
      code: /KeyUnchanged|KeyMaterialMismatch|PutBackMismatch/,
    },
    {
      name: 'a blob of another key under the right name, and yes to every dry run',
      lie: yesToAll(withBlob(async (plaintext) => ({ CiphertextBlob: await of(plaintext, otherKey) }))),
      code: /KeyMaterialMismatch/,
    },
    {
      name: 'another key',
      lie: about(() => ({ KeyId: otherKey })),
      code: /ReplyUnexpected|KeyMaterialMismatch/,
    },
    {
      name: 'a plaintext of another length',
      lie: withBlob(async () => ({ CiphertextBlob: await of(randomBytes(500)) })),
      code: /ReplyUnexpected/,
    },
    {
      name: 'the plaintext for the ciphertext',
      lie: withBlob(async (plaintext) => ({ CiphertextBlob: base64(plaintext) })),
      code: /./,
    },
    {
      name: 'endless',
      lie: async (asked, ask, response) => {
        if (!isReEncrypt(asked)) return reply(response, await ask());
        response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
        const more = (): void => {
          while (!response.destroyed && response.write(Buffer.alloc(64 * 1024, 0x20)));
        };
        response.on('drain', more);
        more();
      },
      code: /./,
    },
    {
      name: 'redirects to elsewhere',
      lie: async (asked, ask, response) => {
        if (!isReEncrypt(asked)) return reply(response, await ask());
        response.writeHead(307, { location: stage.endpoint }).end();
      },
      code: /./,
    },
    {
      name: 'a page in HTML',
      lie: async (asked, ask, response) => {
        if (!isReEncrypt(asked)) return reply(response, await ask());
        response.writeHead(200, { 'content-type': 'text/html' }).end('<html><body>Sign in</body></html>');
      },
      code: /./,
    },
    {
      name: 'never an answer',
      lie: async (asked, ask, response) => {
        if (!isReEncrypt(asked)) reply(response, await ask());
      },
      code: null,
      cancels: true,
    },
  ];
}

interface Sealed {
  readonly path: string;
  readonly bytes: Buffer;
  readonly plaintext: Buffer;
}

async function sealed(stage: Stage, name: string): Promise<Sealed> {
  const plaintext = secret();
  const bytes = Buffer.from(await encrypt(stage.kms, PAYMENTS, plaintext));
  return { path: write(stage.files, name, bytes), bytes, plaintext };
}

type Api = Record<string, Record<string, (input: unknown) => Promise<{ ok: boolean; value: never }>>>;
const ask = <T>(page: Page, namespace: string, method: string, input: unknown): Promise<T> =>
  page.evaluate(
    async ([one = '', two = '', given]) => {
      const { rewrap } = window as unknown as { rewrap: Api };
      const reply = await rewrap[one as string]?.[two as string]?.(given);
      if (!reply?.ok) throw new Error(JSON.stringify(reply));
      return reply.value;
    },
    [namespace, method, input] as const,
  );

interface Summary {
  readonly status: string;
  readonly counts: { readonly succeeded: number; readonly failed: number };
}

const request = (blobIds: string[]) => ({
  blobIds,
  source: { keyId: null, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'declared' } },
  destination: { keyId: FRESH, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'same' } },
  grantTokens: [],
  output: { mode: 'in-place', backup: true },
  method: 'reencrypt',
  verify: true,
  dryRun: false,
});

test('a lying endpoint: each file is wholly old or right', async ({ stage, page, open }) => {
  test.slow();
  const proxy = await kmsProxy(stage.endpoint);
  write(
    stage.home,
    'no-aws-credentials',
    '[default]\naws_access_key_id = AKIAPRACTICEKMSEXAMPL\naws_secret_access_key = any\n',
  );
  const { keyArn: otherKey } = await decrypt(stage.kms, await encrypt(stage.kms, 'alias/legacy', secret()));
  const cases = lies(stage, otherKey);
  const files = await Promise.all(
    cases.flatMap((_, i) => [0, 1].map((nth) => sealed(stage, `case${i}/${nth}.bin`))),
  );
  await open(stage.files, '--region', 'us-east-1', '--endpoint-url', proxy.url);
  await expect(page.getByRole('button', { name: /^Connection: AWS.*111122223333/ })).toBeVisible();
  const { rows } = await ask<{ rows: { id: string; file: string }[] }>(page, 'blobs', 'list', {
    offset: 0,
    limit: 100,
  });

  let wrong = 0;
  const codes: string[] = [];
  for (const [i, { name, lie, code, cancels }] of cases.entries()) {
    await test.step(name, async () => {
      const ids = rows.filter(({ file }) => file.includes(`case${i}/`)).map(({ id }) => id);
      expect(ids).toHaveLength(2);
      proxy.state.lie = lie;
      const from = proxy.passed.length;
      const { runId } = await ask<{ runId: string }>(page, 'runs', 'start', request(ids));
      if (cancels) {
        await expect.poll(() => proxy.passed.slice(from).some(isReEncrypt)).toBe(true);
        await ask(page, 'runs', 'cancel', { runId });
        // What is under way is waited for; it ends in a broken connection.
        proxy.state.lie = null;
        proxy.drop();
      }
      const run = () => ask<Summary>(page, 'runs', 'get', { runId });
      // The first file that was replaced is looked at; the host allows going on.
      await expect
        .poll(async () => {
          const { status } = await run();
          if (status === 'paused') await ask(page, 'runs', 'resume', { runId });
          return status;
        })
        .toMatch(/finished|cancelled|failed/);
      const { items } = await ask<{ items: { fault: { code: string } | null }[] }>(page, 'runs', 'items', {
        runId,
        offset: 0,
        limit: 10,
        only: 'all',
      });
      if (code !== null) {
        // What refuses one blob may stop the run before the other.
        expect(items.map(({ fault }) => fault?.code ?? 'none')).toContainEqual(expect.stringMatching(code));
        expect(items.filter(({ fault }) => fault === null)).toEqual([]);
      }
      if (code === null && !cancels) expect((await run()).counts.succeeded).toBe(2);
      codes.push(`${name}: ${[...new Set(items.map(({ fault }) => fault?.code ?? 'right'))].join(', ')}`);
      for (const { path, bytes, plaintext } of files.slice(2 * i, 2 * i + 2)) {
        const now = readFileSync(path);
        if (now.equals(bytes)) continue;
        const opened = await decrypt(stage.kms, now);
        if (!opened.plaintext.equals(plaintext)) wrong += 1;
      }
      expect(wrong).toBe(0);
      const folder = join(stage.files, `case${i}`);
      expect(readdirSync(folder).filter((left) => left.endsWith('.tmp'))).toEqual([]);
      // A run that is over: nothing of it is held back.
      proxy.state.lie = null;
    });
  }
  console.log(`lying endpoint: ${cases.length} lies, ${proxy.passed.length} requests, ${wrong} files wrong`);
  console.log(codes.join('\n'));
  await proxy.close();
});

test('two replies swapped: comparing plaintexts finds it, and the originals come back', async ({
  stage,
  page,
  open,
}) => {
  test.slow();
  const proxy = await kmsProxy(stage.endpoint);
  write(
    stage.home,
    'no-aws-credentials',
    '[default]\naws_access_key_id = AKIAPRACTICEKMSEXAMPL\naws_secret_access_key = any\n',
  );
  const [a, b, c] = await Promise.all(['a', 'b', 'c'].map(() => secret()));
  const blobs = await Promise.all(
    [a, b, c].map(async (one) => base64(await encrypt(stage.kms, PAYMENTS, one ?? secret()))),
  );
  const [one = '', two = '', three = ''] = blobs;
  const path = write(stage.files, 'pair.json', JSON.stringify({ one, two }));
  const alone = write(stage.files, 'alone.json', JSON.stringify({ three }));
  const before = [readFileSync(path), readFileSync(alone)];
  // Each of the two gets what was made of the other.
  const other = new Map([
    [one, two],
    [two, one],
  ]);
  proxy.state.lie = async (asked, forward, response) => {
    const swapped = isReEncrypt(asked) ? other.get(String(asked.members.CiphertextBlob)) : undefined;
    reply(
      response,
      await forward(swapped === undefined ? undefined : { ...asked.members, CiphertextBlob: swapped }),
    );
  };
  const { host } = await open(stage.files, '--region', 'us-east-1', '--endpoint-url', proxy.url);
  await expect(page.getByRole('button', { name: /^Connection: AWS.*111122223333/ })).toBeVisible();
  const { rows } = await ask<{ rows: { id: string }[] }>(page, 'blobs', 'list', { offset: 0, limit: 10 });
  const { runId } = await ask<{ runId: string }>(page, 'runs', 'start', request(rows.map(({ id }) => id)));
  await expect
    .poll(async () => {
      const { status } = await ask<Summary>(page, 'runs', 'get', { runId });
      if (status === 'paused') await ask(page, 'runs', 'resume', { runId });
      return status;
    })
    .toBe('finished');
  expect(readFileSync(path)).not.toEqual(before[0]);
  proxy.state.lie = null;

  await page.getByRole('navigation').getByRole('button', { name: 'Runs' }).click();
  await page
    .getByRole('region', { name: 'Runs' })
    .getByRole('button', { name: /^Open re-encryption of/ })
    .click();
  await page.getByRole('button', { name: 'Compare plaintexts…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Compare plaintexts' });
  if (process.env.REWRAP_SHOTS)
    await page.screenshot({ path: `${process.env.REWRAP_SHOTS}/compare-ask.png` });
  await dialog.getByRole('button', { name: 'Compare 3 blobs' }).click();
  await expect(dialog).toContainText('2 blobs hold another plaintext than before.');
  await expect(dialog).toContainText('1 equal, 2 different, 0 not decrypted, 0 not on disk any more.');
  await expect(dialog).toContainText('pair.json');
  await expect(dialog).not.toContainText('alone.json');
  if (process.env.REWRAP_SHOTS)
    await page.screenshot({ path: `${process.env.REWRAP_SHOTS}/compare-found.png` });
  await dialog.getByRole('button', { name: 'Done' }).click();
  await ask(page, 'runs', 'undo', { runId });
  expect([readFileSync(path), readFileSync(alone)]).toEqual(before);
  // Undone, nothing of it is left to compare; the shell says so, and wants to hear that it decrypts.
  await host.stop();
  const over = ['--region', 'us-east-1', '--endpoint-url', proxy.url];
  const plain = await rewrap(['runs', 'compare', runId, ...over], stage.home);
  expect(plain).toMatchObject({ code: 2, stdout: '' });
  expect(plain.stderr).toContain('--accept-plaintext-in-memory');
  const agreed = await rewrap(
    ['runs', 'compare', runId, ...over, '--accept-plaintext-in-memory'],
    stage.home,
  );
  expect(agreed.stderr).toContain('NothingToCompare');
  unlinkSync(alone);
  await proxy.close();
});
