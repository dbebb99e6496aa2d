import type { FoundBlob } from '../../intake/index.ts';
import type { PlanBlob } from '../types.ts';
import { sha256 } from './item-tracker.ts';

/** A found blob as a plan names it. */
export function planBlob(blobId: string, found: FoundBlob): PlanBlob {
  return {
    blobId,
    place: found.place,
    sha256: sha256(found.bytes),
    bytes: found.bytes.length,
    fingerprint: found.identification.keyFingerprint,
  };
}
