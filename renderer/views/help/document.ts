/** Text, or an element of a document that ships with the application, as the build made it from `docs/*.md`. */
export type DocumentNode = string | DocumentElement;

export interface DocumentElement {
  /** Its HTML name: p, h2, ul, li, pre, code, a, img, table … */
  readonly element: string;
  /** Target of a link, or file name of a picture. */
  readonly to?: string;
  /** Anchor of a heading. */
  readonly id?: string;
  /** What a picture shows, in words. */
  readonly text?: string;
  readonly children: readonly DocumentNode[];
}

export interface HelpDocument {
  /** Path from `docs/`, without `.md`: one with a `/` stands below another and not in the table of contents. */
  readonly name: string;
  readonly title: string;
  readonly nodes: readonly DocumentNode[];
}

/** Where a link of a document leads: another document here, or an address that is shown as text. */
export function linkTarget(
  to: string,
  from: string,
): { readonly document: string; readonly anchor: string | null } | null {
  const match = to.match(/^(?:((?:\.\.\/)*[\w-]+(?:\/[\w-]+)*)\.md)?(?:#(.+))?$/);
  if (match === null || to === '') return null;
  const [, path, anchor = null] = match;
  if (path === undefined) return { document: from, anchor };
  const at = from.split('/').slice(0, -1);
  for (const part of path.split('/')) {
    if (part !== '..') at.push(part);
    else if (at.pop() === undefined) return null;
  }
  return { document: at.join('/'), anchor };
}

/** The document of the table of contents that one belongs to. */
export const topOf = (name: string): string => name.split('/')[0] ?? name;

/** Lines of text of a document, for searching it. */
export function plainTextOf(node: DocumentNode): string {
  return typeof node === 'string' ? node : node.children.map(plainTextOf).join('');
}

interface HelpSection {
  readonly document: HelpDocument;
  readonly anchor: string | null;
  readonly title: string;
  readonly text: string;
}

/** The documents cut at their headings: what a search lists. */
export function sectionsOf(documents: readonly HelpDocument[]): HelpSection[] {
  return documents.flatMap((document) => {
    const sections: { document: HelpDocument; anchor: string | null; title: string; text: string }[] = [];
    for (const node of document.nodes) {
      const heading = typeof node !== 'string' && /^h[1-4]$/.test(node.element) ? node : null;
      if (heading !== null || sections.length === 0)
        sections.push({
          document,
          anchor: heading?.id ?? null,
          title: heading === null ? document.title : plainTextOf(heading),
          text: '',
        });
      else {
        const last = sections.at(-1);
        if (last !== undefined) last.text += `${plainTextOf(node)}\n`;
      }
    }
    return sections;
  });
}
