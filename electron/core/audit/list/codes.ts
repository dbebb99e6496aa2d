import type { BlobRow } from '#shared/model/blob.ts';

/** Gives each row a number; rows that are alike in one respect get the same. */
interface Coder {
  of(row: BlobRow): number;
  /** How many numbers were given. */
  readonly size: number;
}

/** Rows numbered by a text that each has. */
export class TextCodes implements Coder {
  readonly #known = new Map<string | null, number>();
  readonly #text: (row: BlobRow) => string | null;
  /** Blobs of a file stand beside each other: most have the text of the row before. */
  #last: string | null = null;
  #code = -1;

  constructor(text: (row: BlobRow) => string | null) {
    this.#text = text;
  }

  get size(): number {
    return this.#known.size;
  }

  of(row: BlobRow): number {
    const text = this.#text(row);
    if (this.#code >= 0 && text === this.#last) return this.#code;
    this.#last = text;
    this.#code = this.#known.get(text) ?? this.#known.size;
    this.#known.set(text, this.#code);
    return this.#code;
  }
}

/** Rows numbered by all that decides which key protects them: two lookups for most, and no text put together. */
export class CohortCodes implements Coder {
  readonly #first: BlobRow[] = [];
  readonly #known = new Map<string | null, Map<string | null, number[]>>();

  get size(): number {
    return this.#first.length;
  }

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
      const first = this.#first[code];
      if (first !== undefined && alike(first, row)) return code;
    }
    const code = this.#first.push(row) - 1;
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

/** Numbers that no row has any more are kept up to so many. */
const SPARE = 10_000;

/**
 * A number for each row, from 0 in the order of the list. Rows that were numbered before are not looked at again: of a
 * hundred thousand of which a few changed, what is left is a comparison each.
 */
export class CodeColumn {
  /** Of each row. */
  readonly codes: Int32Array;
  /** The first row of each number, and how many rows have it. */
  readonly firsts: readonly number[];
  readonly sizes: readonly number[];
  readonly #coder: Coder;
  /** As the coder gave them: not in the order of this list. */
  readonly #given: Int32Array;

  /** `stood`: where each row stood in the list that `before` is of; -1 for one that did not. */
  constructor(
    rows: readonly BlobRow[],
    make: () => Coder,
    before: CodeColumn | null,
    stood: Int32Array | null,
  ) {
    const goesOn = before !== null && before.#coder.size <= 2 * before.firsts.length + SPARE;
    const coder = goesOn ? before.#coder : make();
    const known = goesOn ? before.#given : null;
    const count = rows.length;
    const given = new Int32Array(count);
    for (let i = 0; i < count; i += 1) {
      const at = known === null || stood === null ? -1 : (stood[i] ?? -1);
      const row = rows[i];
      if (at >= 0 && known !== null) given[i] = known[at] ?? 0;
      else if (row !== undefined) given[i] = coder.of(row);
    }
    const codes = new Int32Array(count);
    const firsts: number[] = [];
    const sizes: number[] = [];
    const renumbered = new Int32Array(coder.size).fill(-1);
    for (let i = 0; i < count; i += 1) {
      const was = given[i] ?? 0;
      let code = renumbered[was] ?? -1;
      if (code < 0) {
        code = firsts.push(i) - 1;
        sizes.push(0);
        renumbered[was] = code;
      }
      sizes[code] = (sizes[code] ?? 0) + 1;
      codes[i] = code;
    }
    this.#coder = coder;
    this.#given = given;
    this.codes = codes;
    this.firsts = firsts;
    this.sizes = sizes;
  }
}
