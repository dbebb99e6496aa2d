import type { BlobKind, BlobRow } from '#shared/model/blob.ts';
import type { EvidenceBy, KeyGroup, LearnedKey } from '#shared/model/key-group.ts';
import { type Group, groupsOf, statementsOf } from './groups.ts';
import { type AliasTie, KeyNames, type KmsKeyFacts } from './key-identity.ts';
import { readKeyName } from './key-names.ts';

/**
 * The one model of which key a blob is under. Whoever asks (the list, groups, facets, findings, rules, deletion,
 * reports) reads {@link Evidence} and nothing else.
 *
 * What speaks of a blob's key, strongest first:
 *
 * | Evidence | Source |
 * |---|---|
 * | `kms` | a reply of KMS about a blob of the same key material: proof for the whole key group |
 * | `person` | a person named the key group |
 * | `declared` | the file names a key beside this very blob |
 * | `inferred` | files name a key beside other blobs of the same key material |
 * | `contradicted` | names that cannot all be right, or more key materials than KMS says that the key has had |
 * | `grouped`, `unknown` | KMS made it, and nothing names its key: it may be under any key that fits |
 * | `foreign` | KMS did not make it |
 *
 * A blob's own label is never overwritten by that of its group. Contradicted labels name no key of blobs that have no
 * label; the blob that has the label keeps it, as a contradicted one.
 */
export class Evidence {
  readonly names: KeyNames;
  readonly keyGroups: readonly KeyGroup[];
  readonly #judged: ReadonlyMap<string, Judged>;
  readonly #of = new Map<string | null, Map<string | null, KeyEvidence>>();

  /**
   * @param rows Those of one source beside each other, as in the list.
   * @param learned What KMS and persons said of a key material, the latest first.
   * @param kmsKeys Keys as KMS described them.
   * @param configured Aliases and their keys, as configuration files say.
   */
  constructor(
    rows: readonly BlobRow[],
    learned: (fingerprint: string) => readonly LearnedKey[] = () => [],
    kmsKeys: readonly KmsKeyFacts[] = [],
    configured: readonly AliasTie[] = [],
  ) {
    const { groups, labels } = groupsOf(rows);
    const said = new Map(
      [...groups].map(([fingerprint, group]) => [fingerprint, statementsOf(group, learned(fingerprint))]),
    );
    for (const statements of said.values()) for (const { keyArn } of statements) labels.add(keyArn);
    const ties = tiesOf(said.values(), new KeyNames(labels, kmsKeys));
    this.names = new KeyNames(labels, kmsKeys, [...ties, ...configured]);
    const judged = new Map([...said].map(([fingerprint, keys]) => [fingerprint, judge(keys, this.names)]));
    tooMany(judged, this.names);
    this.#judged = judged;
    this.keyGroups = [...groups].map(([fingerprint, group]) =>
      keyGroupOf(fingerprint, group, judged.get(fingerprint) ?? NOTHING_SAID),
    );
  }

