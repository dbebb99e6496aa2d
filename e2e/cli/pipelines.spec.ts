import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DescribeKeyCommand, DisableKeyCommand, EnableKeyCommand } from '@aws-sdk/client-kms';
import { expect, type Stage, test } from '../support/fixtures.ts';
import { cli, environment } from '../support/home.ts';
import { rewrap } from '../support/processes.ts';
import { decrypt, encrypt, FRESH, PARTNER_RSA, PAYMENTS, RETIRED, secret, write } from '../support/vault.ts';

test.skip(process.platform === 'win32', 'these are pipelines of a POSIX shell');
const TO = `--practice --to ${FRESH}`;

/** Runs a line of bash in which `rewrap` is the command under test. */
function bash(
  { home, files }: Stage,
  line: string,
  more: NodeJS.ProcessEnv = {},
): SpawnSyncReturns<Buffer> & { err: string } {
  const shim = `rewrap() { '${process.execPath}' --disable-warning=ExperimentalWarning '${cli}' "$@"; }`;
  const ended = spawnSync('bash', ['-c', `${shim}\nset -o pipefail\n${line}`], {
    cwd: files,
    env: { ...environment(home), ...more },
  });
  return { ...ended, err: ended.stderr.toString() };
}

test('one file goes through a pipeline, byte for byte, and is in the history', async ({ stage }) => {
  test.slow();
  const text = secret();
  const blob = Buffer.from(await encrypt(stage.kms, PAYMENTS, text));
  write(stage.files, 'a.bin', blob);
  const env = `# ours\r\nDB=${blob.toString('base64')}\r\nX=1`;
  write(stage.files, 'a.env', env);

  for (const way of [
    `rewrap reencrypt - ${TO} --out - < a.bin > new.bin`,
    `cat a.bin | rewrap reencrypt /dev/stdin ${TO} --out - | cat > new.bin`,
    `rewrap reencrypt <(cat a.bin) ${TO} --out - > new.bin`,
    `mkfifo p; (cat a.bin > p &); rewrap reencrypt p ${TO} --out - > new.bin`,
    `rewrap reencrypt a.bin ${TO} --out - > new.bin`,
  ]) {
    const { status, stdout, err } = bash(stage, way);
    expect({ way, status, stdout: stdout.toString(), err }).toMatchObject({ way, status: 0, stdout: '' });
    const now = readFileSync(join(stage.files, 'new.bin'));
    expect(now.equals(blob)).toBe(false);
    expect((await decrypt(stage.kms, now, { keyId: FRESH })).plaintext).toEqual(text);
  }
  const twice = bash(stage, `rewrap reencrypt - ${TO} --out - < new.bin | rewrap inspect - --json`);
  expect(JSON.parse(twice.stdout.toString())).toMatchObject([{ file: '-', kind: 'kms-symmetric' }]);

  const around = bash(stage, `rewrap reencrypt - ${TO} --out - < a.env`).stdout.toString();
  const [, next = ''] = /^# ours\r\nDB=(\S+)\r\nX=1$/.exec(around) ?? [];
  expect((await decrypt(stage.kms, Buffer.from(next, 'base64'), { keyId: FRESH })).plaintext).toEqual(text);

  const into = bash(stage, `rewrap reencrypt - ${TO} --out out -q < a.bin`);
  expect([into.status, into.stdout.toString(), into.err]).toEqual([0, '', '']);
  expect((await decrypt(stage.kms, readFileSync(join(stage.files, 'out/stdin')))).plaintext).toEqual(text);
  const { stdout } = await rewrap(['history', '--json'], stage.home);
  expect(stdout.match(/"kind": "run-ended"/g)?.length ?? 0).toBeGreaterThanOrEqual(7);
});

test('a failed run over a stream offers nothing that would need the stream again', async ({ stage }) => {
  // Under a key that is disabled: what passes by itself, or is put right outside Rewrap, can be tried again.
  const { KeyMetadata } = await stage.kms.send(new DescribeKeyCommand({ KeyId: RETIRED }));
  const KeyId = KeyMetadata?.KeyId;
  await stage.kms.send(new EnableKeyCommand({ KeyId }));
  write(stage.files, 'a.bin', await encrypt(stage.kms, RETIRED, secret()));
  await stage.kms.send(new DisableKeyCommand({ KeyId }));
  for (const [way, why] of [
    [`cat a.bin | rewrap reencrypt - ${TO} --out -`, 'came through a stream'],
    [`cat a.bin | rewrap reencrypt - ${TO} --out out`, 'came through a stream'],
    [`rewrap reencrypt a.bin ${TO} --out -`, 'wrote to standard output'],
  ] as const) {
    const failed = bash(stage, way);
    expect([way, failed.status]).toEqual([way, 1]);
    expect(failed.err).not.toContain('runs retry');
    const [listed = ''] = (await rewrap(['runs', '--limit', '1'], stage.home)).stdout.split('\n');
    expect(listed).toContain('1 failed');
    expect(listed).not.toContain('can:');
    const retried = await rewrap(['runs', 'retry', listed.split(' ')[0] ?? '', '--practice'], stage.home);
    expect([way, retried.code, retried.stderr]).toEqual([way, 2, expect.stringContaining(why)]);
  }
  // That of a file that is there can be tried again.
  expect(bash(stage, `rewrap reencrypt a.bin ${TO} --out out`).status).toBe(1);
  expect((await rewrap(['runs', '--limit', '1'], stage.home)).stdout).toContain('can: retry');
});

