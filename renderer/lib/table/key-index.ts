import { type EvidenceBy, weakest } from '#shared/evidence.ts';
import type { BlobRow } from '#shared/model/blob.ts';
import type { KeyInfo } from '#shared/model/key.ts';
import type { KeyConclusion } from '#shared/model/key-group.ts';
import { BY_WORDS, NAMELESS } from '../keys/key-groups.ts';
import { keyDanger } from '../keys/keys.ts';
import { keyGroup, type Table } from './table.ts';

/** Values of the rows of a table, each once, and for each row the code of its value. */
export interface Codes {
  readonly values: readonly string[];
  readonly codes: Uint32Array;
  codeOf(value: string): number | undefined;
}

/** A key among the rows of the list. */
interface Known {
  /** Every name of it, in lower case. */
  readonly names: string;
  /** An alias of it; null where none is known. */
  readonly alias: string | null;
  readonly materials: number;
  /** The weakest evidence of any of its blobs: it holds for all of them. */
  readonly by: EvidenceBy;
}

/**
 * Which key each row is under, as the host concluded it: the same for all rows of one key material and label. Rows of
 * which nothing is known go by their key material, or by their kind where they have none.
 */
export class KeyIndex {
  readonly #of: ReadonlyMap<string, KeyConclusion>;
  readonly #keys = new Map<string, Known>();
  readonly #codes = new WeakMap<Table, Codes>();

  /** Accounts of the keys, where names say them. */
  readonly accounts: ReadonlySet<string>;

  constructor(conclusions: readonly KeyConclusion[]) {
    this.accounts = new Set(conclusions.flatMap(({ account }) => account ?? []));
    this.#of = new Map(conclusions.map((each) => [nameOf(each.fingerprint, each.label), each]));
    const seen = new Map<
      string,
      { names: Set<string>; alias: string | null; materials: Set<string>; by: EvidenceBy }
    >();
    for (const { key, names, fingerprint, by } of conclusions) {
      const known = seen.get(key) ?? { names: new Set(), alias: null, materials: new Set(), by };
      for (const name of names) {
        known.names.add(name.toLowerCase());
        known.alias ??= /(?:^|:)(alias\/.+)$/.exec(name)?.[1] ?? null;
      }
      if (fingerprint !== null) known.materials.add(fingerprint);
      known.by = weakest(known.by, by);
      seen.set(key, known);
    }
    for (const [key, { names, alias, materials, by }] of seen)
      this.#keys.set(key, { names: [...names].join('\n'), alias, materials: materials.size, by });
  }

  of({ identification: { keyFingerprint }, declared: { keyArn } }: BlobRow): KeyConclusion | undefined {
    return this.#of.get(nameOf(keyFingerprint, keyArn === '' ? null : keyArn));
  }

  /** What rows of one key have in common when grouped by key. */
  idOf(row: BlobRow): string {
    return this.of(row)?.key ?? keyGroup(row);
  }

  key(id: string): Known | undefined {
    return this.#keys.get(id);
  }

  /**
   * Every text under which each key is shown, in lower case, by its id: its names, how they are known, and what KMS lists for
   * them: aliases, and why its blobs do not open.
   */
  texts(listed: readonly KeyInfo[] | null): ReadonlyMap<string, string> {
    const aliases = new Map<string, string>();
    for (const key of listed ?? []) {
      const { arn, keyId, aliases: names } = key;
      const text = [...names, keyDanger(key)?.word ?? ''].filter(Boolean).join('\n').toLowerCase();
      aliases.set(arn.toLowerCase(), text);
      aliases.set(keyId.toLowerCase(), text);
    }
    const texts = new Map<string, string>();
    for (const [id, { names, by }] of this.#keys) {
      const known = (BY_WORDS as Partial<Record<EvidenceBy, { word: string }>>)[by]?.word ?? NAMELESS;
      const listedAs = names.split('\n').flatMap((name) => aliases.get(name) ?? []);
      texts.set(id, [names, known.toLowerCase(), ...listedAs].join('\n'));
    }
    return texts;
  }

  /** The key of each row of a table, found once for each key material and label. */
  codes(table: Table): Codes {
    const known = this.#codes.get(table) ?? this.#coded(table);
    this.#codes.set(table, known);
    return known;
  }

  #coded({ columns, rows, size }: Table): Codes {
    const labels = columns.arn.values.length;
    const codeOf = new Map<string, number>();
    const ofPair = new Map<number, number>();
    const codes = new Uint32Array(size);
    for (let i = 0; i < size; i += 1) {
      const row = rows[i];
      if (row === undefined) continue;
      const group = columns.group.codes[i] ?? 0;
      const pair = group * labels + (columns.arn.codes[i] ?? 0);
      let code = ofPair.get(pair);
      if (code === undefined) {
        const id = this.idOf(row);
        code = codeOf.get(id) ?? codeOf.size;
        codeOf.set(id, code);
        ofPair.set(pair, code);
      }
      codes[i] = code;
    }
    return { values: [...codeOf.keys()], codes, codeOf: (value) => codeOf.get(value) };
  }
}

export const NO_KEYS = new KeyIndex([]);

const nameOf = (fingerprint: string | null, label: string | null): string =>
  `${fingerprint ?? ''}\n${label ?? ''}`;
