import { finding } from '#shared/finding.ts';
import type { Finding, Identification } from '#shared/model/blob.ts';
import { cmsFields } from './cms-fields.ts';
import { type Displaced, findDisplaced, isTextMangled, readOtherAlgorithm } from './damage.ts';
import { byteCount, field, shifted } from './field.ts';
import { algorithmName, located } from './identify.ts';
import { readings, readingsFinding } from './readings.ts';
import { concludes, says } from './sentence.ts';
import {
  beginsLikeKms,
  isProblem,
  isUnknownLayout,
  readSymmetric,
  type SymmetricProblem,
} from './symmetric.ts';
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
  return {
    identification,
    fields: symmetricFields(bytes),
    findings: [
      ofLayout(bytes, problem, words, at),
      ...(isTextMangled(bytes) ? [MANGLED] : []),
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
      CONTEXT_NOT_IN_BLOB,
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
      finding(sort === 'leading' ? 'leading-bytes' : 'beginning-missing', {
        evidence: [`It is ${byteCount(bytes.length)} long; ${problem}.`],
        values: { reason: identification.reason ?? '' },
        range: { start: 0, end: Math.max(at, 1) },
      }),
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
      finding('other-algorithm', {
        evidence: [`Its structure is that of a KMS blob to the last byte; the algorithm is ${name}.`],
        range: { start: 3, end: 5 },
      }),
    ],
    summary: [
      says(
        `Has the shape of a KMS ciphertext blob, ${byteCount(bytes.length)} long, under another algorithm: ${name}.`,
      ),
      concludes('Rewrap offers it to KMS, which knows whether it opens.'),
      CONTEXT_NOT_IN_BLOB,
    ],
  };
}

/** What departs from the known layouts, and where. */
function ofLayout(bytes: Uint8Array, problem: SymmetricProblem | null, words: string, at: number): Finding {
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

/** So of every blob of KMS's own layouts. */
export const CONTEXT_NOT_IN_BLOB = concludes(
  'The blob does not say whether it has an encryption context: a context leaves no trace in the ciphertext, not even in its length. If one was used when encrypting, KMS needs exactly the same one.',
);
