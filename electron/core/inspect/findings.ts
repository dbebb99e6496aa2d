import { finding } from '#shared/finding.ts';
import { MAX_CIPHERTEXT_BYTES } from '#shared/kms/facts.ts';
import type { Finding, Identification } from '#shared/model/blob.ts';
import { readSm2, rsaSpecOfSize } from './blob/asymmetric.ts';
import { findDisplaced, isTextMangled, readOtherAlgorithm } from './blob/damage.ts';
import {
  beginsLikeKms,
  isProblem,
  isUnknownLayout,
  readSymmetric,
  type SymmetricProblem,
} from './blob/symmetric.ts';
import { byteCount } from './field.ts';
import { algorithmName, located } from './identify.ts';
import { readDatabaseHead } from './messages/database-message.ts';
import { readSdkMessage } from './messages/sdk-message.ts';
import { suiteName } from './messages/sdk-message-fields.ts';
import { readings, readingsFinding } from './readings.ts';
import { lookFindings } from './signatures/signature-fields.ts';

const NONE: readonly Finding[] = [];

/**
 * What the bytes alone say of a blob that a person should know, as {@link decode} has it, without its fields: cheap
 * enough for every blob of a large folder. `identification`: what the blob was found to be, with what stands beside it.
 */
export function findingsOf(bytes: Uint8Array, identification: Identification): readonly Finding[] {
  switch (identification.kind) {
    case 'kms-symmetric':
      return symmetric(bytes, identification);
    case 'kms-like':
      return [...damage(bytes, identification), ...otherReadings(bytes, identification)];
    case 'encryption-sdk-message':
      return sdkMessage(bytes, identification);
    case 'database-encryption-sdk':
      return database(bytes, identification);
    case 'kms-asymmetric-candidate':
      return [sourceNeeded(bytes), ...otherReadings(bytes, identification)];
    default:
      return [...lookFindings(identification), ...otherReadings(bytes, identification)];
  }
}

/** Most blobs are these, and most of them are sound. */
function symmetric(bytes: Uint8Array, identification: Identification): readonly Finding[] {
  const tooLarge = bytes.length > MAX_CIPHERTEXT_BYTES;
  const sound = identification.producedBy !== null && !tooLarge;
  const readingsFound = otherReadings(bytes, identification);
  if (sound) return readingsFound;
  const findings: Finding[] = [];
  if (identification.producedBy === null) {
    const reading = readSymmetric(bytes);
    const at = (isProblem(reading) ? 0 : reading.header) + 2;
    findings.push(
      finding('operation-unknown', {
        evidence: [`It is ${bytes[at]}; those seen are 1, 2 and 3.`],
        range: { start: at, end: at + 1 },
      }),
    );
  }
  if (tooLarge)
    findings.push(
      finding('too-large-for-kms', {
        evidence: [
          `It is ${byteCount(bytes.length)} long; KMS takes at most ${byteCount(MAX_CIPHERTEXT_BYTES)}.`,
        ],
        values: { reason: identification.reason ?? '' },
      }),
    );
  return [...findings, ...readingsFound];
}

function sdkMessage(bytes: Uint8Array, identification: Identification): readonly Finding[] {
  const message = readSdkMessage(bytes);
  if (message === null) return lookFindings(identification);
  const whole = finding('encryption-sdk-message', {
    evidence: [`Its header is that of message format ${message.version}, suite ${suiteName(message.suite)}.`],
    values: { reason: identification.reason ?? '' },
  });
  if (message.problem === null) return [whole];
  return [
    whole,
    finding('truncated', {
      evidence: [`It ${message.problem}.`],
      values: { what: 'message', reason: 'It cannot be opened as it is.' },
    }),
  ];
}

function database(bytes: Uint8Array, identification: Identification): readonly Finding[] {
  const head = readDatabaseHead(bytes);
  if (head === null) return lookFindings(identification);
  return [
    finding('database-encryption-sdk', {
      evidence: [`Its header is that of an encrypted item (aws_dbe_head), version ${head.version}.`],
      values: { reason: identification.reason ?? '' },
    }),
  ];
}

/** Whether bytes have the ASN.1 shape of SM2 ciphertext. */
export const isSm2 = (bytes: Uint8Array): boolean => bytes[0] === 0x30 && readSm2(bytes) !== null;

const sourceNeeded = (bytes: Uint8Array): Finding => (isSm2(bytes) ? SM2_SOURCE : RSA_SOURCE);

const SM2_SOURCE = finding('source-needed', {
  evidence: ['It has the ASN.1 members of SM2PKE ciphertext, and no header.'],
  values: { algorithm: ' (SM2PKE)' },
});
const RSA_SOURCE = finding('source-needed', {
  evidence: ['It has no header: it is random from its first byte to its last.'],
  values: { algorithm: '' },
});

/** What is wrong with bytes that begin like a KMS blob, or hold one, and are of no known layout. */
function damage(bytes: Uint8Array, identification: Identification): Finding[] {
  const displaced = beginsLikeKms(bytes) || isUnknownLayout(bytes) ? null : findDisplaced(bytes);
  if (displaced !== null) {
    const { sort, at, problem } = displaced;
    return [
      finding(sort === 'leading' ? 'leading-bytes' : 'beginning-missing', {
        evidence: [`It is ${byteCount(bytes.length)} long; ${problem}.`],
        values: { reason: identification.reason ?? '' },
        range: { start: 0, end: Math.max(at, 1) },
      }),
    ];
  }
  const algorithm = readOtherAlgorithm(bytes);
  if (algorithm !== null)
    return [
      finding('other-algorithm', {
        evidence: [
          `Its structure is that of a KMS blob to the last byte; the algorithm is ${algorithmName(algorithm)}.`,
        ],
        range: { start: 3, end: 5 },
      }),
    ];
  const reading = readSymmetric(bytes);
  return [ofLayout(bytes, isProblem(reading) ? reading : null), ...(isTextMangled(bytes) ? [MANGLED] : [])];
}

/** What departs from the known layouts, and where. */
function ofLayout(bytes: Uint8Array, problem: SymmetricProblem | null): Finding {
  const words = problem === null ? 'is not known' : located(bytes, problem);
  const at = Math.min(problem?.at ?? 0, Math.max(0, bytes.length - 1));
  const here = { start: at, end: Math.min(at + 1, bytes.length) };
  switch (problem?.sort) {
    case 'truncated':
      return finding('truncated', {
        evidence: [`It ${words}.`],
        values: { what: 'blob', reason: 'KMS is likely to refuse it as it is.' },
        range: here,
      });
    case 'trailing':
      return finding('trailing-bytes', {
        evidence: [`It departs from the known layouts: ${words}.`],
        range: { start: problem.at, end: bytes.length },
      });
    default:
      return finding('unknown-layout', {
        evidence: [`It departs from the known layouts: ${words}.`],
        range: here,
      });
  }
}

const MANGLED = finding('mangled-by-text', {
  evidence: ['They hold several ef bf bd, which is what a program writes for bytes that are no text.'],
});

/** Only sizes of RSA blocks allow another reading. */
function otherReadings(bytes: Uint8Array, identification: Identification): readonly Finding[] {
  if (rsaSpecOfSize(bytes.length) === null) return NONE;
  return readingsFinding(() => readings(bytes, identification), identification.kind);
}
