import { Check, ChevronRight, Circle, X } from 'lucide-react';
import { useMemo } from 'react';
import { Button as AriaButton, Disclosure, DisclosurePanel } from 'react-aria-components';
import { Button, IconButton } from '../../components/Button.tsx';
import { FIRST_STEPS, type FirstStep, hasVault } from '../../lib/first-steps.ts';
import { isPractice } from '../../lib/words/connection.ts';
import { useSettings } from '../../store/app/settings.ts';
import { useAudit } from '../../store/audit/audit.ts';
import { useBlobs } from '../../store/blobs/blobs.ts';
import { useKeyGroups } from '../../store/blobs/key-groups.ts';
import { showStep } from '../../store/commands.ts';
import { useConnection } from '../../store/connection/connection.ts';
import { useRuns } from '../../store/runs/runs.ts';

/** Things to try with the sample vault: a line above the list, until all are done or it is closed. */
export function FirstSteps() {
  const isShown = useSettings((state) => state.guide !== false);
  const set = useSettings((state) => state.set);
  const practice = useConnection((state) => isPractice(state.connection));
  const rows = useBlobs((state) => state.rows);
  const vault = useMemo(() => hasVault(rows), [rows]);
  const runs = useRuns((state) => state.runs);
  const askedDeletion = useAudit((state) => state.deletion !== null);
  const sawFindings = useAudit((state) => state.sawFindings);
  const foundKey = useKeyGroups(({ keyGroups }) => [...keyGroups.values()].some(({ by }) => by === 'kms'));
  if (!isShown || !practice || !vault) return null;
  const tried = { runs: [...runs.values()], askedDeletion, sawFindings, foundKey };
  const next = FIRST_STEPS.find(({ isDone }) => !isDone(tried));
  const done = FIRST_STEPS.filter(({ isDone }) => isDone(tried)).length;
  return (
    <section className="first-steps" aria-label="Things to try">
      <Disclosure className="disclosure">
        <div className="first-steps-line">
          <AriaButton slot="trigger" className="button button-link">
            <ChevronRight className="icon disclosure-chevron" aria-hidden="true" />
            {`Things to try: ${done} of ${FIRST_STEPS.length} done`}
          </AriaButton>
          {next === undefined ? (
            <span className="hint">You have seen what Rewrap does. Connect to AWS when you are ready.</span>
          ) : (
            <Button variant="link" onPress={() => showStep(next.id)}>
              {`Next: ${next.title}`}
            </Button>
          )}
          <span className="gap" />
          <IconButton label="Close the list of things to try" small onPress={() => set({ guide: false })}>
            <X className="icon" aria-hidden="true" />
          </IconButton>
        </div>
        <DisclosurePanel className="disclosure-panel">
          <ol className="first-steps-list">
            {FIRST_STEPS.map((step) => (
              <Step key={step.id} step={step} isDone={step.isDone(tried)} />
            ))}
          </ol>
        </DisclosurePanel>
      </Disclosure>
    </section>
  );
}

function Step({ step: { id, title, why }, isDone }: { readonly step: FirstStep; readonly isDone: boolean }) {
  const Icon = isDone ? Check : Circle;
  return (
    <li>
      <Icon
        className={isDone ? 'icon done-text' : 'icon faint'}
        role="img"
        aria-label={isDone ? 'Done' : 'To do'}
      />
      <span>
        <Button variant="link" onPress={() => showStep(id)}>
          {title}
        </Button>
        <span className="hint"> {why}</span>
      </span>
    </li>
  );
}
