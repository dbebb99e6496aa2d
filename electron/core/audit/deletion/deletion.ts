import type { DeletionImpact } from '#shared/model/audit.ts';
import { isMessage } from '../list/audit-snapshot.ts';
import type { Audit, Touched } from '../model.ts';
import { type Counts, deletionAnswer, deletionNotes, NO_COUNTS } from './deletion-words.ts';
import { isListed, touchedBy } from './touched-blobs.ts';

const MOST_FILES = 200;
const MOST_REFERENCES = 200;

/** "What breaks if I delete this key?" `touched`: where it is known already. */
export function deletionImpact(
  audit: Audit,
  text: string,
  touched: Touched = touchedBy(audit, text),
): DeletionImpact {
  const { asked, rows, key, references, nameless } = touched;
  const { columns } = audit.input.snapshot;
  const files = new Map<number, { blobs: number; lost: number }>();
  const filesOf = { sure: new Set<number>(), alias: new Set<number>(), contradicted: new Set<number>() };
  const counts: Counts = { ...NO_COUNTS, ways: { ...NO_COUNTS.ways }, files: { ...NO_COUNTS.files } };
  for (const { index, under, way, damaged } of rows) {
    counts[under] += 1;
    const row = columns.rows[index];
    if (under === 'unidentified' && row !== undefined && isMessage(row)) counts.viaBranchKey += 1;
    if (!isListed(under)) continue;
    const file = columns.file[index] ?? 0;
    const ofFile = files.get(file) ?? { blobs: 0, lost: 0 };
    files.set(file, ofFile);
    ofFile.blobs += 1;
    if (damaged) counts.damaged += 1;
    if (under === 'alias' || under === 'contradicted') filesOf[under].add(file);
    else if (damaged) counts.damagedSure += 1;
    else {
      filesOf.sure.add(file);
      counts.ways[way] += 1;
      if (way === 'none') ofFile.lost += 1;
    }
  }
  for (const sort of ['sure', 'alias', 'contradicted'] as const) counts.files[sort] = filesOf[sort].size;
  const possible = counts.named + counts.unidentified;
  return {
    answer: deletionAnswer(audit, touched, counts),
    // Configuration that names the key breaks with it, also where no blob is under it.
    severity: files.size > 0 ? 'some' : possible + references.length > 0 ? 'possible' : 'none',
    key,
    asked,
    known: !nameless,
    certain: counts.confirmed + counts.person,
    declared: counts.declared,
    inferred: counts.inferred,
    viaAlias: counts.alias,
    contradicted: counts.contradicted,
    damaged: counts.damaged,
    possible,
    lost: counts.ways.none,
    otherWay: counts.ways.other,
    maybeOtherWay: counts.ways.maybe,
    files: files.size,
    byFile: [...files]
      .map(([file, ofFile]) => ({ file: columns.files[file] ?? '', ...ofFile }))
      .sort((a, b) => b.lost - a.lost || b.blobs - a.blobs || (a.file < b.file ? -1 : 1))
      .slice(0, MOST_FILES),
    references: references.slice(0, MOST_REFERENCES),
    moreReferences: Math.max(0, references.length - MOST_REFERENCES),
    notes: deletionNotes(audit, touched, counts),
  };
}
