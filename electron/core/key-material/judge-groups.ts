import type { KeyGroup, LearnedKey } from '#shared/model/key-group.ts';
import type { AliasTie, KeyNames } from './key-identity.ts';
import { readKeyName } from './key-names.ts';

/** What the statements about a key group say together. */
export interface Judged {
  /** Every statement, strongest first. */
  readonly keys: readonly LearnedKey[];
  readonly verdict: KeyGroup['verdict'];
  readonly reason: string | null;
  /** The statement that names the group; null where none does or they contradict each other. */
  readonly best: LearnedKey | null;
  /** A statement of KMS, or of a person that nothing contradicts. */
  readonly proof: LearnedKey | null;
  /** Identity of the key; null where no single key is named. */
  readonly key: string | null;
  /** Aliases alone name its key: they may have named another one when the blobs were made. */
  readonly aliasOnly: boolean;
  /** Aliases name a key that has fewer key materials than that: they named another one for some of the groups. */
  readonly doubtful: boolean;
}

export const NOTHING_SAID: Judged = {
  keys: [],
  verdict: 'unknown',
  reason: null,
  best: null,
  proof: null,
  key: null,
  aliasOnly: false,
  doubtful: false,
};

/**
 * Aliases and keys that are named for one key material. It proves what the alias named when those blobs were made, and
 * nothing of other key materials.
 */
export function* tiesOf(groups: Iterable<readonly LearnedKey[]>, names: KeyNames): Generator<AliasTie> {
  for (const statements of groups) {
    const read = statements.map(({ keyArn, by }) => ({ keyArn, by, name: readKeyName(keyArn) }));
    const aliases = read.filter(({ name }) => name.alias);
    if (aliases.length === 0) continue;
    const proven = read.filter(({ by, name }) => by === 'kms' && !name.alias);
    const keys = proven.length > 0 ? proven : read.filter(({ name }) => !name.alias);
    const [first] = keys;
    // A key material that files name by two keys ties nothing.
    if (first === undefined || keys.some(({ keyArn }) => names.apart(first.keyArn, keyArn))) continue;
    for (const { keyArn } of aliases)
      if (!names.apart(keyArn, first.keyArn)) yield { alias: keyArn, key: first.keyArn };
  }
}

/** Judges each key group by itself, then each key by the number of its key materials. */
export function judgeGroups(
  statements: ReadonlyMap<string, readonly LearnedKey[]>,
  names: KeyNames,
): ReadonlyMap<string, Judged> {
  const judged = new Map([...statements].map(([fingerprint, keys]) => [fingerprint, judge(keys, names)]));
  tooMany(judged, names);
  return judged;
}

const isConcrete = ({ keyArn }: LearnedKey): boolean => !readKeyName(keyArn).alias;

function judge(keys: readonly LearnedKey[], names: KeyNames): Judged {
  const [strongest] = keys;
  if (strongest === undefined) return NOTHING_SAID;
  const concrete = keys.find((key) => key.by === strongest.by && isConcrete(key));
  const best = strongest.by === 'declared' ? (concrete ?? strongest) : strongest;
  const others = keys.filter((key) => key !== best);
  const apart = others.filter(({ keyArn }) => names.apart(best.keyArn, keyArn));
  if (apart.length > 0) return contradiction(keys, best, apart, names);
  const proof = best.by === 'declared' ? null : best;
  const aliasOnly = !isConcrete(best);
  return {
    ...NOTHING_SAID,
    ...verdictOf(best, others, names),
    keys,
    best,
    proof,
    key: aliasOnly
      ? aliasKey(keys, names)
      : commonKey(best, proof === null ? others.filter(isConcrete) : [], names),
    aliasOnly,
  };
}

/** The key that all names may stand for, where there is one and no other. */
function commonKey(best: LearnedKey, others: readonly LearnedKey[], names: KeyNames): string | null {
  let common = names.keysOf(best.keyArn);
  for (const { keyArn } of others) {
    const left = common.filter((key) => names.keysOf(keyArn).includes(key));
    if (left.length > 0) common = left;
  }
  return common.length === 1 ? (common[0] ?? null) : null;
}

/** The one key that aliases of a group name or named; else the alias itself. */
function aliasKey(keys: readonly LearnedKey[], names: KeyNames): string | null {
  let common: readonly string[] | null = null;
  for (const { keyArn } of keys) {
    const targets = names.targetsOf(keyArn);
    if (targets.length === 0) continue;
    const left: readonly string[] = common === null ? targets : common.filter((key) => targets.includes(key));
    if (left.length > 0) common = left;
  }
  const [only, ...more] = common ?? [];
  if (only !== undefined && more.length === 0) return only;
  return keys[0] === undefined ? null : names.aliasIdentity(keys[0].keyArn);
}

