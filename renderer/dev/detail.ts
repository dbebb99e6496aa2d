import type { BlobDetail, BlobRow, Field } from '#shared/model/blob.ts';
import { hexBytes, seeded } from './random.ts';

const pairs = (hex: string): number[] => (hex.match(/../g) ?? []).map((b) => Number.parseInt(b, 16));

/** A blob in the v2 layout with its fields, so that structure and hex show what they will show in earnest. */
export function makeDetail(row: BlobRow): BlobDetail {
  const random = seeded(row.id.length * 31 + Number(row.id.slice(1)));
  const fingerprint = row.identification.keyFingerprint ?? hexBytes(random, 32);
  const bytes: number[] = [];
  const fields: Field[] = [];
  const add = (
    into: Field[],
    name: string,
    hex: string,
    value: string,
    meaning: string,
    observed = true,
  ): void => {
    const data = pairs(hex);
    into.push({
      name,
      offset: bytes.length,
      length: data.length,
      value,
      meaning,
      evidence: observed ? 'observed' : 'documented',
      children: [],
    });
    bytes.push(...data);
  };
  const parent = (into: Field[], name: string, meaning: string, fill: (children: Field[]) => void): void => {
    const offset = bytes.length;
    const children: Field[] = [];
    fill(children);
    into.push({
      name,
      offset,
      length: bytes.length - offset,
      value: `${children.length} fields`,
      meaning,
      evidence: 'documented',
      children,
    });
  };
  const content = 32 + 27;
  if (row.identification.kind === 'kms-symmetric') {
    parent(fields, 'Header', 'What stands before the encrypted part.', (list) => {
      add(list, 'Version', '01', '1', 'Version of the blob, always 1.');
      add(
        list,
        'Layout',
        '02',
        '2, derived key',
        'Each blob has a key of its own, derived from the key material and a salt.',
      );
      add(list, 'Kind', '02', 'Encrypt or ReEncrypt', 'The operation that made the blob.');
      add(
        list,
        'Algorithm',
        '0078',
        '0x0078, AES-256-GCM',
        'Algorithm id as in the Encryption SDK registry.',
      );
      add(
        list,
        'Key material',
        fingerprint,
        fingerprint,
        'Identifies the key material, not the key. It changes at each rotation.',
      );
      add(list, 'Derivation', '01', '1', 'How the key of the blob is derived.');
      add(list, 'Salt', hexBytes(random, 16), 'random', 'Random input to the derivation.');
      add(
        list,
        'Length',
        `000000${(content + 67).toString(16)}`,
        `${content + 67}`,
        'Bytes of the CMS part.',
      );
    });
    parent(fields, 'CMS EncryptedData', 'RFC 5652 EncryptedData with AES-256-GCM (RFC 5084).', (list) => {
      add(
        list,
        'OID encryptedData',
        '307c06092a864886f70d010706',
        '1.2.840.113549.1.7.6',
        'Type of the CMS part.',
        false,
      );
      add(list, 'Version', 'a06f306d020100', '0', 'CMS version.', false);
      parent(list, 'EncryptedContentInfo', 'Algorithm, nonce and ciphertext.', (inner) => {
        add(inner, 'OID data', '306806092a864886f70d010701', '1.2.840.113549.1.7.1', 'Content type.', false);
        add(
          inner,
          'OID aes256-GCM',
          '301e060960864801650304012e',
          '2.16.840.1.101.3.4.1.46',
          'Cipher.',
          false,
        );
        add(
          inner,
          'GCM nonce',
          `3011040c${hexBytes(random, 12)}`,
          row.identification.gcmNonce ?? '',
          'Nonce of AES-GCM.',
          false,
        );
        add(inner, 'Tag length', '020110', '16', 'Bytes of the GCM tag.', false);
        add(
          inner,
          'Ciphertext',
          `80${content.toString(16)}${hexBytes(random, content)}`,
          `${content} bytes`,
          'Encrypted content with its tag. Plaintext is 27 bytes shorter.',
          false,
        );
      });
    });
  } else {
    add(
      fields,
      'Opaque bytes',
      hexBytes(random, row.sizeBytes),
      `${row.sizeBytes} bytes`,
      'No layout is known for these bytes.',
    );
  }
  const symmetric = row.identification.kind === 'kms-symmetric';
  return {
    row,
    byteRange: { start: 214, end: 214 + Math.ceil((bytes.length * 4) / 3) },
    bytesBase64: btoa(String.fromCharCode(...bytes)),
    truncated: false,
    fields,
    findings:
      row.worst === null
        ? []
        : [
            {
              code: row.worst === 'critical' ? 'plaintext-beside-blob' : 'declared-key-contradicts',
              severity: row.worst,
              title:
                row.worst === 'critical'
                  ? 'The plaintext stands in the same file.'
                  : 'The declared key did not make this blob.',
              evidence: [
                row.worst === 'critical'
                  ? 'The JSON has a Plaintext member.'
                  : 'Other blobs that declare this key have another fingerprint.',
              ],
              reason: 'Whoever reads this file needs no KMS.',
              remedy:
                row.worst === 'critical'
                  ? 'Remove it, and make the secret anew.'
                  : 'Check which key can decrypt it.',
              range: null,
            },
          ],
    summary: symmetric
      ? [
          {
            text: 'A symmetric KMS ciphertext blob, layout v2, made by Encrypt or ReEncrypt.',
            source: 'bytes',
          },
          {
            text: `Key material ${fingerprint.slice(0, 8)}; the key itself is not named in the blob.`,
            source: 'bytes',
          },
          {
            text: `The plaintext is ${row.identification.plaintextBytes ?? 32} bytes long.`,
            source: 'bytes',
          },
          ...(row.declared.keyArn === null
            ? []
            : [{ text: `The file says the key is ${row.declared.keyArn}.`, source: 'container' as const }]),
          {
            text: 'The encryption context is not in the blob. Ask its owner whether one was used.',
            source: 'conclusion',
          },
        ]
      : [{ text: row.identification.reason ?? 'Nothing is known of these bytes.', source: 'conclusion' }],
  };
}
