import { finding } from '#shared/finding.ts';
import { REMEDY_IN_CLEAR } from '#shared/findings.ts';
import type { ByteRange, Finding } from '#shared/model/blob.ts';
import { randomness } from '../../../inspect/index.ts';
import { Group, Leaf } from '../../structure/index.ts';
import type { TextView } from '../../text-view.ts';
import type { FoundBlob } from '../../types.ts';

/** What stands in clear beside a blob: findings, and the bytes that are never copied elsewhere. */
export interface Beside {
  readonly findings: Finding[];
  readonly plaintext: ByteRange[];
}

/** Names, in lower case without `_` and `-`, under which KMS's replies and people put what a blob holds. */
const PLAIN_NAMES =
  /^(?:plaintext|privatekeyplaintext|plaintextkey|plaintextdatakey|plainkey|cleartext|decrypted|unencrypted)$/;
/** Names that are believed when the value is also a key of just the size that the blob holds. */
const KEY_NAMES = /^(?:key|rawkey|datakey|dek|secretkey|aeskey|cek)$/;
/** Longest part of a line looked at on each side of a blob's beginning, in characters. */
const LINE_REACH = 8192;
const KEY_SIZES: readonly number[] = [16, 24, 32, 48, 64];

/** The plaintext of a blob as another member of its map. */
export function plaintextMembers(blob: FoundBlob, parent: Group, out: Beside): void {
  for (const member of parent.members) {
    if (typeof member.key !== 'string' || member.end - member.start > 8192) continue;
    if (member instanceof Group) {
      // A buffer of bytes written as JSON.
      const range = plaintextBuffer(member);
      if (range !== null) tell(member.place, range, out);
      continue;
    }
    const name = plainName(member.key);
    const { view } = member;
    const range = { start: view.byteAt(member.outerStart), end: view.byteAt(member.outerEnd) };
    if (range.start === blob.range.start || member.end === member.start) continue;
    const isPlain =
      (PLAIN_NAMES.test(name) && !/^(?:null|~|true|false|none|\*+)$/i.test(member.raw)) ||
      (KEY_NAMES.test(name) && isKeyOf(blob, member.raw));
    if (isPlain) tell(member.place, range, out);
  }
}

/** The bytes of a plaintext that is a list or map of numbers, or such a list in a `Buffer`; null for anything else. */
function plaintextBuffer(group: Group): ByteRange | null {
  const data = group.member('data');
  const [first] = (data instanceof Group ? data : group).members;
  if (!(first instanceof Leaf) || !group.bracketed || !/^-?\d{1,3}$/.test(first.raw)) return null;
  if (!PLAIN_NAMES.test(plainName(String(group.key)))) return null;
  return { start: first.view.byteAt(group.start), end: first.view.byteAt(group.end) };
}

function plainName(key: string): string {
  return key.toLowerCase().replaceAll(/[_-]/g, '');
}

/**
 * `aws kms generate-data-key --output text`: the blob, the key's ARN and the plaintext on one line. A field of a blob's
 * line that is a key of just the size that the blob holds.
 */
export function plaintextOnLine(view: TextView, blob: FoundBlob, start: number, out: Beside): void {
  if (!KEY_SIZES.includes(blob.identification.plaintextBytes ?? 0)) return;
  const { text } = view;
  // Only so far to both sides: one line may hold all blobs of a file.
  const before = text.slice(Math.max(0, start - LINE_REACH), start);
  const after = text.slice(start, start + LINE_REACH);
  const from = start - before.length + before.lastIndexOf('\n') + 1;
  const feed = after.indexOf('\n');
  const line = text.slice(from, start + (feed === -1 ? after.length : feed));
  if (!line.includes('\t')) return;
  let at = from;
  for (const field of line.split('\t')) {
    const raw = field.trimEnd();
    if (raw !== '' && isKeyOf(blob, raw))
      tell('The line', { start: view.byteAt(at), end: view.byteAt(at + raw.length) }, out);
    at += field.length + 1;
  }
}

/** Whether text is base64 or hex of random bytes, as many as a blob holds. */
function isKeyOf({ identification: { plaintextBytes } }: FoundBlob, raw: string): boolean {
  if (plaintextBytes === null || !KEY_SIZES.includes(plaintextBytes)) return false;
  const isHex = raw.length === 2 * plaintextBytes && /^[0-9a-fA-F]+$/.test(raw);
  if (!isHex && !/^[A-Za-z0-9+/_-]+={0,2}$/.test(raw)) return false;
  const key = Buffer.from(raw, isHex ? 'hex' : 'base64');
  const is = key.length === plaintextBytes && randomness(key).failed === null;
  key.fill(0);
  return is;
}

function tell(where: string, range: ByteRange, out: Beside): void {
  out.plaintext.push(range);
  out.findings.push(
    finding('plaintext-beside-blob', {
      evidence: [`${where} holds the secret in clear.`],
      values: { remedy: REMEDY_IN_CLEAR },
      range,
    }),
  );
}
