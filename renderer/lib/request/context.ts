import { changedContext, contextBytes } from '#shared/kms/contexts.ts';
import type { EncryptionContext } from '#shared/model/context.ts';

/** One line of the encryption context editor. */
export interface Pair {
  readonly id: number;
  readonly key: string;
  readonly value: string;
  /** Of a suggestion that gives only the beginning of a value: that beginning, and what is to be added to it. */
  readonly begun?: { readonly value: string; readonly awaits: string };
}

/** Above this many bytes Rewrap warns: services behind KMS (external key stores) need not take more. */
export const CONTEXT_WARN_BYTES = 8192;

let next = 1;
/** A pair with an id of its own, so that React keeps its text field while lines come and go. */
export const pair = (key = '', value = '', awaits: string | null = null): Pair => ({
  id: next++,
  key,
  value,
  ...(awaits === null ? {} : { begun: { value, awaits } }),
});

/** Pairs of a context object, in its own order. */
export const pairsOf = (context: Readonly<Record<string, string>>): Pair[] =>
  Object.entries(context).map(([key, value]) => pair(key, value));

/** A line that was added and not yet filled in. */
export const isBlank = (p: Pair): boolean => p.key === '' && p.value === '';

interface ContextCheck {
  /** The context as KMS takes it; null while something must be corrected. */
  readonly context: Record<string, string> | null;
  /** Error of each line, by pair id. */
  readonly errors: ReadonlyMap<number, string>;
  /** Bytes of the pairs as compact JSON in UTF-8. */
  readonly bytes: number;
}

/**
 * Turns the editor's lines into a context. Blank lines are left out; keys are exact and case-sensitive, so "App" and
 * "app" are two keys, while the same key twice is an error (JSON would silently keep only the last).
 */
export function contextProblem(pairs: readonly Pair[]): ContextCheck {
  const errors = new Map<number, string>();
  const seen = new Set<string>();
  const entries: [string, string][] = [];
  for (const p of pairs) {
    if (isBlank(p)) continue;
    if (p.key === '') errors.set(p.id, 'A pair needs a key.');
    else if (seen.has(p.key)) errors.set(p.id, `The key “${p.key}” is already in the list.`);
    else if (p.begun?.value === p.value) errors.set(p.id, `Add ${p.begun.awaits}.`);
    seen.add(p.key);
    entries.push([p.key, p.value]);
  }
  const context = Object.fromEntries(entries);
  return { context: errors.size === 0 ? context : null, errors, bytes: contextBytes(context) };
}

/** What changing each blob's own context comes to, over blobs with a known context of their own. */
interface ChangeEffect {
  /** Blobs that get a pair they did not have, another value, and one pair less. */
  readonly added: number;
  readonly replaced: number;
  readonly removed: number;
  /** Bytes of the largest context that comes of it. */
  readonly largest: number;
}

/** The effect of {@link changedContext} on each of the own contexts. */
export function changeEffect(
  owns: readonly (EncryptionContext | null)[],
  add: EncryptionContext,
  remove: readonly string[],
): ChangeEffect {
  const effect = { added: 0, replaced: 0, removed: 0, largest: 0 };
  const keys = Object.keys(add);
  for (const context of owns) {
    const own = context ?? {};
    if (keys.some((key) => !Object.hasOwn(own, key))) effect.added += 1;
    if (keys.some((key) => Object.hasOwn(own, key) && own[key] !== add[key])) effect.replaced += 1;
    if (remove.some((key) => Object.hasOwn(own, key))) effect.removed += 1;
    effect.largest = Math.max(effect.largest, contextBytes(changedContext(own, { add, remove })));
  }
  return effect;
}

/** Keys that the own contexts have, with how many have them, the most frequent first. */
export function keysOf(
  owns: readonly (EncryptionContext | null)[],
): readonly { key: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const own of owns)
    for (const key of Object.keys(own ?? {})) counts.set(key, (counts.get(key) ?? 0) + 1);
  return Array.from(counts, ([key, count]) => ({ key, count })).sort((a, b) => b.count - a.count);
}

type Pasted = { ok: true; pairs: Pair[] } | { ok: false; problem: string };

/** Reads a pasted JSON object of strings, `K=V` lines, or the AWS CLI's shorthand `K=V,K2=V2`. */
export function parseContextText(text: string): Pasted {
  const trimmed = text.trim();
  if (trimmed === '') return { ok: false, problem: 'Paste JSON or key=value lines first.' };
  return trimmed.startsWith('{') ? parseJson(trimmed) : parseShorthand(trimmed);
}

function parseJson(text: string): Pasted {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, problem: 'This is not valid JSON.' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { ok: false, problem: 'The JSON must be one object of strings.' };
  const pairs: Pair[] = [];
  for (const [key, entry] of Object.entries(value)) {
    if (typeof entry !== 'string')
      return { ok: false, problem: `The value of “${key}” is not a string: KMS accepts only strings.` };
    pairs.push(pair(key, entry));
  }
  // JSON.parse keeps the last of two equal keys; the text still shows both. Its strings are keys and values in turn.
  const written = text.match(/"(?:[^"\\]|\\.)*"/g) ?? [];
  const names = written.filter((_, i) => i % 2 === 0).map((name) => String(JSON.parse(name)));
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) return { ok: false, problem: `The key “${twice}” appears twice in the JSON.` };
  return { ok: true, pairs };
}

function parseShorthand(text: string): Pasted {
  const parts = text.includes('\n') ? text.split('\n') : text.split(',');
  const pairs: Pair[] = [];
  for (const part of parts) {
    const line = part.trim();
    if (line === '') continue;
    const at = line.indexOf('=');
    if (at <= 0) return { ok: false, problem: `“${line}” is not a key=value pair.` };
    pairs.push(pair(line.slice(0, at).trim(), line.slice(at + 1).trim()));
  }
  return { ok: true, pairs };
}
