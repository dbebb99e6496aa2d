import { execFileSync } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { createProgram } from '../../electron/hosts/cli/program/program.ts';
import { ENGINE, SHELL } from '../node-bundles.ts';

const root = resolve(import.meta.dirname, '../..');
const recipe = (name: string): string => readFileSync(join(root, 'docs/scale', name), 'utf8');
const schema = (name: string) =>
  JSON.parse(readFileSync(join(import.meta.dirname, 'schemas', `${name}.json`), 'utf8'));

function problems(of: object, value: unknown): string[] {
  const ajv = new Ajv2020({ allErrors: true, strict: false });
  const validate = ajv.compile(of);
  return validate(value)
    ? []
    : (validate.errors ?? []).map((e) => `${e.instancePath} ${e.message} ${JSON.stringify(e.params)}`);
}

/** Options of `rewrap run` that a recipe gives are options that it has. */
function checkRun(args: readonly string[]): void {
  const run = createProgram().commands.find((command) => command.name() === 'run');
  const known = new Set(run?.options.map(({ long }) => long));
  expect(args[0]).toBe('run');
  for (const arg of args) if (arg.startsWith('--')) expect(known).toContain(arg.split('=')[0]);
  expect(args).toContain('--index-from-env');
}

describe('Kubernetes Indexed Job', () => {
  const job = parse(recipe('kubernetes-job.yaml'));
  const of = schema('kubernetes-job');
  const { spec } = job;
  const [container] = spec.template.spec.containers;

  test('is what the API takes', () => {
    expect(problems(of, job)).toEqual([]);
    const misspelt = structuredClone(job);
    misspelt.spec.backoffLimitPerIndexes = 1;
    expect(problems(of, misspelt)).toHaveLength(1);
  });

  test('has as many completions as it says there are shards, and answers the exit codes', () => {
    checkRun(container.args);
    expect(container.args).toContain(`--shards=${spec.completions}`);
    expect(spec.completionMode).toBe('Indexed');
    const [fail] = spec.podFailurePolicy.rules;
    expect(fail).toMatchObject({ action: 'FailIndex', onExitCodes: { operator: 'In', values: [1, 2] } });
    // The policy asks for it.
    expect(spec.template.spec.restartPolicy).toBe('Never');
  });

  test('runs without rights: no root, nothing to write but its volumes', () => {
    expect(spec.template.spec.securityContext).toMatchObject({ runAsNonRoot: true });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    const mounted = container.volumeMounts.map(({ name }: { name: string }) => name);
    expect(spec.template.spec.volumes.map(({ name }: { name: string }) => name)).toEqual(mounted);
  });
});

describe('AWS Batch array job', () => {
  const definition = JSON.parse(recipe('aws-batch-job-definition.json'));
  const submit = JSON.parse(recipe('aws-batch-submit.json'));
  const { $defs } = schema('aws-batch');
  const as = (name: string) => ({ $ref: `#/$defs/${name}`, $defs });

  test('is what the API takes', () => {
    expect(problems(as('RegisterJobDefinitionRequest'), definition)).toEqual([]);
    expect(problems(as('SubmitJobRequest'), submit)).toEqual([]);
    expect(problems(as('SubmitJobRequest'), { ...submit, arraySize: 4 })).toHaveLength(1);
  });

  test('retries what may pass alone, and names its definition', () => {
    const { containerProperties, retryStrategy, parameters } = definition;
    checkRun(containerProperties.command);
    for (const word of containerProperties.command as string[])
      if (word.startsWith('Ref::')) expect(parameters).toHaveProperty(word.slice(5));
    expect(
      retryStrategy.evaluateOnExit.map((rule: { onExitCode: string; action: string }) => [
        rule.onExitCode,
        rule.action,
      ]),
    ).toEqual([
      ['1', 'EXIT'],
      ['2', 'EXIT'],
      ['*', 'RETRY'],
    ]);
    expect(containerProperties).toMatchObject({ readonlyRootFilesystem: true, user: '65532:65532' });
    expect(submit.jobDefinition).toBe(definition.jobDefinitionName);
  });
});

