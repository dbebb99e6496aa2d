import type { SentRequest } from '#shared/model/run.ts';
import { readSource, scan } from '../../intake/index.ts';
import { Turns } from '../../limits/turns.ts';
import { sha256 } from '../../storage/hash.ts';
import { asFacts, type FileState, hex, type JournalItemState, stateOf, textOrNull } from '../journal/rows.ts';
import type { RunRecord } from '../journal/run-record.ts';
import { outputMode, type ResolvedOutput } from '../output-mode.ts';
import type { Run } from '../types.ts';

/** Items read at a time. */
const PAGE = 500;

/** A blob that a run re-encrypted, with its old and its new ciphertext as they are on disk now. */
export interface BlobPair {
  readonly file: string;
  readonly place: string;
  /** Null: the original is not there any more, or changed. */
  readonly before: Uint8Array | null;
  /** Null: the new one is not there any more, or changed. */
  readonly after: Uint8Array | null;
  readonly sent: SentRequest;
  readonly destinationKeyArn: string;
}

type Row = ReturnType<RunRecord['itemRows']>[number];

/** Numbers of the items of which new ciphertext stands in its file. */
export async function comparableItems(record: RunRecord): Promise<number[]> {
  const numbers: number[] = [];
  for await (const page of pagesOf(record))
    for (const row of page) if (stands(row)) numbers.push(Number(row.item));
  return numbers;
}

/**
 * The old and the new ciphertext of these items, file by file; each file is read once. The original is in the backup of a
 * run in place, and in the source file of any other. Nothing is taken that has not the hash which the journal has.
 */
export async function* blobPairs(
  record: RunRecord,
  output: ResolvedOutput,
  items: ReadonlySet<number>,
  live: Run | null,
): AsyncGenerator<BlobPair> {
  const originals = new LastFile();
  const made = new LastFile();
  const kept = new Map(live?.kept().map(({ relative, bytes }) => [relative, bytes]) ?? []);
  for await (const page of items.size <= PAGE ? [record.itemRows({ items: [...items] })] : pagesOf(record))
    for (const row of page) {
      const facts = asFacts(row);
      if (!items.has(Number(row.item)) || facts.sent === null || facts.destinationKeyArn === null) continue;
      const display = String(row.display);
      yield {
        file: display,
        place: String(row.place),
        before: await originals.blob(
          outputMode(output).inPlace ? textOrNull(row.backup) : textOrNull(row.path),
          display,
          hex(row.sha256_before),
        ),
        after: outputMode(output).inMemory
          ? findBlob(kept.get(String(row.relative)), display, facts.sha256After)
          : await made.blob(textOrNull(row.target), display, facts.sha256After),
        sent: facts.sent,
        destinationKeyArn: facts.destinationKeyArn,
      };
    }
}

async function* pagesOf(record: RunRecord): AsyncGenerator<Row[]> {
  record.flush();
  const turns = new Turns();
  for (let offset = 0; ; offset += PAGE) {
    const page = record.itemRows('all', offset, PAGE);
    yield page;
    if (page.length < PAGE) return;
    if (turns.over) await turns.give();
  }
}

const stands = (row: Row): boolean =>
  stateOf(row.state as JournalItemState, row.file_state as FileState) === 'reencrypted';

/** Blobs of one file lie beside each other: it is read and searched once for all of them. */
class LastFile {
  #path: string | null = null;
  #blobs = new Map<string, Uint8Array>();

  async blob(path: string | null, display: string, hash: string | null): Promise<Uint8Array | null> {
    if (path === null || hash === null) return null;
    if (path !== this.#path) {
      this.#path = path;
      this.#blobs = byHash((await readSource(path).catch(() => null))?.bytes, display);
    }
    return this.#blobs.get(hash) ?? null;
  }
}

const findBlob = (bytes: Uint8Array | undefined, display: string, hash: string | null): Uint8Array | null =>
  hash === null ? null : (byHash(bytes, display).get(hash) ?? null);

function byHash(bytes: Uint8Array | undefined, display: string): Map<string, Uint8Array> {
  if (bytes === undefined) return new Map();
  return new Map(scan(bytes, display).blobs.map((blob) => [sha256(blob.bytes), blob.bytes]));
}

/**
 * The new ciphertext of one blob as it stands in its file now. Null where there is none, where it is raw bytes, or where
 * the file was changed since. `live` has the files of a run that keeps them. Throws FaultError when the file cannot be read.
 */
export async function resultText(
  record: RunRecord,
  blobId: string,
  live: Run | null,
): Promise<string | null> {
  record.flush();
  const [row] = record.itemRows({ blobId });
  if (row === undefined) return null;
  const state = stateOf(row.state as JournalItemState, row.file_state as FileState);
  if (state !== 'reencrypted') return null;
  const kept = live?.kept().find(({ relative }) => relative === row.relative)?.bytes;
  const bytes = kept ?? (typeof row.target === 'string' ? (await readSource(row.target)).bytes : null);
  if (bytes === null) return null;
  const found = scan(bytes, String(row.display)).blobs.find(({ place }) => place === row.place);
  if (found === undefined || found.encoding.charset === 'binary') return null;
  const hash = row.sha256_after;
  if (hash instanceof Uint8Array && sha256(found.bytes) !== Buffer.from(hash).toString('hex')) return null;
  return new TextDecoder(found.encoding.charset).decode(bytes.subarray(found.range.start, found.range.end));
}

/** Absolute path of the file that holds a new blob; null where there is none. */
export function resultPath(record: RunRecord, blobId: string): string | null {
  record.flush();
  const [row] = record.itemRows({ blobId });
  return row !== undefined && row.file_state === 'replaced' && typeof row.target === 'string'
    ? row.target
    : null;
}
