import { finding } from '#shared/finding.ts';
import type { BlobRow, Finding, Severity } from '#shared/model/blob.ts';
import { isZoneless, OLD_MONTHS } from './dates.ts';
import type { KeyEvidence } from './evidence.ts';

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
  return finding('duplicate-blob', { evidence: [`Equal bytes in ${list(beside, total - 1)}.`] });
}

/** v2 draws a salt for each blob and derives its key from it: an equal nonce alone is suspicious there, not fatal. */
export const nonceSeverity = ({ identification: { layout } }: BlobRow): Severity =>
  layout === 'v2' ? 'warning' : 'critical';

export function sharedNonce(row: BlobRow, { total, few, copies }: Neighbours): Finding {
  // Made only as far as it is read: a group may have a content for each of its blobs.
  function* beside(): Generator<BlobRow> {
    for (const other of few) if (other.sha256 !== row.sha256) yield other;
  }
  return finding('gcm-nonce-reuse', {
    severity: nonceSeverity(row),
    evidence: [
      `Also in ${list(beside(), total - (copies.get(row.sha256) ?? 0))}.`,
      `Nonce ${row.identification.gcmNonce}, key material ${row.identification.keyFingerprint?.slice(0, 16)}…`,
    ],
  });
}

/** Whether what is known of a blob's key material contradicts the key that its file declares. */
export const isContradicted = ({ label, reason }: KeyEvidence): boolean => label !== null && reason !== null;

export function wrongLabel({ declared: { keyArn } }: BlobRow, reason: string | null): Finding {
  return finding('declared-key-contradicts', {
    evidence: [`Declared here: ${keyArn}`, ...(reason === null ? [] : [reason])],
  });
}

/** `date`: the declared one, ISO 8601. */
export function oldBlob(row: BlobRow, date: string): Finding {
  return finding('old-blob', {
    evidence: [
      `The file says ${row.declared.createdAt}${isZoneless(row.declared.createdAt ?? '') ? ', without a time zone: read as UTC' : ''}; the date is not in the blob.`,
    ],
    values: { date: date.slice(0, 10), months: OLD_MONTHS },
  });
}

export const SHA1 = finding('sha1-oaep', { evidence: ['The file declares RSAES_OAEP_SHA_1.'] });
