import { openInput } from './formats/format.ts';
import { FORMATS } from './formats/index.ts';
import type { Scan } from './types.ts';

/**
 * Finds the blobs in a file's bytes, each with its exact place. `name` is the file name, a hint only. Never throws;
 * memory is a small multiple of the input. A file in which nothing is found gives no blobs and no findings.
 */
export function scan(bytes: Uint8Array, name: string): Scan {
  const input = openInput(bytes, name);
  for (const format of FORMATS) {
    const found = format.read(input);
    if (found !== null) return found;
  }
  return { blobs: [], findings: [], plaintext: [] };
}
