import { Check, Circle, CircleAlert, CircleX, Info, LoaderCircle, TriangleAlert } from 'lucide-react';
import type { Severity } from '#shared/model/blob.ts';
import type { Tone } from '../lib/words/words.ts';

const ICONS = {
  neutral: Circle,
  done: Check,
  running: LoaderCircle,
  attention: CircleAlert,
  danger: CircleX,
};

/** A state as icon and word, so that colour is never alone. */
export function Status({
  tone,
  word,
  why,
}: {
  readonly tone: Tone;
  readonly word: string;
  readonly why?: string | null;
}) {
  const Icon = ICONS[tone];
  return (
    <span className={`status status-${tone}`} title={why ?? undefined}>
      <Icon className="icon" aria-hidden="true" />
      <span>{word}</span>
    </span>
  );
}

export const SEVERITY_WORDS: Record<Severity, string> = {
  info: 'Note',
  warning: 'Warning',
  critical: 'Critical',
};
const SEVERITY_ICONS = { info: Info, warning: TriangleAlert, critical: CircleX };

/** Icon of a finding's severity, named for those who cannot see it. */
export function SeverityIcon({ severity, label }: { readonly severity: Severity; readonly label?: string }) {
  const Icon = SEVERITY_ICONS[severity];
  return (
    <Icon className={`icon severity-${severity}`} role="img" aria-label={label ?? SEVERITY_WORDS[severity]} />
  );
}
