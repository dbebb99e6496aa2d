import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decode, identify } from './index.ts';

/** Real public ciphertext, kept outside the project; absent on most machines. */
const SAMPLES = process.env.REWRAP_SAMPLES ?? join(import.meta.dirname, '../../../../shared/samples');
const present = existsSync(join(SAMPLES, 'kms-blobs/labelled.json'));
if (!present) console.warn(`Skipped: no public samples at ${SAMPLES} (set REWRAP_SAMPLES).`);

interface Labelled {
  keyArn: string;
  blobBase64: string;
  createdAt: string | null;
  origin: string;
  source: string;
}

(present ? describe : describe.skip)('public samples', () => {
  const labelled: Labelled[] = present
    ? JSON.parse(readFileSync(join(SAMPLES, 'kms-blobs/labelled.json'), 'utf8'))
    : [];
  const read = labelled.map((one) => ({ ...one, bytes: Buffer.from(one.blobBase64, 'base64') }));

  test('every labelled blob is a symmetric blob of a known layout', () => {
    expect(read.length).toBeGreaterThanOrEqual(45);
    for (const { bytes, source } of read) {
      const id = identify(bytes);
      expect(id.kind, source).toBe('kms-symmetric');
      expect(id.producedBy, source).not.toBeNull();
      expect(decode(bytes).fields.at(-1)?.children.length, source).toBeGreaterThan(0);
    }
    const layouts = new Set(read.map(({ bytes }) => identify(bytes).layout));
    expect([...layouts].sort()).toEqual(['v0', 'v1', 'v2']);
  });

  test('data keys of SOPS and Pulumi are 32 bytes', () => {
    const sops = read.filter(({ origin }) => /sops|pulumi/i.test(origin));
    expect(sops.length).toBeGreaterThan(5);
    for (const { bytes, source } of sops) expect(identify(bytes).plaintextBytes, source).toBe(32);
  });

  test('no fingerprint stands under two keys, replicas and aliases apart', () => {
    const keysOf = new Map<string, Set<string>>();
    for (const { bytes, keyArn } of read) {
      const fingerprint = identify(bytes).keyFingerprint ?? '';
      // Replicas share the key id across Regions; an alias is named with or without its ARN.
      const key = keyArn.replace(/^arn:aws:kms:[^:]*:\d+:/, '').replace(/^awskms:\/\//, '');
      keysOf.set(fingerprint, (keysOf.get(fingerprint) ?? new Set()).add(key));
    }
    const twice = [...keysOf].filter(([, keys]) => keys.size > 1);
    expect(twice).toEqual([]);
  });

  test('no GCM nonce repeats among distinct blobs', () => {
    const distinct = new Map(read.map(({ blobBase64, bytes }) => [blobBase64, identify(bytes).gcmNonce]));
    expect(new Set(distinct.values()).size).toBe(distinct.size);
  });

  test('Encryption SDK messages of every suite', () => {
    const folder = join(SAMPLES, 'encryption-sdk');
    const files = readdirSync(folder).filter((name) => name.endsWith('.bin'));
    expect(files.length).toBe(9);
    for (const name of files) {
      const bytes = readFileSync(join(folder, name));
      expect(identify(bytes), name).toMatchObject({ kind: 'encryption-sdk-message', reencryptable: false });
      const { fields } = decode(bytes);
      expect(fields.at(-1)?.name, name).toBe('body');
      expect(fields.find((one) => one.name === 'encrypted data key')?.value, name).toBe('aws-kms');
      for (let length = 0; length < 600; length += 7) decode(bytes.subarray(0, length));
    }
  });
});
