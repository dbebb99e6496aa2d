import { Circle, CircleCheck, CircleEqual, CircleSlash, CircleX } from 'lucide-react';
import { useEffect, useId, useState } from 'react';
import type { RunSummary } from '#shared/model/run.ts';
import { OUTPUTS } from '#shared/outputs.ts';
import { outcomeNames, outcomeParts } from '#shared/run-outcome.ts';
import { HowKnown, KeyTitle } from '../../components/KeyFace.tsx';
import { Progress } from '../../components/Progress.tsx';
import { bytes, count, duration, moment, plural } from '../../lib/words/format.ts';
import { paceWords } from '../../lib/words/pace.ts';
import { doneOf, heldWords, oldKeyNote } from '../../lib/words/run-words.ts';
import { useRuns } from '../../store/runs/runs.ts';

/** Rate and time left of a run under way. */
export function RunPace({ run }: { readonly run: RunSummary }) {
  const { counts } = run;
  const { done, total } = doneOf(run);
  const going = run.status === 'running';
  const quiet = useQuiet(`${run.id} ${done}`, going);
  return (
    <p className="run-line tabular">
      <span>
        {count(done)} of {plural(total, 'blob')}
      </span>
      {going && !quiet && run.rate > 0 && <span>{run.rate.toFixed(run.rate < 10 ? 1 : 0)} a second</span>}
      {going && quiet && <span>{`No blob done in the last ${QUIET_MS / 1000} s`}</span>}
      {going && !quiet && (
        <span>
          {run.secondsLeft === null ? 'time left not yet known' : `${duration(run.secondsLeft)} left`}
        </span>
      )}
      <Slowed run={run} />
      <WorkersNote run={run} />
      {run.status === 'pausing' && <span>{plural(counts.running, 'blob')} under way</span>}
    </p>
  );
}

/** After so long without a blob that is done, a rate and a time left are of before, milliseconds. */
const QUIET_MS = 10_000;

/** Whether `moved` has been the same for {@link QUIET_MS}. */
function useQuiet(moved: string, going: boolean): boolean {
  const [quietAt, setQuietAt] = useState<string | null>(null);
  useEffect(() => {
    if (!going) return;
    const timer = setTimeout(() => setQuietAt(moved), QUIET_MS);
    return () => clearTimeout(timer);
  }, [moved, going]);
  return going && quietAt === moved;
}

/** By how many processes it is done, and which of them died. */
function WorkersNote({ run: { workers } }: { readonly run: RunSummary }) {
  if (workers === undefined) return null;
  return (
    <>
      <span>by {plural(workers.processes, 'process', 'processes')}</span>
      <DiedNote {...workers} />
    </>
  );
}

function DiedNote({ died, followed }: { readonly died: number; readonly followed: number }) {
  if (died === 0) return null;
  const dead = died === 1 ? 'one died' : `${count(died)} died`;
  const others =
    followed < died
      ? `${count(followed)} replaced`
      : died === 1
        ? 'another took its place'
        : 'others took their place';
  const words = followed === 0 ? dead : followed < died ? `${dead}, ${others}` : `${dead} and ${others}`;
  return <span className="attention-text">{words}</span>;
}

/** Said while KMS throttles. */
export function Slowed({ run }: { readonly run: RunSummary }) {
  if (run.status !== 'running' || run.slowedTo == null) return null;
  const rate = count(Math.max(1, Math.round(run.slowedTo)));
  return <span className="attention-text">KMS throttles: slowed to {rate} requests a second</span>;
}

/** How far a run has come. */
export function RunBar({ run }: { readonly run: RunSummary }) {
  const moves = run.status === 'running' || run.status === 'undoing';
  const tone = moves ? 'running' : run.status === 'finished' ? 'done' : 'attention';
  const what = run.dryRun ? 'Preflight' : run.status === 'undoing' ? 'Undo' : 'Re-encryption';
  return <Progress label={what} {...doneOf(run)} tone={tone} />;
}

