import type { DragEvent } from 'react';
import { blobFileName } from '#shared/format.ts';
import type { BlobDetail, BlobRow } from '#shared/model/blob.ts';
import { bridge, call } from '../api.ts';
import { fetchDownload } from '../lib/platform.ts';
import { attempt, useUi } from './app/ui.ts';
import { useConnection } from './connection/connection.ts';

/** The blob that the pointer went down on, once it is here: a browser wants what is dragged the moment a drag begins. */
let pressed: BlobDetail | null = null;

/** The pointer went down on a row: a drag may follow. */
export function pressRow(row: BlobRow): void {
  if (useConnection.getState().app?.can.download !== true || pressed?.row.id === row.id) return;
  pressed = null;
  call(bridge().blobs.inspect({ blobId: row.id })).then(
    (detail) => {
      pressed = detail;
    },
    // No drag then; saving it says why.
    () => undefined,
  );
}

/**
 * A row is dragged out of the window as a file of its ciphertext. On the desktop the host writes the file and takes the
 * drag over; a browser gets a download, and base64 for what takes text.
 */
export function dragRow(event: DragEvent, row: BlobRow): void {
  if (useConnection.getState().app?.can.download !== true) {
    event.preventDefault();
    void attempt(() => call(bridge().blobs.drag({ blobId: row.id })));
    return;
  }
  if (pressed?.row.id !== row.id || pressed.truncated) {
    event.preventDefault();
    return;
  }
  const { bytesBase64 } = pressed;
  const type = 'application/octet-stream';
  event.dataTransfer.effectAllowed = 'copy';
  event.dataTransfer.setData(
    'DownloadURL',
    `${type}:${blobFileName(row)}:data:${type};base64,${bytesBase64}`,
  );
  event.dataTransfer.setData('text/plain', bytesBase64);
}

/** The same by the menu of a row, for the keyboard. */
export const saveCiphertext = ({ id }: BlobRow): Promise<void> =>
  attempt(async () => {
    const { url, name, saved } = await call(bridge().blobs.save({ blobId: id }));
    if (url !== null) fetchDownload(url, name);
    if (url !== null || saved) useUi.getState().toast(`Saved ${name}`);
  });
