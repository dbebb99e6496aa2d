import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { InvalidArgumentError } from 'commander';
import { shellWord } from '#shared/format.ts';
import { contextBytes } from '#shared/kms/contexts.ts';
import type { EncryptionContext } from '#shared/model/context.ts';

const FORMS = 'Give KEY=VALUE, a JSON object such as {"app":"billing"}, or file://PATH of one.';
/** KMS's limit, as compact JSON (API reference, EncryptionContext). */
const MOST_BYTES = 8192;

/**
 * Collects repeated `--context`: `K=V`, where the first `=` separates and nothing else does; a JSON object of strings; or
 * `file://` and the path of a file that holds one. A key twice with other values is refused. Throws InvalidArgumentError.
 */
export function contextOption(value: string, previous: EncryptionContext | undefined): EncryptionContext {
  const pairs = pairsOf(value);
  const known = new Map(Object.entries(previous ?? {}));
  for (const [key, text] of pairs) {
    if (known.has(key) && known.get(key) !== text)
      throw new InvalidArgumentError(`The encryption context key ${JSON.stringify(key)} is given twice.`);
    known.set(key, text);
  }
  const context = Object.fromEntries(known);
  if (contextBytes(context) > MOST_BYTES)
    throw new InvalidArgumentError(
      `KMS takes ${MOST_BYTES.toLocaleString('en-US')} bytes of context at most.`,
    );
  return context;
}

function pairsOf(value: string): (readonly [string, string])[] {
  if (/^file:\/\//i.test(value)) return jsonPairs(readText(value.slice('file://'.length)), value);
  if (value.trimStart().startsWith('{')) return jsonPairs(value, 'This JSON');
  const at = value.indexOf('=');
  if (at < 1) throw new InvalidArgumentError(FORMS);
  return [[value.slice(0, at), value.slice(at + 1)]];
}

/** `what`: how the text is called. */
function jsonPairs(text: string, what: string): (readonly [string, string])[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new InvalidArgumentError(`${what} is not valid JSON. ${FORMS}`);
  }
  if (parsed === null || typeof parsed !== 'object' || Array.isArray(parsed))
    throw new InvalidArgumentError(`${what} is no JSON object. ${FORMS}`);
  const pairs = Object.entries(parsed).map(([key, member]) => {
    if (key === '') throw new InvalidArgumentError(`${what} has an empty key, which KMS does not take.`);
    if (typeof member !== 'string')
      throw new InvalidArgumentError(
        `${what} has a value for ${JSON.stringify(key)} that is no string. Write it in quotes as it was when the blob was encrypted.`,
      );
    return [key, member] as const;
  });
  // JSON.parse takes the last of two members with one name without a word. Each member that it kept is two strings; more
  // strings than that are of members that it did not keep.
  const strings = text.match(/"(?:[^"\\]|\\.)*"/g) ?? [];
  if (strings.length > 2 * pairs.length) throw new InvalidArgumentError(`${what} has one key twice.`);
  return pairs;
}

/** Text of a file: UTF-8, or UTF-16 with its mark, as PowerShell's `>` writes. */
function readText(path: string): string {
  const at = path === '~' || path.startsWith('~/') ? homedir() + path.slice(1) : path;
  let bytes: Buffer;
  try {
    bytes = readFileSync(at);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'nothing more';
    throw new InvalidArgumentError(`The file ${at} cannot be read: the system says ${code}.`);
  }
  const charset =
    bytes[0] === 0xff && bytes[1] === 0xfe
      ? 'utf-16le'
      : bytes[0] === 0xfe && bytes[1] === 0xff
        ? 'utf-16be'
        : 'utf-8';
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes);
  } catch {
    throw new InvalidArgumentError(`The file ${at} is not valid ${charset.toUpperCase()}.`);
  }
}

/** `a=b,c=d` is two pairs to the AWS CLI, and one pair here: whether a value looks like that. */
const SHORTHAND = /,\s*[^,=\s]+=/;

/** What to say of pairs that look like the AWS CLI's shorthand; `option`: how they were given. */
export function shorthandHints(option: string, context: EncryptionContext | undefined): string[] {
  return Object.entries(context ?? {})
    .filter(([, value]) => SHORTHAND.test(value))
    .map(([key, value]) => {
      const apart = `${key}=${value}`
        .split(/,\s*(?=[^,=\s]+=)/)
        .map((pair) => `${option} ${shellWord(pair)}`);
      return `${option} ${shellWord(`${key}=${value}`)} was taken as one pair: the key ${JSON.stringify(key)} with the value ${JSON.stringify(value)}. If these are ${apart.length} pairs, give: ${apart.join(' ')}`;
    });
}
