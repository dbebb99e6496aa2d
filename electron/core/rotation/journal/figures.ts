import { z } from 'zod';
import type { RunCounts, RunItem } from '#shared/model/run.ts';
import { Turns } from '../../limits/turns.ts';
import { retryOf } from './retry.ts';
import { type FileRow, FileState, hex, JournalItemState, type KeySeen, stateOf, textOrNull } from './rows.ts';
import { IS_MISSED, PAGE, type RunReader } from './run-reader.ts';

/** Items that are alike in what is counted. */
export interface ItemTally {
  readonly state: JournalItemState;
  /** Not reached before the run ended. */
  readonly missed: boolean;
  /** ARN of the source key that KMS named. */
  readonly sourceKey: string | null;
  /**
   * The old blob is known to be under key material that the run is to leave: a reply of the run named its key material as
   * another than the destination's, and its file was not found changed or gone.
   */
  readonly old: boolean;
  readonly count: number;
  /** Of ciphertext. */
  readonly bytes: number;
}

/** All that is counted of a run. `files`: number of files in each state. */
export const Figures = z.object({
  items: z.array(
    z.object({
      state: JournalItemState,
      missed: z.boolean(),
      sourceKey: z.string().nullable(),
      old: z.boolean(),
      count: z.int(),
      bytes: z.int(),
      file: FileState,
    }),
  ),
  files: z.partialRecord(FileState, z.int()),
  /** Blobs of a run that is over that a new run could do, as {@link retryOf} has them. */
  retry: z.object({ failed: z.int(), missed: z.int() }),
});
export type Figures = z.infer<typeof Figures>;

/** Adds items of files in this state to what is counted; `sign` -1 takes them away. */
export function addTally(
  items: Map<string, Figures['items'][number]>,
  tally: ItemTally,
  file: FileState,
  sign: 1 | -1 = 1,
): void {
  const key = `${tally.state} ${file} ${tally.sourceKey} ${tally.missed} ${tally.old}`;
  const { count = 0, bytes = 0 } = items.get(key) ?? {};
  items.set(key, { ...tally, file, count: count + sign * tally.count, bytes: bytes + sign * tally.bytes });
}

/** Whether a reply named the key material of an item `i`, and as another than the destination's current one. */
const NAMES_OTHER = `(i.source_key IS NOT NULL AND NOT (i.source_key IS i.destination_key
  AND i.source_material IS NOT NULL AND i.source_material IS i.destination_material))`;

/** Faults of a blob in a file that was not found as it was. */
const NOT_SEEN = [
  'FileChanged',
  'FileMissing',
  'FileUnreadable',
  'FolderChanged',
  'NotAFile',
  'NoFileToReplace',
  'SourceGone',
  'TooManyOpenFiles',
];

/** Faults of a blob with a reply that is not believed: nothing is learned from it. */
const NOT_BELIEVED = [
  'KeyMaterialMismatch',
  'KeyUnchanged',
  'PutBackMismatch',
  'ReplyUnexpected',
  'VerifyFailed',
];

const IS_BELIEVED = `(fault IS NULL OR json_extract(fault, '$.code') NOT IN (${NOT_BELIEVED.map((code) => `'${code}'`).join(', ')}))`;

/** What decides for an item `i` whether {@link ItemTally.old} holds; three columns. */
const MAY_BE_OLD = `coalesce(hex(i.fingerprint_before), '') AS fingerprint, ${NAMES_OTHER} AS named,
  coalesce(json_extract(i.fault, '$.code') NOT IN (${NOT_SEEN.map((code) => `'${code}'`).join(', ')}), 1) AS seen`;

/** Whether a reply named the key material of a blob, and as another than the destination's current one. */
export const namesOtherKey = (
  item: Pick<
    RunItem,
    'sourceKeyArn' | 'destinationKeyArn' | 'sourceKeyMaterialId' | 'destinationKeyMaterialId'
  >,
): boolean =>
  item.sourceKeyArn !== null &&
  !(
    item.sourceKeyArn === item.destinationKeyArn &&
    item.sourceKeyMaterialId !== null &&
    item.sourceKeyMaterialId === item.destinationKeyMaterialId
  );

/** Whether the file of a blob was found as it was. */
export const wasSeen = ({ fault }: Pick<RunItem, 'fault'>): boolean => !NOT_SEEN.includes(fault?.code ?? '');

