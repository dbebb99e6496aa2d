import { EVIDENCE_WORDS } from '#shared/evidence.ts';
import { count, plural } from '#shared/format.ts';
import type { EvidenceBy } from '#shared/model/key-group.ts';
import type { Audit } from '../audit.ts';
import { type Subject, subjectName } from '../subjects.ts';
import type { Block } from './html.ts';

/** A file with blobs under a key. */
export interface FileUnder {
  readonly file: string;
  readonly repository: string | null;
  blobs: number;
}

/** What is under one key, label or key material, with every file. */
export interface KeyFiles {
  readonly name: string;
  readonly subject: Subject;
  blobs: number;
  /** How the key of the blobs is known. */
  readonly by: Map<EvidenceBy, number>;
  readonly files: FileUnder[];
}

/** Keys with all their files, most blobs first; one pass over the blobs. */
export function filesByKey({ input, subjects }: Audit): KeyFiles[] {
  const { columns } = input.snapshot;
  const byId = new Map<string, KeyFiles & { at: Map<number, FileUnder> }>();
  const ofCohort = subjects.map((subject) => {
    let known = byId.get(subject.id);
    if (known === undefined) {
      known = { name: subjectName(subject), subject, blobs: 0, by: new Map(), files: [], at: new Map() };
      byId.set(subject.id, known);
    }
    return { key: known, by: subject.by };
  });
  for (let i = 0; i < columns.rows.length; i += 1) {
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
      const made = { file: row.file, repository: row.repository, blobs: 1 };
      key.at.set(code, made);
      key.files.push(made);
    }
  }
  const all = [...byId.values()].filter(({ blobs }) => blobs > 0);
  for (const { files } of all) files.sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0));
  return all.sort((a, b) => b.blobs - a.blobs || (a.name < b.name ? -1 : 1));
}

/** `12 declared in files, 3 inferred from …`. */
export const knownWords = ({ by }: Pick<KeyFiles, 'by'>): string =>
  [...by].map(([how, blobs]) => `${count(blobs)} ${EVIDENCE_WORDS[how]}`).join(', ');

/** `vault/a.yaml: 2 blobs`. */
export const fileWords = ({ file, blobs }: FileUnder): string =>
  blobs === 1 ? file : `${file}: ${plural(blobs, 'blob')}`;

/** Items of one list: a report is made in pieces, and a key may have a hundred thousand files. */
const AT_ONCE = 500;

export function* listBlocks(items: readonly string[]): Generator<Block> {
  for (let at = 0; at < items.length; at += AT_ONCE)
    yield { type: 'list', items: items.slice(at, at + AT_ONCE) };
}

/** A part for each key, with all of its files. */
export function* keyBlocks(keys: readonly KeyFiles[]): Generator<Block> {
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
    yield* listBlocks(files.map(fileWords));
  }
}

/** Blobs and files of each repository. */
export function repositoryBlock({ input }: Audit): Block {
  const { columns } = input.snapshot;
  const counts = columns.repositories.map(({ name, size }) => ({
    name,
    blobs: size,
    files: new Set<number>(),
  }));
  for (let i = 0; i < columns.rows.length; i += 1)
    counts[columns.repository[i] ?? 0]?.files.add(columns.file[i] ?? 0);
  return {
    type: 'table',
    title: 'Blobs and files of each',
    head: ['Repository', 'Blobs', 'Files'],
    rows: counts
      .sort((a, b) => b.blobs - a.blobs)
      .map(({ name, blobs, files }) => [name ?? 'in no repository', blobs, files.size]),
  };
}
