import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FaultError } from '#shared/model/fault.ts';
import { anyBlob, madeUpBlob } from './blob.test-help.ts';
import { type FoundBlob, type NewBlob, rewrite, scan, withoutPlaintext } from './index.ts';

const base64 = (blob: Uint8Array) => Buffer.from(blob).toString('base64');
const old = {
  CiphertextBlob: '',
  KeyId: 'arn:aws:kms:us-east-1:111122223333:key/old',
  SourceKeyId: 'arn:aws:kms:us-east-1:111122223333:key/older',
  SourceEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
  DestinationEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
  SourceKeyMaterialId: '11'.repeat(32),
  DestinationKeyMaterialId: '22'.repeat(32),
};
const next = (bytes: Uint8Array): NewBlob => ({
  bytes,
  keyArn: 'arn:aws:kms:us-east-1:111122223333:key/new',
  sourceKeyArn: old.KeyId,
  algorithm: 'RSAES_OAEP_SHA_256',
  sourceAlgorithm: 'SYMMETRIC_DEFAULT',
  keyMaterialId: null,
  sourceKeyMaterialId: '22'.repeat(32),
  context: null,
  at: '2026-01-02T03:04:05Z',
});

function one(bytes: Uint8Array): FoundBlob {
  const [found] = scan(bytes, 'x').blobs;
  if (found === undefined) throw new Error('no blob');
  return found;
}

describe('rewrite', () => {
  test('raw: the new blob is the file', () => {
    const file = madeUpBlob();
    const blob = madeUpBlob(5);
    expect(rewrite(file, scan(file, ''), [{ found: one(file), next: next(blob) }])).toEqual(blob);
  });

  test('text: only the text changes', () => {
    const file = Buffer.from(`\ufeff  "${base64(madeUpBlob())}"\r\n`);
    const blob = madeUpBlob(5);
    const written = rewrite(file, scan(file, ''), [{ found: one(file), next: next(blob) }]);
    expect(Buffer.from(written).toString()).toBe(`\ufeff  "${base64(blob)}"\r\n`);
  });

  test('CLI JSON: every label follows, and nothing else moves', () => {
    const blob = madeUpBlob(5);
    for (const indent of ['', '    ', '\t']) {
      const before = { Comment: 'KeyId é', ...old, CiphertextBlob: base64(madeUpBlob()) };
      const file = Buffer.from(`${JSON.stringify(before, null, indent)}\n`);
      const written = rewrite(file, scan(file, ''), [{ found: one(file), next: next(blob) }]);
      const after = {
        ...before,
        CiphertextBlob: base64(blob),
        KeyId: next(blob).keyArn,
        SourceKeyId: old.KeyId,
        DestinationEncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
        SourceKeyMaterialId: '22'.repeat(32),
        // KMS gave none: the old id would be a false label.
        DestinationKeyMaterialId: '',
      };
      expect(Buffer.from(written).toString()).toBe(`${JSON.stringify(after, null, indent)}\n`);
    }
  });

  test('UTF-16, and values that JSON must escape', () => {
    const blob = madeUpBlob(5);
    for (const swap of [false, true]) {
      const text = Buffer.from(
        `\ufeff${JSON.stringify({ CiphertextBlob: base64(madeUpBlob()), KeyId: 'x' })}`,
        'utf16le',
      );
      const file = swap ? text.swap16() : text;
      const written = Buffer.from(
        rewrite(file, scan(file, ''), [{ found: one(file), next: { ...next(blob), keyArn: 'a"\\é' } }]),
      );
      const decoded = (swap ? written.swap16() : written).toString('utf16le');
      expect(JSON.parse(decoded.slice(1))).toEqual({ CiphertextBlob: base64(blob), KeyId: 'a"\\é' });
    }
  });

  test('the same blob with the same labels: byte for byte the same file', () => {
    fc.assert(
      fc.property(anyBlob, fc.constantFrom('', '  ', '\t'), fc.boolean(), (blob, indent, escaped) => {
        let text = JSON.stringify({ note: 'ü', ...old, CiphertextBlob: base64(blob) }, null, indent);
        if (escaped) text = text.replaceAll('/', '\\/');
        const file = Buffer.from(text);
        const found = one(file);
        const same: NewBlob = {
          bytes: blob.slice(),
          keyArn: old.KeyId,
          sourceKeyArn: old.SourceKeyId,
          algorithm: old.DestinationEncryptionAlgorithm,
          sourceAlgorithm: old.SourceEncryptionAlgorithm,
          keyMaterialId: old.DestinationKeyMaterialId,
          sourceKeyMaterialId: old.SourceKeyMaterialId,
          context: null,
          at: '2026-01-02T03:04:05Z',
        };
        const written = Buffer.from(rewrite(file, scan(file, ''), [{ found, next: same }])).toString();
        // The ARN is written by JSON's own rules, in which a slash needs no escape.
        expect(escaped ? JSON.parse(written) : written).toEqual(escaped ? JSON.parse(text) : text);
      }),
    );
  });

  test('several blobs in any order; twice the same one is refused', () => {
    const file = Buffer.from([3, 4, 5].map((n) => base64(madeUpBlob(n))).join('\n'));
    const found = scan(file, '');
    const blobs = [9, 8, 7].map((n) => madeUpBlob(n, 'v1'));
    const replacements = found.blobs.map((blob, i) => ({
      found: blob,
      next: next(blobs[i] ?? madeUpBlob()),
    }));
    const written = rewrite(file, found, replacements.toReversed());
    expect(Buffer.from(written).toString()).toBe(blobs.map(base64).join('\n'));
    const twice = [...replacements, { found: one(file), next: next(madeUpBlob()) }];
    expect(() => rewrite(file, found, twice)).toThrow(FaultError);
    expect(() => rewrite(file.subarray(0, 10), found, replacements)).toThrow(/same bytes/);
  });
});

