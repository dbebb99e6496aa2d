import { Button } from '../../components/Button.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';
import { Skeleton, useLongWait } from '../../components/Progress.tsx';
import { useBlobs } from '../../store/blobs/blobs.ts';
import { useInspector } from '../../store/blobs/inspector.ts';
import { Inspector } from '../inspector/Inspector.tsx';
import { ActionBar } from './ActionBar.tsx';
import { BlobTable } from './BlobTable.tsx';
import { EmptyDrop } from './EmptyDrop.tsx';
import { FilterChips } from './Filters.tsx';
import { IntakeNotice } from './IntakeNotice.tsx';
import { SplitPane } from './SplitPane.tsx';
import { Toolbar } from './Toolbar.tsx';
import { useArranged } from './useArranged.ts';

/** The table of blobs with the inspector beside it, or the drop area while there are none. */
export function BlobsView() {
  const status = useBlobs((state) => state.status);
  const fault = useBlobs((state) => state.fault);
  const empty = useBlobs((state) => state.rows.length === 0);
  const load = useBlobs((state) => state.load);
  const waiting = useLongWait(status === 'loading');
  const inspecting = useInspector((state) => state.open);
  const lines = useArranged();
  if (status === 'failed' && fault !== null)
    return (
      <section className="view view-pad" aria-label="Blobs">
        <h1 className="visually-hidden">Blobs</h1>
        <FaultCard fault={fault}>
          <Button onPress={() => void load()}>Try again</Button>
        </FaultCard>
      </section>
    );
  if (status === 'loading')
    return (
      <section className="view view-pad" aria-label="Blobs">
        <h1 className="visually-hidden">Blobs</h1>
        {waiting && <Skeleton label="Loading blobs" lines={12} />}
      </section>
    );
  if (empty)
    return (
      <section className="view" aria-label="Blobs">
        <IntakeNotice />
        <EmptyDrop />
      </section>
    );
  return (
    <section className="view blobs" aria-label="Blobs">
      <h1 className="visually-hidden">Blobs</h1>
      <Toolbar />
      <FilterChips shown={lines.shown.length} />
      <IntakeNotice />
      <SplitPane side={inspecting ? <Inspector /> : null}>
        <BlobTable lines={lines} />
      </SplitPane>
      <ActionBar lines={lines} />
    </section>
  );
}
