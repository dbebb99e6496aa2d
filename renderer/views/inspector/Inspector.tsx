import { X } from 'lucide-react';
import { memo } from 'react';
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import { IconButton } from '../../components/Button.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';
import { Skeleton, useLongWait } from '../../components/Progress.tsx';
import { fileName } from '../../lib/format.ts';
import { type InspectorTab, useInspector } from '../../store/inspector.ts';
import { HexTab } from './HexTab.tsx';
import { StructureTab } from './StructureTab.tsx';
import { SummaryTab } from './SummaryTab.tsx';

const TABS: { id: InspectorTab; name: string }[] = [
  { id: 'summary', name: 'Summary' },
  { id: 'structure', name: 'Structure' },
  { id: 'hex', name: 'Hex' },
];

/** Right pane: everything about the blob under the cursor. The table beside it changes without it. */
export const Inspector = memo(function Inspector() {
  const { blobId, detail, fault, tab, setTab, setOpen } = useInspector();
  const waiting = useLongWait(blobId !== null && detail === null && fault === null);
  const row = detail?.row;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: catches Esc from whatever inside has the focus
    <div
      className="inspector"
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        document.querySelector<HTMLElement>('.table')?.focus();
        if (getComputedStyle(event.currentTarget).getPropertyValue('--overlaid') === '1') setOpen(false);
      }}
    >
      <header className="inspector-head">
        <div className="inspector-title" title={row?.file}>
          <h2>{row === undefined ? 'Inspector' : fileName(row.file)}</h2>
          {row !== undefined && row.place !== '' && <span className="inspector-place">{row.place}</span>}
        </div>
        <IconButton label="Close inspector" onPress={() => setOpen(false)}>
          <X className="icon" aria-hidden="true" />
        </IconButton>
      </header>
      {fault !== null ? (
        <div className="inspector-pad">
          <FaultCard fault={fault} />
        </div>
      ) : detail === null ? (
        <div className="inspector-pad">
          {waiting && <Skeleton label="Loading the blob" />}
          {blobId === null && <p className="hint">Choose a blob to see what its bytes say.</p>}
        </div>
      ) : (
        <Tabs
          className="tabs"
          selectedKey={tab}
          onSelectionChange={(key) => {
            const chosen = TABS.find(({ id }) => id === key);
            if (chosen !== undefined) setTab(chosen.id);
          }}
        >
          <TabList className="tab-list" aria-label="Inspector">
            {TABS.map(({ id, name }) => (
              <Tab key={id} id={id} className="tab">
                {name}
              </Tab>
            ))}
          </TabList>
          <TabPanel id="summary" className="tab-panel">
            <SummaryTab detail={detail} />
          </TabPanel>
          <TabPanel id="structure" className="tab-panel">
            <StructureTab detail={detail} />
          </TabPanel>
          <TabPanel id="hex" className="tab-panel">
            <HexTab detail={detail} />
          </TabPanel>
        </Tabs>
      )}
    </div>
  );
});
