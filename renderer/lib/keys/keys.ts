import { plaintextCapacity, regionOfArn, takesEncryptionContext } from '#shared/kms/facts.ts';
import { compareKeys } from '#shared/kms/key-names.ts';
import type { ConnectionState } from '#shared/model/connection.ts';
import type { KeyInfo, KeyRotation } from '#shared/model/key.ts';
import { count, day, shortKeyName } from '../words/format.ts';
import type { Tone } from '../words/words.ts';

/** First alias of a key, or its id. */
export const keyLabel = (key: KeyInfo): string => key.aliases[0] ?? key.keyId;

/** A key by its ARN or id: its alias where the list knows it, otherwise the telling end of its ARN. */
export function keyWords(arnOrId: string, keys: readonly KeyInfo[] | null): string {
  const key = keys?.find((each) => each.arn === arnOrId || each.keyId === arnOrId);
  return key === undefined ? shortKeyName(arnOrId) : keyLabel(key);
}

const KEY_ARN = /(arn:aws[\w-]*:kms:[\w-]+:\d{12}:key\/[\w-]+)/;

/**
 * Words cut at the ARNs of keys that have an alias in the list, which stands in their place. `arn`: null for the words
 * between them; `at`: unique among the parts. A key that the list does not hold keeps its ARN, which says its account.
 */
export function keyParts(
  text: string,
  keys: readonly KeyInfo[] | null,
): readonly { readonly words: string; readonly arn: string | null; readonly at: string }[] {
  return text.split(KEY_ARN).map((part, i) => {
    const alias = i % 2 === 1 ? keys?.find(({ arn }) => arn === part)?.aliases[0] : undefined;
    return { words: alias ?? part, arn: alias === undefined ? null : part, at: `${i} ${part}` };
  });
}

/** Words with aliases in place of ARNs, as {@link keyParts}. */
export const withKeyNames = (text: string, keys: readonly KeyInfo[] | null): string =>
  keyParts(text, keys)
    .map(({ words }) => words)
    .join('');

/** Made once for each key: ten thousand are searched at every keystroke. */
const texts = new WeakMap<KeyInfo, string>();

/** Text of a key that a search looks in. */
function keyText(key: KeyInfo): string {
  const known = texts.get(key);
  if (known !== undefined) return known;
  const { aliases, keyId, arn, description, spec, state, usage, origin, manager, tags } = key;
  const parts = [...aliases, keyId, arn, description, spec, state, usage, origin, manager];
  for (const { key: name, value } of tags ?? []) parts.push(`${name}=${value}`);
  const text = parts
    .filter((part) => part !== null)
    .join('\n')
    .toLowerCase();
  texts.set(key, text);
  return text;
}

/** Keys that contain every word of `query`. */
export function filterKeys(keys: readonly KeyInfo[], query: string): readonly KeyInfo[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return keys;
  return keys.filter((key) => {
    const text = keyText(key);
    return words.every((word) => text.includes(word));
  });
}

interface Danger {
  readonly word: string;
  readonly tone: Tone;
  /** In one sentence, with the date where there is one. */
  readonly why: string;
}

/** Why the blobs of a key do not open now, or will not for long; null while the key works. */
export function keyDanger({ state, deletionDate }: Pick<KeyInfo, 'state' | 'deletionDate'>): Danger | null {
  switch (state) {
    case 'PendingDeletion':
      return {
        word: deletionDate === null ? 'Pending deletion' : `Deleted on ${day(deletionDate)}`,
        tone: 'danger',
        why: `${deletionDate === null ? 'The key is scheduled for deletion.' : `The key is deleted on ${day(deletionDate)}.`} After that these blobs cannot be decrypted. Cancel the deletion (CancelKeyDeletion, then EnableKey) and re-encrypt them before.`,
      };
    case 'PendingReplicaDeletion':
      return {
        word: 'Pending deletion',
        tone: 'danger',
        why: 'The multi-Region primary waits to be deleted once its replicas are gone. After that these blobs cannot be decrypted.',
      };
    case 'Disabled':
      return {
        word: 'Disabled',
        tone: 'attention',
        why: 'The key is disabled: these blobs cannot be decrypted until it is enabled again (EnableKey).',
      };
    case 'PendingImport':
      return {
        word: 'No key material',
        tone: 'danger',
        why: 'The imported key material has expired or was deleted: these blobs cannot be decrypted until the same material is imported again.',
      };
    case 'Unavailable':
      return {
        word: 'Unavailable',
        tone: 'attention',
        why: 'The custom key store of the key is disconnected: these blobs cannot be decrypted until it is connected.',
      };
    default:
      return null;
  }
}

/** Why a key ARN cannot be asked about on a connection; null: it can. */
export function arnProblem(keyId: string, connection: ConnectionState | null): string | null {
  const region = regionOfArn(keyId);
  const here = connection?.region ?? null;
  if (region === null || here === null || region === here) return null;
  return `This key is in ${region}; the connection is in ${here}. A key is used in its own Region only.`;
}

/** Blobs that a key is chosen for, as far as that bears on the choice. */
interface For {
  readonly family: 'symmetric' | 'rsa';
  /** Bytes of each plaintext, where known. */
  readonly plaintextBytes: readonly (number | null)[];
}

