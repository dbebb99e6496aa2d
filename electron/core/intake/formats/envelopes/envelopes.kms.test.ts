import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EncryptionContext } from '#shared/model/context.ts';
import type { ContextChoice } from '#shared/model/run.ts';
import { type PracticeKms, startPracticeKms } from '../../../../practice-kms/index.ts';
import { connect, type Kms } from '../../../kms/index.ts';
import { blobRef, type Run, RunManager } from '../../../rotation/index.ts';
import { scan } from '../../index.ts';
import { base64, json, text } from './envelope.test-help.ts';
import { bson, lengthPrefixed, proto, sdkMessageFile } from './files.test-help.ts';

// Envelopes made as their tools make them, re-wrapped by a run against the practice KMS, opened as their tools open them.
let folder: string;
let practice: PracticeKms;
let kms: Kms;
let manager: RunManager;
let a: string;
let b: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewrap-envelopes-'));
  practice = await startPracticeKms({ stateDir: folder });
  kms = await connect({ kind: 'practice' }, practice);
  manager = new RunManager(folder, () => undefined);
  const key = async () => {
    const { KeyMetadata } = await practice.call('CreateKey', {});
    return (KeyMetadata as { Arn: string }).Arn;
  };
  a = await key();
  b = await key();
});

afterAll(async () => {
  await manager?.close();
  kms?.close();
  await practice?.close();
  await rm(folder, { recursive: true, force: true });
});

async function wrap(dataKey: Uint8Array, context: EncryptionContext = {}): Promise<Buffer> {
  const out = await practice.call('Encrypt', {
    KeyId: a,
    Plaintext: base64(dataKey),
    EncryptionContext: context,
  });
  return Buffer.from(String(out.CiphertextBlob), 'base64');
}

/** As a tool does that pins its key: only the new one may open it. */
async function unwrap(blob: Uint8Array, context: EncryptionContext = {}): Promise<Buffer> {
  const out = await practice.call('Decrypt', {
    CiphertextBlob: base64(blob),
    EncryptionContext: context,
    KeyId: b,
  });
  return Buffer.from(String(out.Plaintext), 'base64');
}

const SAME: ContextChoice = { mode: 'same' };

/** Rotates every blob of a file to key b, in place, verified; gives back the file as it is then. */
async function rotated(
  name: string,
  content: Uint8Array,
  {
    source = { mode: 'declared' },
    destination = SAME,
  }: { source?: ContextChoice; destination?: ContextChoice } = {},
): Promise<Buffer> {
  const { run, path } = await rotate(name, content, source, destination, false);
  expect(run.items().map(({ state, fault }) => [state, fault?.message])).toEqual(
    run.items().map(() => ['reencrypted', undefined]),
  );
  return readFile(path);
}

async function rotate(
  name: string,
  content: Uint8Array,
  source: ContextChoice,
  destination: ContextChoice,
  dryRun: boolean,
): Promise<{ run: Run; path: string }> {
  const path = join(folder, name);
  await writeFile(path, content);
  const found = scan(content, name).blobs.filter((one) => one.identification.kind === 'kms-symmetric');
  expect(found.length, 'blobs of the file').toBeGreaterThan(0);
  const run = await manager.start({
    request: {
      source: { keyId: a, algorithm: 'SYMMETRIC_DEFAULT', context: source },
      destination: { keyId: b, algorithm: 'SYMMETRIC_DEFAULT', context: destination },
      grantTokens: [],
      method: 'reencrypt',
      verify: true,
      dryRun,
    },
    output: { mode: 'in-place', backup: false },
    files: [
      {
        path,
        bytes: null,
        display: name,
        relative: name,
        sha256: createHash('sha256').update(content).digest('hex'),
        blobs: found.map((one, i) => blobRef(`${name}#${i}`, one)),
      },
    ],
    kms,
    connection: 'test',
    target: 'test',
  });
  await run.done;
  return { run, path };
}

const SECRET = 'the secret itself, ü';

function seal(key: Uint8Array, iv: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  return Buffer.concat([cipher.update(SECRET), cipher.final(), cipher.getAuthTag()]);
}

