import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { EncryptionContext } from '#shared/model/context.ts';
import { type PracticeKms, startPracticeKms } from '../../../../practice-kms/index.ts';
import { connect, type Kms } from '../../../kms/index.ts';
import { RunHarness } from '../../../rotation/testing/run-harness.ts';
import { type Kind, type KmsEntry, openSops, parseSops, type Tree, writeSops } from './sops.test-help.ts';

// SOPS files made under the practice KMS, moved to another key and context by the real run, and opened again as SOPS
// opens them: data key by Decrypt with the file's own arn and context, every value, the MAC.
let state: string;
let practice: PracticeKms;
let kms: Kms;
let harness: RunHarness;
let oldKey: string;
let otherKey: string;
let newKey: string;

const makeKey = async (): Promise<string> => {
  const { KeyMetadata } = await practice.call('CreateKey', {});
  return (KeyMetadata as { Arn: string }).Arn;
};

const wrap = async (arn: string, dataKey: Uint8Array, context?: EncryptionContext): Promise<string> => {
  const { CiphertextBlob } = await practice.call('Encrypt', {
    KeyId: arn,
    Plaintext: Buffer.from(dataKey).toString('base64'),
    ...(context ? { EncryptionContext: context } : {}),
  });
  return String(CiphertextBlob);
};

/** What SOPS calls (kms/keysource.go, Decrypt). */
const unwrap = async ({ arn, enc, context }: KmsEntry): Promise<Uint8Array> => {
  const { Plaintext } = await practice.call('Decrypt', {
    KeyId: arn,
    CiphertextBlob: enc,
    ...(context ? { EncryptionContext: context } : {}),
  });
  return Buffer.from(String(Plaintext), 'base64');
};

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), 'rewrap-sops-'));
  practice = await startPracticeKms({ stateDir: state });
  kms = await connect({ kind: 'practice' }, practice);
  [oldKey, otherKey, newKey] = [await makeKey(), await makeKey(), await makeKey()];
});

afterAll(async () => {
  kms?.close();
  await practice?.close();
  await rm(state, { recursive: true, force: true });
});

beforeEach(async () => {
  harness = await RunHarness.make();
});

afterEach(() => harness.remove());

const TREES: Record<Kind, Tree> = {
  yaml: {
    db: { user: 'admin', password: 'p: "ä"\n#x', port: 5432, tls: true },
    list: ['a', 2, { deep: 'b' }],
    empty: '',
    note_unencrypted: 'in clear',
  },
  json: { db: { user: 'admin', password: 'ö\\/"', port: 1 }, list: ['a', false], empty: '' },
  env: { USER: 'admin', PASSWORD: 'x=y#z', EMPTY: '' },
  ini: { db: { user: 'admin', password: 'x=y;z' }, other: { a: 'b' } },
  binary: { data: 'line 1\nline 2\n\u0000\u0001' },
};

const NAMES: Record<Kind, string> = {
  yaml: 'a.yaml',
  json: 'a.json',
  env: 'a.env',
  ini: 'a.ini',
  binary: 'a.bin',
};

const KINDS = Object.keys(TREES) as Kind[];

const make = async (kind: Kind) => {
  const dataKey = randomBytes(32);
  const context = { app: 'shop', 'env:name': 'prod' };
  const entries: KmsEntry[] = [
    { arn: oldKey, enc: await wrap(oldKey, dataKey, context), created_at: '2020-01-02T03:04:05Z', context },
    {
      arn: otherKey,
      role: 'arn:aws:iam::111122223333:role/sops',
      enc: await wrap(otherKey, dataKey),
      created_at: '2021-01-02T03:04:05Z',
      aws_profile: 'ops',
    },
  ];
  const text = writeSops(kind, TREES[kind], dataKey, entries);
  expect(await openSops(kind, text, unwrap, 0)).toEqual(plain(kind));
  return { text, entries };
};

/** A flat file gives texts back. */
const plain = (kind: Kind): Tree => TREES[kind];

const CONTEXTS: [string, EncryptionContext][] = [
  ['changed, added and removed', { app: 'other', 'x/y': 'ü 1', third: 'true' }],
  ['none', {}],
  ['the same', { app: 'shop', 'env:name': 'prod' }],
];

test.each(KINDS.flatMap((kind) => CONTEXTS.map(([name, context]) => [kind, name, context] as const)))(
  '%s, context %s: opens after the move, by either entry',
  async (kind, _, context) => {
    const { text, entries } = await make(kind);
    await harness.add(NAMES[kind], text);
    const run = await harness.start(kms, {
      source: { keyId: null, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'declared' } },
      destination: { keyId: newKey, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'given', context } },
    });
    await run.done;
    expect(run.items().map(({ state: s, fault }) => [s, fault?.message])).toEqual([
      ['reencrypted', undefined],
      ['reencrypted', undefined],
    ]);
    const after = await readFile(harness.path(NAMES[kind]), 'utf8');
    for (const which of [0, 1]) expect(await openSops(kind, after, unwrap, which)).toEqual(plain(kind));
    const before = parseSops(kind, text);
    const now = parseSops(kind, after);
    expect(now.tree).toEqual(before.tree);
    const { kms: nowEntries, ...nowRest } = now.sops;
    const { kms: _entries, ...beforeRest } = before.sops;
    expect(nowRest).toEqual(beforeRest);
    for (const [i, entry] of (nowEntries as unknown as KmsEntry[]).entries()) {
      expect(entry.arn).toBe(newKey);
      expect(entry.context ?? {}).toEqual(context);
      expect('context' in entry).toBe(Object.keys(context).length > 0);
      expect(entry.role).toBe(entries[i]?.role);
      expect(entry.aws_profile).toBe(entries[i]?.aws_profile ?? '');
      expect(entry.enc).not.toBe(entries[i]?.enc);
      expect(Date.now() - Date.parse(String(entry.created_at))).toBeLessThan(60_000);
    }
  },
);

