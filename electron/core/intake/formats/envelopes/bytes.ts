import type { FoundBlob } from '../../types.ts';
import { bsonKeyVault } from './bson.ts';
import { kubernetes } from './kubernetes.ts';
import { sdkMessage } from './sdk-message.ts';
import type { BytesReader } from './shared.ts';
import { tinkEnvelope, tinkKeysetBinary } from './tink.ts';
import { vaultSeal } from './vault.ts';

/** Each turns away what it does not know by its first bytes. */
const READERS: readonly BytesReader[] = [
  sdkMessage,
  tinkEnvelope,
  vaultSeal,
  tinkKeysetBinary,
  kubernetes,
  bsonKeyVault,
];

/** Bytes that are an envelope of a binary format; null when they are none. */
export function readBytes(bytes: Uint8Array): FoundBlob[] | null {
  for (const read of READERS) {
    const found = read(bytes);
    if (found !== null) return found;
  }
  return null;
}
