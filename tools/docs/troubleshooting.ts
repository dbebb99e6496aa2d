import { codeDocument, isFinding } from '../../renderer/views/help/code-pages.ts';
import type { DocumentNode } from '../../renderer/views/help/document.ts';
import { CATALOGUE } from '../../shared/kms/errors.ts';
import { pageCodes, pageOf } from '../../shared/kms/explain/pages.ts';

const MADE = '<!-- Made from the lists of errors and findings by `npm run docs:write`. -->';

const plain = (text: string): string => text.replaceAll('<', '&lt;').replaceAll('|', '\\|');

type Group = 'Errors of KMS and AWS' | 'Errors of Rewrap' | 'Findings';

function groupOf(code: string): Group {
  if (Object.hasOwn(CATALOGUE, code)) return 'Errors of KMS and AWS';
  return isFinding(code) ? 'Findings' : 'Errors of Rewrap';
}

/** The index, `docs/troubleshooting.md`, and a page for each code below it; text by path from `docs/`. */
export function troubleshootingPages(): Map<string, string> {
  const codes = pageCodes();
  return new Map([
    ['troubleshooting.md', indexPage(codes)],
    ...codes.map((code): [string, string] => [`troubleshooting/${code}.md`, codePage(code)]),
  ]);
}

function indexPage(codes: readonly string[]): string {
  const group = (name: Group, about: readonly string[]): string[] => [
    `## ${name}`,
    '',
    ...about.flatMap((line) => [line, '']),
    '| Code | What it means |',
    '|---|---|',
    ...codes
      .filter((code) => groupOf(code) === name)
      .map((code) => `| [${code}](troubleshooting/${code}.md) | ${plain(pageOf(code)?.what ?? '')} |`),
    '',
  ];
  const parts = [
    '# Troubleshooting',
    '',
    MADE,
    '',
    'Every error and finding of Rewrap has a code, and each code has a page: what happened, likely causes, and what to do.',
    'In a shell, `rewrap explain CODE` prints the same page. In the window, *Explain* beside an error opens it.',
    '',
    ...group('Errors of KMS and AWS', []),
    ...group('Errors of Rewrap', []),
    ...group('Findings', ['A rules file can forbid a finding by its code, or suppress it.']),
  ];
  return `${parts.join('\n').trimEnd()}\n`;
}

/** What Help shows of a code, in Markdown. */
function codePage(code: string): string {
  const [title = '', ...rest] = codeDocument(code).nodes.map(written);
  return `${[title, MADE, ...rest].join('\n\n')}\n`;
}

function written(node: DocumentNode): string {
  if (typeof node === 'string') return plain(node);
  const inside = node.children.map(written).join('');
  switch (node.element) {
    case 'h1':
      return `# ${inside}`;
    case 'p':
      return inside;
    case 'strong':
      return `**${inside}**`;
    case 'em':
      return `*${inside}*`;
    case 'code':
      return `\`${node.children.join('')}\``;
    case 'ul':
      return node.children.map(written).join('\n');
    case 'li':
      return `- ${inside}`;
    case 'pre':
      return ['```json', ...node.children, '```'].join('\n');
    case 'a':
      return `[${inside}](${node.to})`;
    default:
      throw new Error(`a page of a code has no ${node.element}`);
  }
}
