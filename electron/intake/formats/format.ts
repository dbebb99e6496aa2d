import type { BlobContainer, Declared, Identification } from '#shared/model/blob.ts';
import { identify } from '../../inspect/index.ts';
import { type TextView, viewText } from '../text-view.ts';
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
  let identification: Identification | undefined;
  let text: TextView | null | undefined;
  return {
    bytes,
    name,
    get identification() {
      identification ??= identify(bytes);
      return identification;
    },
    get text() {
      if (text === undefined) text = viewText(bytes);
      return text;
    },
  };
}

export const NOTHING_DECLARED: Declared = {
  keyArn: null,
  encryptionContext: null,
  createdAt: null,
  algorithm: null,
};
