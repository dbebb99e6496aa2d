import type { Rule } from '#shared/model/rule.ts';
import type { RuleName } from '#shared/model/rule-names.ts';
import type { Narrowing } from './narrow.ts';

export const RULE_WORDS: Record<RuleName, { readonly name: string; readonly example: string }> = {
  path: { name: 'Path', example: 'vault/** or *.env' },
  key: { name: 'Key', example: 'alias/old, key id or ARN' },
  fingerprint: { name: 'Key material', example: 'first digits of the fingerprint' },
  kind: { name: 'Kind', example: 'kms-symmetric' },
  finding: { name: 'Finding', example: 'critical' },
};

/** Rules that choose what the table is narrowed to, as far as rules can say it. `cursor`: where the keyboard stands. */
export function rulesOfFilter({ query, kind, finding }: Narrowing, cursor: string | null): Rule[] {
  const rules: Rule[] = [];
  const material = /^key:([0-9a-f]{64})$/.exec(cursor ?? '')?.[1];
  if (material !== undefined) rules.push({ name: 'fingerprint', value: material.slice(0, 16) });
  if (kind !== 'all' && kind !== 'not-kms') rules.push({ name: 'kind', value: kind });
  if (finding.startsWith('code:')) rules.push({ name: 'finding', value: finding.slice('code:'.length) });
  else if (finding !== 'all') {
    const least = ['info', 'warning', 'critical'];
    for (const severity of least.slice(finding === 'any' ? 0 : least.indexOf(finding)))
      rules.push({ name: 'finding', value: severity });
  }
  // Rules of one name are alternatives, words of a query are not: more than one cannot be said.
  const words = query.trim().split(/\s+/).filter(Boolean);
  const [word] = words;
  if (word !== undefined && words.length === 1) rules.push(ruleOfWord(word));
  return rules;
}

function ruleOfWord(word: string): Rule {
  if (/^(?:alias\/|arn:)/.test(word)) return { name: 'key', value: word };
  if (/^[0-9a-f]{6,64}$/i.test(word)) return { name: 'fingerprint', value: word };
  if (/[*?]/.test(word)) return { name: 'path', value: word };
  return { name: 'path', value: word.includes('/') ? `*${word}*/**` : `*${word}*` };
}
