import { ChevronRight, CircleCheck, CircleHelp, CircleSlash, CircleX, TriangleAlert } from 'lucide-react';
import { useMemo } from 'react';
import { Button as AriaButton, Disclosure, DisclosurePanel } from 'react-aria-components';
import type { RunSummary } from '#shared/model/run.ts';
import { Button } from '../../components/Button.tsx';
import { count, plural } from '../../lib/format.ts';
import { byCause, byVerdict, heldBack, notesOf } from '../../lib/outcome.ts';
import { useDraft } from '../../store/draft.ts';
import type { RunItems } from '../../store/runs.ts';
import { FaultGroups, ItemList } from './FaultGroups.tsx';

/** Will work; will fail, and why; cannot tell, and why. */
export function PreflightResult({ run, items }: { readonly run: RunSummary; readonly items: RunItems }) {
  const { draft, exclude, include } = useDraft();
  const { excluded } = draft;
  const { works, fails, unsure } = useMemo(() => byVerdict(items.items), [items]);
  const failing = useMemo(() => byCause(fails), [fails]);
  const doubtful = useMemo(() => byCause(unsure), [unsure]);
  const { counts } = run;
  // Of a very large run only failed items are fetched: the counts know all.
  const working = counts.succeeded;
  const unsureFailed = unsure.filter((item) => item.state === 'failed').length;
  const certainSkipped = fails.filter((item) => item.state === 'skipped').length;
  const failed = counts.failed - unsureFailed + certainSkipped;
  const unknown = counts.total - working - failed;
  const held = heldBack(works, fails, excluded);
  const left = fails.filter(({ blobId }) => excluded.has(blobId)).length;
  const leaving = { excluded, exclude, include };
  return (
    <>
      <ul className="tally" role="status">
        <Tally tone="done" icon={CircleCheck} n={working} words="will work" />
        <Tally tone="danger" icon={CircleX} n={failed} words="will fail" />
        <Tally tone="attention" icon={CircleHelp} n={unknown} words="cannot tell" />
        <Tally tone="quiet" icon={CircleSlash} n={left} words="left out of the run" />
      </ul>
      {notesOf(works).map(({ note, count: times }) => (
        <p key={note} className="remark remark-attention">
          <TriangleAlert className="icon severity-warning" aria-hidden="true" />
          <span>
            {note} ({plural(times, 'blob')})
          </span>
        </p>
      ))}
      {held.length > 0 && (
        <p className="remark remark-attention">
          <TriangleAlert className="icon severity-warning" aria-hidden="true" />
          <span>
            {plural(held.length, 'blob')} that would work {held.length === 1 ? 'stands' : 'stand'} in a file
            with one that will fail: such a file is left as it is, unless the failing blob is left out.
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
            // What stopped the preflight is told above, once.
            <>
              <p className="hint">The preflight stopped before KMS could judge these:</p>
              <ItemList items={unsure} />
            </>
          ) : doubtful.length > 0 ? (
            <FaultGroups groups={doubtful} tone="attention" leaving={leaving} />
          ) : (
            <p className="hint">KMS was not asked about {plural(unknown, 'blob')}.</p>
          )}
        </section>
      )}
      {works.length > 0 && (
        <Disclosure className="disclosure">
          <div className="disclosure-heading">
            <AriaButton slot="trigger" className="button button-link">
              <ChevronRight className="icon disclosure-chevron" aria-hidden="true" />
              {`Show ${plural(works.length, 'blob')} that will work`}
            </AriaButton>
          </div>
          <DisclosurePanel className="disclosure-panel">
            <ItemList items={works} />
          </DisclosurePanel>
        </Disclosure>
      )}
      {items.more > 0 && <p className="hint">{count(items.more)} more are not listed here.</p>}
    </>
  );
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
