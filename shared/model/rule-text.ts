import { unknownCode } from '../finding.ts';
import { SEVERITIES } from '../findings.ts';
import { BLOB_KINDS } from './blob-kinds.ts';
import { RULE_NAMES, type RuleName } from './choices.ts';

/** A rule without its schema: the command line reads rules before it loads what validates. */
export type PlainRule = { readonly name: RuleName; readonly value: string };

/** Most characters of a rule's value. */
export const MOST_VALUE = 2048;

/** Why a rule could never choose anything: it names a finding or a kind that does not exist. Null for a sound one. */
export function ruleProblem({ name, value }: PlainRule): string | null {
  if (name === 'finding') return unknownCode(value, SEVERITIES);
  if (name === 'kind' && !BLOB_KINDS.some((kind) => kind === value))
    return `there is no kind called ${JSON.stringify(value)}; kinds are ${BLOB_KINDS.join(', ')}`;
  return null;
}

/** A rule as a plan and the command line write it: `path=*.env`. */
export const ruleText = ({ name, value }: PlainRule): string => `${name}=${value}`;

/** The rule of a text, or what is wrong with it: null where it has not the form of a rule. */
export function readRule(text: string): PlainRule | { readonly problem: string | null } {
  const at = text.indexOf('=');
  const name = RULE_NAMES.find((each) => each === text.slice(0, at));
  const value = text.slice(at + 1);
  if (name === undefined || value.length < 1 || value.length > MOST_VALUE) return { problem: null };
  const problem = ruleProblem({ name, value });
  return problem === null ? { name, value } : { problem };
}

/** The rule of a text; null where it is none. */
export function ruleOf(text: string): PlainRule | null {
  const read = readRule(text);
  return 'problem' in read ? null : read;
}
