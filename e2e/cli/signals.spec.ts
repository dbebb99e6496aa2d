import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { test as base, expect } from '../support/fixtures.ts';
import { cli, environment } from '../support/home.ts';
import { kmsProxy, type Passed } from '../support/kms-proxy.ts';
import { rewrap, start } from '../support/processes.ts';
import { encrypt, FRESH, PAYMENTS, secret, write } from '../support/vault.ts';

/** `held`: an endpoint that never answers what is looked for; `met`: such a request has come. */
const test = base.extend<{
  held: (which: (asked: Passed) => boolean) => Promise<{ url: string; met: Promise<void>; drop: () => void }>;
}>({
  held: async ({ stage }, use) => {
    const proxies: Awaited<ReturnType<typeof kmsProxy>>[] = [];
    await use(async (which) => {
      const proxy = await kmsProxy(stage.endpoint);
      proxies.push(proxy);
      const met = Promise.withResolvers<void>();
      proxy.state.lie = async (asked, ask, response) => {
        if (which(asked)) return met.resolve();
        const { status, headers, body } = await ask();
        response.writeHead(status, { 'content-type': headers['content-type'] ?? '' }).end(body);
      };
      return { url: proxy.url, met: met.promise, drop: proxy.drop };
    });
    for (const proxy of proxies) await proxy.close();
  },
});
test.skip(process.platform === 'win32', 'no signal asks a process to end there');

const CREDENTIALS = {
  AWS_ACCESS_KEY_ID: 'AKIAPRACTICEKMSEXAMPL',
  AWS_SECRET_ACCESS_KEY: 'practice-only-not-a-secret',
  AWS_REGION: 'us-east-1',
};
const isDryRun = ({ members }: Passed) => members.DryRun === true;
const PHASES = {
  connecting: ({ operation }: Passed) => operation === 'GetCallerIdentity',
  'describing the destination': ({ operation }: Passed) => operation === 'DescribeKey',
  'that is re-encrypting': (asked: Passed) => asked.operation === 'ReEncrypt' && !isDryRun(asked),
  'that is verifying': (asked: Passed) => asked.operation === 'ReEncrypt' && isDryRun(asked),
} as const;
const CODES = { SIGTERM: 3, SIGINT: 130 } as const;

for (const [phase, which] of Object.entries(PHASES))
  for (const [signal, code] of Object.entries(CODES))
    test(`${signal} ends a command ${phase}, and nothing is left to go on with`, async ({ stage, held }) => {
      const file = write(stage.files, 'a.bin', await encrypt(stage.kms, PAYMENTS, secret()));
      const before = readFileSync(file);
      const { url, met, drop } = await held(which);
      const env = { ...CREDENTIALS, AWS_ENDPOINT_URL: url };
      const running = start(['reencrypt', file, '--to', FRESH, '--out', '-'], stage.home, env);
      await met;
      const stopped = running.stop(signal as NodeJS.Signals);
      // What is under way is waited for: it ends, and is not sent again.
      drop();
      expect(await stopped).toBe(code);
      expect(running.output()).not.toMatch(/database is not open|resume|continues it/);
      expect(readFileSync(file).equals(before)).toBe(true);
      const runs = JSON.parse((await rewrap(['runs', '--json'], stage.home)).stdout);
      const begun = phase.startsWith('that is');
      expect(runs.map((run: { status: string }) => run.status)).toEqual(begun ? ['cancelled'] : []);
      if (!begun) return;
      const next = await rewrap(['reencrypt', file, '--practice', '--to', FRESH, '--dry-run'], stage.home);
      expect(next.stderr).not.toContain('was cut off');
    });

