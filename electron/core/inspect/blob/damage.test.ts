import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { assemble } from '../assemble.test-help.ts';
import { decode, identify } from '../index.ts';

const blob = () => Buffer.from(assemble({ layout: 'v2' }));
const codes = (bytes: Uint8Array) => decode(bytes).findings.map((one) => one.code);

describe('what follows a blob', () => {
  test.each([
    ['a line end', Buffer.from('\n')],
    ['a line end', Buffer.from('\r\n')],
    ['padding', Buffer.alloc(8)],
    ['PKCS#7 padding', Buffer.alloc(5, 5)],
    ['another whole blob', blob()],
  ])('%s', (words, tail) => {
    const bytes = Buffer.concat([blob(), tail]);
    const { reason, reencryptable, kind } = identify(bytes);
    expect(kind).toBe('kms-like');
    expect(reencryptable).toBe(true);
    expect(reason).toContain(`follow${tail.length === 1 ? 's' : ''} the end of the blob (byte 184)`);
    expect(reason).toContain(words);
    expect(decode(bytes).findings[0]).toMatchObject({
      code: 'trailing-bytes',
      range: { start: 184, end: 184 + tail.length },
    });
  });
});

describe('what stands before a blob', () => {
  test.each([1, 3, 40])('%i bytes', (n) => {
    const bytes = Buffer.concat([Buffer.alloc(n, 0xef), blob()]);
    const { kind, label, reencryptable, reason } = identify(bytes);
    expect({ kind, label, reencryptable }).toEqual({
      kind: 'kms-like',
      label: 'KMS blob after other bytes',
      reencryptable: false,
    });
    expect(reason).toContain(`begins at byte ${n}`);
    const { fields } = decode(bytes);
    expect(fields[0]).toMatchObject({ name: 'leading bytes', length: n });
    expect(fields.find((one) => one.name === 'key material fingerprint')?.offset).toBe(n + 5);
  });

  test.each([1, 5, 30, 57, 58])('the first %i bytes missing', (n) => {
    const bytes = blob().subarray(n);
    const { kind, label, reencryptable } = identify(bytes);
    expect({ kind, label, reencryptable }).toEqual({
      kind: 'kms-like',
      label: 'KMS blob without its beginning',
      reencryptable: false,
    });
    expect(codes(bytes)).toEqual(['beginning-missing']);
  });
});

describe('damage', () => {
  test('a blob that was saved as text is said to be lost', () => {
    let mangled: Buffer;
    do mangled = Buffer.from(blob().toString('utf8'));
    while (!mangled.subarray(0, 5).equals(Buffer.from('0102020078', 'hex')));
    expect(identify(mangled).kind).toBe('kms-like');
    expect(identify(mangled).reason).toContain('saved as text');
    expect(codes(mangled)).toContain('mangled-by-text');
    expect(codes(blob())).not.toContain('mangled-by-text');
  });

  test('a cut is measured in the finding too', () => {
    for (const cut of [1, 12, 61]) {
      const [finding] = decode(blob().subarray(0, -cut)).findings;
      expect(finding?.evidence[0]).toContain(
        `ends ${cut} ${cut === 1 ? 'byte' : 'bytes'} early, inside encryptedContent`,
      );
    }
  });
});

describe('another algorithm is recognised, not invalid', () => {
  /** The same lengths with SM4-GCM in the place of AES-256-GCM: an OID one byte shorter, so lengths shrink by one. */
  function sm4(): Buffer {
    const one = blob();
    const oid = Buffer.from('060960864801650304012e', 'hex');
    const at = one.indexOf(oid);
    const other = Buffer.concat([
      one.subarray(0, at),
      Buffer.from('06082a811ccf55016808', 'hex'),
      one.subarray(at + oid.length),
    ]);
    other.writeUInt32BE(other.length - 58, 54);
    // ContentInfo, content, EncryptedData, encryptedContentInfo, contentEncryptionAlgorithm.
    for (const length of [59, 72, 74, 79, 92]) other[length] = (other[length] ?? 0) - 1;
    return other;
  }

  test('SM4 by its OID', () => {
    const id = identify(sm4());
    expect(id).toMatchObject({
      kind: 'kms-like',
      label: 'KMS-like, other algorithm',
      reencryptable: true,
      keyFingerprint: null,
    });
    expect(id.reason).toContain('sm4-GCM');
    expect(codes(sm4())).toEqual(['other-algorithm']);
  });

  test('another algorithm id in the header', () => {
    const other = blob();
    other[4] = 0x83;
    expect(identify(other).label).toBe('KMS-like, other algorithm');
    expect(identify(other).reason).toContain('id 0083');
  });

  test('not when the rest does not fit', () => {
    const other = blob().subarray(0, -1);
    other[4] = 0x83;
    expect(identify(other).label).toBe('KMS-like, unknown layout');
  });
});

describe('readings', () => {
  test('the structure rules RSA out, and that is said', () => {
    const [finding] = decode(assemble({ layout: 'v2', plaintextBytes: 100 })).findings.filter(
      (one) => one.code === 'other-readings',
    );
    expect(finding?.title).toContain('rules out');
    expect(finding?.evidence.join(' ')).toMatch(
      /^1\. KMS symmetric, v2 \(taken, by structure\).*2\. RSA_2048 ciphertext or signature \(ruled out, by size\)/,
    );
    expect(codes(assemble({ layout: 'v2' }))).not.toContain('other-readings');
  });

  test('random bytes of an RSA size: all that they may be, with the numbers', () => {
    const bytes = Buffer.concat([Buffer.from([0x7a]), randomBytes(255)]);
    const [finding] = decode(bytes).findings.filter((one) => one.code === 'other-readings');
    const said = finding?.evidence.join(' ');
    expect(said).toContain('RSA signature');
    expect(said).toContain('S3 Encryption Client');
    expect(said).toMatch(/χ² \d+/);
    expect(said).toContain('at most 190 bytes');
  });
});