function open(key: Uint8Array, iv: Uint8Array, sealed: Buffer): string {
  const decipher = createDecipheriv('aes-256-gcm', key, iv);
  decipher.setAuthTag(sealed.subarray(-16));
  return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]).toString();
}

describe('opens after its data key was re-wrapped', () => {
  const dataKey = randomBytes(32);
  const iv = randomBytes(12);
  const sealed = seal(dataKey, iv);

  test('Tink envelope', async () => {
    const length = Buffer.alloc(4);
    // The data key as Tink serialises it: an AesGcmKey, key_value = 3.
    const wrapped = await wrap(proto([[3, dataKey]]));
    length.writeUInt32BE(wrapped.length);
    const out = await rotated('tink.bin', Buffer.concat([length, wrapped, iv, sealed]));
    const size = out.readUInt32BE(0);
    const key = (await unwrap(out.subarray(4, 4 + size))).subarray(2);
    const payload = out.subarray(4 + size);
    expect(open(key, payload.subarray(0, 12), payload.subarray(12))).toBe(SECRET);
  });

  test('Pulumi: the stack names the new key and the context', async () => {
    const context = { app: 'shop' };
    const yaml =
      `secretsprovider: awskms:///${a}?region=us-east-1&context_app=shop\n` +
      `encryptedkey: ${base64(await wrap(dataKey, context))}\n` +
      `config:\n  db:password:\n    secure: v1:${base64(iv)}:${base64(sealed)}\n`;
    const out = (
      await rotated('Pulumi.prod.yaml', text(yaml), {
        destination: { mode: 'given', context: { app: 'new' } },
      })
    ).toString();
    const field = (name: string) => new RegExp(`${name}: "?([^"\\n]+)"?`).exec(out)?.[1] ?? '';
    const url = new URL(field('secretsprovider'));
    expect(url.pathname.slice(1)).toBe(b);
    const sent = { app: url.searchParams.get('context_app') ?? '' };
    const [, nonce, value] = field('secure').split(':');
    const key = await unwrap(Buffer.from(field('encryptedkey'), 'base64'), sent);
    expect(sent).toEqual({ app: 'new' });
    expect(open(key, Buffer.from(nonce ?? '', 'base64'), Buffer.from(value ?? '', 'base64'))).toBe(SECRET);
  });

  test('OpenTofu state', async () => {
    const meta = base64(json({ ciphertext_blob: base64(await wrap(dataKey)) }, 0));
    const state = {
      meta: { 'key_provider.aws_kms.main': meta },
      encrypted_data: base64(Buffer.concat([iv, sealed])),
      encryption_version: 'v0',
    };
    const out = JSON.parse((await rotated('terraform.tfstate', json(state, 0))).toString());
    const inner = JSON.parse(Buffer.from(out.meta['key_provider.aws_kms.main'], 'base64').toString());
    const key = await unwrap(Buffer.from(inner.ciphertext_blob, 'base64'));
    const data = Buffer.from(out.encrypted_data, 'base64');
    expect(open(key, data.subarray(0, 12), data.subarray(12))).toBe(SECRET);
  });

  test('Terraform aws_kms_secrets, its context declared', async () => {
    const payload = base64(await wrap(Buffer.from(SECRET), { app: 'shop' }));
    const hcl = `data "aws_kms_secrets" "x" {\n  secret {\n    name = "s"\n    payload = "${payload}"\n    context = { app = "shop" }\n  }\n}\n`;
    const out = (await rotated('main.tf', text(hcl))).toString();
    const now = /payload = "([^"]+)"/.exec(out)?.[1] ?? '';
    expect((await unwrap(Buffer.from(now, 'base64'), { app: 'shop' })).toString()).toBe(SECRET);
  });

  test.each(['x-amz-', 'x-amz-meta-x-amz-'])('S3 with kms and matdesc, prefix %s', async (prefix) => {
    const matdesc = { kms_cmk_id: a, note: 'é' };
    const metadata = {
      [`${prefix}key-v2`]: base64(await wrap(dataKey, matdesc)),
      [`${prefix}matdesc`]: JSON.stringify(matdesc),
      [`${prefix}wrap-alg`]: 'kms',
      [`${prefix}iv`]: base64(iv),
    };
    const out = JSON.parse((await rotated('head.json', json({ Metadata: metadata }))).toString()).Metadata;
    const context = JSON.parse(out[`${prefix}matdesc`]);
    // The context was kept, and names the key that the object is under now.
    expect(context).toEqual({ kms_cmk_id: b, note: 'é' });
    const key = await unwrap(Buffer.from(out[`${prefix}key-v2`], 'base64'), context);
    expect(open(key, Buffer.from(out[`${prefix}iv`], 'base64'), sealed)).toBe(SECRET);
  });

  test('S3 format 3 instruction file', async () => {
    const context = { 'aws:x-amz-cek-alg': '115' };
    const file = {
      'x-amz-3': base64(await wrap(dataKey, context)),
      'x-amz-w': '12',
      'x-amz-t': JSON.stringify(context),
    };
    const out = JSON.parse((await rotated('o.instruction', json(file, 0))).toString());
    expect(out['x-amz-t']).toBe(JSON.stringify(context));
    expect(await unwrap(Buffer.from(out['x-amz-3'], 'base64'), context)).toEqual(dataKey);
  });

  test('credstash', async () => {
    const key = randomBytes(64);
    const counter = Buffer.from('00000000000000000000000000000001', 'hex');
    const cipher = createCipheriv('aes-256-ctr', key.subarray(0, 32), counter);
    const contents = Buffer.concat([cipher.update(SECRET), cipher.final()]);
    const hmac = createHmac('sha256', key.subarray(32)).update(contents).digest('hex');
    const context = { role: 'web' };
    const item = {
      name: { S: 'db' },
      version: { S: '0000000000000000001' },
      digest: { S: 'SHA256' },
      key: { S: base64(await wrap(key, context)) },
      contents: { S: base64(contents) },
      hmac: { B: base64(text(hmac)) },
    };
    const source = { mode: 'given', context } as const;
    const out = JSON.parse((await rotated('scan.json', json({ Items: [item] }), { source })).toString())
      .Items[0];
    const now = await unwrap(Buffer.from(out.key.S, 'base64'), context);
    const stored = Buffer.from(out.contents.S, 'base64');
    expect(createHmac('sha256', now.subarray(32)).update(stored).digest('hex')).toBe(
      Buffer.from(out.hmac.B, 'base64').toString(),
    );
    const decipher = createDecipheriv('aes-256-ctr', now.subarray(0, 32), counter);
    expect(Buffer.concat([decipher.update(stored), decipher.final()]).toString()).toBe(SECRET);
  });

  test('MongoDB key vault, Extended JSON and BSON', async () => {
    const key = randomBytes(96);
    const document = {
      keyMaterial: { $binary: { base64: base64(await wrap(key)), subType: '00' } },
      masterKey: { provider: 'aws', region: 'us-east-1', key: a },
      updateDate: { $date: '2020-01-01T00:00:00Z' },
    };
    const out = JSON.parse((await rotated('keys.json', json([document]))).toString())[0];
    expect(out.masterKey).toEqual({ provider: 'aws', region: 'us-east-1', key: b });
    expect(Date.parse(out.updateDate.$date)).toBeGreaterThan(Date.parse('2020-01-02T00:00:00Z'));
    expect(await unwrap(Buffer.from(out.keyMaterial.$binary.base64, 'base64'))).toEqual(key);

    const dump = bson({
      keyMaterial: await wrap(key),
      masterKey: { provider: 'aws', region: 'us-east-1', key: a.replace('us-east-1', 'us-east-1') },
      last: 'x',
    });
    const written = await rotated('keys.bson', new Uint8Array(dump));
    const now = await unwrap(scan(written, 'keys.bson').blobs[0]?.bytes ?? Buffer.of());
    expect(now).toEqual(key);
    expect(written).toEqual(
      bson({
        keyMaterial: scan(written, 'keys.bson').blobs[0]?.bytes ?? Buffer.of(),
        masterKey: { provider: 'aws', region: 'us-east-1', key: b },
        last: 'x',
      }),
    );
  });

  test('DynamoDB Encryption Client', async () => {
    const context = {
      '*amzn-ddb-env-alg*': 'AES/256',
      '*amzn-ddb-sig-alg*': 'HmacSHA256/256',
      id: '7',
      '*aws-kms-table*': 'orders',
    };
    const description = (blob: Uint8Array) =>
      lengthPrefixed([
        ['amzn-ddb-env-alg', 'AES/256'],
        ['amzn-ddb-env-key', base64(blob)],
        ['amzn-ddb-sig-alg', 'HmacSHA256/256'],
      ]);
    const item = {
      id: { S: '7' },
      '*amzn-ddb-map-desc*': { B: base64(description(await wrap(dataKey, context))) },
    };
    const source = { mode: 'given', context } as const;
    const written = await rotated('item.json', json({ Item: item }), { source });
    const out = Buffer.from(JSON.parse(written.toString()).Item['*amzn-ddb-map-desc*'].B, 'base64');
    const blob = scan(written, 'item.json').blobs[0]?.bytes ?? Buffer.of();
    expect(out).toEqual(description(blob));
    expect(await unwrap(blob, context)).toEqual(dataKey);
  });

  test('branch key store: the context names the new key, as its item does', async () => {
    const context = (arn: string) => ({
      'branch-key-id': 'b1',
      type: 'branch:ACTIVE',
      version: 'branch:version:v1',
      'kms-arn': arn,
      'create-time': '2023-06-03T19:03:29.358Z',
      'hierarchy-version': '1',
      tablename: 'keys',
    });
    const { tablename: _, ...attributes } = context(a);
    const item = { ...attributes, enc: base64(await wrap(dataKey, context(a))) };
    const source = { mode: 'given', context: context(a) } as const;
    const out = JSON.parse((await rotated('branch.json', json(item), { source })).toString());
    expect(out['kms-arn']).toBe(b);
    expect(await unwrap(Buffer.from(out.enc, 'base64'), context(b))).toEqual(dataKey);
  });

  test('Vault seal', async () => {
    const info = (blob: Uint8Array, key: string) =>
      proto([
        [1, sealed],
        [2, iv],
        [
          5,
          proto([
            [1, 1],
            [3, text(key)],
            [5, blob],
          ]),
        ],
      ]);
    const written = await rotated('unseal-keys', new Uint8Array(info(await wrap(dataKey), a)));
    const blob = scan(written, 'x').blobs[0]?.bytes ?? Buffer.of();
    expect(written).toEqual(info(blob, b));
    expect(open(await unwrap(blob), iv, sealed)).toBe(SECRET);
  });

  test('secret strings, the context of one beside it', async () => {
    const context = { Country: 'Portugal' };
    const file = `password: '{cipher}(Country=${base64(text('Portugal'))})${base64(await wrap(Buffer.from(SECRET), context))}'\n`;
    const destination = { mode: 'given', context: { Country: 'España' } } as const;
    const out = (await rotated('application.yml', text(file), { destination })).toString();
    const match = /^password: '\{cipher\}\(Country=([^)]*)\)([^']+)'\n$/.exec(out);
    expect(Buffer.from(match?.[1] ?? '', 'base64').toString()).toBe('España');
    expect((await unwrap(Buffer.from(match?.[2] ?? '', 'base64'), destination.context)).toString()).toBe(
      SECRET,
    );
  });
});

test('the data keys of an Encryption SDK message: a dry run says whether they open, a run changes nothing', async () => {
  const context = { tenant: '7' };
  const message = sdkMessageFile(
    [{ provider: 'aws-kms', info: a, blob: await wrap(randomBytes(32), context) }],
    context,
  );
  const dry = await rotate('message', message, { mode: 'declared' }, SAME, true);
  expect(dry.run.summary().counts).toMatchObject({ total: 1, succeeded: 0, skipped: 1 });
  expect(dry.run.items()[0]?.fault).toMatchObject({
    code: 'NotPutBack',
    detail: expect.stringContaining('KMS would re-encrypt it'),
  });
  const real = await rotate('message', message, { mode: 'declared' }, SAME, false);
  expect(real.run.items()[0]?.fault?.code).toBe('NotPutBack');
  expect(await readFile(real.path)).toEqual(message);
});
