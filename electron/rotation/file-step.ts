import { explainOwn } from '#shared/kms/errors.ts';
import type { Fault } from '#shared/model/fault.ts';
import { identify } from '../inspect/index.ts';
import { type FoundBlob, type NewBlob, type Replacement, writtenAs } from '../intake/index.ts';
import { type BlobOutcome, rotateBlob } from './blob-step.ts';
import { faultOf } from './faults.ts';
import { sha256 } from './ledger.ts';
import { isFault, type OpenFile, openFile } from './open-file.ts';
import { putBack } from './put-back.ts';
import type { RunContext } from './run-context.ts';
import type { PlanFile } from './types.ts';

interface Done {
  readonly blobId: string;
  readonly found: FoundBlob;
  readonly outcome: BlobOutcome;
}

/**
 * One file from reading to its one replacement. Every blob of it is final afterwards; the file is wholly new, or
 * wholly as it was. Never rejects.
 */
export async function rotateFile(context: RunContext, file: PlanFile): Promise<void> {
  try {
    const halted = context.halted();
    if (halted !== null) return settle(context, file, 'skipped', halted);
    const opened = await openFile(file, context.input.output.mode === 'in-place');
    if (isFault(opened)) return settle(context, file, 'failed', opened);
    const done = await Promise.all(
      opened.blobs.map(
        async ({ blobId, found }): Promise<Done> => ({
          blobId,
          found,
          outcome: await context.slots.run(() => rotateBlob(context, blobId, found)),
        }),
      ),
    );
    if (context.input.request.dryRun) settleDryRun(context, done);
    else await finish(context, file, opened, done);
  } catch (error) {
    settle(context, file, 'failed', faultOf(error));
  }
}

/** Gives every blob of the file that is not final yet the same end. */
function settle(context: RunContext, file: PlanFile, state: 'failed' | 'skipped', fault: Fault): void {
  for (const { blobId } of file.blobs) end(context, blobId, state, fault);
}

function end(context: RunContext, blobId: string, state: 'failed' | 'skipped', fault: Fault): void {
  const item = context.ledger.get(blobId);
  if (item?.state === 'waiting' || item?.state === 'running') context.ledger.set(blobId, { state, fault });
}

function settleUnready(context: RunContext, { blobId, outcome }: Done): void {
  if (outcome.kind === 'failed') end(context, blobId, 'failed', outcome.fault);
  if (outcome.kind === 'unfit' || outcome.kind === 'halted') end(context, blobId, 'skipped', outcome.fault);
}

function settleDryRun(context: RunContext, done: readonly Done[]): void {
  const bad = done.find(({ outcome }) => outcome.kind === 'failed');
  for (const one of done) {
    settleUnready(context, one);
    if (one.outcome.kind !== 'would-succeed') continue;
    const notes = [...(context.ledger.get(one.blobId)?.notes ?? [])];
    if (bad !== undefined)
      notes.push(`A real run would leave this file as it is, because ${where(bad.found)} would fail.`);
    context.ledger.set(one.blobId, { state: 'would-succeed', notes });
  }
}

async function finish(
  context: RunContext,
  file: PlanFile,
  opened: OpenFile,
  done: readonly Done[],
): Promise<void> {
  for (const one of done) settleUnready(context, one);
  const bad = done.find(({ outcome }) => outcome.kind === 'failed');
  if (bad?.outcome.kind === 'failed') {
    const { message } = bad.outcome.fault;
    const held = explainOwn('FileHeldBack', {
      detail: `${where(bad.found)} failed: ${message} A file is replaced once, when all its chosen blobs are ready.`,
    });
    return settle(context, file, 'failed', held);
  }
  const halted = done.find(({ outcome }) => outcome.kind === 'halted');
  if (halted?.outcome.kind === 'halted') return settle(context, file, 'skipped', halted.outcome.fault);

  const replacements: (Replacement & { blobId: string })[] = [];
  for (const { blobId, found, outcome } of done)
    if (outcome.kind === 'ready') replacements.push({ blobId, found, next: outcome.next });
  if (replacements.length === 0) return;
  const written = await putBack(context, file, opened, replacements);
  if (isFault(written)) return settle(context, file, 'failed', written);
  for (const { blobId, found, next } of replacements) {
    context.result(blobId, { path: written.path, text: textOf(found, next) });
    context.ledger.set(blobId, {
      state: 'reencrypted',
      sha256After: sha256(next.bytes),
      fingerprintAfter: identify(next.bytes).keyFingerprint,
      output: written.label,
      backup: written.backup,
      notes: [...(context.ledger.get(blobId)?.notes ?? []), ...written.notes],
    });
  }
}

/** The new blob as it stands in the file; null for raw bytes. */
function textOf(found: FoundBlob, next: NewBlob): string | null {
  if (found.encoding.charset === 'binary') return null;
  return new TextDecoder(found.encoding.charset).decode(writtenAs(found, next));
}

const where = (found: FoundBlob): string => (found.place === '' ? 'the blob' : `"${found.place}"`);