  of(row: BlobRow): KeyEvidence {
    const { keyFingerprint } = row.identification;
    const label = row.declared.keyArn === '' ? null : row.declared.keyArn;
    if (keyFingerprint === null && label === null) return isKms(row) ? UNKNOWN : FOREIGN;
    let ofMaterial = this.#of.get(keyFingerprint);
    if (ofMaterial === undefined) {
      ofMaterial = new Map();
      this.#of.set(keyFingerprint, ofMaterial);
    }
    const known = ofMaterial.get(label);
    if (known !== undefined) return known;
    const made = evidenceOf(keyFingerprint, label, this.#judgedOf(keyFingerprint), this.names);
    ofMaterial.set(label, made);
    return made;
  }

  /** Equal for equal protection, by whatever name: what blobs are counted and grouped by. */
  idOf({ key, name, fingerprint, by }: KeyEvidence): string {
    if (key !== null) return key;
    if (name !== null) return `label:${name}`;
    return fingerprint === null ? `none:${by}` : `material:${fingerprint}`;
  }

  /** How a blob is under a key, by any of the key's names; null where it is not. */
  under(evidence: KeyEvidence, asked: string): Under | null {
    const { by, label, fingerprint } = evidence;
    if (by === 'foreign') return null;
    if (by === 'grouped' || by === 'unknown') return 'unidentified';
    const { keys, proof, key } = this.#judgedOf(fingerprint);
    if (proof !== null) {
      const same = this.names.same(proof.keyArn, asked);
      if (same === 'same') return proof.by === 'kms' ? 'confirmed' : 'person';
      const named = this.#best(
        keys.map(({ keyArn }) => keyArn),
        asked,
      );
      if (named === 'same') return 'contradicted';
      return same === 'maybe' ? 'named' : null;
    }
    if (by === 'contradicted') {
      const named = this.#best(
        keys.map(({ keyArn }) => keyArn),
        asked,
      );
      return named === 'same' ? 'contradicted' : named === 'maybe' ? 'named' : null;
    }
    const own = label === null ? 'different' : this.names.same(label, asked);
    if (own === 'same') return 'declared';
    if (key !== null) {
      const wanted = this.names.keysOf(asked);
      if (wanted.length === 1 && wanted[0] === key) return label === null ? 'inferred' : 'declared';
    }
    const group = this.#best(
      keys.map(({ keyArn }) => keyArn),
      asked,
    );
    if (group === 'same') return 'inferred';
    return own === 'maybe' || group === 'maybe' ? 'named' : null;
  }

  /** Every name of the key that a blob is under, or may be under where names contradict each other. */
  namesFor(evidence: KeyEvidence): readonly string[] {
    const { keys, proof } = this.#judgedOf(evidence.fingerprint);
    const said = proof === null ? keys.map(({ keyArn }) => keyArn) : [proof.keyArn];
    const names = new Set([...(evidence.label === null ? [] : [evidence.label]), ...said]);
    for (const name of [...names])
      for (const key of this.names.keysOf(name)) for (const each of this.names.namesOf(key)) names.add(each);
    return [...names];
  }

  #judgedOf(fingerprint: string | null): Judged {
    return (fingerprint === null ? undefined : this.#judged.get(fingerprint)) ?? NOTHING_SAID;
  }

  #best(names: readonly string[], asked: string): 'same' | 'maybe' | 'different' {
    let best: 'maybe' | 'different' = 'different';
    for (const name of names) {
      const same = this.names.same(name, asked);
      if (same === 'same') return same;
      if (same === 'maybe') best = same;
    }
    return best;
  }
}

/** What is known of the key of blobs that share key material and label. */
export interface KeyEvidence {
  readonly by: EvidenceBy;
  /** Identity of the key, equal for every name of it; null where no key or no single key is named. */
  readonly key: string | null;
  /** How the key is called for this blob: its own label where that names the key, else the best name of its group. */
  readonly name: string | null;
  /** Its own label. */
  readonly label: string | null;
  readonly fingerprint: string | null;
  /** Why it is contradicted, in one sentence. */
  readonly reason: string | null;
  /** Region of the key: the blob's own where its label has one; null where its names have none or several. */
  readonly region: string | null;
  readonly account: string | null;
}

/**
 * 'confirmed', 'person', 'declared', 'inferred' as {@link Evidence} has them; 'contradicted': a name of it stands
 * beside the blob or its group, and contradicts another; 'named': its name may be another name of this key;
 * 'unidentified': nothing names its key.
 */
export type Under =
  | 'confirmed'
  | 'person'
  | 'declared'
  | 'inferred'
  | 'contradicted'
  | 'named'
  | 'unidentified';

/** Kinds that AWS KMS made, as far as bytes can tell. */
const KMS_KINDS: ReadonlySet<BlobKind> = new Set(['kms-symmetric', 'kms-like', 'kms-asymmetric-candidate']);
export const isKms = ({ identification }: BlobRow): boolean => KMS_KINDS.has(identification.kind);

