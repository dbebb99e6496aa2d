import { plural } from '#shared/format.ts';
import type { AuditKey, DeletionImpact, KeyReference } from '#shared/model/audit.ts';
import { isKeyName, type KeyNames, type Under } from '../key-material/index.ts';
import type { Audit } from './audit.ts';
import type { Way } from './audit-snapshot.ts';
import { OtherWays } from './other-ways.ts';
import type { KeyLookup } from './subjects.ts';

const MOST_FILES = 200;
const MOST_REFERENCES = 200;

/** A blob that the deletion of a key concerns. */
export interface TouchedRow {
  readonly index: number;
  readonly under: Under;
  /** What else opens it. */
  readonly way: Way;
}

/** Which blobs the deletion of a key concerns, in the order of the list, and what is known of the key. */
export interface Touched {
  readonly rows: readonly TouchedRow[];
  readonly key: AuditKey | null;
  readonly references: readonly KeyReference[];
  /** No file, no person and no key that KMS described has this name. */
  readonly nameless: boolean;
}

/**
 * Rows that the deletion of a key concerns, by how it is known: a question about risk, so that every blob is among
 * them of which anything says that it may be under the key.
 *
 * @param asked Key id, ARN, alias or alias ARN.
 */
export function touchedBy(audit: Audit, asked: string): Touched {
  const { evidence, book, snapshot } = audit.input;
  const { columns } = snapshot;
  const key = described(book(asked), asked, evidence.names);
  // KMS said which key the name stands for on this connection.
  const name = key?.arn ?? asked;
  const references = audit.input.references(name);
  const nameless = key === null && references.length === 0 && !evidence.names.has(asked);
  const under = columns.cohorts.map(({ row }): Under | null => {
    const how = evidence.under(evidence.of(row), name);
    if (how === null || isListed(how)) return how;
    // What is no key's name may be no key's.
    if (nameless && !isKeyName(asked)) return null;
    return how === 'named' || fits(key, row.identification.kind, row.sizeBytes) ? how : null;
  });
  const ways = new OtherWays(snapshot, evidence, name, key);
  const rows: TouchedRow[] = [];
  for (let index = 0; index < columns.rows.length; index += 1) {
    const how = under[columns.cohort[index] ?? -1] ?? null;
    if (how !== null) rows.push({ index, under: how, way: isListed(how) ? ways.of(index) : 'none' });
  }
  return { rows, key, references, nameless };
}

/** What KMS said of a name; null where files tie the name to another key: this connection's has its alias by chance. */
function described(found: ReturnType<KeyLookup>, asked: string, names: KeyNames): AuditKey | null {
  return found === null || found === 'gone' || names.same(asked, found.arn) !== 'same' ? null : found;
}

/** Blobs that are known or said to be under the key, as against those that may be. */
export const isListed = (under: Under): boolean => under !== 'named' && under !== 'unidentified';

/** Whether ciphertext of this kind and size may come from a key of its spec. */
function fits(key: AuditKey | null, kind: string, sizeBytes: number): boolean {
  if (key === null || key.spec === null) return true;
  const symmetric = kind !== 'kms-asymmetric-candidate';
  if (key.spec === 'SYMMETRIC_DEFAULT') return symmetric;
  return !symmetric && (key.spec === 'SM2' || key.spec === `RSA_${sizeBytes * 8}`);
}

type Counts = Record<Under, number> & { readonly ways: Record<Way, number>; readonly files: number };

/** "What breaks if I delete this key?" */
export function deletionImpact(audit: Audit, asked: string): DeletionImpact {
  const { rows, key, references, nameless } = touchedBy(audit, asked);
  const { columns } = audit.input.snapshot;
  const files = new Map<number, number>();
  const counts: Counts & { files: number } = {
    confirmed: 0,
    person: 0,
    declared: 0,
    inferred: 0,
    contradicted: 0,
    named: 0,
    unidentified: 0,
    ways: { none: 0, maybe: 0, other: 0 },
    files: 0,
  };
  for (const { index, under, way } of rows) {
    counts[under] += 1;
    if (!isListed(under)) continue;
    if (under !== 'contradicted') counts.ways[way] += 1;
    const file = columns.file[index] ?? 0;
    files.set(file, (files.get(file) ?? 0) + 1);
  }
  counts.files = files.size;
  const name = key?.aliases[0] ?? asked;
  const possible = counts.named + counts.unidentified;
  const known = counts.confirmed + counts.person + counts.declared + counts.inferred;
  return {
    answer: answer(name, counts, nameless, key?.otherRegions ?? []) + referring(references.length),
    severity: known + counts.contradicted > 0 ? 'some' : possible > 0 ? 'possible' : 'none',
    key,
    asked,
    known: !nameless,
    certain: counts.confirmed + counts.person,
    declared: counts.declared,
    inferred: counts.inferred,
    contradicted: counts.contradicted,
    possible,
    lost: counts.ways.none,
    otherWay: counts.ways.other,
    maybeOtherWay: counts.ways.maybe,
    files: files.size,
    byFile: [...files]
      .map(([file, blobs]) => ({ file: columns.files[file] ?? '', blobs }))
      .sort((a, b) => b.blobs - a.blobs || (a.file < b.file ? -1 : 1))
      .slice(0, MOST_FILES),
    references: references.slice(0, MOST_REFERENCES),
    moreReferences: Math.max(0, references.length - MOST_REFERENCES),
    notes: notes(audit, name, key, counts, nameless),
  };
}

