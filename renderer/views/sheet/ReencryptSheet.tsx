import { Cloud, FlaskConical } from 'lucide-react';
import { useEffect, useMemo } from 'react';
import type { BlobRow } from '#shared/model/blob.ts';
import type { OutputChoice } from '#shared/model/run.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';
import { PracticeNotice, usePracticeElsewhere } from '../../components/Notices.tsx';
import { type Built, buildRequest, draftRows, fileCount } from '../../lib/request/request.ts';
import { isPractice } from '../../lib/words/connection.ts';
import { plural } from '../../lib/words/format.ts';
import { useConnection } from '../../store/connection.ts';
import { type Phase, useDraft } from '../../store/draft.ts';
import { isOver, useRuns } from '../../store/runs.ts';
import { DestinationSection } from './DestinationSection.tsx';
import { EstimateSection } from './EstimateSection.tsx';
import { MoreSection, OutputSection, TwoStepSection } from './OutputSection.tsx';
import { PermissionsSection } from './PermissionsSection.tsx';
import { PreflightPanel } from './PreflightPanel.tsx';
import { RunPanel } from './RunPanel.tsx';
import { SelectionSection } from './SelectionSection.tsx';
import { SourceSection } from './SourceSection.tsx';

/** The re-encrypt sheet: what, from what, to what, where to; then a preflight and the run. */
export function ReencryptSheet() {
  const open = useDraft((state) => state.open);
  if (!open) return null;
  return <Sheet />;
}

function Sheet() {
  const { draft, phase, fault, close } = useDraft();
  const rows = useMemo(() => draftRows(draft), [draft]);
  const built = useMemo(() => buildRequest(draft, false), [draft]);
  const files = fileCount(rows);
  const practice = usePracticeElsewhere(rows);
  useKeptFocus(phase);
  const editing = phase === 'edit' || phase === 'preflight' || phase === 'checked';
  return (
    <Dialog
      title="Re-encrypt"
      subtitle={
        <>
          {plural(rows.length, 'blob')} in {plural(files, 'file')}
          <ConnectionBadge />
        </>
      }
      shape="drawer"
      open
      onClose={close}
      footer={<SheetFooter built={built} rows={rows} files={files} />}
    >
      {editing ? (
        <div className={phase === 'preflight' ? 'sheet sheet-waiting' : 'sheet'}>
          <PracticeNotice practice={practice} />
          <SelectionSection />
          <SourceSection />
          <DestinationSection />
          <TwoStepSection />
          <OutputSection />
          <MoreSection />
          <EstimateSection />
          <PermissionsSection request={built.ok ? built.request : null} />
          <PreflightPanel />
        </div>
      ) : (
        <RunPanel />
      )}
      {fault !== null && <FaultCard fault={fault} />}
    </Dialog>
  );
}

/** A phase takes the pressed button away with its own; the focus then goes to the dialog, not out of it. */
function useKeptFocus(phase: Phase): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new phase is what may lose the focus
  useEffect(() => {
    const dialog = document.querySelector<HTMLElement>('.modal-drawer [role="dialog"]');
    if (dialog !== null && !dialog.contains(document.activeElement)) dialog.focus();
  }, [phase]);
}

interface FooterProps {
  readonly built: Built;
  readonly rows: readonly BlobRow[];
  readonly files: number;
}

