import type { Finding, Identification } from '#shared/model/blob.ts';
import { cmsFields } from './cms-fields.ts';
import { byteCount, field } from './field.ts';
import { identify } from './identify.ts';
import { readSdkMessage, type SdkMessage } from './sdk-message.ts';
import { sdkMessageFields, suiteName } from './sdk-message-fields.ts';
import { isProblem, readSymmetric } from './symmetric.ts';
import { symmetricFields } from './symmetric-fields.ts';
import type { Decoded } from './types.ts';

type Sentence = Decoded['summary'][number];
const says = (text: string): Sentence => ({ text, source: 'bytes' });
const concludes = (text: string): Sentence => ({ text, source: 'conclusion' });

/**
 * Everything the bytes alone say: a field tree whose top level covers the blob without gap or overlap, every child
 * inside its parent; findings; and a summary in plain words, what is read and what is concluded kept apart.
 * Never throws, on any bytes.
 */
export function decode(bytes: Uint8Array): Decoded {
  const identification = identify(bytes);
  switch (identification.kind) {
    case 'kms-symmetric':
      return symmetric(bytes, identification);
    case 'kms-like':
      return kmsLike(bytes, identification);
    case 'encryption-sdk-message': {
      const message = readSdkMessage(bytes);
      return message === null ? opaque(bytes, identification) : sdkMessage(bytes, identification, message);
    }
    case 'kms-asymmetric-candidate':
      return asymmetric(bytes, identification);
    default:
      return opaque(bytes, identification);
  }
}

function symmetric(bytes: Uint8Array, identification: Identification): Decoded {
  const { layout, producedBy, plaintextBytes } = identification;
  const reading = readSymmetric(bytes);
  const header = isProblem(reading) ? 0 : reading.header;
  const findings: Finding[] = [CONTEXT_NOT_IN_BLOB, LAYOUT_UNDOCUMENTED];
  if (producedBy === null)
    findings.push({
      code: 'operation-unknown',
      severity: 'info',
      title: 'The operation byte has a value not seen before.',
      detail: 'Everything else has the known layout. KMS decides whether it opens.',
      range: { start: header + 2, end: header + 3 },
    });
  if (!identification.reencryptable)
    findings.push({
      code: 'too-large-for-kms',
      severity: 'warning',
      title: 'The blob is larger than KMS takes.',
      detail: identification.reason ?? '',
      range: null,
    });
  return {
    identification,
    fields: symmetricFields(bytes),
    findings,
    summary: [
      says(`A symmetric KMS ciphertext blob, layout ${layout}, ${byteCount(bytes.length)} long.`),
      says(`It holds a plaintext of exactly ${byteCount(plaintextBytes ?? 0)}, encrypted with AES-256-GCM.`),
      says(`Its key material has the fingerprint ${identification.keyFingerprint}.`),
      ...(producedBy === null
        ? []
        : [concludes(`Its operation byte is the one seen in output of ${producedBy}.`)]),
      concludes(
        'Blobs with the same fingerprint were encrypted under the same key material. Account, Region, key id, ' +
          'encryption context and age are not in the bytes.',
      ),
    ],
  };
}

function kmsLike(bytes: Uint8Array, identification: Identification): Decoded {
  const reading = readSymmetric(bytes);
  const problem = isProblem(reading) ? reading : null;
  const at = Math.min(problem?.at ?? 0, Math.max(0, bytes.length - 1));
  const byLayout = {
    truncated: [
      'truncated',
      'The blob is cut short.',
      'Look for the whole value where this one was copied from.',
    ],
    trailing: [
      'trailing-bytes',
      'Bytes follow the end of the blob.',
      'Remove what does not belong to it; KMS is likely to refuse it as it is.',
    ],
    other: [
      'unknown-layout',
      'The blob has no layout that Rewrap knows.',
      'It may be damaged, or of a kind not seen before. KMS is the judge: a dry run tells.',
    ],
  } as const;
  const [code, title, remedy] = byLayout[problem?.sort ?? 'other'];
  return {
    identification,
    fields: symmetricFields(bytes),
    findings: [
      {
        code,
        severity: 'warning',
        title,
        detail: `It ${problem?.sort === 'truncated' ? '' : 'departs from the known layouts: '}${problem?.problem ?? 'is not known'}. ${remedy}`,
        range:
          problem?.sort === 'trailing'
            ? { start: problem.at, end: bytes.length }
            : { start: at, end: Math.min(at + 1, bytes.length) },
      },
      CONTEXT_NOT_IN_BLOB,
    ],
    summary: [
      says(`Begins like a KMS ciphertext blob and is ${byteCount(bytes.length)} long.`),
      says(`It is of no known layout: ${problem?.problem ?? 'unknown'}.`),
      concludes(
        identification.reencryptable
          ? 'Rewrap offers it to KMS all the same, because only KMS can tell whether it opens.'
          : 'It is larger than KMS takes, so it is not offered.',
      ),
    ],
  };
}

