import { closeSync, ftruncateSync, mkdirSync, openSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { DeletionGate } from '#shared/model/deletion-gate.ts';
import { encrypted } from '../../bridge/engine/engine.test-help.ts';
import { tarOf, zipOf } from '../../core/intake/archives/build.test-help.ts';
import { startPracticeKms } from '../../practice-kms/index.ts';
import { counts, gateSetUp, json, KEY, OTHER, PGP, sops } from './gate.test-help.ts';

const set = gateSetUp();
const { put, git, commit, repository, gate } = set;

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
      const file = openSync(join(set.tree, 'large.bin'), 'w');
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
      symlinkSync('/etc', join(set.tree, 'link'));
    },
    verdict: 'unanswered',
    says: 'links, not followed',
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
      const from = set.tree;
      set.tree = join(set.top, 'clone');
      mkdirSync(set.tree);
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
    verdict: 'needed',
    counts: { history: 1 },
    says: '1 archive in history opened',
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
    const answer = await gate([KEY], [set.tree, join(set.top, 'gone')]);
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
    const both = await set.host.audit.deletionGates({ keys: [KEY, OTHER], nameless: [] });
    expect(both.keys.map(({ impact }) => impact.lost)).toEqual([1, 1]);
    expect(both.verdict).toBe('needed');
  });

  it('does not pass a key that would be deleted and that nothing names', async () => {
    put('a.json', json(2, OTHER));
    expect((await gate([], [set.tree], ['aws_kms_key.app'])).verdict).toBe('unanswered');
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
    await set.page.connection.use({ kind: 'practice' });
    const practice = await startPracticeKms({ stateDir: join(set.top, 'home', 'practice') });
    for (const [name, [key, context]] of Object.entries(files))
      put(name, (await encrypted(practice, key, name, context)).toString('base64'));
    await practice.close();
  }

  it('identifies key groups by dry runs, one for each group and candidate', async () => {
    await made({ 'a.txt': ['alias/payments'], 'b.txt': ['alias/payments'] });
    const answer = await gate(['alias/legacy']);
    expect(answer).toMatchObject({ verdict: 'safe', needs: [], unanswered: [] });
    // The key in question first, then no more of the account's keys than it takes.
    const records = await set.page.history.list({ offset: 0, limit: 100 });
    const searches = records.records.filter(({ kind }) => kind === 'key-search');
    expect(searches).toHaveLength(1);
    expect(searches[0]?.detail).toMatch(/^[^;]+ other-key;.* opens$/);
    expect(searches[0]?.detail.split(';')).toHaveLength(answer.dryRuns);
    expect((await set.host.audit.deletionGates({ keys: ['alias/payments'], nameless: [] })).verdict).toBe(
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
    expect((await set.host.audit.deletionGates({ keys: ['alias/legacy'], nameless: [] })).verdict).toBe(
      'safe',
    );
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
    rmSync(join(set.tree, 'a.json'));
    await set.page.intake.clear({ sourceIds: null });
    put('b.json', json(2, OTHER));
    const gone = 'arn:aws:kms:us-east-1:111122223333:key/99999999-1111-4111-8111-111111111111';
    expect((await gate([gone])).unanswered.join()).toContain('KMS knows no key');
  });

  it('asks of each RSA blob whether the key in question opens it, by a dry run for each algorithm', async () => {
    await set.page.connection.use({ kind: 'practice' });
    const practice = await startPracticeKms({ stateDir: join(set.top, 'home', 'practice') });
    const rsa = async (alias: string) => {
      const { KeyMetadata } = await practice.call('CreateKey', {
        KeySpec: 'RSA_2048',
        KeyUsage: 'ENCRYPT_DECRYPT',
      });
      const { KeyId } = KeyMetadata as { KeyId: string };
      await practice.call('CreateAlias', { AliasName: alias, TargetKeyId: KeyId });
    };
    await rsa('alias/one');
    await rsa('alias/two');
    const under = async (KeyId: string, EncryptionAlgorithm: string) => {
      const { CiphertextBlob } = await practice.call('Encrypt', {
        KeyId,
        EncryptionAlgorithm,
        Plaintext: Buffer.from('secret').toString('base64'),
      });
      return Buffer.from(String(CiphertextBlob), 'base64');
    };
    git('init', '-q', '-b', 'main');
    const first = await under('alias/one', 'RSAES_OAEP_SHA_256');
    put('a.bin', first);
    put('copy.bin', first);
    put('b.bin', await under('alias/one', 'RSAES_OAEP_SHA_1'));
    put('old.bin', await under('alias/two', 'RSAES_OAEP_SHA_1'));
    commit();
    git('rm', '-q', 'old.bin');
    commit();
    await practice.close();
    // Two in files, each once, and one in history.
    const two = await gate(['alias/two']);
    expect({ verdict: two.verdict, dryRuns: two.dryRuns, ...counts(two) }).toEqual({
      verdict: 'needed',
      dryRuns: 5,
      history: 1,
    });
    const one = await set.host.audit.deletionGates({ keys: ['alias/one'], nameless: [] });
    expect({ verdict: one.verdict, ...counts(one) }).toEqual({ verdict: 'needed', lost: 3 });
    // A key of another size cannot have made them, and is not asked.
    const other = await set.host.audit.deletionGates({ keys: ['alias/partner-rsa'], nameless: [] });
    expect({ verdict: other.verdict, dryRuns: other.dryRuns }).toEqual({ verdict: 'safe', dryRuns: 0 });
    const { records } = await set.page.history.list({ offset: 0, limit: 100 });
    expect(records.filter(({ kind }) => kind === 'key-search')).toHaveLength(6);
  });

  it('does not pass a key that KMS did not describe, though no blob names it', async () => {
    await made({ 'a.txt': ['alias/payments'] });
    put('b.json', json(2, OTHER));
    const answer = await gate(['alias/paymentss']);
    expect(answer.verdict).toBe('unanswered');
    expect(answer.unanswered.join()).toContain('KMS did not describe alias/paymentss');
  });
});
