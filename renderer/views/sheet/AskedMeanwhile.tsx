import { Info } from 'lucide-react';
import { useMemo } from 'react';
import { Button } from '../../components/Button.tsx';
import { draftRows } from '../../lib/request/request.ts';
import { count, plural } from '../../lib/words/format.ts';
import { useDraft } from '../../store/runs/draft.ts';
import { useRuns } from '../../store/runs/runs.ts';

/** Why the sheet shows another run than the one that was asked for, and how to come to that. */
export function AskedMeanwhile() {
  const { asked, draft, phase, probing, runId, dryRunId, openAsked } = useDraft();
  const shown = phase === 'running' || phase === 'result' ? runId : dryRunId;
  const run = useRuns((state) => (shown === null ? undefined : state.runs.get(shown)));
  const shared = useMemo(() => {
    // A preflight writes no file, and the output of the blobs that wait is not chosen yet: in the source file, by default.
    if (asked === null || phase !== 'running' || draft.output.mode !== 'in-place') return 0;
    const files = new Set(draftRows(draft).map(({ sourceId }) => sourceId));
    return asked.rows.filter(({ sourceId }) => files.has(sourceId)).length;
  }, [asked, draft, phase]);
  if (asked === null) return null;
  const total = run?.counts.total ?? draftRows(draft).length;
  const other = plural(asked.rows.length, 'other blob');
  const what = `${phase === 'preflight' ? 'preflight' : 'run'} of ${plural(total, 'blob')}`;
  const moving = phase === 'running' || phase === 'preflight';
  return (
    <section className="notice asked-meanwhile" aria-label="Other blobs chosen" role="status">
      <Info className="icon asked-icon" aria-hidden="true" />
      <div className="stack stack-tight">
        <p>
          {moving
            ? `This sheet shows a ${what}, which is still under way. You chose ${other}.`
            : `You chose ${other} while another run was under way.`}
        </p>
        {moving && (
          <p className="hint">{nextStep(phase === 'preflight', probing, shared, asked.rows.length)}</p>
        )}
        {!probing && (
          <span>
            <Button onPress={openAsked}>{`Set up a run for ${plural(asked.rows.length, 'blob')}`}</Button>
          </span>
        )}
      </div>
    </section>
  );
}

/** What happens to the run that is shown, and when the blobs can be started. */
function nextStep(preflight: boolean, probing: boolean, shared: number, blobs: number): string {
  if (probing) return 'The run starts after these first answers. Then you can set up another one.';
  if (preflight)
    return 'Wait for it or stop it to keep what you filled in here. A run for the other blobs replaces that; the preflight then continues in Runs.';
  const them = blobs === 1 ? 'it' : 'them';
  if (shared === 0)
    return `You can start ${them} now: both runs then work at the same time, and Runs shows each.`;
  const which =
    blobs === 1
      ? 'It is'
      : shared === blobs
        ? 'They are'
        : `${count(shared)} of them ${shared === 1 ? 'is' : 'are'}`;
  return `${which} in ${shared === 1 ? 'a file' : 'files'} that this run is working on. Start ${shared === 1 ? 'that one' : 'those'} when it has ended, or cancel it below.`;
}
