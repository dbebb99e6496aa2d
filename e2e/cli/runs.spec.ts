import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DescribeKeyCommand } from '@aws-sdk/client-kms';
import { expect, type Stage, test } from '../support/fixtures.ts';
import { rewrap, start } from '../support/processes.ts';
import { encrypt, FRESH, PAYMENTS, secret, sha256, write } from '../support/vault.ts';

/** So many files of one blob; `changed` counts those with changed content. */
async function filled({ files, kms }: Stage, count: number) {
  const names = Array.from({ length: count }, (_, i) => `f${i}.bin`);
  for (const name of names) write(files, name, await encrypt(kms, PAYMENTS, secret()));
  const was = new Map(names.map((name) => [name, sha256(join(files, name))]));
  return {
    names,
    changed: () => names.filter((name) => sha256(join(files, name)) !== was.get(name)).length,
  };
}

test('expired credentials stop a run in a shell, which keeps its place', async ({ stage }) => {
  test.slow();
  const { changed } = await filled(stage, 12);
  const expired = (more: object) => ({
    REWRAP_PRACTICE_FAULTS: JSON.stringify([{ kind: 'expired-token', operations: ['ReEncrypt'], ...more }]),
  });
  const flags = ['reencrypt', stage.files, '--practice', '--to', FRESH, '--in-place'];

  const stopped = await rewrap(flags, stage.home, expired({ skip: 8 }));
  expect(stopped.code, stopped.stderr).toBe(3);
  expect(stopped.stderr).toContain('ExpiredTokenException');
  const [, command = ''] = /go on with: rewrap (runs resume [\w-]+ --practice)/.exec(stopped.stderr) ?? [];
  expect(command).not.toBe('');
  expect(stopped.stdout).toMatch(
    /\d+ re-encrypted, 0 already as asked, \d+ not re-encrypted \(.*\); \d+ to go/,
  );
  expect(changed()).toBeLessThan(12);

  // Still expired: the place is kept again. Credentials that renew themselves are tried a second time unseen.
  const again = await rewrap(command.split(' '), stage.home, expired({}));
  expect(again.code, again.stderr).toBe(3);
  const resumed = await rewrap(command.split(' '), stage.home, expired({ skip: 2, times: 1 }));
  expect(resumed.code, resumed.stderr).toBe(0);
  expect(changed()).toBe(12);
  expect((await rewrap(['runs'], stage.home)).stdout.trim().split('\n')).toHaveLength(1);
});

test('a run that is asked to end keeps its place, and Ctrl-C cancels one', async ({ stage }) => {
  test.slow();
  const { changed } = await filled(stage, 90);
  const slow = JSON.stringify([{ kind: 'latency', ms: 2_000, operations: ['ReEncrypt'], skip: 20 }]);
  const flags = ['reencrypt', stage.files, '--practice', '--to', FRESH, '--in-place'];
  const running = start(flags, stage.home, { REWRAP_PRACTICE_FAULTS: slow });
  await expect.poll(changed).toBeGreaterThan(0);
  expect(await running.stop('SIGTERM')).toBe(3);
  const [run] = JSON.parse((await rewrap(['runs', '--json'], stage.home)).stdout);
  expect(run).toMatchObject({ status: 'unfinished', fault: null });

  const resuming = start(['runs', 'resume', run.id, '--practice'], stage.home, {
    REWRAP_PRACTICE_FAULTS: JSON.stringify([{ kind: 'latency', ms: 2_000, operations: ['ReEncrypt'] }]),
  });
  await expect
    .poll(async () => JSON.parse((await rewrap(['runs', '--json'], stage.home)).stdout)[0].elsewhere)
    .not.toBeNull();
  expect(await resuming.stop('SIGINT')).toBe(130);
  const [cancelled] = JSON.parse((await rewrap(['runs', '--json'], stage.home)).stdout);
  expect(cancelled).toMatchObject({ id: run.id, status: 'cancelled' });
});

