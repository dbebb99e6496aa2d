import { ChevronRight } from 'lucide-react';
import { useState } from 'react';
import { Button as AriaButton, Disclosure, DisclosurePanel } from 'react-aria-components';
import type { RunItem } from '#shared/model/run.ts';
import { Button } from '../../components/Button.tsx';
import { FaultLines } from '../../components/FaultCard.tsx';
import { count, plural } from '../../lib/format.ts';
import { type FaultGroup, groupFaults } from '../../lib/outcome.ts';

/** Failures by cause: what, why, what to do, and the blobs it struck. */
export function FaultGroups({ items }: { readonly items: readonly RunItem[] }) {
  return (
    <div className="fault-groups">
      {groupFaults(items).map((group) => (
        <FaultGroupCard key={group.code} group={group} />
      ))}
    </div>
  );
}

function FaultGroupCard({ group }: { readonly group: FaultGroup }) {
  const { fault, items, varied } = group;
  return (
    <article className="fault-group" aria-label={`${group.code}, ${plural(items.length, 'blob')}`}>
      <header className="fault-group-head">
        <code>{group.code}</code>
        <span className="fault-group-count">{plural(items.length, 'blob')}</span>
      </header>
      <FaultLines fault={fault} />
      <Disclosure className="disclosure">
        <div className="disclosure-heading">
          <AriaButton slot="trigger" className="button button-link">
            <ChevronRight className="icon disclosure-chevron" aria-hidden="true" />
            {`Show ${plural(items.length, 'blob')}`}
          </AriaButton>
        </div>
        <DisclosurePanel className="disclosure-panel">
          <ItemList items={items} varied={varied} />
        </DisclosurePanel>
      </Disclosure>
    </article>
  );
}

const STEP = 100;

/** Blobs by name, a hundred at a time. */
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
            {varied && item.fault !== null && <span className="hint">{item.fault.message}</span>}
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
