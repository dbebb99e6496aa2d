import { useEffect, useMemo } from 'react';
import { Dialog } from '../../components/Dialog.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';
import { PracticeNotice, usePracticeElsewhere } from '../../components/PracticeNotice.tsx';
import { plural } from '../../lib/format.ts';
import { buildRequest, draftRows, fileCount } from '../../lib/request.ts';
import { type Phase, useDraft } from '../../store/draft.ts';
import { ConnectionBadge } from './ConnectionBadge.tsx';
import { DestinationSection } from './DestinationSection.tsx';
import { EstimateSection } from './EstimateSection.tsx';
import { MoreSection } from './MoreSection.tsx';
import { OutputSection } from './OutputSection.tsx';
import { PermissionsSection } from './PermissionsSection.tsx';
import { PreflightPanel } from './PreflightPanel.tsx';
import { RunPanel } from './RunPanel.tsx';
import { SelectionSection } from './SelectionSection.tsx';
import { SheetFooter } from './SheetFooter.tsx';
import { SourceSection } from './SourceSection.tsx';
import { TwoStepSection } from './TwoStepSection.tsx';

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
