import type { AuditKey } from '#shared/model/audit.ts';
import type { BlobRow } from '#shared/model/blob.ts';
import { type EvidenceModel, readKeyName } from '../../key-material/index.ts';
import type { AuditSnapshot, OtherWay } from '../model.ts';

/** A data key of an Encryption SDK message: what its place is called before its number. */
const DATA_KEY = /^(.*?)(?:: )?encrypted data key \d+/;
/** An entry of the metadata of a SOPS file, as against a blob among its values. */
const SOPS_ENTRY = /\bsops\.(?:kms|key_groups)\b/;

/** How a file or message opens without the key, by its key groups; one without key groups is a group by itself. */
interface Unit {
  readonly needed: number;
  readonly groups: Map<number, OtherWay>;
}

/**
 * What else opens a file or message of which a key is deleted: other recipients of a SOPS file, other data keys of an
 * Encryption SDK message, replicas of the key in other Regions. Each file is looked at once, when it is asked about.
 */
export class OtherWays {
  readonly #snapshot: AuditSnapshot;
  readonly #evidence: EvidenceModel;
  /** The key asked about, and those deleted with it. */
  readonly #asked: readonly string[];
  readonly #replica: OtherWay;
  /** By source and the part of it that opens as one. */
  #units: ReadonlyMap<string, Unit> | null = null;

  /** `together`: names of keys that are deleted with it. */
  constructor(
    snapshot: AuditSnapshot,
    evidence: EvidenceModel,
    asked: string,
    key: AuditKey | null,
    together: readonly string[] = [],
  ) {
    this.#snapshot = snapshot;
    this.#evidence = evidence;
    this.#asked = [asked, ...together];
    this.#replica = replicaWay(evidence, asked, key, together);
  }

  of(index: number): OtherWay {
    if (this.#replica === 'other') return 'other';
    const row = this.#snapshot.columns.rows[index];
    const name = row === undefined ? null : unitOf(row);
    if (name === null) return this.#replica;
    this.#units ??= this.#look();
    const unit = this.#units.get(name);
    return unit === undefined ? this.#replica : stronger(wayOf(unit), this.#replica);
  }

  #look(): Map<string, Unit> {
    const evidence = this.#evidence;
    const { columns, alsoOpens } = this.#snapshot;
    const ways = columns.cohorts.map(({ row, kms }): OtherWay => {
      if (!kms) return 'none';
      const of = evidence.of(row);
      let way: OtherWay = 'other';
      for (const asked of this.#asked) {
        const under = evidence.under(of, asked);
        if (under === null) continue;
        // At least one of contradicting labels is wrong: the key asked about may not be this one's.
        if (under !== 'named' && under !== 'unidentified' && under !== 'alias' && under !== 'contradicted')
          return 'none';
        way = 'maybe';
      }
      return way;
    });
    const units = new Map<string, Unit>();
    columns.rows.forEach((row, i) => {
      const name = unitOf(row);
      if (name === null) return;
      const { alsoOpens: also, keyGroup } = alsoOpens(i);
      let unit = units.get(name);
      if (unit === undefined) {
        unit = { needed: keyGroup?.needed ?? 1, groups: new Map() };
        units.set(name, unit);
        for (const group of keyGroup?.others ?? []) unit.groups.set(group, 'other');
      }
      const group = keyGroup?.group ?? 0;
      const way = also ?? (isDamaged(row) ? 'none' : (ways[columns.cohort[i] ?? -1] ?? 'none'));
      unit.groups.set(group, stronger(way, unit.groups.get(group) ?? 'none'));
    });
    return units;
  }
}

const stronger = (a: OtherWay, b: OtherWay): OtherWay =>
  a === 'other' || b === 'other' ? 'other' : a === 'maybe' || b === 'maybe' ? 'maybe' : 'none';

/** A file with key groups opens with a recipient of as many as are needed. */
function wayOf({ needed, groups }: Unit): OtherWay {
  let open = 0;
  let perhaps = 0;
  for (const way of groups.values()) {
    if (way === 'other') open += 1;
    if (way === 'maybe') perhaps += 1;
  }
  return open >= needed ? 'other' : open + perhaps >= needed ? 'maybe' : 'none';
}

/** The part of a file that one of its blobs opens, or several; null for a blob that nothing else stands in for. */
function unitOf({ sourceId, container, place }: BlobRow): string | null {
  const message = DATA_KEY.exec(place);
  if (message !== null) return `${sourceId}\n${message[1]}`;
  return container === 'sops' && SOPS_ENTRY.test(place) ? `${sourceId}\n` : null;
}

/** Findings of a blob that no key opens any more. */
const DAMAGE = ['truncated', 'beginning-missing', 'mangled-by-text'] as const;
export const isDamaged = ({ findings }: BlobRow): boolean =>
  findings.length > 0 && DAMAGE.some((code) => findings.includes(code));

/**
 * Whether a replica in another Region than the one asked about opens what is under the key. Only KMS lists replicas:
 * without its word, any multi-Region key may have some, and an alias of a key that nothing names may be that of one.
 */
function replicaWay(
  { names }: EvidenceModel,
  asked: string,
  key: AuditKey | null,
  together: readonly string[],
): OtherWay {
  // Who imported an asymmetric key has its private key, and opens what is under it without KMS.
  const imported = key?.origin === 'EXTERNAL' && key.spec !== null && key.spec !== 'SYMMETRIC_DEFAULT';
  if (key !== null && key.multiRegion !== null) {
    const { keyId } = key;
    const gone = new Set(
      together.map(readKeyName).flatMap(({ id, region }) => (id === keyId ? [region] : [])),
    );
    return key.otherRegions.some((region) => !gone.has(region)) ? 'other' : imported ? 'maybe' : 'none';
  }
  const known = names.keysOf(asked).flatMap((each) => names.arnsOf(each));
  if (known.length === 0 && readKeyName(asked).alias) return 'maybe';
  return [asked, ...known].some((name) => readKeyName(name).multiRegion) ? 'maybe' : 'none';
}
