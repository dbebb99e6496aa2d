import type { RunItem } from './run.ts';

/** A blob of a run, re-encrypted unless `patch` says otherwise; its file has the name of its id. */
export const runItem = (blobId: string, patch: Partial<RunItem> = {}): RunItem => ({
  blobId,
  file: blobId,
  place: '',
  state: 'reencrypted',
  fault: null,
  sent: null,
  sourceKeyArn: null,
  destinationKeyArn: null,
  sourceKeyMaterialId: null,
  destinationKeyMaterialId: null,
  requestId: null,
  decryptRequestId: null,
  sha256Before: '',
  sha256After: null,
  fingerprintBefore: null,
  fingerprintAfter: null,
  output: null,
  backup: null,
  notes: [],
  ...patch,
});
