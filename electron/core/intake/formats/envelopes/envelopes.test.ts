import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BlobContainer } from '#shared/model/blob.ts';
import type { EncryptionContext } from '#shared/model/context.ts';
import { manyRuns } from '../../../../../tools/many-runs.ts';
import { assemble } from '../../../inspect/assemble.test-help.ts';
import { rewrite, scan } from '../../index.ts';
import { BINARY } from '../../text/encoding.ts';
import { at, base64, harm, json, NEW, nextBlob, OLD, OLD_AT, roundTrip, text } from './envelope.test-help.ts';
import { bson, lengthPrefixed, proto, sdkMessageFile } from './files.test-help.ts';

interface Case {
  readonly name: string;
  readonly container: BlobContainer;
  readonly place: string;
  readonly build: (blob: Uint8Array) => Uint8Array;
  readonly context: EncryptionContext | null;
  /** Context of the new blob, where the file holds it. */
  readonly newContext?: EncryptionContext;
  /** What the file says the key is, before and after. */
  readonly keys?: readonly [string | null, string | null];
  readonly file?: string;
}

const seconds = Date.parse(OLD_AT);
const matdesc = { kms_cmk_id: OLD, möre: 'a/b' };
const cek = { 'aws:x-amz-cek-alg': 'AES/GCM/NoPadding', tenant: '7' };
const keyVault = (material: unknown, date: unknown) => ({
  _id: { $binary: { base64: base64(randomBytes(16)), subType: '04' } },
  keyAltNames: ['orders'],
  keyMaterial: material,
  creationDate: { $date: '2020-01-01T00:00:00Z' },
  updateDate: date,
  status: { $numberInt: '0' },
  masterKey: {
    provider: 'aws',
    region: 'eu-central-1',
    key: OLD,
    endpoint: 'kms.eu-central-1.amazonaws.com',
  },
});
const material = (blob: Uint8Array) => ({ $binary: { base64: base64(blob), subType: '00' } });
const vaultBlob = (blob: Uint8Array, ciphertextBytes = 80) =>
  proto([
    [1, randomBytes(ciphertextBytes)],
    [2, randomBytes(12)],
    [
      5,
      proto([
        [1, 1],
        [3, text(OLD)],
        [5, blob],
      ]),
    ],
  ]);
const branchItem = (blob: Uint8Array, version = '1') => ({
  'branch-key-id': { S: 'bbb9baf1-03e6-4716-a586-6bf29995314b' },
  type: { S: 'branch:ACTIVE' },
  version: { S: 'branch:version:83eec007-5659-4554-bf11-699b90f41ac6' },
  enc: { B: base64(blob) },
  'kms-arn': { S: OLD },
  'create-time': { S: '2023-06-03T19:03:29.358000Z' },
  'hierarchy-version': { N: version },
  'aws-crypto-ec:department': { S: 'admin' },
});
const description = (blob: Uint8Array, wrap = 'kms') =>
  lengthPrefixed([
    ['amzn-ddb-env-alg', 'AES/256'],
    ['amzn-ddb-env-key', base64(blob)],
    ['amzn-ddb-sig-alg', 'HmacSHA256/256'],
    ['amzn-ddb-wrap-alg', wrap],
  ]);
const credstashItem = (blob: Uint8Array) => ({
  name: { S: 'db' },
  version: { S: '0000000000000000001' },
  digest: { S: 'SHA256' },
  key: { S: base64(blob) },
  contents: { S: base64(randomBytes(20)) },
  hmac: { B: base64(randomBytes(64)) },
});

