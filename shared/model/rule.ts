import * as z from '../schema.ts';
import { RULE_NAMES } from './choices.ts';
import { MOST_VALUE, type PlainRule, ruleProblem } from './rule-text.ts';

export { ruleOf, ruleProblem, ruleText } from './rule-text.ts';

/**
 * What blobs have in common: `fingerprint` (its beginning), `key` (ARN, id or alias, declared or learned), `kind`,
 * `path` (a glob, from the right or from the root), `finding` (a code or a severity). Rules of one name are
 * alternatives; those of different names must all hold.
 */
export const Rule = z
  .strictObject({ name: z.enum(RULE_NAMES), value: z.string().min(1).max(MOST_VALUE) })
  .superRefine((rule, context) => {
    const message = ruleProblem(rule);
    if (message !== null) context.addIssue({ code: 'custom', path: ['value'], message });
  });
export type Rule = PlainRule;

/** Most rules of one choice. */
export const Rules = z.array(Rule).max(100);
