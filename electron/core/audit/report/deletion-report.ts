import { coverageWords, REFERENCE_WORDS } from '#shared/audit-words.ts';
import { count, plural } from '#shared/format.ts';
import type { DeletionImpact, KeyReference } from '#shared/model/audit.ts';
import type { BlobRow } from '#shared/model/blob.ts';
import { deletionImpact } from '../deletion/deletion.ts';
import { isListed, touchedBy } from '../deletion/touched-blobs.ts';
import type { Audit, TouchedRow } from '../model.ts';
import { fileRanks, sortedInTurns } from './blob-lines.ts';
import { listBlocks } from './by-key.ts';
import { jsonLine } from './escape.ts';
import type {
  Asked,
  Block,
  FileNaming,
  Report,
  ReportData,
  ReportSection,
  SarifPlace,
  SarifResult,
} from './report.ts';
import { limitsSection, scopeSection, signSection } from './scope.ts';

/** Where a blob stands in its file; a member is null where it is not known. */
export interface PlaceInFile {
  readonly bytes: { readonly start: number; readonly length: number } | null;
  /** Counted from 1; columns in UTF-16 units. */
  readonly text: { readonly line: number; readonly column: number } | null;
}
export type PlaceInFileOf = (index: number) => PlaceInFile;

const UNDER_WORDS: Record<TouchedRow['under'], string> = {
  confirmed: 'confirmed by KMS',
  person: 'named by a person',
  declared: 'declared in files',
  inferred: 'inferred from the same key material',
  alias: 'known by an alias, which may have named another key then',
  contradicted: 'labels contradict',
  named: 'may be: only KMS can say whether the names are one key',
  unidentified: 'may be: nothing names its key',
};
const WAY_WORDS: Record<TouchedRow['way'], string> = {
  none: 'no other way known',
  maybe: 'may open another way',
  other: 'opens another way',
};
/** The counts of the answer, for people. */
const COUNTS: readonly (readonly [
  'certain' | 'declared' | 'inferred' | 'viaAlias' | 'contradicted' | 'damaged' | 'possible',
  string,
])[] = [
  ['certain', 'Confirmed by KMS or a person'],
  ['declared', 'Declared in files'],
  ['inferred', 'Inferred from the same key material'],
  ['viaAlias', 'Known by an alias'],
  ['contradicted', 'Labels contradict'],
  ['damaged', 'Of these, damaged already'],
  ['possible', 'May be'],
];

/** "What breaks if I delete this key?", with every blob and every reference. */
export interface DeletionFacts {
  readonly audit: Audit;
  readonly asked: string;
  readonly impact: DeletionImpact;
  readonly rows: readonly TouchedRow[];
  readonly references: readonly KeyReference[];
}

export function deletionFacts(audit: Audit, asked: string): DeletionFacts {
  const touched = touchedBy(audit, asked);
  const { rows, references } = touched;
  return { audit, asked, impact: deletionImpact(audit, asked, touched), rows, references };
}

/** The answer by itself, with room to sign. */
export function deletionReport(audit: Audit, key: string, asked: Asked, placeOf: PlaceInFileOf): Report {
  const facts = deletionFacts(audit, key);
  return {
    of: 'deletion',
    title: `What breaks if ${key} is deleted`,
    sections: ({ paths }) => [
      deletionSection(facts),
      scopeSection(paths, asked.coverage, audit.summary.totals),
      limitsSection(asked, audit.findings, audit.summary.caller),
      signSection(),
    ],
    lines: function* (named) {
      yield* deletionLines(facts, named);
      yield* coverageWords(asked.coverage);
    },
    table: () => ({ head: HEAD, rows: cells(facts) }),
    data: () => {
      const { members, lists } = deletionData(facts);
      return {
        members: { coverage: asked.coverage, ...members, blobs: [] },
        lists: { ...lists, blobs: blobItems(facts) },
      };
    },
    results: () => ({
      rules: [
        {
          id: RULE,
          text: 'The blob is, or may be, under the key of which the deletion was asked.',
          help: '',
        },
        {
          id: REFERENCE_RULE,
          text: 'Configuration refers to the key of which the deletion was asked.',
          help: '',
        },
      ],
      results: results(facts, placeOf),
      properties: { answer: facts.impact.answer, asked: key, coverage: asked.coverage },
    }),
  };
}

/** Rules of SARIF alone: the answer to a question is no finding. */
const RULE = 'if-deleted';
const REFERENCE_RULE = 'if-deleted-reference';