test('one entry of two: the other stays as it is, to the byte', async () => {
  for (const kind of KINDS) {
    const { text, entries } = await make(kind);
    const one = await RunHarness.make();
    await one.add(NAMES[kind], text, (place) => place === 'sops.kms[1].enc');
    await (
      await one.start(kms, {
        destination: { keyId: newKey, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'same' } },
      })
    ).done;
    const after = await readFile(one.path(NAMES[kind]), 'utf8');
    const { sops } = parseSops(kind, after);
    const [first, second] = sops.kms as unknown as [KmsEntry, KmsEntry];
    expect(second.arn).toBe(newKey);
    expect(first.enc).toBe(entries[0]?.enc);
    const restored = after
      .replace(second.enc, entries[1]?.enc ?? '')
      .replace(newKey, otherKey)
      .replace(String(second.created_at), '2021-01-02T03:04:05Z');
    expect(restored).toBe(text);
    await one.remove();
  }
});

test('an RSA destination is refused with the reason, and the file stays', async () => {
  const { KeyMetadata } = await practice.call('CreateKey', {
    KeySpec: 'RSA_2048',
    KeyUsage: 'ENCRYPT_DECRYPT',
  });
  const { text } = await make('yaml');
  await harness.add('a.yaml', text);
  const run = await harness.start(kms, {
    destination: {
      keyId: (KeyMetadata as { Arn: string }).Arn,
      algorithm: 'RSAES_OAEP_SHA_256',
      context: { mode: 'same' },
    },
  });
  await run.done;
  expect(run.items().map(({ state: s, fault }) => [s, fault?.code])).toEqual([
    ['failed', 'SopsNeedsSymmetricKey'],
    ['failed', 'SopsNeedsSymmetricKey'],
  ]);
  expect(await readFile(harness.path('a.yaml'), 'utf8')).toBe(text);
});

test('a preflight says so too, and asks KMS nothing', async () => {
  const { text } = await make('yaml');
  await harness.add('a.yaml', text);
  const asked: string[] = [];
  const watched = { ...kms, region: kms.region, dryRun: async () => asked.push('dry run') as never };
  const run = await harness.start(watched as Kms, {
    destination: { keyId: newKey, algorithm: 'RSAES_OAEP_SHA_1', context: { mode: 'same' } },
    dryRun: true,
  });
  await run.done;
  expect(run.items().map(({ fault }) => fault?.code)).toEqual([
    'SopsNeedsSymmetricKey',
    'SopsNeedsSymmetricKey',
  ]);
  expect(asked).toEqual([]);
});

test('Shamir key groups: each part is a blob of its own', async () => {
  const parts = [randomBytes(33), randomBytes(33)];
  const [a, b] = [await wrap(oldKey, parts[0] ?? Buffer.of()), await wrap(otherKey, parts[1] ?? Buffer.of())];
  const entry = (arn: string, enc: string) =>
    `        - kms:\n            - arn: ${arn}\n              created_at: "2020-01-02T03:04:05Z"\n              enc: ${enc}\n              aws_profile: ""\n          hc_vault: []\n          age: []\n`;
  const text = `a: x\nsops:\n    shamir_threshold: 2\n    key_groups:\n${entry(oldKey, a)}${entry(otherKey, b)}    lastmodified: "2020-01-02T03:04:05Z"\n    mac: ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]\n    version: 3.8.0\n`;
  const file = await harness.add('a.yaml', text);
  expect(file.blobs.map(({ place }) => place)).toEqual([
    'sops.key_groups[0].kms[0].enc',
    'sops.key_groups[1].kms[0].enc',
  ]);
  await (
    await harness.start(kms, {
      destination: {
        keyId: newKey,
        algorithm: 'SYMMETRIC_DEFAULT',
        context: { mode: 'given', context: { k: 'v' } },
      },
    })
  ).done;
  const after = parseSops('yaml', await readFile(harness.path('a.yaml'), 'utf8'));
  const groups = after.sops.key_groups as unknown as { kms: KmsEntry[] }[];
  for (const [i, { kms: entries }] of groups.entries()) {
    expect(entries[0]?.context).toEqual({ k: 'v' });
    expect(entries[0] && (await unwrap(entries[0]))).toEqual(parts[i]);
  }
});
