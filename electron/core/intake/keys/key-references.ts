import { basename } from 'node:path';
import type { KeyReference } from '#shared/model/audit.ts';
import { openInput } from '../formats/format.ts';
import { commentRanges, commentStyle } from '../text/comments.ts';
import type { TextView } from '../text/text-view.ts';
import type { FoundBlob } from '../types.ts';
import { ownOutput } from './own-output.ts';

/** Where a file names a key, its file left out. */
export interface FoundReference extends Omit<KeyReference, 'file'> {
  /** Of an alias: the key that the same resource or object names beside it, by id or ARN. */
  readonly target?: string;
}

/** Most places kept of one name in one file; a name is never left out. */
const PLACES_OF_NAME = 100;
/** Prose: what a document says of a key breaks nothing. */
const PROSE =
  /\.(?:md|mdx|markdown|rst|adoc|asciidoc|org|tex|html?|log|csv|tsv|svg|diff|patch|po|ipynb)$|^(?:readme|licen[cs]e|changelog|changes|notice|authors|contributing|todo)(?:\.txt)?$/i;
/** Files of settings: an id of a key is looked for in these also where nothing else speaks of KMS. */
const SETTINGS =
  /\.(?:ya?ml|json|jsonc|json5|tf|tfvars|hcl|tofu|toml|ini|cfg|conf|properties|env|tfstate)$|^\.env|\.(?:tpl|tmpl|template)$/i;
const CODE =
  /\.(?:[cm]?[jt]sx?|py|go|java|kts?|scala|groovy|gradle|rb|rs|cs|fs|swift|php|pl|lua|c|cc|cpp|h|hpp|sh|bash|zsh|fish|ksh|ps1|psm1|bat|cmd|sql|mk)$|^(?:makefile|dockerfile|jenkinsfile|rakefile|vagrantfile)/i;
const TERRAFORM = /\.(?:tf|tofu|tfvars|hcl|tfstate)(?:\.json|\.backup)?(?:\.(?:tpl|tmpl|tftpl|j2|erb))?$/i;
const PULUMI = /^Pulumi(?:\..+)?\.ya?ml$/i;
/** Everything that names a key has one of these in it. */
const HINTS = ['kms', 'alias/', 'KMS', 'Kms', 'alias\\/'].map((text) => Buffer.from(text));
/** Larger files are not looked through for ids alone, bytes. */
const SMALL = 256 * 1024;
const ID_ALONE = /(?:key|cmk|encrypt)[^\n]{0,80}[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i;

const SLASH = String.raw`\\?\/`;
const UUID = '[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|mrk-[0-9a-f]{32}';
/**
 * Names of keys in a text: ARNs, Pulumi's URLs, aliases, ids. What stands in an ARN of which parts are filled in later
 * (`arn:aws:kms:${AWS::Region}:…:alias/x`) is its alias or id.
 */
const NAMES = new RegExp(
  [
    String.raw`arn:aws[\w-]*:kms:[a-z0-9-]+:\d{12}:(?:key|alias)${SLASH}[\w/-]+`,
    String.raw`awskms:\/\/[^\s"'\`,<>()\\]+`,
    String.raw`(?<![\w/})>%$-])alias${SLASH}[\w/-]+`,
    String.raw`(?<![\w-])(?:${UUID})(?![\w-])`,
  ].join('|'),
  'g',
);

/**
 * Where a file that holds no prose names a KMS key: creation rules of `.sops.yaml`, Pulumi's secrets providers,
 * resources and states of Terraform, CloudFormation, CDK, scripts, other settings. Labels of the file's own blobs are
 * left out (they are the blobs'), and so are comments and names that are put together when they are used
 * (`alias/${var.env}`).
 *
 * @param name The file's name, which says what sort it is.
 */
export function keyReferences(
  bytes: Uint8Array,
  name: string,
  blobs: readonly FoundBlob[],
): FoundReference[] {
  const file = basename(name);
  if (PROSE.test(file) || !mayName(bytes, file) || ownOutput(bytes) !== null) return [];
  const { text: view } = openInput(bytes, name);
  if (view === null) return [];
  const { text } = view;
  const named = namesIn(text);
  if (named.length === 0) return [];
  const comments = commentRanges(text, commentStyle(file));
  const labels = labelsOf(blobs, named, view);
  const left = withoutRanges(named, comments).filter(({ index }) => !labels.has(index));
  if (left.length === 0) return [];
  const targets = targetsOf(text, left);
  const sort = sortOf(file, text);
  const found: FoundReference[] = [];
  const places = new Map<string, number>();
  const lines = lineCounter(text);
  for (const { index, written } of left) {
    const known = places.get(written) ?? 0;
    if (known === PLACES_OF_NAME) continue;
    places.set(written, known + 1);
    const target = targets.get(index);
    found.push({
      line: lines(index),
      sort: sort === 'pulumi-provider' && !written.startsWith('awskms://') ? 'configuration' : sort,
      name: written,
      ...(target === undefined ? {} : { target }),
    });
  }
  return found;
}

function mayName(bytes: Uint8Array, file: string): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  // UTF-16, which the hints are not written in.
  if (buffer[0] === 0xff || buffer[0] === 0xfe || buffer[0] === 0 || buffer[1] === 0) return true;
  if (HINTS.some((hint) => buffer.includes(hint))) return true;
  return bytes.length <= SMALL && SETTINGS.test(file) && ID_ALONE.test(buffer.toString('latin1'));
}

