import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '../support/fixtures.ts';
import { rewrap } from '../support/processes.ts';
import { decrypt, encrypt, FRESH, PAYMENTS, secret, sha256, write } from '../support/vault.ts';

test('a shell says what it would take, asks for rights, and changes contexts pair by pair', async ({
  stage,
}) => {
  const plaintext = secret();
  const context = { app: 'payments', env: 'test' };
  const blob = Buffer.from(await encrypt(stage.kms, PAYMENTS, plaintext, { context }));
  const file = write(stage.files, 'a.b64', blob.toString('base64'));
  const before = sha256(file);
  const flags = ['--practice', '--to', FRESH, '--context', 'app=payments', '--context', 'env=test'];
  const run = (...more: string[]) => rewrap(['reencrypt', stage.files, ...flags, ...more], stage.home);

  const estimate = await run('--estimate', '--rate', '2', '--json');
  expect(JSON.parse(estimate.stdout)).toMatchObject({
    requests: { reencrypt: 1, verify: 1, total: 2, preflight: 1 },
    seconds: 1,
    cost: { why: expect.stringContaining('practice KMS') },
  });
  expect((await run('--estimate')).stdout).toMatch(/Requests +2: 1 to re-encrypt, 1 to verify/);

  const unpinned = await run('--check-permissions');
  expect([unpinned.code, unpinned.stderr]).toEqual([1, expect.stringContaining('pin it with --from')]);
  const pinned = await run('--check-permissions', '--from', PAYMENTS);
  expect([pinned.code, pinned.stdout]).toEqual([
    0,
    expect.stringMatching(
      /^allowed: re-encrypt from alias\/payments \(pinned\), 1 blob\nallowed: verify under arn:\S+, 1 blob/,
    ),
  ]);
  expect(sha256(file)).toBe(before);

  const out = join(stage.home, 'out');
  const changed = await run(
    '--add-context',
    'env=next',
    '--add-context',
    'team=a',
    '--remove-context',
    'app',
    '--out',
    out,
  );
  expect(changed.code, changed.stderr).toBe(0);
  const now = Buffer.from(readFileSync(join(out, 'a.b64'), 'utf8'), 'base64');
  const opened = await decrypt(stage.kms, now, { keyId: FRESH, context: { env: 'next', team: 'a' } });
  expect(opened.plaintext).toEqual(plaintext);

  const both = await run('--add-context', 'app=x', '--remove-context', 'app', '--dry-run');
  expect([both.code, both.stderr]).toEqual([2, expect.stringContaining('both added and removed')]);
});