const CASES: readonly Case[] = [
  {
    name: 'Pulumi stack',
    container: 'pulumi',
    place: 'encryptedkey',
    file: 'Pulumi.prod.yaml',
    context: { app: 'a b', env: 'prod' },
    newContext: { app: 'ü&', zone: '1' },
    keys: [OLD, NEW],
    build: (blob) =>
      text(
        `# the stack\r\nsecretsprovider: awskms:///${OLD}?region=eu-central-1&awssdk=v2&context_app=a+b&context_env=prod\r\n` +
          `encryptedkey: ${base64(blob)}\r\nconfig:\r\n  aws:region: eu-central-1 # here\r\n  db:password:\r\n    secure: v1:AAAA:BBBB\r\n`,
      ),
  },
  {
    name: 'Pulumi state',
    container: 'pulumi',
    place: 'checkpoint.latest.secrets_providers.state.encryptedkey',
    context: {},
    keys: ['1234abcd-12ab-34cd-56ef-1234567890ab', NEW],
    build: (blob) =>
      json({
        version: 3,
        checkpoint: {
          stack: 'prod',
          latest: {
            secrets_providers: {
              type: 'cloud',
              state: {
                url: 'awskms://1234abcd-12ab-34cd-56ef-1234567890ab?region=eu-central-1',
                encryptedkey: base64(blob),
              },
            },
            resources: [],
          },
        },
      }),
  },
  {
    name: 'OpenTofu state',
    container: 'opentofu',
    place: 'meta["key_provider.aws_kms.main"]: ciphertext_blob',
    context: {},
    build: (blob) =>
      json(
        {
          serial: 3,
          lineage: 'd1',
          meta: {
            'key_provider.pbkdf2.other': base64(text('{"salt":"AAAA"}')),
            'key_provider.aws_kms.main': base64(text(JSON.stringify({ ciphertext_blob: base64(blob) }))),
          },
          encrypted_data: base64(randomBytes(300)),
          encryption_version: 'v0',
        },
        0,
      ),
  },
  {
    name: 'Terraform aws_kms_secrets',
    container: 'terraform-kms-secrets',
    place: 'data.aws_kms_secrets.db.secret.payload',
    file: 'main.tf',
    context: { app: 'shop', env: 'prod' },
    build: (blob) =>
      text(
        `data "aws_kms_secrets" "db" {\n  secret {\n    # generated\n    name    = "master_password"\n    payload = "${base64(blob)}"\n\n` +
          `    context = {\n      app = "shop"\n      env = "prod"\n    }\n  }\n}\n`,
      ),
  },
  {
    name: 'S3 metadata, format 2, kms',
    container: 's3-encryption-metadata',
    place: 'Metadata.x-amz-key-v2',
    context: matdesc,
    newContext: { ...matdesc, kms_cmk_id: NEW },
    keys: [OLD, NEW],
    build: (blob) =>
      json({
        ContentLength: 32,
        Metadata: {
          'x-amz-iv': base64(randomBytes(16)),
          'x-amz-key-v2': base64(blob),
          'x-amz-matdesc': JSON.stringify(matdesc),
          'x-amz-wrap-alg': 'kms',
          'x-amz-cek-alg': 'AES/CBC/PKCS5Padding',
        },
      }),
  },
  {
    name: 'S3 metadata, format 2, kms+context, as headers',
    container: 's3-encryption-metadata',
    place: 'X-Amz-Meta-X-Amz-Key-V2',
    context: cek,
    build: (blob) =>
      json({
        'X-Amz-Meta-X-Amz-Key-V2': base64(blob),
        'X-Amz-Meta-X-Amz-Matdesc': JSON.stringify(cek),
        'X-Amz-Meta-X-Amz-Wrap-Alg': 'kms+context',
        'X-Amz-Meta-X-Amz-Iv': base64(randomBytes(12)),
      }),
  },
  {
    name: 'S3 instruction file, format 3',
    container: 's3-encryption-metadata',
    place: 'x-amz-3',
    file: 'object.instruction',
    context: cek,
    newContext: { ...cek, more: 'é' },
    build: (blob) => json({ 'x-amz-3': base64(blob), 'x-amz-w': '12', 'x-amz-t': JSON.stringify(cek) }, 0),
  },
  {
    name: 'MongoDB, relaxed',
    container: 'mongodb-key-vault',
    place: '[1].keyMaterial.$binary.base64',
    context: {},
    keys: [OLD, NEW],
    build: (blob) =>
      json([
        { keyMaterial: 1, masterKey: { provider: 'local' } },
        keyVault(material(blob), { $date: OLD_AT }),
      ]),
  },
  {
    name: 'MongoDB, canonical',
    container: 'mongodb-key-vault',
    place: 'keyMaterial.$binary.base64',
    context: {},
    keys: [OLD, NEW],
    build: (blob) => json(keyVault(material(blob), { $date: { $numberLong: String(seconds) } })),
  },
  {
    name: 'MongoDB, legacy, as lines',
    container: 'mongodb-key-vault',
    place: 'line 2: keyMaterial.$binary',
    context: {},
    keys: [OLD, NEW],
    build: (blob) => {
      const line = keyVault({ $binary: base64(blob), $type: '00' }, { $date: seconds });
      return text(`{"a":1}\n${JSON.stringify(line)}\n`);
    },
  },
  {
    name: 'MongoDB, BSON dump',
    container: 'mongodb-key-vault',
    place: 'document 2: keyMaterial',
    context: {},
    keys: [OLD, NEW],
    build: (blob) =>
      Buffer.concat([
        bson({ keyAltNames: 'local', keyMaterial: randomBytes(96), masterKey: { provider: 'local' } }),
        bson({
          _id: randomBytes(16),
          keyMaterial: blob,
          updateDate: new Date(OLD_AT),
          status: 1,
          masterKey: { provider: 'aws', region: 'eu-central-1', key: OLD },
          more: 'ü',
        }),
        bson({ after: 'x' }),
      ]),
  },
  {
    name: 'credstash, typed',
    container: 'credstash',
    place: 'Items[0].key.S',
    context: null,
    build: (blob) => json({ Items: [credstashItem(blob)], Count: 1 }),
  },
  {
    name: 'credstash, plain',
    container: 'credstash',
    place: 'key',
    context: null,
    build: (blob) =>
      json({ name: 'db', version: '1', digest: 'SHA256', key: base64(blob), contents: 'AAAA', hmac: 'ff' }),
  },
  {
    name: 'DynamoDB Encryption Client',
    container: 'dynamodb-encryption-client',
    place: 'Item["*amzn-ddb-map-desc*"].B: amzn-ddb-env-key',
    context: null,
    build: (blob) =>
      json({
        Item: {
          id: { S: '1' },
          '*amzn-ddb-map-desc*': { B: base64(description(blob)) },
          '*amzn-ddb-map-sig*': { B: base64(randomBytes(32)) },
        },
      }),
  },
  {
    name: 'branch key store',
    container: 'branch-key-store',
    place: 'Items[0].enc.B',
    context: { 'kms-arn': OLD },
    newContext: { 'kms-arn': NEW },
    keys: [OLD, NEW],
    build: (blob) => json({ Items: [branchItem(blob)] }),
  },
  {
    name: 'Tink envelope',
    container: 'tink-envelope',
    place: 'encrypted data key',
    context: {},
    build: (blob) => Buffer.concat([u32(blob.length), blob, randomBytes(60)]),
  },
  {
    name: 'Tink envelope with a key prefix, as base64',
    container: 'tink-envelope',
    place: 'encrypted data key',
    context: {},
    build: (blob) =>
      text(
        `${base64(Buffer.concat([Buffer.from([1]), randomBytes(4), u32(blob.length), blob, randomBytes(60)]))}\n`,
      ),
  },
  {
    name: 'Tink keyset, JSON',
    container: 'tink-keyset',
    place: 'encryptedKeyset',
    context: null,
    build: (blob) => json({ keysetInfo: { primaryKeyId: 1 }, encryptedKeyset: base64(blob) }),
  },
  {
    name: 'Tink keyset, binary',
    container: 'tink-keyset',
    place: 'encrypted_keyset',
    context: null,
    build: (blob) =>
      proto([
        [2, blob],
        [3, proto([[1, 7]])],
      ]),
  },
  {
    name: 'Vault seal',
    container: 'vault-seal',
    place: 'key_info.wrapped_key',
    context: {},
    keys: [OLD, NEW],
    build: (blob) => vaultBlob(blob),
  },
  {
    name: 'Vault seal with a ciphertext of 32 bytes, marked, in file storage',
    container: 'vault-seal',
    place: 'Value: key_info.wrapped_key',
    context: {},
    keys: [OLD, NEW],
    build: (blob) => json({ Value: base64(Buffer.concat([vaultBlob(blob, 32), Buffer.from('s')])) }, 0),
  },
  {
    name: 'shush',
    container: 'secret-string',
    place: 'line 2, column 8: KMS_ENCRYPTED_DB_PASSWORD',
    context: null,
    build: (blob) => text(`A=1\nexport KMS_ENCRYPTED_DB_PASSWORD=${base64(blob)}\n`),
  },
  {
    name: 'ef-open',
    container: 'secret-string',
    place: 'line 1, column 24',
    context: null,
    build: (blob) => text(`"MasterUserPassword": "{{aws:kms:decrypt,${base64(blob)}}}",`),
  },
  {
    name: 'Zalando deployment secret',
    container: 'secret-string',
    place: 'line 1, column 11',
    context: null,
    build: (blob) => text(`password: deployment-secret:2:stups:${base64(blob)}`),
  },
  {
    name: 'decrypt-kms-env',
    container: 'secret-string',
    place: 'line 1, column 9',
    context: null,
    build: (blob) => text(`SECRET="secure:${base64(blob)}"`),
  },
  {
    name: 'Spring Cloud Config with the KMS add-on',
    container: 'secret-string',
    place: 'line 1, column 12',
    context: { Country: 'Portugal', Code: '351' },
    newContext: { Country: 'España' },
    build: (blob) =>
      text(`password: '{cipher}[output=plain](Country=UG9ydHVnYWw=,Code=MzUx)${base64(blob)}'\n`),
  },
  {
    name: 'Lambda configuration',
    container: 'secret-string',
    place: 'Environment.Variables.DB_PASSWORD',
    context: { LambdaFunctionName: 'orders' },
    build: (blob) =>
      json({
        FunctionName: 'orders',
        Environment: { Variables: { STAGE: 'prod', DB_PASSWORD: base64(blob) } },
      }),
  },
];

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

