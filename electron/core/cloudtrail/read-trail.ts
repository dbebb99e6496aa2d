import {
  closeSync,
  createReadStream,
  type Dirent,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
} from 'node:fs';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { Turns } from '../limits/turns.ts';
import { type KmsEvent, type OtherEvent, readEvent } from './event.ts';
import { BrokenJson, RecordSplitter } from './record-splitter.ts';

export interface TrailFiles {
  read: number;
  withoutEvents: number;
  readonly unreadable: { readonly file: string; readonly why: string }[];
}

/** An event as it stands in a trail. */
export interface TrailEvent {
  readonly event: OtherEvent;
  /** Null: of another service. */
  readonly kms: KmsEvent | null;
}

/**
 * Events of CloudTrail files and folders, in the order of their paths, one at a time: JSON as CloudTrail delivers it or `aws
 * cloudtrail lookup-events` prints it, JSON Lines, each also as gzip. `files` is filled on the way; nothing is thrown for
 * what a file is.
 */
export async function* readTrail(paths: readonly string[], files: TrailFiles): AsyncGenerator<TrailEvent> {
  const turns = new Turns();
  for (const path of paths)
    for (const file of filesBelow(path, files)) {
      let events = 0;
      try {
        for await (const text of records(file)) {
          if (turns.over) await turns.give();
          const event = readEvent(JSON.parse(text));
          if (event === null) continue;
          events += 1;
          yield event;
        }
        files.read += 1;
        if (events === 0) files.withoutEvents += 1;
      } catch (error) {
        files.unreadable.push({ file, why: whyOf(error) });
      }
    }
}

function whyOf(error: unknown): string {
  if (error instanceof BrokenJson) return error.message;
  if (error instanceof SyntaxError) return 'A record in it is no JSON.';
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code.startsWith('Z_')) return 'Its gzip data is damaged or cut off.';
  return `The system says ${code || 'nothing more'}.`;
}

const GZIP = Buffer.from([0x1f, 0x8b]);

async function* records(file: string): AsyncGenerator<string> {
  const splitter = new RecordSplitter();
  const source = createReadStream(file);
  const pieces = isGzip(file) ? source.pipe(createGunzip()) : source;
  // What fails below is passed on by nothing else.
  source.on('error', (error) => pieces.destroy(error));
  try {
    for await (const piece of pieces) yield* splitter.push(piece);
    splitter.end();
  } finally {
    source.destroy();
  }
}

function isGzip(file: string): boolean {
  const first = Buffer.alloc(2);
  const opened = openSync(file, 'r');
  try {
    return readSync(opened, first, 0, 2, 0) === 2 && GZIP.equals(first);
  } finally {
    closeSync(opened);
  }
}

/** Links are not followed: what they lead to is read where it lies. */
function* filesBelow(path: string, files: TrailFiles): Generator<string> {
  let entries: Dirent[];
  try {
    if (!lstatSync(path).isDirectory()) {
      yield path;
      return;
    }
    entries = readdirSync(path, { withFileTypes: true });
  } catch (error) {
    files.unreadable.push({ file: path, why: whyOf(error) });
    return;
  }
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const at = join(path, entry.name);
    if (entry.isDirectory()) yield* filesBelow(at, files);
    else if (entry.isFile() && /\.(?:json|jsonl|ndjson|gz)$/i.test(entry.name)) yield at;
  }
}
