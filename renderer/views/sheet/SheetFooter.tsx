import { FileDown, Pause, Play, Terminal } from 'lucide-react';
import type { BlobRow } from '#shared/model/blob.ts';
import type { OutputChoice, RunSummary } from '#shared/model/run.ts';
import { OUTPUTS } from '#shared/outputs.ts';
import { Button, IconButton } from '../../components/Button.tsx';
import { Progress } from '../../components/Progress.tsx';
import { mod } from '../../lib/platform.ts';
import { type Built, fileCount } from '../../lib/request/request.ts';
import { count, plural } from '../../lib/words/format.ts';
import { againWords } from '../../lib/words/run-words.ts';
import { useActions } from '../../store/app/actions.ts';
import { attempt } from '../../store/app/ui.ts';
import { useConnection } from '../../store/connection/connection.ts';
import { useDraft } from '../../store/runs/draft.ts';
import { isOver, useRuns } from '../../store/runs/runs.ts';

interface FooterProps {
  readonly built: Built;
  readonly rows: readonly BlobRow[];
  readonly files: number;
}

/** The buttons of each phase, the next step as the primary one, and in words what a press will touch. */
export function SheetFooter(props: FooterProps) {
  const { phase, dryRunId, runId } = useDraft();
  const dryRun = useRuns((state) => (dryRunId === null ? undefined : state.runs.get(dryRunId)));
  const run = useRuns((state) => (runId === null ? undefined : state.runs.get(runId)));
  if (phase === 'running') return <Running run={run} />;
  if (phase === 'result') return <Ended run={run} />;
  if (phase === 'preflight') return <Asking run={dryRun} />;
  return <Ready {...props} checked={phase === 'checked' ? dryRun : undefined} />;
}

function Running({ run }: { readonly run: RunSummary | undefined }) {
  const { runId, close } = useDraft();
  const cancel = useRuns((state) => state.cancel);
  return (
    <>
      <span className="foot-note">Closing this sheet does not stop the run; Runs shows it.</span>
      {run !== undefined && <HoldButton run={run} />}
      <Button onPress={close}>Close</Button>
      <Button
        variant="danger"
        reason={
          run === undefined
            ? 'The run is starting.'
            : run.status === 'cancelling'
              ? 'The run is being cancelled.'
              : isOver(run)
                ? 'The run has ended.'
                : null
        }
        onPress={() => {
          if (runId !== null) void cancel(runId);
        }}
      >
        Cancel run
      </Button>
    </>
  );
}

/** Pause, or resume. */
function HoldButton({ run }: { readonly run: RunSummary }) {
  const { pause, resume } = useActions(useRuns);
  const held = run.status === 'paused' || run.status === 'pausing';
  if (run.status === 'cancelling' || run.status === 'undoing' || isOver(run)) return null;
  return (
    <Button
      icon={
        held ? <Play className="icon" aria-hidden="true" /> : <Pause className="icon" aria-hidden="true" />
      }
      onPress={() => void attempt(() => (held ? resume(run.id) : pause(run.id)))}
    >
      {held ? 'Resume' : 'Pause'}
    </Button>
  );
}

/** Retry is offered for what can work, with the number and the words of the run's record. */
function Ended({ run }: { readonly run: RunSummary | undefined }) {
  const { stale, close, backToEdit, retryFailed } = useDraft();
  const retry = run?.method === 'reencrypt' ? run.retry : null;
  return (
    <>
      {!stale && (
        <Button variant="quiet" onPress={backToEdit}>
          Edit and run again
        </Button>
      )}
      <span className="gap" />
      {retry !== null && <Button onPress={() => void retryFailed()}>{againWords(retry)}</Button>}
      <Button variant="primary" onPress={close}>
        Done
      </Button>
    </>
  );
}

/** A preflight under way: how far it is, and how to stop it, wherever the sheet is scrolled to. */
function Asking({ run }: { readonly run: RunSummary | undefined }) {
  const cancel = useRuns((state) => state.cancel);
  const total = run?.counts.total ?? 0;
  const done = run === undefined ? 0 : total - run.counts.waiting - run.counts.running;
  return (
    <div className="foot-progress">
      <span className="tabular">
        {run === undefined ? 'Asking KMS' : `${count(done)} of ${plural(total, 'blob')} answered`}
      </span>
      <Progress label="Preflight" done={done} failed={run?.counts.failed ?? 0} total={total} />
      <Button
        reason={
          run === undefined
            ? 'The preflight is starting.'
            : run.status === 'cancelling'
              ? 'The preflight is being stopped.'
              : null
        }
        onPress={() => {
          if (run !== undefined) void cancel(run.id);
        }}
      >
        Stop
      </Button>
    </div>
  );
}

