import type { BlobContainer, Declared, Identification } from '#shared/model/blob.ts';
import { identify, isText } from '../../inspect/index.ts';
import { type TextView, viewText } from '../text/text-view.ts';
import type { Scan } from '../types.ts';

/** A file to be read. What costs something is made when first asked for. */
export interface Input {
  readonly bytes: Uint8Array;
  /** File name, for hints only: a wrong extension never matters. */
  readonly name: string;
  readonly identification: Identification;
  /** Null when the bytes are no text. */
  readonly text: TextView | null;
}

/** One kind of file. Formats are asked in order; the first that knows the file answers for it. */
export interface Format {
  readonly container: BlobContainer;
  /** Null when the file is not of this format. Never throws; time and memory linear in the file. */
  read(input: Input): Scan | null;
}

export function openInput(bytes: Uint8Array, name: string): Input {
  return new LazyInput(bytes, name);
}

class LazyInput implements Input {
  readonly bytes: Uint8Array;
  readonly name: string;
  #identification: Identification | null = null;
  #isText: boolean | null = null;
  #text: TextView | null | undefined;

  constructor(bytes: Uint8Array, name: string) {
    this.bytes = bytes;
    this.name = name;
  }

  get identification(): Identification {
    this.#identification ??= identify(this.bytes, this.#isText ?? undefined);
    return this.#identification;
  }

  get text(): TextView | null {
    if (this.#text === undefined) {
      this.#isText = isText(this.bytes);
      this.#text = viewText(this.bytes, this.#isText);
    }
    return this.#text;
  }
}

/** No linked values, no findings: what most blobs have, in one array for all of them. */
export const NONE: readonly never[] = [];

export const NOTHING_DECLARED: Declared = {
  keyArn: null,
  encryptionContext: null,
  createdAt: null,
  algorithm: null,
};

/** Formats that say no more of a blob than where it stands. */
export const PLAIN_CONTAINERS: ReadonlySet<BlobContainer> = new Set<BlobContainer>([
  'text',
  'yaml',
  'json',
  'json-lines',
  'csv',
  'dotenv',
  'ini',
  'toml',
  'hcl',
]);
