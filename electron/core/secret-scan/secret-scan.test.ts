import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { devNull, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { assemble } from '../inspect/assemble.test-help.ts';
import { judgeReport, readReport } from './index.ts';

let root = '';
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'rewrap-secret-scan-')));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const blob = Buffer.from(assemble({ layout: 'v2' }));
const b64 = blob.toString('base64');
function put(name: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(root, name)), { recursive: true });
  writeFileSync(join(root, name), content);
}

interface Result {
  File: string;
  StartLine: number;
  Match: string;
  Secret: string;
  EndLine?: number;
  RuleID?: string;
  Commit?: string;
  Fingerprint?: string;
}
/** As gitleaks writes it (report/finding.go). */
function finding(one: Result): object {
  const { File, StartLine, RuleID = 'generic-api-key', Commit = '' } = one;
  const own = `${File}:${RuleID}:${StartLine}`;
  return {
    Description: 'd',
    StartColumn: 1,
    EndColumn: 9,
    SymlinkFile: '',
    Entropy: 5,
    Author: '',
    Email: '',
    Date: '',
    Message: '',
    Tags: [],
    RuleID,
    Commit,
    EndLine: StartLine,
    Fingerprint: Commit === '' ? own : `${Commit}:${own}`,
    ...one,
  };
}
async function judged(...all: Result[]) {
  const report = await judgeReport(readReport(JSON.stringify(all.map(finding))), { folder: root });
  return {
    fingerprints: report.fingerprints.map(({ fingerprint }) => fingerprint),
    verdicts: report.results.map(({ verdict, why }) => `${verdict}: ${why}`),
  };
}

describe('a result inside a blob', () => {
  it.each<[string, string, Partial<Result>]>([
    ['dotenv', `A=1\nAPI_KEY=${b64}\n`, { StartLine: 2, Match: `API_KEY=${b64}`, Secret: b64 }],
    [
      'a part of it',
      `A=1\nAPI_KEY=${b64}\n`,
      { StartLine: 2, Match: b64.slice(9, 60), Secret: b64.slice(20, 50) },
    ],
    ['JSON', `{\n "apiKey": "${b64}"\n}\n`, { StartLine: 2, Match: `apiKey": "${b64}"`, Secret: b64 }],
    ['YAML with CRLF', `a: 1\r\nkey: ${b64}\r\n`, { StartLine: 2, Match: `key: ${b64}`, Secret: b64 }],
    [
      'the last line, without a line feed',
      `key: ${b64}`,
      { StartLine: 1, Match: `key: ${b64}`, Secret: b64 },
    ],
  ])('is ciphertext: %s', async (_, content, one) => {
    put('conf/a.env', content);
    const result = { File: 'conf/a.env', StartLine: 1, Match: '', Secret: '', ...one };
    expect(await judged(result)).toEqual({
      fingerprints: [`conf/a.env:generic-api-key:${result.StartLine}`],
      verdicts: [expect.stringMatching(/^ciphertext: /)],
    });
  });

  it('is so over the lines of wrapped base64', async () => {
    const wrapped = b64.replace(/.{40}/g, '$&\n');
    put('a.txt', `${wrapped}\n`);
    const part = wrapped.slice(30, 100);
    expect(
      (await judged({ File: 'a.txt', StartLine: 1, EndLine: 3, Match: part, Secret: part })).verdicts,
    ).toEqual([expect.stringMatching(/^ciphertext/)]);
  });
});

