import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FaultError } from '#shared/model/fault.ts';
import { credentialsOfProcess } from './process.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewrap-process-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The fault of a command with this JavaScript; `rest` stands behind it. */
async function failed(script: string, rest = '', limitMs = 30_000) {
  await writeFile(join(folder, 'p.cjs'), script);
  const command = `"${process.execPath}" "${join(folder, 'p.cjs')}" ${rest}`;
  const error = await credentialsOfProcess('p', command, limitMs).then(
    () => null,
    (e: FaultError) => e,
  );
  if (error === null) throw new Error('it gave credentials');
  expect(error.fault.code).toBe('CredentialProcessFailed');
  return error.fault;
}

describe('a command that fails shows what it wrote', () => {
  test('with its exit code, and as its own words', async () => {
    const fault = await failed(`console.error('Vault is sealed: unseal it first'); process.exit(7)`);
    expect(fault.detail).toBe('It ended with exit code 7. It wrote: Vault is sealed: unseal it first');
    expect(fault.raw).toMatchObject({ by: 'The command', message: 'Vault is sealed: unseal it first' });
  });

  test('shortened, from its end', async () => {
    const fault = await failed(`console.error('a b '.repeat(5000) + 'the end'); process.exit(1)`);
    expect(fault.detail.length).toBeLessThan(800);
    expect(fault.detail).toMatch(/the end$/);
  });

  test.each([
    ['a password', `console.error('login failed, password: hunter2secret')`],
    ['an option with a value', `console.error('unknown option --token=hunter2secret')`],
    [
      'a key of AWS',
      `console.error('tried AKIAHUNTER2SECRET00 and failed')`.replaceAll('hunter2secret', 'x'),
    ],
    [
      'JSON with keys',
      `console.error('{"SecretAccessKey":"hunter2secret/abc","SessionToken":"hunter2secret"}')`,
    ],
    ['a long random word', `console.error('got hunter2secretAbC9/xyz+QRStuv back')`],
    ['a bearer header', `console.error('Authorization: Bearer hunter2secret')`],
    ['what it printed, too', `console.log('hunter2secret'); console.error('echo hunter2secret')`],
    ['an argument of its command line', `console.error('bad argument ' + process.argv[2])`],
  ])('without %s', async (_, script) => {
    const fault = await failed(`${script}; process.exit(1)`, 'hunter2secret');
    expect(JSON.stringify(fault)).not.toMatch(/hunter2secret|AKIAHUNTER2/i);
    expect(fault.detail).toContain('withheld');
  });

  test('and words and paths as they are', async () => {
    const said = 'cannot open /home/me/.vault/config: no such file or directory (profile prod-eu-west-1)';
    expect((await failed(`console.error(${JSON.stringify(said)}); process.exit(1)`)).detail).toContain(said);
  });
});

test.each([
  [`process.stdout.write('{}')`, /"Version": 1/],
  [`process.stdout.write('{"Version":1,"AccessKeyId":"A"}')`, /no SecretAccessKey/],
  [
    `process.stdout.write('{"Version":1,"AccessKeyId":"A","SecretAccessKey":"B","Expiration":"2020-01-01T00:00:00Z"}')`,
    /ended already/,
  ],
  [`process.stdout.write('[]')`, /Version/],
  ['', /printed nothing/],
])('an output that gives no credentials is said to: %s', async (script, why) => {
  expect((await failed(script)).detail).toMatch(why);
});

test('a command that takes too long is ended', async () => {
  const fault = await failed('setInterval(() => {}, 1000)', '', 1_500);
  expect(fault.detail).toContain('was ended');
});

test('a quote that is left open is said', async () => {
  const error = await credentialsOfProcess('p', `${process.execPath} "open`, 1000).catch(
    (e: FaultError) => e,
  );
  expect((error as FaultError).fault.detail).toContain('quote');
});
