import type { RunRoute } from '#shared/model/run.ts';
import type { Lesson } from '../../core/key-material/index.ts';
import type { KeySeen } from '../../core/rotation/index.ts';

/** One lesson for each fingerprint and key that replies of KMS named. */
export function lessonsOf(seen: readonly KeySeen[], route: RunRoute): Lesson[] {
  const at = new Date().toISOString();
  return seen.map((one) => ({
    fingerprint: one.fingerprint,
    keyArn: one.keyArn,
    by: 'kms',
    evidence: evidenceOf(one, route),
    keyMaterialId: one.keyMaterialId,
    at,
  }));
}

function evidenceOf({ side, requestId, decryptRequestId }: KeySeen, route: RunRoute): string {
  const reply = (operation: string, id: string | null) => `reply of ${operation}, request ${id ?? 'unknown'}`;
  if (route === 'reencrypt') return reply('ReEncrypt', requestId);
  return side === 'source' ? reply('Decrypt', decryptRequestId) : reply('Encrypt', requestId);
}
