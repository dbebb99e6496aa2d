import type { AuditKey, DeletionImpact } from '#shared/model/audit.ts';
import { readKeyName } from '../clusters/index.ts';
import type { Audit } from './audit.ts';
import type { Subject } from './subjects.ts';

const MOST_FILES = 200;
const plural = (n: number, one: string): string => `${n.toLocaleString('en-US')} ${one}${n === 1 ? '' : 's'}`;

interface Touched {
  readonly certain: Int32Array;
  readonly declared: Int32Array;
  readonly possible: Int32Array;
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
  const { columns } = audit.input.ledger;
  const touched = { certain: [] as number[], declared: [] as number[], possible: [] as number[] };
  columns.cohorts.forEach(({ row, kms }, cohort) => {
    const subject = audit.subjects[cohort];
    if (subject === undefined) return;
    if (isIt(subject)) (subject.by === 'declared' ? touched.declared : touched.certain).push(cohort);
    else if (subject.label === null && kms && mayBe(key, row.identification.kind, row.sizeBytes))
      touched.possible.push(cohort);
  });
  return {
    certain: columns.rowsOf(touched.certain),
    declared: columns.rowsOf(touched.declared),
    possible: columns.rowsOf(touched.possible),
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
  const { certain, declared, possible, key } = touchedBy(audit, asked);
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
    notes: notes(audit, key, declared.length, possible.length),
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
    return `Nothing here is known to be under ${name}, but of ${plural(possible, 'blob')} it is not known whose they are.`;
  return `Nothing in this list is under ${name}.`;
}

function notes(audit: Audit, key: AuditKey | null, declared: number, possible: number): string[] {
  const list: string[] = [];
  if (key === null)
    list.push(
      audit.input.caller === null
        ? 'Not connected: what KMS knows of this key was not asked.'
        : 'KMS tells nothing of this key here: blobs were found by the name alone.',
    );
  if (declared > 0)
    list.push(
      `Of ${plural(declared, 'blob')} only the file says so. Search the key of one blob of each group to make it certain.`,
    );
  if (possible > 0)
    list.push(
      'Search the key of those that are not known whose they are: each answer settles a whole group.',
    );
  if (key?.deletionDate != null)
    list.push(`It is already waiting to be deleted, on ${key.deletionDate.slice(0, 10)}.`);
  if (key?.lastUse != null)
    list.push(
      key.lastUse.at === null
        ? `KMS has no use on record${key.lastUse.trackedSince === null ? '' : ` since ${key.lastUse.trackedSince.slice(0, 10)}`}.`
        : `KMS says it was last used on ${key.lastUse.at.slice(0, 10)} (${key.lastUse.operation ?? 'unknown operation'}).`,
    );
  list.push('This is about the blobs in the list. What lies elsewhere under this key is not known here.');
  return list;
}
