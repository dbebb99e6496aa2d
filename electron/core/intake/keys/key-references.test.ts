import { describe, expect, it } from 'vitest';
import { keyReferences } from './key-references.ts';

const KEY = 'arn:aws:kms:us-east-1:111122223333:key/11111111-1111-4111-8111-111111111111';
const ID = '11111111-1111-4111-8111-111111111111';
const found = (name: string, text: string) =>
  keyReferences(Buffer.from(text), name, []).map(({ line, sort, name: key }) => [line, sort, key]);
const targets = (name: string, text: string) =>
  keyReferences(Buffer.from(text), name, []).flatMap(({ name: alias, target }) =>
    target === undefined ? [] : [[alias, target]],
  );

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
    ['Pulumi.dev.yaml', `config:\n  app:kmsKey: ${KEY}\n`, [[2, 'configuration', KEY]]],
    ['main.tf', `a = 1\nkms_key_id = "${KEY}"\n`, [[2, 'terraform', KEY]]],
    ['main.tf', `data "aws_kms_key" "x" {\n  key_id = "${ID}"\n}\n`, [[2, 'terraform', ID]]],
    ['main.tf', `resource "aws_kms_alias" "x" {\n  target_key_id = "${ID}"\n}\n`, [[2, 'terraform', ID]]],
    ['terraform.tfstate', `{"type":"aws_kms_key","attributes":{"key_id":"${ID}"}}`, [[1, 'terraform', ID]]],
    ['terraform.tfstate.backup', `{"kms_key_id":"${KEY}"}`, [[1, 'terraform', KEY]]],
    ['prod.tfvars', `key_id = "${ID}"\n`, [[1, 'terraform', ID]]],
    ['lib/stack.ts', `const key = Key.fromKeyArn(this, 'k',\n  '${KEY}');\n`, [[2, 'code', KEY]]],
    ['app.py', `kms.decrypt(KeyId="${ID}")\n`, [[1, 'code', ID]]],
    ['run.sh', `aws kms encrypt --key-id alias/a # alias/b\n`, [[1, 'code', 'alias/a']]],
    ['Jenkinsfile', `sh "aws kms encrypt --key-id alias/a"\n`, [[1, 'code', 'alias/a']]],
    ['values.yaml.tpl', `kmsKey: ${KEY}\n`, [[1, 'configuration', KEY]]],
    [
      'x.json',
      '{"Resources":{"Q":{"Type":"AWS::SQS::Queue","Properties":{"KmsMasterKeyId":"alias/a"}}}}',
      [[1, 'cloudformation', 'alias/a']],
    ],
    [
      'stack.yaml',
      `Type: AWS::KMS::Key\nA: !Sub arn:aws:kms:\${AWS::Region}:\${AWS::AccountId}:key/${ID}\nB: !Sub "arn:\${P}:kms:\${R}:\${A}:alias/a"\n`,
      [
        [2, 'cloudformation', ID],
        [3, 'cloudformation', 'alias/a'],
      ],
    ],
    ['alias.yaml', `Type: AWS::KMS::Alias\nTargetKeyId: ${ID}\n`, [[2, 'cloudformation', ID]]],
    ['app.yaml', `kmsKeyId: ${ID}\n`, [[1, 'configuration', ID]]],
    ['app.yaml', `kmsKeyId:\n  ${ID}\n`, [[2, 'configuration', ID]]],
    [
      'app.json',
      `{"kmsKeys": [\n  "${ID}",\n  "alias/a"\n]}`,
      [
        [2, 'configuration', ID],
        [3, 'configuration', 'alias/a'],
      ],
    ],
    ['app.yaml', 'key: kms:alias/a\n', [[1, 'configuration', 'alias/a']]],
    [
      'app.json',
      '{"key":"arn:aws:kms:us-east-1:111122223333:alias\\/a"}',
      [[1, 'configuration', 'arn:aws:kms:us-east-1:111122223333:alias/a']],
    ],
    ['app.tf', `x = "s3://b/*"\nkms = "alias/a" /* b */\ny = "c*/"\n`, [[2, 'terraform', 'alias/a']]],
    ['app.yaml', `url: https://x/y # kms\nkms: it's //alias/no alias/a\n`, [[2, 'configuration', 'alias/a']]],
  ] as const)('are found in %s: %j', (name, text, wanted) => expect(found(name, text)).toEqual(wanted));

  it.each([
    ['a comment', 'main.tf', '# alias/a\n'],
    ['a comment at the end of a line', 'main.tf', 'a = "x" // alias/a\n'],
    ['a comment of several lines', 'main.tf', '/*\n kms_key_id = "alias/a"\n*/\n'],
    ['a comment in a source', 'stack.ts', `const a = 1; /* ${KEY} */\n// ${KEY}\n`],
    ['a comment in YAML', 'app.yaml', `a: 'b' # ${KEY}\n`],
    ['a comment in XML', 'app.xml', `<a><!-- ${KEY} --></a>`],
    ['a name that is put together', 'main.tf', `name = "alias/${'$'}{var.env}-x"\n`],
    ['a name that ends later', 'main.tf', `name = "alias/x-${'$'}{var.env}"\n`],
    ['a name that began before', 'main.tf', `name = "${'$'}{var.p}alias/x"\n`],
    ['an alias ARN that ends later', 'a.yaml', `k: arn:aws:kms:us-east-1:111122223333:alias/x-{{ env }}\n`],
    ['a sum', 'a.py', `kms_key = "alias/x-" + env\n`],
    ['an id of something else', 'app.yaml', `request: ${ID}\n`],
    ['prose', 'README.md', `Use ${KEY}.\n`],
    ['a path', 'app.yaml', 'path: some/alias/a\n'],
  ])('are not %s', (_, name, text) => expect(found(name, text)).toEqual([]));

  it.each([
    [
      'main.tf',
      `resource "aws_kms_alias" "x" {\n  name = "alias/a"\n  target_key_id = "${ID}"\n}\n`,
      [['alias/a', ID]],
    ],
    [
      'aliases.json',
      `{"Aliases":[{"AliasName":"alias/a","TargetKeyId":"${ID}"},{"AliasName":"alias/b"}]}`,
      [['alias/a', ID]],
    ],
    [
      'stack.yaml',
      `A:\n  Type: AWS::KMS::Alias\n  Properties:\n    AliasName: alias/a\n    TargetKeyId: ${ID}\n`,
      [['alias/a', ID]],
    ],
    ['app.yaml', `keys:\n- alias: alias/a\n  arn: ${KEY}\n- alias: alias/b\n  arn: x\n`, [['alias/a', KEY]]],
    ['app.yaml', `db_kms_alias: alias/a\ndb_kms_arn: ${KEY}\n`, [['alias/a', KEY]]],
    // Nothing that says that they are one key.
    ['app.yaml', `old_kms_alias: alias/a\nnew_kms_arn: ${KEY}\n`, []],
    ['app.yaml', `kms: alias/a,${KEY}\n`, []],
    ['app.yaml', `kms:\n- alias/a\n- ${KEY}\n`, []],
    ['app.json', `{"a":{"alias":"alias/a"},"b":{"arn":"${KEY}"}}`, []],
    ['app.json', `{"alias":"alias/a","arn":"${KEY}","key":"22222222-1111-4111-8111-111111111111"}`, []],
  ] as const)('tie an alias to the key beside it in %s: %j', (name, text, wanted) =>
    expect(targets(name, text)).toEqual(wanted),
  );

  type Blob = Parameters<typeof keyReferences>[2][number];
  const blobAt = (text: string, enc: string, linked: string | null): Blob => {
    const at = (part: string) => ({ start: text.indexOf(part), end: text.indexOf(part) + part.length });
    return {
      declared: { keyArn: KEY },
      range: at(enc),
      linkedValues: linked === null ? [] : [{ name: '', range: at(linked), write: () => new Uint8Array() }],
      place: 'a',
    } as unknown as Blob;
  };

  it('are not the labels of the file’s own blobs, but the key of a queue beside them', () => {
    const text = `a:\n  blob: BLOB\n  arn: ${KEY}\nqueue:\n  kmsKeyId: ${KEY}\n`;
    for (const linked of [KEY, null])
      expect(keyReferences(Buffer.from(text), 'a.yaml', [blobAt(text, 'BLOB', linked)])).toEqual([
        { line: 5, sort: 'configuration', name: KEY },
      ]);
  });

  it('keep every name, however often one is written', () => {
    const text = `${`kms: ${KEY}\n`.repeat(5000)}last: alias/a\n`;
    const names = found('a.yaml', text).map(([, , name]) => name);
    expect(names).toContain('alias/a');
    expect(names.length).toBeLessThan(1000);
  });
});
