import { finding } from '#shared/finding.ts';
import type { Field, Finding, Identification } from '#shared/model/blob.ts';
import { cmsFields } from '../blob/cms-fields.ts';
import { byteCount, field } from '../field.ts';
import { PGP_TAGS, readOpenPgp } from './openpgp.ts';
import { isSecretInClear } from './signature.ts';

/** Fields of what is no KMS ciphertext: its own structure where that is cheap to show, one field otherwise. */
export function lookFields(bytes: Uint8Array, identification: Identification): Field[] {
  if (bytes.length === 0) return [];
  const { kind, label } = identification;
  if (isSecretInClear(kind, label))
    return [
      field(
        bytes,
        'secret',
        0,
        bytes.length,
        `${label}: not shown.`,
        'observed',
        `${byteCount(bytes.length)}, not shown`,
      ),
    ];
  return (
    structure(bytes, identification) ?? [field(bytes, 'bytes', 0, bytes.length, `${label}.`, 'observed')]
  );
}

function structure(bytes: Uint8Array, { kind }: Identification): Field[] | null {
  switch (kind) {
    case 'pkcs7':
    case 'nitro-recipient':
    case 'certificate':
    case 'private-key': {
      const tree = bytes[0] === 0x30 ? cmsFields(bytes, 0, bytes.length, false) : null;
      return tree === null ? null : [tree];
    }
    case 'openpgp':
      return pgpFields(bytes);
    case 'openssl-salted':
      return bytes[0] === 0x53 && bytes.length > 16
        ? split(bytes, [
            ['magic', 8, 'The letters Salted__.'],
            ['salt', 8, 'The key is derived from it and the passphrase.'],
            ['ciphertext', bytes.length - 16, 'Which cipher made it is not said.'],
          ])
        : null;
    case 'git-crypt':
      return bytes.length > 22
        ? split(bytes, [
            ['magic', 10, '\\0GITCRYPT\\0.'],
            ['nonce', 12, 'HMAC of the file, used as the nonce.'],
            ['ciphertext', bytes.length - 22, 'AES-256-CTR under the repository’s key.'],
          ])
        : null;
    case 'gcp-kms':
      return bytes.length > 40
        ? split(bytes, [
            ['field 1', 2, 'Protobuf: field 1, 36 bytes long.'],
            ['key version', 36, 'Tells Google which key version made it.'],
            ['ciphertext', bytes.length - 38, 'Protobuf field 2.'],
          ])
        : null;
    case 'emulator':
      return /^[0-9a-f]{8}-/.test(Buffer.from(bytes.subarray(0, 9)).toString('latin1')) && bytes.length > 64
        ? split(bytes, [
            [
              'key id',
              36,
              'The emulator’s key id, in letters.',
              Buffer.from(bytes.subarray(0, 36)).toString('latin1'),
            ],
            ['ciphertext', bytes.length - 36, 'Nonce, tag and ciphertext, as the emulator lays them out.'],
          ])
        : null;
    default:
      return null;
  }
}

function split(bytes: Uint8Array, parts: readonly (readonly [string, number, string, string?])[]): Field[] {
  let at = 0;
  return parts.map(([name, length, meaning, value]) => {
    const one = field(bytes, name, at, length, meaning, 'observed', value);
    at += length;
    return one;
  });
}

function pgpFields(bytes: Uint8Array): Field[] | null {
  const packets = readOpenPgp(bytes);
  const last = packets?.at(-1);
  if (!packets || last === undefined) return null;
  const fields = packets.map(({ tag, start, bodyAt, end }) => {
    const children =
      tag === 1 && bytes[bodyAt] === 3 && end - bodyAt > 9
        ? [field(bytes, 'recipient key id', bodyAt + 1, 8, 'Which PGP key opens it.', 'documented')]
        : [];
    return field(
      bytes,
      PGP_TAGS.get(tag) ?? 'packet',
      start,
      end - start,
      `OpenPGP packet ${tag} (RFC 9580).`,
      'documented',
      byteCount(end - start),
      children,
    );
  });
  if (last.end < bytes.length)
    fields.push(field(bytes, 'more packets', last.end, bytes.length - last.end, 'Not read.', 'documented'));
  return fields;
}

/** What a person must know at once of a look-alike. */
export function lookFindings({ kind, label, reason }: Identification): Finding[] {
  if (kind === 'private-key' && isSecretInClear(kind, label)) return [privateKeyFinding(label)];
  if (isSecretInClear(kind, label))
    return [
      finding('keyset-in-clear', {
        evidence: [`It is recognised as: ${label}.`],
        values: { reason: reason ?? '' },
      }),
    ];
  if (kind === 'unknown' || kind === 'certificate') return [];
  return [
    finding('not-kms-ciphertext', {
      evidence: [`It is recognised as: ${label}.`],
      values: { reason: reason ?? '' },
    }),
  ];
}

/** A private key that anyone who can read the file can use. Says nothing of the key but its sort. */
export function privateKeyFinding(label: string): Finding {
  return finding('private-key-in-clear', { evidence: [`${label}.`] });
}
