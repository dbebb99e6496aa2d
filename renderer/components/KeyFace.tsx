import { BadgeCheck, CircleAlert, Files, FileText, User } from 'lucide-react';
import { memo } from 'react';
import type { EvidenceBy, KeyGroup } from '#shared/model/key-group.ts';
import { BY_WORDS, verdictWords } from '../lib/keys/key-groups.ts';
import { keyDanger, swatchOf } from '../lib/keys/keys.ts';
import { shortHex } from '../lib/words/format.ts';
import { useKeyGroups } from '../store/blobs/key-groups.ts';
import { useKeyName, useKeys } from '../store/connection/keys.ts';
import { Status } from './Status.tsx';

/** The face of a key material: five bars of two colours drawn from its fingerprint. */
export const Swatch = memo(function Swatch({ fingerprint }: { readonly fingerprint: string }) {
  return (
    <span
      className="swatch"
      style={{ backgroundImage: barsOf(fingerprint) }}
      role="img"
      aria-label={`Key material ${shortHex(fingerprint)}`}
    />
  );
});

/** Five bars with hard edges. One element: a table draws a face for each row. */
function barsOf(fingerprint: string): string {
  const { colours, bars } = swatchOf(fingerprint);
  const stops = bars.map((bar, i) => `var(--swatch-${colours[bar]}) ${i * 20}% ${(i + 1) * 20}%`);
  return `linear-gradient(90deg, ${stops.join(', ')})`;
}

/** Swatch, first eight hex digits, and the key's name where KMS said it. */
export function KeyFace({
  fingerprint,
  label,
}: {
  readonly fingerprint: string;
  readonly label?: string | null;
}) {
  return (
    <span className="key-face" title={label == null ? fingerprint : `${label}\n${fingerprint}`}>
      <Swatch fingerprint={fingerprint} />
      <code>{shortHex(fingerprint)}</code>
      {label !== undefined && label !== null && <span className="key-face-label">{label}</span>}
    </span>
  );
}

const ICONS = {
  kms: BadgeCheck,
  person: User,
  declared: FileText,
  inferred: Files,
  contradicted: CircleAlert,
};

/** Evidence that names a key. */
type Naming = keyof typeof ICONS;

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
export function KeyVerdict({ keyGroup }: { readonly keyGroup: KeyGroup }) {
  const words = verdictWords(keyGroup.verdict);
  return words === null ? null : <Status {...words} why={keyGroup.reason} />;
}

/** Says beside blobs that their key is disabled or about to be deleted, and when. Nothing while it works. */
export function KeyDanger({ keyArn }: { readonly keyArn: string | null }) {
  const key = useKeys((state) =>
    keyArn === null ? undefined : state.keys?.find((each) => each.arn === keyArn || each.keyId === keyArn),
  );
  const danger = key === undefined ? null : keyDanger(key);
  return danger === null ? null : <Status tone={danger.tone} word={danger.word} why={danger.why} />;
}

/** A key by its alias where one is known, with the face of its key material where one blob of the list has it. */
export function KeyTitle({ arn }: { readonly arn: string }) {
  const words = useKeyName(arn);
  const [face] = useKeyGroups((state) => state.materialsOf.get(arn)) ?? [];
  return (
    <span className="key-name" title={arn}>
      {face !== undefined && <Swatch fingerprint={face} />}
      {words.startsWith('alias/') ? words : <code>{words}</code>}
    </span>
  );
}
