import { createHash, type Hash } from 'node:crypto';
import { appendFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { PlanHead, PlannedFile, PlanTerms } from '#shared/model/plan.ts';
import { writePrivate } from '../../core/storage/private.ts';

/** Characters kept back by all files that are written together, before they go to the disk. */
const BUFFERED = 8 * 1024 * 1024;

/** What a plan in two files has in them so far. */
interface LinesTotals {
  files: number;
  blobs: number;
  bytes: number;
}

/** Lines that wait to be written, over all files of one plan or of many shards. */
export class LineBuffer {
  #held = 0;
  readonly #files = new Set<PlanLines>();

  /** A file of lines; nothing of it stands under its name before {@link PlanLines.finish}. */
  open(path: string): PlanLines {
    const lines = new PlanLines(path, (more) => this.#add(more));
    this.#files.add(lines);
    return lines;
  }

  #add(characters: number): void {
    this.#held += characters;
    if (this.#held < BUFFERED) return;
    for (const file of this.#files) file.flush();
    this.#held = 0;
  }

  /** Takes away what was written. */
  discard(): void {
    for (const file of this.#files) file.discard();
  }
}

/** The files of one plan, one JSON object a line. Throws system errors. */
export class PlanLines {
  readonly totals: LinesTotals = { files: 0, blobs: 0, bytes: 0 };
  readonly #path: string;
  readonly #temporary: string;
  readonly #added: (characters: number) => void;
  readonly #digest: Hash = createHash('sha256');
  #lines: string[] = [];
  #begun = false;

  constructor(path: string, added: (characters: number) => void) {
    this.#path = path;
    this.#temporary = `${path}.tmp`;
    this.#added = added;
  }

  add(file: PlannedFile): void {
    const line = `${JSON.stringify(file)}\n`;
    this.#lines.push(line);
    this.totals.files += 1;
    this.totals.blobs += file.blobs.length;
    for (const { bytes } of file.blobs) this.totals.bytes += bytes;
    this.#added(line.length);
  }

  /** No file stays open: there may be more shards than a process may have files. */
  flush(): void {
    if (this.#lines.length === 0 && this.#begun) return;
    const text = this.#lines.join('');
    this.#lines = [];
    this.#digest.update(text);
    if (this.#begun) appendFileSync(this.#temporary, text);
    else writeFileSync(this.#temporary, text, { mode: 0o600 });
    this.#begun = true;
  }

  /** Puts the lines under their name, and then the head, which names them by their hash. */
  finish(headPath: string, terms: PlanTerms): void {
    this.flush();
    const head: PlanHead = {
      ...terms,
      rewrapPlan: 2,
      lines: { name: basename(this.#path), sha256: this.#digest.digest('hex'), ...this.totals },
    };
    renameSync(this.#temporary, this.#path);
    writePrivate(headPath, `${JSON.stringify(head, null, 2)}\n`);
  }

  discard(): void {
    rmSync(this.#temporary, { force: true });
  }
}
