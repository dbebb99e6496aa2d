import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { errorFacts, Log, redact } from './log.ts';

const dir = mkdtempSync(join(tmpdir(), 'rewrap-log-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const SECRETS = [
  'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  'arn:aws-us-gov:sts::444455556666:assumed-role/Canary Role/person',
  '111122223333',
  'AKIAIOSFODNN7EXAMPLE',
  'ASIACANARYCANARY1234',
  'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  'AQIDAHjRYf5WytIc0C857tFSnBaPn2F8DgfmThbJlGfR8P3WlwEXAMPLE==',
  'eyJhbGciOiJIUzI1NiJ9.eyJjYW5hcnkiOiJjYW5hcnkifQ.c2lnbmF0dXJlc2lnbmF0dXJl',
  '1234abcd-12ab-34cd-56ef-1234567890ab',
  'mrk-1234abcd12ab34cd56ef1234567890ab',
  '/home/canary/payments/prod.env',
  '~/canary/prod.env',
  'C:\\Users\\canary\\prod.env',
  '\\\\server\\canary\\prod.env',
  "'/home/can ary/with blank.env'",
  '"C:\\Users\\can ary\\with blank.env"',
  'https://canary.awsapps.com/start?token=canary',
  'canary@example.com',
  '10.20.30.40',
];

test.each(SECRETS)('%s is taken out', (secret) => {
  const clean = redact(`ENOENT: no such file, open ${secret} (it failed)`);
  expect(clean).toMatch(/^ENOENT: no such file, open /);
  expect(clean).toMatch(/\(it failed\)$/);
  expect(clean).not.toMatch(
    /canary|can ary|prod\.env|with blank|\d{6}|EXAMPLE|ASIA|arn:|example\.com|10\.20/i,
  );
});

test('the home folder is taken out wherever it is', () => {
  expect(redact(`in ${homedir()}/x`)).not.toContain(homedir());
});

test('what a bug report needs stays', () => {
  for (const text of [
    'EACCES',
    'ERR_FAILED',
    'version 45.4.1',
    'clean-exit',
    'KMSInvalidStateException',
    'and/or',
  ])
    expect(redact(text)).toBe(text);
});

test('a text is one line, and short', () => {
  expect(redact(`a\nb ${'word '.repeat(200)}`)).toMatch(/^a b word/);
  expect(redact('word '.repeat(200)).length).toBeLessThan(310);
});

test('a line is the time, the event and its facts', () => {
  const log = new Log(join(dir, 'line'), () => new Date('2026-11-24T10:00:00Z'));
  log.write('started', {
    version: '1.2.3',
    packaged: true,
    code: null,
    words: 'two words',
    path: '/home/canary/x',
  });
  expect(readFileSync(log.file, 'utf8')).toBe(
    '2026-11-24T10:00:00.000Z started version=1.2.3 packaged=true code=null words="two words" path=‹path›\n',
  );
  expect(statSync(log.file).mode & 0o777).toBe(0o600);
  expect(log.tail(5)).toHaveLength(1);
});

test('a full file makes room, and the fourth is deleted', () => {
  const folder = join(dir, 'rotate');
  const log = new Log(folder);
  for (let round = 1; round <= 6; round += 1) {
    log.write('round', { round });
    writeFileSync(log.file, `${round} ${'x'.repeat(512 * 1024)}`);
  }
  log.write('last');
  expect(readdirSync(folder).sort()).toEqual(['rewrap.1.log', 'rewrap.2.log', 'rewrap.3.log', 'rewrap.log']);
  expect(readFileSync(join(folder, 'rewrap.1.log'), 'utf8')).toMatch(/^6 /);
  expect(readFileSync(join(folder, 'rewrap.3.log'), 'utf8')).toMatch(/^4 /);
  expect(log.tail(9)).toHaveLength(1);
});

test('a folder that cannot be written costs the log, no more', () => {
  writeFileSync(join(dir, 'file'), '');
  const log = new Log(join(dir, 'file'));
  expect(() => log.write('started')).not.toThrow();
  expect(log.tail(5)).toEqual([]);
});

test('of an error its kind, its code and its cleaned words are kept', () => {
  const error = Object.assign(new Error("ENOENT: open '/home/canary/x'"), { code: 'ENOENT' });
  expect(errorFacts(error)).toMatchObject({ error: 'Error', code: 'ENOENT' });
  const log = new Log(join(dir, 'error'));
  log.write('failed', errorFacts(error));
  expect(readFileSync(log.file, 'utf8')).toMatch(
    /failed error=Error code=ENOENT words="ENOENT: open ‹path›"\n$/,
  );
  expect(errorFacts('canary')).toEqual({ error: 'string' });
});
