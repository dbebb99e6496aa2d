import type { KeyInfo } from '../model/key.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const ARN = /^arn:([^:]*):([^:]*):([^:]*):([^:]*):(.+)$/;

/**
 * Why this text cannot name a key or alias as it is written, with what to do, in one or two sentences; null where it may.
 * KMS itself says only that it knows no such key. Source: KMS API reference, parameter `KeyId`.
 */
export function keyNameProblem(text: string): string | null {
  if (text.trim() === '') return 'It is empty: is the variable that it comes from set?';
  if (/\r|\n/.test(text))
    return 'It holds a line end: a file with Windows line ends leaves a carriage return behind its last word. Take it away.';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be in a name
  if (/[\u0000-\u001f\u007f\u200b-\u200f\ufeff]/.test(text))
    return 'It holds a character that cannot be seen. Type it anew instead of pasting it.';
  if (text !== text.trim()) return 'It has spaces before or behind it. Take them away.';
  if (/\s/.test(text))
    return 'It has a space in it, and no key or alias has one. Is it two words for the shell, or a display name?';
  if (/^["'].*["']$/.test(text)) return 'It has quotes around it. Take them away.';
  const [, , service, , account, resource] = ARN.exec(text) ?? [];
  if (text.startsWith('arn:') && resource === undefined) return 'The ARN is incomplete.';
  if (service !== undefined && service !== 'kms')
    return `It is an ARN of the service "${service}". The ARN of a key begins with arn:aws:kms:.`;
  if (account !== undefined && !/^\d{12}$/.test(account))
    return 'The account in the ARN is not twelve digits.';
  if (resource !== undefined && !/^(?:key|alias)\/./.test(resource))
    return 'The ARN is not that of a key (…:key/ID) or of an alias (…:alias/NAME).';
  if (text === 'alias/') return 'The name of the alias is missing.';
  return null;
}

/** "alias/NAME" where a text that is no key id is most likely an alias written without it; null otherwise. */
export function meantAlias(text: string): string | null {
  if (UUID.test(text) || /^(?:arn:|alias\/|mrk-)/.test(text)) return null;
  return /^[\w/-]+$/.test(text) ? `alias/${text}` : null;
}

/** The partition in an ARN ("aws-cn"); null where `text` is none. */
export const partitionOfArn = (text: string): string | null => ARN.exec(text)?.[1] ?? null;

/** The partition of a Region, as far as names of Regions say it. Source: partitions file of the AWS SDKs. */
export function partitionOfRegion(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  if (region.startsWith('us-gov-')) return 'aws-us-gov';
  if (region.startsWith('us-isob-')) return 'aws-iso-b';
  if (region.startsWith('us-iso-')) return 'aws-iso';
  if (region.startsWith('eusc-')) return 'aws-eusc';
  return 'aws';
}

type Named = Pick<KeyInfo, 'aliases' | 'keyId'>;

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Order in which keys are shown: by first alias, those without one last; then by id. */
export function compareKeys(a: Named, b: Named): number {
  // '~' sorts behind everything an alias may hold.
  return compare(a.aliases[0] ?? '~', b.aliases[0] ?? '~') || compare(a.keyId, b.keyId);
}
