import { plural } from '#shared/format.ts';
import type { ExplainedRule } from '#shared/model/audit.ts';
import type { Counted, FoundFinding } from '../model.ts';

const ORDER = ['broken', 'not judged', 'holds'] as const;

/**
 * Why each rule held, broke or was not judged. Rules that blobs are judged by come with a reason for each group of alike
 * blobs; those that forbid findings, with what was found.
 */
export function explainRules(
  { input: { rules }, explained, unjudged }: Counted,
  findings: readonly FoundFinding[],
): ExplainedRule[] {
  if (rules === null) return [];
  const made = [...explained];
  const said = new Set(explained.map(({ rule }) => rule));
  // What is not judged beside the rules about blobs: branch keys, rules that cannot be used.
  for (const { rule, blobs, why } of unjudged)
    if (!said.has(rule)) made.push({ rule, verdict: 'not judged', why, blobs });
  for (const code of rules.forbid ?? []) {
    const found = findings.filter((each) => each.code === code);
    const open = found.filter(({ suppressed }) => suppressed === null);
    for (const { title, blobs, evidence } of open)
      made.push({ rule: `forbid ${code}`, verdict: 'broken', why: [title, ...evidence].join(' '), blobs });
    const isOpen = unjudged.some(({ rule }) => rule === `forbid ${code}`);
    if (open.length === 0 && !isOpen)
      made.push({
        rule: `forbid ${code}`,
        verdict: 'holds',
        why:
          found.length === 0
            ? 'nothing of this kind was found'
            : `${plural(found.length, 'finding')} of this kind suppressed: ${found[0]?.suppressed?.reason ?? ''}`,
        blobs: 0,
      });
  }
  if (rules.failOn !== undefined) {
    const worst = findings.filter(({ violation, source }) => violation && source !== 'rules');
    made.push({
      rule: 'failOn',
      verdict: worst.length > 0 ? 'broken' : 'holds',
      why:
        worst.length > 0
          ? `${plural(worst.length, 'finding')} of severity ${rules.failOn} or worse, or forbidden: ${worst[0]?.title}`
          : `no finding of severity ${rules.failOn} or worse counts`,
      blobs: 0,
    });
  }
  const none = ruleNames(rules).filter((name) => !made.some(({ rule }) => rule === name));
  for (const rule of none)
    made.push({ rule, verdict: 'holds', why: 'no blob is of the kind it is about', blobs: 0 });
  return made.sort(
    (a, b) =>
      ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict) ||
      (a.rule < b.rule ? -1 : a.rule > b.rule ? 1 : 0) ||
      b.blobs - a.blobs,
  );
}

/** Rules that are judged by blob. */
function ruleNames(rules: NonNullable<Counted['input']['rules']>): string[] {
  const named = [
    'accounts',
    'regions',
    'keys',
    'algorithms',
    'kinds',
    'context',
    'maximumAgeDays',
    'cryptoperiods',
    'evidence',
  ] as const;
  return [
    ...named.filter((name) => rules[name] !== undefined),
    ...(rules.campaigns ?? []).map(({ name }) => `campaigns ${name}`),
  ];
}
