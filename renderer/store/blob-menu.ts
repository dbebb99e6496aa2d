import type { BlobRow } from '#shared/model/blob.ts';
import { bridge, call } from '../api.ts';
import { hexOfBase64, inspectCommand } from '../lib/copies.ts';
import { placeName, plural } from '../lib/words/format.ts';
import type { MenuEntry } from './app/menu.ts';
import { attempt, copyText, useUi } from './app/ui.ts';
import { isFiltered, useArrange } from './blobs/arrange.ts';
import { useBlobs } from './blobs/blobs.ts';
import { useIntake } from './blobs/intake.ts';
import { useKeyGroups } from './blobs/key-groups.ts';
import { useSelection } from './blobs/selection.ts';
import { useConnection } from './connection/connection.ts';
import { saveCiphertext } from './drag-out.ts';
import { useDraft } from './runs/draft.ts';

/** What can be done with one blob of the list, from its context menu. */
export function blobEntries(row: BlobRow): readonly MenuEntry[] {
  const { keyFingerprint, reencryptable } = row.identification;
  const key = useKeyGroups.getState().keys.of(row)?.key ?? row.declared.keyArn;
  const can = useConnection.getState().app?.can;
  const entries: MenuEntry[] = [];
  let apart = false;
  const add = (title: string, run: () => void): void => {
    entries.push({ id: title, title, run, ...(apart && entries.length > 0 ? { apart: true } : {}) });
    apart = false;
  };
  const copy = (title: string, text: string, what: string): void =>
    add(title, () => void copyText(text, what));
  if (reencryptable) add('Re-encrypt this blob…', () => useDraft.getState().openFor([row]));
  if (reencryptable && keyFingerprint !== null) add('Find key…', () => useUi.getState().findKey(row.id));
  apart = true;
  add('Show only this file', () => {
    const { rows } = useBlobs.getState();
    const ids = rows.flatMap(({ id, sourceId }) => (sourceId === row.sourceId ? [id] : []));
    useArrange.getState().setOnly({ label: row.file, ids: new Set(ids) });
  });
  const same = sameBytes(row);
  if (same.length > 1)
    add(`Show the ${plural(same.length, 'blob')} with these bytes`, () =>
      useArrange.getState().setOnly({
        label: `Same bytes as ${placeName(row)}`,
        ids: new Set(same.map(({ id }) => id)),
      }),
    );
  if (can?.reveal === true)
    add('Show in folder', () => void attempt(() => call(bridge().blobs.reveal({ blobId: row.id }))));
  apart = true;
  copy('Copy path', row.file, 'the path');
  if (row.place !== '') copy('Copy location', row.place, 'the location in the file');
  if (key !== null && key !== undefined && key !== '') copy('Copy key ARN', key, 'the key ARN');
  if (keyFingerprint !== null) copy('Copy fingerprint', keyFingerprint, 'the fingerprint');
  apart = true;
  add('Save ciphertext as a file…', () => void saveCiphertext(row));
  add('Copy ciphertext as base64', () => void copyBytes(row.id, (base64) => base64));
  add('Copy ciphertext as hex', () => void copyBytes(row.id, hexOfBase64));
  copy('Copy rewrap command', inspectCommand(row), 'the command');
  apart = true;
  add('Remove file from list', () => void useIntake.getState().remove([row.sourceId]));
  return entries;
}

/** Blobs of the list that are the same, byte for byte; a copy of one that is moved is found so. */
const sameBytes = ({ sha256 }: BlobRow): readonly BlobRow[] =>
  useBlobs.getState().rows.filter((each) => each.sha256 === sha256);

/** What a key of the list acts on: the ticked blobs, or without any the one that the cursor is on. */
function chosenRows(): readonly BlobRow[] {
  const { selected, cursor } = useSelection.getState();
  const { rows, byId } = useBlobs.getState();
  if (selected.size > 0)
    return Array.from(selected.indexes, (index) => rows[index]).filter((row) => row !== undefined);
  const here = cursor === null ? undefined : byId.get(cursor);
  return here === undefined ? [] : [here];
}

/** Copies the paths of the chosen blobs, each file once, one on each line. */
export function copyPaths(): void {
  const paths = [...new Set(chosenRows().map(({ file }) => file))];
  if (paths.length > 0)
    void copyText(paths.join('\n'), paths.length === 1 ? 'the path' : plural(paths.length, 'path'));
}

/**
 * Takes the files of the chosen blobs off the list; on the disk they stay as they are. Asks first where that empties the
 * list, and where a filter may hide some of what is ticked.
 */
export async function removeChosen(): Promise<void> {
  const sources = [...new Set(chosenRows().map(({ sourceId }) => sourceId))];
  if (sources.length === 0) return;
  const hides = useSelection.getState().selected.size > 0 && isFiltered(useArrange.getState());
  if (hides || (sources.length > 1 && sources.length === useBlobs.getState().sources.length))
    useUi.getState().askRemove(sources);
  else if (await useIntake.getState().remove(sources))
    useUi.getState().toast(`Removed ${plural(sources.length, 'file')} from the list`);
}

const copyBytes = (blobId: string, as: (base64: string) => string): Promise<void> =>
  attempt(async () => {
    const { bytesBase64, truncated } = await call(bridge().blobs.inspect({ blobId }));
    if (truncated) useUi.getState().toast('Too long to copy: only its first 64 KiB are read here');
    else await copyText(as(bytesBase64), 'the ciphertext');
  });
