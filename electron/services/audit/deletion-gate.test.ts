import { execFileSync } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DeletionGate } from '#shared/model/deletion-gate.ts';
import { encrypted, engineAt } from '../../bridge/engine/engine.test-help.ts';
import type { Engine } from '../../bridge/index.ts';
import { assemble } from '../../core/inspect/assemble.test-help.ts';
import { tarOf, zipOf } from '../../core/intake/archives/build.test-help.ts';
import { type Client, client } from '../../hosts/cli/client.ts';
import { startPracticeKms } from '../../practice-kms/index.ts';

const arn = (n: number): string =>
  `arn:aws:kms:us-east-1:111122223333:key/${String(n).repeat(8)}-1111-4111-8111-111111111111`;
const KEY = arn(1);
const OTHER = arn(2);

/** A blob of a key material, in base64; those of another `nonce` are another blob. */
const blobs = new Map<string, string>();
function blob(material: number, nonce = 0): string {
  const at = `${material} ${nonce}`;
  const known =
    blobs.get(at) ??
    Buffer.from(assemble({ layout: 'v2', fingerprint: Buffer.alloc(32, material) })).toString('base64');
  blobs.set(at, known);
  return known;
}
const json = (material: number, key: string | null, nonce = 0): string =>
  JSON.stringify({ CiphertextBlob: blob(material, nonce), ...(key === null ? {} : { KeyId: key }) });
const sops = (entries: readonly (readonly [number, string])[], more = ''): string =>
  [
    'secret: ENC[AES256_GCM,data:AAAA,iv:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=,tag:AAAAAAAAAAAAAAAAAAAAAA==,type:str]',
    'sops:',
    '    kms:',
    ...entries.flatMap(([material, key]) => [
      `        - arn: ${key}`,
      "          created_at: '2024-01-01T00:00:00Z'",
      `          enc: ${blob(material)}`,
      '          aws_profile: ""',
    ]),
    more,
    "    lastmodified: '2024-01-01T00:00:00Z'",
    '    mac: ENC[AES256_GCM,data:AAAA,iv:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=,tag:AAAAAAAAAAAAAAAAAAAAAA==,type:str]',
    '    version: 3.9.0',
    '',
  ].join('\n');
const PGP = `    pgp:
        - created_at: '2024-01-01T00:00:00Z'
          enc: |
            -----BEGIN PGP MESSAGE-----

            hQEMA
            -----END PGP MESSAGE-----
          fp: ABCDEF0123456789ABCDEF0123456789ABCDEF01`;

let top = '';
let tree = '';
let engine: Engine;
let page: Client['page'];
let host: Client['host'];

const put = (name: string, content: string | Uint8Array): void => {
  mkdirSync(join(tree, name, '..'), { recursive: true });
  writeFileSync(join(tree, name), content);
};
const git = (...args: string[]): void => {
  execFileSync('git', ['-c', 'protocol.file.allow=always', '-C', tree, ...args], {
    env: {
      ...process.env,
      GIT_CONFIG_GLOBAL: devNull,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_AUTHOR_NAME: 'n',
      GIT_AUTHOR_EMAIL: 'e',
      GIT_COMMITTER_NAME: 'n',
      GIT_COMMITTER_EMAIL: 'e',
    },
    stdio: 'ignore',
  });
};
const commit = (): void => {
  git('add', '-A');
  git('commit', '-q', '-m', 'one');
};
/** A repository with a file under another key, committed. */
const repository = (): void => {
  git('init', '-q', '-b', 'main');
  put('other.json', json(2, OTHER));
  commit();
};

beforeEach(async () => {
  top = mkdtempSync(join(tmpdir(), 'rewrap-gate-'));
  tree = join(top, 'tree');
  mkdirSync(tree);
  engine = engineAt(join(top, 'home'));
  ({ page, host } = client(engine));
});
afterEach(async () => {
  await engine.close();
  rmSync(top, { recursive: true, force: true });
});

