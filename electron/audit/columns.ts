import { hash } from 'node:crypto';
import type { BlobRow } from '#shared/model/blob.ts';
import { declaredDate } from '../clusters/index.ts';
import { isKms } from './subjects.ts';

/** Blobs that are the same in all that decides whose key protects them and what may be done with it. */
export interface Cohort {
  /** The first of them: it speaks for all. */
  readonly row: BlobRow;
  readonly kms: boolean;
  size: number;
}

/** A date that containers declare; null where none was declared, or it is none. Milliseconds. */
export interface DateCode {
  readonly at: number | null;
  size: number;
}

/** Numbers for values, from 0, in the order in which they were first met. */
class Codes<T> {
  readonly values: T[] = [];
  readonly #known = new Map<string | null, number>();

  of(key: string | null, make: () => T): number {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#known.set(key, this.values.length);
    return this.values.push(make()) - 1;
  }
}

/**
 * The list as columns of codes. Most blobs of a large list are alike, so what is asked of keys is asked once for each
 * {@link Cohort} and what is counted is counted over integers. Made once for each change of the list, in one pass.
 */
export class Columns {
  readonly rows: readonly BlobRow[];
  readonly cohorts: readonly Cohort[];
  /** Of each row. */
  readonly cohort: Int32Array;
  readonly dates: readonly DateCode[];
  readonly date: Int32Array;
  readonly files: readonly string[];
  readonly file: Int32Array;
  /** 1 where `ReEncrypt` can be offered. */
  readonly reencryptable: Uint8Array;
  /** Rows of each cohort, one cohort after the other, each in the order of the list; and where each begins. */
  readonly #byCohort: Int32Array;
  readonly #starts: Int32Array;
  readonly #unions = new Map<string, Int32Array>();
  #members: string[] | null = null;
  #contexts: { readonly codes: Int32Array; readonly values: readonly (BlobRow | null)[] } | null = null;

