import { entryOf, FINDING_CODES } from '../../shared/findings.ts';
import { CATALOGUE, OWN } from '../../shared/kms/errors.ts';

/** Words of the lists may hold `{name}`, which the case at hand fills in. */
const plain = (text: string): string => text.replace(/\{(\w+)\}/g, '…').replaceAll('<', '&lt;');

/** `docs/troubleshooting.md`, from the lists of errors and findings that the application itself uses. */
export function troubleshootingPage(): string {
  const parts = [
    '# Troubleshooting',
    '',
    '<!-- Made from the lists of errors and findings by `npm run docs:write`. -->',
    '',
    'Every error and finding of Rewrap has a code. Look for yours below.',
    '',
    '## Errors of KMS and AWS',
    '',
  ];
  const errors = (table: Readonly<Record<string, (typeof CATALOGUE)[keyof typeof CATALOGUE]>>) => {
    for (const [code, { meaning, causes, remedy, retryable, stopsRun }] of Object.entries(table).sort()) {
      parts.push(`### ${code}`, '', plain(meaning), '');
      for (const cause of causes) parts.push(`- ${plain(cause)}`);
      if (causes.length > 0) parts.push('');
      parts.push(`**What to do.** ${plain(remedy)}`, '');
      if (retryable) parts.push('Rewrap tries such a request again by itself.', '');
      if (stopsRun)
        parts.push('A run stops at it and keeps its place: every other request would meet the same.', '');
    }
  };
  errors(CATALOGUE);
  parts.push('## Errors of Rewrap', '');
  errors(OWN);
  parts.push('## Findings', '', 'A rules file can forbid a finding by its code, or suppress it.', '');
  for (const code of [...FINDING_CODES].sort()) {
    const { severity, about, reason, remedy } = entryOf(code);
    parts.push(`### ${code}`, '', `*${severity}*: ${plain(about)}`, '');
    if (reason !== undefined && !/^\{\w+\}$/.test(reason)) parts.push(plain(reason), '');
    if (remedy !== undefined && !/^\{\w+\}$/.test(remedy)) parts.push(`**What to do.** ${plain(remedy)}`, '');
  }
  return `${parts.join('\n').trimEnd()}\n`;
}
