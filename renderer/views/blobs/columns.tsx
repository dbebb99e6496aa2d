import type { BlobRow } from '#shared/model/blob.ts';
import type { ShownColumn, TableColumn } from '../../components/columns.ts';
import { KeyFace } from '../../components/KeyFace.tsx';
import { SEVERITY_WORDS, SeverityIcon, Status } from '../../components/Status.tsx';
import { type ColumnValue, HELD } from '../../lib/table/table.ts';
import { bytes, fileName, plural } from '../../lib/words/format.ts';
import {
  containerWords,
  ENCODING_WORDS,
  findingWords,
  isPlainContainer,
  type LastResult,
  rowState,
} from '../../lib/words/words.ts';

/** What the table knows of a row. */
export interface RowFacts {
  readonly row: BlobRow;
  readonly last: LastResult | undefined;
  readonly keyName: string | null;
}

export interface BlobColumn extends TableColumn<RowFacts> {
  /**
   * What rows are sorted by, the most telling first; or, for what is not in the row itself and changes by itself, the
   * word to sort by.
   */
  readonly sort: readonly ColumnValue[] | ((row: BlobRow, last: LastResult | undefined) => string);
}

/** The columns of the list of blobs, in order. Head, cells, widths and the sort menu are made from them. */
export const COLUMNS: readonly BlobColumn[] = [
  {
    id: 'name',
    title: 'Name',
    width: 'minmax(8rem, 1fr)',
    minTable: 0,
    align: 'flex',
    sort: [HELD.file, HELD.place],
    tooltip: ({ row }) => (row.place === '' ? row.file : `${row.file} · ${row.place}`),
    cell: ({ row }) => {
      const file = fileName(row.file);
      return (
        <>
          <span className="name-folder">{row.file.slice(0, row.file.length - file.length)}</span>
          <span className="name-file">{file}</span>
          {row.place !== '' && <span className="name-place"> · {row.place}</span>}
        </>
      );
    },
  },
  {
    id: 'kind',
    title: 'Kind',
    width: '10rem',
    minTable: 70,
    sort: [HELD.label],
    tooltip: ({ row }) => row.identification.reason ?? undefined,
    cell: ({ row }) => row.identification.label,
  },
  {
    id: 'key',
    title: 'Key',
    width: 'minmax(8.6rem, 0.4fr)',
    minTable: 36,
    align: 'flex',
    sort: [HELD.fingerprint],
    cell: ({ row, keyName }) =>
      row.identification.keyFingerprint === null ? (
        <span className="faint">not in the blob</span>
      ) : (
        <KeyFace fingerprint={row.identification.keyFingerprint} label={keyName} />
      ),
  },
  {
    id: 'encoding',
    title: 'Encoding',
    width: 'minmax(6rem, 9.5rem)',
    minTable: 90,
    sort: [HELD.encoding],
    tooltip: ({ row }) => `${ENCODING_WORDS[row.encoding]}, ${containerWords(row.container)}`,
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
    title: 'Plaintext',
    width: '5.6rem',
    minTable: 46,
    align: 'end',
    sort: [HELD.size],
    cell: ({ row: { identification } }) =>
      identification.plaintextBytes === null ? (
        <span className="faint">unknown</span>
      ) : (
        bytes(identification.plaintextBytes)
      ),
  },
  {
    id: 'context',
    title: 'Context',
    width: '8.4rem',
    minTable: 80,
    sort: [HELD.context],
    tooltip: ({ row: { declared } }) =>
      declared.encryptionContext === null
        ? 'KMS blobs do not hold their context'
        : Object.entries(declared.encryptionContext)
            .map(([key, value]) => `${key} = ${value}`)
            .join('\n'),
    cell: ({ row: { declared } }) =>
      declared.encryptionContext === null ? (
        <span className="faint">not in the blob</span>
      ) : (
        `${plural(Object.keys(declared.encryptionContext).length, 'pair')}, declared`
      ),
  },
  {
    id: 'findings',
    title: 'Findings',
    width: '4.8rem',
    minTable: 46,
    align: 'center',
    sort: [HELD.severity],
    tooltip: ({ row }) => row.findings.map(findingWords).join('\n') || undefined,
    cell: ({ row }) =>
      row.worst !== null && (
        <SeverityIcon severity={row.worst} label={`Finding: ${SEVERITY_WORDS[row.worst].toLowerCase()}`} />
      ),
  },
  {
    id: 'state',
    title: 'State',
    width: '10.4rem',
    minTable: 0,
    align: 'flex',
    sort: (row, last) => rowState(row, last).word,
    cell: ({ row, last }) => <Status {...rowState(row, last)} />,
  },
];

/** The checkbox before the columns. */
export const TICK_TRACK = '2.2rem';

export type ShownBlobColumn = ShownColumn<BlobColumn>;

/** What a column is sorted by; the order in which blobs were added for the id of none. */
export const sortOf = (id: string): BlobColumn['sort'] =>
  COLUMNS.find((column) => column.id === id)?.sort ?? AS_ADDED;
const AS_ADDED: BlobColumn['sort'] = [];
