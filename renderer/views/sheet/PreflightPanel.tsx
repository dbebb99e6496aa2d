import {
  ChevronRight,
  CircleCheck,
  CircleEqual,
  CircleHelp,
  CirclePause,
  CircleSlash,
  CircleX,
  TriangleAlert,
} from 'lucide-react';
import { useEffect, useMemo, useRef } from 'react';
import { Button as AriaButton, Disclosure, DisclosurePanel } from 'react-aria-components';
import type { RunSummary } from '#shared/model/run.ts';
import { Button } from '../../components/Button.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';
import { count, plural } from '../../lib/words/format.ts';
import { byCause, byVerdict, heldBack, notesOf, preflightCounts } from '../../lib/words/outcome.ts';
import { useDraft } from '../../store/runs/draft.ts';
import { ITEM_LIMIT, isOver, type LoadedItems, useRuns } from '../../store/runs/runs.ts';
import { FaultGroups, ItemList } from './FaultGroups.tsx';
import { useRunItems } from './RunPanel.tsx';

/** What KMS says would happen. Nothing has been changed by asking. */
export function PreflightPanel() {
  const { phase, dryRunId } = useDraft();
  const run = useRuns((state) => (dryRunId === null ? undefined : state.runs.get(dryRunId)));
  const { items, fault } = useRunItems(run);
  const box = useRef<HTMLElement>(null);
  const ready = items !== null || fault !== null;
  useEffect(() => {
    if (ready) box.current?.scrollIntoView({ block: 'start' });
  }, [ready]);
  if (phase === 'edit' || dryRunId === null || run === undefined) return null;
  // How far it is stands in the footer.
  if (!isOver(run)) return null;
  return (
    <section className="outcome" aria-label="Preflight result" ref={box}>
      <h3 className="sheet-heading">Preflight</h3>
      {run.fault !== null && <FaultCard fault={run.fault} />}
      {fault !== null && <FaultCard fault={fault} />}
      {items !== null && <PreflightResult run={run} items={items} />}
    </section>
  );
}

/** Will work; already as asked; will fail, and why; cannot tell, and why. */
function PreflightResult({ run, items }: { readonly run: RunSummary; readonly items: LoadedItems }) {
  const { draft, exclude, include } = useDraft();
  const { excluded } = draft;
  const verdicts = useMemo(() => byVerdict(items.items), [items]);
  const { works, already, fails, unsure } = verdicts;
  const failing = useMemo(() => byCause(fails), [fails]);
  const doubtful = useMemo(() => byCause(unsure), [unsure]);
  const done = useMemo(() => byCause(already), [already]);
  const { working, failed, unknown, unexplained } = preflightCounts(run.counts, verdicts);
  const { still, freed } = heldBack(verdicts.held, fails, excluded);
  const willWork = [...works, ...freed];
  const left = fails.filter(({ blobId }) => excluded.has(blobId)).length;
  const leaving = { excluded, exclude, include };
  return (
    <>
      <div>
        <ul className="tally">
          <Tally tone="done" icon={CircleCheck} n={working + freed.length} words="will work" />
          <Tally tone="quiet" icon={CircleEqual} n={run.counts.already} words="already as asked" />
          <Tally tone="attention" icon={CirclePause} n={still.length} words="held back" />
          <Tally tone="danger" icon={CircleX} n={failed} words="will fail" />
          <Tally tone="attention" icon={CircleHelp} n={unknown} words="cannot tell" />
          <Tally tone="quiet" icon={CircleSlash} n={left} words="left out of the run" />
        </ul>
      </div>
      {notesOf(works).map(({ note, count: times }) => (
        <p key={note} className="remark remark-attention">
          <TriangleAlert className="icon severity-warning" aria-hidden="true" />
          <span>
            {note} ({plural(times, 'blob')})
          </span>
        </p>
      ))}
      {still.length > 0 && (
        <p className="remark remark-attention">
          <TriangleAlert className="icon severity-warning" aria-hidden="true" />
          <span>
            {plural(still.length, 'blob')} that would work {still.length === 1 ? 'is' : 'are'} held back: a
            file with a blob that will fail is left as it is, unless that blob is left out.
          </span>
        </p>
      )}
      {failing.length > 0 && (
        <section className="verdict" aria-label="Will fail">
          <header className="verdict-head">
            <h4>Will fail, and why</h4>
            {left < fails.length && items.more === 0 && (
              <Button onPress={() => exclude(fails.map((item) => item.blobId))}>
                {`Leave out the ${plural(fails.length, 'blob')} that will fail`}
              </Button>
            )}
          </header>
          <FaultGroups groups={failing} leaving={leaving} />
        </section>
      )}
      {unknown > 0 && (
        <section className="verdict" aria-label="Cannot tell">
          <header className="verdict-head">
            <h4>Cannot tell, and why</h4>
          </header>
          {run.fault !== null ? (
            // What stopped the preflight is shown above, once.
            <>
              <p className="hint">The preflight stopped before KMS could judge these:</p>
              <ItemList items={unsure} />
            </>
          ) : (
            <>
              {doubtful.length > 0 && <FaultGroups groups={doubtful} tone="attention" leaving={leaving} />}
              {unexplained > 0 && <p className="hint">{notAsked(run, unexplained)}</p>}
            </>
          )}
        </section>
      )}
      {run.counts.already > 0 && (
        <section className="verdict" aria-label="Already as asked">
          <header className="verdict-head">
            <h4>Already as asked, and why</h4>
          </header>
          {done.length > 0 ? (
            <FaultGroups groups={done} tone="quiet" />
          ) : (
            <p className="hint">
              KMS has shown that nothing of {plural(run.counts.already, 'blob')} would change. They are not
              sent.
            </p>
          )}
        </section>
      )}
      {willWork.length > 0 && (
        <Disclosure className="disclosure">
          <div className="disclosure-heading">
            <AriaButton slot="trigger" className="button button-link">
              <ChevronRight className="icon disclosure-chevron" aria-hidden="true" />
              {`Show ${plural(willWork.length, 'blob')} that will work`}
            </AriaButton>
          </div>
          <DisclosurePanel className="disclosure-panel">
            <ItemList items={willWork} />
          </DisclosurePanel>
        </Disclosure>
      )}
      {items.more > 0 && <p className="hint">{count(items.more)} more are not listed here.</p>}
    </>
  );
}

/** Why KMS was not asked about blobs that no cause is listed for. */
function notAsked({ status, counts }: RunSummary, blobs: number): string {
  const why =
    status === 'cancelled'
      ? 'the preflight was cancelled before them.'
      : counts.total > ITEM_LIMIT
        ? `of more than ${count(ITEM_LIMIT)} blobs only those that will fail are listed; Runs has all of them.`
        : 'the preflight ended before them.';
  return `KMS was not asked about ${plural(blobs, 'blob')}: ${why}`;
}

function Tally({
  tone,
  icon: Icon,
  n,
  words,
}: {
  readonly tone: 'done' | 'danger' | 'attention' | 'quiet';
  readonly icon: typeof CircleCheck;
  readonly n: number;
  readonly words: string;
}) {
  if (n <= 0) return null;
  return (
    <li className={`tally-${tone}`}>
      <Icon className="icon" aria-hidden="true" />
      <span>
        <strong>{count(n)}</strong> {words}
      </span>
    </li>
  );
}