const anyBlob = fc
  .tuple(fc.constantFrom('v0' as const, 'v1' as const, 'v2' as const), fc.integer({ min: 1, max: 300 }))
  .map(([layout, plaintextBytes]) => assemble({ layout, plaintextBytes }));

describe.each(CASES)('$name', (one) => {
  const { container, place, build, context, newContext, keys, file } = one;

  test('is recognised, with what it says of its blob', () => {
    const blob = assemble({ layout: 'v2' });
    const found = at(scan(build(blob), file ?? 'file'), place);
    expect(found.container).toBe(container);
    expect(base64(found.bytes)).toBe(base64(blob));
    expect(found.identification.kind).toBe('kms-symmetric');
    expect(found.notPutBack).toBeUndefined();
    if (container !== 'branch-key-store') expect(found.declared.encryptionContext).toEqual(context);
    if (keys !== undefined) expect(found.declared.keyArn).toBe(keys[0]);
    if (found.declared.encryptionContext === null)
      expect(found.findings.map(({ code }) => code)).toContain('context-not-declared');
  });

  test('comes back the same, and takes a blob of any other length', () => {
    fc.assert(
      fc.property(anyBlob, anyBlob, (blob, other) => {
        fc.pre(blob.length !== other.length);
        const again = roundTrip({
          file: build(blob),
          ...(file === undefined ? {} : { name: file }),
          place,
          other,
          context,
          ...(newContext === undefined ? {} : { newContext }),
        });
        if (keys !== undefined) expect(again.declared.keyArn).toBe(keys[1]);
        if (newContext !== undefined && container !== 'branch-key-store')
          expect(again.declared.encryptionContext).toEqual(newContext);
      }),
      { numRuns: 25 },
    );
  });

  test('survives harm', () => harm(build(assemble({ layout: 'v2' })), file ?? 'file'));
});

