import { X } from 'lucide-react';
import { memo } from 'react';
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import type { BlobDetail } from '#shared/model/blob.ts';
import { IconButton } from '../../components/Button.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';
import { Skeleton, useLongWait } from '../../components/Progress.tsx';
import { fileName } from '../../lib/words/format.ts';
import { useBlobs } from '../../store/blobs/blobs.ts';
import { type InspectorTab, isStale, useInspector } from '../../store/blobs/inspector.ts';
import { FieldPanel } from './FieldPanel.tsx';
import { FieldTree } from './FieldTree.tsx';
import { HexDump, useDecoded } from './HexDump.tsx';
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
  // The title is of the blob that was chosen; what is still shown of the one before cannot be pressed.
  const stale = isStale({ blobId, detail });
  const listed = useBlobs((state) => (blobId === null ? undefined : state.byId.get(blobId)));
  const row = stale || detail === null ? listed : detail.row;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: catches Esc from whatever inside has the focus
    <div
      className={blobId === null ? 'inspector inspector-none' : 'inspector'}
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
        <div className="inspector-body" inert={stale} aria-busy={stale}>
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
        </div>
      )}
    </div>
  );
});

/** The bytes, each field tinted, with the tree of fields below or beside them. */
function HexTab({ detail }: { readonly detail: BlobDetail }) {
  const decoded = useDecoded(detail);
  return (
    <div className="bytes-split bytes-hex-first">
      <HexDump decoded={decoded} />
      {decoded.nodes.length > 0 && <FieldTree decoded={decoded} />}
      <FieldPanel decoded={decoded} truncated={detail.truncated} />
    </div>
  );
}

/** The blob as a tree of fields; beside it the bytes where there is room. */
function StructureTab({ detail }: { readonly detail: BlobDetail }) {
  const decoded = useDecoded(detail);
  if (decoded.nodes.length === 0)
    return <p className="inspector-pad hint">No structure is known for these bytes.</p>;
  return (
    <div className="bytes-split bytes-tree-first">
      <FieldTree decoded={decoded} />
      <div className="bytes-wide-only">
        <HexDump decoded={decoded} />
      </div>
      <FieldPanel decoded={decoded} />
    </div>
  );
}
