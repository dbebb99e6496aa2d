import { type KeyName, readKeyName } from './key-names.ts';

/** Account of a key's identity; null where it is not known. */
const accountOf = (key: string): string | null => /(?:^|[ :])(\d{12})(?:[ :]|$)/.exec(key)?.[1] ?? null;

/** Whether two keys may be of one account and Region. */
export function compatible(a: string, b: string): boolean {
  const [one, other] = [accountOf(a), accountOf(b)];
  if (one !== null && other !== null && one !== other) return false;
  return samePlace(a, { ...readKeyName(b), account: other });
}

/** The name of a key as it was asked for, or its ARN where it was asked for by an alias. */
export const qualifiedKeyName = (asked: KeyName, key: string): KeyName => {
  if (!asked.alias) return asked;
  const arn = readKeyName(key);
  return arn.arn
    ? arn
    : { ...arn, alias: false, account: accountOf(key), multiRegion: key.includes(' mrk-') };
};

/** A key's name with the account and Region that its other names say. */
export function placed(name: KeyName, keys: readonly string[]): KeyName {
  const [only, ...more] = keys;
  if (name.arn || only === undefined || more.length > 0) return name;
  const arn = readKeyName(only);
  return arn.arn ? arn : { ...name, account: accountOf(only) };
}

/** Whether a key is, or may be, in the account and Region of a name. */
export function samePlace(key: string, { account, region, multiRegion }: KeyName): boolean {
  const name = readKeyName(key);
  const apart = (a: string | null, b: string | null) => a !== null && b !== null && a !== b;
  return !apart(accountOf(key), account) && (multiRegion || !apart(name.region, region));
}

export function fitsPlace(key: string, { account, region }: KeyName): boolean {
  if (accountOf(key) !== null && accountOf(key) !== account) return false;
  const name = readKeyName(key);
  return name.region === null || name.region === region;
}
