import { recover } from '../journal/recover.ts';
import type { Run, RunInput } from '../types.ts';
import { LiveRun } from './live-run.ts';
import { openRow, targetsOf } from './output.ts';
import { numbered, prepareNew, toDo } from './prepare.ts';
import type { RunParts } from './run-parts.ts';

/**
 * Starts a run, and resolves once it has its files. Nothing of it rejects later: what goes wrong is the fault of an item,
 * or of the summary when it stopped the whole run. `onProgress` is called at most ten times a second, and once at the
 * end. Throws FaultError `FilesInUse` or `JournalFailed`, and nothing has begun.
 */
export async function startRun(input: RunInput, parts: RunParts): Promise<Run> {
  const { journal } = parts;
  const { files: planned, ...terms } = input;
  const { request, output, connection, target } = terms;
  const files = numbered(planned);
  const name = await journal.begin(
    {
      job: request.dryRun ? null : (input.job ?? null),
      approval: input.approval ?? null,
      dryRun: request.dryRun,
      request,
      output,
      connection,
      target,
      total: files.reduce((sum, file) => sum + file.blobs.length, 0),
      bytes: files.reduce((sum, file) => sum + file.blobs.reduce((s, blob) => s + blob.bytes, 0), 0),
    },
    targetsOf(planned, output, request.dryRun),
  );
  return new LiveRun(name, new Date().toISOString(), terms, parts, {
    earlier: async () => [],
    counted: (tracker) => tracker.begin(files),
    prepare: async (_, step) => {
      await prepareNew(journal, name.no, files);
      step('prepared');
      return toDo(files);
    },
  });
}

/**
 * Goes on with a run that was cut off: first says of each file whether it is old or new, from its hash.
 * `failedToo`: files that were left because something of them failed are tried again.
 * Throws FaultError `RunGone`, `RunNotOpen`, `RunElsewhere`, `FilesInUse` or `JournalFailed`.
 */
export async function resumeRun(
  no: number,
  input: Pick<RunInput, 'kms' | 'failurePolicy' | 'namedMaterials' | 'known' | 'holdsAfterFirst'>,
  parts: RunParts,
  failedToo = false,
): Promise<Run> {
  const { journal } = parts;
  const row = openRow(journal, no);
  const { request, output, connection, target, startedAt } = row;
  await journal.takeOver(no, row.state, 'open', targetsOf(await journal.files(no), output, row.dryRun));
  const before = await journal.figures(no);
  return new LiveRun(row, startedAt, { ...input, request, output, connection, target }, parts, {
    earlier: async () => (await journal.keysSeen(no)).filter(({ side }) => side === 'destination'),
    counted: (tracker) => tracker.recall(before),
    prepare: async (tracker, step) => {
      if (failedToo) await journal.reopenFailed(no);
      if (output.mode === 'keep') await journal.reopenKept(no);
      const files = await recover(journal, no, output, parts.hooks?.fs);
      step('recovered');
      tracker.recall(await journal.figures(no));
      return files;
    },
  });
}
