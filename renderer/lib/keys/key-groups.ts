import type { EncryptionAlgorithm } from '#shared/kms/facts.ts';
import type { BlobRow } from '#shared/model/blob.ts';
import type { KeyInfo } from '#shared/model/key.ts';
import type { EvidenceBy, KeyConclusion, KeyGroup, Probe } from '#shared/model/key-group.ts';
import type { Tone } from '../words/words.ts';
import { keyWords } from './keys.ts';

/** How a key's name came to be known, in short and in full. */
export const BY_WORDS: Record<
  Exclude<EvidenceBy, 'grouped' | 'unknown' | 'foreign'>,
  { readonly word: string; readonly why: string }
> = {
  kms: { word: 'confirmed by KMS', why: 'KMS named this key in a reply: proof.' },
  person: { word: 'named by a person', why: 'Named here by hand: a label, not proof.' },
  declared: { word: 'declared in files', why: 'The files around the blobs say so: a label, not proof.' },
  inferred: {
    word: 'inferred',
    why: 'Files name this key beside other blobs with the same key material: a label, not proof.',
  },
  contradicted: {
    word: 'contradicted',
    why: 'A label says so, and other evidence contradicts it. Only KMS can decide.',
  },
};

/** Name of a group's key; null while it is unknown or contradictory. */
export const keyGroupName = (
  keyGroup: KeyGroup | undefined,
  keys: readonly KeyInfo[] | null,
): string | null =>
  keyGroup === undefined || keyGroup.keyArn === null ? null : keyWords(keyGroup.keyArn, keys);

/** Name of the key of blobs of which the same is concluded; null while it is unknown or contradictory. */
export const conclusionName = (
  of: KeyConclusion | undefined,
  keys: readonly KeyInfo[] | null,
): string | null => (of === undefined || of.name === null ? null : keyWords(of.name, keys));

export const NAMELESS = 'key not yet known';

/** What stands in place of a name that is not known. */
export const namelessWords = (keyGroup: KeyGroup | undefined): string =>
  keyGroup?.verdict === 'contradiction' ? 'labels contradict' : NAMELESS;

/** Verdicts that need a word of their own. */
export function verdictWords(verdict: KeyGroup['verdict']): { tone: Tone; word: string } | null {
  switch (verdict) {
    case 'contradiction':
      return { tone: 'attention', word: 'Contradiction' };
    case 'replicas':
      return { tone: 'neutral', word: 'Replicas' };
    case 'alias':
      return { tone: 'neutral', word: 'Key and alias' };
    case 'one-key':
    case 'unknown':
      return null;
  }
}

/** Algorithms under which a key may have made a blob: those that a search asks KMS about. Empty: it cannot have. */
export function fittingAlgorithms(row: BlobRow, key: KeyInfo): readonly EncryptionAlgorithm[] {
  const { kind } = row.identification;
  if (kind === 'kms-symmetric' || kind === 'kms-like')
    return key.spec === 'SYMMETRIC_DEFAULT' ? ['SYMMETRIC_DEFAULT'] : [];
  if (key.spec === `RSA_${row.sizeBytes * 8}` || key.spec === 'SM2') return key.algorithms;
  return [];
}

/** Keys of the list that may have made a blob and may be asked about. */
export const candidatesFor = (row: BlobRow, keys: readonly KeyInfo[]): readonly KeyInfo[] =>
  keys.filter((key) => key.unfitAsSource === null && fittingAlgorithms(row, key).length > 0);

export const ANSWER_WORDS: Record<Probe['answer'], { readonly tone: Tone; readonly word: string }> = {
  opens: { tone: 'done', word: 'Opens it' },
  named: { tone: 'done', word: 'Named by KMS' },
  'opens-unnamed': { tone: 'neutral', word: 'Opens under some key' },
  'other-key': { tone: 'neutral', word: 'Another key made it' },
  'key-fits-context-does-not': { tone: 'attention', word: 'Key fits, context does not' },
  'cannot-tell': { tone: 'attention', word: 'Cannot tell' },
};
