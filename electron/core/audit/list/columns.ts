import { hash } from 'node:crypto';
import type { BlobRow } from '#shared/model/blob.ts';
import { declaredDate, isKms } from '../../key-material/index.ts';
import { CodeColumn, CohortCodes, TextCodes } from './codes.ts';

/** Blobs that are the same in all that decides which key protects them and what may be done with it. */
export interface Cohort {
  /** The first of them: it speaks for all. */
  readonly row: BlobRow;
  readonly kms: boolean;
  readonly size: number;
}

/** A date that containers declare; null where none was declared, or it is none. Milliseconds. */
export interface DateCode {
  readonly at: number | null;
  readonly size: number;
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
  /** Names of files, which two may share. */
  readonly files: readonly string[];
  readonly file: Int32Array;
  /** Null: in none. */
  readonly repositories: readonly { readonly name: string | null; readonly size: number }[];
  readonly repository: Int32Array;
  /** 1 where `ReEncrypt` can be offered. */
  readonly reencryptable: Uint8Array;
  readonly #cohorts: CodeColumn;
  readonly #dates: CodeColumn;
  readonly #files: CodeColumn;
  readonly #repositories: CodeColumn;
  /** Rows of each cohort, one cohort after the other, each in the order of the list; and where each begins. */
  readonly #byCohort: Int32Array;
  readonly #starts: Int32Array;
  readonly #unions = new Map<string, Int32Array>();
  #members: string[] | null = null;
  #contexts: { readonly codes: Int32Array; readonly values: readonly (BlobRow | null)[] } | null = null;

  /** `before`: columns of an earlier list; rows that stood in it are not looked at again. */
  constructor(rows: readonly BlobRow[], before: Columns | null = null) {
    this.rows = rows;
    const stood = before === null ? null : placesIn(before.rows, rows);
    this.#cohorts = new CodeColumn(
      rows,
      () => new CohortCodes(),
      before === null ? null : before.#cohorts,
      stood,
    );
    this.#dates = new CodeColumn(
      rows,
      () => new TextCodes((row) => row.declared.createdAt),
      before === null ? null : before.#dates,
      stood,
    );
    this.#files = new CodeColumn(
      rows,
      () => new TextCodes((row) => row.sourceId),
      before === null ? null : before.#files,
      stood,
    );
    this.#repositories = new CodeColumn(
      rows,
      () => new TextCodes((row) => row.repository),
      before === null ? null : before.#repositories,
      stood,
    );
    this.cohort = this.#cohorts.codes;
    this.date = this.#dates.codes;
    this.file = this.#files.codes;
    this.repository = this.#repositories.codes;
    this.repositories = this.#repositories.firsts.map((first, code) => ({
      name: rows[first]?.repository ?? null,
      size: this.#repositories.sizes[code] ?? 0,
    }));
    const { sizes, firsts } = this.#cohorts;
    this.cohorts = firsts.flatMap((first, code) => {
      const row = rows[first];
      return row === undefined ? [] : [{ row, kms: isKms(row), size: sizes[code] ?? 0 }];
    });
    this.dates = this.#dates.firsts.map((first, code) => ({
      at: timeOf(rows[first]?.declared.createdAt ?? null),
      size: this.#dates.sizes[code] ?? 0,
    }));
    this.files = this.#files.firsts.map((first) => rows[first]?.file ?? '');
    const reencryptable = new Uint8Array(rows.length);
    for (let i = 0; i < rows.length; i += 1) {
      const at = stood === null ? -1 : (stood[i] ?? -1);
      if (at >= 0 && before !== null) reencryptable[i] = before.reencryptable[at] ?? 0;
      else if (rows[i]?.identification.reencryptable === true) reencryptable[i] = 1;
    }
    this.reencryptable = reencryptable;
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
    const values: (BlobRow | null)[] = [null];
    const known = new Map<string, number>();
    this.rows.forEach((row, i) => {
      const { encryptionContext } = row.declared;
      if (encryptionContext === null) return;
      const name = JSON.stringify(encryptionContext);
      const code = known.get(name) ?? values.push(row) - 1;
      known.set(name, code);
      codes[i] = code;
    });
    this.#contexts = { codes, values };
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

/** Where each row stood in an earlier list; -1 for one that did not. */
function placesIn(before: readonly BlobRow[], rows: readonly BlobRow[]): Int32Array {
  const places = new Int32Array(rows.length);
  let elsewhere: Map<BlobRow, number> | null = null;
  for (let i = 0; i < rows.length; i += 1) {
    const row = rows[i];
    if (row === before[i]) places[i] = i;
    else if (rows.length >= before.length || row === undefined) places[i] = -1;
    else {
      // Some were taken out: those behind them moved up.
      elsewhere ??= new Map(before.map((each, at) => [each, at]));
      places[i] = elsewhere.get(row) ?? -1;
    }
  }
  return places;
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
