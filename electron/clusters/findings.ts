import type { BlobRow, Finding } from '#shared/model/blob.ts';
import type { Cluster } from '#shared/model/cluster.ts';
import { declaredDate } from './dates.ts';
import { readKeyName, sameKey } from './key-names.ts';

/** A blob older than this is worth a second look, months. */
export const OLD_MONTHS = 24;
const LISTED = 3;

/**
 * Findings that need more than one blob, or the date: by blob id. Linear in the rows.
 * `now` is the present, milliseconds.
 */
export function acrossBlobs(
  rows: readonly BlobRow[],
  all: readonly Cluster[],
  now: number,
): Map<string, Finding[]> {
  const found = new Map<string, Finding[]>();
  const put = (row: BlobRow, finding: Finding) => {
    const list = found.get(row.id);
    if (list === undefined) found.set(row.id, [finding]);
    else list.push(finding);
  };
  const byHash = shared(rows, (row) => row.sha256);
  const byNonce = shared(rows, ({ identification: id }) =>
    id.gcmNonce === null || id.keyFingerprint === null ? null : `${id.keyFingerprint} ${id.gcmNonce}`,
  );
  const byFingerprint = new Map(all.map((cluster) => [cluster.fingerprint, cluster]));
  for (const same of byHash) for (const row of same) put(row, duplicate(row, same));
  for (const same of byNonce)
    if (new Set(same.map((row) => row.sha256)).size > 1)
      for (const row of same) put(row, sharedNonce(row, same));
  for (const row of rows) {
    const cluster = byFingerprint.get(row.identification.keyFingerprint ?? '');
    const label = cluster === undefined ? null : contradiction(row, cluster);
    if (label !== null) put(row, label);
    const age = old(row, now);
    if (age !== null) put(row, age);
    if (row.declared.algorithm === 'RSAES_OAEP_SHA_1') put(row, SHA1);
  }
  return found;
}

/** Rows that share a key with another row. Most share it with none, and cost no list. */
function shared(
  rows: readonly BlobRow[],
  key: (row: BlobRow) => string | null,
): readonly (readonly BlobRow[])[] {
  const alone = new Map<string, BlobRow>();
  const together = new Map<string, BlobRow[]>();
  for (const row of rows) {
    const k = key(row);
    if (k === null) continue;
    const first = alone.get(k);
    if (first === undefined) alone.set(k, row);
    else {
      const list = together.get(k);
      if (list === undefined) together.set(k, [first, row]);
      else list.push(row);
    }
  }
  return [...together.values()];
}

function where(row: BlobRow): string {
  return row.place === '' ? row.file : `${row.file} · ${row.place}`;
}

function others(row: BlobRow, same: readonly BlobRow[]): string {
  // A blob may stand in every one of a hundred thousand files: no more of them are looked at than are named.
  const named = same
    .slice(0, LISTED + 1)
    .filter((other) => other.id !== row.id)
    .slice(0, LISTED);
  const rest = same.length - 1 - named.length;
  return `${named.map(where).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

function duplicate(row: BlobRow, same: readonly BlobRow[]): Finding {
  return {
    code: 'duplicate-blob',
    severity: 'info',
    title: 'The very same blob stands elsewhere too.',
    evidence: [`Equal bytes in ${others(row, same)}.`],
    reason:
      'KMS never makes the same blob twice, so it was copied: replace one, and the old one stays in use.',
    remedy: 'Re-encrypt every copy together.',
    range: null,
  };
}

function sharedNonce(row: BlobRow, same: readonly BlobRow[]): Finding {
  return {
    code: 'gcm-nonce-reuse',
    // v2 draws a salt for each blob and derives its key from it: an equal nonce alone is odd there, not yet fatal.
    severity: row.identification.layout === 'v2' ? 'warning' : 'critical',
    title: 'Two different blobs under one key material share their GCM nonce.',
    evidence: [
      `Also in ${others(
        row,
        same.filter(({ id, sha256 }) => id === row.id || sha256 !== row.sha256),
      )}.`,
      `Nonce ${row.identification.gcmNonce}, key material ${row.identification.keyFingerprint?.slice(0, 16)}…`,
    ],
    reason:
      'AES-GCM loses its protection when a nonce repeats under one key. KMS draws nonces at random and never repeated ' +
      'one in any blob observed: one of them may be altered or made up.',
    remedy: 'Re-encrypt both, and find out where they come from.',
    range: null,
  };
}

function contradiction(row: BlobRow, cluster: Cluster): Finding | null {
  const { keyArn } = row.declared;
  if (keyArn === null || keyArn === '' || cluster.verdict !== 'contradiction') return null;
  const mine = readKeyName(keyArn);
  if (cluster.keyArn !== null && sameKey(mine, readKeyName(cluster.keyArn))) return null;
  return {
    code: 'declared-key-contradicts',
    severity: 'warning',
    title: 'The key that the file declares is contradicted by other blobs with the same key material.',
    evidence: [`Declared here: ${keyArn}`, ...(cluster.reason === null ? [] : [cluster.reason])],
    reason: 'A wrong label makes decryption fail in tools that send it to KMS.',
    remedy: 'Find the key (a dry run for one blob), then correct the label by re-encrypting in place.',
    range: null,
  };
}

function old(row: BlobRow, now: number): Finding | null {
  const date = declaredDate(row.declared.createdAt);
  if (date === null) return null;
  const limit = new Date(now);
  limit.setUTCMonth(limit.getUTCMonth() - OLD_MONTHS);
  if (Date.parse(date) >= limit.getTime()) return null;
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

const SHA1: Finding = {
  code: 'sha1-oaep',
  severity: 'info',
  title: 'It is declared to be encrypted with RSA-OAEP and SHA-1.',
  evidence: ['The file declares RSAES_OAEP_SHA_1.'],
  reason: 'OAEP with SHA-1 is not known to be broken, but many policies forbid SHA-1.',
  remedy: 'Re-encrypt with RSAES_OAEP_SHA_256, which does the same work.',
  range: null,
};
