import { explainOwn } from '#shared/kms/errors.ts';
import { takesEncryptionContext } from '#shared/kms/facts.ts';
import type { Fault } from '#shared/model/fault.ts';
import {
  type FoundBlob,
  type Replacement,
  replaceFile,
  rewrite,
  type Scan,
  scan,
  writeNewFile,
} from '../intake/index.ts';
import { faultOf } from './faults.ts';
import type { OpenFile } from './open-file.ts';
import { checkIdentity } from './reply.ts';
import type { RunContext } from './run-context.ts';
import type { PlanFile } from './types.ts';

export interface Written {
  /** Absolute path of the file that holds the new blobs; null when it is kept in memory. */
  readonly path: string | null;
  /** The same for people. */
  readonly label: string;
  readonly backup: string | null;
  /** What is to be known although the new bytes stand. */
  readonly notes: readonly string[];
}

/** Makes the new file's bytes, reads them back, and puts them where the run's output goes. A fault changes nothing. */
export async function putBack(
  context: RunContext,
  file: PlanFile,
  opened: OpenFile,
  replacements: readonly Replacement[],
): Promise<Written | Fault> {
  const { output } = context.input;
  // In place, a file with plaintext was refused when it was opened; elsewhere the plaintext is left out.
  const bytes = rewrite(opened.bytes, opened.scan, replacements, {
    withoutPlaintext: output.mode !== 'in-place',
  });
  const reread = scan(bytes, file.display);
  const wrong = readsBack(context, opened.scan, reread, replacements);
  if (wrong !== null) return wrong;
  const fs = context.fs === null ? {} : { fs: context.fs };
  try {
    if (output.mode === 'in-place') {
      // Unreachable: such a file was refused when it was opened.
      if (file.path === null) return explainOwn('NoFileToReplace');
      const { path, sha256 } = file;
      const done = await replaceFile({
        path,
        bytes,
        expectedSha256: sha256,
        backup: output.backup,
        ...fs,
      });
      return { path, label: file.display, backup: done.backupPath, notes: [] };
    }
    if (output.mode === 'keep') {
      context.keep(file.relative, bytes);
      return { path: null, label: file.relative, backup: null, notes: [] };
    }
    const mode = opened.mode === null ? {} : { mode: opened.mode };
    const { folder } = output;
    const { path } = await writeNewFile({ folder, relative: file.relative, bytes, ...mode, ...fs });
    return { path, label: path, backup: null, notes: [] };
  } catch (error) {
    const fault = faultOf(error);
    // The one fault that comes after the replacement: the new bytes stand.
    if (fault.code === 'FlushFailed' && output.mode === 'in-place' && file.path !== null) {
      const note = `${fault.message} ${fault.detail} ${fault.remedy}`;
      return { path: file.path, label: file.display, backup: null, notes: [note] };
    }
    return fault;
  }
}

/**
 * Whether a reader finds in the new bytes exactly the new blobs and, beside them, the old ones. A raw or short
 * asymmetric blob carries no mark, so that it may not be found again; then its bytes are not compared.
 */
function readsBack(
  context: RunContext,
  before: Scan,
  after: Scan,
  replacements: readonly Replacement[],
): Fault | null {
  if (after.plaintext.length > 0)
    return explainOwn('PutBackMismatch', { detail: 'It would hold plaintext.' });
  const now = new Map(after.blobs.map((found) => [found.place, found]));
  const { algorithm } = context.input.request.destination;
  const replaced = new Map(replacements.map((one) => [one.found.place, one]));
  for (const old of before.blobs) {
    const change = replaced.get(old.place);
    const again = now.get(old.place);
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
