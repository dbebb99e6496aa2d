import type { EncryptionContext } from '#shared/model/context.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import { iniValue, type Leaf, lineEnd, lineEndingAt, lineStart } from '../../structure/index.ts';
import type { LinkedValue } from '../../types.ts';
import { type Entry, textRangeCompanion } from './entry.ts';
import type { KeyGroups } from './tree.ts';

/** How a flat file writes pairs. */
export interface FlatSyntax {
  readonly kind: 'dotenv' | 'ini';
  /** What the names of metadata begin with: `sops_` in dotenv, nothing in the `[sops]` section of INI. */
  readonly prefix: string;
}

/**
 * Nested metadata written in one level: `kms__list_0__map_context__map_app` (getsops/sops, stores/flatten.go).
 * Gives the path, or null for another name.
 */
function pathOf(name: string): string[] {
  return name.split(/__(?:list|map)_/);
}

interface Draft {
  readonly place: string;
  /** Name of the entry up to its members: `sops_kms__list_0__map_`. */
  readonly stem: string;
  readonly members: Map<string, Leaf>;
  readonly context: Leaf[];
}

const ENTRY = /^((?:key_groups__list_\d+__map_)?kms__list_\d+__map_)(.+)$/;

/** The KMS entries among the metadata of a dotenv or INI file. */
export function flatEntries(leaves: readonly Leaf[], syntax: FlatSyntax): Entry[] {
  const drafts = new Map<string, Draft>();
  for (const leaf of leaves) {
    const name = String(leaf.key);
    const match = name.startsWith(syntax.prefix) ? ENTRY.exec(name.slice(syntax.prefix.length)) : null;
    if (match === null) continue;
    const [, stem = '', member = ''] = match;
    let draft = drafts.get(stem);
    if (draft === undefined) {
      draft = { place: placeOf(stem), stem: syntax.prefix + stem, members: new Map(), context: [] };
      drafts.set(stem, draft);
    }
    if (member.startsWith('context__map_')) draft.context.push(leaf);
    else draft.members.set(member, leaf);
  }
  return [...drafts.values()].flatMap((draft) => entryOf(draft, syntax) ?? []);
}

/** `sops.key_groups[0].kms[1]` */
function placeOf(stem: string): string {
  const path = stem.replace(/__map_$/, '').replaceAll('__map_', '.');
  return `sops.${path.replaceAll(/__list_(\d+)/g, '[$1]')}`;
}

function entryOf(draft: Draft, syntax: FlatSyntax): Entry | null {
  const { members, place } = draft;
  const enc = members.get('enc');
  if (enc === undefined || enc.start === enc.end) return null;
  const arn = members.get('arn') ?? null;
  const pairs = draft.context.map((leaf) => [contextKey(draft, leaf), decoded(leaf)] as const);
  const context = pairs.length === 0 ? null : Object.fromEntries(pairs);
  // A name within a context that was flattened further is no text, and a name given twice no map.
  const odd =
    pairs.some(([key]) => pathOf(key).length > 1) || Object.keys(context ?? {}).length < pairs.length;
  return {
    place,
    enc,
    arn,
    createdAt: members.get('created_at') ?? null,
    role: members.get('role')?.value() ?? '',
    profile: members.get('aws_profile')?.value() ?? '',
    context: odd ? null : context,
    contextLinkedValues: odd ? null : contextLinkedValues(draft, arn ?? enc, context, syntax),
  };
}

function contextKey({ stem }: Draft, leaf: Leaf): string {
  return String(leaf.key).slice(`${stem}context__map_`.length);
}

/** SOPS writes line feeds as `\n` in these formats (stores/flatten.go, EncodeNewLines). */
function decoded(leaf: Leaf): string {
  return leaf.value().replaceAll('\\n', '\n');
}

function contextLinkedValues(
  draft: Draft,
  anchor: Leaf,
  old: EncryptionContext | null,
  syntax: FlatSyntax,
): LinkedValue[] {
  const { text } = anchor.view;
  const linkedValues = draft.context.map((leaf) => pairLinkedValue(draft, leaf, syntax));
  const last = draft.context.at(-1) ?? anchor;
  const end = lineEnd(text, last.outerEnd);
  const feed = text.indexOf('\n', end);
  const at = feed === -1 ? text.length : feed + 1;
  const eol = lineEndingAt(text, last.start);
  const added = textRangeCompanion(anchor, `${draft.place}.context`, at, at, ({ context }) => {
    const lines = Object.entries(context ?? {})
      .filter(([key]) => old === null || !Object.hasOwn(old, key))
      .map(([key, value]) => newLine(draft, anchor, key, value, syntax));
    if (lines.length === 0) return '';
    return feed === -1 ? eol + lines.join(eol) : lines.map((line) => line + eol).join('');
  });
  return [...linkedValues, added];
}

