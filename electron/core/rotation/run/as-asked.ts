import { takesEncryptionContext } from '#shared/kms/facts.ts';
import type { NamedMaterial, RunTerms } from '../types.ts';

/** A destination key as KMS describes it in this run: its ARN, and the id of the key material it encrypts with now. */
export interface CurrentMaterial {
  readonly keyArn: string;
  readonly keyMaterialId: string;
}

/**
 * Whether nothing but the key material of a blob can change: same algorithm, and each blob keeps its own context. A
 * context that is given may differ from the one in the blob, whatever its file declares: only KMS can tell, so such a
 * blob is sent.
 */
export function changesMaterialAlone({
  source,
  destination,
  evenIfThere,
}: Pick<RunTerms, 'source' | 'destination' | 'evenIfThere'>): boolean {
  const { mode } = destination.context;
  return (
    evenIfThere !== true &&
    takesEncryptionContext(destination.algorithm) &&
    source.algorithm === destination.algorithm &&
    (mode === 'same' || (mode === 'declared' && source.context.mode === 'declared'))
  );
}

/**
 * The reply of KMS by which a blob is as asked already: it named the blob's key material as the one that the
 * destination encrypts with now. Null where that is not known, however likely: such a blob is sent. `named`: what
 * replies said of the blob's fingerprint.
 */
export function shownCurrent(
  named: readonly NamedMaterial[],
  current: CurrentMaterial | null,
): NamedMaterial | null {
  if (current === null) return null;
  return (
    named.find(
      ({ keyArn, keyMaterialId }) => keyArn === current.keyArn && keyMaterialId === current.keyMaterialId,
    ) ?? null
  );
}
