import { isKeyName, type KeyName, mayBeAlias, readKeyName, sameKey } from './key-names.ts';
import { compatible, fitsPlace, placed, qualifiedKeyName, samePlace } from './key-places.ts';

/** A key as KMS described it. */
export interface KmsKeyFacts {
  /** ARN of the key. */
  readonly arn: string;
  /** `alias/…`, each naming this key in the account and Region of its ARN. */
  readonly aliases: readonly string[];
  /** How many key materials it has had, the current one included; null where KMS did not say. */
  readonly materials: number | null;
}

/** An alias and a key that files name for the same key material. */
export interface AliasTie {
  readonly alias: string;
  readonly key: string;
}

/** 'maybe': an alias that may or may not be this key's, as far as files and KMS say. */
type SameKey = 'same' | 'maybe' | 'different';

/**
 * What a label in a file says of a key that is asked about. 'alias': an alias stands between the two, and as far as is
 * known it names this key alone, which is no proof of what it named when the blob was made.
 */
export type LabelMatch = 'same' | 'alias' | 'maybe' | 'different';

interface Aliases {
  /** By `partition account region`, of alias ARNs. */
  readonly places: Map<string, { readonly kms: Set<string>; readonly files: Set<string> }>;
  /** Keys that files name beside the alias without its account. */
  readonly files: Set<string>;
  bare: boolean;
}

const NO_KEYS: readonly string[] = [];
const NONE: ReadonlySet<string> = new Set();

/**
 * Which names are names of one key. A key has an id, an ARN, aliases, alias ARNs, and as a multi-Region key one ARN in
 * each Region; `awskms://` URLs hold any of these. Names are tied by their own text, by the keys KMS listed, and by key
 * materials that files name by a key and by an alias. What KMS lists outranks files.
 *
 * A key is identified by a text that is equal for all its names ({@link keysOf}). A name may stand for several keys: an
 * alias without its account that two accounts have, or one that pointed at two keys one after the other. Such a name
 * joins nothing: it names each of them, perhaps.
 *
 * An alias can be moved from key to key. What KMS lists says where it points now ({@link keysOf}); a blob may have been
 * made when it pointed elsewhere ({@link targetsOf}, {@link match}).
 */
export class KeyNames {
  /** Identities of ARNs by key id. */
  readonly #ids = new Map<string, { readonly arns: Map<string, Set<string>>; bare: boolean }>();
  readonly #aliases = new Map<string, Aliases>();
  /** By identity. */
  readonly #materials = new Map<string, number>();
  readonly #known = new Set<string>();
  /** Keys of which KMS listed every alias. */
  readonly #described = new Set<string>();
  readonly #keysOf = new Map<string, readonly string[]>();
  #names: Map<string, Set<string>> | null = null;

  constructor(
    labels: Iterable<string> = [],
    kmsKeys: Iterable<KmsKeyFacts> = [],
    ties: Iterable<AliasTie> = [],
  ) {
    for (const label of labels) this.#add(label);
    for (const { arn, aliases, materials } of kmsKeys) {
      this.#add(arn);
      const [key = arn] = this.#keysOfKey(readKeyName(arn));
      this.#described.add(key);
      if (materials !== null) this.#materials.set(key, materials);
      for (const alias of aliases) {
        const text = arn.replace(/:key\/.*$/, `:${alias}`);
        this.#add(text);
        this.#placeOf(readKeyName(text))?.kms.add(key);
      }
    }
    for (const { alias, key } of ties) {
      this.#add(alias);
      this.#add(key);
      this.#tie(readKeyName(alias), readKeyName(key));
    }
  }

  /** Whether a file, KMS or a person names a key so. */
  has(name: string): boolean {
    return this.keysOf(name).some((key) => this.namesOf(key).length > 0);
  }

  /**
   * The key name that a person means by a text: white space around it is cut off, and an alias that is known here may be
   * written without `alias/`. Null where it is no key's name.
   */
  named(text: string): string | null {
    const name = text.trim();
    if (name === '') return null;
    if (isKeyName(name) || this.has(name)) return name;
    return !name.includes(':') && this.has(`alias/${name}`) ? `alias/${name}` : null;
  }

