import { createHash } from 'node:crypto';
import type { PageHandlers } from '#shared/contract/api.ts';
import { findKey, type KeyMaterialStore } from '../../core/key-material/index.ts';
import type { Connection } from '../connection/index.ts';
import type { HistoryRecorder } from '../history/index.ts';
import type { Blobs } from './blobs.ts';
import type { Workspace } from './workspace.ts';

interface KeyGroupsParts {
  readonly workspace: Workspace;
  readonly blobs: Blobs;
  readonly learned: KeyMaterialStore;
  readonly connection: Connection;
  readonly recorder: Pick<HistoryRecorder, 'note'>;
}

/** Which key a group of blobs is under: what is known, a person's label, and a search at KMS. */
export function keyGroupsHandlers({
  workspace,
  blobs,
  learned,
  connection,
  recorder,
}: KeyGroupsParts): PageHandlers['keyGroups'] {
  const now = () => new Date().toISOString();
  return {
    list: async () => {
      await blobs.prepare();
      return blobs.keyGroups((keyArn, id) => connection.isCurrentMaterial(keyArn, id));
    },
    name: async ({ fingerprint, keyArn }) => {
      if (keyArn === null) learned.forgetPerson(fingerprint);
      else
        learned.learn([
          {
            fingerprint,
            keyArn,
            by: 'person',
            evidence: 'named by a person',
            keyMaterialId: null,
            at: now(),
          },
        ]);
      workspace.touch();
      return {};
    },
    findKey: async ({ blobId, keyIds, context }) => {
      const { found: blob, source } = workspace.get(blobId);
      const kms = connection.kms();
      const listed = keyIds === null ? (await connection.keys(false)).keys : [];
      const candidates =
        keyIds === null
          ? listed.filter((key) => key.unfitAsSource === null)
          : await Promise.all(keyIds.map((keyId) => kms.describeKey(keyId)));
      const { asked, found, likely } = await findKey(kms, {
        blob: blob.bytes,
        identification: blob.identification,
        context,
        candidates,
        destination:
          listed.find((key) => key.unfitAsDestination === null && key.spec === 'SYMMETRIC_DEFAULT') ?? null,
      });
      recorder.note('key-search', {
        outcome: found === null ? 'not found' : 'found',
        detail: asked.map(({ keyId, algorithm, answer }) => `${keyId} ${algorithm} ${answer}`).join('; '),
        file: source.display,
        place: blob.place,
        sha256Before: createHash('sha256').update(blob.bytes).digest('hex'),
        sourceKey: found,
        sourceContext: context,
        requestIds: asked.flatMap(({ requestId }) => requestId ?? []),
      });
      const { keyFingerprint } = blob.identification;
      if (found !== null && keyFingerprint !== null) {
        const requestId = asked.at(-1)?.requestId ?? 'unknown';
        learned.learn([
          {
            fingerprint: keyFingerprint,
            keyArn: found,
            by: 'kms',
            evidence: `DryRun of ReEncrypt, request ${requestId}`,
            keyMaterialId: null,
            at: now(),
          },
        ]);
        workspace.touch();
      }
      return { asked, found, likely: likely?.arn ?? null };
    },
  };
}