const codes = (found: ReturnType<typeof scan>) => found.findings.map(({ code }) => code);

describe('Pulumi', () => {
  const stack = (provider: string) =>
    text(`secretsprovider: ${provider}\nencryptedkey: ${base64(assemble({ layout: 'v2' }))}\n`);
  const rewritten = (provider: string, next: Parameters<typeof nextBlob>[1]) => {
    const file = stack(provider);
    const found = scan(file, 'Pulumi.prod.yaml');
    const [blob] = found.blobs;
    if (blob === undefined) throw new Error('no blob');
    const out = Buffer.from(
      rewrite(file, found, [{ found: blob, next: nextBlob(blob.bytes, next) }]),
    ).toString();
    return /^secretsprovider: (.*)$/m.exec(out)?.[1];
  };

  test('an id, an alias and an ARN become the new key; what does not change stays as written', () => {
    for (const key of ['1234abcd-12ab-34cd-56ef-1234567890ab', 'alias/prod', `/${OLD}`, OLD])
      expect(rewritten(`awskms://${key}`, {})).toBe(`awskms:///${NEW}`);
    expect(rewritten('awskms://alias/prod?region=eu-central-1', {})).toBe(
      JSON.stringify(`awskms:///${NEW}?region=us-west-2`),
    );
    // Rotation to the key that it is under: the alias may stay.
    expect(rewritten('awskms://alias/prod', { keyArn: OLD })).toBe('awskms://alias/prod');
    expect(rewritten('awskms://1234abcd-12ab-34cd-56ef-1234567890ab', { keyArn: OLD })).toContain('//1234');
    expect(rewritten(`awskms:///${OLD}?context_a=b&awssdk=v2`, { context: null })).toBe(
      JSON.stringify(`awskms:///${NEW}?awssdk=v2`),
    );
  });

  test('other providers are left alone', () => {
    for (const provider of ['passphrase', 'gcpkms://projects/a', 'awskms://', 'awskms://?region=x'])
      expect(scan(stack(provider), 'Pulumi.prod.yaml').blobs.map((one) => one.container)).not.toContain(
        'pulumi',
      );
  });
});

