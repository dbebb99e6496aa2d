import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DecryptCommand,
  DescribeKeyCommand,
  EnableKeyCommand,
  ListKeysCommand,
  paginateListAliases,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readBlob } from '../crypto/blob-layout.ts';
import { startPracticeKms } from '../practice-kms.ts';
import { clientFor, type Kit, refused, startKit } from '../testing/test-kit.ts';
import { seedPractice } from './sample-keys.ts';
import { makeSampleVault, SAMPLE_CONTEXTS } from './sample-vault.ts';

let kit: Kit;
let base: string;
let folder: string;

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'practice-vault-'));
  folder = join(base, 'vault');
  kit = await startKit();
  const made = await makeSampleVault({ practice: kit.practice, folder });
  expect(made.written).toBe(made.files.length);
});
afterAll(async () => {
  await kit.end();
  await rm(base, { recursive: true, force: true });
});

const text = (path: string) => readFile(join(folder, path), 'utf8');
const fromBase64 = (encoded: string) => Buffer.from(encoded, 'base64');

/** How a person (or Rewrap) gets each blob out of its file. */
const BLOBS: Record<string, () => Promise<Buffer>> = {
  'payments/db-password.txt': async () => fromBase64(await text('payments/db-password.txt')),
  'payments/api-token.bin': () => readFile(join(folder, 'payments/api-token.bin')),
  'payments/tls-private-key.b64': async () => fromBase64(await text('payments/tls-private-key.b64')),
  'payments/webhook-secret.json': async () =>
    fromBase64(JSON.parse(await text('payments/webhook-secret.json')).CiphertextBlob),
  'payments/snapshot-data-key.json': async () =>
    fromBase64(JSON.parse(await text('payments/snapshot-data-key.json')).CiphertextBlob),
  'orders/orders-data-key.json': async () =>
    fromBase64(JSON.parse(await text('orders/orders-data-key.json')).CiphertextBlob),
  'legacy/smtp-password.b64url': async () =>
    Buffer.from(await text('legacy/smtp-password.b64url'), 'base64url'),
  'legacy/ldap-bind.hex': async () => Buffer.from((await text('legacy/ldap-bind.hex')).trim(), 'hex'),
  'legacy/backup-passphrase.txt': async () =>
    fromBase64(fromBase64(await text('legacy/backup-passphrase.txt')).toString('ascii')),
  'legacy/vpn-shared-key.kms': () => readFile(join(folder, 'legacy/vpn-shared-key.kms')),
};

async function allFiles(): Promise<Map<string, Buffer>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(await Promise.all(files.map(async (file) => [file, await readFile(file)] as const)));
}

async function decrypt(path: string): Promise<Buffer> {
  const readme = await text('README.txt');
  const line = readme.split('\n').find((candidate) => candidate.startsWith(path)) ?? '';
  const context = Object.values(SAMPLE_CONTEXTS).find((candidate) =>
    Object.entries(candidate).every(([key, value]) => line.includes(`${key} = ${value}`)),
  );
  const { Plaintext } = await kit.client.send(
    new DecryptCommand({
      CiphertextBlob: await (BLOBS[path]?.() ?? Buffer.alloc(0)),
      ...(context ? { EncryptionContext: context } : {}),
    }),
  );
  return Buffer.from(Plaintext ?? []);
}

