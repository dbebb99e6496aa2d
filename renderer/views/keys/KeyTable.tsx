import { useMemo, useState } from 'react';
import type { KeyInfo } from '#shared/model/key.ts';
import { DataGrid, type GridSort } from '../../components/DataGrid.tsx';
import { SORTABLE_KEY_COLUMNS, sortKeys } from '../../lib/keys/keys.ts';
import { copyEntry } from '../../store/app/menu.ts';
import { KEY_COLUMNS } from './columns.tsx';

interface KeyTableProps {
  readonly label: string;
  readonly keys: readonly KeyInfo[];
  /** ARN of the key that the pane shows. */
  readonly chosen: string | null;
  readonly onChoose: (key: KeyInfo) => void;
  readonly onEnter: () => void;
}

/** The keys of a connection, in the order of any column. */
export function KeyTable({ label, keys, chosen, onChoose, onEnter }: KeyTableProps) {
  const [sort, setSort] = useState<GridSort>({ column: 'name', descending: false });
  const sorted = useMemo(() => sortKeys(keys, sort), [keys, sort]);
  const at = chosen === null ? -1 : sorted.findIndex(({ arn }) => arn === chosen);
  return (
    <DataGrid
      label={label}
      count={sorted.length}
      rowAt={(index) => sorted[index]}
      idOf={({ arn }) => arn}
      columns={KEY_COLUMNS}
      lines="two"
      chosen={at < 0 ? null : at}
      onChoose={onChoose}
      onEnter={onEnter}
      sort={sort}
      sortable={SORTABLE_KEY_COLUMNS}
      onSort={(column) => setSort({ column, descending: sort.column === column && !sort.descending })}
      menu={(key) => ({
        label: key.aliases[0] ?? key.keyId,
        entries: [
          ...copyEntry('key ARN', key.arn),
          ...copyEntry('key ID', key.keyId),
          ...copyEntry('alias', key.aliases[0] ?? null),
        ],
      })}
    />
  );
}
