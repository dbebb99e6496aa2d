import type { KeyTimeline } from '#shared/model/key-group.ts';
import { KeyFace } from '../../components/KeyFace.tsx';
import { Status } from '../../components/Status.tsx';
import { keyWords } from '../../lib/keys/keys.ts';
import { type Currency, currencyOf, type Generation, scaleOf } from '../../lib/keys/timeline.ts';
import { day, plural } from '../../lib/words/format.ts';
import type { Tone } from '../../lib/words/words.ts';
import { useKeys } from '../../store/connection/keys.ts';

const CURRENCY: Record<Currency, { tone: Tone; word: string; why: string }> = {
  'said-by-kms': {
    tone: 'done',
    word: 'Current, confirmed by KMS',
    why: 'KMS names it as the current material.',
  },
  'by-dates': {
    tone: 'done',
    word: 'Current by dates in files',
    why: 'Its blobs carry the latest date that files declare. KMS has not confirmed it.',
  },
  older: { tone: 'neutral', word: 'Older', why: 'Another generation is known to be the current one.' },
  unknown: {
    tone: 'neutral',
    word: 'Unknown',
    why: 'Neither dates in files nor KMS say whether it is current.',
  },
};

/** The key materials of one rotated key, in order, each as a bar on a common line of time beside its figures. */
export function TimeLine({ timeline, here }: { readonly timeline: KeyTimeline; readonly here?: string }) {
  const keys = useKeys((state) => state.keys);
  const { toScale, spans } = scaleOf(timeline.generations);
  const name = keyWords(timeline.keyArn, keys);
  return (
    <div className="timeline">
      <table className="timeline-table" aria-label={`Generations of ${name}`}>
        <thead>
          <tr>
            <th scope="col">Key material</th>
            <th scope="col">Blobs</th>
            <th scope="col">Dates</th>
            <th scope="col">Generation</th>
          </tr>
        </thead>
        <tbody>
          {timeline.generations.map((each, i) => (
            <tr key={each.fingerprint} className={each.fingerprint === here ? 'is-here' : ''}>
              <th scope="row">
                <KeyFace fingerprint={each.fingerprint} />
              </th>
              <td className="tabular">{plural(each.blobs, 'blob')}</td>
              <td className="timeline-when">
                <Bar
                  from={spans[i]?.from ?? 0}
                  to={spans[i]?.to ?? 0}
                  current={each.current === true}
                  sure={toScale}
                />
                <span className="hint tabular">{datesOf(each)}</span>
              </td>
              <td>
                <Status {...CURRENCY[currencyOf(each)]} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {!toScale && <p className="hint">Not every date is known: the line shows an order, not a scale.</p>}
    </div>
  );
}

interface BarProps {
  readonly from: number;
  readonly to: number;
  readonly current: boolean;
  readonly sure: boolean;
}

/** One generation's stretch of the line; the figures beside it say the same in words. */
function Bar({ from, to, current, sure }: BarProps) {
  return (
    <span className="timeline-track" aria-hidden="true">
      <span
        className={`timeline-bar${current ? ' is-current' : ''}${sure ? '' : ' is-unsure'}`}
        style={{ insetInlineStart: `${from}%`, width: `${to - from}%` }}
      />
    </span>
  );
}

function datesOf({ firstDate, lastDate }: Generation): string {
  const first = firstDate === null ? null : day(firstDate);
  const last = lastDate === null ? null : day(lastDate);
  if (first === null || last === null) return first ?? last ?? 'no date known';
  return first === last ? first : `${first} to ${last}`;
}
