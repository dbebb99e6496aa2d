import type { BlobRow } from '#shared/model/blob.ts';
import { isKms, type KeyEvidence } from '../../key-material/index.ts';
import type { FindingDraft, KeySubject } from '../model.ts';

/** A rule and a blob: broken (with its words), held and why, or not to be judged and why; null: it is not about the blob. */
export type RuleVerdict =
  | { readonly broken: FindingDraft; readonly about: string }
  | { readonly holds: string }
  | { readonly why: string }
  | null;
/** What a rule looks at: the key and kind, the same for a whole cohort; or what each blob has of its own. */
export type RowRule = (row: BlobRow, subject: KeySubject) => RuleVerdict;

/** A rule about blobs of KMS, and others that name a key. */
export const ofKms =
  (check: (subject: KeySubject, row: BlobRow) => RuleVerdict): RowRule =>
  (row, subject) =>
    isKms(row) || subject.label !== null ? check(subject, row) : null;

/** Account or Region of a key; an alias without them may have been another's, whatever it names now. */
export const placeIn = (
  subject: KeySubject,
  evidence: KeyEvidence,
  part: 'account' | 'region',
): string | null => (subject.viaAlias ? evidence[part] : subject[part]);

/** What to call the key of a subject in a sentence. */
export const subjectWords = ({ key, label }: KeySubject): string => key?.aliases[0] ?? label ?? 'its key';
