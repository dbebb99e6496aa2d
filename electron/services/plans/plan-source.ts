import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
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
/** Files given at a time. */
const LOT = 500;

/** A plan file that is read some files at a time, however large it is. */
export interface PlanSource {
  /** Name of the file. */
  readonly name: string;
  readonly terms: PlanTerms;
  readonly totals: { readonly files: number; readonly blobs: number; readonly bytes: number };
  /** Its files in order. Throws FaultError `NoPlan` where they are not what the head says, at the latest at the end. */
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
  return {
    name,
    terms: termsOfHead(head),
    totals: { files: lines.files, blobs: lines.blobs, bytes: lines.bytes },
    async *files() {
      const digest = createHash('sha256');
      const stream = createReadStream(beside);
      stream.on('data', (part) => digest.update(part));
      const turns = new Turns();
      let lot: PlannedFile[] = [];
      let line = 0;
      let blobs = 0;
      try {
        for await (const text of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
          line += 1;
          const file = plannedFile(text);
          if (file === null) throw noPlan(name, `Line ${line} of ${lines.name} is no file of a plan.`);
          blobs += file.blobs.length;
          lot.push(file);
          if (lot.length < LOT) continue;
          yield lot;
          lot = [];
          if (turns.over) await turns.give();
        }
      } catch (error) {
        throw error instanceof FaultError ? error : noPlan(name, `${lines.name} beside it cannot be read.`);
      } finally {
        stream.destroy();
      }
      if (lot.length > 0) yield lot;
      if (line !== lines.files || blobs !== lines.blobs || digest.digest('hex') !== lines.sha256)
        throw noPlan(
          name,
          `${lines.name} is not the one that was written with it: it was changed or cut off.`,
        );
    },
  };
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
