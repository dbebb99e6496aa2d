import type { RunSummary } from '#shared/model/run.ts';
import { bytes, count, duration, keyName, plural } from '../../lib/format.ts';

/** Rate and time left of a run under way. */
export function Pace({ run }: { readonly run: RunSummary }) {
  const { counts } = run;
  const done = counts.succeeded + counts.failed + counts.skipped + counts.restored;
  const going = run.status === 'running';
  return (
    <p className="run-line tabular">
      <span>
        {count(done)} of {plural(counts.total, 'blob')}
      </span>
      {going && <span>{run.rate.toFixed(run.rate < 10 ? 1 : 0)} a second</span>}
      {going && (
        <span>
          {run.secondsLeft === null ? 'time left not yet known' : `${duration(run.secondsLeft)} left`}
        </span>
      )}
      {run.status === 'pausing' && <span>{plural(counts.running, 'blob')} under way</span>}
    </p>
  );
}

/** What a state means for the files, where that is not plain. */
export function Remark({ run }: { readonly run: RunSummary }) {
  if (run.status === 'waiting')
    return (
      <p className="remark remark-attention">
        The network is gone. The run tries again every few seconds and goes on by itself.
      </p>
    );
  if (run.status === 'paused' && run.fault !== null)
    return (
      <p className="remark remark-attention">
        The run is paused until the connection is renewed; it then goes on by itself. Nothing is lost.
      </p>
    );
  if (run.status === 'unfinished')
    return (
      <p className="remark remark-attention">
        Rewrap ended before this run did. Each file is wholly old or wholly new; which of the two is found by
        its hash when you go on or undo.
      </p>
    );
  return null;
}

/** Counts of files and bytes, and blobs by source key. */
export function Figures({ run }: { readonly run: RunSummary }) {
  if (run.dryRun) return null;
  return (
    <dl className="facts">
      <dt>Files</dt>
      <dd className="tabular">
        {count(run.files.done)} of {count(run.files.total)} done
      </dd>
      <dt>Ciphertext</dt>
      <dd className="tabular">
        {bytes(run.bytes.done)} of {bytes(run.bytes.total)}
      </dd>
      {run.perKey.length > 0 && (
        <>
          <dt>From keys, said by KMS</dt>
          <dd className="run-keys">
            {run.perKey.map(({ keyArn, blobs }) => (
              <span key={keyArn} title={keyArn}>
                <code>{keyName(keyArn)}</code> {plural(blobs, 'blob')}
              </span>
            ))}
          </dd>
        </>
      )}
    </dl>
  );
}