// What is lost, what opens another way, what may be: apart on paper and in a terminal.

interface Part {
  readonly title: string;
  readonly of: (row: TouchedRow) => boolean;
}

const sure = ({ under, damaged }: TouchedRow): boolean =>
  isListed(under) && under !== 'contradicted' && under !== 'alias' && !damaged;
const PARTS: readonly Part[] = [
  { title: 'Could never be opened again', of: (row) => sure(row) && row.way === 'none' },
  { title: 'May open another way', of: (row) => sure(row) && row.way === 'maybe' },
  { title: 'Open another way', of: (row) => sure(row) && row.way === 'other' },
  {
    title: 'Known by an alias, which may have named another key when they were made',
    of: ({ under }) => under === 'alias',
  },
  {
    title: 'Damaged: no key opens them as they are',
    of: (row) => row.damaged && isListed(row.under) && row.under !== 'contradicted' && row.under !== 'alias',
  },
  { title: 'Labels contradict: may be lost', of: ({ under }) => under === 'contradicted' },
  { title: 'May be under it', of: ({ under }) => !isListed(under) },
];

interface FileOf {
  readonly file: string;
  readonly rank: number;
  blobs: number;
  /** How its blobs are under the key. */
  readonly under: Set<TouchedRow['under']>;
}

/** Rows that are gone through before others have a turn. */
const AT_ONCE = 2000;

/** Every file that the deletion concerns, by what becomes of its blobs; a file of two kinds stands under both. */
function* partsOf({
  audit,
  rows,
}: DeletionFacts): Generator<
  null,
  { readonly title: string; readonly blobs: number; readonly files: readonly FileOf[] }[]
> {
  const { columns } = audit.input.snapshot;
  const rank = yield* fileRanks(columns);
  const parts = PARTS.map(({ title }) => ({ title, blobs: 0, files: new Map<number, FileOf>() }));
  for (const [i, row] of rows.entries()) {
    if (i % AT_ONCE === 0) yield null;
    const part = parts[PARTS.findIndex(({ of }) => of(row))];
    if (part === undefined) continue;
    const code = columns.file[row.index] ?? 0;
    const file = part.files.get(code) ?? {
      file: columns.files[code] ?? '',
      rank: rank[code] ?? 0,
      blobs: 0,
      under: new Set(),
    };
    part.files.set(code, file);
    part.blobs += 1;
    file.blobs += 1;
    file.under.add(row.under);
  }
  const made = [];
  for (const { title, blobs, files } of parts)
    if (blobs > 0)
      made.push({
        title,
        blobs,
        files: yield* sortedInTurns([...files.values()], (a, b) => a.rank - b.rank),
      });
  return made;
}

const fileWords = ({ file, blobs, under }: FileOf): string =>
  `${file}: ${blobs === 1 ? '' : `${plural(blobs, 'blob')}, `}${[...under].map((how) => UNDER_WORDS[how]).join('; ')}`;

/** The answer as a section of a report. */
export const deletionSection = (facts: DeletionFacts): ReportSection => ({
  heading: `If ${facts.asked} is deleted`,
  blocks: answerBlocks(facts),
});

function* answerBlocks(facts: DeletionFacts): Generator<Block | null> {
  const { asked, impact, references } = facts;
  yield { type: 'text', strong: true, text: impact.answer };
  yield {
    type: 'facts',
    facts: [
      ['Asked', asked],
      ...(impact.key === null ? [] : [['Key', impact.key.arn] as const]),
      ...COUNTS.map(([member, words]) => [words, plural(impact[member], 'blob')] as const),
      ...impact.notes.map((note) => ['Note', note] as const),
    ],
  };
  for (const { title, blobs, files } of yield* partsOf(facts)) {
    yield { type: 'heading', text: `${title}: ${plural(blobs, 'blob')} in ${plural(files.length, 'file')}` };
    yield* listBlocks(files, fileWords);
  }
  for (let at = 0; at < references.length; at += AT_ONCE) {
    yield {
      type: 'table',
      title: at === 0 ? 'Configuration that refers to it' : 'Configuration, continued',
      head: ['File', 'Line', 'Name', 'What it is'],
      rows: references
        .slice(at, at + AT_ONCE)
        .map(({ file, line, name, sort }) => [file, String(line), name, REFERENCE_WORDS[sort]]),
    };
    yield null;
  }
}

