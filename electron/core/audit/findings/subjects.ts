import type { BlobRow } from '#shared/model/blob.ts';
import { type EvidenceModel, type KeyEvidence, readKeyName } from '../../key-material/index.ts';
import type { KeyLookup, KeySubject } from '../model.ts';

/** Finds the subject of each row from the evidence of its key. Subjects are made once for each name and strength of it. */
export class Subjects {
  readonly #evidence: EvidenceModel;
  readonly #book: KeyLookup;
  readonly #known = new Map<string, KeySubject>();
  readonly #of = new Map<KeyEvidence, KeySubject>();

  constructor(evidence: EvidenceModel, book: KeyLookup) {
    this.#evidence = evidence;
    this.#book = book;
  }

  of(row: BlobRow): KeySubject {
    const evidence = this.#evidence.of(row);
    if (evidence.by === 'foreign') return this.#unnamed(`none:${row.identification.kind}`, evidence);
    const known = this.#of.get(evidence) ?? this.#made(evidence);
    this.#of.set(evidence, known);
    return known;
  }

  #made(evidence: KeyEvidence): KeySubject {
    const { names } = this.#evidence;
    const { name, key, fingerprint } = evidence;
    if (name === null) return this.#unnamed(this.#evidence.idOf(evidence), evidence);
    // KMS is asked by an ARN where one is known: an alias without its account may be another's.
    const arns = key === null ? [] : names.arnsOf(key);
    const { plain } = readKeyName(name);
    const concrete = arns.includes(plain) || arns.length > 1 ? plain : (arns[0] ?? plain);
    const found = this.#book(concrete) ?? (concrete === plain ? null : this.#book(plain));
    const known = found === 'gone' ? null : found;
    // Another account may have an alias of the same name, and an alias may have named another key before.
    const isIts = known !== null && key !== null && names.keysOf(known.arn).includes(key);
    const described = isIts && names.same(known.arn, concrete) === 'same' ? known : null;
    const at = `${evidence.by}\n${key ?? ''}\n${concrete}\n${evidence.region ?? ''}\n${evidence.account ?? ''}\n${fingerprint ?? ''}\n${evidence.viaAlias}`;
    const made = this.#known.get(at);
    if (made !== undefined) return made;
    const subject: KeySubject = {
      id: this.#evidence.idOf(evidence),
      key: described,
      label: described?.arn ?? concrete,
      alias: key === null ? null : names.aliasOf(key),
      gone: found === 'gone',
      account: evidence.account ?? described?.account ?? null,
      region: evidence.region ?? (arns.length > 1 ? null : (described?.region ?? null)),
      fingerprint,
      materialId: this.#evidence.materialIdOf(fingerprint),
      by: evidence.by,
      viaAlias: evidence.viaAlias,
    };
    this.#known.set(at, subject);
    return subject;
  }

  #unnamed(id: string, { by, fingerprint }: KeyEvidence): KeySubject {
    const known = this.#known.get(`${by}\n${id}`);
    if (known !== undefined) return known;
    const subject: KeySubject = {
      id,
      key: null,
      label: null,
      alias: null,
      gone: false,
      account: null,
      region: null,
      fingerprint,
      materialId: this.#evidence.materialIdOf(fingerprint),
      by,
      viaAlias: false,
    };
    this.#known.set(`${by}\n${id}`, subject);
    return subject;
  }
}

/** What to call a subject: first alias, else the label, else its material in short. */
export function subjectName({ key, label, alias, fingerprint, by }: KeySubject): string {
  if (key !== null) return key.aliases[0] ?? key.arn;
  if (alias !== null) return alias;
  if (label !== null) return label;
  if (fingerprint !== null)
    return `${by === 'contradicted' ? 'contradicting labels, ' : ''}key material ${fingerprint.slice(0, 8)}`;
  return by === 'foreign' ? 'not made by KMS' : 'not known';
}