/** The buttons of each phase, and in words what the next press will touch. */
function SheetFooter({ built, rows, files }: FooterProps) {
  const { phase, dryRunId, runId, stale, close, preflight, run, retryFailed, backToEdit, savePlan } =
    useDraft();
  const summary = useRuns((state) => (runId === null ? undefined : state.runs.get(runId)));
  const checked = useRuns((state) => (dryRunId === null ? undefined : state.runs.get(dryRunId)));
  const results = useRuns((state) => state.results);
  const cancel = useRuns((state) => state.cancel);
  const connected = useConnection((state) => state.connection?.status === 'ready');
  if (phase === 'running')
    return (
      <>
        <span className="foot-note">Closing this sheet does not stop the run; Runs shows it.</span>
        <Button onPress={close}>Close</Button>
        <Button
          variant="danger"
          isDisabled={summary === undefined || summary.status === 'cancelling' || isOver(summary)}
          onPress={() => {
            if (runId !== null) void cancel(runId);
          }}
        >
          Cancel run
        </Button>
      </>
    );
  if (phase === 'result') {
    const failed = summary?.counts.failed ?? 0;
    return (
      <>
        {!stale && (
          <Button variant="quiet" onPress={backToEdit}>
            Edit and run again
          </Button>
        )}
        <span className="gap" />
        {failed > 0 && summary?.method === 'reencrypt' && (
          <Button onPress={() => void retryFailed()}>{`Retry ${plural(failed, 'failed blob')}`}</Button>
        )}
        <Button variant="primary" onPress={close}>
          Done
        </Button>
      </>
    );
  }
  // What the preflight found to be as asked is not sent.
  const already = phase === 'checked' ? (checked?.counts.already ?? 0) : 0;
  const blobs = rows.length - already;
  const touched = already === 0 ? files : fileCount(rows.filter(({ id }) => results.get(id) !== 'already'));
  const ready = built.ok && connected;
  // Blobs that were left out are none of the rows.
  const failing = phase === 'checked' ? rows.filter(({ id }) => results.get(id) === 'would-fail').length : 0;
  const works = phase === 'checked' && failing < blobs;
  const note = !connected
    ? 'Not connected to KMS.'
    : built.ok
      ? blobs === 0
        ? 'Every blob is already as asked: nothing is to be done.'
        : failing > 0
          ? `The preflight says that ${failing === blobs ? 'none of these blobs will work' : `${plural(failing, 'blob')} will fail`}.`
          : touches(built.request.output, touched, blobs)
      : (built.problems[0] ?? '');
  return (
    <>
      <span className="foot-note" role="status">
        {note}
      </span>
      <Button variant="quiet" isDisabled={!built.ok || phase === 'preflight'} onPress={() => void savePlan()}>
        Save plan…
      </Button>
      <Button
        variant={works && failing === 0 ? 'normal' : 'primary'}
        isDisabled={!ready || phase === 'preflight'}
        onPress={() => void preflight()}
      >
        Preflight
      </Button>
      <Button
        // What the preflight found to fail is not one press away.
        variant={works && failing === 0 ? 'primary' : 'normal'}
        isDisabled={!ready || phase === 'preflight' || blobs === 0 || (failing > 0 && failing === blobs)}
        onPress={() => void run()}
      >
        {`Re-encrypt ${plural(blobs, 'blob')}`}
      </Button>
    </>
  );
}

/** What the run will touch, never "all". */
function touches(output: OutputChoice, files: number, blobs: number): string {
  switch (output.mode) {
    case 'in-place':
      return `Replaces ${plural(files, 'file')} in place, ${output.backup ? 'keeping backups' : 'keeping no backup'}.`;
    case 'folder':
      return `Writes ${plural(files, 'new file')} into the folder; originals stay.`;
    case 'download':
      return `Makes ${plural(blobs, 'new blob')} to fetch; originals stay.`;
  }
}

/** Practice or real, Region and account: the sheet covers the top bar, and this must stay in sight. */
export function ConnectionBadge() {
  const connection = useConnection((state) => state.connection);
  if (connection === null) return null;
  const practice = isPractice(connection);
  const Icon = practice ? FlaskConical : Cloud;
  const parts = [practice ? 'Practice KMS' : 'AWS', connection.region, connection.identity?.account];
  return (
    <span className={practice ? 'badge badge-practice' : 'badge'}>
      <Icon className="icon icon-small" aria-hidden="true" />
      {parts.filter((part) => part !== null && part !== undefined).join(' · ')}
    </span>
  );
}