/** A name of a key where it stands. */
interface Named {
  readonly index: number;
  readonly end: number;
  readonly written: string;
}

function namesIn(text: string): Named[] {
  const named: Named[] = [];
  for (const { 0: match, index } of text.matchAll(NAMES)) {
    const end = index + match.length;
    if (!/^(?:awskms:|[0-9a-f]{8}-)/i.test(match) && isPutTogether(text, end)) continue;
    // A copy: a part of a text keeps the whole of it in memory.
    named.push({ index, end, written: Buffer.from(match.replaceAll('\\/', '/')).toString() });
  }
  return named;
}

/** Whether what stands behind a name goes on with it: `alias/app-${env}`, `alias/app-*`, `"alias/app-" + env`. */
function isPutTogether(text: string, end: number): boolean {
  return /^(?:[$%{<*@]|["'`]\s{0,8}(?:\+|~|\.\.|&)\s)/.test(text.slice(end, end + 12));
}

function withoutRanges(named: readonly Named[], ranges: readonly (readonly [number, number])[]): Named[] {
  let at = 0;
  return named.filter(({ index }) => {
    while (at < ranges.length && (ranges[at]?.[1] ?? 0) <= index) at += 1;
    const range = ranges[at];
    return range === undefined || index < range[0];
  });
}

/** A data key of a message of the Encryption SDK: its label stands inside the message. */
const IN_MESSAGE = /encrypted data key \d+/;

/**
 * Indexes of names that are labels of the file's blobs: those that change with a blob, else the nearest one of that
 * name. The same name elsewhere in the file is a reference: the key of a queue beside a blob.
 */
function labelsOf(blobs: readonly FoundBlob[], named: readonly Named[], view: TextView): ReadonlySet<number> {
  const labels = new Set<number>();
  const byName = new Map<string, { readonly index: number; readonly byte: number }[]>();
  const wanted = new Set(blobs.flatMap(({ declared }) => declared.keyArn ?? []));
  if (wanted.size === 0) return labels;
  for (const { index, written } of named) {
    if (!wanted.has(written)) continue;
    const list = byName.get(written) ?? [];
    list.push({ index, byte: view.byteAt(index) });
    byName.set(written, list);
  }
  for (const { declared, linkedValues, range, place } of blobs) {
    const of = declared.keyArn === null ? undefined : byName.get(declared.keyArn);
    if (of === undefined) continue;
    const linked = linkedValues.flatMap(({ range: { start, end } }) => {
      const at = firstFrom(of, start);
      const one = of[at];
      return one !== undefined && one.byte < end ? [one] : [];
    });
    for (const { index } of linked) labels.add(index);
    if (linked.length > 0 || IN_MESSAGE.test(place)) continue;
    const after = firstFrom(of, range.start);
    const [one, other] = [of[after - 1], of[after]];
    const nearest =
      one === undefined
        ? other
        : other === undefined || range.start - one.byte <= other.byte - range.end
          ? one
          : other;
    if (nearest !== undefined) labels.add(nearest.index);
  }
  return labels;
}

/** The first of a sorted list at or after a byte. */
function firstFrom(list: readonly { readonly byte: number }[], byte: number): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle]?.byte ?? 0) < byte) low = middle + 1;
    else high = middle;
  }
  return low;
}

function lineCounter(text: string): (index: number) => number {
  let line = 1;
  let at = 0;
  return (index) => {
    for (let feed = text.indexOf('\n', at); feed !== -1 && feed < index; feed = text.indexOf('\n', at)) {
      line += 1;
      at = feed + 1;
    }
    return line;
  };
}

