import type { BlobRow } from '#shared/model/blob.ts';
import type { KeyInfo } from '#shared/model/key.ts';
import type { RunItem } from '#shared/model/run.ts';
import { type Draft, EMPTY_DRAFT, familyOf, outputsFor } from '../../lib/request/request.ts';
import { usePreferences } from '../app/preferences.ts';
import { useBlobs } from '../blobs/blobs.ts';
import { useConnection } from '../connection/connection.ts';
import { useKeys } from '../connection/keys.ts';

/** What the sheet begins with for rows: those that KMS can take, the usual algorithm, and the first output that they can have. */
export function draftFor(all: readonly BlobRow[]): Draft {
  const rows = all.filter((row) => row.identification.reencryptable);
  const leftOut = all.filter((row) => !row.identification.reencryptable);
  const { app } = useConnection.getState();
  const { perSecond, backup } = usePreferences.getState();
  const outputs = outputsFor(rows, useBlobs.getState().sources, {
    folder: app !== null && (app.can.chooseFolder || app.outputFolders.length > 0),
    download: app?.can.download ?? false,
  });
  // Of no rows at all there may be blobs of an emulator, which are symmetric.
  const family = rows.length > 0 && rows.every((row) => familyOf(row) === 'rsa') ? 'rsa' : 'symmetric';
  return {
    ...EMPTY_DRAFT,
    perSecond,
    rows,
    leftOut,
    family,
    source: {
      ...EMPTY_DRAFT.source,
      algorithm: family === 'rsa' ? 'RSAES_OAEP_SHA_256' : 'SYMMETRIC_DEFAULT',
    },
    output: {
      mode: outputs.find((output) => output.refused === null)?.mode ?? null,
      backup,
      folder: app?.outputFolders[0] ?? null,
    },
  };
}

/** What a request for failed blobs named, as a draft: of a run that is not this sheet's. */
export async function asSent(items: readonly RunItem[], before: Draft): Promise<Draft> {
  const sent = items[0]?.sent ?? null;
  if (sent === null) return { ...EMPTY_DRAFT, output: before.output };
  const named = async (keyId: string | null): Promise<KeyInfo | null> => {
    if (keyId === null) return null;
    const { keys, describe } = useKeys.getState();
    const listed = keys?.find(({ arn, keyId: id, aliases }) => [arn, id, ...aliases].includes(keyId));
    // A key that cannot be described is chosen anew.
    return listed ?? (await describe(keyId).catch(() => null));
  };
  const [source, destination] = [await named(sent.sourceKeyId), await named(sent.destinationKeyId)];
  return {
    ...EMPTY_DRAFT,
    output: before.output,
    source: { ...EMPTY_DRAFT.source, key: source, algorithm: sent.sourceAlgorithm },
    destination: {
      ...EMPTY_DRAFT.destination,
      key: destination,
      algorithm: destination === null ? null : sent.destinationAlgorithm,
    },
  };
}
