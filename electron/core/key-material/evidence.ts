import type { BlobKind, BlobRow } from '#shared/model/blob.ts';
import type { EvidenceBy, KeyGroup, LearnedKey } from '#shared/model/key-group.ts';
import { type EvidenceRow, groupsOf, type MaterialGroup, statementsOf } from './groups.ts';
import { type Judged, judgeGroups, NOTHING_SAID, tiesOf } from './judge-groups.ts';
import { type AliasTie, KeyNames, type KmsKeyFacts, type LabelMatch } from './key-identity.ts';
import { readKeyName } from './key-names.ts';

/**
 * The one model of which key a blob is under. All that ask (the list, groups, facets, findings, rules, deletion,
 * reports) reads {@link EvidenceModel} and nothing else.
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
export class EvidenceModel {
  readonly names: KeyNames;
  readonly keyGroups: readonly KeyGroup[];
  readonly #judged: ReadonlyMap<string, Judged>;
  readonly #of = new Map<string | null, Map<string | null, KeyEvidence>>();

  /**
   * @param rows Those of one source beside each other, as in the list.
   * @param learned Statements of KMS and persons about a key material, the latest first.
   * @param kmsKeys Keys as KMS described them.
   * @param configured Aliases and their keys, as configuration files say.
   */
  constructor(
    rows: readonly EvidenceRow[],
    learned: (fingerprint: string) => readonly LearnedKey[] = () => [],
    kmsKeys: readonly KmsKeyFacts[] = [],
    configured: readonly AliasTie[] = [],
  ) {
    const { groups, labels } = groupsOf(rows);
    const statements = new Map(
      [...groups].map(([fingerprint, group]) => [fingerprint, statementsOf(group, learned(fingerprint))]),
    );
    for (const keys of statements.values()) for (const { keyArn } of keys) labels.add(keyArn);
    const ties = tiesOf(statements.values(), new KeyNames(labels, kmsKeys));
    this.names = new KeyNames(labels, kmsKeys, [...ties, ...configured]);
    this.#judged = judgeGroups(statements, this.names);
    this.keyGroups = [...groups].map(([fingerprint, group]) =>
      keyGroupOf(fingerprint, group, this.#judgedOf(fingerprint)),
    );
  }

  of(row: Pick<BlobRow, 'identification' | 'declared'>): KeyEvidence {
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

  /** Key material ID of a key group, 64 hex digits, as a reply of KMS named it; null where none did. */
  materialIdOf(fingerprint: string | null): string | null {
    const { keys } = this.#judgedOf(fingerprint);
    return (
      keys.find(({ by, keyMaterialId }) => by === 'kms' && keyMaterialId !== null)?.keyMaterialId ?? null
    );
  }

  /** Equal for equal protection, by whatever name: what blobs are counted and grouped by. */
  idOf({ key, name, fingerprint, by }: KeyEvidence): string {
    if (key !== null) return key;
    if (name !== null) return `label:${name}`;
    return fingerprint === null ? `none:${by}` : `material:${fingerprint}`;
  }

  /** How a blob is under a key, by any of the key's names; null where it is not. */
  under({ by, label, fingerprint }: KeyEvidence, asked: string): Under | null {
    if (by === 'foreign') return null;
    const judged = this.#judgedOf(fingerprint);
    const { keys, proof, doubtful } = judged;
    const own = label === null ? 'different' : this.names.match(label, asked);
    const labels = keys.map(({ keyArn }) => keyArn);
    if (proof !== null) return this.#underProof(proof, labels, label, asked);
    if (by === 'contradicted') {
      const named = this.#best([...labels, ...(label === null ? [] : [label])], asked);
      // At least one label is wrong: its key may be any.
      return named === 'same' || named === 'alias' ? 'contradicted' : 'named';
    }
    if (keys.length === 0 && label === null) return 'unidentified';
    const concrete = labels.filter((each) => !readKeyName(each).alias);
    if (concrete.length > 0) {
      const named = this.#best(concrete, asked);
      const any = this.#best(labels, asked);
      if (named === 'same' || (named === 'alias' && any === 'same'))
        return label === null ? 'inferred' : 'declared';
      if (named === 'alias') return own === 'same' ? 'declared' : 'alias';
      if (named === 'maybe') return own === 'same' ? 'declared' : 'named';
      // An id or ARN beside the same key material outranks an alias.
      return own === 'same' ? 'contradicted' : own === 'alias' || any === 'same' ? 'named' : null;
    }
    if (own === 'same') return doubtful ? 'alias' : 'declared';
    if (own === 'alias') return 'alias';
    const group = this.#best(labels, asked);
    if (group === 'same' && !doubtful) return 'inferred';
    if (group === 'alias' && !doubtful) return 'alias';
    return own === 'different' && group === 'different' ? null : 'named';
  }

  #underProof(
    proof: LearnedKey,
    labels: readonly string[],
    label: string | null,
    asked: string,
  ): Under | null {
    const match = this.names.match(proof.keyArn, asked);
    if (match === 'same') return proof.by === 'kms' ? 'confirmed' : 'person';
    // KMS outranks an alias, which may have been moved; of an id or ARN it says that the label is wrong.
    const wrong = labels.filter((each) => this.names.apart(each, proof.keyArn));
    if (this.#best(wrong, asked) === 'same') return 'contradicted';
    if (match === 'different') return null;
    const own = label !== null && this.names.match(label, asked) === 'same';
    return own ? 'declared' : match === 'alias' ? 'alias' : 'named';
  }

  /** Every name of the key that a blob is under, or may be under where names contradict each other. */
  namesFor(evidence: KeyEvidence): readonly string[] {
    const names = this.#namesOf(evidence);
    for (const name of [...names]) {
      const keys = readKeyName(name).alias ? this.names.targetsOf(name) : this.names.keysOf(name);
      for (const key of keys) for (const each of this.names.namesOf(key)) names.add(each);
    }
    return [...names];
  }

  /** Those of {@link namesFor} that are no conclusion from an alias. */
  sureNamesFor(evidence: KeyEvidence): readonly string[] {
    const names = this.#namesOf(evidence);
    for (const name of [...names])
      if (!readKeyName(name).alias)
        for (const key of this.names.keysOf(name))
          for (const each of this.names.sureNamesOf(key)) names.add(each);
    return [...names];
  }

  #namesOf({ fingerprint, label }: KeyEvidence): Set<string> {
    const { keys, proof } = this.#judgedOf(fingerprint);
    const named = proof === null ? keys.map(({ keyArn }) => keyArn) : [proof.keyArn];
    return new Set([...(label === null ? [] : [label]), ...named]);
  }

  #judgedOf(fingerprint: string | null): Judged {
    return (fingerprint === null ? undefined : this.#judged.get(fingerprint)) ?? NOTHING_SAID;
  }

  #best(labels: readonly string[], asked: string): LabelMatch {
    let best: LabelMatch = 'different';
    for (const label of labels) {
      const match = this.names.match(label, asked);
      if (match === 'same') return match;
      if (match === 'alias' || best === 'different') best = match;
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
  /** An alias alone names its key: it may have named another one when the blob was made. */
  readonly viaAlias: boolean;
  readonly fingerprint: string | null;
  /** Why it is contradicted, in one sentence. */
  readonly reason: string | null;
  /** Region of the key: the blob's own where its label has one; null where its names have none or several. */
  readonly region: string | null;
  readonly account: string | null;
}

/**
 * 'confirmed', 'person', 'declared', 'inferred' as {@link EvidenceModel} has them; 'alias': an alias of this key names it,
 * which may have been another key's when the blob was made; 'contradicted': a name of this key stands beside the blob or
 * its group, and contradicts another; 'named': its name may be another name of this key; 'unidentified': nothing names
 * its key.
 */
export type Under =
  | 'confirmed'
  | 'person'
  | 'declared'
  | 'inferred'
  | 'alias'
  | 'contradicted'
  | 'named'
  | 'unidentified';

/** Kinds that AWS KMS made, as far as bytes can tell. */
const KMS_KINDS: ReadonlySet<BlobKind> = new Set(['kms-symmetric', 'kms-like', 'kms-asymmetric-candidate']);
export const isKms = ({ identification }: Pick<BlobRow, 'identification'>): boolean =>
  KMS_KINDS.has(identification.kind);

const bare = {
  key: null,
  name: null,
  label: null,
  viaAlias: false,
  fingerprint: null,
  reason: null,
  region: null,
  account: null,
};
const UNKNOWN: KeyEvidence = { ...bare, by: 'unknown' };
const FOREIGN: KeyEvidence = { ...bare, by: 'foreign' };

function evidenceOf(
  fingerprint: string | null,
  label: string | null,
  judged: Judged,
  names: KeyNames,
): KeyEvidence {
  const { keys, best, proof, key, verdict, reason } = judged;
  const own = label === null ? null : readKeyName(label);
  const ownAlias = own?.alias === true;
  const made = (
    by: EvidenceBy,
    name: string | null,
    of: string | null,
    viaAlias: boolean,
    why: string | null = null,
  ): KeyEvidence => ({
    by,
    key: of,
    name,
    label,
    fingerprint,
    viaAlias,
    reason: why,
    ...placeOf(name, viaAlias ? null : of, name === label ? null : keys, names),
  });
  const isOwn = (of: string): boolean => label !== null && names.keysOf(label).includes(of);
  if (proof !== null) {
    const fits = label !== null && (key === null ? !names.apart(label, proof.keyArn) : isOwn(key));
    const wrong = verdict === 'contradiction' && label !== null && names.apart(label, proof.keyArn);
    return made(proof.by, fits ? label : proof.keyArn, key, false, wrong ? reason : null);
  }
  if (verdict === 'contradiction')
    return made('contradicted', label, label === null ? null : keyOfLabel(label, names), ownAlias, reason);
  if (best === null)
    return label === null
      ? made('grouped', null, null, false)
      : made('declared', label, keyOfLabel(label, names), ownAlias);
  if (judged.aliasOnly)
    return label === null
      ? judged.doubtful
        ? made('grouped', null, null, false)
        : made('inferred', best.keyArn, key, true)
      : made('declared', label, key, true);
  if (label === null) return made('inferred', best.keyArn, key, false);
  return key === null || isOwn(key)
    ? made('declared', label, key, false)
    : made('inferred', best.keyArn, key, false);
}

/** Identity of the one key that a label names; of an alias that names several, its own. */
function keyOfLabel(label: string, names: KeyNames): string | null {
  const alias = readKeyName(label).alias;
  const [only, ...more] = alias ? names.targetsOf(label) : names.keysOf(label);
  if (only !== undefined && more.length === 0) return only;
  return alias ? names.aliasIdentity(label) : null;
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
  const same = others.filter(({ keyArn }) => names.same(keyArn, name) === 'same');
  const all = [own, ...same.map(({ keyArn }) => readKeyName(keyArn))];
  const arns = key === null ? [] : names.arnsOf(key).map(readKeyName);
  const agreed = (of: (name: ReturnType<typeof readKeyName>) => string | null): string | null => {
    const values = new Set(all.flatMap((each) => of(each) ?? []));
    if (values.size === 0) for (const each of arns) values.add(of(each) ?? '');
    const [value] = values;
    return values.size === 1 ? (value ?? null) : null;
  };
  return { account: agreed(({ account }) => account), region: agreed(({ region }) => region) };
}

function keyGroupOf(fingerprint: string, group: MaterialGroup, judged: Judged): KeyGroup {
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
