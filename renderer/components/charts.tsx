import { type ReactNode, useId } from 'react';
import { segments, share } from '../lib/audit.ts';
import { count, plural } from '../lib/format.ts';

export interface StackPart {
  readonly id: string;
  readonly label: string;
  readonly count: number;
  /** Class of the colour token. */
  readonly tone: 'done' | 'accent' | 'running' | 'attention' | 'danger' | 'neutral';
}

interface StackProps {
  readonly title: string;
  readonly parts: readonly StackPart[];
  readonly onOpen?: (part: StackPart) => void;
}

/** Parts of a whole as one bar, and the same figures in a table below it. */
export function StackChart({ title, parts, onOpen }: StackProps) {
  const id = useId();
  const total = parts.reduce((sum, part) => sum + part.count, 0);
  return (
    <figure className="chart">
      <figcaption className="chart-title">{title}</figcaption>
      <svg
        className="stack-bar"
        viewBox="0 0 100 10"
        preserveAspectRatio="none"
        role="img"
        aria-labelledby={`${id}t ${id}d`}
      >
        <title id={`${id}t`}>{title}</title>
        <desc id={`${id}d`}>{parts.map((part) => `${part.label}: ${count(part.count)}`).join(', ')}</desc>
        {segments(parts).map((part) => (
          <rect
            key={part.id}
            className={`fill-${part.tone}`}
            x={part.x}
            y="0"
            width={part.width}
            height="10"
          />
        ))}
      </svg>
      <table className="chart-table">
        <colgroup>
          <col />
          <col className="chart-figure" />
          <col className="chart-figure" />
        </colgroup>
        <thead className="visually-hidden">
          <tr>
            <th scope="col">Part</th>
            <th scope="col">Blobs</th>
            <th scope="col">Share</th>
          </tr>
        </thead>
        <tbody>
          {parts.map((part) => (
            <tr key={part.id}>
              <th scope="row">
                <svg className="chart-key" viewBox="0 0 10 10" aria-hidden="true">
                  <rect className={`fill-${part.tone}`} width="10" height="10" rx="2" />
                </svg>
                <BarName
                  label={part.label}
                  blobs={part.count}
                  {...(onOpen === undefined ? {} : { onOpen: () => onOpen(part) })}
                />
              </th>
              <td className="tabular chart-number">{count(part.count)}</td>
              <td className="tabular chart-number faint">{share(part.count, total)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  );
}

export interface Bar {
  readonly id: string;
  readonly label: string;
  readonly count: number;
  /** Stands before the label: the face of a key. */
  readonly face?: ReactNode;
}

interface BarsProps {
  readonly title: string;
  readonly bars: readonly Bar[];
  readonly total: number;
  /** What is summed up below the bars; null where nothing is. */
  readonly more: string | null;
  readonly onOpen: (bar: Bar) => void;
}

/** Horizontal bars in the rows of a table with the same figures; each row's name opens its blobs. */
export function BarChart({ title, bars, total, more, onOpen }: BarsProps) {
  const id = useId();
  const most = Math.max(1, ...bars.map((bar) => bar.count));
  return (
    <figure className="chart">
      <figcaption className="chart-title">{title}</figcaption>
      <table className="chart-table chart-bars">
        <colgroup>
          <col className="chart-label" />
          <col />
          <col className="chart-figure" />
          <col className="chart-figure" />
        </colgroup>
        <thead className="visually-hidden">
          <tr>
            <th scope="col">{title}</th>
            <th scope="col">Bar</th>
            <th scope="col">Blobs</th>
            <th scope="col">Share</th>
          </tr>
        </thead>
        <tbody>
          {bars.map((bar) => (
            <tr key={bar.id}>
              <th scope="row">
                {bar.face}
                <label className="bar-name" htmlFor={`${id}${bar.id}`} title={bar.label}>
                  {bar.label}
                </label>
              </th>
              <td className="chart-bar">
                <button
                  id={`${id}${bar.id}`}
                  type="button"
                  className="bar-button"
                  aria-label={`Show ${plural(bar.count, 'blob')}: ${bar.label}`}
                  onClick={() => onOpen(bar)}
                >
                  <svg
                    viewBox="0 0 100 10"
                    preserveAspectRatio="none"
                    role="img"
                    aria-label={`${bar.label}: ${share(bar.count, total)}`}
                  >
                    <title>{`${bar.label}: ${count(bar.count)}`}</title>
                    <rect className="bar-track" width="100" height="10" />
                    <rect className="bar-fill" width={Math.max(0.75, (bar.count / most) * 100)} height="10" />
                  </svg>
                </button>
              </td>
              <td className="tabular chart-number">{count(bar.count)}</td>
              <td className="tabular chart-number faint">{share(bar.count, total)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {more !== null && <p className="hint">{more}</p>}
    </figure>
  );
}

function BarName({
  label,
  blobs,
  onOpen,
}: {
  readonly label: string;
  readonly blobs: number;
  readonly onOpen?: () => void;
}) {
  if (onOpen === undefined || blobs === 0) return <span className="bar-name">{label}</span>;
  return (
    <button type="button" className="bar-name bar-open" title={`Show the blobs: ${label}`} onClick={onOpen}>
      {label}
    </button>
  );
}
