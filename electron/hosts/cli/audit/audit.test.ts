import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { assemble } from '../../../core/inspect/assemble.test-help.ts';
import { type AuditFlags, audit } from './audit.ts';

const KEY = 'arn:aws:kms:us-east-1:111122223333:key/11111111-1111-4111-8111-111111111111';
const OTHER = 'arn:aws:kms:us-east-1:999988887777:key/22222222-1111-4111-8111-111111111111';

let folder: string;
const said: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-audit-'));
  vi.stubEnv('REWRAP_HOME', join(folder, 'home'));
  vi.spyOn(console, 'error').mockImplementation((line: string) => void said.push(line));
  said.length = 0;
  mkdirSync(join(folder, 'tree'));
  const blob = (n: number) =>
    Buffer.from(assemble({ layout: 'v2', fingerprint: Buffer.alloc(32, n) })).toString('base64');
  writeFileSync(join(folder, 'tree/a.json'), JSON.stringify({ CiphertextBlob: blob(1), KeyId: KEY }));
  writeFileSync(join(folder, 'tree/b.json'), JSON.stringify({ CiphertextBlob: blob(2), KeyId: OTHER }));
  writeFileSync(join(folder, 'tree/main.tf'), `kms_key_id = "${KEY}"\n`);
  writeFileSync(join(folder, 'rules.yaml'), 'version: 1\naccounts: ["111122223333"]\n');
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

const run = async (flags: Partial<AuditFlags>, paths = [join(folder, 'tree')]) => {
  const out = join(folder, 'out');
  const code = await audit(paths, { format: 'text', out, ...flags } as AuditFlags);
  return { code, text: readFileSync(out, 'utf8') };
};

describe('rewrap audit', () => {
  it.each(['text', 'csv', 'json', 'sarif', 'html'] as const)(
    'judges by the rules also where a deletion is asked about, as %s',
    async (format) => {
      const rules = join(folder, 'rules.yaml');
      expect((await run({ rules, format })).code).toBe(1);
      const { code, text } = await run({ rules, format, ifDeleted: KEY });
      expect(code).toBe(1);
      expect(said.join('\n')).toContain('1 rule of the rules file is broken');
      expect(text).toContain('main.tf');
      writeFileSync(rules, 'version: 1\naccounts: ["111122223333", "999988887777"]\n');
      expect((await run({ rules, format, ifDeleted: KEY })).code).toBe(0);
    },
  );

  it('explains why each rule held or broke, beside the report', async () => {
    const rules = join(folder, 'rules.yaml');
    const { text } = await run({ rules, explain: true, format: 'json' });
    expect(() => JSON.parse(text)).not.toThrow();
    expect(said.filter((line) => line.includes('  accounts  '))).toEqual([
      expect.stringMatching(/^BROKEN +accounts +1 blob: .*999988887777/),
      expect.stringMatching(/^holds +accounts +1 blob: account 111122223333 is allowed$/),
    ]);
    await expect(run({ explain: true })).rejects.toMatchObject({ fault: { code: 'BadUsage' } });
  });

  it('names files in text as they were named, and no path that is not there', async () => {
    const { text } = await run({});
    expect(text).toContain(`: ${join(folder, 'tree', 'a.json')}\n`);
    // Of one alone it says nothing that the first line does not.
    expect(text).not.toContain('Repositories');
    const gone = join(folder, 'gone');
    const json = JSON.parse((await run({ format: 'json' }, [join(folder, 'tree'), gone])).text);
    expect(json.stated.paths).toEqual([join(folder, 'tree')]);
  });

  it.each([
    `keys: ["${KEY}", "alias/app"]`,
    `keys: ["${OTHER}", alias/app]`,
    'forbid: [key-disabled]',
    'maximumAgeDays: 30',
    'context: {required: [app]}',
  ])('says that a rule cannot be answered, and does not pass: %s', async (rule) => {
    writeFileSync(join(folder, 'tree/b.json'), readFileSync(join(folder, 'tree/a.json')));
    const rules = join(folder, 'rules.yaml');
    writeFileSync(rules, `version: 1\n${rule}\n`);
    const { code } = await run({ rules });
    if (rule.includes(KEY)) expect(code).toBe(0);
    else {
      expect(code).toBe(4);
      expect(said.join('\n')).toContain('was not judged for 2 blobs');
    }
  });

  it('is a gate: 0 where nothing needs a key, 1 where something does, 4 where that is not known', async () => {
    const clean = join(folder, 'clean');
    mkdirSync(clean);
    writeFileSync(join(clean, 'b.json'), readFileSync(join(folder, 'tree/b.json')));
    const passed = await run({ safeToDelete: [KEY] }, [clean]);
    expect(passed.code, passed.text).toBe(0);
    const { code, text } = await run({ safeToDelete: [KEY] });
    expect(code).toBe(1);
    expect(text).toMatch(/^NEEDED\. Do not delete/);
    expect(text).toContain(join(folder, 'tree', 'a.json'));
    expect(text).toMatch(/\nCoverage\n {2}3 files read/);
    expect((await run({ safeToDelete: [KEY] }, [clean, join(folder, 'gone')])).code).toBe(4);
    const json = await run({ safeToDelete: [KEY], format: 'json' });
    expect(JSON.parse(json.text)).toMatchObject({ verdict: 'needed', keys: [{ impact: { lost: 1 } }] });
    await expect(run({ safeToDelete: [KEY], format: 'csv' })).rejects.toMatchObject({
      fault: { code: 'BadUsage' },
    });
    await expect(run({ safeToDelete: ['typo'] })).rejects.toMatchObject({ fault: { code: 'BadUsage' } });
  });

  it('asks about every key that a Terraform plan would delete', async () => {
    const plan = join(folder, 'plan.json');
    const delta = (actions: string[]) => ({
      address: 'aws_kms_key.app',
      type: 'aws_kms_key',
      change: { actions, before: { arn: KEY } },
    });
    const terraformPlan = plan;
    writeFileSync(plan, JSON.stringify({ format_version: '1.2', resource_changes: [delta(['delete'])] }));
    expect((await run({ terraformPlan })).code).toBe(1);
    writeFileSync(plan, JSON.stringify({ format_version: '1.2', resource_changes: [delta(['update'])] }));
    expect((await run({ terraformPlan })).code).toBe(0);
  });

  it.each(['', ' '])('asks for a key where none is named: %j', async (ifDeleted) => {
    await expect(run({ ifDeleted })).rejects.toMatchObject({
      fault: { code: 'BadUsage', remedy: expect.stringContaining('--if-deleted alias/name') },
    });
  });
});
