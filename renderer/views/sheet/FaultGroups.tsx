import { ChevronRight, CircleSlash } from 'lucide-react';
import { useState } from 'react';
import { Button as AriaButton, Disclosure, DisclosurePanel } from 'react-aria-components';
import type { RunItem } from '#shared/model/run.ts';
import { Button } from '../../components/Button.tsx';
import { FaultLines, FaultRemedy } from '../../components/FaultCard.tsx';
import { fixesOf, fixWords } from '../../lib/words/fixes.ts';
import { count, plural } from '../../lib/words/format.ts';
import type { FaultGroup } from '../../lib/words/outcome.ts';
import { attempt } from '../../store/app/ui.ts';
import { useBlobs } from '../../store/blobs/blobs.ts';
import { useDraft } from '../../store/runs/draft.ts';

interface FaultGroupsProps {
  readonly groups: readonly FaultGroup[];
  /** 'attention' where it is not certain that the blobs fail; 'quiet' where nothing is wrong. */
  readonly tone?: FaultTone;
  /** Before a run: leaving blobs out of it. */
  readonly leaving?: Leaving;
  /** Side by side, their blobs folded: a table of the blobs stands below. */
  readonly beside?: boolean;
}

type FaultTone = 'danger' | 'attention' | 'quiet';

interface Leaving {
  readonly excluded: ReadonlySet<string>;
  readonly exclude: (blobIds: readonly string[]) => void;
  readonly include: (blobIds: readonly string[]) => void;
}

/** Blobs by cause: what, why, what to do, and the blobs it struck. */
export function FaultGroups({ groups, tone = 'danger', leaving, beside = false }: FaultGroupsProps) {
  return (
    <div className={beside ? 'fault-groups fault-groups-beside' : 'fault-groups'}>
      {groups.map((group) => (
        <FaultGroupCard
          key={group.id}
          group={group}
          tone={tone}
          leaving={leaving}
          open={!beside && group.items.length <= SHOWN_AT_ONCE}
        />
      ))}
    </div>
  );
}

function FaultGroupCard({
  group,
  tone,
  leaving,
  open,
}: {
  readonly group: FaultGroup;
  readonly tone: FaultTone;
  readonly leaving: Leaving | undefined;
  /** Whether its blobs are shown without a click. */
  readonly open: boolean;
}) {
  const { code, fault, items, varied } = group;
  const out = leaving !== undefined && items.every(({ blobId }) => leaving.excluded.has(blobId));
  const classes = [
    'fault-group',
    tone === 'danger' ? '' : `fault-group-${tone}`,
    out ? 'fault-group-out' : '',
  ];
  return (
    <article
      className={classes.filter(Boolean).join(' ')}
      aria-label={`${code}, ${plural(items.length, 'blob')}`}
    >
      <code className="fault-group-head">{code}</code>
      <FaultLines fault={fault}>
        <Disclosure className="disclosure" defaultExpanded={open}>
          <div className="disclosure-heading">
            <AriaButton
              slot="trigger"
              className="button button-link"
              aria-label={`Show ${plural(items.length, 'blob')}`}
            >
              <ChevronRight className="icon disclosure-chevron" aria-hidden="true" />
              {plural(items.length, 'blob')}
            </AriaButton>
          </div>
          <DisclosurePanel className="disclosure-panel">
            <ItemList items={items} varied={varied} />
          </DisclosurePanel>
        </Disclosure>
        <span className="fault-group-actions">
          {!out && tone !== 'quiet' && <Fixes items={items} />}
          {leaving !== undefined && <LeaveOut items={items} out={out} leaving={leaving} />}
        </span>
      </FaultLines>
    </article>
  );
}

/** What fixes them, as buttons that open the sheet where it is changed. Only for blobs that are in the list. */
export function Fixes({ items }: { readonly items: readonly RunItem[] }) {
  const fix = useDraft((state) => state.fix);
  const busy = useDraft(({ phase }) => phase === 'running' || phase === 'preflight');
  const has = useBlobs((state) => state.byId);
  const [first] = items;
  const here = items.filter(({ blobId }) => has.has(blobId));
  if (first === undefined || here.length === 0 || busy) return null;
  return (
    <>
      {first.fault !== null && <FaultRemedy fault={first.fault} />}
      {fixesOf(first).map((each) => (
        <Button key={each} onPress={() => void attempt(() => fix(here, each))}>
          {fixWords(each, here.length)}
        </Button>
      ))}
    </>
  );
}

/** Lists of so few blobs need no click. */
const SHOWN_AT_ONCE = 3;

function LeaveOut({
  items,
  out,
  leaving,
}: {
  readonly items: readonly RunItem[];
  readonly out: boolean;
  readonly leaving: Leaving;
}) {
  const ids = items.map(({ blobId }) => blobId);
  if (!out)
    return (
      <Button
        aria-label={`Leave out ${plural(items.length, 'blob')}, ${items[0]?.fault?.code ?? ''}`}
        onPress={() => leaving.exclude(ids)}
      >
        {items.length === 1 ? 'Leave it out' : 'Leave them out'}
      </Button>
    );
  return (
    <span className="left-out">
      <CircleSlash className="icon" aria-hidden="true" />
      Left out
      <Button variant="link" onPress={() => leaving.include(ids)}>
        Include again
      </Button>
    </span>
  );
}

const STEP = 100;

/** Blobs by name, a hundred at a time; with what each says of its own where that varies, and its request id. */
export function ItemList({
  items,
  varied = false,
}: {
  readonly items: readonly RunItem[];
  readonly varied?: boolean;
}) {
  const [limit, setLimit] = useState(STEP);
  return (
    <>
      <ul className="item-list">
        {items.slice(0, limit).map((item) => (
          <li key={item.blobId}>
            <span className="item-name">
              {item.file}
              {item.place !== '' && <span className="name-place"> · {item.place}</span>}
            </span>
            {varied && item.fault !== null && (
              <span className="hint">
                {item.fault.message} {item.fault.detail}
              </span>
            )}
            {item.requestId !== null && (
              <span className="hint">
                request <code>{item.requestId}</code>
              </span>
            )}
          </li>
        ))}
      </ul>
      {items.length > limit && (
        <Button variant="link" onPress={() => setLimit(limit + STEP)}>
          {`Show ${count(Math.min(STEP, items.length - limit))} more`}
        </Button>
      )}
    </>
  );
}
