import { dirname, join } from 'node:path';
import { explainOwn, faultOf } from '#shared/kms/errors.ts';
import { takesEncryptionContext } from '#shared/kms/facts.ts';
import type { Fault } from '#shared/model/fault.ts';
import { identify } from '../../inspect/index.ts';
import {
  aliasIn,
  databaseChanges,
  type FoundBlob,
  movedTo,
  type Replacement,
  recordPath,
  removeLeftovers,
  replaceDatabase,
  replacedAlone,
  rewrite,
  type Scan,
  scan,
  temporaryName,
} from '../../intake/index.ts';
import { sha256 } from '../../storage/hash.ts';
import type { StagedFile } from '../journal/rows.ts';
import type { RunFile } from '../types.ts';
import { checkIdentity } from './checks/reply-checks.ts';
import type { OpenFile } from './open-file.ts';
import type { RunContext } from './run-context.ts';
import { type PlannedSidecar, planSidecar, removeSidecar, sidecarOf } from './sidecar.ts';

/** A blob with its new ciphertext. */
export interface ReadyBlob extends Replacement {
  readonly item: number;
}

interface Written {
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
  ready: readonly ReadyBlob[],
): Promise<Written | Fault> {
  const { output, owner, record } = context;
  // In place, a file with plaintext was refused when it was opened; elsewhere the plaintext is left out.
  const options = { withoutPlaintext: !output.inPlace };
  const keyAlias = aliasIn(context.input.request.destination.keyId);
  const replacements =
    keyAlias === undefined ? ready : ready.map((one) => ({ ...one, next: { ...one.next, keyAlias } }));
  const bytes = rewrite(opened.bytes, opened.scan, replacements, options);
  if (!isPlainlyRight(context, opened, bytes, ready)) {
    const reread = scan(bytes, file.display);
    const wrong = readsBack(context, opened.scan, reread, ready, movedTo(opened.scan, replacements, options));
    if (wrong !== null) return wrong;
  }
  const sidecar = sidecarOf(ready);
  const target = output.target(file);
  const made = output.newFile(file);
  if (target === null) {
    context.keep(file.relative, bytes);
    if (sidecar !== null) context.keep(recordPath(file.relative), sidecar);
    return { note: null };
  }
  const fs = context.fs === null ? {} : { fs: context.fs };
  const after = sha256(bytes);
  const temporary = temporaryName(owner);
  let planned: PlannedSidecar | null = null;
  let backup: string | null = null;
  const stage = async (names: Pick<StagedFile, 'target' | 'temporary' | 'backup'>): Promise<void> => {
    context.step('written');
    backup = names.backup;
    if (sidecar !== null) planned = await planSidecar(names.target, sidecar, owner, fs);
    const { path: recorded = null, sha256: recordSha256 = null } = planned ?? {};
    record.stage(file.index, { after, ...names, record: recorded, recordSha256 });
    await Promise.all([record.durable(), announce(names, after)]);
    context.step('staged');
    await planned?.write();
  };
  /** Other processes know the new content as ours before it stands. */
  const announce = async (
    { temporary: name, backup: kept }: Pick<StagedFile, 'temporary' | 'backup'>,
    content: string,
  ): Promise<void> => {
    await context.input.shared?.staged({
      file: file.index,
      before: file.sha256,
      after: content,
      temporary: name,
      backup: kept,
      sidecar: planned === null ? null : { path: planned.path, sha256: planned.sha256 },
      blobs: ready.map(({ item, found }) => ({ place: found.place, facts: context.tracker.get(item) })),
    });
  };
  try {
    if (made !== null) {
      await context.disk.writeNewFile({
        ...made,
        bytes,
        temporary,
        staged: (names) => stage({ temporary: names.temporary, target: names.path, backup: null }),
        ...(opened.mode === null ? {} : { mode: opened.mode }),
      });
      return { note: null };
    }
    const replacement = {
      path: target,
      bytes,
      expectedSha256: file.sha256,
      backup: output.backup,
      temporary,
      staged: (names: Pick<StagedFile, 'temporary' | 'backup'>) => stage({ ...names, target }),
      ...(output.inPlace ? { attributes: await context.attributes.has(file) } : {}),
      ...(output.inPlace && file.folder != null ? { folder: file.folder } : {}),
    };
    // In this thread: the lock of a database is lost where the same process closes the file.
    if (opened.scan.database === true)
      await replaceDatabase({ ...replacement, ...fs, changes: databaseChanges(replacements) });
    else await context.disk.replaceFile(replacement);
    return { note: output.inPlace ? context.attributes.takeNote() : null };
  } catch (error) {
    const fault = faultOf(error);
    // The one fault that comes after the replacement: the new bytes stand.
    if (fault.code === 'FlushFailed') return { note: `${fault.message} ${fault.detail} ${fault.remedy}` };
    await removeSidecar(planned, fs);
    // The thread that put the file back may be gone, and have left what it had made.
    await removeLeftovers(
      target,
      { temporary: join(dirname(target), temporary), backup, before: file.sha256 },
      context.fs ?? undefined,
    );
    record.unstage(file.index);
    if (fault.code === 'JournalFailed') throw error;
    return fault;
  }
}

/**
 * Whether a scan of the new bytes would only say that all is well: each new blob stands in the place and writing of an old
 * one of its kind, and every other byte is as it was. It takes a tenth of what the scan takes. False: the scan says.
 */
function isPlainlyRight(
  context: RunContext,
  { plain, bytes: before }: OpenFile,
  after: Uint8Array,
  ready: readonly ReadyBlob[],
): boolean {
  const { algorithm } = context.input.request.destination;
  const isAlike = ({ found, next }: ReadyBlob): boolean => {
    const now = { identification: identify(next.bytes) };
    const { kind } = found.identification;
    return (
      now.identification.kind === kind &&
      checkIdentity(found, now, { destinationAlgorithm: algorithm }) === null
    );
  };
  return plain && ready.every(isAlike) && replacedAlone(before, after, ready);
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
  if (after.plaintext.length > before.plaintext.filter(({ stays }) => stays === true).length)
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
