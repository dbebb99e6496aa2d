import type { BlobRow, Finding, Severity } from '#shared/model/blob.ts';
import type { Cluster } from '#shared/model/cluster.ts';
import { readKeyName, sameKey } from './key-names.ts';

/** A blob older than this is worth a second look, months. */
export const OLD_MONTHS = 24;
/** Most blobs that evidence names. */
export const NAMED = 3;

/** Blobs that have something in common, in the order of the list. */
export interface Neighbours {
  readonly total: number;
  /** Of each content the first, one more than are named. */
  readonly few: readonly BlobRow[];
  /** How many have each content, by SHA-256. */
  readonly copies: ReadonlyMap<string, number>;
}

function where(row: BlobRow): string {
  return row.place === '' ? row.file : `${row.file} · ${row.place}`;
}

/** `rest` is how many there are beside the row, named or not. */
function list(beside: Iterable<BlobRow>, rest: number): string {
  const named: string[] = [];
  for (const row of beside) {
    if (named.length === NAMED) break;
    named.push(where(row));
  }
  const more = rest - named.length;
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

export function duplicate(row: BlobRow, { total, few }: Neighbours): Finding {
  const beside = few.filter(({ id }) => id !== row.id);
  return {
    code: 'duplicate-blob',
    severity: 'info',
    title: 'The very same blob stands elsewhere too.',
    evidence: [`Equal bytes in ${list(beside, total - 1)}.`],
    reason:
      'KMS never makes the same blob twice, so it was copied: replace one, and the old one stays in use.',
    remedy: 'Re-encrypt every copy together.',
    range: null,
  };
}

/** v2 draws a salt for each blob and derives its key from it: an equal nonce alone is odd there, not yet fatal. */
export const nonceSeverity = ({ identification: { layout } }: BlobRow): Severity =>
  layout === 'v2' ? 'warning' : 'critical';

export function sharedNonce(row: BlobRow, { total, few, copies }: Neighbours): Finding {
  // Made only as far as it is read: a group may have a content for each of its blobs.
  function* beside(): Generator<BlobRow> {
    for (const other of few) if (other.sha256 !== row.sha256) yield other;
  }
  return {
    code: 'gcm-nonce-reuse',
    severity: nonceSeverity(row),
    title: 'Two different blobs under one key material share their GCM nonce.',
    evidence: [
      `Also in ${list(beside(), total - (copies.get(row.sha256) ?? 0))}.`,
      `Nonce ${row.identification.gcmNonce}, key material ${row.identification.keyFingerprint?.slice(0, 16)}…`,
    ],
    reason:
      'AES-GCM loses its protection when a nonce repeats under one key. KMS draws nonces at random and never repeated ' +
      'one in any blob observed: one of them may be altered or made up.',
    remedy: 'Re-encrypt both, and find out where they come from.',
    range: null,
  };
}

/** Whether what is known of a blob's key material contradicts the key that its file declares. */
export function contradicts({ declared: { keyArn } }: BlobRow, cluster: Cluster): boolean {
  if (keyArn === null || keyArn === '' || cluster.verdict !== 'contradiction') return false;
  return cluster.keyArn === null || !sameKey(readKeyName(keyArn), readKeyName(cluster.keyArn));
}

export function wrongLabel({ declared: { keyArn } }: BlobRow, { reason }: Cluster): Finding {
  return {
    code: 'declared-key-contradicts',
    severity: 'warning',
    title: 'The key that the file declares is contradicted by other blobs with the same key material.',
    evidence: [`Declared here: ${keyArn}`, ...(reason === null ? [] : [reason])],
    reason: 'A wrong label makes decryption fail in tools that send it to KMS.',
    remedy: 'Find the key (a dry run for one blob), then correct the label by re-encrypting in place.',
    range: null,
  };
}

/** `date`: the declared one, ISO 8601. */
export function oldBlob(row: BlobRow, date: string): Finding {
  return {
    code: 'old-blob',
    severity: 'info',
    title: `Its container says that it was made on ${date.slice(0, 10)}, more than ${OLD_MONTHS} months ago.`,
    evidence: [`The file says ${row.declared.createdAt}; the date is not in the blob.`],
    reason: 'Automatic rotation of a key does not touch blobs made before.',
    remedy: 'Re-encrypt it to the same key, to take its current key material, or to a newer key.',
    range: null,
  };
}

export const SHA1: Finding = {
  code: 'sha1-oaep',
  severity: 'info',
  title: 'It is declared to be encrypted with RSA-OAEP and SHA-1.',
  evidence: ['The file declares RSAES_OAEP_SHA_1.'],
  reason: 'OAEP with SHA-1 is not known to be broken, but many policies forbid SHA-1.',
  remedy: 'Re-encrypt with RSAES_OAEP_SHA_256, which does the same work.',
  range: null,
};
