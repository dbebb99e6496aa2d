/**
 * `npm run test:scale`: the shards of one plan under schedulers that are on this machine, by the recipes of docs/scale. It
 * says what it skipped, and why. Exit code 1 where a scheduler did not do all of it.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type PracticeKms, startPracticeKms } from '../../electron/practice-kms/index.ts';
import { makeShardFiles, type ShardFiles } from '../torture/shard-files.ts';
import { Slurm, slurmLacks } from './slurm.ts';

const root = resolve(import.meta.dirname, '../..');
const recipe = (name: string): string => join(root, 'docs/scale', name);
const SHARDS = 4;
const FILES = 60;

interface Stage {
  readonly top: string;
  readonly files: ShardFiles;
  readonly shards: string;
  readonly state: string;
  /** A program `rewrap` of this build. */
  readonly program: string;
  readonly env: NodeJS.ProcessEnv;
  readonly over: readonly string[];
}

async function staged(practice: PracticeKms, work: (stage: Stage) => Promise<string>): Promise<string> {
  const top = mkdtempSync(join(tmpdir(), 'rewrap-scale-'));
  try {
    const files = await makeShardFiles(practice, top, FILES);
    const program = join(top, 'rewrap');
    writeFileSync(
      program,
      `#!/bin/sh\nexec '${process.execPath}' --disable-warning=ExperimentalWarning '${join(root, 'dist/cli.js')}' "$@"\n`,
    );
    chmodSync(program, 0o755);
    const { accessKeyId, secretAccessKey, endpoint } = practice;
    const { PATH } = process.env;
    const stage: Stage = {
      top,
      files,
      program,
      shards: join(top, 'shards'),
      state: join(top, 'state'),
      env: {
        PATH,
        HOME: top,
        REWRAP: program,
        REWRAP_HOME: join(top, 'home'),
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_EC2_METADATA_DISABLED: 'true',
      },
      over: ['--region', 'us-east-1', '--endpoint-url', endpoint],
    };
    const plan = join(top, 'plan.json');
    await run(stage, [
      'plan',
      files.folder,
      '--to',
      files.destination,
      '--to-algorithm',
      'SYMMETRIC_DEFAULT',
      '-o',
      plan,
    ]);
    await run(stage, ['plan', 'shard', plan, '--shards', String(SHARDS), '--rate', '80', '-o', stage.shards]);
    return await work(stage);
  } finally {
    rmSync(top, { recursive: true, force: true });
  }
}

async function run({ program, env, top }: Stage, args: readonly string[], codes = [0]): Promise<string> {
  const child = spawn(program, args, { cwd: top, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err] = [textOf(child.stdout), textOf(child.stderr)];
  const [code] = await once(child, 'close');
  if (!codes.includes(code)) throw new Error(`rewrap ${args[0]} ended with ${code}: ${err()}`);
  return out();
}

function textOf(stream: ChildProcess['stdout']): () => string {
  let text = '';
  stream?.on('data', (part: Buffer) => {
    text += part.toString('utf8');
  });
  return () => text;
}

/** Throws where a file is not as it is to be, or the merge does not say so. Some blobs fail on purpose: code 1. */
async function check(stage: Stage): Promise<void> {
  for (const name of stage.files.names) {
    const wrong = await stage.files.wrong(stage.files.folder, name, false);
    if (wrong !== null) throw new Error(`${name}: ${wrong}`);
  }
  const { run: merged, missing } = JSON.parse(
    await run(stage, ['runs', 'merge', stage.shards, stage.state, '--json'], [1]),
  );
  if (missing.length > 0 || merged.counts.total !== stage.files.blobs)
    throw new Error(`merged: ${JSON.stringify({ counts: merged.counts, missing })}`);
}

async function underParallel(stage: Stage): Promise<string> {
  const child = spawn(
    'sh',
    [recipe('parallel.sh'), stage.shards, stage.state, String(SHARDS), ...stage.over],
    { cwd: stage.top, env: { ...stage.env, JOBS: '2' }, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const err = textOf(child.stderr);
  const [code] = await once(child, 'close');
  // As many as shards failed: of each some blobs do.
  if (code > SHARDS) throw new Error(`parallel ended with ${code}: ${err()}`);
  await check(stage);
  return `${SHARDS} shards, two at a time`;
}

async function underSlurm(stage: Stage): Promise<string> {
  const slurm = await Slurm.start();
  try {
    const job = slurm.submit(
      recipe('slurm.sh'),
      [stage.shards, stage.state, ...stage.over],
      SHARDS,
      stage.env,
    );
    let requeued: string | null = null;
    for (let tries = 0; requeued === null && tries < 240; tries++) {
      const [task] = slurm.running(job);
      if (task !== undefined && slurm.requeue(task)) requeued = task;
      else await wait(250);
    }
    await slurm.done(job, 300_000);
    await check(stage).catch((error: unknown) => {
      throw new Error(
        `${String(error)}\n${Array.from({ length: SHARDS }, (_, i) => slurm.log(i).slice(-600)).join('\n')}`,
      );
    });
    return `an array of ${SHARDS}, task ${requeued ?? 'none'} requeued while it ran`;
  } finally {
    await slurm.stop();
  }
}

const lacksParallel = (): string | null =>
  spawnSync('sh', ['-c', 'parallel --version']).status === 0
    ? null
    : 'there is no GNU parallel (Debian: apt install parallel)';

const SCHEDULERS = [
  { name: 'GNU parallel', lacks: lacksParallel, work: underParallel },
  { name: 'Slurm', lacks: slurmLacks, work: underSlurm },
];
const NEVER = ['Kubernetes', 'AWS Batch', 'Step Functions'];

let failed = false;
for (const { name, lacks, work } of SCHEDULERS) {
  const why = lacks();
  if (why !== null) {
    console.log(`${name}: skipped, ${why}`);
    continue;
  }
  const stateDir = mkdtempSync(join(tmpdir(), 'rewrap-scale-kms-'));
  const practice = await startPracticeKms({ stateDir });
  try {
    console.log(`${name}: ${await staged(practice, work)}: every file done, merged`);
  } catch (error) {
    failed = true;
    console.log(`${name}: FAILED, ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    await practice.close();
    rmSync(stateDir, { recursive: true, force: true });
  }
}
console.log(
  `${NEVER.join(', ')}: skipped, they need a cluster or an account; their recipes are tested by npm test`,
);
process.exit(failed ? 1 : 0);
