import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DescribeKeyCommand } from '@aws-sdk/client-kms';
import { tarOf } from '../../electron/core/intake/archives/build.test-help.ts';
import { expect, test } from '../support/fixtures.ts';
import { rewrap } from '../support/processes.ts';
import {
  decrypt,
  encrypt,
  FRESH,
  PARTNER_RSA,
  PAYMENTS,
  RETIRED,
  secret,
  sha256,
  write,
} from '../support/vault.ts';

const context = { app: 'payments', env: 'test' };
const contextFlags = ['--context', 'app=payments', '--context', 'env=test'];

test.describe('rewrap in a shell', () => {
  test('inspects offline and prints one JSON array', async ({ stage }) => {
    const blob = await encrypt(stage.kms, PAYMENTS, Buffer.alloc(32, 7), { context });
    const file = write(stage.files, 'secret.txt', `${Buffer.from(blob).toString('base64')}\n`);
    const { code, stdout } = await rewrap(['inspect', file, '--json'], stage.home);
    expect(code).toBe(0);
    const [found, ...others] = JSON.parse(stdout);
    expect(others).toEqual([]);
    expect(found).toMatchObject({
      file,
      place: '',
      byteRange: { start: 0, end: Buffer.from(blob).toString('base64').length },
      encoding: 'base64',
      kind: 'kms-symmetric',
      container: 'text',
      layout: 'v2',
      keyFingerprint: Buffer.from(blob).subarray(5, 37).toString('hex'),
      plaintextBytes: 32,
      reencryptable: true,
    });
    expect(found.fields.length).toBeGreaterThan(5);
  });

  test('re-encrypts a folder to another key and context, in each form it was written', async ({ stage }) => {
    const text = secret();
    const blob = Buffer.from(await encrypt(stage.kms, PAYMENTS, text, { context }));
    const wrapped = blob.toString('base64').replace(/.{76}/g, '$&\r\n');
    write(stage.files, 'raw.bin', blob);
    write(stage.files, 'deep/wrapped.txt', wrapped);
    write(stage.files, 'hex.txt', `${blob.toString('hex')}\n`);
    write(
      stage.files,
      'cli.json',
      `{\n    "CiphertextBlob": "${blob.toString('base64')}",\n    "KeyId": "old"\n}\n`,
    );
    const out = join(stage.home, 'out');
    const { code, stdout, stderr } = await rewrap(
      [
        'reencrypt',
        stage.files,
        '--practice',
        '--to',
        FRESH,
        ...contextFlags,
        '--to-context',
        'app=next',
        '--out',
        out,
        '--json',
      ],
      stage.home,
    );
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const { run, blobs } = JSON.parse(stdout);
    expect(run.counts).toMatchObject({ total: 4, succeeded: 4, failed: 0 });
    expect(new Set(blobs.map((b: { state: string }) => b.state))).toEqual(new Set(['reencrypted']));

    const arn = (await stage.kms.send(new DescribeKeyCommand({ KeyId: FRESH }))).KeyMetadata?.Arn;
    const json = JSON.parse(readFileSync(join(out, 'cli.json'), 'utf8'));
    expect(json.KeyId).toBe(arn);
    const rewrapped = readFileSync(join(out, 'deep/wrapped.txt'), 'utf8');
    expect(
      rewrapped
        .split('\r\n')
        .slice(0, -1)
        .every((line) => line.length === 76),
    ).toBe(true);
    for (const next of [
      readFileSync(join(out, 'raw.bin')),
      Buffer.from(rewrapped, 'base64'),
      Buffer.from(readFileSync(join(out, 'hex.txt'), 'utf8').trim(), 'hex'),
      Buffer.from(json.CiphertextBlob, 'base64'),
    ]) {
      expect(await decrypt(stage.kms, next, { context: { app: 'next' } })).toEqual({
        plaintext: text,
        keyArn: arn,
      });
    }
    expect(readFileSync(join(stage.files, 'raw.bin'))).toEqual(blob);
  });

  test('reads blobs in an archive, refuses to write there, and writes them into a folder', async ({
    stage,
  }) => {
    const text = secret();
    const blob = Buffer.from(await encrypt(stage.kms, PAYMENTS, text, { context }));
    const env = `A=1\nDB=${blob.toString('base64')}\n`;
    const archive = write(
      stage.files,
      'backup.tgz',
      gzipSync(tarOf([{ name: 'app/prod.env', content: env }])),
    );
    const shown = await rewrap(['inspect', archive], stage.home);
    expect(shown.stdout).toContain(`${archive} › app/prod.env`);
    const to = ['--practice', '--to', FRESH, ...contextFlags];
    const refused = await rewrap(['reencrypt', archive, ...to, '--in-place'], stage.home);
    expect(refused.code).toBe(1);
    expect(refused.stdout + refused.stderr).toContain(
      'stands in an archive, which Rewrap reads and does not write',
    );
    const out = join(stage.home, 'out');
    const done = await rewrap(['reencrypt', archive, ...to, '--out', out], stage.home);
    expect(done.code, done.stderr).toBe(0);
    const after = readFileSync(join(out, 'backup.tgz/app/prod.env'), 'utf8');
    const next = Buffer.from(/^DB=(.*)$/m.exec(after)?.[1] ?? '', 'base64');
    expect(next.equals(blob)).toBe(false);
    expect((await decrypt(stage.kms, next, { context })).plaintext).toEqual(text);
  });

  test('goes to RSA-4096 OAEP-SHA-256 and back', async ({ stage }) => {
    const text = secret();
    const file = write(stage.files, 'a.bin', await encrypt(stage.kms, PAYMENTS, text, { context }));
    const there = await rewrap(
      ['reencrypt', file, '--practice', '--to', PARTNER_RSA, ...contextFlags, '--in-place', '--json'],
      stage.home,
    );
    expect(there.code, there.stderr).toBe(0);
    expect(readFileSync(file)).toHaveLength(512);
    const back = await rewrap(
      [
        'reencrypt',
        file,
        '--practice',
        '--from',
        PARTNER_RSA,
        '--from-algorithm',
        'RSAES_OAEP_SHA_256',
        '--to',
        FRESH,
        '--to-context',
        'home=again',
        '--in-place',
        '--backup',
        '--json',
      ],
      stage.home,
    );
    expect(back.code, back.stderr).toBe(0);
    expect((await decrypt(stage.kms, readFileSync(file), { context: { home: 'again' } })).plaintext).toEqual(
      text,
    );
    expect(readdirSync(stage.files).filter((name) => name.includes('backup'))).toHaveLength(1);
  });

  test('a dry run changes nothing and writes nothing', async ({ stage }) => {
    const file = write(stage.files, 'a.bin', await encrypt(stage.kms, PAYMENTS, secret(), { context }));
    const before = sha256(file);
    const { code, stdout } = await rewrap(
      ['reencrypt', file, '--practice', '--to', FRESH, ...contextFlags, '--dry-run', '--in-place'],
      stage.home,
    );
    expect(code).toBe(0);
    expect(stdout).toContain('1 would be re-encrypted');
    expect(sha256(file)).toBe(before);
    expect(readdirSync(stage.files)).toEqual(['a.bin']);
  });

  for (const [name, flags, code] of [
    ['a wrong context', ['--to', FRESH, '--context', 'app=Payments'], 'InvalidCiphertextException'],
    ['a disabled destination', ['--to', RETIRED, ...contextFlags], 'DisabledException'],
    ['a wrong source key', ['--to', FRESH, '--from', FRESH, ...contextFlags], 'IncorrectKeyException'],
  ] as const) {
    test(`${name} fails with its cause and leaves the file alone`, async ({ stage }) => {
      const file = write(stage.files, 'a.bin', await encrypt(stage.kms, PAYMENTS, secret(), { context }));
      const before = sha256(file);
      const done = await rewrap(['reencrypt', file, '--practice', ...flags, '--in-place'], stage.home);
      expect(done.code).toBe(1);
      expect(done.stderr).toContain(code);
      expect(sha256(file)).toBe(before);
      expect(readdirSync(stage.files)).toEqual(['a.bin']);
    });
  }

  test('says bad usage and unreadable input with exit code 2', async ({ stage }) => {
    const file = write(stage.files, 'a.bin', await encrypt(stage.kms, PAYMENTS, secret()));
    const usage: readonly (readonly string[])[] = [
      ['reencrypt', file, '--practice', '--to', FRESH],
      ['reencrypt', file, '--practice', '--in-place'],
      ['reencrypt', file, '--practice', '--to', FRESH, '--in-place', '--out', 'x'],
      ['reencrypt', file, '--practice', '--to', FRESH, '--in-place', '--context', 'novalue'],
      ['inspect'],
      ['nonsense'],
      ['inspect', join(stage.files, 'missing.bin')],
    ];
    for (const args of usage) {
      const { code, stdout, stderr } = await rewrap(args, stage.home);
      expect({ args, code }).toEqual({ args, code: 2 });
      expect(stdout).toBe('');
      expect(stderr).not.toBe('');
    }
    expect(existsSync('x')).toBe(false);
  });

  test('lists the keys with the reason why one cannot be a destination', async ({ stage }) => {
    const { code, stdout } = await rewrap(['keys', '--practice', '--json'], stage.home);
    expect(code).toBe(0);
    const { keys } = JSON.parse(stdout);
    const by = (alias: string) => keys.find((key: { aliases: string[] }) => key.aliases.includes(alias));
    expect(by(FRESH).unfitAsDestination).toBeNull();
    expect(by(RETIRED).unfitAsDestination).toMatch(/disabled/i);
    expect(by('alias/signing').unfitAsDestination).toMatch(/SIGN_VERIFY/);
    expect(by(PARTNER_RSA).algorithms).toContain('RSAES_OAEP_SHA_256');
  });
});
