import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '..', '..');

/** The project's documents, by path from its root with `/`: what git tracks, and what stands beside it in docs/. */
export function documents(): string[] {
  const listed = execFileSync(
    'git',
    ['ls-files', '--cached', '--others', '--exclude-standard', '*.md', 'docs/**/*.md'],
    { cwd: root, encoding: 'utf8' },
  );
  return [...new Set(listed.split('\n').filter((path) => path !== ''))].sort();
}

export const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** The anchors that headings of a document get, as GitHub makes them. */
export function anchors(markdown: string): Set<string> {
  const found = new Set<string>();
  const counts = new Map<string, number>();
  for (const [, title = ''] of withoutFences(markdown).matchAll(/^#{1,6} +(.+?) *#*$/gm)) {
    const plain = title
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
    const count = counts.get(plain) ?? 0;
    counts.set(plain, count + 1);
    found.add(count === 0 ? plain : `${plain}-${count}`);
  }
  return found;
}

/** Text with its fenced blocks and code spans left out: what stands there is no link. */
export const withoutFences = (markdown: string): string => markdown.replace(/^ *```[\s\S]*?^ *```/gm, '');

export interface DocumentLink {
  readonly target: string;
  readonly line: number;
}

export function links(markdown: string): DocumentLink[] {
  const found: DocumentLink[] = [];
  let fenced = false;
  for (const [index, line] of markdown.split('\n').entries()) {
    if (/^ *```/.test(line)) fenced = !fenced;
    if (fenced) continue;
    for (const [, target = ''] of line.replace(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g))
      found.push({ target, line: index + 1 });
  }
  return found;
}
