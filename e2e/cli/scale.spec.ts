import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DescribeKeyCommand } from '@aws-sdk/client-kms';
import { isRunning, runProcesses } from '../support/children.ts';
import { expect, type Stage, test } from '../support/fixtures.ts';
import { rewrap, start } from '../support/processes.ts';
import { encrypt, FRESH, PAYMENTS, secret, sha256, write } from '../support/vault.ts';

/** A plan of so many files of one blob; `changed` counts those with changed content. */
async function planned({ files, kms, home }: Stage, count: number, more: readonly string[] = []) {
  const names = Array.from({ length: count }, (_, i) => `f${i}.bin`);
  for (const name of names) write(files, name, await encrypt(kms, PAYMENTS, secret()));
  const was = new Map(names.map((name) => [name, sha256(join(files, name))]));
  const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: FRESH }));
  const plan = join(home, 'plan.json');
  const flags = ['--to', KeyMetadata?.Arn ?? '', '--to-algorithm', 'SYMMETRIC_DEFAULT', '-o', plan, ...more];
  const made = await rewrap(['plan', files, ...flags], home);
  expect(made.code, made.stderr).toBe(0);
  return { plan, changed: () => names.filter((name) => sha256(join(files, name)) !== was.get(name)).length };
}

const sharded = async (plan: string, shards: number, home: string): Promise<string> => {
  const folder = join(home, 'shards');
  const made = await rewrap(['plan', 'shard', plan, '--shards', String(shards), '-o', folder], home);
  expect(made.code, made.stderr).toBe(0);
  return folder;
};

test('shards are run by number, each says what it did, and a merge says it of all', async ({ stage }) => {
  test.slow();
  const { plan, changed } = await planned(stage, 7);
  const folder = await sharded(plan, 3, stage.home);
  const run = (more: readonly string[], env = {}) =>
    rewrap(['run', folder, '--practice', ...more], stage.home, env);

  const first = await run(['--index-from-env', '--progress', 'jsonl'], { JOB_COMPLETION_INDEX: '1' });
  expect(first.code, first.stderr).toBe(0);
  expect(first.stdout).toMatch(/^Shard 1 of 3: 2 re-encrypted, 0 already as asked, 0 not re-encrypted/);
  const lines = first.stderr.split('\n').filter((line) => line.startsWith('{'));
  expect(lines.map((line) => JSON.parse(line)).at(-1)).toMatchObject({ type: 'end', shard: 1, exitCode: 0 });

  const two = await run(['--index-from-env'], { JOB_COMPLETION_INDEX: '1', PARALLEL_SEQ: '2' });
  expect(two.code).toBe(2);
  const other = await run(['--index-from-env'], {
    AWS_BATCH_JOB_ARRAY_INDEX: '1',
    AWS_BATCH_JOB_ARRAY_SIZE: '4',
  });
  expect(other.code).toBe(2);
  expect(other.stderr).toContain('There are 3 shards');

  const half = await rewrap(['runs', 'merge', folder], stage.home);
  expect(half.code).toBe(3);
  expect(half.stdout).toContain('Not finished: 2 shards with 5 blobs to go');

  for (const index of ['0', '2']) expect((await run(['--index', index])).code).toBe(0);
  // Started once more, it finds nothing to do.
  expect((await run(['--index', '1'])).stdout).toMatch(/: 2 re-encrypted|: 0 re-encrypted, 2 already/);
  expect(changed()).toBe(7);
  const merged = await rewrap(['runs', 'merge', folder, '--json'], stage.home);
  expect(merged.code, merged.stderr).toBe(0);
  const { run: summary, blobs, missing, heads } = JSON.parse(merged.stdout);
  expect(summary.counts).toMatchObject({ total: 7, succeeded: 7 });
  expect(blobs.map(({ file }: { file: string }) => file)).toHaveLength(7);
  expect(missing).toEqual([]);
  expect(heads).toMatch(/^[0-9a-f]{64}$/);
});

test('a shard that is asked to end keeps its place, and another machine goes on with it', async ({
  stage,
}) => {
  test.slow();
  const { plan, changed } = await planned(stage, 40, ['--concurrency', '1']);
  const folder = await sharded(plan, 1, stage.home);
  const slow = JSON.stringify([{ kind: 'latency', ms: 2_000, operations: ['ReEncrypt'], skip: 20 }]);
  const command = ['run', folder, '--practice', '--index', '0'];
  const running = start(command, stage.home, { REWRAP_PRACTICE_FAULTS: slow });
  await expect.poll(changed).toBeGreaterThan(0);
  expect(await running.stop('SIGTERM')).toBe(3);
  expect(running.output()).toContain('keeps its place');
  const half = changed();
  expect(half).toBeLessThan(40);

  const lost = readdirSync(join(stage.home, 'shards', 'state', 'shard-00000'));
  expect(lost.some((name) => /^attempt-\d{6}-[0-9a-f]+$/.test(name))).toBe(true);
  const again = await rewrap([...command, '--json'], stage.home);
  expect(again.code, again.stderr).toBe(0);
  expect(JSON.parse(again.stdout).run.counts).toMatchObject({ total: 40, succeeded: 40 });
  expect(changed()).toBe(40);
});

test('one command does a plan by several processes as one run, and continues when it was ended', async ({
  stage,
}) => {
  test.slow();
  const { plan, changed } = await planned(stage, 40, ['--concurrency', '1']);
  const slow = JSON.stringify([{ kind: 'latency', ms: 2_000, operations: ['ReEncrypt'], skip: 12 }]);
  const command = ['run', plan, '--practice', '--workers', '2'];
  const running = start(command, stage.home, { REWRAP_PRACTICE_FAULTS: slow });
  await expect.poll(changed).toBeGreaterThan(0);
  const children = runProcesses(running.process.pid);
  expect(children).toHaveLength(2);
  // As a scheduler does that ends every process of a job together.
  for (const pid of children) process.kill(pid, 'SIGTERM');
  expect(await running.stop('SIGTERM')).toBe(3);
  expect(children.filter(isRunning)).toEqual([]);
  expect(running.output()).not.toContain('died');
  expect(changed()).toBeLessThan(40);
  const rest = await rewrap(['run', plan, '--practice', '--workers', '3', '--json'], stage.home);
  expect(rest.code, rest.stderr).toBe(0);
  expect(JSON.parse(rest.stdout).run).toMatchObject({
    counts: { total: 40, succeeded: 40, failed: 0 },
    workers: { processes: 3, died: 0 },
    undo: { blobs: 40, files: 40 },
  });
  expect(changed()).toBe(40);
  const listed = await rewrap(['runs', '--json'], stage.home);
  expect(JSON.parse(listed.stdout)).toHaveLength(1);
});

test('a folder that is no folder of shards is refused, and so is a folder in use', async ({ stage }) => {
  mkdirSync(join(stage.home, 'x'));
  const none = await rewrap(['run', join(stage.home, 'x'), '--practice', '--index', '0'], stage.home);
  expect(none.code).toBe(2);
  expect(none.stderr).toContain('is no folder of shards');
});