  constructor(rows: readonly BlobRow[]) {
    const count = rows.length;
    this.rows = rows;
    this.cohort = new Int32Array(count);
    this.date = new Int32Array(count);
    this.file = new Int32Array(count);
    this.reencryptable = new Uint8Array(count);
    const cohorts = new CohortCodes();
    const dates = new Codes<DateCode>();
    const files = new Codes<string>();
    let file = '';
    let fileCode = -1;
    let createdAt: string | null = null;
    let date = -1;
    for (let i = 0; i < count; i += 1) {
      const row = rows[i];
      if (row === undefined) continue;
      this.cohort[i] = cohorts.of(row);
      // Blobs of a file stand beside each other, and so do their dates.
      if (date < 0 || row.declared.createdAt !== createdAt) {
        ({ createdAt } = row.declared);
        date = dates.of(createdAt, () => ({ at: timeOf(row.declared.createdAt), size: 0 }));
      }
      this.date[i] = date;
      const dated = dates.values[date];
      if (dated !== undefined) dated.size += 1;
      if (fileCode < 0 || row.file !== file) {
        ({ file } = row);
        fileCode = files.of(file, () => row.file);
      }
      this.file[i] = fileCode;
      if (row.identification.reencryptable) this.reencryptable[i] = 1;
    }
    this.cohorts = cohorts.values;
    this.dates = dates.values;
    this.files = files.values;
    [this.#byCohort, this.#starts] = sorted(this.cohort, this.cohorts);
  }

  /** Whether these are the very same rows. */
  isOf(rows: readonly BlobRow[]): boolean {
    return rows.length === this.rows.length && rows.every((row, i) => row === this.rows[i]);
  }

  /** Rows of some cohorts (in rising order), in the order of the list. */
  rowsOf(cohorts: readonly number[]): Int32Array {
    const [only] = cohorts;
    if (only === undefined) return new Int32Array();
    if (cohorts.length === 1) return this.#byCohort.subarray(this.#starts[only], this.#starts[only + 1]);
    const name = cohorts.join();
    const known = this.#unions.get(name);
    if (known !== undefined) return known;
    const rows = new Int32Array(cohorts.reduce((sum, cohort) => sum + (this.cohorts[cohort]?.size ?? 0), 0));
    let at = 0;
    for (const cohort of cohorts) {
      const part = this.rowsOf([cohort]);
      rows.set(part, at);
      at += part.length;
    }
    rows.sort();
    this.#unions.set(name, rows);
    return rows;
  }

  /** A row's place for suppressions: the same after its file was read again. */
  member(index: number): string {
    this.#members ??= [];
    const known = this.#members[index];
    if (known !== undefined) return known;
    const row = this.rows[index];
    const member = memberOf(row?.file ?? '', row?.place ?? '');
    this.#members[index] = member;
    return member;
  }

  /** Of each row, which declared encryption context it has; `values[code]` is a row that has it, null for none. */
  get contexts(): { readonly codes: Int32Array; readonly values: readonly (BlobRow | null)[] } {
    if (this.#contexts !== null) return this.#contexts;
    const codes = new Int32Array(this.rows.length);
    const contexts = new Codes<BlobRow | null>();
    contexts.of(null, () => null);
    this.rows.forEach((row, i) => {
      const { encryptionContext } = row.declared;
      if (encryptionContext !== null) codes[i] = contexts.of(JSON.stringify(encryptionContext), () => row);
    });
    this.#contexts = { codes, values: contexts.values };
    return this.#contexts;
  }
}

/** Characters of what {@link memberOf} gives. */
export const MEMBER_LENGTH = 32;

/** Place of a blob, or of a file without one, in short. */
export const memberOf = (file: string, place: string): string =>
  hash('sha256', `${file}\0${place}`, 'hex').slice(0, MEMBER_LENGTH);

function timeOf(createdAt: string | null): number | null {
  const date = declaredDate(createdAt);
  return date === null ? null : Date.parse(date);
}

/** Finds the cohort of each row: two lookups for most, and no text put together. */
class CohortCodes {
  readonly values: Cohort[] = [];
  readonly #known = new Map<string | null, Map<string | null, number[]>>();

  of(row: BlobRow): number {
    const { keyFingerprint } = row.identification;
    const { keyArn } = row.declared;
    let ofMaterial = this.#known.get(keyFingerprint);
    if (ofMaterial === undefined) {
      ofMaterial = new Map();
      this.#known.set(keyFingerprint, ofMaterial);
    }
    let codes = ofMaterial.get(keyArn);
    if (codes === undefined) {
      codes = [];
      ofMaterial.set(keyArn, codes);
    }
    for (const code of codes) {
      const cohort = this.values[code];
      if (cohort === undefined || !alike(cohort.row, row)) continue;
      cohort.size += 1;
      return code;
    }
    const code = this.values.push({ row, kms: isKms(row), size: 1 }) - 1;
    codes.push(code);
    return code;
  }
}

/** Whether two blobs of the same key material and label are of one cohort. */
function alike(a: BlobRow, b: BlobRow): boolean {
  const { kind, label } = a.identification;
  return (
    kind === b.identification.kind &&
    label === b.identification.label &&
    a.container === b.container &&
    a.declared.algorithm === b.declared.algorithm &&
    // The size tells which RSA keys may have made an asymmetric ciphertext.
    (kind !== 'kms-asymmetric-candidate' || a.sizeBytes === b.sizeBytes)
  );
}

/** Rows by their code, by counting: `[rows, starts]`. */
function sorted(codes: Int32Array, sizes: readonly { readonly size: number }[]): [Int32Array, Int32Array] {
  const starts = new Int32Array(sizes.length + 1);
  sizes.forEach(({ size }, code) => {
    starts[code + 1] = (starts[code] ?? 0) + size;
  });
  const next = starts.slice();
  const rows = new Int32Array(codes.length);
  for (let i = 0; i < codes.length; i += 1) {
    const code = codes[i] ?? 0;
    const at = next[code] ?? 0;
    rows[at] = i;
    next[code] = at + 1;
  }
  return [rows, starts];
}
