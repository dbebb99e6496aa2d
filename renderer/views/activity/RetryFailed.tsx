import { RotateCw } from 'lucide-react';
import type { RunItem, RunSummary } from '#shared/model/run.ts';
import { faultOf } from '../../api.ts';
import { Button } from '../../components/Button.tsx';
import { plural } from '../../lib/format.ts';
import { useBlobs } from '../../store/blobs.ts';
import { useRuns } from '../../store/runs.ts';
import { useSelection } from '../../store/selection.ts';
import { useUi } from '../../store/ui.ts';

interface RetryProps {
  readonly run: RunSummary;
  readonly items: readonly RunItem[];
}

/**
 * Starts the failed blobs of a run again and shows that run. What a run of another window was asked for is not known
 * here, and to decrypt here is agreed to anew: their failed blobs can be selected instead, as far as they are listed.
 */
export function RetryFailed({ run, items }: RetryProps) {
  const known = useRuns((state) => state.requests.has(run.id)) && run.route === 'reencrypt';
  const retryFailed = useRuns((state) => state.retryFailed);
  const byId = useBlobs((state) => state.byId);
  const { complain, show, showRun } = useUi.getState();
  if (run.counts.failed === 0) return null;
  if (known) {
    const retry = async (): Promise<void> => {
      try {
        const id = await retryFailed(run.id);
        if (id !== null) showRun(id);
      } catch (error) {
        complain(faultOf(error));
      }
    };
    return (
      <span>
        <Button icon={<RotateCw className="icon" aria-hidden="true" />} onPress={() => void retry()}>
          {`Retry ${plural(run.counts.failed, 'failed blob')}`}
        </Button>
      </span>
    );
  }
  const here = items.filter((item) => item.state === 'failed' && byId.has(item.blobId));
  if (here.length === 0) return null;
  return (
    <span>
      <Button
        onPress={() => {
          useSelection.getState().selectOnly(here.map((item) => item.blobId));
          show('blobs');
        }}
      >
        {`Select ${plural(here.length, 'failed blob')}`}
      </Button>
    </span>
  );
}
