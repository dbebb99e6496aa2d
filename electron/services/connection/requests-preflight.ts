import type { PageHandlers } from '#shared/contract/api.ts';
import type { FoundBlob } from '../../core/intake/index.ts';
import { checkPermissions, type SourceKey } from '../../core/rotation/index.ts';
import type { Services } from '../services.ts';

export function preflightHandlers({
  workspace,
  learned,
  recorder,
  twoStep,
  runs,
}: Services): PageHandlers['preflight'] {
  return {
    permissions: async ({ blobIds, ...request }) => {
      const known = new Map<string, SourceKey | null>();
      const way = request.route === 'reencrypt' ? null : await twoStep(request.destination.keyId);
      const checked = await checkPermissions({
        send: runs.asking(way),
        request,
        blobs: blobIds.map((blobId) => workspace.get(blobId).found),
        sourceKeyOf: ({ identification: { keyFingerprint }, declared }: FoundBlob) => {
          if (keyFingerprint !== null && !known.has(keyFingerprint)) {
            const [best] = learned
              .of(keyFingerprint)
              .sort((a, b) => Number(b.by === 'kms') - Number(a.by === 'kms'));
            known.set(
              keyFingerprint,
              best === undefined ? null : { keyId: best.keyArn, by: best.by === 'kms' ? 'kms' : 'person' },
            );
          }
          const learnt = keyFingerprint === null ? null : (known.get(keyFingerprint) ?? null);
          if (learnt !== null) return learnt;
          return declared.keyArn === null ? null : { keyId: declared.keyArn, by: 'declared' };
        },
      }).finally(() => way?.kms.close());
      recorder.note('action', {
        outcome: 'rights asked',
        detail: checked.checks.map(({ sourceKeyId, answer }) => `${sourceKeyId} ${answer}`).join('; '),
        destinationKey: request.destination.keyId,
        requestIds: checked.checks.flatMap(({ requestId }) => requestId ?? []),
      });
      return checked;
    },
  };
}
