import { lstatSync } from 'node:fs';
import { explainOwn } from '#shared/kms/errors.ts';
import { confirmed, contentHash, removeLeftovers } from '../../intake/index.ts';
import type { LoggedFile } from '../shards/shared-work.ts';
import type { RunFile } from '../types.ts';
import type { RunContext } from './run-context.ts';

/**
 * Takes over what another process made of a file, where it has just the content which that one logged before it put it there:
 * the file counts as done, with what KMS said. Whether it is so. Reads the file only where there may be something to take
 * over: `first`, before anything else is done with it. What a process that is given up left beside a file that it did not come to replace is removed.
 */
export async function adoptFile(context: RunContext, file: RunFile, first = false): Promise<boolean> {
  const { shared } = context.input;
  const target = context.output.target(file);
  if (shared === undefined || target === null) return false;
  if (!context.output.inPlace && lstatSync(target, { throwIfNoEntry: false }) === undefined) return false;
  // A change of a file in place is seen when it is opened.
  if (first && context.output.inPlace && shared.leftovers(file.index).length === 0) return false;
  const now = await contentHash(target).catch(() => null);
  if (now === null) return false;
  if (now === file.sha256) {
    for (const { temporary, backup, before } of shared.leftovers(file.index))
      if (before === now)
        await removeLeftovers(target, { temporary, backup, before }, context.fs ?? undefined);
    return false;
  }
  const logged = shared.made(file.index, now);
  if (logged === null) return false;
  adopt(context, file, target, logged, await confirmed(target, context.fs ?? undefined));
  return true;
}

function adopt(
  context: RunContext,
  file: RunFile,
  target: string,
  logged: LoggedFile,
  note: string | null,
): void {
  const { tracker, record, input } = context;
  const facts = new Map(logged.blobs.map((blob) => [blob.place, blob.facts]));
  record.stage(file.index, {
    after: logged.after,
    target,
    temporary: null,
    backup: logged.backup,
    record: logged.sidecar?.path ?? null,
    recordSha256: logged.sidecar?.sha256 ?? null,
  });
  for (const blob of file.blobs) {
    const known = facts.get(blob.place);
    if (known === undefined) {
      // That process left this blob as it was, and replaced its file all the same.
      tracker.end(blob.item, 'failed', explainOwn('FileChanged'));
      continue;
    }
    tracker.note(blob.item, {
      ...known,
      state: input.request.verify ? 'verified' : 'reencrypted',
      fault: null,
    });
    tracker.save(blob.item);
    tracker.stands(blob.item, blob.bytes);
  }
  record.setFile(file.index, 'replaced', note, true);
  tracker.fileDone(file, true);
}
