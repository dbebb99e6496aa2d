import { Search, Tag } from 'lucide-react';
import { useState } from 'react';
import type { Cluster } from '#shared/model/key-group.ts';
import { Button, IconButton } from '../../components/Button.tsx';
import { HowKnown, Verdict } from '../../components/HowKnown.tsx';
import { KeyDanger } from '../../components/KeyDanger.tsx';
import { KeyFace } from '../../components/Swatch.tsx';
import { count, day, plural, shortHex } from '../../lib/format.ts';
import { clusterName, namelessWords } from '../../lib/key-groups.ts';
import { useBlobs } from '../../store/blobs.ts';
import { useKeys } from '../../store/keys.ts';
import { useUi } from '../../store/ui.ts';

const STEP = 200;

/** One line for each key material. */
export function MaterialTable({ clusters }: { readonly clusters: readonly Cluster[] }) {
  const [limit, setLimit] = useState(STEP);
  return (
    <>
      <div className="table-frame">
        <table className="data-table" aria-label="Key materials">
          <thead>
            <tr>
              <th scope="col">Key material</th>
              <th scope="col">Key</th>
              <th scope="col">Blobs</th>
              <th scope="col">Dates in files</th>
              <th scope="col">
                <span className="visually-hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {clusters.slice(0, limit).map((cluster) => (
              <MaterialLine key={cluster.fingerprint} cluster={cluster} />
            ))}
          </tbody>
        </table>
      </div>
      {clusters.length > limit && (
        <Button variant="link" onPress={() => setLimit(limit + STEP)}>
          {`Show ${count(Math.min(STEP, clusters.length - limit))} more`}
        </Button>
      )}
    </>
  );
}

function MaterialLine({ cluster }: { readonly cluster: Cluster }) {
  const { fingerprint, firstDate, lastDate } = cluster;
  const name = useKeys((state) => clusterName(cluster, state.keys));
  const { findKey, nameKey } = useUi.getState();
  const find = (): void => {
    const row = useBlobs.getState().rows.find((each) => each.identification.keyFingerprint === fingerprint);
    findKey(row?.id ?? null);
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
            {name ?? namelessWords(cluster)}
          </span>
          {cluster.by !== null && <HowKnown by={cluster.by} />}
          <Verdict cluster={cluster} />
          <KeyDanger keyArn={cluster.keyArn} />
        </span>
        {cluster.keyArn !== null && <code className="cell-sub statement-arn">{cluster.keyArn}</code>}
        {cluster.reason !== null && <span className="cell-sub">{cluster.reason}</span>}
      </td>
      <td className="cell-nowrap tabular">
        {count(cluster.blobs)}
        <span className="cell-sub">{`in ${plural(cluster.files, 'file')}`}</span>
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
