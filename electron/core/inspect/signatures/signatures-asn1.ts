import { dotted, expectTlv, oidAt, readTlv, type Tlv } from '../der.ts';
import { LOOKS, otherFile, type Signature } from './signature.ts';

const OID = {
  pkcs7: '2a864886f70d0107',
  enveloped: '2a864886f70d010703',
  authEnveloped: '2a864886f70d0109100117',
  pbes: '2a864886f70d0105',
  pkcs12Pbe: '2a864886f70d010c01',
} as const;

const CMS_TYPES: ReadonlyMap<string, string> = new Map([
  ['01', 'CMS data'],
  ['02', 'CMS SignedData'],
  ['03', 'CMS EnvelopedData'],
  ['05', 'CMS DigestedData'],
  ['06', 'CMS EncryptedData'],
]);

/**
 * What an ASN.1 SEQUENCE is, by the shape of its first members; null for a shape not known. The outer length must be
 * that of the bytes, or reach beyond (a file cut short), or be BER's indefinite one.
 */
export function asn1Look(bytes: Uint8Array): Signature | null {
  const outer = expectTlv(bytes, 0, 0x30);
  if (outer === null || (outer.end !== -1 && outer.end < bytes.length)) return null;
  const first = readTlv(bytes, outer.contentAt);
  if (first === null) return null;
  if (first.tag === 0x06) return cmsLook(bytes, first);
  if (first.tag === 0x02) return numbered(bytes, first);
  if (first.tag === 0x30) return nested(bytes, outer, first);
  return null;
}

function cmsLook(bytes: Uint8Array, first: Tlv): Signature | null {
  const oid = oidAt(bytes, first.at);
  if (oid === null) return null;
  if (oid === OID.authEnveloped) return LOOKS.cms(`names the type ${dotted(oid)}`, 'CMS AuthEnvelopedData');
  if (!oid.startsWith(OID.pkcs7) || oid.length !== OID.pkcs7.length + 2) return null;
  const name = CMS_TYPES.get(oid.slice(-2)) ?? 'CMS / PKCS#7 message';
  const evidence = `is ASN.1 that names its type ${dotted(oid)}`;
  if (oid === OID.enveloped && isForEnclave(bytes, first.end))
    return LOOKS.nitro(`${evidence}, for one recipient known by a 32-byte key identifier`);
  return LOOKS.cms(evidence, name);
}

/**
 * EnvelopedData version 2 with one recipient, named by `[0]` with 32 bytes, as KMS writes CiphertextForRecipient
 * (observed; a certificate's own identifier has 20 bytes).
 */
function isForEnclave(bytes: Uint8Array, at: number): boolean {
  const content = expectTlv(bytes, at, 0xa0);
  const enveloped = content && expectTlv(bytes, content.contentAt, 0x30);
  const version = enveloped && expectTlv(bytes, enveloped.contentAt, 0x02);
  if (!version || bytes[version.contentAt] !== 2) return false;
  const recipients = expectTlv(bytes, version.end, 0x31);
  const recipient = recipients && expectTlv(bytes, recipients.contentAt, 0x30);
  const inner = recipient && expectTlv(bytes, recipient.contentAt, 0x02);
  const id = inner && expectTlv(bytes, inner.end, 0x80);
  return !!id && id.end - id.contentAt === 32;
}

/** A SEQUENCE that begins with an INTEGER: the private key formats, and PKCS#12. */
function numbered(bytes: Uint8Array, first: Tlv): Signature | null {
  if (first.end - first.contentAt !== 1) return null;
  const version = bytes[first.contentAt];
  const second = readTlv(bytes, first.end);
  if (second === null) return null;
  if (version === 3 && second.tag === 0x30 && oidAt(bytes, second.contentAt)?.startsWith(OID.pkcs7))
    return LOOKS.lockedPrivateKey('is ASN.1 of a PKCS#12 store', 'PKCS#12 store, under a passphrase');
  if (version === 0 || version === 1) {
    if (second.tag === 0x30 && second.end !== -1 && oidAt(bytes, second.contentAt) !== null) {
      const key = readTlv(bytes, second.end);
      if (key === null || key.tag === 0x04) return LOOKS.privateKey('is ASN.1 of a PKCS#8 private key');
    }
    if (version === 0 && second.tag === 0x02 && second.end - second.contentAt >= 32)
      return LOOKS.privateKey('is ASN.1 of a PKCS#1 private key');
    const size = second.end - second.contentAt;
    if (version === 1 && second.tag === 0x04 && size >= 20 && size <= 66)
      return LOOKS.privateKey('is ASN.1 of a SEC 1 private key');
  }
  return null;
}

/** A SEQUENCE that begins with a SEQUENCE: certificates, public keys, encrypted private keys. */
function nested(bytes: Uint8Array, outer: Tlv, first: Tlv): Signature | null {
  const oid = oidAt(bytes, first.contentAt);
  const second = first.end === -1 ? null : readTlv(bytes, first.end);
  if (oid !== null) {
    if (
      (oid.startsWith(OID.pbes) || oid.startsWith(OID.pkcs12Pbe)) &&
      (second === null || second.tag === 0x04)
    )
      return LOOKS.lockedPrivateKey('is ASN.1 of an encrypted PKCS#8 private key');
    return second?.tag === 0x03 && second.end === outer.end
      ? otherFile('Public key', 'is ASN.1 of a public key')
      : null;
  }
  const inner = readTlv(bytes, first.contentAt);
  if (inner === null || (inner.tag !== 0xa0 && inner.tag !== 0x02)) return null;
  if (second !== null && (second.tag !== 0x30 || oidAt(bytes, second.contentAt) === null)) return null;
  if (inner.tag === 0xa0) {
    const version = expectTlv(bytes, inner.contentAt, 0x02);
    return version === null || version.end !== inner.end
      ? null
      : LOOKS.certificate('is ASN.1 of an X.509 certificate');
  }
  const next = readTlv(bytes, inner.end);
  if (second === null || next?.tag !== 0x30) return null;
  const signed = readTlv(bytes, second.end);
  if (signed !== null && signed.tag !== 0x03) return null;
  return inner.end - inner.contentAt === 1 && bytes[inner.contentAt] === 0
    ? otherFile('Certificate request', 'is ASN.1 of a certificate request')
    : LOOKS.certificate('is ASN.1 of an X.509 certificate, version 1');
}

/**
 * How many first bytes of a private key in DER say only what kind of key it is: everything before the key itself.
 */
export function publicDerHead(bytes: Uint8Array): number {
  const outer = expectTlv(bytes, 0, 0x30);
  const version = outer && expectTlv(bytes, outer.contentAt, 0x02);
  const second = version && readTlv(bytes, version.end);
  if (!second) return 0;
  if (second.tag !== 0x30) return Math.min(bytes.length, second.contentAt);
  const key = readTlv(bytes, second.end);
  return Math.min(bytes.length, key === null ? second.end : key.contentAt);
}
