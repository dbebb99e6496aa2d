import type { BlobRow } from '#shared/model/blob.ts';
import { bridge, call } from '../api.ts';
import { hexOfBase64, inspectCommand } from '../lib/copies.ts';
import type { MenuEntry } from './app/menu.ts';
import { attempt, copyText, useUi } from './app/ui.ts';
import { useArrange } from './blobs/arrange.ts';
import { useBlobs } from './blobs/blobs.ts';
import { useKeyGroups } from './blobs/key-groups.ts';
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
  return entries;
}

const copyBytes = (blobId: string, as: (base64: string) => string): Promise<void> =>
  attempt(async () => {
    const { bytesBase64, truncated } = await call(bridge().blobs.inspect({ blobId }));
    if (truncated) useUi.getState().toast('Too long to copy: only its first 64 KiB are read here');
    else await copyText(as(bytesBase64), 'the ciphertext');
  });
