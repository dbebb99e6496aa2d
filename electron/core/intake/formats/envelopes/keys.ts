import { regionOfArn } from '#shared/kms/facts.ts';
import type { NewBlob } from '../../types.ts';

/**
 * What to write where a file names its key: the new key's ARN. An id that is this key's, and an alias of a key that
 * stays the same, are left as they are. An alias of another key never is: it would go on naming the old one.
 */
export function keyReference(old: string, { keyArn, sourceKeyArn }: NewBlob): string {
  if (old === keyArn || keyArn.endsWith(`:key/${old}`)) return old;
  const isAlias = old.startsWith('alias/') || /^arn:[^:]+:kms:[^:]*:\d*:alias\//.test(old);
  return isAlias && sourceKeyArn === keyArn ? old : keyArn;
}

/** The new key's Region; the old text where its ARN has none. */
export function keyRegion(old: string, { keyArn }: NewBlob): string {
  return regionOfArn(keyArn) ?? old;
}