function answer(name: string, counts: Counts, nameless: boolean, replicas: readonly string[]): string {
  const { ways, contradicted, files } = counts;
  const known = ways.none + ways.maybe + ways.other;
  const possible = counts.named + counts.unidentified;
  const mayBe = `${plural(possible, 'blob')} may be under it`;
  if (known > 0) {
    const parts = [
      ...(ways.none > 0 ? [`${ways.none.toLocaleString('en-US')} could never be opened again`] : []),
      ...(ways.other > 0 ? [`${ways.other.toLocaleString('en-US')} open another way`] : []),
      ...(ways.maybe > 0 ? [`${ways.maybe.toLocaleString('en-US')} may open another way`] : []),
    ];
    const also =
      contradicted > 0
        ? ` ${plural(contradicted, 'blob')} more name it, and other evidence contradicts that.`
        : '';
    if (replicas.length > 0 && contradicted === 0)
      return `${plural(known, 'blob')} in ${plural(files, 'file')} could then be opened through the replica in ${replicas.join(', ')} alone.`;
    if (ways.none === known && contradicted === 0)
      return `${plural(known, 'blob')} in ${plural(files, 'file')} could never be opened again.`;
    return `${plural(known, 'blob')} in ${plural(files, 'file')} ${known === 1 ? 'is' : 'are'} under ${name}: ${parts.join(', ')}.${also}`;
  }
  if (contradicted > 0)
    return `${plural(contradicted, 'blob')} in ${plural(files, 'file')} may be lost: a label names ${name}, and other evidence contradicts it.`;
  if (nameless)
    return `No such name here: no file names ${name}${possible > 0 ? `. ${mayBe} all the same` : ''}.`;
  if (possible > 0)
    return `No blob in this list is known to be under ${name}, but ${plural(possible, 'blob')} may be.`;
  return `No blob in this list is under ${name}.`;
}

/** Configuration that would go on using the key belongs to every answer, also where no blob is under it. */
const referring = (references: number): string =>
  references === 0
    ? ''
    : ` ${plural(references, 'place')} in configuration ${references === 1 ? 'refers' : 'refer'} to it.`;

function notes(
  audit: Audit,
  name: string,
  key: AuditKey | null,
  counts: Counts,
  nameless: boolean,
): string[] {
  const { caller } = audit.input;
  const list: string[] = [];
  if (key === null)
    list.push(
      caller === null
        ? 'Not connected: KMS was not asked about this key.'
        : `KMS said nothing of this key on ${caller.connection}: blobs were found by names in files alone.`,
    );
  if (nameless && !isKeyName(name))
    list.push(`${name} is no key id, ARN or alias: check its spelling, or ask by the key’s ARN.`);
  if (counts.declared > 0)
    list.push(
      `For ${plural(counts.declared, 'blob')} only the file names the key. Find the key of one blob of each group (Find key…): a DryRun by KMS makes it certain for the whole group.`,
    );
  if (counts.inferred > 0)
    list.push(
      `${plural(counts.inferred, 'blob')} without this label share key material with blobs that have it.`,
    );
  if (counts.contradicted > 0)
    list.push(
      `For ${plural(counts.contradicted, 'blob')} a label names this key and other evidence contradicts it. Treat them as under it until KMS has named their key (Find key…).`,
    );
  if (counts.ways.other > 0)
    list.push(
      `${plural(counts.ways.other, 'blob')} open another way: other recipients of the SOPS file, another data key of the message, or a replica of the key.`,
    );
  if (counts.unidentified > 0)
    list.push(
      `Nothing names the key of ${plural(counts.unidentified, 'blob')}. Find the key of one blob of each group (Find key…): one answer settles the whole group.`,
    );
  if (counts.named > 0)
    list.push(
      `For ${plural(counts.named, 'blob')} only KMS can say whether ${name} and the key that the file names are the same key. Connect to its account and Region, or ask by the key’s ARN.`,
    );
  if (key?.deletionDate != null)
    list.push(`It is already waiting to be deleted, on ${key.deletionDate.slice(0, 10)}.`);
  if (key?.lastUse != null)
    list.push(
      key.lastUse.at === null
        ? `KMS has no use on record${key.lastUse.trackedSince === null ? '' : ` since ${key.lastUse.trackedSince.slice(0, 10)}`}.`
        : `KMS says it was last used on ${key.lastUse.at.slice(0, 10)} (${key.lastUse.operation ?? 'unknown operation'}).`,
    );
  list.push(
    'This is about the blobs in the list. Ciphertext elsewhere that is under this key is not known here.',
  );
  return list;
}