describe('a result is not ciphertext', () => {
  const text = Buffer.concat([blob.subarray(0, -30), Buffer.from('my-database-password-is-here!!')]);
  const line = (content: string) => ({ Match: content, Secret: content });
  it.each<[string, string, Partial<Result>, RegExp]>([
    ['beside a blob', `K=${b64} hunter2hunter2\n`, line('hunter2hunter2'), /not inside a blob/],
    ['beyond its end', `K=${b64}x-hunter2\n`, line(`${b64.slice(-12)}x-hunter2`), /./],
    [
      'from before its beginning',
      `password=hunter2,K=${b64}\n`,
      { Match: `hunter2,K=${b64}`, Secret: `hunter2,K=${b64}` },
      /not inside/,
    ],
    [
      'matched with more than a name',
      `{"pw":"hunter2","k":"${b64}"}\n`,
      { Match: `pw":"hunter2","k":"${b64}"`, Secret: b64 },
      /./,
    ],
    [
      'the plaintext of CLI JSON',
      `{"Plaintext":"aHVudGVyMmh1bnRlcjI=","CiphertextBlob":"${b64}"}\n`,
      line('aHVudGVyMmh1bnRlcjI='),
      /plaintext/,
    ],
    [
      'over plaintext and blob',
      `{"Plaintext":"aHVudGVyMg==","CiphertextBlob":"${b64}"}\n`,
      { Match: `aHVudGVyMg==","CiphertextBlob":"${b64}`, Secret: b64 },
      /plaintext/,
    ],
    [
      'the same text in the blob and elsewhere in the line',
      `K=${b64} ${b64.slice(50, 70)}\n`,
      line(b64.slice(50, 70)),
      /not inside|name and the blob/,
    ],
    [
      'in base64 that is no blob',
      `K=${Buffer.alloc(180, 'hunter2').toString('base64')}\n`,
      line('aHVudGVyMmh1bnRlcjJodW50ZXIy'),
      /./,
    ],
    [
      'in what has the shape of a blob, with text in it',
      `K=${text.toString('base64')}\n`,
      line(text.toString('base64').slice(-40)),
      /Text stands/,
    ],
    ...(
      [
        ['of two bytes a character', Buffer.from('database-password-is-here', 'utf16le')],
        ['in short lines', Buffer.from('db=hunter2\npw=swordfish\nuser=admin\nkey=abcdefg\nend\n')],
        ['in padding', Buffer.concat([Buffer.from('hunter2hunter2'), Buffer.alloc(40)])],
      ] as const
    ).map(([how, secret]): [string, string, Partial<Result>, RegExp] => {
      const made = Buffer.concat([blob.subarray(0, -secret.length), secret]).toString('base64');
      return [
        `in what has the shape of a blob, with text ${how}`,
        `K=${made}\n`,
        line(made.slice(-40)),
        /Text stands/,
      ];
    }),
    ['in a blob that was cut', `K=${b64.slice(0, -40)}\n`, line(b64.slice(20, 60)), /./],
  ])('%s', async (_, content, one, why) => {
    put('a.env', content);
    const { fingerprints, verdicts } = await judged({
      File: 'a.env',
      StartLine: 1,
      Match: '',
      Secret: '',
      ...one,
    });
    expect(fingerprints).toEqual([]);
    expect(verdicts[0]).toMatch(/^other: /);
    expect(verdicts[0]).toMatch(why);
  });

  it('and its fingerprint would hide it with one that is: both are withheld', async () => {
    put('a.json', `{"k": "${b64}", "password": "hunter2hunter2"}\n`);
    const [good, bad] = [b64.slice(0, 40), 'hunter2hunter2'].map((secret) => ({
      File: 'a.json',
      StartLine: 1,
      Match: secret,
      Secret: secret,
    }));
    if (good === undefined || bad === undefined) throw new Error('none');
    expect((await judged(good, bad)).fingerprints).toEqual([]);
    expect((await judged(good, { ...bad, RuleID: 'other-rule' })).fingerprints).toEqual([
      'a.json:generic-api-key:1',
    ]);
  });
});

describe('a result that cannot be looked at says why', () => {
  const one = { File: 'a.env', StartLine: 1, Match: b64, Secret: b64 };
  it.each<[string, Partial<Result>, RegExp]>([
    ['a missing file', { File: 'gone.env' }, /no such file.*--root/],
    ['a line that is gone', { StartLine: 9 }, /no such line.*changed/],
    ['a changed line', { StartLine: 2 }, /does not stand in that line.*changed/],
    ['a redacted report', { Match: 'K=REDACTED', Secret: 'REDACTED' }, /--redact/],
    ['a partly redacted one', { Match: 'K=AQI...', Secret: 'AQI...' }, /--redact/],
    ['a path that leads out', { File: '../a.env' }, /leads out/],
    ['an absolute path elsewhere', { File: join(tmpdir(), 'a.env') }, /leads out/],
    ['a file of an archive', { File: 'a.zip!a.env' }, /archive/],
    ['a fingerprint of another place', { Fingerprint: 'other.env:generic-api-key:1' }, /not of its place/],
    ['a commit that is none', { Commit: '--help' }, /no id of a commit/],
    ['a folder', { File: 'folder' }, /no file/],
  ])('%s', async (_, change, why) => {
    put('a.env', `${b64}\nx\n`);
    mkdirSync(join(root, 'folder'));
    const { fingerprints, verdicts } = await judged({ ...one, ...change });
    expect(fingerprints).toEqual([]);
    expect(verdicts[0]).toMatch(/^unknown: /);
    expect(verdicts[0]).toMatch(why);
  });

  it.skipIf(process.platform === 'win32')('a link, and a name that would be more than one line', async () => {
    put('a.env', `${b64}\n`);
    symlinkSync(join(root, 'a.env'), join(root, 'link.env'));
    symlinkSync(tmpdir(), join(root, 'out'));
    put('x\nreal-secret:aws:1', `${b64}\n`);
    put('#x', `${b64}\n`);
    const { fingerprints, verdicts } = await judged(
      ...['link.env', 'out/a.env', 'x\nreal-secret:aws:1', '#x'].map((File) => ({ ...one, File })),
    );
    expect(fingerprints).toEqual([]);
    expect(verdicts.every((verdict) => verdict.startsWith('unknown'))).toBe(true);
  });
});