interface Judged {
  readonly keys: readonly LearnedKey[];
  readonly verdict: KeyGroup['verdict'];
  readonly reason: string | null;
  /** The statement that speaks for the group; null where none does or they contradict each other. */
  readonly best: LearnedKey | null;
  /** A statement of KMS, or of a person that nothing contradicts. */
  readonly proof: LearnedKey | null;
  readonly key: string | null;
}

const NOTHING_SAID: Judged = {
  keys: [],
  verdict: 'unknown',
  reason: null,
  best: null,
  proof: null,
  key: null,
};
const bare = {
  key: null,
  name: null,
  label: null,
  fingerprint: null,
  reason: null,
  region: null,
  account: null,
};
const UNKNOWN: KeyEvidence = { ...bare, by: 'unknown' };
const FOREIGN: KeyEvidence = { ...bare, by: 'foreign' };

function* tiesOf(groups: Iterable<readonly LearnedKey[]>, names: KeyNames): Generator<AliasTie> {
  for (const statements of groups) {
    const said = statements.map(({ keyArn, by }) => ({ keyArn, by, name: readKeyName(keyArn) }));
    const aliases = said.filter(({ name }) => name.alias);
    if (aliases.length === 0) continue;
    const proven = said.filter(({ by, name }) => by === 'kms' && !name.alias);
    const keys = proven.length > 0 ? proven : said.filter(({ name }) => !name.alias);
    const [first] = keys;
    // A key material that files name by two keys ties nothing.
    if (first === undefined || keys.some(({ keyArn }) => names.same(first.keyArn, keyArn) === 'different'))
      continue;
    for (const { keyArn } of aliases)
      if (names.same(keyArn, first.keyArn) !== 'different') yield { alias: keyArn, key: first.keyArn };
  }
}

