import { useEffect, useState } from 'react';
import type { BlobRow } from '#shared/model/blob.ts';
import type { RunItem } from '#shared/model/run.ts';
import { bridge, call } from '../../api.ts';
import { Button } from '../../components/Button.tsx';
import { FaultLines } from '../../components/FaultCard.tsx';
import { Status } from '../../components/Status.tsx';
import { moment } from '../../lib/words/format.ts';
import { rowState } from '../../lib/words/words.ts';
import { copyText, useUi } from '../../store/app/ui.ts';
import { useRuns } from '../../store/runs/runs.ts';
import { Fixes } from '../sheet/FaultGroups.tsx';

/** What the last run of this start made of the blob, with its fault and what fixes it; nothing before there is one. */
export function LastResultLine({ row }: { readonly row: BlobRow }) {
  const result = useRuns((state) => state.results.get(row.id));
  const runId = useRuns((state) => state.resultRuns.get(row.id));
  const run = useRuns((state) => (runId === undefined ? undefined : state.runs.get(runId)));
  const showRun = useUi((state) => state.showRun);
  const item = useItem(runId, row.id);
  if (result === undefined || runId === undefined) return null;
  const failed = item?.fault ?? null;
  return (
    <section className="last-result" aria-label="Last result">
      <div className="last-result-head">
        <Status {...rowState(row, result)} />
        {run !== undefined && <span className="hint">{moment(run.finishedAt ?? run.startedAt)}</span>}
        <span className="gap" />
        <Button variant="link" onPress={() => showRun(runId)}>
          {run?.dryRun === true ? 'Show the preflight' : 'Show the run'}
        </Button>
      </div>
      {failed !== null && (
        <div>
          <FaultLines fault={failed} />
          {item !== null && (
            <div className="button-row">
              <Fixes items={[item]} />
            </div>
          )}
        </div>
      )}
      {item?.requestId != null && (
        <p className="hint">
          Request <code>{item.requestId}</code>{' '}
          <Button variant="link" onPress={() => void copyText(item.requestId ?? '', 'the request ID')}>
            Copy
          </Button>
        </p>
      )}
    </section>
  );
}

/** What a run says of a blob; null until it is here, or where it says nothing. */
function useItem(runId: string | undefined, blobId: string): RunItem | null {
  const [item, setItem] = useState<RunItem | null>(null);
  const status = useRuns((state) => (runId === undefined ? undefined : state.runs.get(runId)?.status));
  // biome-ignore lint/correctness/useExhaustiveDependencies: a run that was undone says something else
  useEffect(() => {
    setItem(null);
    if (runId === undefined) return;
    let gone = false;
    call(bridge().runs.item({ runId, blobId })).then(
      (reply) => {
        if (!gone) setItem(reply.item);
      },
      // The state stands above; why it is so stands in the run.
      () => undefined,
    );
    return () => {
      gone = true;
    };
  }, [runId, blobId, status]);
  return item;
}
