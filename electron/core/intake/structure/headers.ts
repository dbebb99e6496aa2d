import type { TextView } from '../text/text-view.ts';
import { Group, Leaf, type LeafRules } from './nodes.ts';

const HEADER: LeafRules = {
  style: 'header',
  escaped: false,
  value: (leaf) => leaf.view.read(leaf.start, leaf.end),
  write: (_, text) => text,
  rewrite: (_, text) => text,
};

/** A header of a name in `names`, with what `curl -v` and others write before it. */
const LINE = /^[<>*|\t ]{0,16}([A-Za-z][\w-]{0,127}):[ \t]*/;
const MAX_LINE = 65_536;

/**
 * HTTP headers as `curl -I`, `curl -v` and browsers show them: a map for each run of lines in which every line is a
 * header, or (with what stands before it alone) empty. Only maps with a name that `wanted` takes are given. Linear.
 */
export function readHeaders(view: TextView, wanted: RegExp): Group[] {
  const { text } = view;
  const groups: Group[] = [];
  let group: Group | null = null;
  let hasWanted = false;
  const close = (end: number): void => {
    if (group === null) return;
    group.end = end;
    if (hasWanted) groups.push(group);
    group = null;
    hasWanted = false;
  };
  for (let at = 0; at < text.length; ) {
    const feed = text.indexOf('\n', at);
    const eol = feed === -1 ? text.length : feed;
    const line = text.slice(at, Math.min(eol, at + MAX_LINE));
    const match = LINE.exec(line);
    if (match === null) close(at);
    else {
      group ??= new Group({ kind: 'map', parent: null, start: at });
      const name = match[1] ?? '';
      const start = at + match[0].length;
      let end = eol;
      while (end > start && ' \t\r'.includes(text[end - 1] ?? '')) end--;
      const keyStart = at + match[0].indexOf(name);
      group.members.push(
        new Leaf({
          view,
          parent: group,
          key: name,
          keyStart,
          keyEnd: keyStart + name.length,
          start,
          end,
          rules: HEADER,
        }),
      );
      hasWanted ||= wanted.test(name);
    }
    at = eol + 1;
  }
  close(text.length);
  return groups;
}
