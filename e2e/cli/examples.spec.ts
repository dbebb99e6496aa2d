import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateGrantCommand, DescribeKeyCommand } from '@aws-sdk/client-kms';
import { EXAMPLES } from '../../electron/hosts/cli/program/examples.ts';
import { faults } from '../support/far.ts';
import { expect, type Stage, test } from '../support/fixtures.ts';
import { cli, environment } from '../support/home.ts';
import { ended } from '../support/processes.ts';
import { encrypt, FRESH, PAYMENTS, secret, write } from '../support/vault.ts';

test.skip(process.platform === 'win32', 'the examples are lines of a POSIX shell');
test.describe.configure({ mode: 'serial' });

/** Lines that stay until they are stopped, and what each says when it is ready. */
const SERVING: Readonly<Record<string, RegExp>> = {
  serve: /Rewrap is at http/,
  'practice-kms': /The practice KMS listens at/,
};
/** Exit codes beside 0 that an example may end with: plans differ, findings are there, shards are to go. */
const OTHER_CODES: Readonly<Record<string, readonly number[]>> = {
  'plan diff': [0, 1],
  audit: [0, 1],
  // Of the shards one is run here: the merge of all of them is tested in scale.spec.ts.
  'runs merge': [3],
};

/** The folder, the files and the profile that the examples speak of. */
async function scene({ home, files, kms, endpoint }: Stage) {
  const secrets = join(files, 'secrets');
  for (const name of ['db.b64', 'api.env', 'app/web.env']) {
    const blob = Buffer.from(await encrypt(kms, PAYMENTS, secret())).toString('base64');
    write(secrets, name, name.endsWith('.env') ? `KEY=${blob}\n` : blob);
  }
  write(files, 'rules.yaml', 'version: 1\nforbid: [plaintext-beside-blob]\n');
  const bin = join(files, 'bin');
  mkdirSync(bin);
  writeFileSync(
    join(bin, 'rewrap'),
    `#!/bin/sh\nexec '${process.execPath}' --disable-warning=ExperimentalWarning '${cli}' "$@"\n`,
    { mode: 0o755 },
  );
  const credentials = await (
    kms.config.credentials as () => Promise<{ accessKeyId: string; secretAccessKey: string }>
  )();
  write(
    files,
    'aws/config',
    `[profile prod]\nregion = us-east-1\nendpoint_url = ${endpoint}\naws_access_key_id = ${credentials.accessKeyId}\naws_secret_access_key = ${credentials.secretAccessKey}\n`,
  );
  const env: NodeJS.ProcessEnv = {
    ...environment(home),
    PATH: `${bin}:${process.env.PATH}`,
    AWS_CONFIG_FILE: join(files, 'aws/config'),
    TOKEN: 'token-of-a-grant',
  };
  return {
    env,
    bash: (line: string) =>
      ended(spawn('bash', ['-c', line], { cwd: files, env, stdio: ['ignore', 'pipe', 'pipe'] })),
  };
}

/** Runs every example of a command. */
async function runAll(words: string, { bash }: Awaited<ReturnType<typeof scene>>, run = ''): Promise<void> {
  for (const line of EXAMPLES[words] ?? []) {
    const { code, stderr, stdout } = await bash(line.replace('RUN', run));
    const codes = OTHER_CODES[words] ?? [0];
    expect(codes, `${line}\n${stdout}${stderr}`).toContain(code);
  }
}

test('the examples that read, plan and re-encrypt', async ({ stage }) => {
  test.setTimeout(300_000);
  const shell = await scene(stage);
  for (const words of ['inspect', 'keys', 'whoami', 'explain', 'audit', 'plan']) await runAll(words, shell);
  cpSync(join(stage.files, 'plan.json'), join(stage.files, 'plan-of-monday.json'));
  for (const words of ['plan diff', 'plan shard']) await runAll(words, shell);
  const shard = await shell.bash('rewrap run shards --index 0 --profile prod');
  expect(shard.code, shard.stderr).toBe(0);
  await shell.bash('rewrap plan secrets/ --to alias/payments -o plan.json --profile prod');
  await runAll('run', shell);
  for (const words of ['runs merge', 'reencrypt', 'runs', 'history', 'history verify', 'completion'])
    await runAll(words, shell);
  if ((await shell.bash('man --version')).code === 0) await runAll('manual', shell);
});

