import { Equal, Pause, Play, RotateCw, Undo2 } from 'lucide-react';
import { useState } from 'react';
import type { RunSummary } from '#shared/model/run.ts';
import { pageFaultOf } from '../../api.ts';
import { Button } from '../../components/Button.tsx';
import { plural } from '../../lib/words/format.ts';
import { againWords, resumeWords, undoWords } from '../../lib/words/run-words.ts';
import { useActions } from '../../store/app/actions.ts';
import { attempt, useUi } from '../../store/app/ui.ts';
import { isOver, useRuns } from '../../store/runs/runs.ts';
import { AgreeDialog, TokensDialog } from './AgainDialogs.tsx';
import { ComparePlaintexts } from './ComparePlaintexts.tsx';

/** What can be done with a run, each button saying what it will touch. */
export function RunActions({ run, detail = false }: { readonly run: RunSummary; readonly detail?: boolean }) {
  const [tokens, setTokens] = useState(false);
  const [comparing, setComparing] = useState(false);
  const [asked, setAsked] = useState<Onwards | null>(null);
  const { retryFailed } = useActions(useRuns);
  const { showRun } = useActions(useUi);
  // A run that decrypts here says so before it begins anew.
  const onward = (next: Onwards): void => {
    if (run.method === 'decrypt-encrypt') setAsked(next);
    else void attempt(() => next.begin());
  };
  return (
    <>
      <Buttons
        run={run}
        detail={detail}
        onward={onward}
        onTokens={() => setTokens(true)}
        onCompare={() => setComparing(true)}
      />
      {asked !== null && (
        <AgreeDialog words={asked.words} begin={() => asked.begin()} onClose={() => setAsked(null)} />
      )}
      {tokens && run.retry !== null && (
        <TokensDialog
          words={againWords(run.retry)}
          begin={async (given) => showRun(await retryFailed(run.id, given))}
          onClose={() => setTokens(false)}
        />
      )}
      {comparing && <ComparePlaintexts run={run} onClose={() => setComparing(false)} />}
    </>
  );
}

function Buttons({
  run,
  detail,
  onward,
  onTokens,
  onCompare,
}: {
  readonly run: RunSummary;
  readonly detail: boolean;
  readonly onward: (next: Onwards) => void;
  readonly onTokens: () => void;
  readonly onCompare: () => void;
}) {
  const { cancel, pause, resume, retryFailed } = useActions(useRuns);
  const { showRun } = useActions(useUi);
  if (run.elsewhere !== null)
    return <p className="hint">Another Rewrap has this run (process {run.elsewhere.pid}).</p>;
  const again = async (): Promise<void> => {
    try {
      showRun(await retryFailed(run.id));
    } catch (error) {
      if (pageFaultOf(error).code !== 'GrantTokensNeeded') throw error;
      onTokens();
    }
  };
  const live = !isOver(run) && run.status !== 'undoing';
  const held = run.status === 'paused' || run.status === 'pausing';
  const compares = detail && isOver(run) && !run.dryRun && run.outcome.reencrypted > 0;
  const nothing =
    !live && run.status !== 'unfinished' && run.retry === null && run.undo === null && !compares;
  if (nothing || run.status === 'undoing') return null;
  const words = run.resume === null ? '' : resumeWords(run.resume);
  const retryWords = run.retry === null ? '' : againWords(run.retry);
  return (
    <div className="run-actions">
      {live && !held && !run.dryRun && run.status !== 'cancelling' && (
        <Button
          icon={<Pause className="icon" aria-hidden="true" />}
          onPress={() => void attempt(() => pause(run.id))}
        >
          Pause
        </Button>
      )}
      {live && held && (
        <Button
          variant="primary"
          icon={<Play className="icon" aria-hidden="true" />}
          onPress={() => void attempt(() => resume(run.id))}
        >
          Resume
        </Button>
      )}
      {live && (
        <Button
          variant="quiet"
          reason={run.status === 'cancelling' ? 'The run is being cancelled.' : null}
          onPress={() => void attempt(() => cancel(run.id))}
        >
          Cancel run
        </Button>
      )}
      {run.status === 'unfinished' && run.resume !== null && (
        <Button
          variant="primary"
          icon={<Play className="icon" aria-hidden="true" />}
          onPress={() => onward({ words, begin: () => resume(run.id) })}
        >
          {words}
        </Button>
      )}
      {run.retry !== null && (
        <Button
          icon={<RotateCw className="icon" aria-hidden="true" />}
          onPress={() => onward({ words: retryWords, begin: again })}
        >
          {retryWords}
        </Button>
      )}
      {compares && (
        <Button icon={<Equal className="icon" aria-hidden="true" />} onPress={onCompare}>
          Compare plaintexts…
        </Button>
      )}
      {isOver(run) && run.undo !== null && (detail || run.status === 'unfinished') && (
        <UndoButton run={run} />
      )}
      {run.status === 'unfinished' && run.resume !== null && (
        <Button variant="quiet" onPress={() => void attempt(() => cancel(run.id))}>
          {`Leave ${plural(run.resume.blobs, 'blob')} as ${run.resume.blobs === 1 ? 'it is' : 'they are'}`}
        </Button>
      )}
    </div>
  );
}

/** A beginning that may have to be explained first. */
interface Onwards {
  readonly words: string;
  readonly begin: () => Promise<unknown>;
}

/** Asks about undoing a run, and says what that touches; nothing where it cannot be undone. */
export function UndoButton({ run }: { readonly run: RunSummary }) {
  const askUndo = useUi((state) => state.askUndo);
  if (!isOver(run) || run.undo === null || run.elsewhere !== null) return null;
  return (
    <Button icon={<Undo2 className="icon" aria-hidden="true" />} onPress={() => askUndo(run.id)}>
      {`${undoWords(run)}…`}
    </Button>
  );
}
