import type { AuditKey, COVERAGE } from '#shared/model/audit.ts';
import type { BlobKind, BlobRow } from '#shared/model/blob.ts';
import type { Cluster } from '#shared/model/cluster.ts';
import { readKeyName } from '../clusters/index.ts';

export type Coverage = (typeof COVERAGE)[number];

/** What is known of keys: KMS's answer by any name, 'gone' where KMS knows no such key, null where nothing is known. */
export type KeyBook = (name: string) => AuditKey | 'gone' | null;

/** What protects some of the blobs: a key, a label, a key material without a name, or nothing that can be named. */
export interface Subject {
  /** Equal for equal protection: the value of facet 'key'. */
  readonly id: string;
  /** What KMS told; null where it told nothing. */
  readonly key: AuditKey | null;
  /** The label or ARN it is known by; null where it has no name. */
  readonly label: string | null;
  /** KMS said that the label names no key. */
  readonly gone: boolean;
  readonly account: string | null;
  readonly region: string | null;
  readonly fingerprint: string | null;
  readonly by: Coverage;
}

/** Kinds that AWS KMS made, as far as bytes can tell. */
const KMS_KINDS: ReadonlySet<BlobKind> = new Set(['kms-symmetric', 'kms-like', 'kms-asymmetric-candidate']);
export const isKms = ({ identification }: BlobRow): boolean => KMS_KINDS.has(identification.kind);

/**
 * Finds the subject of each row. The group that a blob is in speaks first, then the blob's own label; neither is
 * asked of what KMS did not make. Subjects are made once for each name and strength of evidence.
 */
export class Subjects {
  readonly #clusters: ReadonlyMap<string, Cluster>;
  readonly #book: KeyBook;
  readonly #byName = new Map<string, Subject>();
  /** The subject of a group that has a key, and of a blob that has a label alone. */
  readonly #byMaterial = new Map<string, Subject>();
  readonly #byLabel = new Map<string, Subject>();

  constructor(clusters: readonly Cluster[], book: KeyBook) {
    this.#clusters = new Map(clusters.map((cluster) => [cluster.fingerprint, cluster]));
    this.#book = book;
  }

  of(row: BlobRow): Subject {
    const { keyFingerprint, kind } = row.identification;
    const declared = row.declared.keyArn === '' ? null : row.declared.keyArn;
    if (keyFingerprint !== null) {
      const known = this.#byMaterial.get(keyFingerprint);
      if (known !== undefined) return known;
      const cluster = this.#clusters.get(keyFingerprint);
      if (cluster !== undefined) {
        // Labels of a group that contradict each other name no key.
        const subject =
          cluster.keyArn === null
            ? this.#make(`material:${keyFingerprint}`, null, keyFingerprint, 'clustered')
            : this.#make(null, cluster.keyArn, keyFingerprint, cluster.by ?? 'declared');
        this.#byMaterial.set(keyFingerprint, subject);
        return subject;
      }
    }
    // A blob outside of any group has its label alone.
    if (declared !== null) {
      const subject = this.#byLabel.get(declared) ?? this.#make(null, declared, keyFingerprint, 'declared');
      this.#byLabel.set(declared, subject);
      return subject;
    }
    if (keyFingerprint !== null)
      return this.#make(`material:${keyFingerprint}`, null, keyFingerprint, 'clustered');
    return isKms(row)
      ? this.#make('none:unknown', null, null, 'unknown')
      : this.#make(`none:${kind}`, null, null, 'foreign');
  }

  #make(id: string | null, label: string | null, fingerprint: string | null, by: Coverage): Subject {
    const at = `${by}\n${id ?? ''}\n${label ?? ''}\n${fingerprint ?? ''}`;
    const known = this.#byName.get(at);
    if (known !== undefined) return known;
    const found = label === null ? null : this.#book(label);
    const key = found === 'gone' ? null : found;
    const name = label === null ? null : readKeyName(label);
    const subject: Subject = {
      id: id ?? (key === null ? `label:${label}` : key.arn),
      key,
      label: key?.arn ?? label,
      gone: found === 'gone',
      account: key?.account ?? name?.account ?? null,
      region: key?.region ?? name?.region ?? null,
      fingerprint,
      by,
    };
    this.#byName.set(at, subject);
    return subject;
  }
}

/** What to call a subject: first alias, else the label, else its material in short. */
export function subjectName({ key, label, fingerprint, by }: Subject): string {
  if (key !== null) return key.aliases[0] ?? key.arn;
  if (label !== null) return label;
  if (fingerprint !== null) return `key material ${fingerprint.slice(0, 8)}`;
  return by === 'foreign' ? 'not made by KMS' : 'not known';
}