test('the examples over runs', async ({ stage }) => {
  test.setTimeout(600_000);
  const shell = await scene(stage);
  const begin = async (flags: string, rules: readonly object[] = []): Promise<string> => {
    await faults(stage, rules);
    await shell.bash(
      `rewrap reencrypt secrets/ --to alias/payments-2027 --profile prod --even-if-there ${flags}`,
    );
    await faults(stage, []);
    return JSON.parse((await shell.bash('rewrap runs --limit 1 --json')).stdout)[0].id;
  };
  const EXPIRED = [{ kind: 'expired-token', operations: ['ReEncrypt'] }];
  const DENIED = [
    { kind: 'error', code: 'AccessDeniedException', message: 'no', status: 400, operations: ['ReEncrypt'] },
  ];
  const only = async (words: string, line: 0 | 1, run: string): Promise<void> => {
    const { code, stdout, stderr } = await shell.bash((EXAMPLES[words]?.[line] ?? '').replace('RUN', run));
    expect(code, `${words}\n${stdout}${stderr}`).toBe(0);
  };
  const done = await begin('--in-place --backup');
  await only('runs show', 0, done);
  await only('runs show', 1, done);
  await only('runs compare', 0, done);
  await only('runs compare', 1, done);
  await only('runs undo', 0, done);
  await only('runs undo', 1, await begin('--in-place --backup'));
  for (const line of [0, 1] as const) {
    await only('runs resume', line, await begin('--in-place', EXPIRED));
    await only('runs close', line, await begin('--in-place', EXPIRED));
  }
  await only('runs retry', 0, await begin('--in-place', DENIED));
  const denied = await begin('--in-place', DENIED);
  const grant = await stage.kms.send(
    new CreateGrantCommand({
      KeyId: (await stage.kms.send(new DescribeKeyCommand({ KeyId: FRESH }))).KeyMetadata?.KeyId,
      GranteePrincipal: 'arn:aws:iam::111122223333:role/reader',
      Operations: ['Decrypt'],
    }),
  );
  shell.env.TOKEN = grant.GrantToken;
  await only('runs retry', 1, denied);
});

test('the examples of evidence and scanners', async ({ stage }) => {
  const shell = await scene(stage);
  const made = await shell.bash(
    'openssl genpkey -algorithm ed25519 -out signing.pem && openssl pkey -in signing.pem -pubout -out public.pem && rewrap plan secrets/ --to alias/payments-2027 -o plan.json --profile prod && rewrap run plan.json --json --profile prod',
  );
  expect(made.code, made.stderr).toBe(0);
  await runAll('evidence', shell, JSON.parse(made.stdout).run.id);
  await runAll('verify', shell);
  write(stage.files, 'leaks.json', '[]');
  await runAll('gitleaks-ignore', shell);
});

test('the examples that serve stay until they are stopped', async ({ stage }) => {
  test.setTimeout(120_000);
  const { env } = await scene(stage);
  for (const [words, ready] of Object.entries(SERVING))
    for (const line of EXAMPLES[words] ?? []) {
      const child = spawn('bash', ['-c', `exec ${line}`], {
        cwd: stage.files,
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      expect(await firstWords(child, ready), line).toMatch(ready);
      const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
      child.kill('SIGINT');
      expect(await ended, line).toBe(0);
    }
});

function firstWords(child: ChildProcess, ready: RegExp): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const look = (chunk: Buffer): void => {
      text += chunk.toString();
      if (ready.test(text)) resolve(text);
    };
    child.stdout?.on('data', look);
    child.stderr?.on('data', look);
    child.once('close', () => resolve(text));
  });
}
