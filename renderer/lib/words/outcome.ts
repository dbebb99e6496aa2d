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

const HELD = 'FileHeldBack';
/** A blob that its file holds back has no cause of its own: what failed stands before it. */
const follows = ({ code }: Pick<FaultGroup, 'code'>): number => (code === HELD ? 1 : 0);

/** Failed items by cause, the largest group first; what only follows from another last. */
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
    (a, b) => follows(a) - follows(b) || b.items.length - a.items.length,
  );
}

/** What a preflight says of one blob. */
type Verdict = 'works' | 'already' | 'held' | 'fails' | 'unsure';

/** Faults of items that were skipped although their answer is certain. */
const CERTAIN = new Set(['NotPutBack', 'NotReencryptable']);

/**
 * A passing fault (throttling, a lost connection) and one that stopped the whole run (expired credentials) say nothing
 * of the blob: it may well work.
 */
export function verdictOf({ state, fault }: Pick<RunItem, 'state' | 'fault'>): Verdict {
  if (state === 'would-succeed' || state === 'reencrypted') return 'works';
  if (state === 'already') return 'already';
  if (fault?.code === HELD) return 'held';
  if (state === 'failed') return fault !== null && (fault.retryable || stopsRun(fault)) ? 'unsure' : 'fails';
  return state === 'skipped' && fault !== null && CERTAIN.has(fault.code) ? 'fails' : 'unsure';
}

/** Items of a preflight by verdict. */
export function byVerdict(items: readonly RunItem[]): Readonly<Record<Verdict, readonly RunItem[]>> {
  const sorted: Record<Verdict, RunItem[]> = { works: [], already: [], held: [], fails: [], unsure: [] };
  for (const item of items) sorted[verdictOf(item)].push(item);
  return sorted;
}

/**
 * Blobs of a preflight in each group. The counts of the run know all; of a very large one only failed items are listed.
 * `held`: KMS would take them, and another blob of their file would fail. `unexplained`: of the unknown ones, those that
 * no listed item gives a cause for.
 */
export function preflightCounts(
  counts: RunCounts,
  { held, fails, unsure }: Readonly<Record<Verdict, readonly RunItem[]>>,
): Readonly<Record<'working' | 'held' | 'failed' | 'unknown' | 'unexplained', number>> {
  const unsureFailed = unsure.filter((item) => item.state === 'failed').length;
  const certainSkipped = fails.filter((item) => item.state === 'skipped').length;
  const failed = counts.failed - held.length - unsureFailed + certainSkipped;
  const unknown = counts.total - counts.succeeded - counts.already - held.length - failed;
  const explained = unsure.filter((item) => item.fault !== null).length;
  return {
    working: counts.succeeded,
    held: held.length,
    failed,
    unknown,
    unexplained: unknown - explained,
  };
}

/** Of the blobs that a failing one of their file holds back: those that still are, once `excluded` are left out. */
export function heldBack(
  held: readonly RunItem[],
  fails: readonly RunItem[],
  excluded: ReadonlySet<string>,
): { readonly still: readonly RunItem[]; readonly freed: readonly RunItem[] } {
  const bad = new Set(fails.filter(({ blobId }) => !excluded.has(blobId)).map(({ file }) => file));
  return {
    still: held.filter(({ file }) => bad.has(file)),
    freed: held.filter(({ file }) => !bad.has(file)),
  };
}

/** Notes on items that worked, each once with its number. */
export function notesOf(items: readonly RunItem[]): readonly { note: string; count: number }[] {
  const notes = new Map<string, number>();
  for (const item of items) for (const note of item.notes) notes.set(note, (notes.get(note) ?? 0) + 1);
  return Array.from(notes, ([note, count]) => ({ note, count }));
}
