import { randomBytes } from 'node:crypto';
import type { SymmetricLayout } from '#shared/model/blob.ts';

/** What a blob is made of; random where not given. Structurally valid, and not to be opened. */
interface Assembly {
  readonly layout: SymmetricLayout;
  readonly kind?: number;
  readonly plaintextBytes?: number;
  readonly fingerprint?: Uint8Array;
}

/** One element of DER: tag, shortest length, the parts one after the other. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const length: number[] = [];
  for (let left = content.length; left > 0; left >>>= 8) length.unshift(left & 0xff);
  const head = content.length < 0x80 ? [content.length] : [0x80 | length.length, ...length];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
}

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

export function assemble({
  layout,
  kind = 2,
  plaintextBytes = 32,
  fingerprint = randomBytes(32),
}: Assembly): Uint8Array {
  const cms = der(
    0x30,
    hex('06092a864886f70d010706'),
    der(
      0xa0,
      der(
        0x30,
        hex('020100'),
        der(
          0x30,
          hex('06092a864886f70d010701'),
          der(0x30, hex('060960864801650304012e'), der(0x30, der(0x04, randomBytes(12)), hex('020110'))),
          der(0x80, randomBytes(plaintextBytes + 27)),
        ),
      ),
    ),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32BE(cms.length);
  if (layout === 'v2')
    return new Uint8Array(
      Buffer.concat([
        Buffer.from([1, 2, kind, 0, 0x78]),
        fingerprint,
        Buffer.from([1]),
        randomBytes(16),
        length,
        cms,
      ]),
    );
  const v1 = Buffer.concat([Buffer.from([1, 1, kind, 0, 0x78]), fingerprint, length, cms]);
  if (layout === 'v1') return new Uint8Array(v1);
  const varint = v1.length < 0x80 ? [v1.length] : [(v1.length & 0x7f) | 0x80, v1.length >> 7];
  return new Uint8Array(Buffer.concat([hex('0a20'), fingerprint, Buffer.from([0x12, ...varint]), v1]));
}
