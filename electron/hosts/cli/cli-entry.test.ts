import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { connectionFor, kmsNeeded } from './plans/plan.ts';

test.each(['12.22.12', '18.20.8', '20.20.2', '22.22.0'])(
  'Node %s is too old, in one line, with code 2',
  (old) => {
    const folder = mkdtempSync(join(tmpdir(), 'rewrap-entry-'));
    try {
      // A Node of that age, as far as what is started can tell.
      const asOld = join(folder, 'old.cjs');
      writeFileSync(
        asOld,
        `Object.defineProperty(process, 'versions', { value: { node: '${old}' } });
       Object.defineProperty(process, 'version', { value: 'v${old}' });`,
      );
      const entry = join(import.meta.dirname, '..', '..', 'cli-entry.cjs');
      const { status, stdout, stderr } = spawnSync(process.execPath, ['--require', asOld, entry, 'runs'], {
        encoding: 'utf8',
      });
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toMatch(new RegExp(`^rewrap: Node 24 or newer is needed, and this is v${old}\\..*\\n$`));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

test.each([
  ['arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab', 'SYMMETRIC_DEFAULT', null],
  [
    'arn:aws-cn:kms:cn-north-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab',
    'RSAES_OAEP_SHA_256',
    null,
  ],
  [
    'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    undefined,
    '--to-algorithm',
  ],
  ['arn:aws:kms:us-east-1:111122223333:alias/app', 'SYMMETRIC_DEFAULT', 'a key ARN'],
  ['alias/app', 'SYMMETRIC_DEFAULT', 'a key ARN'],
  ['1234abcd-12ab-34cd-56ef-1234567890ab', 'SYMMETRIC_DEFAULT', 'a key ARN'],
] as const)('what a plan to %s (%s) needs KMS for', (to, algorithm, words) => {
  const needed = kmsNeeded(to, algorithm);
  if (words === null) expect(needed).toBeNull();
  else expect(needed).toContain(words);
});

test.each([
  ['a connection that is needed', 'why', [], {}, 'aws'],
  ['none', null, [], {}, null],
  ['none, although one is named: there is nothing to ask', null, [], { practice: true }, null],
  ['none for a choice by path', null, [{ name: 'path', value: '**' }], { practice: true }, null],
  ['none for a choice by key where none is named', null, [{ name: 'key', value: 'alias/a' }], {}, null],
  [
    'the named one for a choice by key',
    null,
    [{ name: 'key', value: 'alias/a' }],
    { practice: true },
    'practice',
  ],
  [
    'the named one for a finding',
    null,
    [{ name: 'finding', value: 'key-disabled' }],
    { region: 'eu-west-1' },
    'aws',
  ],
] as const)('a plan is made over %s', (_, needed, rules, flags, kind) => {
  expect(connectionFor(needed, rules, flags)?.kind ?? null).toBe(kind);
});
