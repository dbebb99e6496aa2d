import { dirname, join } from 'node:path';
import { explainOwn } from '#shared/kms/errors.ts';
import { takesEncryptionContext } from '#shared/kms/facts.ts';
import type { Fault } from '#shared/model/fault.ts';
import {
  type FoundBlob,
  movedTo,
  type Replacement,
  recordPath,
  removeLeftovers,
  rewrite,
  type Scan,
  scan,
  temporaryName,
} from '../../intake/index.ts';
import type { Staged } from '../journal/rows.ts';
import type { RunBlob, RunFile } from '../types.ts';
import { checkIdentity } from './check-reply.ts';
import { madePath } from './done-before.ts';
import { faultOf } from './faults.ts';
import { sha256 } from './item-tracker.ts';
import type { OpenFile } from './open-file.ts';
import type { RunContext } from './run-context.ts';
import { type PlannedRecord, planRecord, recordOf, removeRecord } from './sidecar.ts';

/** A blob whose new ciphertext is there. */
export interface Ready extends Replacement {
  readonly blob: RunBlob;
}

export interface Written {
  /** What is to be known although the new bytes stand. */
  readonly note: string | null;
}

/**
 * Makes the new file's bytes, reads them back, and puts them where the run's output goes. Before anything of a file
 * changes, the journal has on disk what it was, what it becomes, and which names may be left behind.
 * A fault changes nothing. Throws FaultError `JournalFailed`, and nothing is changed either.
 */
export async function putBack(
  context: RunContext,
  file: RunFile,
  opened: OpenFile,
  ready: readonly Ready[],
): Promise<Written | Fault> {
  const { output } = context.input;
  // In place, a file with plaintext was refused when it was opened; elsewhere the plaintext is left out.
  const options = { withoutPlaintext: output.mode !== 'in-place' };
  const bytes = rewrite(opened.bytes, opened.scan, ready, options);
  const reread = scan(bytes, file.display);
  const wrong = readsBack(context, opened.scan, reread, ready, movedTo(opened.scan, ready, options));
  if (wrong !== null) return wrong;
  const record = recordOf(ready);
  if (output.mode === 'keep') {
    context.keep(file.relative, bytes);
    if (record !== null) context.keep(recordPath(file.relative), record);
    return { note: null };
  }
  const fs = context.fs === null ? {} : { fs: context.fs };
  const owner = context.journal.owner.id;
  const after = sha256(bytes);
  const temporary = temporaryName(owner);
  let planned: PlannedRecord | null = null;
  let backup: string | null = null;
  const stage = async (names: Pick<Staged, 'target' | 'temporary' | 'backup'>): Promise<void> => {
    context.step('written');
    backup = names.backup;
    if (record !== null) planned = await planRecord(names.target, record, owner, fs);
    const { record: recorded = null, recordSha256 = null } = planned ?? {};
    context.journal.stage(context.no, file.index, { after, ...names, record: recorded, recordSha256 });
    await context.journal.durable();
    context.step('staged');
    await planned?.write();
  };
  try {
    if (output.mode === 'in-place') {
      // Unreachable: such a file was refused when it was opened.
      if (file.path === null) return explainOwn('NoFileToReplace');
      const { path } = file;
      await context.disk.replaceFile({
        path,
        bytes,
        expectedSha256: file.sha256,
        ...(file.folder == null ? {} : { folder: file.folder }),
        backup: output.backup,
        temporary,
        attributes: await context.attributes.has(file),
        staged: (names) => stage({ ...names, target: path }),
      });
      return { note: context.attributes.takeNote() };
    }
    const { folder } = output;
    const path = madePath(folder, file);
    if (file.path === path) {
      // An earlier run of the same job wrote some of its blobs there, and this one the others.
      await context.disk.replaceFile({
        path,
        bytes,
        expectedSha256: file.sha256,
        backup: false,
        temporary,
        staged: (names) => stage({ ...names, target: path }),
      });
      return { note: null };
    }
    const mode = opened.mode === null ? {} : { mode: opened.mode };
    await context.disk.writeNewFile({
      folder,
      relative: file.relative,
      bytes,
      temporary,
      staged: ({ temporary, path }) => stage({ temporary, target: path, backup: null }),
      ...mode,
    });
    return { note: null };
  } catch (error) {
    const fault = faultOf(error);
    // The one fault that comes after the replacement: the new bytes stand.
    if (fault.code === 'FlushFailed') return { note: `${fault.message} ${fault.detail} ${fault.remedy}` };
    await removeRecord(planned, fs);
    // Whoever was to put the file back may be gone, and have left what it had made.
    const target = output.mode === 'in-place' ? file.path : madePath(output.folder, file);
    if (target !== null)
      await removeLeftovers(
        target,
        { temporary: join(dirname(target), temporary), backup, before: file.sha256 },
        context.fs ?? undefined,
      );
    context.journal.unstage(context.no, file.index);
    if (fault.code === 'JournalFailed') throw error;
    return fault;
  }
}

/**
 * Whether a reader finds in the new bytes exactly the new blobs and, beside them, the old ones. A raw or short
 * asymmetric blob carries no mark, so that it may not be found again; then its bytes are not compared. What is left of
 * a file without its plaintext may name the place of a blob otherwise: it is then known by where it begins.
 */
function readsBack(
  context: RunContext,
  before: Scan,
  after: Scan,
  replacements: readonly Replacement[],
  newStart: (start: number) => number,
): Fault | null {
  if (after.plaintext.length > 0)
    return explainOwn('PutBackMismatch', { detail: 'It would hold plaintext.' });
  const now = new Map(after.blobs.map((found) => [found.place, found]));
  const byStart = new Map(after.blobs.map((found) => [found.range.start, found]));
  const { algorithm } = context.input.request.destination;
  const replaced = new Map(replacements.map((one) => [one.found.place, one]));
  for (const old of before.blobs) {
    const change = replaced.get(old.place);
    const again =
      now.get(old.place) ?? (old.within === undefined ? byStart.get(newStart(old.range.start)) : undefined);
    if (again === undefined) {
      if (change !== undefined && !takesEncryptionContext(algorithm)) continue;
      return mismatch(old, 'is not found in it');
    }
    const expected = change === undefined ? old.bytes : change.next.bytes;
    if (Buffer.compare(again.bytes, expected) !== 0) return mismatch(old, 'reads differently in it');
    const wrong = change && checkIdentity(old, again, { destinationAlgorithm: algorithm });
    if (wrong) return wrong;
  }
  return null;
}

function mismatch(found: FoundBlob, how: string): Fault {
  const name = found.place === '' ? 'The blob' : `"${found.place}"`;
  return explainOwn('PutBackMismatch', { detail: `${name} ${how}.` });
}
