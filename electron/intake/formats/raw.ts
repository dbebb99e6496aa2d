import { MAX_CIPHERTEXT_BYTES } from '#shared/kms/facts.ts';
import type { BlobEncoding, FoundBlob, Scan } from '../types.ts';
import { type Format, type Input, NOTHING_DECLARED } from './format.ts';

const BINARY: BlobEncoding = {
  name: 'binary',
  charset: 'binary',
  hexCase: 'lower',
  padded: true,
  breaks: [],
  inner: null,
};

/** The file's bytes are a blob of a known kind. */
export const rawBlob: Format = {
  container: 'raw',
  read: (input) => (input.identification.kind === 'unknown' ? null : whole(input)),
};

/**
 * What no other format knew. Small binary data is listed, so that its reason is seen; text, large data and nothing at
 * all are not.
 */
export const nothingKnown: Format = {
  container: 'raw',
  read(input) {
    const { bytes } = input;
    const listed = bytes.length > 0 && bytes.length <= MAX_CIPHERTEXT_BYTES && input.text === null;
    return listed ? whole(input) : { blobs: [], findings: [], plaintext: [] };
  },
};

function whole({ bytes, identification }: Input): Scan {
  const blob: FoundBlob = {
    place: '',
    range: { start: 0, end: bytes.length },
    container: 'raw',
    encoding: BINARY,
    bytes,
    identification,
    declared: NOTHING_DECLARED,
    companions: [],
    findings: [],
  };
  return { blobs: [blob], findings: [], plaintext: [] };
}
