import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import {
  type PlanHead,
  type PlannedFile,
  type RunPlan,
  readPlan,
  readPlanHead,
  termsOfHead,
} from '#shared/model/plan.ts';
import { sha256 } from '../../core/storage/hash.ts';
import { noPlan, plannedFile } from './plan-source.ts';

/** Largest plan file that is read, in bytes: a plan of 100,000 blobs has some 40 MB. */
const MAX_BYTES = 256 * 1024 * 1024;
/** A plan says what it is within its first bytes. */
const HEAD_BYTES = 4096;

/** Reads a plan of either format, whole. Throws FaultError `NoPlan`. */
export function readPlanFile(path: string): { name: string; plan: RunPlan } {
  const name = basename(path);
  const text = textOf(path, name, 'It');
  const head = readPlanHead(text);
  if (head.ok)
    return { name, plan: { ...termsOfHead(head.head), files: filesBeside(path, name, head.head) } };
  const read = readPlan(text);
  if (!read.ok) throw noPlan(name, read.why);
  return { name, plan: read.plan };
}

function textOf(path: string, name: string, what: string): string {
  try {
    if (statSync(path).size <= MAX_BYTES) return readFileSync(path, 'utf8');
  } catch {
    throw noPlan(name, `${what} cannot be read.`);
  }
  throw noPlan(
    name,
    `${what} is too large to be opened whole. Run it in a shell, or split it: rewrap plan shard`,
  );
}

function filesBeside(path: string, name: string, { lines }: PlanHead): PlannedFile[] {
  const text = textOf(join(dirname(path), lines.name), name, `${lines.name}, which holds its files,`);
  if (sha256(text) !== lines.sha256)
    throw noPlan(name, `${lines.name} is not the one that was written with it: it was changed or cut off.`);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line, i) => {
      const file = plannedFile(line);
      if (file === null) throw noPlan(name, `Line ${i + 1} of ${lines.name} is no file of a plan.`);
      return file;
    });
}

/** Whether a file says that it is a plan. Unreadable files say nothing. */
export function saysPlan(path: string): boolean {
  try {
    if (!statSync(path).isFile()) return false;
    const fd = openSync(path, 'r');
    try {
      const head = Buffer.alloc(HEAD_BYTES);
      const text = head.toString('utf8', 0, readSync(fd, head, 0, HEAD_BYTES, 0));
      return /^\uFEFF?\s*\{/.test(text) && text.includes('"rewrapPlan"');
    } finally {
      closeSync(fd);
    }
  } catch {
    return false;
  }
}
