import type { NewBlob } from '../types.ts';

const ALIAS_ARN = /^arn:[^:]+:kms:[^:]*:\d*:alias\//;

/**
 * What to write where a file names its key, `old`. An id that is this key's, and an alias of a key that stays the same,
 * are left as they are. Where the file names an alias and the destination was named by one, that is written, in the same
 * form: aliases stay in use. Otherwise it is the new key's ARN: an alias of another key would go on naming
 * the old one.
 */
export function keyReference(old: string, next: NewBlob): string {
  const { keyArn, sourceKeyArn, keyAlias } = next;
  if (old === keyArn || keyArn.endsWith(`:key/${old}`)) return old;
  const isArn = ALIAS_ARN.test(old);
  if (!isArn && !old.startsWith('alias/')) return keyArn;
  if (sourceKeyArn === keyArn) return old;
  if (keyAlias === undefined) return keyArn;
  const aliasArn = keyArn.replace(/:key\/.*$/, `:${keyAlias}`);
  // A bare alias is one of the reader's own account and Region: not of those of another key.
  return isArn || !isSamePlace(keyArn, sourceKeyArn) ? aliasArn : keyAlias;
}

/** Whether two keys are in one account and Region. */
function isSamePlace(a: string, b: string | null): boolean {
  return b !== null && a.replace(/:key\/.*$/, '') === b.replace(/:key\/.*$/, '');
}

/** The alias in how a key was named: `alias/…` or the ARN of one; undefined where it is none. */
export function aliasIn(keyId: string): string | undefined {
  return keyId.startsWith('alias/')
    ? keyId
    : ALIAS_ARN.test(keyId)
      ? keyId.slice(keyId.indexOf(':alias/') + 1)
      : undefined;
}
