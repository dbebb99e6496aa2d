import { finding } from '#shared/finding.ts';
import { REMEDY_IN_CLEAR } from '#shared/findings.ts';
import type { ByteRange, Finding } from '#shared/model/blob.ts';
import { randomness } from '../../../inspect/index.ts';
import { Group, Leaf } from '../../structure/index.ts';
import type { FoundBlob } from '../../types.ts';

/** What stands in clear beside a blob: findings, and the bytes that are never copied elsewhere. */
export interface BesideBlob {
  readonly findings: Finding[];
  readonly plaintext: ByteRange[];
  /** What may be a plaintext: such a file is copied only where a person allows it. */
  readonly possible: ByteRange[];
}

/** Names, in lower case without `_` and `-`, under which KMS's replies and people put what a blob holds. */
const PLAIN_NAMES =
  /^(?:plaintext|privatekeyplaintext|plaintextkey|plaintextdatakey|plainkey|cleartext|decrypted|unencrypted)$/;
/** Values that stand for a plaintext and are none. */
const NO_VALUE =
  /^(?:|null|~|none|nil|undefined|true|false|\*+|\.\.\.|…|ENC\[.*|<[^<>]*>|\$\{?[\w.]+\}?|\{\{.*\}\}|\{\w*\}|%[sdvq@]|\*+ ?.*redacted.*)$/i;

/** Whether a value only stands for a plaintext: a placeholder, a reference, or ciphertext of another tool. */
export function isNoPlaintext(value: string): boolean {
  return NO_VALUE.test(value.slice(0, 200));
}

/** Names that are believed when the value is also a key of just the size that the blob holds. */
const KEY_NAMES = /^(?:key|rawkey|datakey|dek|secretkey|aeskey|cek)$/;
const KEY_SIZES: readonly number[] = [16, 24, 32, 48, 64];

/** The plaintext of a blob as another member of its map. */
export function plaintextMembers(blob: FoundBlob, parent: Group, out: BesideBlob): void {
  for (const member of parent.members) {
    if (typeof member.key !== 'string' || member.end - member.start > 8192) continue;
    if (member instanceof Group) {
      // A buffer of bytes written as JSON.
      const range = plaintextBuffer(member);
      if (range !== null) inClear(member.place, range, out);
      continue;
    }
    const name = plainName(member.key);
    const { view } = member;
    const range = { start: view.byteAt(member.outerStart), end: view.byteAt(member.outerEnd) };
    if (range.start === blob.range.start || member.end === member.start) continue;
    const isPlain =
      (PLAIN_NAMES.test(name) && !isNoPlaintext(member.raw)) ||
      (KEY_NAMES.test(name) && isKeyOf(blob, member.raw));
    if (isPlain) inClear(member.place, range, out);
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

/** Adds what a name says is in clear. */
export function inClear(where: string, range: ByteRange, out: BesideBlob): void {
  out.plaintext.push(range);
  out.findings.push(
    finding('plaintext-beside-blob', {
      evidence: [`${where} holds the secret in clear.`],
      values: { remedy: REMEDY_IN_CLEAR },
      range,
    }),
  );
}
