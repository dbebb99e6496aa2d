import type { AuditKey } from '#shared/model/audit.ts';
import type { BlobRow } from '#shared/model/blob.ts';
import { type Evidence, readKeyName } from '../key-material/index.ts';
import type { AuditSnapshot, Way } from './audit-snapshot.ts';

/** A data key of an Encryption SDK message: what its place is called before its number. */
const DATA_KEY = /^(.*?)(?:: )?encrypted data key \d+/;
/** An entry of the metadata of a SOPS file, as against a blob among its values. */
const SOPS_ENTRY = /\bsops\.(?:kms|key_groups)\b/;
/** An entry of one of several key groups of a SOPS file, which opens with entries of each. */
const KEY_GROUP = /^(.*key_groups\[\d+\])/;

/**
 * What else opens a file or message of which a key is deleted: other recipients of a SOPS file, other data keys of an
 * Encryption SDK message, replicas of the key in other Regions. Each file is looked at once, when it is asked about.
 */
export class OtherWays {
  readonly #snapshot: AuditSnapshot;
  readonly #evidence: Evidence;
  readonly #asked: string;
  readonly #replica: boolean;
  /** By source and the part of it that opens as one: whether some of its blobs are under other keys. */
  #units: ReadonlyMap<string, Way> | null = null;

  constructor(snapshot: AuditSnapshot, evidence: Evidence, asked: string, key: AuditKey | null) {
    this.#snapshot = snapshot;
    this.#evidence = evidence;
    this.#asked = asked;
    this.#replica = hasReplica(evidence, asked, key);
  }

  of(index: number): Way {
    if (this.#replica) return 'other';
    const row = this.#snapshot.columns.rows[index];
    const unit = row === undefined ? null : unitOf(row);
    if (unit === null) return 'none';
    this.#units ??= this.#look();
    const beside = this.#units.get(unit) ?? 'none';
    const also = this.#snapshot.alsoOpens(index);
    return beside === 'other' || also === 'other'
      ? 'other'
      : beside === 'maybe' || also === 'maybe'
        ? 'maybe'
        : 'none';
  }

  #look(): Map<string, Way> {
    const evidence = this.#evidence;
    const { columns } = this.#snapshot;
    const ways = columns.cohorts.map(({ row, kms }): Way => {
      if (!kms) return 'none';
      const under = evidence.under(evidence.of(row), this.#asked);
      return under === null ? 'other' : under === 'named' || under === 'unidentified' ? 'maybe' : 'none';
    });
    const units = new Map<string, Way>();
    columns.rows.forEach((row, i) => {
      const unit = unitOf(row);
      if (unit === null) return;
      const way = ways[columns.cohort[i] ?? -1] ?? 'none';
      const known = units.get(unit);
      if (known === undefined || known === 'none' || way === 'other') units.set(unit, way);
    });
    return units;
  }
}

/** The part of a file that one of its blobs alone opens; null for a blob that nothing else stands in for. */
function unitOf({ sourceId, container, place }: BlobRow): string | null {
  const message = DATA_KEY.exec(place);
  if (message !== null) return `${sourceId}\n${message[1]}`;
  if (container !== 'sops' || !SOPS_ENTRY.test(place)) return null;
  return `${sourceId}\n${KEY_GROUP.exec(place)?.[1] ?? ''}`;
}

/** Whether the key has a replica in another Region than the one asked about. */
function hasReplica(evidence: Evidence, asked: string, key: AuditKey | null): boolean {
  if (key !== null && key.otherRegions.length > 0) return true;
  const regions = evidence.names
    .keysOf(asked)
    .flatMap((each) => evidence.names.arnsOf(each))
    .map(readKeyName)
    .filter(({ multiRegion }) => multiRegion)
    .map(({ region }) => region);
  return new Set(regions).size > 1;
}
