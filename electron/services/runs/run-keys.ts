import { sourceKeyNamed } from '#shared/kms/errors.ts';
import type { RunItem, RunMethod } from '#shared/model/run.ts';
import type { KeyMaterialStore, KeyObservation } from '../../core/key-material/index.ts';
import type { KeySeen, KnownKeys, NamedMaterial } from '../../core/rotation/index.ts';

/** What replies of KMS said of keys before this run; each is looked up once. */
export function knownKeys(learned: KeyMaterialStore): KnownKeys {
  const of = new Map<string, ReturnType<KnownKeys['of']>>();
  const under = new Map<string, ReturnType<KnownKeys['under']>>();
  const once = <T>(map: Map<string, T>, key: string, look: () => T): T => {
    const known = map.get(key) ?? look();
    map.set(key, known);
    return known;
  };
  return {
    of: (fingerprint) =>
      once(of, fingerprint, () =>
        learned
          .of(fingerprint)
          .flatMap(({ by, keyArn, keyMaterialId, evidence }) =>
            by === 'kms' ? [{ fingerprint, keyArn, keyMaterialId, evidence }] : [],
          ),
      ),
    under: (keyArn) => once(under, keyArn, () => learned.under(keyArn)),
    all: () => learned.replies(),
  };
}

/** What replies of KMS named key materials as; each is looked up once. A person's word is no reply. */
export function namedMaterials(learned: KeyMaterialStore): (fingerprint: string) => readonly NamedMaterial[] {
  const looked = new Map<string, readonly NamedMaterial[]>();
  return (fingerprint) => {
    const before = looked.get(fingerprint);
    if (before !== undefined) return before;
    const named = learned
      .of(fingerprint)
      .flatMap(({ by, keyArn, keyMaterialId, evidence }) =>
        by === 'kms' && keyMaterialId !== null ? [{ keyArn, keyMaterialId, evidence }] : [],
      );
    looked.set(fingerprint, named);
    return named;
  };
}

/** One observation for each fingerprint and key that replies of KMS named. */
export function observationsOf(seen: readonly KeySeen[], method: RunMethod): KeyObservation[] {
  const at = new Date().toISOString();
  return seen.map((one) => ({
    fingerprint: one.fingerprint,
    keyArn: one.keyArn,
    by: 'kms',
    evidence: evidenceOf(one, method),
    keyMaterialId: one.keyMaterialId,
    at,
  }));
}

function evidenceOf({ side, requestId, decryptRequestId }: KeySeen, method: RunMethod): string {
  const reply = (operation: string, id: string | null) => `reply of ${operation}, request ${id ?? 'unknown'}`;
  if (method === 'reencrypt') return reply('ReEncrypt', requestId);
  return side === 'source'
    ? reply('Decrypt', decryptRequestId?.split(' ').at(-1) ?? null)
    : reply('Encrypt', requestId);
}

/** What refusals of KMS in a run named keys as, each key material and key once. */
export async function observationsOfRefusals(
  pages: AsyncIterable<readonly RunItem[]>,
): Promise<KeyObservation[]> {
  const at = new Date().toISOString();
  const seen = new Map<string, KeyObservation>();
  for await (const items of pages)
    for (const { fault, sent, fingerprintBefore } of items) {
      // A key that was pinned is repeated in a refusal, not found.
      if (fault === null || fingerprintBefore === null || sent === null || sent.sourceKeyId !== null)
        continue;
      const keyArn = sourceKeyNamed(fault);
      const name = `${fingerprintBefore} ${keyArn}`;
      if (keyArn === null || seen.has(name)) continue;
      const request = fault.raw?.requestId ?? 'unknown';
      seen.set(name, {
        fingerprint: fingerprintBefore,
        keyArn,
        by: 'kms',
        evidence: `refusal of ReEncrypt (${fault.code}), request ${request}`,
        keyMaterialId: null,
        at,
      });
    }
  return [...seen.values()];
}
