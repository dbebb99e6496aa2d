import { useMemo } from 'react';
import type { BlobDetail } from '#shared/model/blob.ts';
import { flatten, fromBase64, type Node, ownersOf } from '../../lib/hex.ts';

export interface Decoded {
  readonly bytes: Uint8Array;
  readonly nodes: readonly Node[];
  readonly owners: Int32Array;
}

/** The bytes of a blob, its fields in reading order, and the field of each byte. */
export function useDecoded(detail: BlobDetail): Decoded {
  return useMemo(() => {
    const bytes = fromBase64(detail.bytesBase64);
    const nodes = flatten(detail.fields);
    return { bytes, nodes, owners: ownersOf(nodes, bytes.length) };
  }, [detail]);
}
