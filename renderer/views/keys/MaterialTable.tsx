import { Search, Tag } from 'lucide-react';
import { type CSSProperties, useMemo, useState } from 'react';
import type { KeyGroup } from '#shared/model/key-group.ts';
import { IconButton } from '../../components/Button.tsx';
import type { TableColumn } from '../../components/columns.ts';
import { DataGrid, ROW_REM } from '../../components/DataGrid.tsx';
import { HowKnown, KeyDanger, KeyFace, KeyVerdict } from '../../components/KeyFace.tsx';
import { keyGroupName, namelessWords } from '../../lib/keys/key-groups.ts';
import { count, day, plural, shortHex } from '../../lib/words/format.ts';
import { copyEntry } from '../../store/app/menu.ts';
import { useSettings } from '../../store/app/settings.ts';
import { useUi } from '../../store/app/ui.ts';
import { useBlobs } from '../../store/blobs/blobs.ts';
import { useKeys } from '../../store/connection/keys.ts';

const find = ({ fingerprint }: KeyGroup): void =>
  useUi.getState().findKey(useBlobs.getState().firstOf(fingerprint)?.id ?? null);
const name = ({ fingerprint }: KeyGroup): void => useUi.getState().nameKey(fingerprint);

/** One row for each key material. */
export function MaterialTable({ keyGroups }: { readonly keyGroups: readonly KeyGroup[] }) {
  const [chosen, setChosen] = useState<string | null>(null);
  const at = useMemo(
    () => (chosen === null ? -1 : keyGroups.findIndex(({ fingerprint }) => fingerprint === chosen)),
    [keyGroups, chosen],
  );
  const columns = useMemo(() => columnsFor(chosen), [chosen]);
  const rowHeight = ROW_REM.two[useSettings((state) => state.density)];
  return (
    <div
      className="grid-split material-grid"
      style={{ '--rows': keyGroups.length, '--row-height': `${rowHeight}rem` } as CSSProperties}
    >
      <DataGrid
        label="Key materials"
        count={keyGroups.length}
        rowAt={(index) => keyGroups[index]}
        idOf={({ fingerprint }) => fingerprint}
        columns={columns}
        lines="two"
        chosen={at < 0 ? null : at}
        onChoose={({ fingerprint }) => setChosen(fingerprint)}
        onEnter={find}
        menu={(group) => ({
          label: `Key material ${shortHex(group.fingerprint)}`,
          entries: [
            { id: 'find', title: 'Find key…', run: () => find(group) },
            { id: 'name', title: 'Name the key…', run: () => name(group) },
            ...copyEntry('fingerprint', group.fingerprint),
            ...copyEntry('key ARN', group.keyArn),
          ],
        })}
      />
    </div>
  );
}

/** Tab leads from the table to the buttons of the row that is chosen, and to no other's. */
const columnsFor = (chosen: string | null): readonly TableColumn<KeyGroup>[] => [
  {
    id: 'material',
    title: 'Fingerprint',
    width: '9.5rem',
    minTable: 0,
    align: 'flex',
    cell: ({ fingerprint }) => <KeyFace fingerprint={fingerprint} />,
  },
  {
    id: 'key',
    title: 'Key',
    width: 'minmax(12rem, 1fr)',
    minTable: 0,
    tooltip: ({ keyArn, reason }) => [keyArn, reason].filter((text) => text !== null).join('\n') || undefined,
    cell: (group) => <Key keyGroup={group} />,
  },
  {
    id: 'blobs',
    title: 'Blobs',
    width: '7.5rem',
    minTable: 0,
    cell: ({ blobs, files }) => (
      <>
        <span className="tabular">{count(blobs)}</span>
        <span className="cell-sub">{`in ${plural(files, 'file')}`}</span>
      </>
    ),
  },
  {
    id: 'dates',
    title: 'Dates in files',
    width: '8.5rem',
    minTable: 45,
    cell: ({ firstDate, lastDate }) =>
      firstDate === null || lastDate === null ? (
        <span className="faint">none</span>
      ) : (
        <>
          {day(firstDate)}
          {firstDate !== lastDate && <span className="cell-sub">to {day(lastDate)}</span>}
        </>
      ),
  },
  {
    id: 'actions',
    title: 'Actions',
    width: '5rem',
    minTable: 0,
    align: 'flex',
    cell: (group) => {
      const short = shortHex(group.fingerprint);
      const excludeFromTabOrder = group.fingerprint !== chosen;
      return (
        <>
          <IconButton
            label={`Find the key of ${short}`}
            small
            excludeFromTabOrder={excludeFromTabOrder}
            onPress={() => find(group)}
          >
            <Search className="icon" aria-hidden="true" />
          </IconButton>
          <IconButton
            label={`Name the key of ${short}`}
            small
            excludeFromTabOrder={excludeFromTabOrder}
            onPress={() => name(group)}
          >
            <Tag className="icon" aria-hidden="true" />
          </IconButton>
        </>
      );
    },
  },
];

/** The key's name, what is known of it, and in the second line its ARN or what is to be looked at. */
function Key({ keyGroup }: { readonly keyGroup: KeyGroup }) {
  const { by, keyArn, reason } = keyGroup;
  const named = useKeys((state) => keyGroupName(keyGroup, state.keys));
  return (
    <>
      <span className="cell-main statement-head">
        <span className={named === null ? 'group-unknown' : 'key-name-text'}>
          {named ?? namelessWords(keyGroup)}
        </span>
        {by !== null && <HowKnown by={by} />}
        <KeyVerdict keyGroup={keyGroup} />
        <KeyDanger keyArn={keyArn} />
      </span>
      {reason !== null ? (
        <span className="cell-sub">{reason}</span>
      ) : (
        keyArn !== null && <code className="cell-sub">{keyArn}</code>
      )}
    </>
  );
}