describe('Terraform', () => {
  const blob = base64(assemble({ layout: 'v2' }));

  test('state: the ciphertext with its key and context; the plaintext beside it is reported and cut', () => {
    const attributes = {
      ciphertext_blob: blob,
      context: { app: 'x' },
      id: '1',
      key_id: OLD,
      plaintext: 'hunter2',
    };
    const resource = { mode: 'managed', type: 'aws_kms_ciphertext', instances: [{ attributes }] };
    const file = json({ version: 4, resources: [resource] });
    const found = scan(file, 'terraform.tfstate');
    expect(found.blobs[0]).toMatchObject({
      container: 'terraform-kms-secrets',
      declared: { keyArn: OLD, encryptionContext: { app: 'x' } },
    });
    expect(codes(found)).toContain('plaintext-beside-blob');
    expect(JSON.stringify(found)).not.toContain('hunter2');
    const cut = JSON.parse(Buffer.from(rewrite(file, found, [], { withoutPlaintext: true })).toString());
    const { plaintext: _, ...rest } = attributes;
    expect(cut.resources[0].instances[0].attributes).toEqual(rest);
  });

  test('state of the data source', () => {
    const attributes = { plaintext: { pw: 'hunter2' }, secret: [{ context: {}, name: 'pw', payload: blob }] };
    const found = scan(json({ resources: [{ type: 'aws_kms_secrets', instances: [{ attributes }] }] }), 'x');
    expect(found.blobs[0]).toMatchObject({ container: 'terraform-kms-secrets' });
    expect(found.plaintext).toHaveLength(1);
    expect(JSON.stringify(found)).not.toContain('hunter2');
  });

  test('several secrets in one block, wrapped text, an RSA payload with its key and algorithm', () => {
    const rsa = base64(Buffer.concat([Buffer.from([0x7a]), randomBytes(255)]));
    const wrapped = blob.replaceAll(/(.{64})/g, '$1\n');
    const file = text(
      `data "aws_kms_secrets" "a" {\n  secret {\n    name = "one"\n    payload = <<EOF\n${wrapped}\nEOF\n  }\n` +
        `  secret {\n    name = "two"\n    payload = "${rsa}"\n    key_id = "alias/rsa"\n    encryption_algorithm = "RSAES_OAEP_SHA_256"\n  }\n}\n`,
    );
    const found = scan(file, 'a.tf');
    expect(found.blobs.map((one) => [one.container, one.identification.kind])).toEqual([
      ['terraform-kms-secrets', 'kms-symmetric'],
      ['terraform-kms-secrets', 'kms-asymmetric-candidate'],
    ]);
    expect(found.blobs[1]?.declared).toMatchObject({ keyArn: 'alias/rsa', algorithm: 'RSAES_OAEP_SHA_256' });
    expect(found.blobs[1]?.linkedValues.map(({ name }) => name)).toEqual(['key_id', 'encryption_algorithm']);
  });
});

describe('S3 client-side encryption', () => {
  const blob = base64(assemble({ layout: 'v2' }));

  test('the key in matdesc follows the destination when the context is kept; other contexts do not', () => {
    const found = (more: object) =>
      scan(json({ 'x-amz-key-v2': blob, 'x-amz-iv': 'AA==', ...more }), 'x').blobs[0];
    const kms = found({
      'x-amz-wrap-alg': 'kms',
      'x-amz-matdesc': JSON.stringify({ kms_cmk_id: 'alias/a' }),
    });
    expect(kms?.contextKeyPairs).toEqual(['kms_cmk_id']);
    expect(kms?.declared).toMatchObject({ keyArn: 'alias/a', encryptionContext: { kms_cmk_id: 'alias/a' } });
    const withContext = found({ 'x-amz-wrap-alg': 'kms+context', 'x-amz-matdesc': JSON.stringify(cek) });
    expect(withContext?.contextKeyPairs).toBeUndefined();
  });

  test('keys that are not under KMS are reported', () => {
    for (const metadata of [
      { 'x-amz-key': blob, 'x-amz-iv': 'AA==', 'x-amz-matdesc': '{}' },
      { 'x-amz-key-v2': base64(randomBytes(60)), 'x-amz-wrap-alg': 'AES/GCM', 'x-amz-matdesc': '{}' },
      { 'x-amz-3': base64(randomBytes(60)), 'x-amz-w': '02' },
    ]) {
      const found = scan(json({ Metadata: metadata }), 'x');
      expect(found.blobs.filter((one) => one.container === 's3-encryption-metadata')).toEqual([]);
      expect(codes(found)).toEqual(['s3-key-not-kms']);
    }
  });

  test('a matdesc that S3 encoded is not written back', () => {
    const file = json({ 'x-amz-key-v2': blob, 'x-amz-wrap-alg': 'kms', 'x-amz-matdesc': '=?UTF-8?Q?{"a"?=' });
    expect(scan(file, 'x').blobs[0]).toMatchObject({ notPutBack: expect.stringContaining('not JSON') });
  });
});