function sortOf(file: string, text: string): FoundReference['sort'] {
  if (/^\.sops\.ya?ml$/i.test(file)) return 'sops-rule';
  if (PULUMI.test(file)) return 'pulumi-provider';
  if (TERRAFORM.test(file)) return 'terraform';
  if (CODE.test(file)) return 'code';
  return text.includes('AWSTemplateFormatVersion') || /"?Type"?\s*:\s*["']?AWS::/.test(text)
    ? 'cloudformation'
    : 'configuration';
}

const isAlias = (written: string): boolean => /^(?:arn:[^/]*:)?alias\//.test(written);
const isUrl = (written: string): boolean => written.startsWith('awskms://');

/**
 * Keys that a file says aliases name, by the alias's index: where one object (a resource, a member of a list, a map)
 * holds one alias and one key, each under a name, and the names speak of the same thing: `name` and `target_key_id`,
 * `AliasName` and `TargetKeyId`, `db_kms_alias` and `db_kms_arn`.
 */
function targetsOf(text: string, named: readonly Named[]): ReadonlyMap<number, string> {
  const targets = new Map<number, string>();
  if (!named.some(({ written }) => isAlias(written))) return targets;
  const blockOf = blocks(text);
  const byBlock = new Map<number, { aliases: Named[]; keys: Named[] }>();
  for (const one of named) {
    if (isUrl(one.written)) continue;
    const block = blockOf(one.index);
    const of = byBlock.get(block) ?? { aliases: [], keys: [] };
    (isAlias(one.written) ? of.aliases : of.keys).push(one);
    byBlock.set(block, of);
  }
  for (const { aliases, keys } of byBlock.values()) {
    if (!isOne(aliases) || !isOne(keys)) continue;
    const ofAliases = aliases.map(({ index }) => memberAt(text, index));
    const ofKeys = keys.map(({ index }) => memberAt(text, index));
    if (!ofAliases.every((member) => member !== null && /alias|^(?:name|id|arn)$/i.test(member.name)))
      continue;
    if (!ofKeys.every((member) => member !== null && /key|target|cmk|id$|arn$/i.test(member.name))) continue;
    // A list of an alias and a key in one value is a list of two.
    if (ofKeys.some((key) => ofAliases.some((alias) => alias?.at === key?.at))) continue;
    if (new Set([...ofAliases, ...ofKeys].map((member) => subjectOf(member?.name ?? ''))).size !== 1)
      continue;
    // An ARN says more than an id.
    const target = keys.reduce((best, { written }) => (written.length > best.length ? written : best), '');
    for (const { index } of aliases) targets.set(index, target);
  }
  return targets;
}

const idOf = (written: string): string => (written.split('/').slice(1).join('/') || written).toLowerCase();
const isOne = (all: readonly Named[]): boolean => new Set(all.map(({ written }) => idOf(written))).size === 1;

const MEMBER = /([A-Za-z_][\w.-]*)["'`]?\s*(?::(?!:)|=>?)/g;

/** The member of the line that a value stands on; null where there is none: it is one of a list. */
function memberAt(text: string, index: number): { readonly name: string; readonly at: number } | null {
  const start = Math.max(text.lastIndexOf('\n', index - 1) + 1, index - 400);
  // The parts of an ARN are no members.
  const before = text.slice(start, index).replace(/arn:[^"'`\s]*$/, '');
  const last = [...before.matchAll(MEMBER)].at(-1);
  return last === undefined ? null : { name: last[1] ?? '', at: start + last.index };
}

/** What a member's name speaks of, the words for an alias, a key and their forms left out. */
const subjectOf = (member: string): string =>
  member.toLowerCase().replace(/alias|target|master|key|kms|cmk|name|arn|id|[_.-]/g, '');

/** Which object an index stands in: the innermost braces, or in their stead the lines of one indentation. */
function blocks(text: string): (index: number) => number {
  const braces = /[{}]/g;
  const open: number[] = [];
  let next = braces.exec(text);
  return (index) => {
    for (; next !== null && next.index < index; next = braces.exec(text))
      if (next[0] === '{') open.push(next.index);
      else open.pop();
    const brace = open.at(-1);
    return brace === undefined ? -1 - indentedBlock(text, index) : brace;
  };
}

/** Lines of an object without braces that are looked back for its beginning. */
const LOOK_BACK = 100;

function indentedBlock(text: string, index: number): number {
  const lineAt = (at: number): { start: number; column: number; dash: boolean } => {
    const start = text.lastIndexOf('\n', at - 1) + 1;
    const [lead = '', dash = ''] = /^[ \t]*((?:- +)*)/.exec(text.slice(start, start + 200)) ?? [];
    return { start, column: lead.length, dash: dash !== '' };
  };
  let line = lineAt(index);
  const { column } = line;
  for (let back = 0; back < LOOK_BACK && line.start > 0; back += 1) {
    if (line.dash && line.column === column) return line.start;
    const above = lineAt(line.start - 1);
    if (above.column < column && text.slice(above.start, line.start).trim() !== '') return above.start;
    line = above;
  }
  return line.start;
}
