import { Copy, Download, FolderOpen, TriangleAlert } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { Fault } from '#shared/model/fault.ts';
import type { RunItem, RunSummary } from '#shared/model/run.ts';
import { outcomeHeadline } from '#shared/run-outcome.ts';
import { bridge, call, pageFaultOf } from '../../api.ts';
import { Button } from '../../components/Button.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';
import { HowKnown, Swatch } from '../../components/KeyFace.tsx';
import { fetchDownload } from '../../lib/platform.ts';
import { plural } from '../../lib/words/format.ts';
import { groupFaults, notesOf } from '../../lib/words/outcome.ts';
import { attempt, copyText } from '../../store/app/ui.ts';
import { useConnection } from '../../store/connection/connection.ts';
import { useKeyName } from '../../store/connection/keys.ts';
import { useDraft } from '../../store/runs/draft.ts';
import { fetchItems, isOver, type LoadedItems, useRuns } from '../../store/runs/runs.ts';
import { RunActions, UndoButton } from '../runs/RunActions.tsx';
import { OutcomeTally, PaceChart, Remark, RunBar, RunFacts, RunPace } from '../runs/RunFigures.tsx';
import { FaultGroups } from './FaultGroups.tsx';

/** A run as it goes, and what came of it. */
export function RunPanel() {
  const runId = useDraft((state) => state.runId);
  const run = useRuns((state) => (runId === null ? undefined : state.runs.get(runId)));
  const { items, fault } = useRunItems(run);
  if (run === undefined) return <p>Starting the run</p>;
  const { counts } = run;
  const over = isOver(run);
  return (
    <section className="outcome" aria-label={over ? 'Result' : 'Progress'}>
      <p className="outcome-title">{over ? endWords(run) : (MOVING[run.status] ?? 'Re-encrypting')}</p>
      <RunBar run={run} />
      {!over && <RunPace run={run} />}
      <OutcomeTally run={run} />
      {!over && <PaceChart runId={run.id} />}
      {!over && <RunFacts run={run} />}
      <Remark run={run} />
      {run.status === 'unfinished' ? (
        <RunActions run={run} />
      ) : (
        over && (
          <div className="button-row">
            <UndoButton run={run} />
          </div>
        )
      )}
      <TwoStepNote run={run} />
      {run.fault !== null && <FaultCard fault={run.fault} />}
      {fault !== null && <FaultCard fault={fault} />}
      {!over && <LiveFailures key={run.id} run={run} />}
      {over && items !== null && (
        <>
          <NewBlobs run={run} items={items.items} />
          {notesOf(items.items).map(({ note, count: times }) => (
            <p key={note} className="remark remark-attention">
              {note} ({plural(times, 'blob')})
            </p>
          ))}
          {counts.failed > 0 && (
            <>
              <p className="hint">Files of failed blobs are as they were.</p>
              <FaultGroups groups={groupFaults(items.items)} />
            </>
          )}
        </>
      )}
    </section>
  );
}

/** Failures are fetched again so often, milliseconds. */
const LIVE_MS = 2000;
/** So many failed blobs speak for the causes while a run is under way. */
const LIVE_ITEMS = 500;

/** Why blobs of a run under way failed so far: what is wrong for all of them is seen in time to cancel. */
function LiveFailures({ run: { id, counts } }: { readonly run: RunSummary }) {
  const [items, setItems] = useState<readonly RunItem[]>([]);
  const asked = useRef(Number.NEGATIVE_INFINITY);
  const shown = useRef(Number.NEGATIVE_INFINITY);
  const { failed } = counts;
  useEffect(() => {
    if (failed === 0) return;
    const fetch = async (): Promise<void> => {
      const mine = performance.now();
      asked.current = mine;
      const page = await call(
        bridge().runs.items({ runId: id, only: 'failed', offset: 0, limit: LIVE_ITEMS }),
      ).catch(() => null);
      // The next change asks again. Also an answer that failures came after is shown, unless a later one is.
      if (page === null || mine < shown.current) return;
      shown.current = mine;
      setItems(page.items);
    };
    const timer = setTimeout(() => void fetch(), Math.max(0, asked.current + LIVE_MS - performance.now()));
    return () => clearTimeout(timer);
  }, [id, failed]);
  if (items.length === 0) return null;
  return (
    <section className="verdict" aria-label="Failures so far">
      <header className="verdict-head">
        <h3>
          {failed > LIVE_ITEMS ? `Causes of the first ${plural(LIVE_ITEMS, 'failure')}` : 'Failures so far'}
        </h3>
      </header>
      <FaultGroups groups={groupFaults(items)} beside />
    </section>
  );
}

const MOVING: Partial<Record<RunSummary['status'], string>> = {
  cancelling: 'Stopping after the requests under way',
  pausing: 'Pausing after the requests under way',
  paused: 'Paused',
  waiting: 'Waiting for the network',
  undoing: 'Undoing',
};

function endWords(run: RunSummary): string {
  const words = outcomeHeadline(run);
  if (run.status === 'cancelled') return `Cancelled: ${words}`;
  if (run.status === 'unfinished') return `Interrupted: ${words}`;
  return run.status === 'failed' ? `The run stopped: ${words}` : words;
}