async function gate(keys = [KEY], paths = [tree], nameless: string[] = []): Promise<DeletionGate> {
  await host.intake.addPaths({ paths, origin: 'path' });
  return host.audit.deletionGates({ keys, nameless });
}

/** What the answer says of the first key, without what is none. */
function counts({ keys: [first] }: DeletionGate): Record<string, number> {
  if (first === undefined) return {};
  const { impact, inArchives, history } = first;
  const { lost, otherWay, maybeOtherWay, possible, viaAlias, contradicted, damaged } = impact;
  const all = {
    lost,
    otherWay,
    maybeOtherWay,
    possible,
    viaAlias,
    contradicted,
    damaged,
    references: impact.references.length,
    inArchives,
    history: history.under,
    held: history.held,
    historyPossible: history.possible,
  };
  return Object.fromEntries(Object.entries(all).filter(([, n]) => n > 0));
}

interface Variant {
  readonly name: string;
  readonly make: () => void;
  readonly verdict: DeletionGate['verdict'];
  readonly counts?: Record<string, number>;
  /** In the sentences that say why, or in the coverage. */
  readonly says?: string;
}

const VARIANTS: readonly Variant[] = [
  { name: 'an empty folder', make: () => {}, verdict: 'unanswered', says: 'No file was read.' },
  {
    name: 'a file under another key',
    make: () => put('a.json', json(2, OTHER)),
    verdict: 'safe',
    says: '1 file read: 1 with blobs',
  },
  {
    name: 'a file under the key',
    make: () => put('a.json', json(1, KEY)),
    verdict: 'needed',
    counts: { lost: 1 },
  },
  {
    name: 'a blob that nothing names',
    make: () => put('a.json', json(3, null)),
    verdict: 'unanswered',
    counts: { possible: 1 },
    says: 'KMS was not asked',
  },
  {
    name: 'a blob that an alias names, asked by the ARN',
    make: () => put('a.json', json(3, 'alias/app')),
    verdict: 'unanswered',
    counts: { possible: 1 },
  },
  {
    name: 'a file too large to read',
    make: () => {
      put('a.json', json(2, OTHER));
      const file = openSync(join(tree, 'large.bin'), 'w');
      ftruncateSync(file, 65 * 1024 * 1024);
      closeSync(file);
    },
    verdict: 'unanswered',
    says: 'larger than Rewrap reads',
  },
  {
    name: 'a symbolic link',
    make: () => {
      put('a.json', json(2, OTHER));
      symlinkSync('/etc', join(tree, 'link'));
    },
    verdict: 'unanswered',
    says: 'symbolic links',
  },
  {
    name: 'a backup of an earlier run',
    make: () => {
      put('a.json', json(2, OTHER));
      put('a.json.rewrap-backup-20240101T000000000Z', json(1, KEY));
    },
    verdict: 'unanswered',
    says: 'backups that Rewrap made',
  },
  {
    name: 'a blob on another branch',
    make: () => {
      repository();
      git('checkout', '-q', '-b', 'feature');
      put('secret.json', json(1, KEY));
      commit();
      git('checkout', '-q', 'main');
    },
    verdict: 'needed',
    counts: { history: 1, held: 1 },
  },
  {
    name: 'a blob that a tag alone holds',
    make: () => {
      repository();
      git('checkout', '-q', '--detach');
      put('secret.json', json(1, KEY));
      commit();
      git('tag', 'v1');
      git('checkout', '-q', 'main');
    },
    verdict: 'needed',
    counts: { history: 1, held: 1 },
  },
  {
    name: 'a blob that was deleted in a later commit',
    make: () => {
      repository();
      put('secret.json', json(1, KEY));
      commit();
      git('rm', '-q', 'secret.json');
      git('commit', '-q', '-m', 'gone');
    },
    verdict: 'needed',
    counts: { history: 1 },
  },
  {
    name: 'a blob that a stash holds',
    make: () => {
      repository();
      put('other.json', json(1, KEY));
      git('stash', '-q');
    },
    verdict: 'needed',
    counts: { history: 1, held: 1 },
  },
  {
    name: 'history under other keys alone',
    make: () => {
      repository();
      put('other.json', json(4, OTHER));
      commit();
    },
    verdict: 'safe',
    says: 'Git history of 1 repository read: 2 commits, 2 file contents.',
  },
  {
    name: 'a blob in history that shares key material with a named one in a file',
    make: () => {
      repository();
      put('secret.json', json(2, null, 1));
      commit();
      git('rm', '-q', 'secret.json');
      git('commit', '-q', '-m', 'gone');
    },
    verdict: 'safe',
  },
  {
    name: 'a label in history that names the key of a blob in a file',
    make: () => {
      repository();
      put('secret.json', json(1, KEY, 1));
      commit();
      put('secret.json', json(1, null));
      commit();
    },
    verdict: 'needed',
    counts: { lost: 1, history: 1 },
  },
  {
    name: 'a shallow clone',
    make: () => {
      repository();
      put('other.json', json(4, OTHER));
      commit();
      const from = tree;
      tree = join(top, 'clone');
      mkdirSync(tree);
      git('clone', '-q', '--depth', '1', `file://${from}`, '.');
    },
    verdict: 'unanswered',
    says: 'shallow clone',
  },
  {
    name: 'an archive in history',
    make: () => {
      repository();
      put('old.zip', zipOf([{ name: 'a.json', content: json(1, KEY) }]));
      commit();
      git('rm', '-q', 'old.zip');
      git('commit', '-q', '-m', 'gone');
    },
    verdict: 'unanswered',
    says: '1 archive in history not opened',
  },
  {
    name: 'a blob in a tar.gz',
    make: () => put('b.tgz', gzipSync(tarOf([{ name: 'app/a.json', content: json(1, KEY) }]))),
    verdict: 'needed',
    counts: { lost: 1, inArchives: 1 },
  },
  {
    name: 'a blob in a zip in a zip',
    make: () =>
      put('b.zip', zipOf([{ name: 'in.zip', content: zipOf([{ name: 'a.json', content: json(1, KEY) }]) }])),
    verdict: 'needed',
    counts: { lost: 1, inArchives: 1 },
  },
  {
    name: 'a SOPS file that also opens with PGP',
    make: () => put('a.yaml', sops([[1, KEY]], PGP)),
    verdict: 'needed',
    counts: { otherWay: 1 },
  },
  {
    name: 'a SOPS file in a ConfigMap',
    make: () =>
      put(
        'map.yaml',
        `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  app.enc.yaml: |\n${sops([[1, KEY]])
          .split('\n')
          .map((line) => `    ${line}`)
          .join('\n')}\n`,
      ),
    verdict: 'needed',
    counts: { lost: 1 },
  },
  {
    name: 'a creation rule of SOPS that goes on using the key',
    make: () => {
      put('a.json', json(2, OTHER));
      put('.sops.yaml', `creation_rules:\n  - kms: ${KEY}\n`);
    },
    verdict: 'needed',
    counts: { references: 1 },
  },
];

