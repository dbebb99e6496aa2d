import { closeSync, fsync, openSync, readdirSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { promisify } from 'node:util';
import { z } from 'zod';
import { explainOwn } from '#shared/kms/errors.ts';
import { FaultError } from '#shared/model/fault.ts';
import { SentRequest } from '#shared/model/run.ts';
import { processSpace } from './lease.ts';
import type { LoggedFile } from './shared-work.ts';

const fsyncAsync = promisify(fsync);
const ENDING = '.jsonl';
/** Read from a log at a time, bytes. */
const PIECE = 1024 * 1024;

/** Text that occurs again and again is written once, before its first use, and then by its number. */
const Line = z.union([
  z.object({ w: z.string() }),
  /** Numbers of words begin again. */
  z.object({ anew: z.literal(true) }),
  /** The process that writes it, and where its id means something. */
  z.object({ pid: z.int(), space: z.string() }),
  /** By which id its temporary files are named, and where it may make them. */
  z.object({ owner: z.string(), folders: z.array(z.string()) }),
  /** It writes nothing any more. */
  z.object({ closed: z.literal(true) }),
  z.object({
    f: z.int().min(0),
    b: z.string(),
    a: z.string(),
    t: z.string().nullable(),
    k: z.string().nullable(),
    s: z.tuple([z.string(), z.string().nullable()]).nullable(),
    i: z.array(
      z.tuple([
        z.string(),
        z.string().nullable(),
        z.string().nullable(),
        z.string().nullable(),
        z.array(z.int().nullable()).length(6),
        z.array(z.string()),
      ]),
    ),
  }),
]);

/**
 * What one attempt at a shard does to files, in the folder that all of them see, on its disk before the file is touched:
 * a later attempt, on whatever machine, knows by it that the content it meets is the shard's own work.
 */
export class AttemptLog {
  readonly #fd: number;
  readonly #words = new Map<string, number>();
  #lines: string[] = [];
  #waiting: { resolve: () => void; reject: (error: unknown) => void }[] = [];
  #writing: Promise<void> | null = null;

  /** Throws system errors. */
  constructor(folder: string, attempt: string) {
    this.#fd = openSync(join(folder, attempt + ENDING), 'ax', 0o600);
    writeSync(this.#fd, `${JSON.stringify({ pid: process.pid, space: processSpace() })}\n`);
  }

  /** Resolves once it is on the disk. Throws FaultError `JournalFailed`. */
  begins(owner: string, folders: readonly string[]): Promise<void> {
    this.#lines.push(JSON.stringify({ owner, folders }));
    return this.#written();
  }

  /** Resolves once it is on the disk; what is added meanwhile shares the next flush. Throws FaultError `JournalFailed`. */
  add({ file, before, after, temporary, backup, sidecar, blobs }: LoggedFile): Promise<void> {
    const items = blobs.map(({ place, facts }) => [
      place,
      facts.sha256After,
      facts.requestId,
      facts.decryptRequestId,
      [
        facts.fingerprintAfter,
        facts.sourceKeyArn,
        facts.destinationKeyArn,
        facts.sourceKeyMaterialId,
        facts.destinationKeyMaterialId,
        facts.sent === null ? null : JSON.stringify(facts.sent),
      ].map((word) => this.#number(word)),
      facts.notes,
    ]);
    const s = sidecar === null ? null : [sidecar.path, sidecar.sha256];
    this.#lines.push(JSON.stringify({ f: file, b: before, a: after, t: temporary, k: backup, s, i: items }));
    return this.#written();
  }

  async close(): Promise<void> {
    await this.#writing;
    try {
      writeSync(this.#fd, `${[...this.#lines, JSON.stringify({ closed: true })].join('\n')}\n`);
    } catch {
      // Its process is found to be gone by its id.
    }
    closeSync(this.#fd);
  }

  #written(): Promise<void> {
    const written = new Promise<void>((resolve, reject) => this.#waiting.push({ resolve, reject }));
    this.#writing ??= this.#write();
    return written;
  }

  #number(word: string | null): number | null {
    if (word === null) return null;
    const known = this.#words.get(word);
    if (known !== undefined) return known;
    const number = this.#words.size;
    this.#words.set(word, number);
    this.#lines.push(JSON.stringify({ w: word }));
    return number;
  }

  async #write(): Promise<void> {
    // Whatever is added in this turn goes along.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const waiting = this.#waiting;
      const lines = this.#lines;
      this.#waiting = [];
      this.#lines = [];
      try {
        writeSync(this.#fd, `${lines.join('\n')}\n`);
        await fsyncAsync(this.#fd);
        for (const one of waiting) one.resolve();
      } catch (error) {
        // Half a line may stand: it is ended here, and what was to follow it is not numbered on.
        this.#words.clear();
        this.#lines = ['', JSON.stringify({ anew: true })];
        // What came meanwhile may use numbers of words that did not get there.
        for (const one of [...waiting, ...this.#waiting.splice(0)]) one.reject(asFault(error));
      }
    }
    this.#writing = null;
  }
}

const asFault = (error: unknown): FaultError =>
  new FaultError(
    explainOwn('JournalFailed', {
      detail: `The log in the state folder: the system says ${error instanceof Error ? error.message : 'nothing more'}.`,
    }),
  );

/** What a log says of the process that wrote it. */
interface AttemptProcess {
  readonly attempt: string;
  /** Null in a log of an older version. */
  readonly process: { readonly pid: number; readonly space: string } | null;
  /** Ids by which its temporary files are named. */
  readonly owners: ReadonlySet<string>;
  /** Where it may have made some. */
  readonly folders: ReadonlySet<string>;
  readonly closed: boolean;
}

/** A log as it is read, on from where it was read last. */
class Reading {
  process: AttemptProcess['process'] = null;
  closed = false;
  readonly owners = new Set<string>();
  readonly folders = new Set<string>();
  readonly #path: string;
  readonly #words: string[] = [];
  readonly #decoder = new StringDecoder('utf8');
  #at = 0;
  #rest = '';

  constructor(path: string) {
    this.#path = path;
  }

  /** Lines that came since. A log that cannot be read now has none. */
  *more(): Generator<LoggedFile> {
    let fd: number;
    try {
      fd = openSync(this.#path, 'r');
    } catch {
      return;
    }
    try {
      const piece = Buffer.alloc(PIECE);
      for (;;) {
        const read = readSync(fd, piece, 0, PIECE, this.#at);
        if (read === 0) return;
        this.#at += read;
        const lines = (this.#rest + this.#decoder.write(piece.subarray(0, read))).split('\n');
        this.#rest = lines.pop() ?? '';
        for (const line of lines) {
          const one = this.#line(line);
          if (one !== null) yield one;
        }
      }
    } finally {
      closeSync(fd);
    }
  }

  #line(text: string): LoggedFile | null {
    let line: z.infer<typeof Line>;
    try {
      line = Line.parse(JSON.parse(text));
    } catch {
      return null;
    }
    if ('w' in line) {
      this.#words.push(line.w);
      return null;
    }
    if ('anew' in line) {
      this.#words.length = 0;
      return null;
    }
    if ('pid' in line) {
      this.process = line;
      return null;
    }
    if ('owner' in line) {
      this.owners.add(line.owner);
      for (const folder of line.folders) this.folders.add(folder);
      return null;
    }
    if ('closed' in line) {
      this.closed = true;
      return null;
    }
    const word = (number: number | null | undefined): string | null =>
      number == null ? null : (this.#words[number] ?? null);
    return {
      file: line.f,
      before: line.b,
      after: line.a,
      temporary: line.t,
      backup: line.k,
      sidecar: line.s === null ? null : { path: line.s[0], sha256: line.s[1] },
      blobs: line.i.map(([place, sha256After, requestId, decryptRequestId, words, notes]) => ({
        place,
        facts: {
          sha256After,
          requestId,
          decryptRequestId,
          fingerprintAfter: word(words[0]),
          sourceKeyArn: word(words[1]),
          destinationKeyArn: word(words[2]),
          sourceKeyMaterialId: word(words[3]),
          destinationKeyMaterialId: word(words[4]),
          sent: sentOf(word(words[5])),
          notes,
        },
      })),
    };
  }
}

function sentOf(text: string | null): SentRequest | null {
  return text === null ? null : (SentRequest.safeParse(JSON.parse(text)).data ?? null);
}

/** The logs of a shard's attempts. */
export class AttemptLogs {
  readonly #folder: string;
  readonly #logs = new Map<string, Reading>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** What was added since the last call, with the attempt that did it. `but`: an attempt that is left out. */
  *more(but: string | null = null): Generator<LoggedFile & { readonly attempt: string }> {
    for (const name of readdirSync(this.#folder).sort()) {
      if (!name.startsWith('attempt-') || !name.endsWith(ENDING)) continue;
      const attempt = name.slice(0, -ENDING.length);
      if (attempt === but) continue;
      const reading = this.#logs.get(attempt) ?? new Reading(join(this.#folder, name));
      this.#logs.set(attempt, reading);
      for (const line of reading.more()) yield { ...line, attempt };
    }
  }

  /** What is known, as of the last reading, of the process of an attempt; null: nothing. */
  of(attempt: string): AttemptProcess | null {
    const reading = this.#logs.get(attempt);
    if (reading === undefined) return null;
    const { process, owners, folders, closed } = reading;
    return { attempt, process, owners, folders, closed };
  }

  /** Attempts of which anything was read. */
  attempts(): string[] {
    return [...this.#logs.keys()];
  }
}
