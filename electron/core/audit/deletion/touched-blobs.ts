import type { AuditKey } from '#shared/model/audit.ts';
import { isKeyName, type KeyNames, type Under } from '../../key-material/index.ts';
import { isMessage } from '../list/audit-snapshot.ts';
import type { Audit, Evidenced, KeyLookup, Touched, TouchedRow } from '../model.ts';
import { isDamaged, OtherWays } from './other-ways.ts';

/** A key of which the deletion is asked about, and how any blob is under it. */
export interface AskedKey extends Pick<Touched, 'asked' | 'key' | 'references' | 'nameless'> {
  /** The name that blobs are compared with: its ARN where KMS described it. */
  readonly name: string;
  readonly under: (row: Evidenced) => Under | null;
}

/** @param text Key id, ARN, alias or alias ARN. */
export function askedKey(audit: Audit, text: string): AskedKey {
  const { evidence, book } = audit.input;
  const asked = evidence.names.named(text) ?? text.trim();
  const key = described(book(asked), asked, evidence.names);
  // KMS knows which key the name stands for on this connection.
  const name = key?.arn ?? asked;
  const references = audit.input.references(name);
  const nameless = key === null && references.length === 0 && !evidence.names.has(asked);
  const under = (row: Evidenced): Under | null => {
    const how = evidence.under(evidence.of(row), name);
    if (how === null || isListed(how)) return how;
    // What is no key's name may be no key's.
    if (nameless && !isKeyName(asked)) return null;
    return how === 'named' || fits(key, row.identification.kind, row.sizeBytes) ? how : null;
  };
  return { asked, key, references, nameless, name, under };
}

/**
 * Rows that the deletion of a key concerns, by how it is known: a question about risk, so that every blob is among
 * them of which anything says that it may be under the key.
 *
 * @param text Key id, ARN, alias or alias ARN.
 * @param together Names of keys that are deleted with it: what opens with one of these opens no other way.
 * @param proof What KMS said of single blobs.
 */
export function touchedBy(
  audit: Audit,
  text: string,
  together: readonly string[] = [],
  proof: BlobProof = () => null,
): Touched {
  const { evidence, snapshot } = audit.input;
  const { columns } = snapshot;
  const { asked, key, references, nameless, name, under: underOf } = askedKey(audit, text);
  const under = columns.cohorts.map(({ row }) => underOf(row));
  const ways = new OtherWays(snapshot, evidence, name, key, together);
  // What is no key's name may be no key's; a key of another spec protects no branch key.
  const branchKeys = (!nameless || isKeyName(asked)) && fits(key, 'kms-symmetric', 0);
  const rows: TouchedRow[] = [];
  for (let index = 0; index < columns.rows.length; index += 1) {
    const row = columns.rows[index];
    if (row === undefined) continue;
    const how = provenUnder(
      under[columns.cohort[index] ?? -1] ??
        (branchKeys && isMessage(row) && snapshot.alsoOpens(index).viaBranchKey ? 'unidentified' : null),
      proof,
      row.sha256,
      name,
    );
    if (how === null) continue;
    const way = isListed(how) ? ways.of(index) : 'none';
    rows.push({ index, under: how, way, damaged: isDamaged(row) });
  }
  return { asked, rows, key, references, nameless };
}

/** What KMS said of one blob and a key, by the blob's hex SHA-256 and the key's ARN; null: it was not asked, or could not tell. */
export type BlobProof = (sha256: string, key: string) => 'opens' | 'does not open' | null;

/** How a blob is under a key, with what KMS said of that blob alone: it decides where nothing else names the key. */
export function provenUnder(how: Under | null, proof: BlobProof, sha256: string, name: string): Under | null {
  if (how === null || isListed(how)) return how;
  const said = proof(sha256, name);
  return said === 'opens' ? 'confirmed' : said === null ? how : null;
}

/** The key that KMS describes for a name; null where files tie the name to another key: this connection's has its alias by chance. */
function described(found: ReturnType<KeyLookup>, asked: string, names: KeyNames): AuditKey | null {
  return found === null || found === 'gone' || names.same(asked, found.arn) !== 'same' ? null : found;
}

/** Blobs that are known or declared to be under the key, not those that may be. */
export const isListed = (under: Under): boolean => under !== 'named' && under !== 'unidentified';

/** Whether ciphertext of this kind and size may come from a key of its spec. */
function fits(key: AuditKey | null, kind: string, sizeBytes: number): boolean {
  if (key === null || key.spec === null) return true;
  // What a key is for never changes: one that signs made no ciphertext.
  if (key.usage !== null && key.usage !== 'ENCRYPT_DECRYPT') return false;
  const symmetric = kind !== 'kms-asymmetric-candidate';
  if (key.spec === 'SYMMETRIC_DEFAULT') return symmetric;
  return !symmetric && (key.spec === 'SM2' || key.spec === `RSA_${sizeBytes * 8}`);
}