describe('the sample vault', () => {
  it.each(Object.keys(BLOBS))('%s opens with the context that the README names', async (path) => {
    expect((await decrypt(path)).length).toBeGreaterThan(0);
  });

  it('names every file, and only those, in the README', async () => {
    const readme = await text('README.txt');
    const names = [...(await allFiles()).keys()].map((file) => file.slice(folder.length + 1));
    for (const name of names) if (name !== 'README.txt') expect(readme).toContain(`\n${name} `);
    expect(readme.match(/^\w+\/[\w.-]+ {2,}/gm)?.length).toBe(names.length - 1);
    // Nothing in it could be taken for ciphertext.
    expect(readme).not.toMatch(/[A-Za-z0-9+/_-]{40}/);
  });

  it('writes each form as its tools do', async () => {
    expect(await text('payments/db-password.txt')).toMatch(/^AQICAH[A-Za-z0-9+/]+={0,2}\n$/);
    expect(await text('payments/tls-private-key.b64')).toMatch(
      /^([A-Za-z0-9+/]{76}\n)+[A-Za-z0-9+/]{1,76}={0,2}\n$/,
    );
    expect(await text('legacy/smtp-password.b64url')).toMatch(/^[A-Za-z0-9_-]+\n$/);
    expect(await text('legacy/ldap-bind.hex')).toMatch(/^01020200[0-9a-f]+\n$/);
    expect(await text('payments/webhook-secret.json')).toMatch(
      /^\{\n {4}"CiphertextBlob": "[^"]+",\n {4}"KeyId": "arn:[^"]+",\n {4}"EncryptionAlgorithm": "SYMMETRIC_DEFAULT"\n\}\n$/,
    );
    const dataKey = JSON.parse(await text('payments/snapshot-data-key.json'));
    expect(Object.keys(dataKey)).toEqual(['CiphertextBlob', 'KeyId', 'KeyMaterialId']);
  });

  it('holds no plaintext', async () => {
    const files = await allFiles();
    for (const path of Object.keys(BLOBS)) {
      const plaintext = await decrypt(path);
      const forms = [
        plaintext,
        Buffer.from(plaintext.toString('base64')),
        Buffer.from(plaintext.toString('hex')),
      ];
      for (const bytes of files.values()) for (const form of forms) expect(bytes.includes(form)).toBe(false);
    }
    for (const bytes of files.values()) expect(bytes.includes('"Plaintext"')).toBe(false);
  });

  it('has the cases that cannot open, each for its own reason', async () => {
    const damaged = fromBase64(await text('damaged/session-key.b64'));
    expect(readBlob(damaged)).not.toBeNull();
    await refused(
      kit.client.send(new DecryptCommand({ CiphertextBlob: damaged })),
      'InvalidCiphertextException',
    );

    const retired = fromBase64(await text('legacy/console-password.txt'));
    await refused(kit.client.send(new DecryptCommand({ CiphertextBlob: retired })), 'DisabledException');

    const handover = await readFile(join(folder, 'partner/handover.bin'));
    expect(handover.length).toBe(512);
    await refused(
      kit.client.send(new DecryptCommand({ CiphertextBlob: handover })),
      'InvalidCiphertextException',
    );
    const opened = await kit.client.send(
      new DecryptCommand({
        CiphertextBlob: handover,
        KeyId: 'alias/partner-rsa',
        EncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
      }),
    );
    expect(opened.Plaintext?.length).toBe(64);
  });

  it('has the keys that it speaks of', async () => {
    const states: Record<string, string> = {};
    for await (const page of paginateListAliases({ client: kit.client }, {}))
      for (const { AliasName = '' } of page.Aliases ?? []) {
        const { KeyMetadata } = await kit.client.send(new DescribeKeyCommand({ KeyId: AliasName }));
        states[AliasName] = `${KeyMetadata?.KeySpec} ${KeyMetadata?.KeyUsage} ${KeyMetadata?.KeyState}`;
      }
    expect(states).toEqual({
      'alias/archive-2019': 'SYMMETRIC_DEFAULT ENCRYPT_DECRYPT PendingDeletion',
      'alias/global': 'SYMMETRIC_DEFAULT ENCRYPT_DECRYPT Enabled',
      'alias/legacy': 'SYMMETRIC_DEFAULT ENCRYPT_DECRYPT Enabled',
      'alias/partner-rsa': 'RSA_4096 ENCRYPT_DECRYPT Enabled',
      'alias/payments': 'SYMMETRIC_DEFAULT ENCRYPT_DECRYPT Enabled',
      'alias/payments-2027': 'SYMMETRIC_DEFAULT ENCRYPT_DECRYPT Enabled',
      'alias/retired': 'SYMMETRIC_DEFAULT ENCRYPT_DECRYPT Disabled',
      'alias/rotated': 'SYMMETRIC_DEFAULT ENCRYPT_DECRYPT Enabled',
      'alias/signing': 'RSA_2048 SIGN_VERIFY Enabled',
    });
  });

  it('is not touched when made again, and made anew when asked', async () => {
    const before = await allFiles();
    const again = await makeSampleVault({ practice: kit.practice, folder });
    expect(again.written).toBe(0);
    expect(await allFiles()).toEqual(before);

    const own = join(folder, 'legacy', 'my-notes.txt');
    await writeFile(own, 'mine');
    await rm(join(folder, 'legacy', 'ldap-bind.hex'));
    expect((await makeSampleVault({ practice: kit.practice, folder })).written).toBe(1);

    const anew = await makeSampleVault({ practice: kit.practice, folder, replace: true });
    expect(anew.written).toBe(anew.files.length);
    expect(await readFile(own, 'utf8')).toBe('mine');
    await rm(own);
    const after = await allFiles();
    expect([...after.keys()].sort()).toEqual([...before.keys()].sort());
    for (const [file, bytes] of after)
      if (!file.endsWith('README.txt')) expect(bytes.equals(before.get(file) ?? Buffer.alloc(0))).toBe(false);
    expect(await decrypt('legacy/ldap-bind.hex')).toHaveLength(24);
    expect((await stat(join(folder, 'README.txt'))).isFile()).toBe(true);
  });
});

describe('seeding', () => {
  it('makes each key once, also when two do it at the same time, and keeps what a person changed', async () => {
    const stateDir = join(base, 'state');
    const [one, two] = await Promise.all([startPracticeKms({ stateDir }), startPracticeKms({ stateDir })]);
    await Promise.all([seedPractice(one), seedPractice(two)]);
    const client = clientFor(one);
    const { Keys } = await client.send(new ListKeysCommand({}));
    expect(Keys?.length).toBe(9);
    const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId: 'alias/retired' }));
    await client.send(new EnableKeyCommand({ KeyId: KeyMetadata?.KeyId }));
    await seedPractice(two);
    const kept = await client.send(new DescribeKeyCommand({ KeyId: 'alias/retired' }));
    expect(kept.KeyMetadata?.KeyState).toBe('Enabled');
    client.destroy();
    await one.close();
    await two.close();
  });
});
