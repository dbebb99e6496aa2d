import { stopsRun } from '#shared/kms/errors.ts';
import type { Fault } from '#shared/model/fault.ts';
import type { RunCounts, RunItem } from '#shared/model/run.ts';

/** Items with the same cause and the same remedy. */
export interface FaultGroup {
  readonly id: string;
  readonly code: string;
  /** The first item's fault, which speaks for the group. */
  readonly fault: Fault;
  readonly items: readonly RunItem[];
  /** True when the items' messages or causes differ, so that each needs its own line. */
  readonly varied: boolean;
}

/** Failed items by cause, the largest group first. */
export const groupFaults = (items: readonly RunItem[]): readonly FaultGroup[] =>
  byCause(items.filter((item) => item.state === 'failed'));

/**
 * Items with a fault by cause: one code may have several (a denied right on either side, a context that is wrong beside
 * bytes that are), and what tells them apart is what is to be done.
 */
export function byCause(items: readonly RunItem[]): readonly FaultGroup[] {
  const groups = new Map<string, { fault: Fault; items: RunItem[]; varied: boolean }>();
  for (const item of items) {
    const { fault } = item;
    if (fault === null) continue;
    const id = `${fault.code}\n${fault.remedy}`;
    const group = groups.get(id);
    if (group === undefined) {
      groups.set(id, { fault, items: [item], varied: false });
      continue;
    }
    group.items.push(item);
    if (fault.message !== group.fault.message || fault.detail !== group.fault.detail) group.varied = true;
  }
  return Array.from(groups, ([id, group]) => ({ id, code: group.fault.code, ...group })).toSorted(
    (a, b) => b.items.length - a.items.length,
  );
}

/** What a preflight says of one blob. */
export type Verdict = 'works' | 'already' | 'fails' | 'unsure';

/** Faults of items that were skipped although their answer is certain. */
const CERTAIN = new Set(['NotPutBack', 'NotReencryptable']);

/**
 * A passing fault (throttling, a lost connection) and one that stopped the whole run (expired credentials) say nothing
 * of the blob: it may well work.
 */
export function verdictOf({ state, fault }: Pick<RunItem, 'state' | 'fault'>): Verdict {
  if (state === 'would-succeed' || state === 'reencrypted') return 'works';
  if (state === 'already') return 'already';
  if (state === 'failed') return fault !== null && (fault.retryable || stopsRun(fault)) ? 'unsure' : 'fails';
  return state === 'skipped' && fault !== null && CERTAIN.has(fault.code) ? 'fails' : 'unsure';
}

/** Items of a preflight by verdict. */
export function byVerdict(items: readonly RunItem[]): Readonly<Record<Verdict, readonly RunItem[]>> {
  const sorted: Record<Verdict, RunItem[]> = { works: [], already: [], fails: [], unsure: [] };
  for (const item of items) sorted[verdictOf(item)].push(item);
  return sorted;
}

/**
 * Blobs of a preflight in each group. The counts of the run know all; of a very large one only failed items are listed.
 * `unexplained`: of the unknown ones, those that no listed item gives a cause for.
 */
export function preflightCounts(
  counts: RunCounts,
  { fails, unsure }: Readonly<Record<Verdict, readonly RunItem[]>>,
): Readonly<Record<'working' | 'failed' | 'unknown' | 'unexplained', number>> {
  const unsureFailed = unsure.filter((item) => item.state === 'failed').length;
  const certainSkipped = fails.filter((item) => item.state === 'skipped').length;
  const failed = counts.failed - unsureFailed + certainSkipped;
  const unknown = counts.total - counts.succeeded - counts.already - failed;
  const explained = unsure.filter((item) => item.fault !== null).length;
  return { working: counts.succeeded, failed, unknown, unexplained: unknown - explained };
}

/** How a dry run says that another blob of the file would fail, so that the file would stay as it is. */
const HELD_BACK = /^A real run would leave this file as it is/;

/** Items that would work, and stand in a file with one that fails and is not left out. */
export function heldBack(
  works: readonly RunItem[],
  fails: readonly RunItem[],
  excluded: ReadonlySet<string>,
): readonly RunItem[] {
  const bad = new Set(fails.filter(({ blobId }) => !excluded.has(blobId)).map(({ file }) => file));
  return works.filter(({ file, notes }) => bad.has(file) && notes.some((note) => HELD_BACK.test(note)));
}

/** Notes on items that worked, each once with its number; {@link heldBack} has its own. */
export function notesOf(items: readonly RunItem[]): readonly { note: string; count: number }[] {
  const notes = new Map<string, number>();
  for (const item of items)
    for (const note of item.notes) if (!HELD_BACK.test(note)) notes.set(note, (notes.get(note) ?? 0) + 1);
  return Array.from(notes, ([note, count]) => ({ note, count }));
}