/** All that is counted of a run: one pass over its items and one over its files, with turns for others. */
export async function figuresOf(run: RunReader): Promise<Figures> {
  const word = run.wordLookup();
  const named = await namedMaterials(run);
  const items = new Map<string, Figures['items'][number]>();
  const page = run.sql(
    `SELECT i.state, f.state AS file, i.source_key AS key, ${IS_MISSED} AS missed, ${MAY_BE_OLD}, count(*) AS count,
       sum(i.bytes) AS bytes
     FROM items i JOIN files f ON f.run = i.run AND f.file = i.file
     WHERE i.run = ? AND i.item >= ? AND i.item < ? GROUP BY 1, 2, 3, 4, 5, 6, 7`,
  );
  for await (const [from, end] of run.itemRanges())
    for (const row of page.all(run.no, from, end))
      addTally(items, asTally(row, word, named), row.file as FileState);
  const { retry } = await retryOf(run);
  return { items: [...items.values()], files: await fileFigures(run), retry };
}

/** Files of a run with what is counted of each one's items; in order, with turns for others. */
export async function* countedFiles(run: RunReader): AsyncGenerator<{ file: FileRow; items: ItemTally[] }> {
  const word = run.wordLookup();
  const named = await namedMaterials(run);
  const counts = run.sql(
    `SELECT file, state, source_key AS key, ${IS_MISSED} AS missed, ${MAY_BE_OLD}, count(*) AS count, sum(bytes) AS bytes
     FROM items i WHERE run = ? AND item >= ? AND item < ? GROUP BY 1, 2, 3, 4, 5, 6, 7`,
  );
  // Items are numbered file by file: those of a page of files are one range of numbers.
  let from = 0;
  for await (const page of run.filePages()) {
    const end = run.firstItem((page.at(-1)?.index ?? 0) + 1);
    const counted = new Map<number, ItemTally[]>(page.map(({ index }) => [index, []]));
    for (const row of counts.all(run.no, from, end))
      counted.get(Number(row.file))?.push(asTally(row, word, named));
    from = end;
    for (const file of page) yield { file, items: counted.get(file.index) ?? [] };
  }
}

/** Key materials that replies named, less what is not believed. */
export async function keysSeen(run: RunReader): Promise<KeySeen[]> {
  const seen = new Map<string, Record<string, unknown>>();
  const sides = (['source', 'destination'] as const).map((side) => ({
    side,
    page: run.sql(
      side === 'source'
        ? `SELECT fingerprint_before AS fingerprint, source_key AS key, max(source_material) AS material,
             min(request_id) AS request_id, min(decrypt_request_id) AS decrypt_id FROM items
           WHERE run = ? AND item >= ? AND item < ? AND fingerprint_before IS NOT NULL AND source_key IS NOT NULL AND ${IS_BELIEVED}
           GROUP BY 1, 2`
        : `SELECT fingerprint_after AS fingerprint, destination_key AS key, max(destination_material) AS material,
             min(request_id) AS request_id, min(decrypt_request_id) AS decrypt_id FROM items
           WHERE run = ? AND item >= ? AND item < ? AND fingerprint_after IS NOT NULL AND destination_key IS NOT NULL AND ${IS_BELIEVED}
           GROUP BY 1, 2`,
    ),
  }));
  for await (const [from, end] of run.itemRanges())
    for (const { side, page } of sides)
      for (const row of page.all(run.no, from, end)) {
        const key = `${side} ${row.key} ${hex(row.fingerprint)}`;
        const known = seen.get(key);
        seen.set(key, {
          ...row,
          side,
          material: known?.material ?? row.material,
          request_id: known?.request_id ?? row.request_id,
          decrypt_id: known?.decrypt_id ?? row.decrypt_id,
        });
      }
  const word = run.wordLookup();
  return [...seen.values()].map((row) => ({
    fingerprint: hex(row.fingerprint) ?? '',
    keyArn: word(row.key) ?? '',
    keyMaterialId: word(row.material),
    requestId: textOrNull(row.request_id),
    side: row.side === 'source' ? 'source' : 'destination',
    decryptRequestId: textOrNull(row.decrypt_id),
  }));
}

