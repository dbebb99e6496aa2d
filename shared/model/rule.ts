import { unknownCode } from '../finding.ts';
import { SEVERITIES } from '../findings.ts';
import * as z from '../schema.ts';
import { BlobKind } from './blob.ts';
import { RULE_NAMES, type RuleName } from './rule-names.ts';

/**
 * What blobs have in common: `fingerprint` (its beginning), `key` (ARN, id or alias, declared or learned), `kind`,
 * `path` (a glob, from the right or from the root), `finding` (a code or a severity). Rules of one name are
 * alternatives; those of different names must all hold.
 */
export const Rule = z
  .strictObject({ name: z.enum(RULE_NAMES), value: z.string().min(1).max(2048) })
  .superRefine((rule, context) => {
    const message = ruleProblem(rule);
    if (message !== null) context.addIssue({ code: 'custom', path: ['value'], message });
  });
export type Rule = { readonly name: RuleName; readonly value: string };

/** Why a rule could never choose anything: it names a finding or a kind that does not exist. Null for a sound one. */
export function ruleProblem({ name, value }: Rule): string | null {
  if (name === 'finding') return unknownCode(value, SEVERITIES);
  if (name === 'kind' && !BlobKind.options.some((kind) => kind === value))
    return `there is no kind called ${JSON.stringify(value)}; kinds are ${BlobKind.options.join(', ')}`;
  return null;
}

/** Most rules of one choice. */
export const Rules = z.array(Rule).max(100);

/** A rule as a plan and the command line write it: `path=*.env`. */
export const ruleText = ({ name, value }: Rule): string => `${name}=${value}`;

/** The rule of a text, or what is wrong with it: null where it has not the form of a rule. */
export function readRule(text: string): Rule | { readonly problem: string | null } {
  const at = text.indexOf('=');
  const rule = { name: text.slice(0, at), value: text.slice(at + 1) };
  const parsed = Rule.safeParse(rule);
  if (parsed.success) return parsed.data;
  return { problem: parsed.error.issues.find(({ code }) => code === 'custom')?.message ?? null };
}

/** The rule of a text; null where it is none. */
export function ruleOf(text: string): Rule | null {
  const read = readRule(text);
  return 'problem' in read ? null : read;
}
