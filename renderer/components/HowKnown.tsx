import { BadgeCheck, CircleAlert, Files, FileText, User } from 'lucide-react';
import type { EvidenceBy, KeyGroup } from '#shared/model/key-group.ts';
import { BY_WORDS, verdictWords } from '../lib/key-groups.ts';
import { Status } from './Status.tsx';

const ICONS = {
  kms: BadgeCheck,
  person: User,
  declared: FileText,
  inferred: Files,
  contradicted: CircleAlert,
};

/** Evidence that names a key. */
export type Naming = keyof typeof ICONS;

export const namesKey = (by: EvidenceBy): by is Naming => by in ICONS;

/** How a key's name is known, in small words: KMS's is proof, a person's or a file's is not. */
export function HowKnown({ by, evidence }: { readonly by: Naming; readonly evidence?: string }) {
  const Icon = ICONS[by];
  const { word, why } = BY_WORDS[by];
  return (
    <span className={`how how-${by}`} title={evidence === undefined ? why : `${why}\n${evidence}`}>
      <Icon className="icon icon-small" aria-hidden="true" />
      {word}
    </span>
  );
}

/** What was judged of a group's statements, where that needs a word; the reason shows on hover. */
export function Verdict({ keyGroup }: { readonly keyGroup: KeyGroup }) {
  const words = verdictWords(keyGroup.verdict);
  return words === null ? null : <Status {...words} why={keyGroup.reason} />;
}
