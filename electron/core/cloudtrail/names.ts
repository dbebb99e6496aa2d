import { readKeyName } from '../key-material/index.ts';

/** Equal for every Region of one multi-Region key. */
export function identity(key: string): string {
  const { plain, multiRegion, account, id } = readKeyName(key);
  return multiRegion ? `${account} ${id}` : plain;
}

/** Equal for every session of one role: a session that is renewed has another name. Other principals stand for themselves. */
export const principal = (arn: string): string =>
  arn.replace(/^(arn:[^:]*:sts::\d{12}:assumed-role\/[^/]+)\/.*$/, '$1');

export const keyText = (key: string | null | undefined): string | null =>
  key == null ? null : readKeyName(key).plain;

/** Canonical JSON of a context; no context is an empty one. */
export const contextText = (context: Readonly<Record<string, string>> | null): string =>
  JSON.stringify(Object.fromEntries(Object.entries(context ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))));
