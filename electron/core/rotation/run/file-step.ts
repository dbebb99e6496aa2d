import { explainOwn, faultOf } from '#shared/kms/errors.ts';
import type { Fault } from '#shared/model/fault.ts';
import type { PendingBlob } from '../journal/rows.ts';
import type { RunFile } from '../types.ts';
import { adoptFile } from './adopt.ts';
import { type BlobOutcome, rotateBlob } from './blob-step.ts';
import { isFault, type OpenBlob, type OpenFile, openFile } from './open-file.ts';
import { putBack, type ReadyBlob } from './put-back.ts';
import type { RunContext } from './run-context.ts';

interface Done extends OpenBlob {
  readonly outcome: BlobOutcome;
}

/**
 * One file from reading to its one replacement. Every blob of it is final afterwards (unless the run stopped);
 * the file is wholly new, or wholly as it was. Never rejects. `prior`: new blobs of an earlier part of this run.
 * 'again': the journal could not be written, and nothing was done. `onDisk` is called when it is about to be put back, and
 * waits for its disk alone.
 */
export async function rotateFile(
  context: RunContext,
  file: RunFile,
  prior: ReadonlyMap<number, PendingBlob>,
  onDisk: () => void,
): Promise<'done' | 'again'> {
  let ahead = file.blobs.length;
  await context.ahead.enter(ahead);
  try {
    if (context.halted() !== null) return 'done';
    const { inPlace } = context.output;
    const { dryRun, allowPossiblePlaintext } = context.input.request;
    if (!dryRun && (await adoptFile(context, file, true))) return 'done';
    let opened = await openFile(file, inPlace, dryRun, allowPossiblePlaintext, context.disk);
    if (inPlace && !isFault(opened)) opened = (await context.attributes.refusal(file, dryRun)) ?? opened;
    if (isFault(opened)) {
      // It may have been replaced by another process since it was looked at.
      if (dryRun || !(await adoptFile(context, file))) leave(context, file, opened);
      return 'done';
    }
    // Each of them says itself when it begins.
    ahead -= opened.blobs.length;
    const done = await Promise.all(
      opened.blobs.map(
        async ({ item, found }): Promise<Done> => ({
          item,
          found,
          outcome: await rotateBlob(context, item, found, prior.get(item) ?? null),
        }),
      ),
    );
    if (context.input.request.dryRun) settleDryRun(context, file, done);
    else await finish(context, file, opened, done, prior.size > 0, onDisk);
  } catch (error) {
    const fault = faultOf(error);
    if (fault.code === 'JournalFailed') {
      // It stays as it was, for when the journal can be written again.
      for (const { item } of file.blobs) context.tracker.back(item);
      context.holdFor(fault);
      return 'again';
    }
    leave(context, file, fault);
  } finally {
    context.ahead.begun(ahead);
  }
  return 'done';
}

/** Gives every blob of the file the same end; the file stays as it was. */
function leave(context: RunContext, file: RunFile, fault: Fault): void {
  for (const { item } of file.blobs) context.tracker.end(item, 'failed', fault);
  context.record.setFile(file.index, 'left', null, true);
  context.tracker.fileDone(file, false);
}

function settleUnready(context: RunContext, { item, outcome }: Done): void {
  if (outcome.kind === 'failed') context.tracker.end(item, 'failed', outcome.fault);
  if (outcome.kind === 'unfit') context.tracker.end(item, 'skipped', outcome.fault);
  if (outcome.kind === 'already') context.tracker.end(item, 'already', outcome.fault);
}

function settleDryRun(context: RunContext, file: RunFile, done: readonly Done[]): void {
  const holdsBack = context.input.request.onFailure !== 'take-good';
  const bad = holdsBack ? done.find(({ outcome }) => outcome.kind === 'failed') : undefined;
  let reached = true;
  for (const one of done) {
    settleUnready(context, one);
    if (one.outcome.kind === 'halted') reached = false;
    if (one.outcome.kind !== 'would-succeed') continue;
    // A figure of a dry run is what the run would come to, not what KMS would allow.
    if (bad === undefined) context.tracker.end(one.item, 'would-succeed', null);
    else context.tracker.end(one.item, 'failed', wouldBeHeldBack(bad));
  }
  if (!reached) return;
  context.record.setFile(file.index, 'left', null, false);
  context.tracker.fileDone(file, false);
}

async function finish(
  context: RunContext,
  file: RunFile,
  opened: OpenFile,
  done: readonly Done[],
  hadPending: boolean,
  onDisk: () => void,
): Promise<void> {
  // Halted before every blob was tried: the file stays as it was, and none of it is final.
  if (done.some(({ outcome }) => outcome.kind === 'halted')) {
    for (const one of done) settleUnready(context, one);
    for (const { item, outcome } of done)
      if (outcome.kind === 'ready' || outcome.kind === 'halted') {
        // What KMS was asked, and said, stays on record.
        context.tracker.save(item);
        context.tracker.back(item);
      }
    return;
  }
  for (const one of done) settleUnready(context, one);
  const bad = done.find(({ outcome }) => outcome.kind === 'failed');
  const ready = done.flatMap(({ item, found, outcome }): ReadyBlob[] =>
    outcome.kind === 'ready' ? [{ item, found, next: outcome.next }] : [],
  );
  if (bad?.outcome.kind === 'failed' && context.input.request.onFailure !== 'take-good') {
    const { message } = bad.outcome.fault;
    const held = explainOwn('FileHeldBack', {
      detail: `${where(bad)} failed: ${message} A file is replaced once, when all its chosen blobs are ready.`,
    });
    return leftWith(context, file, ready, held);
  }
  if (ready.length === 0) return leftWith(context, file, ready, null);
  for (const { item } of ready) context.tracker.save(item);
  onDisk();
  const written = await putBack(context, file, opened, ready);
  if (isFault(written)) {
    if (await adoptFile(context, file)) return;
    return leftWith(context, file, ready, written);
  }
  context.record.setFile(file.index, 'replaced', written.note, hadPending || ready.length > 1);
  context.step('replaced');
  for (const { item, found } of ready) context.tracker.stands(item, found.bytes.length);
  context.tracker.fileDone(file, true);
}

/** The file stays as it was; blobs that were ready fail with `fault`. */
function leftWith(
  context: RunContext,
  file: RunFile,
  ready: readonly ReadyBlob[],
  fault: Fault | null,
): void {
  for (const { item } of ready) {
    context.tracker.note(item, { sha256After: null, fingerprintAfter: null });
    context.tracker.end(item, 'failed', fault);
  }
  context.record.setFile(file.index, 'left', null, true);
  context.tracker.fileDone(file, false);
}

const wouldBeHeldBack = (bad: OpenBlob): Fault =>
  explainOwn('FileHeldBack', {
    message: 'KMS would re-encrypt it, but its file would be left as it is: another of its blobs would fail.',
    detail: `${where(bad)} would fail. A file is replaced once, when all its chosen blobs are ready.`,
  });

const where = ({ found }: OpenBlob): string => (found.place === '' ? 'the blob' : `"${found.place}"`);