/** Fingerprints (hex) of key materials that replies named as others than the destination's. */
async function namedMaterials(run: RunReader): Promise<ReadonlySet<string>> {
  const named = new Set<string>();
  const page = run.sql(
    `SELECT DISTINCT hex(fingerprint_before) AS fingerprint FROM items i
     WHERE run = ? AND item >= ? AND item < ? AND fingerprint_before IS NOT NULL AND ${NAMES_OTHER}`,
  );
  for await (const [from, end] of run.itemRanges())
    for (const { fingerprint } of page.all(run.no, from, end)) named.add(String(fingerprint));
  return named;
}

async function fileFigures(run: RunReader): Promise<Figures['files']> {
  const files: Figures['files'] = {};
  const turns = new Turns();
  const last = run.sql('SELECT file FROM files WHERE run = ? ORDER BY file DESC LIMIT 1').get(run.no);
  const page = run.sql(
    'SELECT state, count(*) AS count FROM files WHERE run = ? AND file >= ? AND file < ? GROUP BY 1',
  );
  for (let from = 0; last !== undefined && from <= Number(last.file); from += PAGE) {
    for (const row of page.all(run.no, from, from + PAGE)) {
      const state = row.state as FileState;
      files[state] = (files[state] ?? 0) + Number(row.count);
    }
    if (turns.over) await turns.give();
  }
  return files;
}

/** `named`: fingerprints that replies named, as {@link namedMaterials} has them. */
function asTally(
  row: Record<string, unknown>,
  word: (id: unknown) => string | null,
  named: ReadonlySet<string>,
): ItemTally {
  const known = row.fingerprint === '' ? row.named === 1 : named.has(String(row.fingerprint));
  return {
    state: row.state as JournalItemState,
    missed: row.missed === 1,
    sourceKey: word(row.key),
    old: row.seen === 1 && known,
    count: Number(row.count),
    bytes: Number(row.bytes),
  };
}

export const COUNTED_AS = {
  waiting: 'waiting',
  running: 'running',
  'would-succeed': 'succeeded',
  reencrypted: 'succeeded',
  already: 'already',
  failed: 'failed',
  skipped: 'skipped',
  restored: 'restored',
} as const;

export function countsOf({ items }: Figures): RunCounts {
  const counts = {
    total: 0,
    waiting: 0,
    running: 0,
    succeeded: 0,
    already: 0,
    failed: 0,
    skipped: 0,
    restored: 0,
  };
  for (const { state, file, count } of items) {
    counts.total += count;
    counts[COUNTED_AS[stateOf(state, file)]] += count;
  }
  return counts;
}

export const totalBytes = ({ items }: Figures): number => items.reduce((sum, { bytes }) => sum + bytes, 0);

export function bytesDone({ items }: Figures): number {
  return items.reduce((sum, { state, file, bytes }) => {
    const shown = stateOf(state, file);
    return shown === 'reencrypted' ? sum + bytes : sum;
  }, 0);
}

/** Files of a run, and those that hold what it made. */
export function fileTotals({ files }: Figures): { total: number; done: number } {
  const { intent = 0, staged = 0, replaced = 0, left = 0, restored = 0 } = files;
  return { total: intent + staged + replaced + left + restored, done: replaced };
}

/** Blobs in place for each source key that KMS named, the most first. */
export function perKey({ items }: Figures, limit: number): { keyArn: string; blobs: number }[] {
  const keys = new Map<string, number>();
  for (const { state, file, sourceKey, count } of items)
    if (sourceKey !== null && stateOf(state, file) === 'reencrypted')
      keys.set(sourceKey, (keys.get(sourceKey) ?? 0) + count);
  return [...keys]
    .map(([keyArn, blobs]) => ({ keyArn, blobs }))
    .sort((a, b) => b.blobs - a.blobs)
    .slice(0, limit);
}

/** How many blobs were not reached before the run ended, where there are any. */
export function missedOf({ items }: Pick<Figures, 'items'>): { readonly missed?: number } {
  const missed = items.reduce((sum, each) => (each.missed ? sum + each.count : sum), 0);
  return missed === 0 ? {} : { missed };
}

/**
 * Blobs that do not hold new ciphertext of the run and are known to be under the key material that they were to leave.
 */
export function underOldKey({ items }: Figures): number {
  return items.reduce((sum, { state, file, old, count }) => {
    const shown = stateOf(state, file);
    return old && shown !== 'reencrypted' && shown !== 'already' ? sum + count : sum;
  }, 0);
}
