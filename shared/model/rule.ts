import { z } from 'zod';

export const RULE_NAMES = ['fingerprint', 'key', 'kind', 'path', 'finding'] as const;
export type RuleName = (typeof RULE_NAMES)[number];

/**
 * What blobs have in common: `fingerprint` (its beginning), `key` (ARN, id or alias, declared or learned), `kind`,
 * `path` (a glob, from the right or from the root), `finding` (a code or a severity). Rules of one name are
 * alternatives; those of different names must all hold.
 */
export const Rule = z.strictObject({ name: z.enum(RULE_NAMES), value: z.string().min(1).max(2048) });
export type Rule = z.infer<typeof Rule>;

/** Most rules of one choice. */
export const Rules = z.array(Rule).max(100);

/** A rule as a plan and the command line write it: `path=*.env`. */
export const ruleText = ({ name, value }: Rule): string => `${name}=${value}`;

/** The rule of a text; null where it is none. */
export function ruleOf(text: string): Rule | null {
  const at = text.indexOf('=');
  const parsed = Rule.safeParse({ name: text.slice(0, at), value: text.slice(at + 1) });
  return parsed.success ? parsed.data : null;
}
