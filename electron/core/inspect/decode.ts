import type { Identification } from '#shared/model/blob.ts';
import { cmsFields } from './blob/cms-fields.ts';
import { symmetricFields } from './blob/symmetric-fields.ts';
import { CONTEXT_NOT_IN_BLOB, kmsLike } from './decode-damaged.ts';
import { byteCount, field } from './field.ts';
import { findingsOf, isSm2 } from './findings.ts';
import { identify } from './identify.ts';
import { databaseFields } from './messages/database-fields.ts';
import { type DatabaseHead, readDatabaseHead } from './messages/database-message.ts';
import { readSdkMessage, type SdkMessage } from './messages/sdk-message.ts';
import { keySentences, sdkMessageFields, suiteName } from './messages/sdk-message-fields.ts';
import { readings } from './readings.ts';
import { lookFields } from './signatures/signature-fields.ts';
import type { DecodedBlob } from './types.ts';
import { concludes, says } from './types.ts';

/**
 * Everything the bytes alone say: a field tree with a top level that covers the blob without gap or overlap, every child
 * inside its parent; findings; and a summary in plain words, what is read and what is concluded kept apart.
 * Never throws, on any bytes.
 */
export function decode(bytes: Uint8Array): DecodedBlob {
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
    case 'database-encryption-sdk': {
      const head = readDatabaseHead(bytes);
      return head === null ? opaque(bytes, identification) : database(bytes, identification, head);
    }
    case 'kms-asymmetric-candidate':
      return asymmetric(bytes, identification);
    default:
      return opaque(bytes, identification);
  }
}

function symmetric(bytes: Uint8Array, identification: Identification): DecodedBlob {
  const { layout, producedBy, plaintextBytes } = identification;
  return {
    identification,
    fields: symmetricFields(bytes),
    findings: findingsOf(bytes, identification),
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
      CONTEXT_NOT_IN_BLOB,
      LAYOUT_UNDOCUMENTED,
    ],
  };
}

function sdkMessage(bytes: Uint8Array, identification: Identification, message: SdkMessage): DecodedBlob {
  return {
    identification,
    fields: sdkMessageFields(bytes, message),
    findings: findingsOf(bytes, identification),
    summary: [
      says(`An AWS Encryption SDK message, format ${message.version}, suite ${suiteName(message.suite)}.`),
      says(
        `Its data key is encrypted ${message.keys.length === 1 ? 'once' : `${message.keys.length} times`}; its header ` +
          `names ${message.pairs.length} encryption context ${message.pairs.length === 1 ? 'pair' : 'pairs'}.`,
      ),
      ...keySentences(bytes, message.keys).map(says),
      concludes(
        'To move it to another key it must be decrypted and encrypted again with the Encryption SDK: the header, ' +
          'with its encrypted data keys, is authenticated under the data key.',
      ),
    ],
  };
}

function database(bytes: Uint8Array, identification: Identification, head: DatabaseHead): DecodedBlob {
  return {
    identification,
    fields: databaseFields(bytes, head),
    findings: findingsOf(bytes, identification),
    summary: [
      says(
        `The header of an encrypted item (aws_dbe_head), version ${head.version}, ${head.signed ? '' : 'not '}signed.`,
      ),
      says(
        `It authenticates ${head.legend.end - head.legend.start} attributes; its data key is encrypted ` +
          `${head.keys.length === 1 ? 'once' : `${head.keys.length} times`}.`,
      ),
      ...keySentences(bytes, head.keys).map(says),
      concludes('To move it to another key, the item must be read and written again with the SDK.'),
    ],
  };
}

function asymmetric(bytes: Uint8Array, identification: Identification): DecodedBlob {
  const structure = isSm2(bytes) ? cmsFields(bytes, 0, bytes.length, false) : null;
  const sm2 = structure !== null;
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
    findings: findingsOf(bytes, identification),
    summary: [
      says(
        `${byteCount(bytes.length)}${sm2 ? ' in the ASN.1 shape of SM2 ciphertext' : ' without any structure, random throughout'}.`,
      ),
      concludes(
        `${identification.label}; ${sm2 ? 'other tools write the same shape.' : 'a signature or other random data of this size would look the same.'}`,
      ),
    ],
  };
}

function opaque(bytes: Uint8Array, identification: Identification): DecodedBlob {
  const all = readings(bytes, identification);
  const [taken] = all;
  return {
    identification,
    fields: lookFields(bytes, identification),
    findings: findingsOf(bytes, identification),
    summary: [
      says(`${byteCount(bytes.length)}.`),
      ...(taken === undefined
        ? []
        : [says(`${taken.evidence.charAt(0).toUpperCase()}${taken.evidence.slice(1)}.`)]),
      concludes(`${identification.reason ?? ''} It is not offered to KMS.`.trimStart()),
    ],
  };
}

const LAYOUT_UNDOCUMENTED = concludes(
  'AWS does not document this layout: the header around the CMS part is read as observed in public blobs. Fields read from a specification are marked documented, the others observed.',
);
