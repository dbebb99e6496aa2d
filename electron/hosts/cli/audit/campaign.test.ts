import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readCampaign } from '../../../core/campaign/index.ts';
import { assemble } from '../../../core/inspect/assemble.test-help.ts';
import { showCampaign, snapshotCampaign } from './campaign.ts';

const OLD = 'arn:aws:kms:us-east-1:111122223333:key/11111111-1111-4111-8111-111111111111';
const NEW = 'arn:aws:kms:us-east-1:999988887777:key/22222222-1111-4111-8111-111111111111';
const YAML = `version: 1
name: Leave the old key
target: { leaveKey: "${OLD}" }
owners:
  - { path: "*", owner: platform }
  - { path: "payments/*", owner: payments }
deadline: 2999-01-31
`;

let folder = '';
let said: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-campaign-'));
  vi.stubEnv('REWRAP_HOME', join(folder, 'home'));
  said = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => void said.push(line));
  vi.spyOn(console, 'error').mockImplementation(() => {});
  put('payments/a.json', 1, OLD);
  put('payments/b.json', 2, NEW);
  put('web/c.json', 3, OLD);
  writeFileSync(join(folder, 'leave.yaml'), YAML);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

function put(name: string, material: number, key: string | null): void {
  const path = join(folder, 'tree', name);
  mkdirSync(join(path, '..'), { recursive: true });
  const blob = Buffer.from(assemble({ layout: 'v2', fingerprint: Buffer.alloc(32, material) })).toString(
    'base64',
  );
  writeFileSync(path, JSON.stringify({ CiphertextBlob: blob, ...(key === null ? {} : { KeyId: key }) }));
}
const file = () => join(folder, 'leave.yaml');
const snapshot = (paths = [join(folder, 'tree')]) => snapshotCampaign(file(), paths, {});
const lines = () =>
  readFileSync(join(folder, 'leave.snapshots.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
const status = async (failAfter?: string) => {
  said = [];
  const code = await showCampaign(file(), failAfter === undefined ? {} : { failAfter });
  return { code, text: said.join('\n') };
};

describe('a campaign', () => {
  it('counts what is left by owner, and shows the burn-down', async () => {
    expect(await snapshot()).toBe(0);
    expect(lines()).toMatchObject([
      {
        remaining: 2,
        unknown: 0,
        blobs: 3,
        filesSkipped: 0,
        owners: [
          { owner: 'payments', remaining: 1, unknown: 0, blobs: 2 },
          { owner: 'platform', remaining: 1, unknown: 0, blobs: 1 },
        ],
      },
    ]);
    expect((await status()).code).toBe(0);
    expect((await status('2001-01-01')).code).toBe(1);
    put('payments/a.json', 4, NEW);
    await snapshot();
    expect(lines()).toHaveLength(2);
    const { text } = await status();
    expect(text).toContain('1 blob left of 3');
    expect(text).toMatch(/payments: 0 left of 2 \(1 on \d{4}-/);
    put('web/c.json', 4, NEW);
    await snapshot();
    expect((await status('2001-01-01')).code).toBe(0);
  });

  it('does not take what is not known, or not read, for done', async () => {
    expect((await status('2001-01-01')).code).toBe(4);
    put('payments/a.json', 5, null);
    put('web/c.json', 4, NEW);
    await snapshot();
    expect(lines()[0]).toMatchObject({ remaining: 0, unknown: 1 });
    expect((await status('2001-01-01')).code).toBe(4);
    put('payments/a.json', 4, NEW);
    expect(await snapshot([join(folder, 'tree'), join(folder, 'gone')])).toBe(2);
    expect((await status('2001-01-01')).code).toBe(4);
    mkdirSync(join(folder, 'empty'));
    await snapshot([join(folder, 'empty')]);
    expect((await status('2001-01-01')).code).toBe(4);
  });

  it.each([
    ['target: { leaveAccount: "111122223333" }', 2],
    [`target: { leaveMaterial: "${'03'.repeat(32)}" }`, 1],
    ['target: { leaveMaterial: "02020202" }', 1],
  ])('counts by %s', async (target, remaining) => {
    writeFileSync(file(), YAML.replace(/target: .*/, target));
    await snapshot();
    expect(lines()[0]).toMatchObject({ remaining, unknown: 0 });
  });

  it('counts by the date that files declare', async () => {
    writeFileSync(file(), YAML.replace(/target: .*/, 'target: { maximumAgeDays: 30 }'));
    await snapshot();
    expect(lines()[0]).toMatchObject({ remaining: 0, unknown: 3 });
  });

  it.each([
    ['no YAML', ': ['],
    ['no target', YAML.replace(/target: .*/, 'target: {}')],
    ['an unknown member', `${YAML}color: red\n`],
    ['no date', YAML.replace('2999-01-31', 'soon')],
  ])('refuses a file with %s', (_, text) => {
    expect(() => readCampaign(text)).toThrow('not of the form');
  });

  it('names the line of the file of snapshots that is none', async () => {
    await snapshot();
    writeFileSync(join(folder, 'leave.snapshots.jsonl'), `${JSON.stringify(lines()[0])}\n{"at":`);
    await expect(status()).rejects.toMatchObject({
      fault: { code: 'BadSnapshots', message: expect.stringContaining('Line 2') },
    });
  });
});
