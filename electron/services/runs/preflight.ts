import type { PageHandlers } from '#shared/contract/api.ts';
import type { FoundBlob } from '../../core/intake/index.ts';
import type { KeyMaterialStore } from '../../core/key-material/index.ts';
import { checkPermissions, type SourceKey } from '../../core/rotation/index.ts';
import type { TwoStep } from '../connection/index.ts';
import type { HistoryRecorder } from '../history/index.ts';
import type { Workspace } from '../workspace/index.ts';
import type { Runs } from './runs.ts';

interface PreflightParts {
  readonly workspace: Workspace;
  readonly learned: KeyMaterialStore;
  readonly recorder: Pick<HistoryRecorder, 'note'>;
  readonly runs: Pick<Runs, 'sender'>;
  /** Opens the way 'decrypt-encrypt' to a destination key. */
  readonly twoStep: (destinationKeyId: string) => Promise<TwoStep>;
}

/** Asks KMS before a run whether the rights for it are there. */
export const preflightHandlers = (parts: PreflightParts): PageHandlers['preflight'] => ({
  permissions: async ({ blobIds, ...request }) => {
    const { workspace, learned, recorder, runs, twoStep } = parts;
    const way = request.method === 'reencrypt' ? null : await twoStep(request.destination.keyId);
    const checked = await checkPermissions({
      send: runs.sender(way),
      request,
      blobs: blobIds.map((blobId) => workspace.get(blobId).found),
      sourceKeyOf: sourceKeys(learned),
    }).finally(() => way?.kms.close());
    recorder.note('action', {
      outcome: 'rights asked',
      detail: checked.checks.map(({ sourceKeyId, answer }) => `${sourceKeyId} ${answer}`).join('; '),
      destinationKey: request.destination.keyId,
      requestIds: checked.checks.flatMap(({ requestId }) => requestId ?? []),
    });
    return checked;
  },
});

/** The key that a blob is under, as far as anything names it: KMS before a person before the file. */
function sourceKeys(learned: KeyMaterialStore): (blob: FoundBlob) => SourceKey | null {
  const known = new Map<string, SourceKey | null>();
  return ({ identification: { keyFingerprint }, declared }) => {
    if (keyFingerprint !== null && !known.has(keyFingerprint)) {
      const [best] = learned
        .of(keyFingerprint)
        .sort((a, b) => Number(b.by === 'kms') - Number(a.by === 'kms'));
      known.set(
        keyFingerprint,
        best === undefined ? null : { keyId: best.keyArn, by: best.by === 'kms' ? 'kms' : 'person' },
      );
    }
    const found = keyFingerprint === null ? null : (known.get(keyFingerprint) ?? null);
    if (found !== null) return found;
    return declared.keyArn === null ? null : { keyId: declared.keyArn, by: 'declared' };
  };
}
