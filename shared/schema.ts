/**
 * zod as the contract and the models use it: every string, array and record has a bound without saying so, and a
 * tighter one where it says so. A request that is larger than anything a person means is refused before it costs
 * anything, whatever made it.
 */
import * as zod from 'zod';

export * from 'zod';

// A page under CSP without 'unsafe-eval' must not make zod try `new Function`.
zod.config({ jitless: true });

/**
 * Has zod stop at the first member of a list or object that does not fit, instead of keeping an issue of each: of a
 * hundred thousand, making and joining them takes seconds. Its typings keep the option to its own `validate`, which
 * says only whether a value fits; a test of the bridge holds the version in use to it.
 */
export const UNTIL_FIRST = { abortEarly: true } as zod.core.ParseContext<zod.core.$ZodIssue>;

/** Characters of any text: as many as the largest file that is read has bytes. */
export const MOST_TEXT = 64 * 1024 * 1024;
/** Members of any list; the list of blobs is the longest. */
export const MOST_ITEMS = 10_000_000;
/** Members of any record. */
export const MOST_MEMBERS = 10_000;
/** Characters of an id or token that the host gave. */
const MOST_ID = 200;

export const string = (params?: Parameters<typeof zod.string>[0]): zod.ZodString =>
  zod.string(params).max(MOST_TEXT);

/** An id or token that the host gave: a blob's, a run's, a folder's. */
export const id = (): zod.ZodString => zod.string().max(MOST_ID);

export const array = <T extends zod.core.SomeType>(element: T): zod.ZodArray<T> =>
  zod.array(element).max(MOST_ITEMS);

const bounds = new WeakMap<object, number>();

/** How many members a schema made by {@link record} takes; undefined for any other. */
export const mostMembers = (schema: object): number | undefined => bounds.get(schema);

/** A record that counts its members before it looks at any of them: zod itself looks at each, and keeps an issue of each. */
export function record<Key extends zod.core.$ZodRecordKey, Value extends zod.core.SomeType>(
  key: Key,
  value: Value,
  most: number = MOST_MEMBERS,
) {
  type Given = zod.core.input<zod.ZodRecord<Key, Value>>;
  const few = zod.custom<Given>((given) => isFew(given, most), {
    error: `Too many members: at most ${most}`,
    abort: true,
  });
  bounds.set(few, most);
  return few.pipe(zod.record(key, value) as zod.ZodRecord<Key, Value> & zod.ZodType<unknown, Given>);
}

/** True of what is no object, too: the record says what is wrong with that. */
function isFew(given: unknown, most: number): boolean {
  if (typeof given !== 'object' || given === null) return true;
  let members = 0;
  for (const _ in given) if (++members > most) return false;
  return true;
}
