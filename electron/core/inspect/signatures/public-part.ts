import type { Identification } from '#shared/model/blob.ts';
import { isText } from './match-signatures.ts';
import { isSecretInClear } from './signature.ts';
import { publicDerHead } from './signatures-asn1.ts';

/**
 * The bytes that may be kept and shown of a file: all of them, unless the file is a secret in clear, of which only the
 * part that names its sort is left (the first PEM line, the DER header before the key). The result is identified as
 * before. Never more than the first 256 bytes of a secret.
 */
export function publicPart(bytes: Uint8Array, { kind, label }: Identification): Uint8Array {
  if (!isSecretInClear(kind, label)) return bytes;
  if (!isText(bytes)) return bytes.slice(0, Math.min(256, publicDerHead(bytes)));
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 1_048_576)).toString(
    'latin1',
  );
  const at = head.search(/-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----/);
  const line = at === -1 ? null : /^-----BEGIN [A-Z0-9 ]+-----/.exec(head.slice(at, at + 100));
  return new Uint8Array(Buffer.from(line === null ? '' : `${line[0]}\n`));
}