/** A pair's whole line: kept, its value changed, or cut. */
function pairLinkedValue(draft: Draft, leaf: Leaf, syntax: FlatSyntax): LinkedValue {
  const { view } = leaf;
  const { text } = view;
  const start = lineStart(text, leaf.keyStart);
  const feed = text.indexOf('\n', leaf.outerEnd);
  const end = feed === -1 ? text.length : feed + 1;
  const key = contextKey(draft, leaf);
  return textRangeCompanion(leaf, `${draft.place}.context.${key}`, start, end, ({ context }) => {
    const value = context !== null && Object.hasOwn(context, key) ? context[key] : undefined;
    if (value === undefined) return '';
    if (value === decoded(leaf)) return view.read(start, end);
    return view.read(start, leaf.outerStart) + writable(value, syntax) + view.read(leaf.outerEnd, end);
  });
}

function newLine(draft: Draft, anchor: Leaf, key: string, value: string, syntax: FlatSyntax): string {
  if (/__(?:map|list)_|[\r\n]/.test(key) || key === '' || (syntax.kind === 'dotenv' && key.includes('=')))
    throw unwritable(`The context name ${JSON.stringify(key)}`, syntax);
  const name = `${draft.stem}context__map_${key}`;
  const text = writable(value, syntax);
  if (syntax.kind === 'dotenv') return `${name}=${text}`;
  const gap = anchor.view.text.slice(anchor.keyEnd, anchor.outerStart);
  const written = /["=:`#;]|^\s|\s$/.test(name)
    ? name.includes('`')
      ? `"""${name}"""`
      : `\`${name}\``
    : name;
  return written + (gap.includes(' ') ? ' = ' : '=') + text;
}

function writable(value: string, syntax: FlatSyntax): string {
  if (value.includes('\\n') || value.includes('\r') || (syntax.kind === 'ini' && value.includes('"""')))
    throw unwritable(`The context value ${JSON.stringify(value)}`, syntax);
  const text = value.replaceAll('\n', '\\n');
  return syntax.kind === 'ini' ? iniValue(text) : text;
}

function unwritable(what: string, { kind }: FlatSyntax): FaultError {
  const format = kind === 'ini' ? 'INI' : 'ENV';
  return new FaultError(
    fault(
      'SopsContextUnwritable',
      `${what} cannot be written in a SOPS ${format} file.`,
      `SOPS has no way to write it in ${format}, and would read another context than the one that KMS asks for.`,
      'Choose a destination context without it.',
    ),
  );
}

/** The key groups of a dotenv or INI file. */
export function flatGroups(leaves: readonly Leaf[], { prefix }: FlatSyntax): KeyGroups {
  const groups = new Map<number, Leaf[]>();
  let threshold = 0;
  for (const leaf of leaves) {
    const name = String(leaf.key);
    if (!name.startsWith(prefix)) continue;
    const rest = name.slice(prefix.length);
    if (rest === 'shamir_threshold') threshold = Number(leaf.value()) || 0;
    const group = /^key_groups__list_(\d+)__map_/.exec(rest)?.[1];
    if (group === undefined) continue;
    const members = groups.get(Number(group)) ?? [];
    members.push(leaf);
    groups.set(Number(group), members);
  }
  return {
    providers: new Map(
      [...groups].map(([at, members]) => [at, flatProviders(members, { kind: 'dotenv', prefix })]),
    ),
    threshold,
  };
}

/** Names of the other ways to open the file, with their number of entries. */
export function flatProviders(leaves: readonly Leaf[], { prefix }: FlatSyntax): Map<string, number> {
  const entries = new Set<string>();
  for (const leaf of leaves) {
    const name = String(leaf.key);
    if (!name.startsWith(prefix)) continue;
    const match = /^((?:key_groups__list_\d+__map_)?(\w+?)__list_\d+)__map_/.exec(name.slice(prefix.length));
    if (match !== null && match[2] !== 'kms') entries.add(`${match[2]} ${match[1]}`);
  }
  const counts = new Map<string, number>();
  for (const entry of entries) {
    const provider = entry.slice(0, entry.indexOf(' '));
    counts.set(provider, (counts.get(provider) ?? 0) + 1);
  }
  return counts;
}
