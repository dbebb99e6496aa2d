import { Group, Leaf, type Structure } from '../../structure/index.ts';
import type { TextView } from '../../text/text-view.ts';

const LINE = {
  style: 'plain',
  escaped: false,
  value: (leaf: Leaf) => leaf.view.read(leaf.start, leaf.end),
  write: (_: Leaf, text: string) => text,
  rewrite: (_: Leaf, text: string) => text,
} as const;

/** Most lines followed. */
const MAX_LINES = 500_000;

/**
 * dotenv as SOPS reads it: a name up to the first `=`, and all the rest of the line; no quotes, no comments behind
 * (getsops/sops, stores/dotenv/store.go). Null when a line is something else.
 */
export function readSopsDotenv(view: TextView): Structure | null {
  const { text } = view;
  const root = new Group({ kind: 'map', parent: null, start: 0 });
  root.end = text.length;
  const leaves: Leaf[] = [];
  for (let at = 0, next = 0; at < text.length; at = next) {
    const feed = text.indexOf('\n', at);
    next = feed === -1 ? text.length : feed + 1;
    let end = feed === -1 ? text.length : feed;
    if (text[end - 1] === '\r' && end > at) end--;
    if (at === end || text[at] === '#') continue;
    const sign = text.indexOf('=', at);
    if (sign === -1 || sign >= end || leaves.length >= MAX_LINES) return null;
    const key = view.read(at, sign);
    const place = { keyStart: at, keyEnd: sign, start: sign + 1, end };
    const leaf = new Leaf({ view, parent: root, key, ...place, rules: LINE });
    root.members.push(leaf);
    leaves.push(leaf);
  }
  return { syntax: 'dotenv', view, roots: [root], leaves };
}