test('what cannot be written is said, and is no success', async ({ stage }) => {
  test.skip(process.platform !== 'linux', '/dev/full');
  write(stage.files, 'a.bin', await encrypt(stage.kms, PAYMENTS, secret()));
  const full = bash(stage, `rewrap reencrypt - ${TO} --out - < a.bin > /dev/full`);
  expect([full.status, full.err]).toEqual([
    1,
    expect.stringMatching(/could not be written \(ENOSPC\)[\s\S]*lost/),
  ]);
  const gone = bash(stage, `{ rewrap reencrypt - ${TO} --out - < a.bin; echo $? >&2; } | true`);
  expect(gone.err).toMatch(/could not be written \(EPIPE\)[\s\S]*\n1\n$/);
  const list = bash(stage, 'rewrap inspect a.bin > /dev/full');
  expect([list.status, list.err]).toEqual([1, expect.stringContaining('not whole')]);
  // A reader that has seen enough is nothing to speak of.
  const enough = bash(stage, '{ rewrap inspect a.bin; echo $? >&2; } | true');
  expect(enough.err).toBe('0\n');
  const wrong = bash(stage, `rewrap reencrypt - ${TO} --context a=b --out - < a.bin`);
  expect([wrong.status, wrong.stdout.length]).toEqual([1, 0]);
  expect(wrong.err).toContain('nothing was written to standard output');
});

test('what makes no sense with a pipe is refused before anything is sent', async ({ stage }) => {
  write(stage.files, 'a.bin', await encrypt(stage.kms, PAYMENTS, secret()));
  write(stage.files, 'b.bin', await encrypt(stage.kms, PAYMENTS, secret()));
  for (const [line, words] of [
    [`rewrap reencrypt a.bin b.bin ${TO} --out -`, 'one file, and 2 were named'],
    [`rewrap reencrypt . ${TO} --out -`, 'is a folder'],
    [`rewrap reencrypt a.bin ${TO} --out - --json`, 'both write to standard output'],
    [`rewrap reencrypt - ${TO} --in-place < a.bin`, 'no file to replace'],
    [`rewrap plan - ${TO} < a.bin`, 'A plan cannot name -'],
    ['rewrap inspect - - < a.bin', 'named twice'],
    ['rewrap inspect - < /dev/null', 'Standard input was empty'],
    ['tar cz a.bin | rewrap inspect -', 'archive is read from a file'],
  ] as const) {
    const { status, err } = bash(stage, line);
    expect({ line, err }).toEqual({ line, err: expect.stringContaining(words) });
    if (!line.includes('tar')) expect({ line, status }).toEqual({ line, status: 2 });
  }
});

test('with --json every fault is a document on standard output', async ({ stage }) => {
  write(stage.files, 'a.bin', await encrypt(stage.kms, PAYMENTS, secret()));
  for (const [line, status, document] of [
    [`rewrap reencrypt a.bin --json --to ''`, 2, { fault: { code: 'BadUsage' } }],
    ['rewrap inspect --json --nonsense a.bin', 2, { fault: { code: 'BadUsage' } }],
    [`rewrap reencrypt a.bin ${TO} --json`, 2, { fault: { code: 'BadUsage' } }],
    ['rewrap runs show nope --json', 2, { fault: { code: 'RunGone' } }],
    ['rewrap inspect ../nope a.bin --json', 2, [{}, { file: '../nope', fault: { code: 'FileMissing' } }]],
    [
      `rewrap reencrypt ./nope ${TO} --in-place --json`,
      2,
      { run: null, skipped: [{ file: './nope', code: 'missing' }] },
    ],
    [
      `rewrap reencrypt a.bin ${TO} --context a=b,c=d --in-place --json`,
      1,
      { skipped: [], blobs: [{ fault: { code: 'InvalidCiphertextException' } }] },
    ],
  ] as const) {
    const ended = bash(stage, line);
    expect({ line, status: ended.status }).toEqual({ line, status });
    expect(JSON.parse(ended.stdout.toString())).toMatchObject(document as unknown as Record<string, unknown>);
    expect(ended.err).not.toBe('');
    if (line.includes('c=d')) expect(ended.err).toContain('--context a=b --context c=d');
  }
});