export function* deletionLines(facts: DeletionFacts, named: FileNaming): Generator<string | null> {
  const { impact, references } = facts;
  yield impact.answer;
  yield `  ${COUNTS.map(([member, words]) => `${words.charAt(0).toLowerCase()}${words.slice(1)}: ${count(impact[member])}`).join('; ')}`;
  for (const { title, blobs, files } of yield* partsOf(facts)) {
    yield `  ${title}: ${plural(blobs, 'blob')} in ${plural(files.length, 'file')}`;
    for (const file of files) yield `      ${fileWords({ ...file, file: named(file.file) })}`;
    yield null;
  }
  if (references.length > 0) yield `  Configuration that refers to it: ${plural(references.length, 'place')}`;
  for (const { file, line, name, sort } of references)
    yield `      ${named(file)}:${line} ${name} (${REFERENCE_WORDS[sort]})`;
  for (const note of impact.notes) yield `  ${note}`;
}

// CSV, JSON and SARIF: every blob, then every reference.

const HEAD = ['file', 'repository', 'place', 'sha256', 'key material', 'declared key', 'how', 'another way'];

function* touched({ audit, rows }: DeletionFacts): Generator<TouchedRow & { readonly row: BlobRow }> {
  for (const one of rows) {
    const row = audit.input.snapshot.columns.rows[one.index];
    if (row !== undefined) yield { ...one, row };
  }
}

function* cells(facts: DeletionFacts): Generator<(string | null)[]> {
  for (const { under, way, row } of touched(facts))
    yield [
      row.file,
      row.repository,
      row.place,
      row.sha256,
      row.identification.keyFingerprint,
      row.declared.keyArn,
      UNDER_WORDS[under],
      WAY_WORDS[way],
    ];
  for (const { file, line, name, sort } of facts.references)
    yield [file, null, `line ${line}`, null, null, name, `refers to it: ${REFERENCE_WORDS[sort]}`, null];
}

/** The members of the answer, for a report of its own or as part of an audit. */
export function deletionData({ impact, references }: DeletionFacts): ReportData {
  const { moreReferences: _, ...members } = impact;
  return {
    members: { ...members, references: [] },
    lists: { references: references.map((each) => jsonLine(each)) },
  };
}

function* blobItems(facts: DeletionFacts): Generator<string> {
  for (const { under, way, row } of touched(facts))
    yield jsonLine({
      file: row.file,
      repository: row.repository,
      place: row.place,
      sha256: row.sha256,
      keyMaterial: row.identification.keyFingerprint,
      declaredKey: row.declared.keyArn,
      under,
      anotherWay: way,
    });
}

/** One result for each way in which blobs are under the key, and each name of it that a line has. */
function* results(facts: DeletionFacts, placeOf: PlaceInFileOf): Generator<SarifResult> {
  const { asked, references } = facts;
  const blobs = new Map<
    string,
    { under: TouchedRow['under']; way: TouchedRow['way']; places: SarifPlace[] }
  >();
  for (const { index, under, way, row } of touched(facts)) {
    const { file, place, sha256, declared } = row;
    const at = { file, place, ...placeOf(index), message: null };
    const one = { ...at, properties: { sha256, key: declared.keyArn } };
    const known = blobs.get(`${under} ${way}`);
    if (known === undefined) blobs.set(`${under} ${way}`, { under, way, places: [one] });
    else known.places.push(one);
  }
  for (const { under, way, places } of blobs.values())
    yield {
      rule: RULE,
      level: isListed(under) ? 'warning' : 'note',
      message: `${UNDER_WORDS[under]}; ${WAY_WORDS[way]}. Asked: ${asked}.`,
      places,
      total: places.length,
      fingerprint: `${RULE}.${asked} ${under} ${way}`,
      suppressed: null,
      properties: { under, anotherWay: way },
    };
  const names = new Map<string, { name: string; sort: KeyReference['sort']; places: SarifPlace[] }>();
  for (const { file, line, name, sort } of references) {
    const one = { file, place: `line ${line}`, bytes: null, text: null, message: null, properties: {} };
    const known = names.get(`${sort} ${name}`);
    if (known === undefined) names.set(`${sort} ${name}`, { name, sort, places: [one] });
    else known.places.push(one);
  }
  for (const { name, sort, places } of names.values())
    yield {
      rule: REFERENCE_RULE,
      level: 'note',
      message: `${REFERENCE_WORDS[sort]} names ${name}. Asked: ${asked}.`,
      places,
      total: places.length,
      fingerprint: `${REFERENCE_RULE}.${sort} ${name}`,
      suppressed: null,
      properties: { key: name, sort },
    };
}