function sdkMessage(bytes: Uint8Array, identification: Identification, message: SdkMessage): Decoded {
  const findings: Finding[] = [
    {
      code: 'encryption-sdk-message',
      severity: 'warning',
      title: 'KMS cannot re-encrypt an AWS Encryption SDK message.',
      detail: identification.reason ?? '',
      range: null,
    },
  ];
  if (message.problem !== null)
    findings.push({
      code: 'truncated',
      severity: 'warning',
      title: 'The message is cut short.',
      detail: `It ${message.problem}. Look for the whole message where this one was copied from.`,
      range: null,
    });
  return {
    identification,
    fields: sdkMessageFields(bytes, message),
    findings,
    summary: [
      says(`An AWS Encryption SDK message, format ${message.version}, suite ${suiteName(message.suite)}.`),
      says(
        `Its data key is encrypted ${message.keys.length === 1 ? 'once' : `${message.keys.length} times`}; its header ` +
          `names ${message.pairs.length} encryption context ${message.pairs.length === 1 ? 'pair' : 'pairs'}.`,
      ),
      concludes(
        'To move it to another key it must be decrypted and encrypted again with the Encryption SDK: the header, ' +
          'with its encrypted data keys, is authenticated under the data key.',
      ),
    ],
  };
}

function asymmetric(bytes: Uint8Array, identification: Identification): Decoded {
  const structure = bytes[0] === 0x30 ? cmsFields(bytes, 0, bytes.length, false) : null;
  return {
    identification,
    fields: [
      structure ??
        field(
          bytes,
          'ciphertext',
          0,
          bytes.length,
          'One RSA block, if it is RSA: nothing in it can be read (RFC 8017).',
          'documented',
        ),
    ],
    findings: [
      {
        code: 'source-needed',
        severity: 'info',
        title: 'The source key and algorithm must be supplied.',
        detail:
          'KMS writes no header into asymmetric ciphertext, so neither KMS nor Rewrap can tell from it which key ' +
          'made it. Choose the key and the algorithm it was encrypted with. It takes no encryption context.',
        range: null,
      },
    ],
    summary: [
      says(
        `${byteCount(bytes.length)}${structure === null ? ' without any structure, random throughout' : ' in the ASN.1 shape of SM2 ciphertext'}.`,
      ),
      concludes(
        `${identification.label}; a signature or other random data of this size would look the same.`,
      ),
    ],
  };
}

function opaque(bytes: Uint8Array, identification: Identification): Decoded {
  return {
    identification,
    fields:
      bytes.length === 0
        ? []
        : [field(bytes, 'bytes', 0, bytes.length, identification.reason ?? 'Not known.', 'observed')],
    findings: [],
    summary: [
      says(`${byteCount(bytes.length)}.`),
      concludes(`${identification.reason ?? ''} It is not offered to KMS.`.trimStart()),
    ],
  };
}

const CONTEXT_NOT_IN_BLOB: Finding = {
  code: 'context-not-in-blob',
  severity: 'info',
  title: 'The blob does not say whether it has an encryption context.',
  detail:
    'A context leaves no trace in the ciphertext, not even in its length. If one was used when encrypting, KMS needs ' +
    'exactly the same one.',
  range: null,
};

const LAYOUT_UNDOCUMENTED: Finding = {
  code: 'layout-undocumented',
  severity: 'info',
  title: 'AWS does not document this layout.',
  detail:
    'The header around the CMS part is read as observed in public blobs from 2014 to 2026. Fields read from a ' +
    'specification are marked documented, the others observed.',
  range: null,
};
