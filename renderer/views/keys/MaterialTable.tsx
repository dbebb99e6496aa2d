import { Search, Tag } from 'lucide-react';
import { useState } from 'react';
import type { KeyGroup } from '#shared/model/key-group.ts';
import { Button, IconButton } from '../../components/Button.tsx';
import { HowKnown, KeyDanger, KeyFace, KeyVerdict } from '../../components/KeyFace.tsx';
import { keyGroupName, namelessWords } from '../../lib/keys/key-groups.ts';
import { count, day, plural, shortHex } from '../../lib/words/format.ts';
import { useActions } from '../../store/actions.ts';
import { useBlobs } from '../../store/blobs.ts';
import { useKeys } from '../../store/keys.ts';
import { useUi } from '../../store/ui.ts';

const STEP = 200;

/** One line for each key material. */
export function MaterialTable({ keyGroups }: { readonly keyGroups: readonly KeyGroup[] }) {
  const [limit, setLimit] = useState(STEP);
  return (
    <>
      <div className="table-frame">
        <table className="data-table" aria-label="Key materials">
          <thead>
            <tr>
              <th scope="col">Fingerprint</th>
              <th scope="col">Key</th>
              <th scope="col">Blobs</th>
              <th scope="col">Dates in files</th>
              <th scope="col">
                <span className="visually-hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {keyGroups.slice(0, limit).map((keyGroup) => (
              <MaterialLine key={keyGroup.fingerprint} keyGroup={keyGroup} />
            ))}
          </tbody>
        </table>
      </div>
      {keyGroups.length > limit && (
        <Button variant="link" onPress={() => setLimit(limit + STEP)}>
          {`Show ${count(Math.min(STEP, keyGroups.length - limit))} more`}
        </Button>
      )}
    </>
  );
}

function MaterialLine({ keyGroup }: { readonly keyGroup: KeyGroup }) {
  const { fingerprint, firstDate, lastDate } = keyGroup;
  const name = useKeys((state) => keyGroupName(keyGroup, state.keys));
  const { findKey, nameKey } = useActions(useUi);
  const { firstOf } = useActions(useBlobs);
  const find = (): void => {
    findKey(firstOf(fingerprint)?.id ?? null);
  };
  const short = shortHex(fingerprint);
  return (
    <tr>
      <th scope="row" className="cell-nowrap">
        <KeyFace fingerprint={fingerprint} />
      </th>
      <td>
        <span className="statement-head">
          <span className={name === null ? 'group-unknown' : 'key-name-text'}>
            {name ?? namelessWords(keyGroup)}
          </span>
          {keyGroup.by !== null && <HowKnown by={keyGroup.by} />}
          <KeyVerdict keyGroup={keyGroup} />
          <KeyDanger keyArn={keyGroup.keyArn} />
        </span>
        {keyGroup.keyArn !== null && <code className="cell-sub statement-arn">{keyGroup.keyArn}</code>}
        {keyGroup.reason !== null && <span className="cell-sub">{keyGroup.reason}</span>}
      </td>
      <td className="cell-nowrap tabular">
        {count(keyGroup.blobs)}
        <span className="cell-sub">{`in ${plural(keyGroup.files, 'file')}`}</span>
      </td>
      <td className="cell-nowrap">
        {firstDate === null || lastDate === null ? (
          <span className="faint">none</span>
        ) : firstDate === lastDate ? (
          day(firstDate)
        ) : (
          <>
            {day(firstDate)}
            <span className="cell-sub">to {day(lastDate)}</span>
          </>
        )}
      </td>
      <td className="cell-nowrap">
        <IconButton label={`Find the key of ${short}`} small onPress={find}>
          <Search className="icon" aria-hidden="true" />
        </IconButton>
        <IconButton label={`Name the key of ${short}`} small onPress={() => nameKey(fingerprint)}>
          <Tag className="icon" aria-hidden="true" />
        </IconButton>
      </td>
    </tr>
  );
}
