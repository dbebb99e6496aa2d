import type { AuditKey } from '#shared/model/audit.ts';
import type { BlobRow } from '#shared/model/blob.ts';
import type { EvidenceBy } from '#shared/model/key-group.ts';
import type { Evidence, KeyEvidence } from '../key-material/index.ts';

/** What is known of keys: KMS's answer by any name, 'gone' where KMS knows no such key, null where nothing is known. */
export type KeyLookup = (name: string) => AuditKey | 'gone' | null;

/** What protects some of the blobs: a key, a label, a key material without a name, or nothing that can be named. */
export interface Subject {
  /** Equal for equal protection, by whatever name: the value of facet 'key'. */
  readonly id: string;
  /** What KMS told; null where it told nothing. */
  readonly key: AuditKey | null;
  /** The label or ARN it is known by; null where it has no name. */
  readonly label: string | null;
  /** An alias that files or KMS tie to the key; null where none is known. */
  readonly alias: string | null;
  /** KMS said that the label names no key. */
  readonly gone: boolean;
  readonly account: string | null;
  readonly region: string | null;
  readonly fingerprint: string | null;
  readonly by: EvidenceBy;
}

/** Finds the subject of each row from the evidence of its key. Subjects are made once for each name and strength of it. */
export class Subjects {
  readonly #evidence: Evidence;
  readonly #book: KeyLookup;
  readonly #known = new Map<string, Subject>();
  readonly #of = new Map<KeyEvidence, Subject>();

  constructor(evidence: Evidence, book: KeyLookup) {
    this.#evidence = evidence;
    this.#book = book;
  }

  of(row: BlobRow): Subject {
    const evidence = this.#evidence.of(row);
    if (evidence.by === 'foreign') return this.#unnamed(`none:${row.identification.kind}`, evidence);
    const known = this.#of.get(evidence) ?? this.#made(evidence);
    this.#of.set(evidence, known);
    return known;
  }

  #made(evidence: KeyEvidence): Subject {
    const { name, key, fingerprint } = evidence;
    if (name === null) return this.#unnamed(this.#evidence.idOf(evidence), evidence);
    // KMS is asked by an ARN where one is known: an alias without its account may be another's.
    const arns = key === null ? [] : this.#evidence.names.arnsOf(key);
    const concrete = arns.includes(name) || arns.length > 1 ? name : (arns[0] ?? name);
    const found = this.#book(concrete) ?? (concrete === name ? null : this.#book(name));
    const known = found === 'gone' ? null : found;
    // Another account may have an alias of the same name.
    const told = known !== null && this.#evidence.names.same(known.arn, concrete) === 'same' ? known : null;
    const at = `${evidence.by}\n${key ?? ''}\n${concrete}\n${evidence.region ?? ''}\n${evidence.account ?? ''}\n${fingerprint ?? ''}`;
    const made = this.#known.get(at);
    if (made !== undefined) return made;
    const subject: Subject = {
      id: this.#evidence.idOf(evidence),
      key: told,
      label: told?.arn ?? concrete,
      alias: key === null ? null : this.#evidence.names.aliasOf(key),
      gone: found === 'gone',
      account: evidence.account ?? told?.account ?? null,
      region: evidence.region ?? (arns.length > 1 ? null : (told?.region ?? null)),
      fingerprint,
      by: evidence.by,
    };
    this.#known.set(at, subject);
    return subject;
  }

  #unnamed(id: string, { by, fingerprint }: KeyEvidence): Subject {
    const known = this.#known.get(`${by}\n${id}`);
    if (known !== undefined) return known;
    const subject: Subject = {
      id,
      key: null,
      label: null,
      alias: null,
      gone: false,
      account: null,
      region: null,
      fingerprint,
      by,
    };
    this.#known.set(`${by}\n${id}`, subject);
    return subject;
  }
}

/** What to call a subject: first alias, else the label, else its material in short. */
export function subjectName({ key, label, alias, fingerprint, by }: Subject): string {
  if (key !== null) return key.aliases[0] ?? key.arn;
  if (alias !== null) return alias;
  if (label !== null) return label;
  if (fingerprint !== null)
    return `${by === 'contradicted' ? 'contradicting labels, ' : ''}key material ${fingerprint.slice(0, 8)}`;
  return by === 'foreign' ? 'not made by KMS' : 'not known';
}
