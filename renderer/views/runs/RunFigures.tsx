import { CircleCheck, CircleEqual, CircleSlash } from 'lucide-react';
import type { RunSummary } from '#shared/model/run.ts';
import { OUTPUTS } from '#shared/outputs.ts';
import { oldKeyWords, outcomeNames, reasonWords } from '#shared/run-outcome.ts';
import { KeyTitle } from '../../components/KeyFace.tsx';
import { Progress } from '../../components/Progress.tsx';
import { bytes, count, duration, plural } from '../../lib/words/format.ts';
import { doneOf, heldWords } from '../../lib/words/run-words.ts';
import { isOver } from '../../store/runs/runs.ts';

/** Rate and time left of a run under way. */
export function RunPace({ run }: { readonly run: RunSummary }) {
  const { counts } = run;
  const { done, total } = doneOf(run);
  const going = run.status === 'running';
  return (
    <p className="run-line tabular">
      <span>
        {count(done)} of {plural(total, 'blob')}
      </span>
      {going && <span>{run.rate.toFixed(run.rate < 10 ? 1 : 0)} a second</span>}
      {going && (
        <span>
          {run.secondsLeft === null ? 'time left not yet known' : `${duration(run.secondsLeft)} left`}
        </span>
      )}
      <Slowed run={run} />
      {run.status === 'pausing' && <span>{plural(counts.running, 'blob')} under way</span>}
    </p>
  );
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
  return <Progress label={run.dryRun ? 'Preflight' : 'Re-encryption'} {...doneOf(run)} tone={tone} />;
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

/** The three numbers of a run, and why blobs are not re-encrypted. */
export function OutcomeTally({ run }: { readonly run: RunSummary }) {
  const { outcome, counts } = run;
  const [reencrypted, already, not] = outcomeNames(run.dryRun);
  const more = [oldKeyWords(outcome), reasonWords(run) || null].filter((words) => words !== null);
  // What a run has not come to yet is no bad news.
  const isBad = isOver(run) ? outcome.notReencrypted > 0 : counts.failed > 0;
  return (
    <ul className="tally">
      <li className={outcome.reencrypted === 0 ? 'tally-none' : 'tally-done'}>
        <CircleCheck className="icon" aria-hidden="true" />
        <span>
          <strong>{count(outcome.reencrypted)}</strong> {reencrypted}
        </span>
      </li>
      <li className={outcome.already === 0 ? 'tally-none' : 'tally-quiet'}>
        <CircleEqual className="icon" aria-hidden="true" />
        <span>
          <strong>{count(outcome.already)}</strong> {already}
        </span>
      </li>
      <li className={outcome.notReencrypted === 0 ? 'tally-none' : isBad ? 'tally-attention' : 'tally-quiet'}>
        <CircleSlash className="icon" aria-hidden="true" />
        <span>
          <strong>{count(outcome.notReencrypted)}</strong> {not}
          {outcome.notReencrypted > 0 && more.length > 0 && ` (${more.join('; ')})`}
        </span>
      </li>
    </ul>
  );
}

/** Counts of files and bytes, and blobs by source key. */
export function RunFigureList({ run }: { readonly run: RunSummary }) {
  if (run.dryRun) return null;
  return (
    <dl className="facts run-facts">
      <dt>Files</dt>
      <dd className="tabular">
        {count(run.files.done)} of {count(run.files.total)} {OUTPUTS[run.output].done}
      </dd>
      <dt>Ciphertext</dt>
      <dd className="tabular">
        {bytes(run.bytes.done)} of {bytes(run.bytes.total)}
      </dd>
      {run.perKey.length > 0 && (
        <>
          <dt>From keys, confirmed by KMS</dt>
          <dd className="run-keys tabular">
            {run.perKey.map(({ keyArn, blobs }) => (
              <span key={keyArn}>
                <KeyTitle arn={keyArn} /> <span className="hint">{plural(blobs, 'blob')}</span>
              </span>
            ))}
          </dd>
        </>
      )}
    </dl>
  );
}
