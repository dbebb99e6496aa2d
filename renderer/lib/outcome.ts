import type { Fault } from '#shared/model/fault.ts';
import type { RunItem } from '#shared/model/run.ts';

/** Items that failed for the same cause. */
export interface FaultGroup {
  readonly code: string;
  /** The first item's fault, which speaks for the group. */
  readonly fault: Fault;
  readonly items: readonly RunItem[];
  /** True when the items' messages differ, so that each needs its own line. */
  readonly varied: boolean;
}

/** Failed items by fault code, the largest group first. */
export function groupFaults(items: readonly RunItem[]): readonly FaultGroup[] {
  const groups = new Map<string, { fault: Fault; items: RunItem[]; varied: boolean }>();
  for (const item of items) {
    if (item.state !== 'failed' || item.fault === null) continue;
    const group = groups.get(item.fault.code);
    if (group === undefined) {
      groups.set(item.fault.code, { fault: item.fault, items: [item], varied: false });
      continue;
    }
    group.items.push(item);
    if (item.fault.message !== group.fault.message) group.varied = true;
  }
  return Array.from(groups, ([code, group]) => ({ code, ...group })).toSorted(
    (a, b) => b.items.length - a.items.length,
  );
}

/** Items a preflight could not judge: skipped, never sent, or with a note that doubts the answer. */
export const undecided = (items: readonly RunItem[]): readonly RunItem[] =>
  items.filter((item) => item.state === 'skipped' || item.state === 'waiting' || item.state === 'running');

/** Notes on items that worked, each once with its number. */
export function notesOf(items: readonly RunItem[]): readonly { note: string; count: number }[] {
  const notes = new Map<string, number>();
  for (const item of items) for (const note of item.notes) notes.set(note, (notes.get(note) ?? 0) + 1);
  return Array.from(notes, ([note, count]) => ({ note, count }));
}
