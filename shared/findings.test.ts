import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { finding, IN_CLEAR_CODES, nearestCodes, unknownCode } from './finding.ts';
import { FINDING_CODES, FINDINGS, SEVERITIES } from './findings.ts';
import { Finding } from './model/blob.ts';
import { ruleOf, ruleProblem } from './model/rule.ts';

const root = resolve(import.meta.dirname, '..');

/** Every source file that may make a finding, without tests. */
function sources(): string[] {
  return ['electron', 'shared', 'renderer'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.tsx?$/.test(name) && !/\.test\.|\.test-help\.|^dev[\\/]|^findings\.ts$/.test(name))
      .map((name) => readFileSync(join(root, folder, name), 'utf8')),
  );
}

describe('the list of findings', () => {
  it('has sentences, and words only where they say something', () => {
    for (const [code, entry] of Object.entries(FINDINGS)) {
      expect(code).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
      expect(SEVERITIES).toContain(entry.severity);
      expect(entry.about, code).toMatch(/^[A-Z].*\.$/);
      expect(entry.about, code).not.toContain('{');
    }
  });

  it('has no code that nothing makes, and nothing makes a finding past it', () => {
    const text = sources().join('\n');
    for (const code of FINDING_CODES) expect(text.includes(`'${code}'`), code).toBe(true);
    // A finding written out by hand has a code and a severity beside each other.
    expect(text.match(/code: '[\w-]+',\s*severity: (?!entryOf|nonceSeverity)/g)).toBeNull();
  });

  it('is what a reply may name', () => {
    const made = finding('key-disabled', { evidence: ['E'], values: { key: 'alias/a' } });
    expect(Finding.parse(made)).toEqual(made);
    expect(Finding.safeParse({ ...made, code: 'key-disable' }).success).toBe(false);
  });

  it('names what is in clear', () => {
    expect([...IN_CLEAR_CODES].sort()).toEqual([
      'keyset-in-clear',
      'plaintext-beside-blob',
      'plaintext-in-file',
      'plaintext-key-beside-blob',
      'possible-plaintext-beside-blob',
      'possible-plaintext-key',
      'private-key-in-clear',
    ]);
  });
});

describe('a finding', () => {
  it('has the words of the list, filled in once', () => {
    const made = finding('key-other-account', {
      evidence: ['E'],
      values: { key: 'alias/{account}', account: '111122223333' },
    });
    expect(made).toMatchObject({
      severity: 'info',
      title: 'alias/{account} belongs to another account, 111122223333.',
      range: null,
    });
  });

  it('takes the general sentence where it has none of its own', () => {
    expect(finding('sha1-oaep', { evidence: [] }).title).toBe(FINDINGS['sha1-oaep'].about);
  });

  it('may be worse or better than usual', () => {
    expect(finding('gcm-nonce-reuse', { evidence: [], severity: 'warning' }).severity).toBe('warning');
  });
});

describe('a code that does not exist', () => {
  it.each([
    ['plaintext-besides-blob', 'plaintext-beside-blob'],
    ['plaintext-beside-blobs', 'plaintext-beside-blob'],
    ['Key-Disabled', 'key-disabled'],
    ['key_disabled', 'key-disabled'],
    ['disabled-key', 'key-disabled'],
    ['truncate', 'truncated'],
    ['key-notrotated', 'key-not-rotated'],
  ])('%s: the nearest is %s', (wrong, meant) => {
    expect(nearestCodes(wrong)[0]).toBe(meant);
    expect(unknownCode(wrong)).toContain(meant);
  });

  it('is said to be none where nothing is near', () => {
    expect(nearestCodes('zzzzzzzzzzzzzzzzzzzzzzzzzz')).toEqual([]);
    expect(unknownCode('zzzzzzzzzzzzzzzzzzzzzzzzzz')).toBe(
      'there is no finding called "zzzzzzzzzzzzzzzzzzzzzzzzzz"',
    );
  });

  it('costs no more for a long text', () => {
    expect(nearestCodes('a'.repeat(1_000_000))).toEqual([]);
  });

  it('is none of those that exist', () => {
    for (const code of FINDING_CODES) expect(unknownCode(code)).toBeNull();
    expect(unknownCode('constructor')).not.toBeNull();
  });
});

describe('a rule of a choice', () => {
  it('refuses a finding or a kind that could never match', () => {
    expect(ruleProblem({ name: 'finding', value: 'trunkated' })).toContain('truncated');
    expect(ruleProblem({ name: 'finding', value: 'warnings' })).toContain('warning');
    expect(ruleProblem({ name: 'kind', value: 'kms-symetric' })).toContain('kms-symmetric');
    expect(ruleProblem({ name: 'finding', value: 'critical' })).toBeNull();
    expect(ruleOf('finding=trunkated')).toBeNull();
    expect(ruleOf('finding=truncated')).toEqual({ name: 'finding', value: 'truncated' });
  });
});
