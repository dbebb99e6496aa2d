import { Cloud, FlaskConical } from 'lucide-react';
import { useEffect, useMemo } from 'react';
import { Dialog } from '../../components/Dialog.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';
import { PracticeNotice, RegionNotice, usePracticeElsewhere } from '../../components/Notices.tsx';
import { hasMod } from '../../lib/platform.ts';
import { buildRequest, draftRows, fileCount } from '../../lib/request/request.ts';
import { isPractice } from '../../lib/words/connection.ts';
import { placeName, plural } from '../../lib/words/format.ts';
import { useConnection } from '../../store/connection/connection.ts';
import { type Phase, useDraft } from '../../store/runs/draft.ts';
import { AskedMeanwhile } from './AskedMeanwhile.tsx';
import { DestinationSection } from './DestinationSection.tsx';
import { EarlyAnswers, Unopened } from './EarlyAnswers.tsx';
import { EstimateSection } from './EstimateSection.tsx';
import { MoreSection, OutputSection, TwoStepSection } from './OutputSection.tsx';
import { PermissionsSection } from './PermissionsSection.tsx';
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
  // One blob is named: its number would not say which.
  const only = rows.length === 1 ? rows[0] : undefined;
  const practice = usePracticeElsewhere(rows);
  useKeptFocus(phase);
  useSubmitKey();
  const editing = phase === 'edit' || phase === 'preflight' || phase === 'checked';
  return (
    <Dialog
      title={only === undefined ? 'Re-encrypt' : `Re-encrypt ${placeName(only)}`}
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
      <AskedMeanwhile />
      {phase === 'preflight' && <EarlyAnswers />}
      {phase === 'edit' && <Unopened />}
      {editing ? (
        <div className="sheet">
          <PracticeNotice practice={practice} />
          {practice === null && <RegionNotice rows={rows} />}
          <SelectionSection />
          <DestinationSection />
          <SourceSection />
          <TwoStepSection />
          <OutputSection />
          <MoreSection />
          <EstimateSection />
          <PermissionsSection
            request={built.ok ? built.request : null}
            problem={built.ok ? null : (built.problems[0] ?? 'The sheet is not filled in.')}
          />
          <PreflightPanel />
        </div>
      ) : (
        <RunPanel />
      )}
      {fault !== null && <FaultCard fault={fault} />}
    </Dialog>
  );
}

/** The platform's submit key presses the primary button of the sheet, where it is not disabled. */
function useSubmitKey(): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.key !== 'Enter' || !hasMod(event) || event.altKey || event.shiftKey) return;
      const sheet = document.querySelector('.modal-drawer [role="dialog"]');
      // A dialog above the sheet, or a list that is open in it, has keys of its own.
      if (sheet === null || document.querySelectorAll('[role="dialog"], [role="alertdialog"]').length > 1)
        return;
      event.preventDefault();
      event.stopPropagation();
      sheet
        .querySelector<HTMLButtonElement>('.dialog-foot .button-primary:not([aria-disabled="true"])')
        ?.click();
    };
    window.addEventListener('keydown', press, true);
    return () => window.removeEventListener('keydown', press, true);
  }, []);
}

/** A phase takes the pressed button away with its own; the focus then goes to the dialog, not out of it. */
function useKeptFocus(phase: Phase): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new phase is what may lose the focus
  useEffect(() => {
    const dialog = document.querySelector<HTMLElement>('.modal-drawer [role="dialog"]');
    if (dialog !== null && !dialog.contains(document.activeElement)) dialog.focus();
  }, [phase]);
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
