import type { Identification } from '#shared/model/blob.ts';
import { cmsFields } from './blob/cms-fields.ts';
import { type Displaced, findDisplaced, readOtherAlgorithm } from './blob/damage.ts';
import { beginsLikeKms, isProblem, isUnknownLayout, readSymmetric } from './blob/symmetric.ts';
import { symmetricFields } from './blob/symmetric-fields.ts';
import { byteCount, field, shifted } from './field.ts';
import { findingsOf } from './findings.ts';
import { algorithmName, located } from './identify.ts';
import type { DecodedBlob } from './types.ts';
import { concludes, says } from './types.ts';

/** What begins like a KMS blob, or holds one, and is of no known layout: where it departs from them, and what to do. */
export function kmsLike(bytes: Uint8Array, identification: Identification): DecodedBlob {
  const displaced = beginsLikeKms(bytes) || isUnknownLayout(bytes) ? null : findDisplaced(bytes);
  if (displaced !== null) return misplaced(bytes, identification, displaced);
  const reading = readSymmetric(bytes);
  const problem = isProblem(reading) ? reading : null;
  const algorithm = readOtherAlgorithm(bytes);
  if (algorithm !== null) return otherAlgorithm(bytes, identification, algorithmName(algorithm));
  const words = problem === null ? 'is not known' : located(bytes, problem);
  return {
    identification,
    fields: symmetricFields(bytes),
    findings: findingsOf(bytes, identification),
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
): DecodedBlob {
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
    findings: findingsOf(bytes, identification),
    summary: [
      says(`${byteCount(bytes.length)}; ${problem}.`),
      concludes('It is not offered to KMS as it is.'),
    ],
  };
}

/** Everything fits but the cipher: SM4 in the China Regions, or one not seen yet. Recognised, not invalid. */
function otherAlgorithm(bytes: Uint8Array, identification: Identification, name: string): DecodedBlob {
  return {
    identification,
    fields: symmetricFields(bytes),
    findings: findingsOf(bytes, identification),
    summary: [
      says(
        `Has the shape of a KMS ciphertext blob, ${byteCount(bytes.length)} long, under another algorithm: ${name}.`,
      ),
      concludes('Rewrap offers it to KMS, which knows whether it opens.'),
      CONTEXT_NOT_IN_BLOB,
    ],
  };
}

/** So of every blob of KMS's own layouts. */
export const CONTEXT_NOT_IN_BLOB = concludes(
  'The blob does not say whether it has an encryption context: a context leaves no trace in the ciphertext, not even in its length. If one was used when encrypting, KMS needs exactly the same one.',
);