function Ready({ built, rows, files, checked }: FooterProps & { readonly checked: RunSummary | undefined }) {
  const { draft, dryRunId, preflight, run, exclude, savePlan, copyCommand } = useDraft();
  const results = useRuns((state) => state.results);
  const from = useRuns((state) => state.resultRuns);
  const settled = useRuns((state) => dryRunId !== null && state.settled.has(dryRunId));
  const connected = useConnection((state) => state.connection?.status === 'ready');
  const said = (id: string) =>
    checked !== undefined && from.get(id) === dryRunId ? results.get(id) : undefined;
  const saidOf = (result: string): number => rows.filter(({ id }) => said(id) === result).length;
  const already = checked?.counts.already ?? 0;
  // What the preflight found to be as asked is not sent.
  const blobs = rows.length - already;
  const touched = already === 0 ? files : fileCount(rows.filter(({ id }) => said(id) !== 'already'));
  // Blobs that were left out are none of the rows.
  const failing = saidOf('would-fail');
  const works = saidOf('would-succeed');
  const counted = checked === undefined ? 0 : checked.counts.succeeded + checked.counts.failed;
  // What it said of each blob is fetched when it has ended; until then its verdict is not that nothing fails.
  const isUnknown =
    counted > 0 && ![...draft.rows, ...draft.leftOut].some(({ id }) => from.get(id) === dryRunId);
  const isUnread = isUnknown && !settled;
  // One that ended judged every blob, or said why not; one that was stopped did not come to all.
  const unknown = checked === undefined || checked.status === 'finished' ? 0 : blobs - failing - works;
  const ready = built.ok && connected && !isUnread;
  const partly = failing > 0 && works > 0;
  const proven = checked !== undefined && (failing === 0 ? works > 0 : partly);
  const runPart = (): void => {
    exclude(rows.flatMap(({ id }) => (said(id) === 'would-succeed' ? [] : [id])));
    void run();
  };
  const note = !connected
    ? 'Not connected to KMS.'
    : built.ok
      ? blobs === 0
        ? 'Every blob is already as asked: nothing is to be done.'
        : isUnread
          ? 'The result of the preflight is being read.'
          : isUnknown
            ? 'What the preflight said of each blob is not known here. You can run it again.'
            : failing > 0
              ? verdictWords(failing, works, unknown)
              : touches(built.request.output, touched, blobs)
      : (built.problems[0] ?? '');
  // A command and a plan need no connection.
  const unready = built.ok ? null : (built.problems[0] ?? 'The sheet is not filled in.');
  return (
    <>
      <span className="foot-note" role="status">
        {note}
      </span>
      <IconButton label="Copy as command" reason={unready} onPress={() => void copyCommand()}>
        <Terminal className="icon" aria-hidden="true" />
      </IconButton>
      <IconButton label="Save plan…" reason={unready} onPress={() => void savePlan()}>
        <FileDown className="icon" aria-hidden="true" />
      </IconButton>
      <Button
        variant={proven ? 'normal' : 'primary'}
        {...(proven ? {} : { keys: mod('↵') })}
        reason={ready ? null : note}
        onPress={() => void preflight()}
      >
        Preflight
      </Button>
      {partly ? (
        <Button variant="primary" keys={mod('↵')} reason={ready ? null : note} onPress={runPart}>
          {works === 1 ? 'Re-encrypt the 1 that works' : `Re-encrypt the ${count(works)} that work`}
        </Button>
      ) : (
        <Button
          variant={proven ? 'primary' : 'normal'}
          {...(proven ? { keys: mod('↵') } : {})}
          reason={ready && blobs > 0 && (failing === 0 || works > 0) ? null : note}
          onPress={() => void run()}
        >
          {`Re-encrypt ${plural(blobs, 'blob')}`}
        </Button>
      )}
    </>
  );
}

/** What a preflight says of blobs that will not work, and how many it says nothing of. */
function verdictWords(failing: number, works: number, unknown: number): string {
  const fails = works === 0 ? 'none of these blobs will work' : `${plural(failing, 'blob')} will fail`;
  if (unknown === 0) return `The preflight says that ${fails}.`;
  return `The preflight says that ${plural(failing, 'blob')} will fail; ${count(unknown)} ${unknown === 1 ? 'was' : 'were'} not judged.`;
}

/** What the run will touch. */
const touches = (output: OutputChoice, files: number, blobs: number): string =>
  OUTPUTS[output.mode].touches({ files, blobs }, output.mode === 'in-place' && output.backup);