/** The new blobs of an ended run: copy, show, download, and what KMS said of them. */
export function NewBlobs({
  run,
  items,
  inRecord = false,
}: {
  readonly run: RunSummary;
  readonly items: readonly RunItem[];
  /** Beside the figures of the run, which name its keys already. */
  readonly inRecord?: boolean;
}) {
  const can = useConnection((state) => state.app?.can);
  const done = items.filter((item) => item.state === 'reencrypted');
  const first = done[0];
  if (first === undefined) return null;
  const copy = async (): Promise<void> => {
    const { text } = await call(bridge().runs.resultText({ runId: run.id, blobId: first.blobId }));
    await copyText(text, 'the new ciphertext');
  };
  const download = async (): Promise<void> => {
    const { url, name } = await call(bridge().runs.download({ runId: run.id }));
    fetchDownload(url, name);
  };
  return (
    <div className="new-blobs">
      <div className="button-row">
        {can?.download && run.downloads > 0 && (
          <Button
            variant="primary"
            icon={<Download className="icon" aria-hidden="true" />}
            onPress={() => void attempt(download)}
          >
            {`Download ${plural(run.downloads, 'new file')}`}
          </Button>
        )}
        {done.length === 1 && (
          <Button icon={<Copy className="icon" aria-hidden="true" />} onPress={() => void attempt(copy)}>
            Copy new ciphertext
          </Button>
        )}
        {can?.reveal && first.output !== null && (
          <Button
            icon={<FolderOpen className="icon" aria-hidden="true" />}
            onPress={() =>
              void attempt(async () => {
                await call(bridge().output.reveal({ runId: run.id, blobId: first.blobId }));
              })
            }
          >
            Show in folder
          </Button>
        )}
      </div>
      <dl className="facts run-facts">
        {done.length === 1 && first.output !== null && (
          <>
            <dt>New file</dt>
            <dd>
              <code>{first.output}</code>
            </dd>
          </>
        )}
        {done.length === 1 && first.backup !== null && (
          <>
            <dt>Backup</dt>
            <dd>
              <code>{first.backup}</code>
            </dd>
          </>
        )}
        {!inRecord && done.length === 1 && first.sourceKeyArn !== null && (
          <>
            <dt>From key</dt>
            <dd>
              <ConfirmedKey arn={first.sourceKeyArn} fingerprint={first.fingerprintBefore} />
            </dd>
          </>
        )}
        {first.destinationKeyArn !== null &&
          !(inRecord && first.destinationKeyArn === run.destinationKeyId) && (
            <>
              <dt>To key</dt>
              <dd>
                <ConfirmedKey arn={first.destinationKeyArn} fingerprint={first.fingerprintAfter} />
              </dd>
            </>
          )}
        {done.length === 1 && first.requestId !== null && (
          <>
            <dt>Request ID</dt>
            <dd>
              <code>{first.requestId}</code>
            </dd>
          </>
        )}
      </dl>
    </div>
  );
}

/** A key that KMS named: the face of its material, and its alias where the list of keys has one. */
function ConfirmedKey({ arn, fingerprint }: { readonly arn: string; readonly fingerprint: string | null }) {
  const name = useKeyName(arn);
  return (
    <span className="key-face" title={arn}>
      {fingerprint !== null && <Swatch fingerprint={fingerprint} />}
      <span className="key-face-label">{name}</span>
      <HowKnown by="kms" />
    </span>
  );
}

/** Items of a run once it is over (and again if it changes); null before. */
export function useRunItems(run: RunSummary | undefined): { items: LoadedItems | null; fault: Fault | null } {
  const [items, setItems] = useState<LoadedItems | null>(null);
  const [fault, setFault] = useState<Fault | null>(null);
  const over = run !== undefined && isOver(run);
  const id = run?.id;
  const status = run?.status;
  // biome-ignore lint/correctness/useExhaustiveDependencies: an ended run does not change any more
  useEffect(() => {
    setItems(null);
    setFault(null);
    if (!over || run === undefined) return;
    let gone = false;
    fetchItems(run).then(
      (found) => {
        if (!gone) setItems(found);
      },
      (error: unknown) => {
        if (!gone) setFault(pageFaultOf(error));
      },
    );
    return () => {
      gone = true;
    };
  }, [id, over, status]);
  return { items, fault };
}

/** What a run that decrypts here says of itself, in its result and in its record. */
export function TwoStepNote({ run }: { readonly run: RunSummary }) {
  if (run.method === 'reencrypt') return null;
  return (
    <p className="remark remark-attention">
      <TriangleAlert className="icon severity-warning" aria-hidden="true" />
      <span>
        {run.dryRun
          ? 'Preflight of decrypting here and encrypting there: KMS was asked by dry runs, and no plaintext left it.'
          : 'Decrypted here, encrypted there: what KMS decrypted was in the memory of a child process of this machine, which ends with the run.'}
      </span>
    </p>
  );
}