/** What a state means for the files, where that is not plain. */
export function Remark({ run }: { readonly run: RunSummary }) {
  const held = heldWords(run);
  if (held !== null) return <p className="remark remark-attention">{held}</p>;
  if (run.status === 'unfinished')
    return (
      <p className="remark remark-attention">
        Rewrap ended before this run did. Each file is either wholly old or wholly new; Rewrap finds out which
        by its hash when you resume or undo.
      </p>
    );
  return null;
}

const LOOKS = {
  done: { icon: CircleCheck, tone: 'done' },
  quiet: { icon: CircleEqual, tone: 'quiet' },
  failed: { icon: CircleX, tone: 'danger' },
  rest: { icon: CircleSlash, tone: 'attention' },
};

const ASKED = outcomeNames(false)[1];

/** What became of the blobs of a run, each part with its number; and how many are known to be under the old key. */
export function OutcomeTally({ run }: { readonly run: RunSummary }) {
  const old = oldKeyNote(run);
  const parts = outcomeParts(run);
  if (parts.length === 0) return null;
  return (
    <ul className="tally">
      {parts.map(({ kind, count: blobs, words }) => {
        const { icon, tone } = LOOKS[kind];
        // As in the list of blobs: what is still to do is an open circle.
        const Icon = kind === 'quiet' && words !== ASKED ? Circle : icon;
        return (
          <li key={words} className={`tally-${tone}`}>
            <Icon className="icon" aria-hidden="true" />
            <span>
              <strong>{count(blobs)}</strong> {words}
            </span>
          </li>
        );
      })}
      {old !== null && <li className="tally-note">{old}</li>}
    </ul>
  );
}

/** When, over what and to which key; counts of files and bytes, and blobs by source key. */
export function RunFacts({ run }: { readonly run: RunSummary }) {
  const { startedAt, finishedAt } = run;
  const took = finishedAt === null ? null : (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000;
  return (
    <dl className="facts run-facts run-facts-two">
      <dt>Started</dt>
      <dd>
        {moment(startedAt, true)}
        {took !== null && <span className="hint">took {took < 1 ? 'less than 1 s' : duration(took)}</span>}
      </dd>
      <dt>Destination key</dt>
      <dd>
        <KeyTitle arn={run.destinationKeyId} />
      </dd>
      {!run.dryRun && (
        <>
          <dt>Files</dt>
          <dd className="tabular">
            {count(run.files.done)} of {count(run.files.total)} {OUTPUTS[run.output].done}
            <span className="hint">
              ciphertext {bytes(run.bytes.done)} of {bytes(run.bytes.total)}
            </span>
          </dd>
        </>
      )}
      {!run.dryRun && run.perKey.length > 0 && (
        <>
          <dt>From keys</dt>
          <dd>
            <RunKeys run={run} />
          </dd>
        </>
      )}
      <dt>Connection</dt>
      <dd className="run-connection">{run.connection}</dd>
    </dl>
  );
}

/** The keys that KMS said it opened blobs with, and how many of each. */
function RunKeys({ run: { perKey } }: { readonly run: RunSummary }) {
  return (
    <span className="run-keys tabular">
      {perKey.map(({ keyArn, blobs }) => (
        <span key={keyArn}>
          <KeyTitle arn={keyArn} /> <HowKnown by="kms" />
          <span className="hint">{plural(blobs, 'blob')}</span>
        </span>
      ))}
    </span>
  );
}

const WIDTH = 240;
const HEIGHT = 36;

/** Blobs a second over time, as far as this window watched; moments in which KMS throttled are marked. */
export function PaceChart({ runId }: { readonly runId: string }) {
  const id = useId();
  const samples = useRuns((state) => state.pace.get(runId));
  if (samples === undefined || samples.length < 3) return null;
  // A flat line says nothing that the figures above do not say.
  if (samples.every(({ rate, slowedTo }) => rate === 0 && slowedTo === null)) return null;
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
