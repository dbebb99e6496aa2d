import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { marked, type Token, type Tokens } from 'marked';
import type { DocumentElement, DocumentNode, HelpDocument } from '../../renderer/views/help/document.ts';

/** The documents that the application ships, in the order of its table of contents. */
export const SHIPPED = [
  'window',
  'runs',
  'audit',
  'connecting',
  'command-line',
  'troubleshooting',
  'formats',
  'kms-bytes',
  'security',
  'scale',
  'install',
  'glossary',
  'decisions',
] as const;

/** Markdown of the project's own documents as a tree that the page draws: no HTML, and no parser in the page. */
export function compileDocument(name: string, markdown: string): HelpDocument {
  const tokens = marked.lexer(markdown.replace(/<!--[\s\S]*?-->\n*/g, ''));
  const anchors = new Map<string, number>();
  const nodes = tokens.flatMap((token) => block(token, anchors));
  const title = tokens.find((token): token is Tokens.Heading => token.type === 'heading');
  return { name, title: title?.text.replaceAll('`', '') ?? name, nodes };
}

const make = (
  element: string,
  children: readonly DocumentNode[],
  facts: Omit<DocumentElement, 'element' | 'children'> = {},
): DocumentElement => ({ element, ...facts, children });

const inline = (tokens: readonly Token[] | undefined): DocumentNode[] => (tokens ?? []).flatMap(span);

function span(token: Token): DocumentNode[] {
  switch (token.type) {
    case 'text':
      return 'tokens' in token && token.tokens !== undefined ? inline(token.tokens) : [plain(token.text)];
    case 'escape':
      return [token.text];
    case 'codespan':
      return [make('code', [plain(token.text)])];
    case 'strong':
    case 'em':
      return [make(token.type, inline(token.tokens))];
    case 'link':
      return [make('a', inline(token.tokens), { to: token.href })];
    case 'image':
      return [make('img', [], { to: basename(token.href), text: token.text })];
    default:
      throw new Error(`the documents use no ${token.type}: ${token.raw}`);
  }
}

/** The lexer keeps entities of the source as they are. */
const plain = (text: string): string =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');

function block(token: Token, anchors: Map<string, number>): DocumentNode[] {
  switch (token.type) {
    case 'space':
      return [];
    case 'heading':
      return [make(`h${token.depth}`, inline(token.tokens), { id: anchorOf(token.text, anchors) })];
    case 'paragraph':
      return [make('p', inline(token.tokens))];
    case 'text':
      return inline(token.tokens);
    case 'code':
      return [make('pre', [token.text])];
    case 'list':
      return [
        make(
          token.ordered ? 'ol' : 'ul',
          (token as Tokens.List).items.map((item) =>
            make(
              'li',
              item.tokens.flatMap((each) => block(each, anchors)),
            ),
          ),
        ),
      ];
    case 'table': {
      const { header, rows } = token as Tokens.Table;
      const line = (cells: readonly Tokens.TableCell[], tag: string): DocumentNode =>
        make(
          'tr',
          cells.map((cell) => make(tag, inline(cell.tokens))),
        );
      return [
        make('table', [
          make('thead', [line(header, 'th')]),
          make(
            'tbody',
            rows.map((row) => line(row, 'td')),
          ),
        ]),
      ];
    }
    default:
      throw new Error(`the documents use no ${token.type}: ${token.raw}`);
  }
}

/** As GitHub makes them, so that one link leads to the same place in both. */
function anchorOf(title: string, anchors: Map<string, number>): string {
  const anchor = title
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
  const met = anchors.get(anchor) ?? 0;
  anchors.set(anchor, met + 1);
  return met === 0 ? anchor : `${anchor}-${met}`;
}

/** The documents of the table of contents; the page of each code is made by the page itself. */
export const compileAll = (folder: string): HelpDocument[] =>
  SHIPPED.map((name) => compileDocument(name, readFileSync(join(folder, `${name}.md`), 'utf8')));