test('a plan is made without a connection, and the same command does what is left of it', async ({
  stage,
}) => {
  test.slow();
  const { changed } = await filled(stage, 40);
  const { KeyMetadata } = await stage.kms.send(new DescribeKeyCommand({ KeyId: FRESH }));
  const arn = KeyMetadata?.Arn ?? '';
  const plan = join(stage.home, 'plan.json');
  const made = ['plan', stage.files, '--to', arn, '--no-verify', '--concurrency', '1', '-o', plan];
  const nowhere = { AWS_ENDPOINT_URL: 'http://127.0.0.1:9', AWS_EC2_METADATA_DISABLED: 'true' };
  const offline = await rewrap([...made, '--to-algorithm', 'SYMMETRIC_DEFAULT'], stage.home, nowhere);
  expect(offline.code, offline.stderr).toBe(0);
  expect(offline.stderr).toContain('KMS was not asked');
  const asked = await rewrap(made, stage.home, nowhere);
  expect(asked.code).toBe(2);
  expect(asked.stderr).toContain('with --to-algorithm it needs no connection');

  const slow = JSON.stringify([{ kind: 'latency', ms: 60_000, operations: ['ReEncrypt'], skip: 20 }]);
  const running = start(['run', plan, '--practice'], stage.home, { REWRAP_PRACTICE_FAULTS: slow });
  await expect.poll(changed).toBeGreaterThan(0);
  await running.stop('SIGKILL');
  const rest = await rewrap(['run', plan, '--practice', '--json'], stage.home);
  expect(rest.code, rest.stderr).toBe(0);
  expect(JSON.parse(rest.stdout).run.counts).toMatchObject({ total: 40, succeeded: 40, failed: 0 });
  expect(changed()).toBe(40);
  const done = await rewrap(['run', plan, '--practice', '--json'], stage.home);
  expect(done.code, done.stderr).toBe(0);
  expect(JSON.parse(done.stdout).run.counts).toMatchObject({ total: 40, already: 40, failed: 0 });
});

test('a run that was killed in a shell is listed, gone on with and undone there', async ({ stage }) => {
  test.slow();
  const { names, changed } = await filled(stage, 40);
  // Ten are answered, the others not before it is killed. The verification of each is a ReEncrypt as well.
  const slow = JSON.stringify([{ kind: 'latency', ms: 60_000, operations: ['ReEncrypt'], skip: 20 }]);
  const flags = ['reencrypt', stage.files, '--practice', '--to', FRESH, '--in-place', '--backup'];
  const running = start(flags, stage.home, { REWRAP_PRACTICE_FAULTS: slow });
  await expect.poll(changed).toBeGreaterThan(0);
  await running.stop('SIGKILL');
  const half = changed();
  expect(half).toBeLessThan(40);

  const listed = await rewrap(['runs', '--json'], stage.home);
  expect(listed.code, listed.stderr).toBe(0);
  const [run] = JSON.parse(listed.stdout);
  expect(run).toMatchObject({ status: 'unfinished', counts: { total: 40 }, elsewhere: null });
  const overview = await rewrap(['runs'], stage.home);
  expect(overview.stdout).toMatch(/^\d{8}-\d{6}-\w{10} .*unfinished .*can: resume, close/);

  const reminded = await rewrap([...flags, '--dry-run'], stage.home);
  expect(reminded.stderr).toContain(`run ${run.id} of`);
  const elsewhere = ['--region', 'us-east-1', '--endpoint-url', 'http://127.0.0.1:9'];
  expect((await rewrap(['runs', 'resume', run.id, ...elsewhere], stage.home)).code).toBe(3);
  const resumed = await rewrap(['runs', 'resume', run.id.slice(0, -4), '--practice'], stage.home);
  expect(resumed.code, resumed.stderr).toBe(0);
  expect(changed()).toBe(40);
  const again = await rewrap(['runs', 'resume', run.id, '--practice'], stage.home);
  expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('RunNotOpen') });

  const more = await rewrap([...flags, '--dry-run'], stage.home);
  expect(more.stderr).not.toContain('was cut off');

  const undone = await rewrap(['runs', 'undo', run.id], stage.home);
  expect(undone.code, undone.stderr).toBe(0);
  expect(undone.stdout).toContain('40 blobs in 40 files');
  expect(changed()).toBe(0);
  expect(readdirSync(stage.files).sort()).toEqual([...names].sort());
});
