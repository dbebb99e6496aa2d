import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { assemble } from './assemble.test-help.ts';
import { identify } from './index.ts';
import { randomLooking } from './random.test-help.ts';

const LAYOUTS = ['v0', 'v1', 'v2'] as const;
const text = (value: string) => new TextEncoder().encode(value);

describe('symmetric blobs', () => {
  test.each(LAYOUTS)('%s: fingerprint, nonce, plaintext length and operation', (layout) => {
    const fingerprint = randomBytes(32);
    for (const plaintextBytes of [1, 16, 32, 80, 81, 96, 200, 201, 256, 2048, 4096]) {
      const blob = assemble({ layout, fingerprint, plaintextBytes, kind: 3 });
      const id = identify(blob);
      expect(id).toMatchObject({
        kind: 'kms-symmetric',
        label: `KMS symmetric, ${layout}`,
        layout,
        plaintextBytes,
        keyFingerprint: fingerprint.toString('hex'),
        reencryptable: true,
        reason: null,
      });
      expect(id.producedBy).toContain('KeySpec');
      expect(Buffer.from(blob).toString('hex')).toContain(id.gcmNonce);
    }
  });

  test('sizes are the ones seen in public blobs', () => {
    expect(assemble({ layout: 'v2' }).length).toBe(184);
    expect(assemble({ layout: 'v1' }).length).toBe(167);
    expect(assemble({ layout: 'v0' }).length).toBe(204);
  });

  test('an operation byte not seen yet is said to be unknown, not invalid', () => {
    expect(identify(assemble({ layout: 'v2', kind: 9 }))).toMatchObject({
      kind: 'kms-symmetric',
      producedBy: null,
    });
  });

  test('a blob of 256 bytes is distinguished from RSA by its structure', () => {
    const blob = assemble({ layout: 'v2', plaintextBytes: 100 });
    expect(blob.length).toBe(256);
    expect(identify(blob).kind).toBe('kms-symmetric');
  });
});

describe('KMS-like: located, and a whole one is left to KMS', () => {
  test.each(LAYOUTS)('%s cut at every offset', (layout) => {
    const blob = assemble({ layout });
    // A v0 blob begins with a line feed and a space: cut to a few bytes it may be text.
    for (let length = layout === 'v0' ? 24 : 2; length < blob.length; length++) {
      const id = identify(blob.subarray(0, length));
      expect(id, `at ${length}`).toMatchObject({
        kind: 'kms-like',
        reencryptable: false,
        layout: null,
        keyFingerprint: null,
      });
      expect(id.reason, `at ${length}`).toMatch(/ends (after \d+ bytes|\d+ bytes? early), inside /);
    }
  });

  test('a cut is measured', () => {
    const blob = assemble({ layout: 'v2' });
    expect(identify(blob.subarray(0, -12)).reason).toContain('ends 12 bytes early, inside encryptedContent');
    expect(identify(blob.subarray(0, 45)).reason).toContain('ends after 45 bytes, inside the salt');
    expect(identify(assemble({ layout: 'v0' }).subarray(0, 60)).reason).toContain(
      'ends 144 bytes early, inside the key material',
    );
  });

  test.each(LAYOUTS)('%s with trailing bytes', (layout) => {
    const blob = assemble({ layout });
    const longer = new Uint8Array(blob.length + 3);
    longer.set(blob);
    expect(identify(longer)).toMatchObject({ kind: 'kms-like', reencryptable: true });
    expect(identify(longer).reason).toContain(`3 bytes follow the end of the blob (byte ${blob.length})`);
  });

  test('every changed structural byte is noticed; opaque bytes are not structure', () => {
    const blob = assemble({ layout: 'v2' });
    const opaque = (at: number) =>
      at === 2 || (at >= 5 && at < 37) || (at >= 38 && at < 54) || (at >= 108 && at < 120) || at >= 125;
    for (let at = 2; at < blob.length; at++) {
      const changed = blob.slice();
      changed[at] = (changed[at] ?? 0) ^ 0x40;
      expect(identify(changed).kind, `byte ${at}`).toBe(opaque(at) ? 'kms-symmetric' : 'kms-like');
    }
  });

  test('lengths that are not minimal DER are not the layout', () => {
    const blob = assemble({ layout: 'v1' });
    const longForm = Buffer.concat([blob.subarray(0, 42), Buffer.from([0x81]), blob.subarray(42)]);
    longForm.writeUInt32BE(longForm.readUInt32BE(37) + 1, 37);
    expect(identify(longForm).reason).toContain('not minimal DER');
  });

  test('another algorithm, derivation or wrapper fingerprint', () => {
    const other = assemble({ layout: 'v2' });
    other[4] = 0x79;
    expect(identify(other).reason).toContain('id 0079');
    const derivation = assemble({ layout: 'v2' });
    derivation[37] = 2;
    expect(identify(derivation).reason).toContain('derivation id 02');
    const wrapper = assemble({ layout: 'v0' });
    wrapper[10] = (wrapper[10] ?? 0) ^ 1;
    expect(identify(wrapper).reason).toContain('fingerprint differs');
  });

  test('larger than KMS takes: not offered', () => {
    const blob = Buffer.concat([assemble({ layout: 'v2' }), new Uint8Array(7000)]);
    expect(identify(blob)).toMatchObject({ kind: 'kms-like', reencryptable: false });
  });
});

