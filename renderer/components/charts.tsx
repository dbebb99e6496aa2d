import { type ReactNode, useId } from 'react';
import { shapeWords, share } from '#shared/audit-words.ts';
import { segments } from '../lib/words/audit.ts';
import { count, plural } from '../lib/words/format.ts';

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
        <desc id={`${id}d`}>{shapeWords(parts, total)}</desc>
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
      <table className="chart-table chart-table-alone">
        <ChartHead name="Part" />
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

interface Bar {
  readonly id: string;
  /** False: what is not known, drawn as no value of its own. */
  readonly known: boolean;
  readonly label: string;
  readonly count: number;
  /** Stands before the label: the face of a key. */
  readonly face?: ReactNode;
}

interface BarsProps {
  readonly title: string;
  readonly bars: readonly Bar[];
  readonly total: number;
  /** What is summed up below the bars. */
  readonly rest: { readonly values: number; readonly blobs: number };
  readonly onOpen: (bar: Bar) => void;
}

/** Height of a bar and of the row that it stands beside, in the picture's own units. */
const ROW = 24;
const THICK = 10;

/**
 * Horizontal bars as one picture that says its shape in words, and beside it a table with the same figures, a row for
 * each bar. A row's name opens its blobs, and so does its bar.
 */
export function BarChart({ title, bars, total, rest, onOpen }: BarsProps) {
  const id = useId();
  // Of the whole: a bar of 46 % fills 46 % of its track.
  const whole = Math.max(1, total);
  // Names begin at one place, with a face or without.
  const faces = bars.some(({ face }) => face != null);
  return (
    <figure className="chart">
      <figcaption className="chart-title">{title}</figcaption>
      <div className="chart-beside">
        <table className="chart-table">
          <ChartHead name={title} />
          <tbody>
            {bars.map((bar) => (
              <tr key={bar.id}>
                <th scope="row">
                  <span className="bar-label">
                    {bar.face ?? (faces && <span className="swatch swatch-none" aria-hidden="true" />)}
                    <button
                      type="button"
                      className="bar-name bar-open bar-clip"
                      title={bar.label}
                      aria-label={`Show ${plural(bar.count, 'blob')}: ${bar.label}`}
                      onClick={() => onOpen(bar)}
                    >
                      {bar.label}
                    </button>
                  </span>
                </th>
                <td className="tabular chart-number">{count(bar.count)}</td>
                <td className="tabular chart-number faint">{share(bar.count, total)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <svg
          className="bar-picture"
          style={{ height: `calc(${bars.length} * var(--chart-row))` }}
          viewBox={`0 0 100 ${bars.length * ROW}`}
          preserveAspectRatio="none"
          role="img"
          aria-labelledby={`${id}t ${id}d`}
        >
          <title id={`${id}t`}>{title}</title>
          <desc id={`${id}d`}>{shapeWords(bars, total, rest)}</desc>
          {bars.map((bar, i) => (
            // biome-ignore lint/a11y/noStaticElementInteractions: the button of the row does the same by keyboard
            <g key={bar.id} className="bar" onClick={() => onOpen(bar)}>
              <rect className="bar-row" y={i * ROW} width="100" height={ROW} />
              <rect className="bar-track" y={i * ROW + (ROW - THICK) / 2} width="100" height={THICK} />
              <rect
                className={bar.known ? 'bar-fill' : 'bar-unknown'}
                y={i * ROW + (ROW - THICK) / 2}
                width={Math.max(0.75, (bar.count / whole) * 100)}
                height={THICK}
              />
            </g>
          ))}
        </svg>
      </div>
      {rest.values > 0 && (
        <p className="hint">{`and ${count(rest.values)} more with ${plural(rest.blobs, 'blob')}`}</p>
      )}
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

/** Columns of a chart's table: what it is, how many, how much of all. The picture beside it says so to the eye. */
function ChartHead({ name }: { readonly name: string }) {
  return (
    <>
      <colgroup>
        <col />
        <col className="chart-figure" />
        <col className="chart-figure" />
      </colgroup>
      <thead className="visually-hidden">
        <tr>
          <th scope="col">{name}</th>
          <th scope="col">Blobs</th>
          <th scope="col">Share</th>
        </tr>
      </thead>
    </>
  );
}