describe('what is recognised and not put back', () => {
  const blob = assemble({ layout: 'v2' });

  test('an Encryption SDK message: itself, and each data key that KMS encrypted', () => {
    const keys = [
      { provider: 'aws-kms', info: OLD, blob },
      { provider: 'raw', info: 'mine', blob: randomBytes(40) },
      { provider: 'aws-kms', info: NEW, blob: assemble({ layout: 'v1' }) },
    ];
    const message = sdkMessageFile(keys, { tenant: 'ü', 'aws-crypto-public-key': 'AA' });
    const encoded = text(base64(message));
    const places = ['', 'encrypted data key 1', 'encrypted data key 3'];
    for (const file of [new Uint8Array(message), encoded]) {
      const { blobs } = scan(file, 'x');
      expect(blobs.map((one) => one.place)).toEqual(places);
      expect(new Set(blobs.map((one) => one.container))).toEqual(new Set(['encryption-sdk-message']));
      expect(blobs[0]?.identification).toMatchObject({
        kind: 'encryption-sdk-message',
        reencryptable: false,
      });
      expect(blobs[2]).toMatchObject({
        declared: { keyArn: NEW, encryptionContext: { tenant: 'ü', 'aws-crypto-public-key': 'AA' } },
        identification: { kind: 'kms-symmetric', reencryptable: true },
        notPutBack: expect.stringContaining('authenticates'),
      });
      expect(base64(blobs[1]?.bytes ?? text(''))).toBe(base64(blob));
      harm(file, 'x', 60);
    }
  });

  test('a branch key of hierarchy version 2', () => {
    const found = scan(json(branchItem(blob, '2')), 'x').blobs[0];
    expect(found).toMatchObject({
      container: 'branch-key-store',
      declared: { encryptionContext: { department: 'admin' }, keyArn: OLD },
      notPutBack: expect.stringContaining('digest'),
    });
    expect(found?.contextKeyPairs).toBeUndefined();
  });

  test('Kubernetes values, both versions, raw, after their key, and in JSON of etcdctl', () => {
    const key = Buffer.concat([Buffer.from('1'), blob]);
    const v1 = Buffer.concat([
      Buffer.from('k8s:enc:kms:v1:aws:'),
      Buffer.from([key.length >> 8, key.length & 255]),
      key,
      randomBytes(50),
    ]);
    const v2 = Buffer.concat([
      Buffer.from('k8s:enc:kms:v2:aws:'),
      proto([
        [1, randomBytes(50)],
        [2, text(OLD)],
        [3, key],
        [5, 1],
      ]),
    ]);
    const files: [Uint8Array, string][] = [
      [v1, 'encrypted data key'],
      [v2, 'encrypted data key'],
      [
        Buffer.concat([Buffer.from('/registry/secrets/default/a\n'), v2, Buffer.from('\n')]),
        'encrypted data key',
      ],
      [json({ kvs: [{ key: 'AA==', value: base64(v2) }] }), 'kvs[0].value: encrypted data key'],
    ];
    for (const [file, place] of files) {
      const found = at(scan(new Uint8Array(file), 'x'), place);
      expect(found).toMatchObject({
        container: 'kubernetes',
        notPutBack: expect.stringContaining('kubectl'),
      });
      expect(base64(found.bytes)).toBe(base64(blob));
      harm(new Uint8Array(file), 'x', 60);
    }
    expect(scan(new Uint8Array(v2), 'x').blobs[0]?.declared.keyArn).toBe(OLD);
  });

  test('Vault values of several seals', () => {
    const slots = proto([
      [1, 1],
      [2, vaultBlob(blob)],
      [
        2,
        proto([
          [1, randomBytes(60)],
          [5, proto([[3, text('other')]])],
        ]),
      ],
    ]);
    const file = Buffer.concat([Buffer.from('multiwrapvalue:1'), u32(slots.length), slots]);
    expect(scan(new Uint8Array(file), 'x').blobs).toMatchObject([
      {
        place: 'slots[0].key_info.wrapped_key',
        container: 'vault-seal',
        linkedValues: [],
        notPutBack: expect.any(String),
      },
    ]);
  });

  test('SSM, RDS, Cognito and ECR', () => {
    const arn = 'arn:aws:ssm:eu-central-1:111122223333:parameter/db';
    const parameter = (value: string) =>
      scan(
        json({ Parameter: { Name: '/db', Type: 'SecureString', Value: value, Version: 1, ARN: arn } }),
        'x',
      );
    expect(parameter(base64(blob)).blobs).toMatchObject([
      {
        place: 'Parameter.Value',
        container: 'ssm-parameter',
        declared: { encryptionContext: { PARAMETER_ARN: arn } },
        notPutBack: expect.stringContaining('put-parameter'),
      },
    ]);
    const message = base64(
      sdkMessageFile([{ provider: 'aws-kms', info: OLD, blob }], { PARAMETER_ARN: arn }),
    );
    expect(parameter(message).blobs).toMatchObject([
      { place: 'Parameter.Value', identification: { kind: 'encryption-sdk-message' } },
      {
        place: 'Parameter.Value: encrypted data key 1',
        declared: { keyArn: OLD },
        notPutBack: expect.any(String),
      },
    ]);
    expect(parameter('hunter2').blobs).toEqual([]);

    const record = {
      type: 'DatabaseActivityMonitoringRecords',
      version: '1.1',
      databaseActivityEvents: message,
      key: base64(blob),
    };
    expect(scan(json(record), 'x').blobs.map((one) => [one.place, one.container])).toEqual([
      ['databaseActivityEvents', 'rds-activity-stream'],
      ['databaseActivityEvents: encrypted data key 1', 'rds-activity-stream'],
      ['key', 'rds-activity-stream'],
    ]);

    const event = {
      triggerSource: 'CustomSMSSender_SignUp',
      request: { type: 'customSMSSenderRequestV1', code: message },
    };
    expect(scan(json(event), 'x').blobs.map((one) => one.place)).toEqual([
      'request.code',
      'request.code: encrypted data key 1',
    ]);

    const token = base64(
      json({ payload: 'AAAA', datakey: base64(blob), version: '2', type: 'DATA_KEY', expiration: 1 }, 0),
    );
    const login = base64(text(`AWS:${token}`));
    const places = (file: Uint8Array) => scan(file, 'x').blobs.map((one) => [one.place, one.container]);
    expect(places(text(`${token}\n`))).toEqual([['datakey', 'ecr-token']]);
    expect(places(json({ authorizationData: [{ authorizationToken: login }] }))).toEqual([
      ['authorizationData[0].authorizationToken: datakey', 'ecr-token'],
    ]);
    expect(scan(text(token), 'x').blobs[0]?.notPutBack).toContain('AWS owns');
  });
});

