import { useId } from 'react';
import { paceWords } from '../../lib/words/pace.ts';
import { useRuns } from '../../store/runs.ts';

const WIDTH = 240;
const HEIGHT = 36;

/** Blobs a second over time, as far as this window watched; moments in which KMS throttled are marked. */
export function PaceChart({ runId }: { readonly runId: string }) {
  const id = useId();
  const samples = useRuns((state) => state.pace.get(runId));
  if (samples === undefined || samples.length < 3) return null;
  const most = Math.max(1, ...samples.map(({ rate }) => rate));
  const step = WIDTH / (samples.length - 1);
  const points = samples.map(({ rate }, i) => `${i * step},${HEIGHT - (rate / most) * (HEIGHT - 2) - 1}`);
  return (
    <figure className="pace-chart">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-labelledby={`${id}t ${id}d`}
      >
        <title id={`${id}t`}>Rate over time</title>
        <desc id={`${id}d`}>{paceWords(samples)}</desc>
        {samples.map(({ at, slowedTo }, i) =>
          slowedTo === null ? null : (
            <rect key={at} className="pace-slowed" x={i * step - step / 2} width={step} height={HEIGHT} />
          ),
        )}
        <polyline className="pace-line" points={points.join(' ')} />
      </svg>
      <figcaption className="hint tabular">{paceWords(samples)}</figcaption>
    </figure>
  );
}