  /** Keys that a name stands for: one, or several of which it is one; none where the text is empty. */
  keysOf(name: string): readonly string[] {
    const known = this.#keysOf.get(name);
    if (known !== undefined) return known;
    const read = readKeyName(name);
    const keys = read.id === '' ? NO_KEYS : read.alias ? this.#keysOfAlias(read) : this.#keysOfKey(read);
    this.#keysOf.set(name, keys);
    return keys;
  }

  same(a: string, b: string): SameKey {
    const [one, other] = [readKeyName(a), readKeyName(b)];
    if (one.plain === other.plain) return 'same';
    const left = this.keysOf(a);
    const right = this.keysOf(b);
    // Aliases of one name in two accounts or Regions, of which nothing says which keys they name.
    if (one.alias && one.arn && other.arn && left.some(isUnresolved) && right.some(isUnresolved))
      return other.alias && placeText(one) === placeText(other) && one.id === other.id ? 'same' : 'different';
    if (left.length === 1 && right.length === 1 && left[0] === right[0]) return 'same';
    if (left.some((key) => right.includes(key))) return 'maybe';
    if (one.alias && other.alias) {
      if (sameKey(one, other)) return 'maybe';
      const [first, second] = [this.arnOf(a), this.arnOf(b)];
      if (first !== null || second !== null) return this.same(first ?? a, second ?? b);
    }
    if (one.alias === other.alias) return sameKey(one, other) ? 'maybe' : 'different';
    const [aliasKeys, keys] = one.alias ? [left, right] : [right, left];
    const [alias, written] = one.alias ? [one, other] : [other, one];
    const key = placed(written, keys);
    if (!mayBeAlias(alias, key)) return 'different';
    if (keys.some((each) => this.#described.has(each)))
      return this.#listedByKms(alias.id, keys) ? 'maybe' : 'different';
    if (aliasKeys.some(isUnresolved)) return 'maybe';
    // What an alias names in another account or Region is not known; a label that ties it to a key here may be wrong, or
    // of another time. What KMS listed is neither.
    if (!aliasKeys.some((each) => samePlace(each, key))) return alias.arn ? 'different' : 'maybe';
    return this.#listedByKms(alias.id, aliasKeys) ? 'different' : 'maybe';
  }

  /** What a label in a file says of a key that is asked about by any of its names. */
  match(label: string, asked: string): LabelMatch {
    const [one, other] = [readKeyName(label), readKeyName(asked)];
    if (one.plain === other.plain) return 'same';
    if (!one.alias) {
      const same = this.same(label, asked);
      return same === 'same' && other.alias && this.#listed(other).size === 0 ? 'alias' : same;
    }
    const asks = this.keysOf(asked);
    const name = other.alias && one.id === other.id ? this.same(label, asked) : null;
    if (name === 'same' || (name === 'different' && one.arn && other.arn)) return name;
    // A key may have several aliases.
    if (other.alias && asks.every(isUnresolved)) return this.apart(label, asked) ? 'different' : 'maybe';
    const targets = this.targetsOf(label);
    const [key, ...more] = asks;
    if (key !== undefined && more.length === 0 && !isUnresolved(key)) {
      if (this.#listed(one).has(key) || (targets.length === 1 && targets[0] === key)) return 'alias';
    }
    if (name === 'maybe' || asks.some((each) => targets.includes(each))) return 'maybe';
    // It may have been this key's before, whatever it names now.
    return asks.some(
      (each) => !isUnresolved(each) && mayBeAlias(one, placed(qualifiedKeyName(other, each), [each])),
    )
      ? 'maybe'
      : 'different';
  }

  /** Keys that an alias names now or that files tie it to; empty where nothing says. */
  targetsOf(alias: string): readonly string[] {
    const name = readKeyName(alias);
    const group = this.#aliases.get(name.id);
    if (!name.alias || group === undefined) return NO_KEYS;
    const keys = new Set(this.#listed(name));
    for (const key of group.files) if (!name.arn || fitsPlace(key, name)) keys.add(key);
    for (const [place, { files }] of group.places)
      if (!name.arn || place === placeText(name)) for (const key of files) keys.add(key);
    return [...keys];
  }

  /** ARNs of an alias in every account and Region that is named here; of an alias ARN itself alone. */
  aliasArns(alias: string): readonly string[] {
    const { arn, id, plain } = readKeyName(alias);
    if (arn) return [plain];
    const places = [...(this.#aliases.get(id)?.places.keys() ?? [])].map((place) => place.split(' '));
    return places.map(
      ([partition, account, region]) => `arn:${partition}:kms:${region}:${account}:alias/${id}`,
    );
  }

  /** Identity of an alias itself, for blobs of which it is not known which of its keys made them. */
  aliasIdentity(alias: string): string {
    const name = readKeyName(alias);
    const places = this.#aliases.get(name.id)?.places.size ?? 0;
    return unresolved(name.arn && places > 1 ? `${placeText(name)} ${name.id}` : name.id);
  }

  /** Whether two labels of one key material cannot both be right, whenever they were written. */
  apart(a: string, b: string): boolean {
    const [one, other] = [readKeyName(a), readKeyName(b)];
    if (one.alias && other.alias)
      return one.account !== null && other.account !== null && one.account !== other.account;
    if (!one.alias && !other.alias) return this.same(a, b) === 'different';
    const [alias, key] = one.alias ? [one, other] : [other, one];
    return !mayBeAlias(alias, placed(key, this.keysOf(key.text)));
  }

  /** Every name of a key that is known here, ARNs first. */
  namesOf(key: string): readonly string[] {
    if (this.#names === null) {
      this.#names = new Map();
      for (const name of this.#known)
        for (const each of this.keysOf(name)) {
          const names = this.#names.get(each) ?? new Set();
          names.add(name);
          this.#names.set(each, names);
        }
    }
    return [...(this.#names.get(key) ?? [])].sort(
      (a, b) =>
        Number(readKeyName(a).alias) - Number(readKeyName(b).alias) ||
        b.length - a.length ||
        (a < b ? -1 : 1),
    );
  }

  /** ARNs of a key, one for each Region that is named. */
  arnsOf(key: string): readonly string[] {
    const arns = this.namesOf(key)
      .map(readKeyName)
      .filter(({ arn, alias }) => arn && !alias);
    return [...new Set(arns.map(({ plain }) => plain))];
  }

  /** ARNs that have the id of this one and are of another account, Region or partition: an id is one key's alone. */
  sameIdElsewhere(arn: string): readonly string[] {
    const name = readKeyName(arn);
    if (!name.arn || name.alias) return NO_KEYS;
    const own = identityOf(name);
    const others = [...(this.#ids.get(name.id)?.arns ?? [])].filter(([identity]) => identity !== own);
    return others.flatMap(([, arns]) => [...arns]);
  }

  /** An alias of a key, without its account; null where none is known. */
  aliasOf(key: string): string | null {
    const name = this.namesOf(key)
      .map(readKeyName)
      .find(({ alias }) => alias);
    return name === undefined ? null : `alias/${name.id}`;
  }

  /** The ARN of the one key that a name stands for; null where it may be several, or none is named by its ARN. */
  arnOf(name: string): string | null {
    const [only, ...more] = this.keysOf(name);
    if (only === undefined || more.length > 0) return null;
    return readKeyName(only).arn ? only : (this.arnsOf(only)[0] ?? null);
  }

  /** Names of a key that are surely its: ARNs, ids, and aliases that KMS lists. */
  sureNamesOf(key: string): readonly string[] {
    return this.namesOf(key).filter((name) => {
      const read = readKeyName(name);
      return !read.alias || (read.arn && this.#listed(read).has(key));
    });
  }

  /** How many key materials KMS says that a key has had; null where it did not say. */
  materialsOf(key: string): number | null {
    return this.#materials.get(key) ?? null;
  }

  /** Keys that KMS lists an alias for, now; of an alias without its account in any. */
  #listed(alias: KeyName): ReadonlySet<string> {
    const group = this.#aliases.get(alias.id);
    if (group === undefined || !alias.alias) return NONE;
    if (alias.arn) return group.places.get(placeText(alias))?.kms ?? NONE;
    return new Set([...group.places.values()].flatMap(({ kms }) => [...kms]));
  }

  /** Whether KMS listed the alias as that of one of these keys. */
  #listedByKms(alias: string, keys: readonly string[]): boolean {
    return [...(this.#aliases.get(alias)?.places.values() ?? [])].some(({ kms }) =>
      keys.some((key) => kms.has(key)),
    );
  }

  #add(label: string): void {
    const name = readKeyName(label);
    if (name.id === '') return;
    this.#known.add(label);
    if (name.alias) {
      const place = this.#placeOf(name);
      if (place === null) this.#aliasesOf(name.id).bare = true;
      return;
    }
    const group = this.#ids.get(name.id) ?? { arns: new Map<string, Set<string>>(), bare: false };
    this.#ids.set(name.id, group);
    if (!name.arn) group.bare = true;
    else {
      const key = identityOf(name);
      const arns = group.arns.get(key) ?? new Set();
      group.arns.set(key, arns.add(name.plain));
    }
  }

  #aliasesOf(id: string): Aliases {
    const known = this.#aliases.get(id) ?? { places: new Map(), files: new Set(), bare: false };
    this.#aliases.set(id, known);
    return known;
  }

  /** Of an alias ARN, made where it is new; null for an alias without its account. */
  #placeOf(name: KeyName): { readonly kms: Set<string>; readonly files: Set<string> } | null {
    if (!name.arn) return null;
    const { places } = this.#aliasesOf(name.id);
    const place = placeText(name);
    const known = places.get(place) ?? { kms: new Set(), files: new Set() };
    places.set(place, known);
    return known;
  }

  #tie(alias: KeyName, key: KeyName): void {
    const keys = this.#keysOfKey(key);
    const [only] = keys;
    // A key id that several ARNs have ties nothing.
    if (only === undefined || keys.length > 1) return;
    (this.#placeOf(alias)?.files ?? this.#aliasesOf(alias.id).files).add(only);
  }

  #keysOfKey(name: KeyName): readonly string[] {
    const group = this.#ids.get(name.id);
    if (name.arn) {
      const key = identityOf(name);
      const bareOnly = group?.bare === true && group.arns.size === 0;
      return [bareOnly ? bareIdentity(name.id) : key];
    }
    return group === undefined || group.arns.size === 0 ? [bareIdentity(name.id)] : [...group.arns.keys()];
  }

  #keysOfAlias(name: KeyName): readonly string[] {
    const group = this.#aliases.get(name.id);
    if (group === undefined) return [unresolved(name.id)];
    if (name.arn) return this.#keysOfPlace(group, name);
    const keys = new Set(group.files);
    const fromKms = new Set<string>();
    for (const { kms, files } of group.places.values()) {
      for (const key of kms) fromKms.add(key);
      if (kms.size === 0) for (const key of files) keys.add(key);
    }
    // KMS outranks files in its own account and Region, and says nothing of others.
    for (const listed of fromKms) for (const key of keys) if (compatible(listed, key)) keys.delete(key);
    for (const key of fromKms) keys.add(key);
    if (keys.size > 0) {
      // In an account of which nothing says more, the name may be another key's.
      for (const arn of this.aliasArns(name.plain))
        if (![...keys].some((key) => fitsPlace(key, readKeyName(arn))))
          for (const key of this.#keysOfPlace(group, readKeyName(arn))) keys.add(key);
      return [...keys];
    }
    const places = [...group.places.keys()];
    return places.length < 2
      ? [unresolved(name.id)]
      : places.map((place) => unresolved(`${place} ${name.id}`));
  }

  #keysOfPlace(group: Aliases, name: KeyName): readonly string[] {
    const place = placeText(name);
    const known = group.places.get(place);
    if (known !== undefined && known.kms.size > 0) return [...known.kms];
    if (known !== undefined && known.files.size > 0) return [...known.files];
    const beside = [...group.files].filter((key) => fitsPlace(key, name));
    if (beside.length > 0) return beside;
    const others = [...group.places.keys()].filter((each) => each !== place);
    return [others.length === 0 ? unresolved(name.id) : unresolved(`${place} ${name.id}`)];
  }
}

/** Names that no key stands behind, as far as is known. */
const unresolved = (text: string): string => `?alias ${text}`;
const bareIdentity = (id: string): string => `?id ${id}`;
const isUnresolved = (key: string): boolean => key.startsWith('?alias ');

/** Equal for all ARNs of a key: replicas of a multi-Region key differ in their Region alone. */
function identityOf(name: KeyName): string {
  return name.multiRegion ? `${name.partition} ${name.account} ${name.id}` : arnText(name);
}

function arnText({ partition, region, account, id }: KeyName): string {
  return `arn:${partition}:kms:${region}:${account}:key/${id}`;
}

const placeText = ({ partition, account, region }: KeyName): string => `${partition} ${account} ${region}`;