describe('beside each other', () => {
  const blob = () => base64(assemble({ layout: 'v2' }));

  test('several items of one file, each with its own linkedValues, at once', () => {
    const items = [1, 2, 3].map((n) => ({
      ...branchItem(assemble({ layout: 'v2' })),
      'branch-key-id': { S: String(n) },
    }));
    const file = json({ Items: items });
    const found = scan(file, 'x');
    const written = rewrite(
      file,
      found,
      found.blobs.map((one, i) => ({
        found: one,
        next: nextBlob(assemble({ layout: 'v1', plaintextBytes: 20 + i })),
      })),
    );
    const again = scan(written, 'x');
    expect(again.blobs.map((one) => one.identification.plaintextBytes)).toEqual([20, 21, 22]);
    expect(again.blobs.map((one) => one.declared.keyArn)).toEqual([NEW, NEW, NEW]);
  });

  test('other blobs of the same file are found too, and a plaintext in it', () => {
    const file = json({
      stack: { url: 'awskms://alias/a', encryptedkey: blob() },
      cli: { CiphertextBlob: blob(), KeyId: OLD, Plaintext: 'c2VjcmV0' },
      other: blob(),
      note: `{{aws:kms:decrypt,${blob()}}}`,
    });
    const found = scan(file, 'x.json');
    expect(found.blobs.map((one) => one.container)).toEqual([
      'pulumi',
      'aws-cli-json',
      'json',
      'secret-string',
    ]);
    expect(found.plaintext).toHaveLength(1);
    const names = found.blobs.flatMap((one) => one.linkedValues.map(({ range }) => `${range.start}`));
    expect(new Set(names).size).toBe(names.length);
  });

  test('two blobs inside one encoded value are written together', () => {
    const bytes = new Uint8Array(Buffer.concat([assemble({ layout: 'v1' }), assemble({ layout: 'v2' })]));
    const half = assemble({ layout: 'v1' }).length;
    const outer = at(scan(text(base64(assemble({ layout: 'v2' }))), 'x'), '');
    const part = (start: number, end: number) => ({
      ...outer,
      within: {
        bytes,
        found: { range: { start, end }, encoding: BINARY, bytes: bytes.slice(start, end), linkedValues: [] },
      },
    });
    const file = text(base64(assemble({ layout: 'v2' })));
    const written = rewrite(file, { plaintext: [] }, [
      { found: part(half, bytes.length), next: nextBlob(text('second')) },
      { found: part(0, half), next: nextBlob(text('first')) },
    ]);
    expect(Buffer.from(Buffer.from(written).toString(), 'base64').toString()).toBe('firstsecond');
  });
});