/** Why a key cannot open (source) or hold (destination) these blobs by its algorithms; null when it can. */
export function misfit(key: KeyInfo, side: 'source' | 'destination', blobs: For): string | null {
  const { algorithms, spec } = key;
  // Not described: KMS is the judge.
  if (algorithms.length === 0 || spec === null) return null;
  if (side === 'source') {
    const symmetric = algorithms.some(takesEncryptionContext);
    if (blobs.family === 'symmetric' && !symmetric)
      return `It has ${algorithms.join(', ')}; these blobs are of a symmetric key.`;
    return blobs.family === 'rsa' && symmetric ? 'It is a symmetric key; these blobs are not of one.' : null;
  }
  const most = Math.max(...algorithms.map((algorithm) => plaintextCapacity(spec, algorithm) ?? 0));
  const sizes = blobs.plaintextBytes;
  if (sizes.length === 0 || !sizes.every((size) => size !== null && size > most)) return null;
  return `It encrypts at most ${count(most)} bytes; ${sizes.length === 1 ? 'this plaintext is' : 'the plaintexts are'} longer.`;
}

/** Automatic rotation in short: "Yearly", "Every 90 days", "Off". */
export function rotationWords({ enabled, periodDays }: KeyRotation): string {
  if (!enabled) return 'Off';
  if (periodDays === null) return 'On';
  return periodDays === 365 ? 'Yearly' : `Every ${count(periodDays)} days`;
}

/** "ENCRYPT_DECRYPT" as "Encrypt and decrypt". */
export const usageWords = (usage: string): string =>
  usage
    .toLowerCase()
    .replaceAll('_', ' and ')
    .replace(/^./, (c) => c.toUpperCase());

/** "PendingDeletion" as "Pending deletion". */
export const stateWords = (state: string): string =>
  state.replace(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`);

const STATE_TONES: Readonly<Record<string, Tone>> = {
  Enabled: 'done',
  Updating: 'running',
  Creating: 'running',
};
export const stateTone = (key: Pick<KeyInfo, 'state' | 'deletionDate'>): Tone =>
  keyDanger(key)?.tone ?? STATE_TONES[key.state ?? ''] ?? 'neutral';

/** Words of a search with the id of the key in place of an alias, which records do not hold. */
export function withKeyIds(words: string, keys: readonly KeyInfo[]): string {
  return words
    .split(/\s+/)
    .map((word) => {
      const alias = /(?:^|:)(alias\/\S+)$/i.exec(word)?.[1]?.toLowerCase();
      if (alias === undefined) return word;
      return keys.find(({ aliases }) => aliases.some((each) => each.toLowerCase() === alias))?.keyId ?? word;
    })
    .join(' ');
}

/** What keys are sorted by in each column; a value that is not known is empty, and comes last. */
const VALUES: Readonly<Record<string, (key: KeyInfo) => string>> = {
  spec: ({ spec, usage }) => `${spec ?? ''} ${usage ?? ''}`.trim(),
  state: ({ state }) => state ?? '',
  rotation: ({ rotation }) =>
    rotation === null ? '' : rotation.enabled ? `0 ${rotation.nextAt ?? ''}` : '1',
  origin: ({ origin, manager }) => `${origin ?? ''} ${manager ?? ''}`.trim(),
  created: ({ createdAt }) => createdAt ?? '',
};

/** Ids of the columns that keys can be sorted by. */
export const SORTABLE_KEY_COLUMNS: ReadonlySet<string> = new Set(['name', ...Object.keys(VALUES)]);

/** Keys in the order of a column; those that are alike in it stay in the order of their names. */
export function sortKeys(
  keys: readonly KeyInfo[],
  { column, descending }: { readonly column: string; readonly descending: boolean },
): readonly KeyInfo[] {
  const value = VALUES[column];
  const way = descending ? -1 : 1;
  if (value === undefined) return keys.toSorted((a, b) => way * compareKeys(a, b));
  const values = new Map(keys.map((key) => [key, value(key)]));
  return keys.toSorted((a, b) => {
    const [x, y] = [values.get(a) ?? '', values.get(b) ?? ''];
    if (x === y) return compareKeys(a, b);
    if (x === '' || y === '') return x === '' ? 1 : -1;
    return x < y ? -way : way;
  });
}

/** Number of colours in the swatch palette (`--swatch-0` … in tokens.css). */
export const SWATCH_COLOURS = 12;
const BARS = 5;

interface SwatchShape {
  /** Palette indexes of the two colours; never equal. */
  readonly colours: readonly [number, number];
  /** Which of the two colours each of the five bars has; both occur. */
  readonly bars: readonly (0 | 1)[];
}

/**
 * The face of a key: drawn from the first four bytes of its fingerprint alone, so the same material looks the same
 * everywhere. 12 × 11 × 30 different faces: a help for the eye, never a proof (the hex digits beside it are).
 */
export function swatchOf(fingerprint: string): SwatchShape {
  const byte = (i: number): number => Number.parseInt(fingerprint.slice(i * 2, i * 2 + 2), 16) || 0;
  const first = byte(0) % SWATCH_COLOURS;
  const second = (first + 1 + (byte(1) % (SWATCH_COLOURS - 1))) % SWATCH_COLOURS;
  const pattern = 1 + ((byte(2) * 256 + byte(3)) % (2 ** BARS - 2));
  const bars = Array.from({ length: BARS }, (_, i): 0 | 1 => (((pattern >> i) & 1) === 1 ? 1 : 0));
  return { colours: [first, second], bars };
}
