import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder, writeWhole } from '../../core/storage/files.ts';
import { PRACTICE_ACCOUNT_ID } from '../access/identities.ts';
import { KIND } from '../crypto/blob-layout.ts';
import { encrypt } from '../operations/cipher-sides.ts';
import { type PracticeKms, practiceState } from '../practice-kms.ts';
import { seedPractice } from './sample-keys.ts';
import { SAMPLE_README } from './sample-readme.ts';

/** The contexts that the README of the vault tells a person to type. */
export const SAMPLE_CONTEXTS = {
  payments: { app: 'payments', env: 'practice' },
  orders: { service: 'orders', purpose: 'data-key' },
} as const;

export interface SampleVault {
  readonly folder: string;
  /** Absolute paths of the sample files, README first. */
  readonly files: readonly string[];
  /** How many were written now; the others were there and were left as they are. */
  readonly written: number;
}

/** A sample file: its path in the vault, and what makes its bytes. */
type Recipe = readonly [path: string, make: (practice: PracticeKms) => Promise<string | Buffer>];

const RECIPES: readonly Recipe[] = [
  ['README.txt', async () => SAMPLE_README],
  [
    'payments/db-password.txt',
    async (p) => `${await blob64(p, 'alias/payments', secret(28), SAMPLE_CONTEXTS.payments)}\n`,
  ],
  ['payments/api-token.bin', async (p) => raw(await blob64(p, 'alias/payments', secret(40)))],
  [
    'payments/tls-private-key.b64',
    async (p) => wrapped(await blob64(p, 'alias/payments', randomBytes(1704), SAMPLE_CONTEXTS.payments)),
  ],
  [
    'payments/webhook-secret.json',
    async (p) =>
      cliJson(await p.call('Encrypt', encryptInput('alias/payments', secret(32), SAMPLE_CONTEXTS.payments)), [
        'CiphertextBlob',
        'KeyId',
        'EncryptionAlgorithm',
      ]),
  ],
  [
    'payments/snapshot-data-key.json',
    async (p) => dataKeyJson(p, { KeyId: 'alias/payments', KeySpec: 'AES_256' }),
  ],
  [
    'orders/orders-data-key.json',
    async (p) =>
      dataKeyJson(p, {
        KeyId: 'alias/payments',
        NumberOfBytes: 64,
        EncryptionContext: SAMPLE_CONTEXTS.orders,
      }),
  ],
  [
    'legacy/smtp-password.b64url',
    async (p) => `${raw(await blob64(p, 'alias/legacy', secret(20))).toString('base64url')}\n`,
  ],
  [
    'legacy/ldap-bind.hex',
    async (p) => `${raw(await blob64(p, 'alias/legacy', secret(24))).toString('hex')}\n`,
  ],
  [
    'legacy/backup-passphrase.txt',
    async (p) => `${Buffer.from(await blob64(p, 'alias/legacy', secret(48))).toString('base64')}\n`,
  ],
  ['legacy/vpn-shared-key.kms', async (p) => raw(await blob64(p, 'alias/legacy', randomBytes(32)))],
  [
    'legacy/console-password.txt',
    async (p) => `${sealUnderAnyState(p, 'alias/retired', secret(22)).toString('base64')}\n`,
  ],
  ['partner/handover.bin', async (p) => raw(await rsaBlob64(p, secret(64)))],
  [
    'damaged/session-key.b64',
    async (p) => `${damage(raw(await blob64(p, 'alias/payments', randomBytes(32)))).toString('base64')}\n`,
  ],
];

/**
 * Writes a small vault of ciphertext files in every form that Rewrap reads, under the sample keys (made if missing).
 * The plaintext is random and kept nowhere. Files that exist are left alone unless `replace` is true; other files in
 * the folder are never touched. Each file is written whole or not at all.
 */
export async function makeSampleVault(options: {
  readonly practice: PracticeKms;
  readonly folder: string;
  readonly replace?: boolean;
}): Promise<SampleVault> {
  const { practice, folder, replace = false } = options;
  await seedPractice(practice);
  const files: string[] = [];
  let written = 0;
  for (const [path, make] of RECIPES) {
    const file = join(folder, path);
    files.push(file);
    if (!replace && (await exists(file))) continue;
    makeFolder(dirname(file));
    writeWhole(file, await make(practice));
    written += 1;
  }
  return { folder, files, written };
}

async function exists(file: string): Promise<boolean> {
  return (await stat(file).catch(() => null)) !== null;
}

/** A random password of `length` printable characters. */
function secret(length: number): Buffer {
  return Buffer.from(randomBytes(length).toString('base64url').slice(0, length), 'ascii');
}

function raw(base64: string): Buffer {
  return Buffer.from(base64, 'base64');
}

/** Base64 in lines of 76 characters, as `base64` prints it. */
function wrapped(base64: string): string {
  return `${base64.match(/.{1,76}/g)?.join('\n') ?? ''}\n`;
}

function encryptInput(keyId: string, plaintext: Buffer, context: Record<string, string> = {}) {
  return { KeyId: keyId, Plaintext: plaintext.toString('base64'), EncryptionContext: context };
}

async function blob64(
  practice: PracticeKms,
  keyId: string,
  plaintext: Buffer,
  context: Record<string, string> = {},
): Promise<string> {
  return String((await practice.call('Encrypt', encryptInput(keyId, plaintext, context))).CiphertextBlob);
}

async function rsaBlob64(practice: PracticeKms, plaintext: Buffer): Promise<string> {
  const output = await practice.call('Encrypt', {
    KeyId: 'alias/partner-rsa',
    Plaintext: plaintext.toString('base64'),
    EncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
  });
  return String(output.CiphertextBlob);
}

/** The blob of a time when the key was still enabled. */
function sealUnderAnyState(practice: PracticeKms, alias: string, plaintext: Buffer): Buffer {
  const key = practiceState(practice).keyByAlias(PRACTICE_ACCOUNT_ID, practice.region, alias);
  if (!key) throw new TypeError(`The sample key ${alias} is gone.`);
  return encrypt(key, 'SYMMETRIC_DEFAULT', KIND.Encrypt, plaintext, {});
}

async function dataKeyJson(practice: PracticeKms, input: Record<string, unknown>): Promise<string> {
  const output = await practice.call('GenerateDataKeyWithoutPlaintext', input);
  return cliJson(output, ['CiphertextBlob', 'KeyId', 'KeyMaterialId']);
}

/** As the AWS CLI prints a response. */
function cliJson(output: Record<string, unknown>, members: readonly string[]): string {
  return `${JSON.stringify(output, [...members], 4)}\n`;
}

/** One bit of the encrypted content turned over: the layout stays whole, and only KMS can tell. */
function damage(blob: Buffer): Buffer {
  const at = blob.length - 20;
  blob[at] = (blob[at] ?? 0) ^ 0x10;
  return blob;
}
