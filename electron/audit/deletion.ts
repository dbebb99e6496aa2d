import { plural } from '#shared/format.ts';
import type { AuditKey, DeletionImpact } from '#shared/model/audit.ts';
import { mayBeAlias, readKeyName } from '../clusters/index.ts';
import type { Audit } from './audit.ts';
import type { Subject } from './subjects.ts';

const MOST_FILES = 200;

interface Touched {
  readonly certain: Int32Array;
  readonly declared: Int32Array;
  /** Rows whose key nothing names, and rows of which only KMS could say whether their key is the one asked about. */
  readonly possible: Int32Array;
  /** How many of the possible ones name a key. */
  readonly named: number;
}

/** Rows that a key protects, by how sure that is. `asked`: key id, ARN, alias or alias ARN. */
export function touchedBy(audit: Audit, asked: string): Touched & { readonly key: AuditKey | null } {
  const found = audit.input.book(asked);
  const key = found === 'gone' ? null : found;
  const name = readKeyName(asked);
  const isIt = (subject: Subject): boolean =>
    key !== null && subject.key !== null
      ? subject.key.arn === key.arn
      : subject.label !== null && sameName(subject.label, asked, name.id);
  /** One is called by an alias, the other by an id, and KMS did not say whether they are the same key. */
  const cannotTell = ({ label }: Subject): boolean =>
    found === null && label !== null && mayBeAlias(readKeyName(label), name);
  const { columns } = audit.input.ledger;
  let named = 0;
  const touched = { certain: [] as number[], declared: [] as number[], possible: [] as number[] };
  columns.cohorts.forEach(({ row, kms, size }, cohort) => {
    const subject = audit.subjects[cohort];
    if (subject === undefined) return;
    if (isIt(subject)) (subject.by === 'declared' ? touched.declared : touched.certain).push(cohort);
    else if (cannotTell(subject)) {
      touched.possible.push(cohort);
      named += size;
    } else if (subject.label === null && kms && mayBe(key, row.identification.kind, row.sizeBytes))
      touched.possible.push(cohort);
  });
  return {
    certain: columns.rowsOf(touched.certain),
    declared: columns.rowsOf(touched.declared),
    possible: columns.rowsOf(touched.possible),
    named,
    key,
  };
}

function sameName(label: string, asked: string, askedId: string): boolean {
  if (label === asked) return true;
  const other = readKeyName(label);
  const mine = readKeyName(asked);
  if (other.id !== askedId || other.alias !== mine.alias) return false;
  return !mine.arn || !other.arn;
}

/** Whether ciphertext of this kind and size may come from a key of its spec. */
function mayBe(key: AuditKey | null, kind: string, sizeBytes: number): boolean {
  if (key === null || key.spec === null) return true;
  const symmetric = kind !== 'kms-asymmetric-candidate';
  if (key.spec === 'SYMMETRIC_DEFAULT') return symmetric;
  return !symmetric && (key.spec === 'SM2' || key.spec === `RSA_${sizeBytes * 8}`);
}

/** "What breaks if I delete this key?" */
export function deletionImpact(audit: Audit, asked: string): DeletionImpact {
  const { certain, declared, possible, named, key } = touchedBy(audit, asked);
  const { columns } = audit.input.ledger;
  const files = new Map<number, number>();
  for (const rows of [certain, declared])
    for (const index of rows) {
      const file = columns.file[index] ?? 0;
      files.set(file, (files.get(file) ?? 0) + 1);
    }
  const dead = certain.length + declared.length;
  const name = key?.aliases[0] ?? asked;
  return {
    answer: answer(name, dead, files.size, possible.length, key),
    severity: dead > 0 ? 'some' : possible.length > 0 ? 'possible' : 'none',
    key,
    asked,
    certain: certain.length,
    declared: declared.length,
    possible: possible.length,
    files: files.size,
    byFile: [...files]
      .map(([file, blobs]) => ({ file: columns.files[file] ?? '', blobs }))
      .sort((a, b) => b.blobs - a.blobs || (a.file < b.file ? -1 : 1))
      .slice(0, MOST_FILES),
    notes: notes(audit, name, key, declared.length, { unnamed: possible.length - named, named }),
  };
}

function answer(name: string, dead: number, files: number, possible: number, key: AuditKey | null): string {
  if (dead > 0) {
    const replicas = key?.otherRegions ?? [];
    const what = `${plural(dead, 'blob')} in ${plural(files, 'file')}`;
    return replicas.length > 0
      ? `${what} could then be opened through the replica in ${replicas.join(', ')} alone.`
      : `${what} could never be opened again.`;
  }
  if (possible > 0)
    return `No blob in this list is known to be under ${name}, but ${plural(possible, 'blob')} may be.`;
  return `No blob in this list is under ${name}.`;
}

function notes(
  audit: Audit,
  name: string,
  key: AuditKey | null,
  declared: number,
  possible: { readonly unnamed: number; readonly named: number },
): string[] {
  const list: string[] = [];
  if (key === null)
    list.push(
      audit.input.caller === null
        ? 'Not connected: KMS was not asked about this key.'
        : 'KMS told nothing of this key on this connection: blobs were found by the name alone.',
    );
  if (declared > 0)
    list.push(
      `For ${plural(declared, 'blob')} only the file names the key. Find the key of one blob of each group (Find key…): a DryRun by KMS makes it certain for the whole group.`,
    );
  if (possible.unnamed > 0)
    list.push(
      `Nothing names the key of ${plural(possible.unnamed, 'blob')}. Find the key of one blob of each group (Find key…): one answer settles the whole group.`,
    );
  if (possible.named > 0)
    list.push(
      `For ${plural(possible.named, 'blob')} only KMS can say whether ${name} and the key that the file names are the same key. Connect to its account and Region, or ask by the key’s ARN.`,
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