describe('plaintext is cut', () => {
  const secret = 'c2VjcmV0IHNlY3JldCBzZWNyZXQ=';
  const blob = base64(madeUpBlob());
  const members: [string, unknown][] = [
    ['CiphertextBlob', blob],
    ['Plaintext', secret],
    ['PrivateKeyPlaintext', secret],
    ['KeyId', 'k'],
  ];

  test('whatever the order, the rest stays valid JSON', () => {
    const shuffled = fc
      .shuffledSubarray(members, { minLength: 1 })
      .filter((some) => some.some(([name]) => name !== 'Plaintext'));
    fc.assert(
      fc.property(shuffled, fc.constantFrom('', '    '), fc.boolean(), (some, indent, wide) => {
        const json = Object.fromEntries(some);
        const beside = 'CiphertextBlob' in json || 'KeyId' in json;
        const text = JSON.stringify({ outer: [json] }, null, indent);
        const file = wide ? Buffer.from(`\ufeff${text}`, 'utf16le') : Buffer.from(text);
        const kept = Buffer.from(withoutPlaintext(file, scan(file, '')));
        const left = JSON.parse(wide ? kept.toString('utf16le').slice(1) : kept.toString());
        const { Plaintext: _, PrivateKeyPlaintext: __, ...rest } = json;
        expect(left).toEqual({ outer: [beside ? rest : json] });
      }),
    );
  });

  test('in the same pass as the rewrite', () => {
    const file = Buffer.from(JSON.stringify(Object.fromEntries(members)));
    const found = scan(file, '');
    const other = madeUpBlob(3);
    const written = rewrite(file, found, [{ found: one(file), next: next(other) }], {
      withoutPlaintext: true,
    });
    expect(JSON.parse(Buffer.from(written).toString())).toEqual({
      CiphertextBlob: base64(other),
      KeyId: next(other).keyArn,
    });
  });

  test('ranges that overlap, or are named twice, are taken out once', () => {
    const file = Buffer.from('0123456789');
    const range = (start: number, end: number) => ({ start, end });
    const plaintext = [range(4, 6), range(2, 5), range(4, 6), range(8, 9)];
    expect(Buffer.from(withoutPlaintext(file, { plaintext })).toString()).toBe('01679');
    expect(Buffer.from(rewrite(file, { plaintext }, [], { withoutPlaintext: true })).toString()).toBe(
      '01679',
    );
  });
});
