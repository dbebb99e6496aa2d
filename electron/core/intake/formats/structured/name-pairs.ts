import { finding } from '#shared/finding.ts';
import type { ByteRange } from '#shared/model/blob.ts';
import type { Group, Leaf } from '../../structure/index.ts';
import type { FoundBlob } from '../../types.ts';
import { type BesideBlob, inClear, isNoPlaintext } from './beside.ts';

/** Words of a name that say that a value is in clear; those that may say something else (`clear_cache`); those that say that it is not. */
const PLAIN = new Set(['plaintext', 'cleartext', 'decrypted', 'unencrypted']);
const MAY_BE_PLAIN = new Set(['plain', 'clear']);
const CIPHER = new Set([
  'ciphertext',
  'cipher',
  'encrypted',
  'enc',
  'crypted',
  'kms',
  'blob',
  'wrapped',
  'ciphertextblob',
]);
/** Longest name and value looked at, in characters. */
const MOST_NAME = 120;
const MOST_VALUE = 8192;

interface Name {
  /** The name without those words, in lower case. */
  readonly stem: string;
  readonly plain: 'yes' | 'maybe' | 'no';
  readonly cipher: boolean;
}

/** `dbPasswordPlaintext`, `DB_PASSWORD_CIPHERTEXT` and `db-password.enc` are of one stem. */
function nameOf(key: string): Name {
  const words = key
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .replaceAll(/\b(plain|clear|cipher)[ _.-]text\b/g, '$1text')
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
  return {
    stem: words.filter((word) => !PLAIN.has(word) && !MAY_BE_PLAIN.has(word) && !CIPHER.has(word)).join(' '),
    plain: words.some((word) => PLAIN.has(word))
      ? 'yes'
      : words.some((word) => MAY_BE_PLAIN.has(word))
        ? 'maybe'
        : 'no',
    cipher: words.some((word) => CIPHER.has(word)),
  };
}

/**
 * What stands in clear in a map beside its blobs, by name: `password_plain` beside `password_enc` is the plaintext; `password` beside
 * `password_encrypted` may be it, where it has just the size that the blob holds. Linear in the members.
 */
export function pairedByName(parent: Group, blobs: readonly FoundBlob[], out: BesideBlob): void {
  const starts = new Map(blobs.map((blob) => [blob.range.start, blob]));
  const byStem = new Map<string, { blob: FoundBlob; cipher: boolean }>();
  const clear: { leaf: Leaf; name: Name; range: ByteRange }[] = [];
  for (const member of parent.members) {
    if (!('raw' in member) || typeof member.key !== 'string' || member.key.length > MOST_NAME) continue;
    const range = { start: member.view.byteAt(member.outerStart), end: member.view.byteAt(member.outerEnd) };
    const name = nameOf(member.key);
    const blob = starts.get(range.start) ?? starts.get(member.view.byteAt(member.start));
    if (blob !== undefined) byStem.set(name.stem, { blob, cipher: name.cipher });
    else if (!name.cipher && member.end > member.start && member.end - member.start <= MOST_VALUE)
      clear.push({ leaf: member, name, range });
  }
  const known = new Set(out.plaintext.map(({ start }) => start));
  for (const { leaf, name, range } of clear) {
    const pair = byStem.get(name.stem);
    if (pair === undefined || isNoPlaintext(leaf.raw) || known.has(range.start)) continue;
    if (name.plain !== 'no' && (pair.cipher || (name.plain === 'yes' && name.stem !== '')))
      inClear(leaf.place, range, out);
    else if (
      name.plain === 'no' &&
      name.stem !== '' &&
      pair.cipher &&
      fits(leaf.value(), pair.blob.identification.plaintextBytes)
    ) {
      out.possible.push(range);
      out.findings.push(
        finding('possible-plaintext-beside-blob', {
          evidence: [
            `${leaf.place} is named as the pair of ${pair.blob.place}, and has exactly the length that the blob holds.`,
          ],
          range,
        }),
      );
    }
  }
}

/** Whether a text, or what it is base64 or hex of, has so many bytes. */
export function fits(value: string, bytes: number | null): boolean {
  if (bytes === null || bytes === 0) return false;
  if (Buffer.byteLength(value) === bytes) return true;
  if (value.length === 2 * bytes && /^[0-9a-fA-F]+$/.test(value)) return true;
  const letters = value.replace(/={1,2}$/, '').length;
  return letters === Math.ceil((bytes * 4) / 3) && /^[A-Za-z0-9+/_-]+={0,2}$/.test(value);
}
