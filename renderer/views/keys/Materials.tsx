import { useEffect, useMemo } from 'react';
import { Button } from '../../components/Button.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';
import { keyWords } from '../../lib/keys/keys.ts';
import { plural } from '../../lib/words/format.ts';
import { useKeyGroups } from '../../store/blobs/key-groups.ts';
import { useConnection } from '../../store/connection/connection.ts';
import { useKeys } from '../../store/connection/keys.ts';
import { TimeLine } from '../key-material/TimeLine.tsx';
import { MaterialTable } from './MaterialTable.tsx';

/** Key materials that made the blobs of the list: rotated keys as time lines, then every material with its key. */
export function Materials() {
  const { keyGroups, timelines, fault, load } = useKeyGroups();
  const keys = useKeys((state) => state.keys);
  const loadKeys = useKeys((state) => state.load);
  const ready = useConnection((state) => state.connection?.status === 'ready');
  useEffect(() => {
    if (ready) void loadKeys(false);
  }, [ready, loadKeys]);
  const list = useMemo(() => [...keyGroups.values()].toSorted((a, b) => b.blobs - a.blobs), [keyGroups]);
  if (fault !== null)
    return (
      <div className="view-pad">
        <FaultCard fault={fault}>
          <Button onPress={() => void load()}>Try again</Button>
        </FaultCard>
      </div>
    );
  if (list.length === 0)
    return (
      <p className="empty-note">No blob with a key material is in the list. Add symmetric KMS blobs first.</p>
    );
  return (
    <div className="page page-wide">
      {timelines.length > 0 && (
        <section className="stack" aria-labelledby="rotated">
          <h2 id="rotated" className="page-heading">
            {timelines.length === 1 ? 'One rotated key' : plural(timelines.length, 'rotated key')}
          </h2>
          <p className="hint">
            One key with several key materials was rotated. Old blobs still open; re-encrypting moves them to
            the current material.
          </p>
          {timelines.map((timeline) => (
            <article key={timeline.keyArn} className="timeline-card">
              <h3 className="timeline-title">{keyWords(timeline.keyArn, keys)}</h3>
              <code className="statement-arn">{timeline.keyArn}</code>
              <TimeLine timeline={timeline} />
            </article>
          ))}
        </section>
      )}
      <section className="stack" aria-labelledby="materials">
        <h2 id="materials" className="page-heading">
          {plural(list.length, 'key material')}
        </h2>
        <MaterialTable keyGroups={list} />
      </section>
    </div>
  );
}
