import type { AuditSummary, Facet } from '#shared/model/audit.ts';

/** A string as YAML takes it, whatever stands in it: JSON's strings are YAML's. */
const quoted = (text: string): string => JSON.stringify(text);
const list = (values: readonly string[]): string => `[${values.map(quoted).join(', ')}]`;

/** Rules that the list keeps as it stands: its accounts, Regions, kinds and keys. What is not known is not allowed. */
export function rulesFromList(summary: Pick<AuditSummary, 'facets' | 'keys'>): string {
  const values = (facet: Facet): string[] =>
    (summary.facets.find((each) => each.facet === facet)?.bars ?? [])
      .map(({ value }) => value)
      .filter((value) => value !== '' && !value.startsWith('none:'));
  const accounts = values('account').filter((value) => /^\d{12}$/.test(value));
  const regions = values('region');
  const kinds = values('kind');
  const keys = [
    ...new Set(
      summary.keys.flatMap(
        ({ key, label }) => key?.aliases[0] ?? key?.arn ?? (label === null ? [] : [label]),
      ),
    ),
  ];
  return [
    'version: 1',
    ...(accounts.length > 0 ? [`accounts: ${list(accounts)}`] : []),
    ...(regions.length > 0 ? [`regions: ${list(regions)}`] : []),
    ...(keys.length > 0 ? ['keys:', ...keys.map((key) => `  - ${quoted(key)}`)] : []),
    ...(kinds.length > 0 ? [`kinds: ${list(kinds)}`] : []),
    '# Add what must not be there, for example:',
    '# forbid: [plaintext-beside-blob, key-disabled]',
    '',
  ].join('\n');
}
