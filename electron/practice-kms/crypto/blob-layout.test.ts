import { createSecretKey, randomBytes } from 'node:crypto';
import * as asn1js from 'asn1js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KIND, readBlob } from './blob-layout.ts';
import { seal } from './ciphers.ts';
import { strictTlv, tlv } from './der.ts';

const material = createSecretKey(randomBytes(32));
const fingerprint = randomBytes(32);

function blobOf(bytes: number): Buffer {
  return seal(material, fingerprint, KIND.Encrypt, randomBytes(bytes), { app: 'x' });
}

describe('the layout of a blob', () => {
  // Lengths observed in AWS ciphertext, or computed from them: plaintext, CMS part, whole blob.
  it.each([
    [1, 95, 153],
    [16, 110, 168],
    [24, 118, 176],
    [32, 126, 184],
    [64, 162, 220],
    [96, 194, 252],
    [100, 198, 256],
    [256, 360, 418],
    [4096, 4200, 4258],
  ])('has the lengths of AWS for %i bytes of plaintext', (plaintext, cms, whole) => {
    const blob = blobOf(plaintext);
    expect(blob.length).toBe(whole);
    expect(blob.readUInt32BE(54)).toBe(cms);
    expect(readBlob(blob)?.content.length).toBe(plaintext + 27);
  });

  it('begins as AWS blobs begin', () => {
    for (const [kind, start] of [
      [KIND.GenerateDataKeyBytes, 'AQIBAH'],
      [KIND.Encrypt, 'AQICAH'],
      [KIND.GenerateDataKeySpec, 'AQIDAH'],
    ] as const) {
      const blob = seal(material, fingerprint, kind, randomBytes(32), {});
      expect(blob.toString('base64')).toMatch(new RegExp(`^${start}[g-j]`));
      expect(blob.subarray(5, 37)).toEqual(fingerprint);
    }
  });

  it('holds DER that another parser reads as CMS EncryptedData', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4096 }), (bytes) => {
        const blob = blobOf(bytes);
        const cms = blob.subarray(58);
        const parsed = asn1js.fromBER(new Uint8Array(cms));
        expect(parsed.offset).toBe(cms.length);
        const contentInfo = parsed.result as asn1js.Sequence;
        const [type, wrapper] = contentInfo.valueBlock.value;
        expect((type as asn1js.ObjectIdentifier).valueBlock.toString()).toBe('1.2.840.113549.1.7.6');
        const [data] = (wrapper as asn1js.Constructed).valueBlock.value;
        const [version, info] = (data as asn1js.Sequence).valueBlock.value;
        expect((version as asn1js.Integer).valueBlock.valueDec).toBe(0);
        const [contentType, algorithm, content] = (info as asn1js.Sequence).valueBlock.value;
        expect((contentType as asn1js.ObjectIdentifier).valueBlock.toString()).toBe('1.2.840.113549.1.7.1');
        const [oid, parameters] = (algorithm as asn1js.Sequence).valueBlock.value;
        expect((oid as asn1js.ObjectIdentifier).valueBlock.toString()).toBe('2.16.840.1.101.3.4.1.46');
        const [nonce, icv] = (parameters as asn1js.Sequence).valueBlock.value;
        expect((nonce as asn1js.OctetString).valueBlock.valueHexView.length).toBe(12);
        expect((icv as asn1js.Integer).valueBlock.valueDec).toBe(16);
        expect(content?.idBlock.tagClass).toBe(3);
        expect((content as asn1js.Primitive).valueBlock.valueHexView.length).toBe(bytes + 27);
        // Minimal lengths: writing it again gives the same bytes.
        expect(Buffer.from(parsed.result.toBER())).toEqual(Buffer.from(cms));
      }),
      { numRuns: 60 },
    );
  });

  it('is not recognised when cut, lengthened or not from KMS', () => {
    const blob = blobOf(32);
    for (let length = 0; length < blob.length; length += 1)
      expect(readBlob(blob.subarray(0, length))).toBeNull();
    expect(readBlob(Buffer.concat([blob, Buffer.alloc(1)]))).toBeNull();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        expect(readBlob(Buffer.from(bytes))).toBeNull();
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (tail) => {
        expect(readBlob(Buffer.concat([blob.subarray(0, 58), tail]))).toBeNull();
      }),
    );
  });
});

describe('DER', () => {
  it('reads what it writes, at every length form', () => {
    for (const length of [0, 1, 127, 128, 255, 256, 4123, 65535]) {
      const element = tlv(0x30, Buffer.alloc(length, 7));
      const read = strictTlv(element, 0, element.length, 0x30);
      expect(read?.end).toBe(element.length);
      expect((read?.end ?? 0) - (read?.start ?? 0)).toBe(length);
      expect(strictTlv(element, 0, element.length - 1, 0x30)).toBeNull();
      expect(strictTlv(element, 0, element.length, 0x31)).toBeNull();
    }
  });

  it('refuses lengths that are not in their shortest form', () => {
    const seven = Buffer.alloc(7);
    const long1 = Buffer.concat([Buffer.from([0x30, 0x81, 7]), seven]);
    const long2 = Buffer.concat([Buffer.from([0x30, 0x82, 0, 7]), seven]);
    const long4 = Buffer.concat([Buffer.from([0x30, 0x84, 0, 0, 0, 7]), seven]);
    const indefinite = Buffer.concat([Buffer.from([0x30, 0x80]), seven, Buffer.alloc(2)]);
    for (const bad of [long1, long2, long4, indefinite])
      expect(strictTlv(bad, 0, bad.length, 0x30)).toBeNull();
  });
});
