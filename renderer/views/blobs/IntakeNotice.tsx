import { ChevronRight, TriangleAlert, X } from 'lucide-react';
import { Button as AriaButton, Disclosure, DisclosurePanel } from 'react-aria-components';
import type { IntakeResult } from '#shared/contract/define.ts';
import { Button, IconButton } from '../../components/Button.tsx';
import { count, plural } from '../../lib/words/format.ts';
import { useActions } from '../../store/app/actions.ts';
import { useUi } from '../../store/app/ui.ts';
import { useAudit } from '../../store/audit/audit.ts';
import { useBlobs } from '../../store/blobs/blobs.ts';
import { useIntake } from '../../store/blobs/intake.ts';

/** Readings of up to so many files end without a word where they found something: their rows are in sight. */
const FEW = 200;

/** What was met on the way in and not taken, with a list; and how far reading has come. */
export function IntakeNotice() {
  const notice = useIntake((state) => state.notice);
  const progress = useIntake((state) => state.progress);
  const ended = useIntake((state) => state.ended);
  const { dismiss, dismissEnded } = useActions(useIntake);
  const { showTab } = useActions(useAudit);
  const { show } = useActions(useUi);
  const showScope = (): void => {
    showTab('overview');
    show('audit');
  };
  const empty = useBlobs((state) => state.rows.length === 0);
  return (
    <>
      {progress !== null && !empty && (
        <div className="notice">
          Reading: {plural(progress.files, 'file')}, {plural(progress.blobs, 'blob')} so far
        </div>
      )}
      {ended !== null && (ended.files > FEW || (ended.blobs === 0 && notice === null)) && (
        <section className="notice" aria-label="Reading ended">
          <span>
            {plural(ended.files, 'file')} read:{' '}
            {ended.blobs === 0 ? 'no ciphertext' : plural(ended.blobs, 'blob')} found.{' '}
            {!empty && (
              <Button variant="link" onPress={showScope}>
                What was not read
              </Button>
            )}
          </span>
          <IconButton label="Dismiss" small onPress={dismissEnded}>
            <X className="icon" aria-hidden="true" />
          </IconButton>
        </section>
      )}
      {notice !== null && (
        <section className="notice notice-attention" aria-label="Skipped">
          <TriangleAlert className="icon severity-warning" aria-hidden="true" />
          <Disclosure className="disclosure notice-body">
            <div className="notice-line">
              <span>
                {skippedWords(notice)}
                {notice.blobs > 0 && ` ${plural(notice.blobs, 'blob')} added.`}
              </span>
              <div className="disclosure-heading">
                <AriaButton slot="trigger" className="button button-link">
                  <ChevronRight className="icon disclosure-chevron" aria-hidden="true" />
                  Show the list
                </AriaButton>
              </div>
            </div>
            <DisclosurePanel className="disclosure-panel">
              <ul className="notice-list">
                {notice.skippedFiles.map((skippedFile) => (
                  <li key={`${skippedFile.file}\n${skippedFile.code}`}>
                    <code>{skippedFile.file}</code>
                    <span>{skippedFile.message}</span>
                  </li>
                ))}
                {notice.moreSkipped > 0 && <li>and {count(notice.moreSkipped)} more</li>}
              </ul>
            </DisclosurePanel>
          </Disclosure>
          <IconButton label="Dismiss" small onPress={dismiss}>
            <X className="icon" aria-hidden="true" />
          </IconButton>
        </section>
      )}
    </>
  );
}

/**
 * The same for those who do not see it: that reading began, and what came of it, once each. It stands from the start, since
 * a live region that comes with its words is not read by all.
 */
export function IntakeAnnouncer() {
  const reading = useIntake((state) => state.progress !== null);
  const ended = useIntake((state) => state.ended);
  return (
    <p className="visually-hidden" role="status" data-react-aria-top-layer="true">
      {reading
        ? 'Reading files'
        : ended !== null && `${plural(ended.files, 'file')} read: ${plural(ended.blobs, 'blob')} found`}
    </p>
  );
}

/** How many items were skipped, and why the first one was: "3 items skipped: no ciphertext was found." */
function skippedWords({ skippedFiles, moreSkipped }: IntakeResult): string {
  const [first, ...others] = skippedFiles;
  const items = `${plural(skippedFiles.length + moreSkipped, 'item')} skipped`;
  if (first === undefined) return `${items}.`;
  const alike = moreSkipped === 0 && others.every(({ message }) => message === first.message);
  return `${items}${alike ? '' : `, first ${first.file}`}: ${first.message}`;
}