test('a key of RSA: the record is named, the lost context is said, --json has both algorithms', async ({
  stage,
}) => {
  test.slow();
  const context = { app: 'billing' };
  write(stage.files, 'a.bin', await encrypt(stage.kms, PAYMENTS, secret(), { context }));
  write(stage.files, 'context.json', JSON.stringify(context));
  const flags = `--practice --to ${PARTNER_RSA} --context file://context.json`;
  const shown = bash(stage, `rewrap reencrypt a.bin ${flags} --out o1 -v`);
  expect(shown.status, shown.err).toBe(0);
  expect(shown.err).toContain(`recorded in ${join(stage.files, 'o1', 'a.bin.rewrap.json')}`);
  expect(shown.err).toContain('1 blob lost its encryption context: RSAES_OAEP_SHA_256 takes none');
  expect(shown.stdout.toString()).toMatch(/ {2}to {6}arn:\S+ \(RSAES_OAEP_SHA_256\)\n {2}request \S+/);
  const json = bash(stage, `rewrap reencrypt a.bin ${flags} --out o2 --json`);
  expect(JSON.parse(json.stdout.toString()).blobs).toMatchObject([
    {
      record: join(stage.files, 'o2', 'a.bin.rewrap.json'),
      sent: { sourceAlgorithm: 'SYMMETRIC_DEFAULT', destinationAlgorithm: 'RSAES_OAEP_SHA_256' },
    },
  ]);
  const bare = bash(stage, `rewrap reencrypt a.bin ${TO} --context app=billing --to-no-context --out o3`);
  expect(bare.status, bare.err).toBe(0);
  const now = readFileSync(join(stage.files, 'o3', 'a.bin'));
  expect((await decrypt(stage.kms, now)).keyArn).not.toBe('');
});

test('requests that were sent again are counted, whatever they failed of', async ({ stage }) => {
  write(stage.files, 'a.bin', await encrypt(stage.kms, PAYMENTS, secret()));
  for (const kind of ['throttling', 'key-unavailable', 'internal']) {
    const faults = JSON.stringify([{ kind, operations: ['ReEncrypt'], times: 2 }]);
    const { status, stdout, err } = bash(stage, `rewrap reencrypt a.bin ${TO} --out ${kind}`, {
      REWRAP_PRACTICE_FAULTS: faults,
    });
    expect({ kind, status, err }).toMatchObject({ kind, status: 0 });
    expect(stdout.toString()).toContain('2 requests sent again');
  }
});

test('a plan changes contexts pair by pair; grant tokens are given when it is run; runs are listed newest first', async ({
  stage,
}) => {
  test.slow();
  const context = { app: 'billing', env: 'test' };
  write(stage.files, 'a.bin', await encrypt(stage.kms, PAYMENTS, secret(), { context }));
  const pairs = `--context '{"app":"billing","env":"test"}' --add-context team=a --remove-context env`;
  const made = bash(stage, `rewrap plan a.bin ${TO} ${pairs} -o plan.json`);
  expect(made.status, made.err).toBe(0);
  const refused = bash(stage, 'rewrap run plan.json --practice --grant-token nonsense --dry-run --json');
  expect(JSON.parse(refused.stdout.toString()).blobs[0].fault.code).toBe('InvalidGrantTokenException');
  const done = bash(stage, 'rewrap run plan.json --practice -q');
  expect([done.status, done.stdout.toString(), done.err]).toEqual([0, '', '']);
  const now = readFileSync(join(stage.files, 'a.bin'));
  await decrypt(stage.kms, now, { keyId: FRESH, context: { app: 'billing', team: 'a' } });
  const { stdout } = bash(stage, 'rewrap runs --limit 1 --json');
  expect(JSON.parse(stdout.toString())).toMatchObject([{ dryRun: false, status: 'finished' }]);
});

test('a mistyped command or option is answered with the nearest', async ({ stage }) => {
  for (const [args, meant] of [
    [['inspcet'], 'inspect'],
    [['runs', 'retyr'], 'retry'],
    [['history', 'verfy'], 'verify'],
    [['inspect', '--jsn', 'x'], '--json'],
  ] as const) {
    const { code, stderr } = await rewrap(args, stage.home);
    expect([code, stderr]).toEqual([2, expect.stringContaining(`Did you mean ${meant}?`)]);
  }
});
