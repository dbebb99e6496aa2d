// One shard in AWS Lambda: for a Distributed Map of Step Functions over the numbers of the shards, or for S3 Batch. The
// function is a zip of this file and the shell (`dist/`), with the files, shards and state on an EFS mount.
//
// Event: { "shards": "/mnt/data/shards", "state": "/mnt/data/state", "index": 7, "arguments": ["--root", "/mnt/data"] }

import { spawn as spawnProcess } from 'node:child_process';
import { join } from 'node:path';

/** Before the function's time is up, milliseconds: requests under way get 8 seconds, then the record is copied. */
const GRACE_MS = 30_000;

/** The shard stopped and kept its place: start it again. Name this error in `Retry` of the state machine. */
export class ShardNotFinished extends Error {
  name = 'ShardNotFinished';
}

/** The event is wrong: another try would come to the same. */
export class BadShard extends Error {
  name = 'BadShard';
}

/**
 * @param {{ shards: string, state?: string, index: number, arguments?: string[] }} event
 * @param {{ getRemainingTimeInMillis(): number }} context
 * @param {typeof spawnProcess} [spawn] for tests
 * @returns {Promise<{ index: number, exitCode: 0 | 1 }>} 1: blobs failed, and would again; `rewrap runs merge` names them
 */
export async function handler(event, context, spawn = spawnProcess) {
  const { shards, state, index, arguments: more = [] } = event;
  if (typeof shards !== 'string' || !Number.isInteger(index) || index < 0)
    throw new BadShard('The event needs "shards" (a folder) and "index" (a number from 0).');
  const root = process.env.LAMBDA_TASK_ROOT ?? import.meta.dirname;
  const child = spawn(
    process.execPath,
    [
      ...['--disable-warning=ExperimentalWarning', join(root, 'dist', 'cli.js'), 'run', shards],
      ...['--index', String(index), '--progress', 'jsonl'],
      ...(state === undefined ? [] : ['--state', state]),
      ...more,
    ],
    { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, REWRAP_HOME: '/tmp/rewrap' } },
  );
  const left = Math.max(0, context.getRemainingTimeInMillis() - GRACE_MS);
  const late = setTimeout(() => child.kill('SIGTERM'), left);
  const exitCode = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  }).finally(() => clearTimeout(late));
  if (exitCode === 0 || exitCode === 1) return { index, exitCode };
  if (exitCode === 2) throw new BadShard(`Shard ${index} could not be started: the log says why.`);
  throw new ShardNotFinished(`Shard ${index} stopped and kept its place.`);
}
