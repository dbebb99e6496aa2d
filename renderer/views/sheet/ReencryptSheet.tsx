import { useMemo } from 'react';
import { Dialog } from '../../components/Dialog.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';
import { plural } from '../../lib/format.ts';
import { buildRequest, draftRows, fileCount } from '../../lib/request.ts';
import { useDraft } from '../../store/draft.ts';
import { ConnectionBadge } from './ConnectionBadge.tsx';
import { DestinationSection } from './DestinationSection.tsx';
import { MoreSection } from './MoreSection.tsx';
import { OutputSection } from './OutputSection.tsx';
import { PreflightPanel } from './PreflightPanel.tsx';
import { RunPanel } from './RunPanel.tsx';
import { SelectionSection } from './SelectionSection.tsx';
import { SheetFooter } from './SheetFooter.tsx';
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
          <SelectionSection />
          <SourceSection />
          <DestinationSection />
          <OutputSection />
          <MoreSection />
          <PreflightPanel />
        </div>
      ) : (
        <RunPanel />
      )}
      {fault !== null && <FaultCard fault={fault} />}
    </Dialog>
  );
}