describe('the image', () => {
  const lines = recipe('Containerfile')
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const of = (word: string): string[] =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));

  test('uses instructions that are known, a base with a version, and neither network nor package manager', () => {
    const known = [
      'ARG',
      'FROM',
      'LABEL',
      'COPY',
      'ENV',
      'USER',
      'WORKDIR',
      'VOLUME',
      'STOPSIGNAL',
      'ENTRYPOINT',
      'CMD',
    ];
    for (const line of lines) expect(known).toContain(line.split(' ')[0]);
    expect(of('ARG')[0]).toMatch(/^NODE=docker\.io\/library\/node:\d+\.\d+\.\d+-[\w-]+$/);
    expect(of('FROM')[0]).toMatch(/^\$\{NODE\}$/);
  });

  test('runs as a user by number, in exec form, so that SIGTERM arrives; what it runs is read-only', () => {
    expect(of('USER')).toEqual(['65532:65532']);
    expect(JSON.parse(of('ENTRYPOINT')[0] ?? '')).toEqual([
      'node',
      '--disable-warning=ExperimentalWarning',
      '--max-semi-space-size=4',
      '/opt/rewrap/cli.js',
    ]);
    for (const copy of of('COPY')) expect(copy).toMatch(/^--chown=0:0 --chmod=0(?:555|444) dist\//);
    // What is written to lies on volumes.
    const volumes = JSON.parse(of('VOLUME')[0] ?? '');
    expect(of('ENV').join(' ')).toContain('REWRAP_HOME=/scratch/');
    expect(volumes).toEqual(['/scratch', '/tmp']);
  });

  test('has every part of the shell that the build makes', () => {
    const copied = of('COPY').join(' ');
    for (const { entry } of [
      ...SHELL,
      ...ENGINE.filter(({ entry }) => ['disk-thread', 'two-step-child'].includes(entry)),
    ])
      expect(copied).toContain(`dist/${entry}.cjs`);
    // The processes of a run, and the folder of chunks that they share with the engine.
    expect(copied).toContain('dist/run-worker.cjs');
    expect(copied).toContain('dist/engine /opt/rewrap/engine');
    expect(copied).toMatch(/dist\/cli\.js .*dist\/cli-main \/opt\/rewrap\/cli-main/);
  });

  test('is built and tried by the release', () => {
    const { jobs } = parse(readFileSync(join(root, '.github/workflows/release.yml'), 'utf8'));
    const shell = jobs.image.steps.map(({ run = '' }: { run?: string }) => run).join('\n');
    expect(shell).toContain('--file docs/scale/Containerfile');
    expect(shell).toMatch(/docker run .*--read-only .*rewrap --version/);
  });

  test('has the Node that the shell needs', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'node_modules/node/package.json'), 'utf8'));
    expect(of('ARG')[0]).toContain(`node:${version}-`);
  });
});

describe('shell scripts', () => {
  test.each(['slurm.sh', 'parallel.sh'])('%s is a POSIX shell’s', (name) => {
    execFileSync('sh', ['-n', join(root, 'docs/scale', name)]);
    expect(recipe(name)).toMatch(/run "\$shards" --index-from-env/);
  });
});

describe('Lambda', () => {
  const load = () => import(/* @vite-ignore */ join(root, 'docs/scale/lambda.mjs'));
  const context = (ms = 900_000) => ({ getRemainingTimeInMillis: () => ms });

  /** Ends with this code; the arguments, and the signals that it was sent. */
  function fake(code: number | null) {
    const seen: { args: string[]; signals: string[] } = { args: [], signals: [] };
    const spawn = (_: string, args: string[]) => {
      seen.args = args;
      const child = Object.assign(new EventEmitter(), {
        kill: (signal: string) => {
          seen.signals.push(signal);
          child.emit('close', 3);
        },
      });
      if (code !== null) queueMicrotask(() => child.emit('close', code));
      return child;
    };
    return { spawn, seen };
  }

  test.each([0, 1])('exit code %d is an answer', async (code) => {
    const { handler } = await load();
    const { spawn, seen } = fake(code);
    const event = { shards: '/mnt/shards', state: '/mnt/state', index: 7, arguments: ['--root', '/mnt'] };
    expect(await handler(event, context(), spawn)).toEqual({ index: 7, exitCode: code });
    expect(seen.args.slice(1)).toEqual([
      expect.stringMatching(/dist[\\/]cli\.js$/),
      ...[
        'run',
        '/mnt/shards',
        '--index',
        '7',
        '--progress',
        'jsonl',
        '--state',
        '/mnt/state',
        '--root',
        '/mnt',
      ],
    ]);
    expect(seen.signals).toEqual([]);
  });

  test.each([
    [3, 'ShardNotFinished'],
    [137, 'ShardNotFinished'],
    [2, 'BadShard'],
  ])('exit code %d is the error %s', async (code, name) => {
    const { handler } = await load();
    await expect(handler({ shards: '/s', index: 0 }, context(), fake(code).spawn)).rejects.toMatchObject({
      name,
    });
  });

  test('stops before its time is up, and is started again', async () => {
    const { handler } = await load();
    const { spawn, seen } = fake(null);
    await expect(handler({ shards: '/s', index: 0 }, context(30_020), spawn)).rejects.toMatchObject({
      name: 'ShardNotFinished',
    });
    expect(seen.signals).toEqual(['SIGTERM']);
  });

  test.each([
    {},
    { shards: '/s' },
    { shards: '/s', index: -1 },
    { shards: 7, index: 0 },
    { shards: '/s', index: '1' },
  ])('an event that is none: %j', async (event) => {
    const { handler } = await load();
    await expect(handler(event, context(), fake(0).spawn)).rejects.toMatchObject({ name: 'BadShard' });
  });

  test('the state machine starts again what kept its place, and nothing else of ours', () => {
    const { States } = JSON.parse(recipe('step-functions.json'));
    const { ItemProcessor, ItemSelector } = States.Shards;
    expect(ItemProcessor.ProcessorConfig.Mode).toBe('DISTRIBUTED');
    expect(Object.keys(ItemSelector)).toEqual(['index.$', 'shards.$', 'state.$']);
    const errors = ItemProcessor.States.Shard.Retry.flatMap(
      ({ ErrorEquals }: { ErrorEquals: string[] }) => ErrorEquals,
    );
    expect(errors).toContain('ShardNotFinished');
    expect(errors).not.toContain('BadShard');
    expect(errors).not.toContain('States.ALL');
  });
});