function contradiction(
  keys: readonly LearnedKey[],
  best: LearnedKey,
  apart: readonly LearnedKey[],
  names: KeyNames,
): Judged {
  const list = [...new Set(apart.map(({ keyArn }) => keyArn))].join(', ');
  const made = { ...NOTHING_SAID, keys, verdict: 'contradiction' as const };
  if (best.by === 'kms')
    return {
      ...made,
      reason: `KMS confirmed ${best.keyArn}; ${list} is a wrong label, or the same bytes were copied from another environment.`,
      best,
      proof: best,
      key: commonKey(best, [], names),
    };
  return {
    ...made,
    reason:
      `One key material is declared under keys that cannot be one: ${best.keyArn} and ${list}. ` +
      'At least one label is wrong, or a file was copied from another environment. A reply of KMS decides.',
  };
}

function verdictOf(
  best: LearnedKey,
  others: readonly LearnedKey[],
  names: KeyNames,
): { readonly verdict: KeyGroup['verdict']; readonly reason: string | null } {
  const all = [best, ...others].map(({ keyArn }) => readKeyName(keyArn));
  const aliases = all.filter(({ alias }) => alias);
  if (aliases.length > 0 && aliases.length < all.length) {
    const moved = aliases.filter(({ text }) => names.same(text, best.keyArn) === 'different');
    return {
      verdict: 'alias',
      reason:
        moved.length === 0
          ? 'The material is declared under a key and under an alias; the alias pointed at that key when it was used.'
          : `${moved.map(({ text }) => text).join(', ')} names another key now: the alias was moved, or the label is wrong.`,
    };
  }
  const regions = new Set(
    all.flatMap(({ multiRegion, region }) => (multiRegion && region !== null ? [region] : [])),
  );
  if (regions.size > 1)
    return {
      verdict: 'replicas',
      reason: `Replicas of one multi-Region key share their key material: ${[...regions].sort().join(', ')}.`,
    };
  return { verdict: 'one-key', reason: null };
}

/**
 * A key has no more key materials than KMS says. Where files name more, labels by id or ARN that KMS did not confirm
 * contradict each other; an alias was moved, or a label is wrong.
 */
function tooMany(judged: Map<string, Judged>, names: KeyNames): void {
  const concrete = new Map<string, string[]>();
  const byAlias = new Map<string, string[]>();
  const put = (lists: Map<string, string[]>, key: string, fingerprint: string): void => {
    if (names.materialsOf(key) === null) return;
    const list = lists.get(key) ?? [];
    list.push(fingerprint);
    lists.set(key, list);
  };
  for (const [fingerprint, { keys, key, proof, aliasOnly }] of judged) {
    if (proof !== null) {
      if (key !== null) put(concrete, key, fingerprint);
    } else if (aliasOnly) {
      if (key !== null) put(byAlias, key, fingerprint);
    } else
      for (const each of new Set(keys.filter(isConcrete).flatMap(({ keyArn }) => names.keysOf(keyArn))))
        put(concrete, each, fingerprint);
  }
  for (const key of new Set([...concrete.keys(), ...byAlias.keys()])) {
    const most = names.materialsOf(key) ?? 0;
    const named = concrete.get(key) ?? [];
    const aliased = byAlias.get(key) ?? [];
    if (named.length > most) for (const each of named) contradict(judged, each, named.length, most);
    if (named.length + aliased.length > most) for (const each of aliased) doubt(judged, each, names);
  }
}

function contradict(judged: Map<string, Judged>, fingerprint: string, count: number, most: number): void {
  const was = judged.get(fingerprint);
  if (was === undefined || was.best === null || was.proof?.by === 'kms') return;
  const had =
    most === 1 ? 'it was never rotated, so it has one key material' : `it has had ${most} key materials`;
  judged.set(fingerprint, {
    ...NOTHING_SAID,
    keys: was.keys,
    verdict: 'contradiction',
    reason: `${count} key materials are declared under ${was.best.keyArn}, but KMS says that ${had}. A reply of KMS decides which labels are wrong.`,
  });
}

function doubt(judged: Map<string, Judged>, fingerprint: string, names: KeyNames): void {
  const was = judged.get(fingerprint);
  if (was === undefined || was.best === null || was.proof !== null) return;
  const { keyArn } = was.best;
  judged.set(fingerprint, {
    ...was,
    reason: `KMS says that the key of ${keyArn} has had fewer key materials than files name by this alias: the alias named another key before, or a label is wrong.`,
    key: names.aliasIdentity(keyArn),
    doubtful: true,
  });
}
