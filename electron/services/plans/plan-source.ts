import { createHash, hash } from 'node:crypto';
import { open, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FaultError, fault } from '#shared/model/fault.ts';
import {
  type PlanHead,
  PlannedFile,
  type PlanTerms,
  type RunPlan,
  readPlan,
  readPlanHead,
  termsOfHead,
} from '#shared/model/plan.ts';
import { Turns } from '../../core/limits/turns.ts';

/** Largest plan in one document that is read, in bytes: a plan of 100,000 blobs has some 40 MB. */
const MAX_DOCUMENT = 256 * 1024 * 1024;
/** Files, or blobs in them, given at a time: what is little is forgotten cheaply. */
const LOT = 500;
/** Bytes of the lines of a plan that are read at a time. */
const PIECE = 256 * 1024;

/** A plan file that is read some files at a time, however large it is. */
export interface PlanSource {
  /** Name of the file. */
  readonly name: string;
  readonly terms: PlanTerms;
  readonly totals: { readonly files: number; readonly blobs: number; readonly bytes: number };
  /**
   * Its files in order, each time from the first. Throws FaultError `NoPlan` where they are not what the head says: the first
   * time at the latest before the last are given, then before any are given that are not what they were.
   */
  files(): AsyncGenerator<PlannedFile[]>;
}

/** Opens a plan of either format. Throws FaultError `NoPlan`. */
export async function openPlan(path: string): Promise<PlanSource> {
  const name = basename(path);
  const text = await textOf(path, name);
  const head = readPlanHead(text);
  if (head.ok) return inTwoFiles(path, name, head.head);
  const read = readPlan(text);
  if (!read.ok) throw noPlan(name, text.includes('"rewrapPlan": 2') ? head.why : read.why);
  return planInMemory(name, read.plan);
}

/** A plan that is whole in memory, given some files at a time. */
export function planInMemory(name: string, { files, ...terms }: RunPlan): PlanSource {
  const blobs = files.reduce((sum, file) => sum + file.blobs.length, 0);
  const bytes = files.reduce((sum, file) => sum + file.blobs.reduce((part, blob) => part + blob.bytes, 0), 0);
  return {
    name,
    terms,
    totals: { files: files.length, blobs, bytes },
    async *files() {
      for (let from = 0; from < files.length; from += LOT) yield files.slice(from, from + LOT);
    },
  };
}

/** A plan of either format, whole. Throws FaultError `NoPlan`. */
export async function readWholePlan(path: string): Promise<RunPlan> {
  const source = await openPlan(path);
  const files: PlannedFile[] = [];
  for await (const lot of source.files()) files.push(...lot);
  return { ...source.terms, files };
}

function inTwoFiles(path: string, name: string, head: PlanHead): PlanSource {
  const { lines } = head;
  const beside = join(dirname(path), lines.name);
  const changed = (): FaultError =>
    noPlan(name, `${lines.name} is not the one that was written with it: it was changed or cut off.`);
  /** Of each piece of the file, once it was read whole and found to be what the head says. */
  let known: readonly string[] | null = null;
  return {
    name,
    terms: termsOfHead(head),
    totals: { files: lines.files, blobs: lines.blobs, bytes: lines.bytes },
    async *files() {
      // What is known to be the same needs no second look at what it says.
      const before = known;
      const digest = createHash('sha256');
      const pieces: string[] = [];
      const split = new Lines();
      const turns = new Turns();
      let lot: PlannedFile[] = [];
      let line = 0;
      let blobs = 0;
      let inLot = 0;
      for await (const piece of piecesOf(beside, name, lines.name)) {
        const is = hash('sha256', piece);
        if (before === null) digest.update(piece);
        else if (before[pieces.length] !== is) throw changed();
        pieces.push(is);
        for (const text of split.of(piece)) {
          line += 1;
          const file: PlannedFile | null = before === null ? plannedFile(text) : JSON.parse(text);
          if (file === null) throw noPlan(name, `Line ${line} of ${lines.name} is no file of a plan.`);
          blobs += file.blobs.length;
          inLot += file.blobs.length;
          lot.push(file);
          if (lot.length < LOT && inLot < LOT) continue;
          yield lot;
          lot = [];
          inLot = 0;
          if (turns.over) await turns.give();
        }
      }
      const whole = before === null ? digest.digest('hex') === lines.sha256 : before.length === pieces.length;
      if (!whole || split.rest || line !== lines.files || blobs !== lines.blobs) throw changed();
      known = pieces;
      if (lot.length > 0) yield lot;
    },
  };
}

/** A file in pieces of one length, the last as long as it is; each is to be used before the next is asked for. */
async function* piecesOf(path: string, plan: string, name: string): AsyncGenerator<Buffer> {
  const unreadable = (): FaultError => noPlan(plan, `${name} beside it cannot be read.`);
  const file = await open(path).catch(() => {
    throw unreadable();
  });
  try {
    const piece = Buffer.allocUnsafe(PIECE);
    for (let length = 0; ; ) {
      const { bytesRead } = await file.read(piece, length, PIECE - length).catch(() => {
        throw unreadable();
      });
      length += bytesRead;
      if (length < PIECE && bytesRead > 0) continue;
      if (length > 0) yield piece.subarray(0, length);
      if (bytesRead === 0) return;
      length = 0;
    }
  } finally {
    await file.close();
  }
}

const NEW_LINE = 0x0a;

/** The lines of a file that is read in pieces. */
class Lines {
  #begun: Buffer[] = [];

  /** Whether something follows the last line. */
  get rest(): boolean {
    return this.#begun.length > 0;
  }

  /** Lines that end in this piece. */
  *of(piece: Buffer): Generator<string> {
    let from = 0;
    for (let at = piece.indexOf(NEW_LINE); at !== -1; at = piece.indexOf(NEW_LINE, from)) {
      const end = piece.subarray(from, at);
      from = at + 1;
      yield this.rest ? Buffer.concat([...this.#begun.splice(0), end]).toString() : end.toString();
    }
    if (from < piece.length) this.#begun.push(Buffer.from(piece.subarray(from)));
  }
}

/** A line of a plan in two files; null where it is none. */
export function plannedFile(text: string): PlannedFile | null {
  try {
    return PlannedFile.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

async function textOf(path: string, name: string): Promise<string> {
  try {
    if ((await stat(path)).size > MAX_DOCUMENT) throw noPlan(name, 'It is too large for a plan in one file.');
    return await readFile(path, 'utf8');
  } catch (error) {
    throw error instanceof FaultError ? error : noPlan(name, 'It cannot be read.');
  }
}

export const noPlan = (name: string, why: string): FaultError =>
  new FaultError(
    fault(
      'NoPlan',
      `${name} is no plan of Rewrap.`,
      why,
      'Make one from the re-encrypt sheet, or with: rewrap plan PATH… --to KEY -o FILE',
    ),
  );
