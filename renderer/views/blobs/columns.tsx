import { TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import type { BlobRow } from '#shared/model/blob.ts';
import type { KeyConclusion } from '#shared/model/key-group.ts';
import type { LastResult } from '#shared/model/run.ts';
import { HowKnown, KeyDanger, KeyFace, namesKey, Swatch } from '../../components/KeyFace.tsx';
import { MiddleCut } from '../../components/MiddleCut.tsx';
import { SEVERITY_WORDS, SeverityIcon, Status } from '../../components/Status.tsx';
import type { ColumnShape, FittedColumn } from '../../lib/table/fit-columns.ts';
import { type ColumnValue, type GroupBy, HELD, type Table } from '../../lib/table/table.ts';
import { bytes, fileName, folderName, plural } from '../../lib/words/format.ts';
import {
  COLUMN_WORDS,
  containerWords,
  ENCODING_WORDS,
  findingWords,
  isPlainContainer,
  rowState,
  shortKind,
} from '../../lib/words/words.ts';

/** What the table knows of a row. */
export interface RowFacts {
  readonly row: BlobRow;
  readonly last: LastResult | undefined;
  readonly keyName: string | null;
  /** How its key is known, and by which name; null: nothing names it. */
  readonly known: Pick<KeyConclusion, 'by' | 'name'> | null;
  /** What its group's head says already: parts of its name are then left out. */
  readonly under: 'file' | 'folder' | null;
  /** Beside the name: nothing; before it the face of its key material, where the group holds several; after it the key, where it has no head. */
  readonly face: 'none' | 'swatch' | 'key';
  /** While the thumb is pulled: its name in one piece, which is laid out in half the time. */
  readonly plain: boolean;
}

interface BlobColumn extends ColumnShape {
  readonly title: string;
  /** In place of the title in the head; absent: the title. */
  readonly icon?: ReactNode;
  readonly cell: (row: RowFacts) => ReactNode;
  /** All that the cell depends on, where that is the same in many rows: such a cell is made once for them all. */
  readonly shows?: (row: RowFacts) => string;
  /** Full text behind a cell that may be cut short. */
  readonly tooltip?: (row: RowFacts) => string | undefined;
  /** How its cells lie: `flex` for an icon and words, `end` for numbers, `center` for one icon. */
  readonly align?: 'flex' | 'end' | 'center';
  /** What rows are sorted by, the most telling first; 'state': by what a run made of them. */
  readonly sort: readonly ColumnValue[] | 'state';
  /** Whether it would say the same in every row. */
  readonly repeats?: (table: Table, group: GroupBy) => boolean;
}

const oneValue = (table: Table, name: 'kind' | 'label' | 'encoding' | 'container'): boolean =>
  table.columns[name].values.length < 2;

/** The columns of the list of blobs, in order. Head, cells, widths and menus are made from them. */
export const COLUMNS: readonly BlobColumn[] = [
  {
    id: 'name',
    title: COLUMN_WORDS.name,
    width: 20,
    importance: 9,
    align: 'flex',
    sort: [HELD.file, HELD.place],
    tooltip: ({ row }) => (row.place === '' ? row.file : `${row.file} · ${row.place}`),
    cell: (facts) => <Name {...facts} />,
  },
  {
    id: 'kind',
    title: COLUMN_WORDS.kind,
    width: 6,
    importance: 5,
    leaves: 24,
    sort: [HELD.label],
    repeats: (table, group) => group === 'kind' || oneValue(table, 'label'),
    tooltip: ({ row: { identification } }) =>
      [identification.label, identification.reason].filter((part) => part !== null).join('\n'),
    shows: ({ row }) => shortKind(row.identification),
    cell: ({ row }) => shortKind(row.identification),
  },
  {
    id: 'key',
    title: COLUMN_WORDS.key,
    width: 9.5,
    roomy: 17,
    leaves: 22,
    importance: 6,
    align: 'flex',
    sort: [HELD.fingerprint],
    repeats: (_, group) => group === 'key' || group === 'material',
    tooltip: ({ row, keyName, known }) =>
      [keyName, known?.name ?? null, row.identification.keyFingerprint]
        .filter((part, i, all) => part !== null && all.indexOf(part) === i)
        .join('\n') || undefined,
    shows: ({ row, keyName }) => `${row.identification.keyFingerprint} ${keyName}`,
    cell: ({ row, keyName }) =>
      row.identification.keyFingerprint === null ? (
        <span className="faint">not in the blob</span>
      ) : (
        <KeyFace fingerprint={row.identification.keyFingerprint} label={keyName} />
      ),
  },
  {
    id: 'encoding',
    title: COLUMN_WORDS.encoding,
    width: 9.5,
    roomy: 13.5,
    importance: 2,
    leaves: 34,
    sort: [HELD.encoding],
    repeats: (table) => oneValue(table, 'encoding') && oneValue(table, 'container'),
    tooltip: ({ row }) => `${ENCODING_WORDS[row.encoding]}, ${containerWords(row.container)}`,
    shows: ({ row }) => `${row.encoding} ${row.container}`,
    cell: ({ row }) => (
      <>
        {ENCODING_WORDS[row.encoding]}
        {!isPlainContainer(row.container) && (
          <span className="faint"> · {containerWords(row.container)}</span>
        )}
      </>
    ),
  },
  {
    id: 'size',
    title: COLUMN_WORDS.size,
    width: 5.2,
    importance: 4,
    leaves: 28,
    align: 'end',
    sort: [HELD.size],
    tooltip: ({ row: { identification, sizeBytes } }) =>
      `${identification.plaintextBytes === null ? 'Plaintext of unknown size' : `${bytes(identification.plaintextBytes)} of plaintext`}, ${bytes(sizeBytes)} of ciphertext`,
    shows: ({ row }) => String(row.identification.plaintextBytes),
    cell: ({ row: { identification } }) =>
      identification.plaintextBytes === null ? (
        <span className="faint">unknown</span>
      ) : (
        bytes(identification.plaintextBytes)
      ),
  },
  {
    id: 'context',
    title: COLUMN_WORDS.context,
    width: 8,
    importance: 3,
    leaves: 30,
    sort: [HELD.context],
    // Where no file declares one, there is nothing to say.
    repeats: (table) => table.columns.context.values.every((value) => value === ''),
    tooltip: ({ row: { declared } }) =>
      declared.encryptionContext === null
        ? 'KMS blobs do not hold their context'
        : Object.entries(declared.encryptionContext)
            .map(([key, value]) => `${key} = ${value}`)
            .join('\n'),
    shows: ({ row: { declared } }) =>
      declared.encryptionContext === null ? '' : String(Object.keys(declared.encryptionContext).length),
    cell: ({ row: { declared } }) =>
      declared.encryptionContext === null ? (
        <span className="faint">not in the blob</span>
      ) : (
        `${plural(Object.keys(declared.encryptionContext).length, 'pair')}, declared`
      ),
  },
  {
    id: 'findings',
    title: COLUMN_WORDS.findings,
    icon: <TriangleAlert className="icon icon-small" aria-hidden="true" />,
    width: 2.4,
    importance: 7,
    align: 'center',
    sort: [HELD.severity],
    tooltip: ({ row }) => row.findings.map(findingWords).join('\n') || undefined,
    shows: ({ row }) => String(row.worst),
    cell: ({ row }) =>
      row.worst !== null && (
        <SeverityIcon severity={row.worst} label={`Finding: ${SEVERITY_WORDS[row.worst].toLowerCase()}`} />
      ),
  },
  {
    id: 'state',
    title: COLUMN_WORDS.state,
    width: 10.4,
    importance: 8,
    align: 'flex',
    sort: 'state',
    tooltip: ({ row, last }) =>
      [rowState(row, last).word, row.identification.reason].filter((part) => part !== null).join('\n'),
    shows: ({ row, last }) => {
      const { tone, word, why } = rowState(row, last);
      return `${tone} ${word} ${why}`;
    },
    cell: ({ row, last }) => <Status {...rowState(row, last)} />,
  },
];

/** What tells a blob from others of its group: folder, file and the place in it, as far as no head says so. */
function Name({ row, keyName, known, under, face, plain }: RowFacts) {
  const { keyFingerprint } = row.identification;
  const folder = under === null ? folderName(row.file) : '';
  const onlyPlace = under === 'file' && row.place !== '';
  return (
    <>
      {keyFingerprint !== null && face === 'swatch' && <Swatch fingerprint={keyFingerprint} />}
      {plain ? (
        <span className="name-parts name-plain">
          {[folder + (onlyPlace ? '' : fileName(row.file)), row.place].filter(Boolean).join(' · ')}
        </span>
      ) : (
        <span className="name-parts">
          {folder !== '' && <span className="name-folder">{folder}</span>}
          <span className="name-rest">
            <MiddleCut className="name-file" text={onlyPlace ? row.place : fileName(row.file)} />
            {!onlyPlace && row.place !== '' && <Place place={row.place} />}
          </span>
        </span>
      )}
      {keyFingerprint !== null && face === 'key' && (
        <span className="name-key">
          <KeyFace fingerprint={keyFingerprint} label={keyName} />
          {known !== null && namesKey(known.by) && <HowKnown by={known.by} />}
          {known !== null && <KeyDanger keyArn={known.name} />}
        </span>
      )}
    </>
  );
}

/** The checkbox before the columns, rem. */
export const TICK_REM = 2.2;

export type ShownBlobColumn = FittedColumn<BlobColumn>;

/** What a column is sorted by; the order in which blobs were added for the id of none. */
export const sortOf = (id: string): BlobColumn['sort'] =>
  COLUMNS.find((column) => column.id === id)?.sort ?? AS_ADDED;
const AS_ADDED: BlobColumn['sort'] = [];

/** Where in its file a blob stands. Lines differ at their beginning, paths and names at their end. */
function Place({ place }: { readonly place: string }) {
  const text = ` · ${place}`;
  return place.startsWith('line ') ? (
    <span className="name-place name-line">{text}</span>
  ) : (
    <MiddleCut className="name-place" text={text} />
  );
}
