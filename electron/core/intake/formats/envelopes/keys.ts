import { regionOfArn } from '#shared/kms/facts.ts';
import type { NewBlob } from '../../types.ts';

export { keyReference } from '../../key-written.ts';

/** The new key's Region; the old text where its ARN has none. */
export function keyRegion(old: string, { keyArn }: NewBlob): string {
  return regionOfArn(keyArn) ?? old;
}