describe('asymmetric candidates', () => {
  test.each([
    [256, 'RSA_2048'],
    [384, 'RSA_3072'],
    [512, 'RSA_4096'],
  ])('%d random bytes', (size, spec) => {
    const random = randomLooking(spec);
    for (let i = 0; i < 20_000; i++) {
      const bytes = random(size);
      const id = identify(bytes);
      if (id.kind === 'kms-like') continue; // 01 01 … 00 78: four given bytes in a random block.
      expect(id.kind).toBe('kms-asymmetric-candidate');
      expect(id.label).toContain(spec);
    }
    expect(identify(random(size)).reason).toContain('source key');
  });

  test('an RSA block may begin like a blob', () => {
    for (const start of [
      [1, 1],
      [1, 2],
      [0x0a, 0x20],
    ]) {
      const bytes = randomBytes(256);
      bytes.set(start);
      bytes[4] = 0;
      expect(identify(bytes).kind).toBe('kms-asymmetric-candidate');
    }
  });

  test('not for other sizes, nor for what is not random', () => {
    expect(identify(randomBytes(255).fill(9, 0, 1)).kind).toBe('unknown');
    expect(identify(text(randomBytes(192).toString('base64'))).kind).toBe('unknown');
    expect(identify(text(randomBytes(128).toString('hex'))).kind).toBe('unknown');
    expect(identify(new Uint8Array(512)).kind).toBe('unknown');
    const zip = randomBytes(512);
    zip.set([0x50, 0x4b, 3, 4]);
    expect(identify(zip).kind).toBe('unknown');
  });

  test('SM2 by its ASN.1 shape', () => {
    const x = Buffer.concat([Buffer.from([2, 32]), Buffer.alloc(1, 0x11), randomBytes(31)]);
    const body = Buffer.concat([
      x,
      x,
      Buffer.from([4, 32]),
      randomBytes(32),
      Buffer.from([4, 5]),
      randomBytes(5),
    ]);
    const blob = Buffer.concat([Buffer.from([0x30, 0x81, body.length]), body]);
    expect(
      identify(blob.length > 130 ? blob : Buffer.concat([Buffer.from([0x30, body.length]), body])),
    ).toMatchObject({
      kind: 'kms-asymmetric-candidate',
      plaintextBytes: 5,
    });
  });
});

describe('everything else is unknown, and said to look like something', () => {
  test('binary of another size, small or large', () => {
    expect(identify(Buffer.concat([Buffer.from([7]), randomBytes(99)])).reason).toContain('binary data');
    expect(identify(Buffer.concat([Buffer.from([7]), randomBytes(9999)])).reason).toContain(
      'larger than any KMS ciphertext',
    );
    expect(identify(Buffer.concat([Buffer.from([1, 1]), randomBytes(9999)]))).toMatchObject({
      kind: 'unknown',
    });
  });

  test('random bytes of no size of KMS: what they may be, and that nothing says so', () => {
    const { reason } = identify(Buffer.concat([Buffer.from([7]), randomBytes(150)]));
    expect(reason).toContain('random throughout');
    expect(reason).toContain('S3 Encryption Client');
  });
});
