import { useEffect, useState } from 'react';
import type { Fault } from '#shared/model/fault.ts';
import type { RunSummary } from '#shared/model/run.ts';
import { faultOf } from '../../api.ts';
import { fetchItems, isOver, type RunItems } from '../../store/runs.ts';

/** Items of a run once it is over (and again if it changes); null before. */
export function useRunItems(run: RunSummary | undefined): { items: RunItems | null; fault: Fault | null } {
  const [items, setItems] = useState<RunItems | null>(null);
  const [fault, setFault] = useState<Fault | null>(null);
  const over = run !== undefined && isOver(run);
  const id = run?.id;
  const status = run?.status;
  // biome-ignore lint/correctness/useExhaustiveDependencies: an ended run does not change any more
  useEffect(() => {
    setItems(null);
    setFault(null);
    if (!over || run === undefined) return;
    let gone = false;
    fetchItems(run).then(
      (found) => {
        if (!gone) setItems(found);
      },
      (error: unknown) => {
        if (!gone) setFault(faultOf(error));
      },
    );
    return () => {
      gone = true;
    };
  }, [id, over, status]);
  return { items, fault };
}
