import { REFERENCE_WORDS } from './audit-words.ts';
import { count, plural } from './format.ts';
import { standingWords } from './git-history-words.ts';
import type { DeletionGate, GateKey } from './model/deletion-gate.ts';

/** The verdict in one word or two: the same on screen, in a shell and in reports. */
export const VERDICT_WORDS: Readonly<Record<DeletionGate['verdict'], string>> = {
  safe: 'Nothing needs it',
  needed: 'Needed',
  unanswered: 'Not answered',
};

/** What a key protects, as counts that are not zero. */
export function gateCounts({ impact, inArchives, history }: GateKey): [string, number][] {
  const all: [string, number][] = [
    ['Would be lost', impact.lost],
    ['May open another way', impact.maybeOtherWay],
    ['Open another way', impact.otherWay],
    ['Named by an alias', impact.viaAlias],
    ['Labels contradict', impact.contradicted],
    ['Damaged already', impact.damaged],
    ['May be under it', impact.possible],
    ['Of these, in archives', inArchives],
    ['In git history alone', history.under],
    ['In git history alone, may be under it', history.possible],
  ];
  return all.filter(([, n]) => n > 0);
}

/** All of it for a terminal, a line each. */
export function* gateLines(gate: DeletionGate, named: (file: string) => string): Generator<string> {
  yield `${VERDICT_WORDS[gate.verdict].toUpperCase()}. ${gate.answer}`;
  for (const words of gate.needs) yield `  needs it: ${words}`;
  for (const words of gate.unanswered) yield `  open: ${words}`;
  for (const key of gate.keys) yield* keyLines(key, named);
  yield '';
  yield 'Coverage';
  for (const words of gate.coverage) yield `  ${words}`;
}

function* keyLines(key: GateKey, named: (file: string) => string): Generator<string> {
  const { impact, history } = key;
  yield '';
  yield impact.key === null ? impact.asked : `${impact.asked} (${impact.key.arn})`;
  const counts = gateCounts(key);
  if (counts.length === 0) yield '  No blob and no reference was found.';
  for (const [words, n] of counts) yield `  ${words}: ${plural(n, 'blob')}`;
  for (const { file, blobs, lost } of impact.byFile)
    yield `    ${named(file)}: ${plural(blobs, 'blob')}${lost > 0 ? `, ${count(lost)} would be lost` : ''}`;
  if (impact.files > impact.byFile.length)
    yield `    and ${plural(impact.files - impact.byFile.length, 'more file')}`;
  for (const blob of history.blobs)
    yield `    ${blob.repository} › ${blob.file ?? `object ${blob.object}`}${blob.place === '' ? '' : ` · ${blob.place}`}: ${standingWords(blob)}`;
  if (history.under > history.blobs.length)
    yield `    and ${plural(history.under - history.blobs.length, 'more blob')} in git history`;
  for (const { file, line, name, sort } of impact.references)
    yield `    ${named(file)}:${line} ${name} (${REFERENCE_WORDS[sort]})`;
  if (impact.moreReferences > 0) yield `    and ${plural(impact.moreReferences, 'more reference')}`;
  for (const note of impact.notes) yield `  ${note}`;
}
