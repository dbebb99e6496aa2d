import { EVIDENCE_WORDS } from '#shared/evidence.ts';
import { count, plural } from '#shared/format.ts';
import type { EvidenceBy } from '#shared/model/key-group.ts';
import { subjectName } from '../findings/subjects.ts';
import type { Audit, KeySubject } from '../model.ts';
import { fileRanks, sortedInTurns } from './blob-lines.ts';
import type { Block, FileNaming } from './report.ts';

/** A file with blobs under a key. */
interface FileUnder {
  readonly file: string;
  readonly repository: string | null;
  /** Its place in the order of all files. */
  readonly rank: number;
  blobs: number;
}

/** What is under one key, label or key material, with every file. */
interface KeyFiles {
  readonly name: string;
  readonly subject: KeySubject;
  blobs: number;
  /** How the key of the blobs is known. */
  readonly by: Map<EvidenceBy, number>;
  readonly files: FileUnder[];
}

/** Keys with all their files, most blobs first; one pass over the blobs. */
export function* filesByKey({ input, subjects }: Audit): Generator<null, KeyFiles[]> {
  const { columns } = input.snapshot;
  const rank = yield* fileRanks(columns);
  const byId = new Map<string, KeyFiles & { readonly at: Map<number, FileUnder> }>();
  const ofCohort = subjects.map((subject) => {
    let known = byId.get(subject.id);
    if (known === undefined) {
      known = { name: subjectName(subject), subject, blobs: 0, by: new Map(), files: [], at: new Map() };
      byId.set(subject.id, known);
    }
    return { key: known, by: subject.by };
  });
  for (let i = 0; i < columns.rows.length; i += 1) {
    if (i % AT_ONCE === 0) yield null;
    const of = ofCohort[columns.cohort[i] ?? -1];
    const row = columns.rows[i];
    if (of === undefined || row === undefined) continue;
    const { key, by } = of;
    key.blobs += 1;
    key.by.set(by, (key.by.get(by) ?? 0) + 1);
    const code = columns.file[i] ?? 0;
    const file = key.at.get(code);
    if (file !== undefined) file.blobs += 1;
    else {
      const made = { file: row.file, repository: row.repository, rank: rank[code] ?? 0, blobs: 1 };
      key.at.set(code, made);
      key.files.push(made);
    }
  }
  const all = [...byId.values()].filter(({ blobs }) => blobs > 0);
  const sorted: KeyFiles[] = [];
  for (const { at: _, files, ...key } of all)
    sorted.push({ ...key, files: yield* sortedInTurns(files, (a, b) => a.rank - b.rank) });
  return sorted.sort((a, b) => b.blobs - a.blobs || (a.name < b.name ? -1 : 1));
}

/** `12 declared in files, 3 inferred from …`. */
export const knownWords = ({ by }: Pick<KeyFiles, 'by'>): string =>
  [...by].map(([how, blobs]) => `${count(blobs)} ${EVIDENCE_WORDS[how]}`).join(', ');

/** `vault/a.yaml: 2 blobs`. */
const fileWords = ({ file, blobs }: FileUnder): string =>
  blobs === 1 ? file : `${file}: ${plural(blobs, 'blob')}`;

/** Most files under one key that a text names one by one; of more it names folders. */
const MOST_FILES = 8;
/** Most folders that it names. */
const MOST_FOLDERS = 8;

/** The files under a key for a text: each, or where there are many, folders with their counts, largest first. */
export function placesUnder(files: readonly FileUnder[], named: FileNaming): string[] {
  if (files.length <= MOST_FILES) return files.map((one) => fileWords({ ...one, file: named(one.file) }));
  const folders = new Map<string, { blobs: number; files: number }>();
  for (const { file, blobs } of files) {
    const path = named(file);
    const folder = path.slice(0, Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
    const known = folders.get(folder);
    if (known === undefined) folders.set(folder, { blobs, files: 1 });
    else {
      known.blobs += blobs;
      known.files += 1;
    }
  }
  const largest = [...folders].sort(([a, x], [b, y]) => y.blobs - x.blobs || (a < b ? -1 : 1));
  const words = (blobs: number, of: number): string => `${plural(blobs, 'blob')} in ${plural(of, 'file')}`;
  const lines = largest
    .slice(0, MOST_FOLDERS)
    .map(([folder, { blobs, files: of }]) => `${folder || 'here'}: ${words(blobs, of)}`);
  const rest = largest.slice(MOST_FOLDERS);
  if (rest.length > 0) {
    const sum = (of: 'blobs' | 'files'): number => rest.reduce((all, [, each]) => all + each[of], 0);
    lines.push(`and ${plural(rest.length, 'more folder')}: ${words(sum('blobs'), sum('files'))}`);
  }
  return [...lines, 'every file: --format json, csv or html'];
}

/** Rows that are gone through, and items of one list, before others have a turn: a key may have 100,000 files. */
const AT_ONCE = 500;

export function* listBlocks<T>(items: readonly T[], words: (item: T) => string): Generator<Block | null> {
  for (let at = 0; at < items.length; at += AT_ONCE) {
    yield { type: 'list', items: items.slice(at, at + AT_ONCE).map(words) };
    yield null;
  }
}

/** A part for each key, with all of its files. */
export function* keyBlocks(audit: Audit): Generator<Block | null> {
  const keys = yield* filesByKey(audit);
  for (const key of keys) {
    const { name, subject, blobs, files } = key;
    const repositories = new Set(files.flatMap(({ repository }) => repository ?? []));
    yield { type: 'heading', text: name };
    yield {
      type: 'facts',
      facts: [
        ...(subject.label === null || subject.label === name ? [] : [['Key', subject.label] as const]),
        ['Blobs', `${plural(blobs, 'blob')} in ${plural(files.length, 'file')}`],
        ['Known by', knownWords(key)],
        ...(subject.key?.state == null ? [] : [['State', subject.key.state] as const]),
        ...(repositories.size === 0 ? [] : [['Repositories', [...repositories].sort().join(', ')] as const]),
      ],
    };
    yield* listBlocks(files, fileWords);
  }
}

/** A repository of the list. */
interface RepositoryCounts {
  /** Null: blobs in no repository. */
  readonly name: string | null;
  readonly blobs: number;
  readonly files: number;
}

/** Blobs and files of each repository, most blobs first. */
export function* byRepository({ input }: Audit): Generator<null, RepositoryCounts[]> {
  const { columns } = input.snapshot;
  const files = columns.repositories.map(() => new Set<number>());
  for (let i = 0; i < columns.rows.length; i += 1) {
    if (i % AT_ONCE === 0) yield null;
    files[columns.repository[i] ?? 0]?.add(columns.file[i] ?? 0);
  }
  return columns.repositories
    .map(({ name, size }, code) => ({ name, blobs: size, files: files[code]?.size ?? 0 }))
    .sort((a, b) => b.blobs - a.blobs);
}

export const NO_REPOSITORY = 'in no repository';
