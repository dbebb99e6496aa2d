import type { Finding, Identification } from '#shared/model/blob.ts';
import { cmsFields } from './cms-fields.ts';
import { type Displaced, findDisplaced, isTextMangled, readOtherAlgorithm } from './damage.ts';
import { byteCount, field, shifted } from './field.ts';
import { algorithmName, located } from './identify.ts';
import { readings, readingsFinding } from './readings.ts';
import { concludes, says } from './sentence.ts';
import { beginsLikeKms, isProblem, isUnknownLayout, readSymmetric } from './symmetric.ts';
import { symmetricFields } from './symmetric-fields.ts';
import type { Decoded } from './types.ts';

/** What begins like a KMS blob, or holds one, and is of no known layout: where it departs from them, and what to do. */
export function kmsLike(bytes: Uint8Array, identification: Identification): Decoded {
  const displaced = beginsLikeKms(bytes) || isUnknownLayout(bytes) ? null : findDisplaced(bytes);
  if (displaced !== null) return misplaced(bytes, identification, displaced);
  const reading = readSymmetric(bytes);
  const problem = isProblem(reading) ? reading : null;
  const algorithm = readOtherAlgorithm(bytes);
  if (algorithm !== null) return otherAlgorithm(bytes, identification, algorithmName(algorithm));
  const words = problem === null ? 'is not known' : located(bytes, problem);
  const at = Math.min(problem?.at ?? 0, Math.max(0, bytes.length - 1));
  const byLayout = {
    truncated: [
      'truncated',
      'The blob is cut short.',
      'KMS is likely to refuse it as it is.',
      'Look for the whole value where this one was copied from.',
    ],
    trailing: [
      'trailing-bytes',
      'Bytes follow the end of the blob.',
      'KMS is likely to refuse it as it is.',
      'Remove what does not belong to it.',
    ],
    other: [
      'unknown-layout',
      'The blob has no layout that Rewrap knows.',
      'It may be damaged, or of a kind not seen before.',
      'KMS is the judge: a dry run tells.',
    ],
  } as const;
  const [code, title, reason, remedy] = byLayout[problem?.sort ?? 'other'];
  return {
    identification,
    fields: symmetricFields(bytes),
    findings: [
      {
        code,
        severity: 'warning',
        title,
        evidence: [`It ${problem?.sort === 'truncated' ? '' : 'departs from the known layouts: '}${words}.`],
        reason,
        remedy,
        range:
          problem?.sort === 'trailing'
            ? { start: problem.at, end: bytes.length }
            : { start: at, end: Math.min(at + 1, bytes.length) },
      },
      ...(isTextMangled(bytes) ? [MANGLED] : []),
      CONTEXT_NOT_IN_BLOB,
      ...readingsFinding(readings(bytes, identification)),
    ],
    summary: [
      says(`Begins like a KMS ciphertext blob and is ${byteCount(bytes.length)} long.`),
      says(`It is of no known layout: ${words}.`),
      concludes(
        identification.reencryptable
          ? 'Rewrap offers it to KMS all the same, because only KMS can tell whether it opens.'
          : 'It is larger than KMS takes, so it is not offered.',
      ),
    ],
  };
}

/** A blob with other bytes before it, or without its own beginning. */
function misplaced(
  bytes: Uint8Array,
  identification: Identification,
  { sort, at, problem }: Displaced,
): Decoded {
  const rest = bytes.subarray(at);
  const inner = sort === 'leading' ? symmetricFields(rest) : [cmsFields(bytes, at, bytes.length, true)];
  const what = sort === 'leading' ? 'Not part of the blob.' : 'What is left of the header.';
  const before = field(bytes, sort === 'leading' ? 'leading bytes' : 'cut header', 0, at, what, 'observed');
  const tree = inner
    .filter((one) => one !== null)
    .map((one) => (sort === 'leading' ? shifted(one, at) : one));
  return {
    identification,
    fields: at === 0 ? tree : [before, ...tree],
    findings: [
      {
        code: sort === 'leading' ? 'leading-bytes' : 'beginning-missing',
        severity: 'warning',
        title:
          sort === 'leading' ? 'Other bytes stand before the blob.' : 'The beginning of the blob is missing.',
        evidence: [`It is ${byteCount(bytes.length)} long; ${problem}.`],
        reason: identification.reason ?? '',
        remedy:
          sort === 'leading'
            ? 'Remove what stands before the blob, and add it again.'
            : 'Look for the whole value where this one was copied from.',
        range: { start: 0, end: Math.max(at, 1) },
      },
    ],
    summary: [
      says(`${byteCount(bytes.length)}; ${problem}.`),
      concludes('It is not offered to KMS as it is.'),
    ],
  };
}

/** Everything fits but the cipher: SM4 in the China Regions, or one not seen yet. Recognised, not invalid. */
function otherAlgorithm(bytes: Uint8Array, identification: Identification, name: string): Decoded {
  return {
    identification,
    fields: symmetricFields(bytes),
    findings: [
      {
        code: 'other-algorithm',
        severity: 'info',
        title: 'The blob is encrypted with an algorithm that Rewrap has not seen in KMS blobs.',
        evidence: [`Its structure is that of a KMS blob to the last byte; the algorithm is ${name}.`],
        reason:
          'In the China Regions KMS encrypts with SM4 instead of AES. Length and fingerprint are not concluded from a ' +
          'layout that is not known.',
        remedy: '',
        range: { start: 3, end: 5 },
      },
      CONTEXT_NOT_IN_BLOB,
    ],
    summary: [
      says(
        `Has the shape of a KMS ciphertext blob, ${byteCount(bytes.length)} long, under another algorithm: ${name}.`,
      ),
      concludes('Rewrap offers it to KMS, which knows whether it opens.'),
    ],
  };
}

const MANGLED: Finding = {
  code: 'mangled-by-text',
  severity: 'warning',
  title: 'The bytes were once saved as text, and are damaged for good.',
  evidence: ['They hold several ef bf bd, which is what a program writes for bytes that are no text.'],
  reason: 'What stood there is lost.',
  remedy: 'Look for the value where it was made, and move it as base64.',
  range: null,
};

export const CONTEXT_NOT_IN_BLOB: Finding = {
  code: 'context-not-in-blob',
  severity: 'info',
  title: 'The blob does not say whether it has an encryption context.',
  evidence: ['A context leaves no trace in the ciphertext, not even in its length.'],
  reason: 'If one was used when encrypting, KMS needs exactly the same one.',
  remedy: '',
  range: null,
};
