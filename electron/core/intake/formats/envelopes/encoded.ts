import { Leaf, readJson } from '../../structure/index.ts';
import { decodeText } from '../../text/encoding.ts';
import { trimmed } from '../../text/strip-whitespace.ts';
import { type TextView, viewText } from '../../text/text-view.ts';
import type { FoundBlob } from '../../types.ts';
import { ecrToken } from './aws-services.ts';
import { readBytes } from './bytes.ts';
import { type Collected, decodedLeaf, type GroupFormat, isString, nested, rangeOf } from './shared.ts';

/** Longest text taken for one encoded envelope, in characters. */
const MAX_CHARACTERS = 16 * 1024 * 1024;
/** Members that hold stored bytes as base64: Vault's file storage, `etcdctl get -w json`, `consul kv export`. */
const STORED = /^value$/i;
/** Members that hold an ECR token: `get-authorization-token`, and the configuration of Docker. */
const TOKENS: ReadonlySet<string | number> = new Set(['authorizationToken', 'auth']);

/** Envelopes of binary formats, as base64 in a member that is known to hold such. */
export const storedBytes: GroupFormat = {
  names: /"[Vv]alue"/,
  read(group, out) {
    if (group.member('Type') !== null) return;
    for (const member of group.members)
      if (
        member instanceof Leaf &&
        typeof member.key === 'string' &&
        STORED.test(member.key) &&
        isString(member)
      )
        out.blobs.push(...encodedEnvelopes(member));
  },
};

/** Shortest base64 of an envelope: a KMS blob and little more. */
const MIN_LETTERS = 180;

function encodedEnvelopes(leaf: Leaf): FoundBlob[] {
  if (leaf.end - leaf.start < MIN_LETTERS) return [];
  const value = decodedLeaf(leaf, true);
  if (value === null || value.decoded.encoding.inner !== null) return [];
  const outer = { ...value.decoded, range: value.range };
  return (readBytes(outer.bytes) ?? []).map((found) => nested(outer, leaf.place, found));
}

/** Longest value looked into, in characters. */
const MAX_VALUE = 1_048_576;

/** Blobs inside a value that is base64 of an envelope of a binary format: a Tink ciphertext in a column. */
export function insideValue(leaf: Leaf): FoundBlob[] {
  const { view } = leaf;
  const size = leaf.end - leaf.start;
  if (size < MIN_LETTERS || size > MAX_VALUE || leaf.style === 'template') return [];
  const [start] = trimmed(view.text, leaf.start, Math.min(leaf.end, leaf.start + 128), leaf.rules.escaped);
  const letters = view.text.slice(start, start + 64);
  if (!/^[A-Za-z0-9+/]{64}$/.test(letters)) return [];
  const head = Buffer.from(letters, 'base64');
  return head[0] === 0 && head[1] === 0 ? encodedEnvelopes(leaf) : [];
}

/** ECR tokens: base64 of "AWS:" and the token. */
export const ecrAuthorization: GroupFormat = {
  names: /authorizationToken|"auth"/,
  read(group, out) {
    for (const member of group.members) {
      if (!(member instanceof Leaf) || !TOKENS.has(member.key) || !isString(member)) continue;
      const value = decodedLeaf(member, true);
      if (value === null || value.decoded.encoding.inner !== null) continue;
      const outer = { ...value.decoded, range: value.range };
      out.blobs.push(...authorization(outer.bytes).map((found) => nested(outer, member.place, found)));
    }
  },
};

const USER = 'AWS:';

function authorization(bytes: Uint8Array): FoundBlob[] {
  const view = viewText(bytes);
  if (view === null || !view.text.startsWith(USER)) return [];
  return tokenAt(view, USER.length, view.text.length);
}

/** A token by itself, as `aws ecr get-login-password` prints it. */
function tokenAt(view: TextView, from: number, to: number): FoundBlob[] {
  const [start, end] = trimmed(view.text, from, to, false);
  // {" as base64
  if (!view.text.startsWith('ey', start) || end - start > 65_536) return [];
  const decoded = decodeText(view.text.slice(start, end), {
    charset: view.charset,
    escaped: false,
    takeUnknown: true,
  });
  const inner = decoded === null ? null : viewText(decoded.bytes);
  const root = inner === null ? undefined : readJson(inner)?.roots[0];
  if (decoded === null || root === undefined) return [];
  const out: Collected = { blobs: [], findings: [], plaintext: [] };
  ecrToken.read(root, out);
  const outer = { ...decoded, range: rangeOf(view, start, end) };
  return out.blobs.map((found) => nested(outer, '', found));
}

/** Text that is, as a whole, an encoded envelope; [] when it is none. */
export function encodedWhole(view: TextView): FoundBlob[] {
  if (view.text.length > MAX_CHARACTERS) return [];
  const [start, end] = trimmed(view.text, 0, view.text.length, false);
  if (!/^[A-Za-z0-9+/_-]{64}/.test(view.text.slice(start, start + 64))) return [];
  const token = tokenAt(view, start, end);
  if (token.length > 0) return token;
  const head = Buffer.from(view.text.slice(start, start + 64), 'base64');
  if (!mayBegin(head) && !mayBegin(Buffer.from(view.text.slice(start, start + 64), 'hex'))) return [];
  const decoded = decodeText(view.text.slice(start, end), {
    charset: view.charset,
    escaped: false,
    takeUnknown: true,
  });
  if (decoded === null || decoded.encoding.inner !== null) return [];
  const outer = { ...decoded, range: rangeOf(view, start, end) };
  return (readBytes(outer.bytes) ?? []).map((found) => nested(outer, '', found));
}

/** First bytes that some envelope has; cheap, so that a large file of other text is not decoded for nothing. */
function mayBegin(head: Buffer): boolean {
  const [a, b, c] = head;
  return (
    (a === 0 && b === 0) ||
    (a === 1 && (b === 0x80 || head[5] === 0)) ||
    (a === 2 && (b === 4 || b === 5)) ||
    a === 0x0a ||
    a === 0x12 ||
    a === 0x1a ||
    head.subarray(0, 9).toString('latin1') === 'multiwrap' ||
    head.subarray(0, 8).toString('latin1') === 'k8s:enc:' ||
    (b !== undefined && c === 0 && head[3] === 0)
  );
}