describe('the deletion gate', () => {
  it.each(VARIANTS)('$name: $verdict', async ({ make, verdict, counts: expected = {}, says }) => {
    make();
    const answer = await gate();
    expect({ verdict: answer.verdict, ...counts(answer) }, JSON.stringify(answer, null, 1)).toEqual({
      verdict,
      ...expected,
    });
    if (says !== undefined)
      expect([...answer.needs, ...answer.unanswered, ...answer.coverage].join('\n')).toContain(says);
    // It always ends with what was looked at.
    expect(answer.coverage.length).toBeGreaterThan(2);
  });

  it('does not pass a path that is not there', async () => {
    put('a.json', json(2, OTHER));
    const answer = await gate([KEY], [tree, join(top, 'gone')]);
    expect(answer.verdict).toBe('unanswered');
    expect(answer.unanswered.join()).toContain('do not exist');
  });

  it('counts what opens with a key that goes, too, as lost', async () => {
    put(
      'a.yaml',
      sops([
        [1, KEY],
        [2, OTHER],
      ]),
    );
    expect(counts(await gate([KEY]))).toEqual({ otherWay: 1 });
    const both = await host.audit.deletionGates({ keys: [KEY, OTHER], nameless: [] });
    expect(both.keys.map(({ impact }) => impact.lost)).toEqual([1, 1]);
    expect(both.verdict).toBe('needed');
  });

  it('does not pass a key that would be deleted and that nothing names', async () => {
    put('a.json', json(2, OTHER));
    expect((await gate([], [tree], ['aws_kms_key.app'])).verdict).toBe('unanswered');
  });

  it('passes where no key would be deleted', async () => {
    put('a.json', json(2, OTHER));
    expect((await gate([])).verdict).toBe('safe');
  });
});

