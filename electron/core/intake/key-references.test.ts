import { describe, expect, it } from 'vitest';
import { keyReferences } from './key-references.ts';

const KEY = 'arn:aws:kms:us-east-1:111122223333:key/11111111-1111-4111-8111-111111111111';
const found = (name: string, text: string) =>
  keyReferences(Buffer.from(text), name, []).map(({ line, sort, name: key }) => [line, sort, key]);

describe('references to keys', () => {
  it.each([
    [
      '.sops.yaml',
      `creation_rules:\n  - kms: ${KEY},alias/b\n`,
      [
        [2, 'sops-rule', KEY],
        [2, 'sops-rule', 'alias/b'],
      ],
    ],
    [
      'Pulumi.prod.yaml',
      'secretsprovider: awskms://alias/a?region=us-east-1\n',
      [[1, 'pulumi-provider', 'awskms://alias/a?region=us-east-1']],
    ],
    ['main.tf', `a = 1\nkms_key_id = "${KEY}"\n`, [[2, 'terraform', KEY]]],
    [
      'x.json',
      '{"Resources":{"Q":{"Type":"AWS::SQS::Queue","Properties":{"KmsMasterKeyId":"alias/a"}}}}',
      [[1, 'cloudformation', 'alias/a']],
    ],
    [
      'app.yaml',
      'kmsKeyId: 11111111-1111-4111-8111-111111111111\n',
      [[1, 'configuration', '11111111-1111-4111-8111-111111111111']],
    ],
  ] as const)('are found in %s', (name, text, wanted) => expect(found(name, text)).toEqual(wanted));

  it.each([
    ['a comment', 'main.tf', '# alias/a\n'],
    ['a name that is put together', 'main.tf', `name = "alias/${'$'}{var.env}-x"\n`],
    ['an id of something else', 'app.yaml', 'kms: off\nrequest: 11111111-1111-4111-8111-111111111111\n'],
    ['prose', 'README.md', `Use ${KEY}.\n`],
    ['a path', 'app.yaml', 'path: some/alias/a\n'],
  ])('are not %s', (_, name, text) => expect(found(name, text)).toEqual([]));

  it('are not the labels of the file’s own blobs', () => {
    const blob = { declared: { keyArn: KEY } } as Parameters<typeof keyReferences>[2][number];
    expect(keyReferences(Buffer.from(`KeyId: ${KEY}\n`), 'a.yaml', [blob])).toEqual([]);
  });
});
