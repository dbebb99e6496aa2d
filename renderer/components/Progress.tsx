import { useEffect, useState } from 'react';
import { Label, ProgressBar } from 'react-aria-components';

/** A bar with a known total. */
export function Progress({
  label,
  done,
  failed = 0,
  total,
  tone = 'running',
}: {
  readonly label: string;
  /** Everything that was answered, failures included. */
  readonly done: number;
  /** The part of `done` that failed; shown as a piece of its own. */
  readonly failed?: number;
  readonly total: number;
  readonly tone?: 'running' | 'done' | 'attention';
}) {
  return (
    <ProgressBar className="progress" value={done} maxValue={Math.max(total, 1)}>
      {({ percentage }) => (
        <>
          <Label className="visually-hidden">{label}</Label>
          <span className="progress-track">
            <span
              className={`progress-fill progress-${tone}`}
              style={{ width: `${(percentage ?? 0) - (failed / Math.max(total, 1)) * 100}%` }}
            />
            {failed > 0 && (
              <span
                className="progress-fill progress-danger"
                style={{ width: `${(failed / Math.max(total, 1)) * 100}%` }}
              />
            )}
          </span>
        </>
      )}
    </ProgressBar>
  );
}

/** How far something is, for those who cannot see the bar: spoken at every ten per cent, not at each step. */
export function SpokenProgress({
  label,
  done,
  total,
}: {
  readonly label: string;
  readonly done: number;
  readonly total: number;
}) {
  const tens = total === 0 ? 0 : Math.floor((done / total) * 10) * 10;
  return (
    <span className="visually-hidden" role="status">
      {total === 0 ? '' : `${label}: ${tens} %`}
    </span>
  );
}

const PATIENCE_MS = 300;

/** True once `waiting` has lasted 300 ms: before that, showing a wait would only flicker. */
export function useLongWait(waiting: boolean): boolean {
  const [long, setLong] = useState(false);
  useEffect(() => {
    if (!waiting) {
      setLong(false);
      return;
    }
    const timer = setTimeout(() => setLong(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [waiting]);
  return waiting && long;
}

const WIDTHS = ['w60', 'w80', 'w40', 'w70', 'w50', 'w80', 'w60', 'w70'];

/** Grey lines in the shape of what is to come. */
export function Skeleton({ label, lines = 8 }: { readonly label: string; readonly lines?: number }) {
  return (
    <div className="skeleton" role="status" aria-label={label}>
      {Array.from({ length: lines }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines have no identity
        <span key={i} className={`skeleton-line ${WIDTHS[i % WIDTHS.length]}`} />
      ))}
    </div>
  );
}