describe('however it is written', () => {
  const isText = (bytes: Uint8Array) => !/[^\t\r\n -~\u0080-\uffff]/.test(Buffer.from(bytes).toString());
  const asText = CASES.filter(({ build }) => isText(build(assemble({ layout: 'v2' }))));

  test.each(asText)('UTF-16: $name', ({ build, place, context, file, newContext }) => {
    for (const swapped of [false, true]) {
      const wide = Buffer.from(
        `\ufeff${Buffer.from(build(assemble({ layout: 'v1' }))).toString()}`,
        'utf16le',
      );
      roundTrip({
        file: new Uint8Array(swapped ? wide.swap16() : wide),
        ...(file === undefined ? {} : { name: file }),
        place,
        other: assemble({ layout: 'v2', plaintextBytes: 77 }),
        context,
        ...(newContext === undefined ? {} : { newContext }),
      });
    }
  });

  const inJson = asText.filter(({ build }) =>
    /^[[{]/.test(Buffer.from(build(assemble({ layout: 'v2' }))).toString()),
  );

  test.each(inJson)('slashes and ampersands escaped: $name', ({ build, place, context, newContext }) => {
    const plain = Buffer.from(build(assemble({ layout: 'v1' }))).toString();
    roundTrip({
      file: text(plain.replaceAll('/', '\\/').replaceAll('&', '\\u0026')),
      place,
      other: assemble({ layout: 'v2', plaintextBytes: 77 }),
      context,
      ...(newContext === undefined ? {} : { newContext }),
    });
  });
});

describe('anything', () => {
  const names = [
    'encryptedkey',
    'url',
    'secretsprovider',
    'meta',
    'encrypted_data',
    'encryption_version',
    'payload',
    'name',
    'context',
    'key_id',
    'ciphertext_blob',
    'plaintext',
    'secret',
    'x-amz-key-v2',
    'x-amz-wrap-alg',
    'x-amz-matdesc',
    'x-amz-3',
    'x-amz-w',
    'x-amz-t',
    'keyMaterial',
    '$binary',
    'base64',
    'masterKey',
    'provider',
    'region',
    'key',
    'updateDate',
    '$date',
    '$numberLong',
    'contents',
    'hmac',
    'version',
    '*amzn-ddb-map-desc*',
    'S',
    'B',
    'N',
    'enc',
    'kms-arn',
    'hierarchy-version',
    'branch-key-id',
    'tablename',
    'encryptedKeyset',
    'Type',
    'Value',
    'ARN',
    'databaseActivityEvents',
    'code',
    'type',
    'FunctionName',
    'Environment',
    'Variables',
    'datakey',
    'authorizationToken',
    'value',
    'CiphertextBlob',
    'KeyId',
    '__proto__',
    'constructor',
  ];
  const blob = base64(assemble({ layout: 'v2' }));
  const values = [
    blob,
    blob,
    blob,
    'aws',
    'kms',
    'kms+context',
    '12',
    `awskms://alias/a?context_a=b`,
    'SecureString',
    'DATA_KEY',
    OLD,
    'v0',
    '2',
    '1',
    '{"kms_cmk_id":"x"}',
    'customSMSSenderRequestV1',
    base64(vaultBlob(assemble({ layout: 'v2' }))),
    base64(text(JSON.stringify({ ciphertext_blob: blob }))),
    base64(description(assemble({ layout: 'v2' }))),
    '',
    '\u0000\ud800',
    `{{aws:kms:decrypt,${blob}}}`,
    base64(text('AWS:e30=')),
    '1552949630483',
    OLD_AT,
  ];

  test('maps of the known names with the wrong and the right values: nothing throws, and nothing moves that should not', () => {
    const value = fc.oneof(
      fc.constantFrom(...values),
      fc.constantFrom(null, 0, -1, 1e300, true, 1552949630483),
    );
    const tree = fc.letrec((tie) => ({
      node: fc.oneof(
        { depthSize: 'small' },
        { weight: 3, arbitrary: value },
        { weight: 1, arbitrary: fc.array(tie('node'), { maxLength: 3 }) },
        {
          weight: 4,
          arbitrary: fc.dictionary(fc.constantFrom(...names), tie('node'), { maxKeys: 20, size: 'max' }),
        },
      ),
    })).node;
    fc.assert(
      fc.property(tree, fc.constantFrom(0, 1), fc.nat(40), (value, indent, cut) => {
        const whole = JSON.stringify(value, null, indent);
        for (const one of [whole, whole.slice(0, -cut), whole.slice(cut)]) {
          const file = text(one);
          const found = scan(file, 'x.json');
          const open = found.blobs.filter(
            (b) => b.notPutBack === undefined && b.identification.kind === 'kms-symmetric',
          );
          const other = assemble({ layout: 'v1', plaintextBytes: 50 });
          // Every blob of the file at once: their linked values are apart from each other.
          const written = rewrite(
            file,
            found,
            open.map((b) => ({ found: b, next: nextBlob(other) })),
          );
          const again = scan(written, 'x.json').blobs.filter((b) => base64(b.bytes) === base64(other));
          expect(again.length).toBeGreaterThanOrEqual(open.length);
        }
      }),
      { numRuns: manyRuns(400, 25) },
    );
  });

  test('random bytes behind the beginnings of binary formats', () => {
    const heads = [
      [],
      [0x0a],
      [0x12],
      [0, 0, 0],
      [1, 0x80, 3, 0x78],
      [2, 4, 0x78],
      [...Buffer.from('k8s:enc:kms:v2:a:')],
      [...Buffer.from('k8s:enc:kms:v1:a:')],
      [...Buffer.from('multiwrapvalue:1')],
    ];
    fc.assert(
      fc.property(fc.constantFrom(...heads), fc.uint8Array({ maxLength: 400 }), (head, tail) => {
        scan(new Uint8Array([...head, ...tail]), 'x');
        scan(text(base64(new Uint8Array([...head, ...tail]))), 'x');
      }),
      { numRuns: manyRuns(3000) },
    );
  });
});