describe('a report', () => {
  const sarif = (name: string, results: object[]) =>
    JSON.stringify({ version: '2.1.0', runs: [{ tool: { driver: { name } }, results }] });
  const result = (secret: string, commitSha = '') => ({
    ruleId: 'generic-api-key',
    message: { text: 'm' },
    partialFingerprints: { commitSha },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: 'a.env' },
          region: { startLine: 1, startColumn: 1, endLine: 1, endColumn: 9, snippet: { text: secret } },
        },
      },
    ],
  });

  it('in SARIF gives the same fingerprints', async () => {
    put('a.env', `KEY=${b64}\n`);
    const report = await judgeReport(readReport(sarif('gitleaks', [result(b64)])), { folder: root });
    expect(report.fingerprints.map(({ fingerprint }) => fingerprint)).toEqual(['a.env:generic-api-key:1']);
  });

  it('without results has none; of another form or tool it is refused', () => {
    for (const none of ['[]', 'null', sarif('gitleaks', [])]) expect(readReport(none)).toEqual([]);
    for (const bad of ['', '{', '{}', '[1]', sarif('trufflehog', []), '[{"rule":"old gitleaks 7"}]'])
      expect(() => readReport(bad)).toThrow(/report of the secret scanner/);
  });
});

describe('results of commits', () => {
  const git = (...args: string[]): string =>
    execFileSync('git', args, {
      cwd: root,
      encoding: 'utf8',
      env: {
        ...process.env,
        GIT_CONFIG_GLOBAL: devNull,
        GIT_CONFIG_NOSYSTEM: '1',
        ...{ GIT_AUTHOR_NAME: 'n', GIT_AUTHOR_EMAIL: 'e', GIT_COMMITTER_NAME: 'n', GIT_COMMITTER_EMAIL: 'e' },
      },
    }).trim();
  const commit = (): string => {
    git('add', '-A');
    git('commit', '-qm', 'c');
    return git('rev-parse', 'HEAD');
  };

  it('are judged by the file in that commit, and the same line of another commit is not hidden', async () => {
    git('init', '-q');
    put('conf/a.env', `KEY=${b64}\n`);
    const good = commit();
    put('conf/a.env', 'KEY=hunter2hunter2\n');
    const bad = commit();
    const one = { File: 'conf/a.env', StartLine: 1, Match: b64, Secret: b64 };
    const leak = { ...one, Match: 'KEY=hunter2hunter2', Secret: 'hunter2hunter2' };
    const found = await judged({ ...one, Commit: good }, { ...leak, Commit: bad });
    expect(found.fingerprints).toEqual([`${good}:conf/a.env:generic-api-key:1`]);
    expect(found.verdicts[1]).toMatch(/^other/);
    // Without a commit, the fingerprint would hide the leak in the other commit, too.
    put('conf/a.env', `KEY=${b64}\n`);
    expect((await judged(one, { ...leak, Commit: bad })).fingerprints).toEqual([]);
    // Short ids, as some versions write them.
    const short = { ...one, Commit: good, Fingerprint: `${good.slice(0, 7)}:conf/a.env:generic-api-key:1` };
    expect((await judged(short)).fingerprints).toEqual([short.Fingerprint]);
    const gone = await judged({ ...one, Commit: 'f'.repeat(40) }, { ...one, File: 'none.env', Commit: good });
    expect(gone.verdicts.every((verdict) => /^unknown: The repository has no such file/.test(verdict))).toBe(
      true,
    );
  });
});

it('judges 20,000 results in one file without looking at all of it for each', async () => {
  const lines = Array.from({ length: 20_000 }, (_, i) => `KEY_${i}=${b64}`);
  put('a.env', `${lines.join('\n')}\n`);
  const { fingerprints } = await judged(
    ...lines.map((Match, i) => ({ File: 'a.env', StartLine: i + 1, Match, Secret: b64 })),
  );
  expect(fingerprints).toHaveLength(20_000);
}, 60_000);
