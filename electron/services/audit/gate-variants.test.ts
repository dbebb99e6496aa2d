import {
  chmodSync,
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { DeletionGate } from '#shared/model/deletion-gate.ts';
import { tarOf, zipOf } from '../../core/intake/archives/build.test-help.ts';
import { arn, blob, counts, gateSetUp, json, KEY, OTHER, PGP, sops } from './gate.test-help.ts';

const set = gateSetUp();
const { put, git, commit, repository, gate } = set;
const root = process.getuid?.() === 0;

const gone = (...names: string[]): void => {
  git('rm', '-q', ...names);
  git('commit', '-q', '-m', 'gone');
};
const sparse = (name: string, size: number): void => {
  const file = openSync(join(set.tree, name), 'w');
  ftruncateSync(file, size);
  closeSync(file);
};
/** A second repository beside the tree, with a file of `content`. */
const another = (content: string): string => {
  const tree = set.tree;
  set.tree = join(set.top, 'lib');
  mkdirSync(set.tree);
  git('init', '-q', '-b', 'main');
  put('lib.json', content);
  commit();
  set.tree = tree;
  return join(set.top, 'lib');
};
const POINTER =
  'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n';
const MULTI = 'arn:aws:kms:us-east-1:111122223333:key/mrk-11111111111141118111111111111111';
const REPLICA = MULTI.replace('us-east-1', 'eu-west-1');
const upper = (name: string): string => name.replace(/key\/.*/, (id) => `key/${id.slice(4).toUpperCase()}`);
const ID = KEY.slice(KEY.lastIndexOf('/') + 1);

interface Variant {
  readonly name: string;
  readonly make: () => void;
  readonly verdict: DeletionGate['verdict'];
  readonly counts?: Record<string, number>;
  /** In the sentences that say why, or in the coverage. */
  readonly says?: string;
  readonly keys?: readonly string[];
  readonly paths?: () => readonly string[];
  readonly skip?: boolean;
}

const VARIANTS: readonly Variant[] = [
  {
    name: 'a submodule that is not checked out',
    make: () => {
      const lib = another(json(1, KEY));
      repository();
      git('submodule', 'add', '-q', lib, 'sub');
      commit();
      git('submodule', 'deinit', '-q', '-f', 'sub');
    },
    verdict: 'unanswered',
    says: 'The submodule sub is not checked out here',
  },
  {
    name: 'a submodule that is checked out, with a blob under the key',
    make: () => {
      const lib = another(json(1, KEY));
      repository();
      git('submodule', 'add', '-q', lib, 'sub');
      commit();
    },
    verdict: 'needed',
    counts: { lost: 1 },
  },
  {
    name: 'a submodule that is checked out, under another key',
    make: () => {
      const lib = another(json(2, OTHER));
      repository();
      git('submodule', 'add', '-q', lib, 'sub');
      commit();
    },
    verdict: 'safe',
    says: 'Git history of 2 repositories',
  },
  {
    name: 'a submodule that an earlier commit had',
    make: () => {
      const lib = another(json(1, KEY));
      repository();
      git('submodule', 'add', '-q', lib, 'sub');
      commit();
      gone('sub', '.gitmodules');
    },
    verdict: 'unanswered',
    says: 'The submodule sub is not checked out here',
  },
  {
    name: 'a repository inside that was added without .gitmodules, and is gone',
    make: () => {
      repository();
      const here = set.tree;
      set.tree = join(here, 'inner');
      mkdirSync(set.tree);
      repository();
      set.tree = here;
      commit();
      rmSync(join(here, 'inner'), { recursive: true });
    },
    verdict: 'unanswered',
    says: 'The submodule inner is not checked out here',
  },
  {
    name: 'a blob in the notes of a commit',
    make: () => {
      repository();
      git('notes', 'add', '-m', json(1, KEY));
    },
    verdict: 'needed',
    counts: { history: 1, held: 1 },
  },
  {
    name: 'a blob that is staged, and not in the tree',
    make: () => {
      repository();
      put('new.json', json(1, KEY));
      git('add', 'new.json');
      rmSync(join(set.tree, 'new.json'));
    },
    verdict: 'needed',
    counts: { history: 1 },
  },
  {
    name: 'a blob of a branch that was deleted and is still in the objects',
    make: () => {
      repository();
      git('checkout', '-q', '-b', 'feature');
      put('secret.json', json(1, KEY));
      commit();
      git('checkout', '-q', 'main');
      git('branch', '-q', '-D', 'feature');
    },
    verdict: 'needed',
    counts: { history: 1 },
  },
  {
    name: 'an annotated tag, with packed refs and objects',
    make: () => {
      repository();
      git('checkout', '-q', '--detach');
      put('secret.json', json(1, KEY));
      commit();
      git('tag', '-a', '-m', 'm', 'v1');
      git('checkout', '-q', 'main');
      git('gc', '-q');
    },
    verdict: 'needed',
    counts: { history: 1, held: 1 },
  },
  {
    name: 'a tar.gz in history',
    make: () => {
      repository();
      put('old.tgz', gzipSync(tarOf([{ name: 'app/a.json', content: json(1, KEY) }])));
      commit();
      gone('old.tgz');
    },
    verdict: 'needed',
    counts: { history: 1 },
  },
  {
    name: 'a zip in a zip in history',
    make: () => {
      repository();
      put(
        'old.zip',
        zipOf([{ name: 'in.zip', content: zipOf([{ name: 'a.json', content: json(1, KEY) }]) }]),
      );
      commit();
      gone('old.zip');
    },
    verdict: 'needed',
    counts: { history: 1 },
  },
  {
    name: 'an archive in history under another key',
    make: () => {
      repository();
      put('old.zip', zipOf([{ name: 'a.json', content: json(2, OTHER, 1) }]));
      commit();
      gone('old.zip');
    },
    verdict: 'safe',
    says: '1 archive in history opened',
  },
  {
    name: 'an archive in history that is cut off',
    make: () => {
      repository();
      const whole = gzipSync(tarOf([{ name: 'a.json', content: json(2, OTHER) }]));
      put('old.tgz', whole.subarray(0, whole.length - 20));
      commit();
      gone('old.tgz');
    },
    verdict: 'unanswered',
    says: 'not read whole',
  },
  {
    name: 'an archive in history in a format that is not opened',
    make: () => {
      repository();
      put('old.7z', Buffer.concat([Buffer.from('377abcaf271c0004', 'hex'), Buffer.alloc(64, 7)]));
      commit();
      gone('old.7z');
    },
    verdict: 'unanswered',
    says: 'not read whole',
  },
  {
    name: 'an archive that is cut off',
    make: () => {
      put('a.json', json(2, OTHER));
      const whole = gzipSync(tarOf([{ name: 'b.json', content: json(2, OTHER) }]));
      put('b.tgz', whole.subarray(0, whole.length - 20));
    },
    verdict: 'unanswered',
    says: 'damaged or cut off',
  },
  {
    name: 'a link to a file of the same folder',
    make: () => {
      put('a.json', json(2, OTHER));
      symlinkSync('a.json', join(set.tree, 'link.json'));
    },
    verdict: 'safe',
    says: 'read where it lies',
  },
  {
    name: 'a link to a folder of the same folder',
    make: () => {
      put('sub/a.json', json(2, OTHER));
      symlinkSync('sub', join(set.tree, 'link'));
    },
    verdict: 'safe',
  },
  {
    name: 'a link to a file under the key that is read',
    make: () => {
      put('a.json', json(1, KEY));
      symlinkSync('a.json', join(set.tree, 'link.json'));
    },
    verdict: 'needed',
    counts: { lost: 1 },
  },
  {
    name: 'a broken link',
    make: () => {
      put('a.json', json(2, OTHER));
      symlinkSync('nowhere', join(set.tree, 'link'));
    },
    verdict: 'unanswered',
    says: 'links, not followed',
  },
  {
    name: 'a link to a file outside',
    make: () => {
      put('a.json', json(2, OTHER));
      writeFileSync(join(set.top, 'outside.json'), json(1, KEY));
      symlinkSync('../outside.json', join(set.tree, 'link'));
    },
    verdict: 'unanswered',
    says: 'links, not followed',
  },
  {
    name: 'a link by a link out of the folder',
    make: () => {
      put('a.json', json(2, OTHER));
      mkdirSync(join(set.top, 'out'));
      writeFileSync(join(set.top, 'out/secret.json'), json(1, KEY));
      symlinkSync('../out', join(set.tree, 'a-link'));
      symlinkSync('a-link/secret.json', join(set.tree, 'b-link'));
    },
    verdict: 'unanswered',
    says: '2 not read: links, not followed',
  },
  {
    name: 'a link to a backup, which is not read',
    make: () => {
      put('a.json', json(2, OTHER));
      put('a.json.rewrap-backup-20240101T000000000Z', json(1, KEY));
      symlinkSync('a.json.rewrap-backup-20240101T000000000Z', join(set.tree, 'link.json'));
    },
    verdict: 'unanswered',
    says: 'links, not followed',
  },
  {
    name: 'links that lead to each other',
    make: () => {
      put('a.json', json(2, OTHER));
      symlinkSync('y', join(set.tree, 'x'));
      symlinkSync('x', join(set.tree, 'y'));
    },
    verdict: 'unanswered',
    says: 'links, not followed',
  },
  {
    name: 'a pointer of LFS in history',
    make: () => {
      repository();
      put('large.bin', POINTER);
      commit();
    },
    verdict: 'unanswered',
    says: 'Git LFS',
  },
  {
    name: 'a pointer of LFS in a folder without git',
    make: () => {
      put('a.json', json(2, OTHER));
      put('large.bin', POINTER);
    },
    verdict: 'unanswered',
    says: 'pointers of Git LFS',
  },
  {
    name: 'a sparse checkout without the file',
    make: () => {
      repository();
      put('deep/secret.json', json(1, KEY));
      commit();
      git('sparse-checkout', 'set', '--no-cone', '/other.json');
    },
    verdict: 'needed',
    counts: { history: 1, held: 1 },
  },
  {
    name: 'a partial clone without its contents',
    make: () => {
      repository();
      git('config', 'uploadpack.allowFilter', 'true');
      put('secret.json', json(1, KEY));
      commit();
      gone('secret.json');
      const from = set.tree;
      set.tree = join(set.top, 'clone');
      mkdirSync(set.tree);
      git('clone', '-q', '--filter=blob:none', `file://${from}`, '.');
    },
    verdict: 'unanswered',
    says: 'partial clone',
  },
  {
    name: 'a bare repository with a blob on a branch',
    make: () => {
      repository();
      git('checkout', '-q', '-b', 'feature');
      put('secret.json', json(1, KEY));
      commit();
      const from = set.tree;
      set.tree = join(set.top, 'bare');
      mkdirSync(set.tree);
      put('a.json', json(2, OTHER));
      git('clone', '-q', '--bare', `file://${from}`, 'app.git');
    },
    verdict: 'needed',
    counts: { history: 1, held: 1 },
  },
  {
    name: 'a linked worktree of a repository beside it',
    make: () => {
      repository();
      git('checkout', '-q', '-b', 'feature');
      put('secret.json', json(1, KEY));
      commit();
      git('checkout', '-q', 'main');
      git('worktree', 'add', '-q', '--detach', join(set.top, 'wt'), 'main');
      set.tree = join(set.top, 'wt');
    },
    verdict: 'needed',
    counts: { history: 1, held: 1 },
  },
  {
    name: 'a file that may not be read',
    make: () => {
      put('a.json', json(2, OTHER));
      put('b.json', json(1, KEY));
      chmodSync(join(set.tree, 'b.json'), 0);
    },
    skip: root,
    verdict: 'unanswered',
    says: 'could not be read',
  },
  {
    name: 'a folder that may not be read',
    make: () => {
      put('a.json', json(2, OTHER));
      put('closed/b.json', json(1, KEY));
      chmodSync(join(set.tree, 'closed'), 0);
    },
    skip: root,
    verdict: 'unanswered',
    says: 'could not be read',
  },
  {
    name: 'a sparse file of a terabyte',
    make: () => {
      put('a.json', json(2, OTHER));
      sparse('disk.img', 2 ** 40);
    },
    verdict: 'unanswered',
    says: 'larger than Rewrap reads',
  },
  {
    name: 'folders in folders without a file',
    make: () => mkdirSync(join(set.tree, 'a/b/c'), { recursive: true }),
    verdict: 'unanswered',
    says: 'No file was read.',
  },
  {
    name: 'a folder that was given twice',
    make: () => put('a.json', json(1, KEY)),
    paths: () => [set.tree, set.tree, `${set.tree}/.`],
    verdict: 'needed',
    counts: { lost: 1 },
  },
  {
    name: 'a folder with one inside it, given by itself, too',
    make: () => put('sub/a.json', json(1, KEY)),
    paths: () => [join(set.tree, 'sub'), set.tree, join(set.tree, 'sub/a.json')],
    verdict: 'needed',
    counts: { lost: 1 },
  },
  {
    name: 'names that differ by case alone',
    make: () => {
      put('a.json', json(1, KEY));
      put('A.json', json(1, KEY, 1));
    },
    skip: process.platform !== 'linux',
    verdict: 'needed',
    counts: { lost: 2 },
  },
  {
    name: 'a file beside the folder that was given, in one repository',
    make: () => {
      repository();
      put('app/a.json', json(2, OTHER));
      put('elsewhere/secret.json', json(1, KEY));
      commit();
    },
    paths: () => [join(set.tree, 'app')],
    verdict: 'safe',
    says: 'Only what stood below app/ is listed.',
  },
  {
    name: 'a nested SOPS file of two key groups that both are needed',
    make: () =>
      put(
        'a.yaml',
        [
          'secret: ENC[AES256_GCM,data:AAAA,iv:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=,tag:AAAAAAAAAAAAAAAAAAAAAA==,type:str]',
          'sops:',
          '    shamir_threshold: 2',
          '    key_groups:',
          ...[
            [1, KEY],
            [2, OTHER],
          ].flatMap(([material, key]) => [
            '        - kms:',
            `            - arn: ${key}`,
            "              created_at: '2024-01-01T00:00:00Z'",
            `              enc: ${blob(Number(material))}`,
          ]),
          '    version: 3.9.0',
          '',
        ].join('\n'),
      ),
    verdict: 'needed',
    counts: { lost: 1 },
  },
  {
    name: 'a SOPS file with two keys of one group',
    make: () =>
      put(
        'a.yaml',
        sops([
          [1, KEY],
          [2, OTHER],
        ]),
      ),
    verdict: 'needed',
    counts: { otherWay: 1 },
  },
  {
    name: 'a SOPS file in a zip in the tree',
    make: () => put('b.zip', zipOf([{ name: 'a.yaml', content: sops([[1, KEY]], PGP) }])),
    verdict: 'needed',
    counts: { otherWay: 1, inArchives: 1 },
  },
  {
    name: 'the key by its id',
    make: () => put('a.json', json(1, KEY)),
    keys: [ID],
    verdict: 'needed',
    counts: { lost: 1 },
  },
  {
    name: 'the key by its id in upper case, with white space',
    make: () => put('a.json', json(1, KEY)),
    keys: [` ${ID.toUpperCase()} `],
    verdict: 'needed',
    counts: { lost: 1 },
  },
  {
    name: 'a file that has the ARN in upper case',
    make: () => put('a.json', json(1, upper(KEY))),
    verdict: 'needed',
    counts: { lost: 1 },
  },
  {
    name: 'an alias of the key, asked by the alias',
    make: () => put('a.json', json(1, 'alias/app')),
    keys: ['alias/app'],
    verdict: 'needed',
    counts: { maybeOtherWay: 1 },
  },
  {
    name: 'an alias ARN, asked by the short alias',
    make: () => put('a.json', json(1, 'arn:aws:kms:us-east-1:111122223333:alias/app')),
    keys: ['alias/app'],
    verdict: 'needed',
    counts: { maybeOtherWay: 1 },
  },
  ...[
    ['another account', KEY.replace('111122223333', '444455556666')],
    ['another Region', KEY.replace('us-east-1', 'us-west-2')],
    ['another account, in upper case', upper(KEY.replace('111122223333', '444455556666'))],
  ].map(([where, label = '']) => ({
    name: `a file that has the id of the key in ${where}: one of the ARNs is misspelt`,
    make: () => put('a.json', json(1, label)),
    verdict: 'unanswered' as const,
    says: 'a key of the same id in another account or Region',
  })),
  {
    name: 'a multi-Region key with the same id in another account',
    make: () => put('a.json', json(1, MULTI.replace('111122223333', '444455556666'))),
    keys: [MULTI],
    verdict: 'unanswered',
    says: 'a key of the same id in another account or Region',
  },
  {
    name: 'a multi-Region key by its bare id, of which files name a replica',
    make: () => put('a.json', json(1, REPLICA)),
    keys: [MULTI.slice(MULTI.lastIndexOf('/') + 1)],
    verdict: 'needed',
    counts: { maybeOtherWay: 1 },
  },
  ...[
    ['over no blob', () => put('README', 'nothing here')],
    ['over blobs that name other keys', () => put('a.json', json(2, OTHER))],
    [
      'over blobs that name an alias of another account',
      () => put('a.json', json(2, 'arn:aws:kms:us-east-1:444455556666:alias/app')),
    ],
  ].flatMap(([where, make]) =>
    [
      'alias/misspelt',
      'alias/App',
      'alias/aws/s3',
      'arn:aws:kms:us-east-1:111122223333:alias/misspelt',
      'arn:aws:kms:eu-west-1:111122223333:alias/app',
      'awskms:///arn:aws:kms:us-east-1:111122223333:alias/misspelt?region=us-east-1',
    ].map((asked) => ({
      name: `${asked}, which nothing ties to a key, ${where}`,
      make: make as () => void,
      keys: [asked],
      verdict: 'unanswered' as const,
      says: `No file says which key ${asked} names`,
    })),
  ),
  {
    name: 'an ARN with no id of a key in it',
    make: () => put('a.json', json(2, OTHER)),
    keys: ['arn:aws:kms:us-east-1:111122223333:key/app'],
    verdict: 'unanswered',
    says: 'is no key id, ARN or alias',
  },
  {
    name: 'the id of a key that no file names, in upper case',
    make: () => put('a.json', json(2, OTHER)),
    keys: ['ABCDEF12-1111-4111-8111-111111111111'],
    verdict: 'safe',
  },
  {
    name: 'a replica of a multi-region key, which only KMS lists',
    make: () => put('a.json', json(1, REPLICA)),
    keys: [MULTI],
    verdict: 'needed',
    counts: { maybeOtherWay: 1 },
  },
  {
    name: 'a misspelt name of a key',
    make: () => put('a.json', json(2, OTHER)),
    keys: ['aliass/app'],
    verdict: 'unanswered',
    says: 'is no key id, ARN or alias',
  },
  {
    name: 'a Terraform file that refers to the key',
    make: () => {
      put('a.json', json(2, OTHER));
      put('main.tf', `resource "aws_s3_bucket" "b" { kms_master_key_id = "${KEY}" }\n`);
    },
    verdict: 'needed',
    counts: { references: 1 },
  },
  {
    name: 'blobs of one key material under labels that contradict',
    make: () => {
      put('a.json', json(1, KEY));
      put('b.json', json(1, OTHER, 1));
    },
    verdict: 'needed',
  },
  {
    name: 'a blob that is cut short',
    make: () => put('a.json', JSON.stringify({ CiphertextBlob: blob(1).slice(0, 120), KeyId: KEY })),
    verdict: 'needed',
  },
  {
    name: 'an RSA-sized value that nothing names',
    make: () => {
      put('a.json', json(2, OTHER));
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => (i * 167 + 13 + ((i * i) >> 3)) & 255));
      put('b.bin', bytes);
    },
    verdict: 'unanswered',
  },
  {
    name: 'a file that was replaced by a pipe or socket of the same name',
    make: () => {
      put('a.json', json(2, OTHER));
      put('b', json(1, KEY));
      renameSync(join(set.tree, 'b'), join(set.top, 'b'));
      symlinkSync('/dev/null', join(set.tree, 'b'));
    },
    verdict: 'unanswered',
  },
  {
    name: 'an unrelated third key beside it',
    make: () => {
      put('a.json', json(2, OTHER));
      put('b.json', json(5, arn(5)));
    },
    verdict: 'safe',
    says: '2 files read: 2 with blobs',
  },
];

describe('the deletion gate, attacked', () => {
  it.each(VARIANTS.filter(({ skip }) => skip !== true))(
    '$name: $verdict',
    async ({ make, verdict, counts: expected, says, keys, paths }) => {
      make();
      const answer = await gate(keys ?? [KEY], paths?.() ?? [set.tree]);
      expect(
        { verdict: answer.verdict, ...(expected ? counts(answer) : {}) },
        JSON.stringify(answer, null, 1),
      ).toEqual({
        verdict,
        ...expected,
      });
      if (says !== undefined)
        expect([...answer.needs, ...answer.unanswered, ...answer.coverage].join('\n')).toContain(says);
      expect(answer.coverage.length).toBeGreaterThan(2);
    },
  );
});
