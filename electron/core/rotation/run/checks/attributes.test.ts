import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Carried } from '../../../intake/index.ts';
import { FakeKms, KEY, madeUpBlob, OLD_KEY } from '../../testing/fake-kms.ts';
import { base64, RunHarness } from '../../testing/run-harness.ts';
import type { RunFile } from '../../types.ts';
import { type AttributeReaders, Attributes } from './attributes.ts';

const DESTINATION = {
  destination: { keyId: KEY, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'same' } },
} as const;
const OWNER = '0'.repeat(24);

describe('a file in which a run finds what a new file cannot have', () => {
  let harness: RunHarness;
  let kms: FakeKms;
  beforeEach(async () => {
    harness = await RunHarness.make();
    kms = new FakeKms();
    await harness.add('a.txt', `${base64(madeUpBlob(OLD_KEY))}\n`);
  });
  afterEach(() => harness.remove());

  /** The fault of its one blob, after a dry and after a real run; nothing was sent and nothing written. */
  const faults = async (dryRuns = [true, false]): Promise<unknown[]> => {
    const before = await harness.snapshot();
    const codes: unknown[] = [];
    for (const dryRun of dryRuns) {
      const run = await harness.start(kms, { ...DESTINATION, dryRun });
      await run.done;
      codes.push(run.items()[0]?.fault?.code);
    }
    expect(await harness.snapshot()).toBe(before);
    expect(kms.asked).toEqual([]);
    return codes;
  };

  test.skipIf(process.platform === 'win32')('special bits', async () => {
    chmodSync(harness.path('a.txt'), 0o4755);
    expect(await faults()).toEqual(['SpecialRights', 'SpecialRights']);
  });

  const root = process.platform === 'linux' && process.geteuid?.() === 0;
  const tools = ['setfattr', 'tar'].every((tool) => spawnSync(tool, ['--version']).status === 0);
  test.skipIf(!root || !tools)('capabilities, and a label that new files do not get (as root)', async () => {
    const set = (name: string, value: string): void => {
      execFileSync('setfattr', ['-n', name, '-v', value, harness.path('a.txt')]);
    };
    set('security.selinux', 'system_u:object_r:etc_t:s0');
    expect(await faults([false])).toEqual(['LabelNotKept']);
    expect(readdirSync(harness.folder)).toEqual(['a.txt']);
    set('security.capability', '0x0100000200040000000000000000000000000000');
    expect(await faults()).toEqual(['SpecialRights', 'SpecialRights']);
  });
});

describe('labels', () => {
  const file = (path: string, index: number): RunFile => ({
    index,
    path,
    bytes: null,
    display: path,
    relative: path,
    sha256: '',
    blobs: [],
  });
  const among = (files: readonly RunFile[]) => (from: number, end: number) =>
    files.flatMap(({ path, index }) => (path !== null && index >= from && index < end ? [path] : []));
  const readers = (labels: Record<string, string | null>, ofNew: Record<string, string | null>) => {
    const asked: string[][] = [];
    const carried = (label: string | null): Carried => ({ attributes: false, capabilities: false, label });
    const all: AttributeReaders = {
      carriedBy: async (paths) => new Map(paths.map((path) => [path, carried(labels[path] ?? null)])),
      labelsOfNewFiles: async (folders) => {
        asked.push([...folders]);
        return new Map(Object.entries(ofNew));
      },
    };
    return { all, asked };
  };

  test('a file with the label of new files is replaced, any other left, also one with none', async () => {
    const { all, asked } = readers(
      {
        '/a/same': 'u:r:a_t:s0',
        '/a/other': 'u:r:b_t:s0',
        '/b/new': 'u:r:a_t:s0',
        '/c/closed': 'u:r:a_t:s0',
      },
      { '/a': 'u:r:a_t:s0', '/b': null },
    );
    const files = ['/a/same', '/a/other', '/b/new', '/c/closed', '/d/none'].map(file);
    const attributes = new Attributes(among(files), OWNER, all);
    const codes = await Promise.all(files.map(async (one) => (await attributes.refusal(one, false))?.code));
    expect(codes).toEqual([undefined, 'LabelNotKept', 'LabelNotKept', undefined, undefined]);
    // Each folder once, and none where no file has a label.
    expect(asked).toEqual([['/a', '/b', '/c']]);
    expect((await attributes.refusal(file('/a/other', 1), false))?.detail).toContain('u:r:b_t:s0');
  });

  test('a dry run makes no file to ask', async () => {
    const { all, asked } = readers({ '/a/other': 'u:r:b_t:s0' }, { '/a': 'u:r:a_t:s0' });
    const files = ['/a/other'].map(file);
    expect(await new Attributes(among(files), OWNER, all).refusal(file('/a/other', 0), true)).toBeNull();
    expect(asked).toEqual([]);
  });
});
