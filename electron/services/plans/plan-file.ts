import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { FaultError, fault } from '#shared/model/fault.ts';
import { type RunPlan, readPlan } from '#shared/model/plan.ts';

/** Largest plan file that is read, in bytes: a plan of 100,000 blobs has some 40 MB. */
const MAX_BYTES = 256 * 1024 * 1024;
/** A plan says what it is within its first bytes. */
const HEAD_BYTES = 4096;

/** Reads a plan file. Throws FaultError `NoPlan`. */
export function readPlanFile(path: string): { name: string; plan: RunPlan } {
  const name = basename(path);
  let text: string;
  try {
    if (statSync(path).size > MAX_BYTES) throw new FaultError(noPlan(name, 'It is too large for one.'));
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw error instanceof FaultError ? error : new FaultError(noPlan(name, 'It cannot be read.'));
  }
  const read = readPlan(text);
  if (!read.ok) throw new FaultError(noPlan(name, read.why));
  return { name, plan: read.plan };
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

const noPlan = (name: string, why: string) =>
  fault(
    'NoPlan',
    `${name} is no plan of Rewrap.`,
    why,
    'Make one from the re-encrypt sheet, or with: rewrap plan PATH… --to KEY -o FILE',
  );