for (const [signal, code] of Object.entries(CODES))
  test(`${signal} ends a command that reads a pipe`, async ({ stage }) => {
    write(stage.files, 'README', '');
    const pipe = join(stage.files, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const running = start(['reencrypt', pipe, '--practice', '--to', FRESH, '--out', '-'], stage.home);
    // Opened when it is read; never ends.
    const writing = await open(pipe, 'w');
    await writing.write('AQICAH');
    expect(await running.stop(signal as NodeJS.Signals)).toBe(code);
    await writing.close();
    expect(running.output()).toBe('');
    expect((await rewrap(['runs', '--json'], stage.home)).stdout.trim()).toBe('[]');
  });

for (const [signal, code] of Object.entries(CODES))
  test(`${signal} ends a command without a run with the same code: inspect of a silent pipe`, async ({
    stage,
  }) => {
    write(stage.files, 'README', '');
    const pipe = join(stage.files, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const running = start(['inspect', pipe], stage.home);
    // Opened when it is read; says nothing.
    const writing = await open(pipe, 'w');
    expect(await running.stop(signal as NodeJS.Signals)).toBe(code);
    await writing.close();
    expect(running.output()).toBe('');
  });

test('Ctrl-C ends a run that KMS holds the answers of: what is under way gets its time, and is cut', async ({
  stage,
  held,
}) => {
  const count = 4;
  for (let i = 0; i < count; i++)
    write(stage.files, `f${i}.bin`, await encrypt(stage.kms, PAYMENTS, secret()));
  const before = readdirSync(stage.files).map((name) => readFileSync(join(stage.files, name), 'hex'));
  const { url, met } = await held((asked) => asked.operation === 'ReEncrypt');
  const env = { ...CREDENTIALS, AWS_ENDPOINT_URL: url };
  const running = start(['reencrypt', stage.files, '--to', FRESH, '--in-place'], stage.home, env);
  await met;
  expect(await running.stop('SIGINT')).toBe(130);
  expect(running.output()).not.toMatch(/database is not open|rewrap runs resume|continues it/);
  expect(readdirSync(stage.files).map((name) => readFileSync(join(stage.files, name), 'hex'))).toEqual(
    before,
  );
  const [run] = JSON.parse((await rewrap(['runs', '--json'], stage.home)).stdout);
  expect(run).toMatchObject({ status: 'cancelled', counts: { succeeded: 0, waiting: 0, running: 0 } });
  const next = await rewrap(
    ['reencrypt', stage.files, '--practice', '--to', FRESH, '--in-place'],
    stage.home,
  );
  expect([next.code, next.stdout]).toEqual([0, expect.stringContaining(`${count} re-encrypted`)]);
});

test('after Ctrl-C a run of many says its figures, and no line for each blob', async ({ stage, held }) => {
  const count = 60;
  for (let i = 0; i < count; i++)
    write(stage.files, `f${i}.bin`, await encrypt(stage.kms, PAYMENTS, secret()));
  let asked = 0;
  const { url, met, drop } = await held(({ operation }) => operation === 'ReEncrypt' && ++asked > 10);
  const env = { ...CREDENTIALS, AWS_ENDPOINT_URL: url };
  const flags = ['reencrypt', stage.files, '--to', FRESH, '--in-place', '--no-verify'];
  const running = start(flags, stage.home, env);
  await met;
  const stopped = running.stop('SIGINT');
  drop();
  expect(await stopped).toBe(130);
  const lines = running.output().trim().split('\n');
  expect(lines.filter((line) => /f\d+\.bin/.test(line))).toEqual([]);
  expect(lines.join('\n')).toMatch(/\d+ re-encrypted, 0 already as asked, \d+ not re-encrypted.*· /);
  expect(lines.length).toBeLessThan(6);
});

test('JSON on standard input that is cut off in the middle: what is whole is done, the rest stands', async ({
  stage,
}) => {
  const blob = Buffer.from(await encrypt(stage.kms, PAYMENTS, secret())).toString('base64');
  const whole = JSON.stringify({ CiphertextBlob: blob, Note: 'y'.repeat(50) }, null, 2);
  const through = (text: string) => {
    const args = [cli, 'reencrypt', '-', '--practice', '--to', FRESH, '--out', '-'];
    return spawnSync(process.execPath, args, { env: environment(stage.home), input: text, encoding: 'utf8' });
  };
  // Cut off behind the blob: the rest of the text comes through as it was.
  const behind = whole.slice(0, whole.indexOf('Note') + 10);
  const done = through(behind);
  expect(done.status, done.stderr).toBe(0);
  const [before = '', after = ''] = behind.split(blob);
  expect(done.stdout.startsWith(before)).toBe(true);
  expect(done.stdout.endsWith(after)).toBe(true);
  expect(done.stdout).not.toContain(blob);
  // Cut off within the blob: nothing is written, and it is no success.
  const within = through(whole.slice(0, whole.indexOf(blob) + 60));
  expect([within.status !== 0, within.stdout]).toEqual([true, '']);
});