function judge(keys: readonly LearnedKey[], names: KeyNames): Judged {
  const [strongest] = keys;
  if (strongest === undefined) return NOTHING_SAID;
  const concrete = keys.find(({ keyArn, by }) => by === strongest.by && !readKeyName(keyArn).alias);
  const best = strongest.by === 'declared' ? (concrete ?? strongest) : strongest;
  const others = keys.filter((key) => key !== best);
  const odd = others.filter(({ keyArn }) => names.apart(best.keyArn, keyArn));
  if (odd.length > 0) return contradiction(keys, best, odd, names);
  const { verdict, reason } = verdictOf(best, others);
  const proof = best.by === 'declared' ? null : best;
  return { keys, verdict, reason, best, proof, key: commonKey(best, others, names) };
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

function contradiction(
  keys: readonly LearnedKey[],
  best: LearnedKey,
  odd: readonly LearnedKey[],
  names: KeyNames,
): Judged {
  const list = [...new Set(odd.map(({ keyArn }) => keyArn))].join(', ');
  if (best.by === 'kms')
    return {
      keys,
      verdict: 'contradiction',
      reason: `KMS said ${best.keyArn}; ${list} is a wrong label, or the same bytes were copied from another environment.`,
      best,
      proof: best,
      key: commonKey(best, [], names),
    };
  return {
    keys,
    verdict: 'contradiction',
    reason:
      `One key material is declared under keys that cannot be one: ${best.keyArn} and ${list}. ` +
      'At least one label is wrong, or a file was copied from another environment. A reply of KMS decides.',
    best: null,
    proof: null,
    key: null,
  };
}

function verdictOf(
  best: LearnedKey,
  others: readonly LearnedKey[],
): { readonly verdict: KeyGroup['verdict']; readonly reason: string | null } {
  const all = [best, ...others].map(({ keyArn }) => readKeyName(keyArn));
  if (all.some(({ alias }) => alias) && all.some(({ alias }) => !alias))
    return {
      verdict: 'alias',
      reason:
        'The material is declared under a key and under an alias; the alias pointed at that key when it was used.',
    };
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

/** A key has no more key materials than KMS says: where files name more, those that KMS did not confirm prove nothing. */
function tooMany(judged: Map<string, Judged>, names: KeyNames): void {
  const ofKey = new Map<string, string[]>();
  for (const [fingerprint, { key, verdict }] of judged)
    if (key !== null && verdict !== 'contradiction' && names.materialsOf(key) !== null) {
      const list = ofKey.get(key) ?? [];
      list.push(fingerprint);
      ofKey.set(key, list);
    }
  for (const [key, fingerprints] of ofKey) {
    const most = names.materialsOf(key) ?? 0;
    if (fingerprints.length <= most) continue;
    for (const fingerprint of fingerprints) {
      const was = judged.get(fingerprint);
      if (was === undefined || was.best === null || was.best.by === 'kms') continue;
      const had =
        most === 1 ? 'it was never rotated, so it has one key material' : `it has had ${most} key materials`;
      judged.set(fingerprint, {
        ...was,
        verdict: 'contradiction',
        reason: `${fingerprints.length} key materials are declared under ${was.best.keyArn}, but KMS says that ${had}. A reply of KMS decides which labels are wrong.`,
        best: null,
        proof: null,
        key: null,
      });
    }
  }
}

function evidenceOf(
  fingerprint: string | null,
  label: string | null,
  { keys, best, proof, key, verdict, reason }: Judged,
  names: KeyNames,
): KeyEvidence {
  const own = label === null ? null : readKeyName(label);
  const [only, ...more] = label === null ? [] : names.keysOf(label);
  const ownKey = only === undefined || more.length > 0 ? null : only;
  const made = (
    by: EvidenceBy,
    name: string | null,
    of: string | null,
    why: string | null = null,
  ): KeyEvidence => ({
    by,
    key: of,
    name,
    label,
    fingerprint,
    reason: why,
    ...placeOf(name, of, own !== null && name === label ? null : keys, names),
  });
  if (proof !== null) {
    const fits = label !== null && !names.apart(label, proof.keyArn);
    return made(
      proof.by,
      fits ? label : proof.keyArn,
      key,
      verdict === 'contradiction' && !fits ? reason : null,
    );
  }
  if (verdict === 'contradiction') return made('contradicted', label, ownKey, reason);
  if (label !== null) return made('declared', label, key ?? ownKey);
  return best === null ? made('grouped', null, null) : made('inferred', best.keyArn, key);
}

/** Account and Region: those of the name itself, else those that all names of the key agree on. */
function placeOf(
  name: string | null,
  key: string | null,
  group: readonly LearnedKey[] | null,
  names: KeyNames,
): { readonly account: string | null; readonly region: string | null } {
  if (name === null) return { account: null, region: null };
  const own = readKeyName(name);
  // Of a multi-Region key the names differ in their Region; a key's own ARN says it all.
  const others = group === null || (own.arn && !own.multiRegion && !own.alias) ? [] : group;
  const said = others.filter(({ keyArn }) => names.same(keyArn, name) === 'same');
  const all = [own, ...said.map(({ keyArn }) => readKeyName(keyArn))];
  const arns = key === null ? [] : names.arnsOf(key).map(readKeyName);
  const agreed = (of: (name: ReturnType<typeof readKeyName>) => string | null): string | null => {
    const values = new Set(all.flatMap((each) => of(each) ?? []));
    if (values.size === 0) for (const each of arns) values.add(of(each) ?? '');
    const [value] = values;
    return values.size === 1 ? (value ?? null) : null;
  };
  return { account: agreed(({ account }) => account), region: agreed(({ region }) => region) };
}

function keyGroupOf(fingerprint: string, group: Group, judged: Judged): KeyGroup {
  return {
    fingerprint,
    blobs: group.blobs,
    files: group.files,
    keyArn: judged.best?.keyArn ?? null,
    by: judged.best?.by ?? null,
    keys: [...judged.keys],
    verdict: judged.verdict,
    reason: judged.reason,
    firstDate: group.first,
    lastDate: group.last,
  };
}