describe('the deletion gate with a connection', () => {
  /** Blobs that the practice KMS made, as files without a label. */
  async function made(files: Record<string, readonly [string, Record<string, string>?]>): Promise<void> {
    // It makes its sample keys when it is used first.
    await page.connection.use({ kind: 'practice' });
    const practice = await startPracticeKms({ stateDir: join(top, 'home', 'practice') });
    for (const [name, [key, context]] of Object.entries(files))
      put(name, (await encrypted(practice, key, name, context)).toString('base64'));
    await practice.close();
  }

  it('identifies key groups by dry runs, one for each group and candidate', async () => {
    await made({ 'a.txt': ['alias/payments'], 'b.txt': ['alias/payments'] });
    const answer = await gate(['alias/legacy']);
    expect(answer).toMatchObject({ verdict: 'safe', needs: [], unanswered: [] });
    // The key in question first, then no more of the account's keys than it takes.
    const records = await page.history.list({ offset: 0, limit: 100 });
    const searches = records.records.filter(({ kind }) => kind === 'key-search');
    expect(searches).toHaveLength(1);
    expect(searches[0]?.detail).toMatch(/^[^;]+ other-key;.* opens$/);
    expect(searches[0]?.detail.split(';')).toHaveLength(answer.dryRuns);
    expect((await host.audit.deletionGates({ keys: ['alias/payments'], nameless: [] })).verdict).toBe(
      'needed',
    );
  });

  it('identifies what stands in history alone', async () => {
    git('init', '-q', '-b', 'main');
    await made({ 'a.txt': ['alias/payments'] });
    commit();
    git('rm', '-q', 'a.txt');
    put('other.json', json(2, OTHER));
    commit();
    const answer = await gate(['alias/payments']);
    expect({ verdict: answer.verdict, ...counts(answer) }).toEqual({ verdict: 'needed', history: 1 });
    expect((await host.audit.deletionGates({ keys: ['alias/legacy'], nameless: [] })).verdict).toBe('safe');
  });

  it('takes a key that KMS does not call wrong for needed, where the context alone does not fit', async () => {
    await made({ 'a.txt': ['alias/payments', { tenant: 'a' }] });
    const answer = await gate(['alias/payments']);
    expect(answer.verdict).toBe('needed');
    expect(answer.needs.join()).toContain('most likely under it');
  });

  it('does not pass what no key of the connection opens, nor a key that KMS does not know', async () => {
    await made({});
    put('a.json', json(3, null));
    const answer = await gate(['alias/payments']);
    expect(answer).toMatchObject({ verdict: 'unanswered', needs: [] });
    expect(answer.unanswered.join()).toContain('not identified');
    rmSync(join(tree, 'a.json'));
    await page.intake.clear({ sourceIds: null });
    put('b.json', json(2, OTHER));
    const gone = 'arn:aws:kms:us-east-1:111122223333:key/99999999-1111-4111-8111-111111111111';
    expect((await gate([gone])).unanswered.join()).toContain('KMS knows no key');
  });
});
