import type { ByteSpan, EncryptedDataKey } from './sdk-message.ts';
import { sized, u16 } from './sdk-message.ts';

/**
 * The header of the AWS Database Encryption SDK, kept in the attribute `aws_dbe_head`
 * (aws-database-encryption-sdk-dynamodb, specification/structured-encryption/header.md).
 */
export interface DatabaseHead {
  readonly version: number;
  readonly signed: boolean;
  readonly messageId: ByteSpan;
  /** One letter per authenticated attribute, its 2-byte length before it excluded. */
  readonly legend: ByteSpan;
  readonly context: ByteSpan;
  readonly pairs: readonly { readonly span: ByteSpan; readonly key: ByteSpan; readonly value: ByteSpan }[];
  readonly keyCountAt: number;
  readonly keys: readonly EncryptedDataKey[];
  readonly commitment: ByteSpan;
}

/**
 * Reads the header whole; null unless every length in it leads exactly to the end of the bytes. Never throws.
 * Version 1 is specified; version 2 adds the letter `c` to the legend (observed in the SDK's releases).
 */
export function readDatabaseHead(bytes: Uint8Array): DatabaseHead | null {
  const [version, flavor] = bytes;
  if ((version !== 1 && version !== 2) || (flavor !== 0 && flavor !== 1) || bytes.length < 80) return null;
  const legend = sized(bytes, 34);
  if (legend.end > bytes.length) return null;
  for (let i = legend.start; i < legend.end; i++)
    if (bytes[i] !== 0x65 && bytes[i] !== 0x73 && bytes[i] !== 0x63) return null;
  const pairs: DatabaseHead['pairs'][number][] = [];
  let at = legend.end + 2;
  for (let i = u16(bytes, legend.end); i > 0; i--) {
    const key = sized(bytes, at);
    const value = sized(bytes, key.end);
    if (value.end > bytes.length) return null;
    pairs.push({ span: { start: at, end: value.end }, key, value });
    at = value.end;
  }
  const keyCountAt = at;
  const count = bytes[keyCountAt] ?? 0;
  if (count === 0) return null;
  at++;
  const keys: EncryptedDataKey[] = [];
  for (let i = 0; i < count; i++) {
    const provider = sized(bytes, at);
    const info = sized(bytes, provider.end);
    const ciphertext = sized(bytes, info.end);
    if (ciphertext.end > bytes.length) return null;
    keys.push({ span: { start: at, end: ciphertext.end }, provider, info, ciphertext });
    at = ciphertext.end;
  }
  if (at + 32 !== bytes.length) return null;
  return {
    version,
    signed: flavor === 1,
    messageId: { start: 2, end: 34 },
    legend,
    context: { start: legend.end, end: keyCountAt },
    pairs,
    keyCountAt,
    keys,
    commitment: { start: at, end: bytes.length },
  };
}
