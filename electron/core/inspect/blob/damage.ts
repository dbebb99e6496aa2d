import { FINGERPRINT_BYTES, SALT_BYTES } from '#shared/kms/facts.ts';
import { expectTlv, oidAt, readTlv } from '../der.ts';
import { OID_ENCRYPTED_DATA, walkCms } from './cms.ts';
import { beginsLikeKms, isProblem, readSymmetric } from './symmetric.ts';

/** Bytes between a blob's start and its CMS part: layout v1 and v2. */
const HEADER_BYTES = [5 + FINGERPRINT_BYTES + 4, 5 + FINGERPRINT_BYTES + 1 + SALT_BYTES + 4] as const;
/** Largest input in which a displaced blob is looked for, in bytes. */
const SEARCHED_BYTES = 65_536;
const OID_BYTES = Buffer.from(OID_ENCRYPTED_DATA);

/** A KMS blob, or what is left of one, that does not begin where the bytes begin. */
export interface Displaced {
  /** 'leading': a whole blob stands after other bytes. 'headless': its first bytes are missing. */
  readonly sort: 'leading' | 'headless';
  /** Where the blob (or what there is of its CMS part) begins. */
  readonly at: number;
  /** What is so, to follow "but": "3 bytes stand before the blob". */
  readonly problem: string;
}

/** Looks for the CMS part of a KMS blob inside bytes that do not begin like one; null where there is none. */
export function findDisplaced(bytes: Uint8Array): Displaced | null {
  if (bytes.length > SEARCHED_BYTES) return null;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const oidAt = buffer.indexOf(OID_BYTES);
  if (oidAt < 2) return null;
  for (const size of [2, 3, 4]) {
    const cmsAt = oidAt - size;
    if (cmsAt < 0 || bytes[cmsAt] !== 0x30) continue;
    for (const header of HEADER_BYTES) {
      const start = cmsAt - header;
      if (start <= 0) continue;
      const rest = bytes.subarray(start);
      if (beginsLikeKms(rest) && !isProblem(readSymmetric(rest)))
        return {
          sort: 'leading',
          at: start,
          problem: `${count(start)} ${start === 1 ? 'stands' : 'stand'} before a whole blob, which begins at byte ${start}`,
        };
    }
    if (cmsAt < HEADER_BYTES[1] && walkCms(bytes, cmsAt, bytes.length).problem === null)
      return {
        sort: 'headless',
        at: cmsAt,
        problem:
          `its beginning is missing: of the ${HEADER_BYTES[0]} or ${HEADER_BYTES[1]} bytes before the CMS part only ` +
          `${cmsAt} are there`,
      };
  }
  return null;
}

function count(n: number): string {
  return n === 1 ? '1 byte' : `${n} bytes`;
}

/** A blob of the known shape under another algorithm: SM4 in the China Regions, or one not seen yet. */
interface OtherAlgorithm {
  /** The 2-byte algorithm id of the header, hex. */
  readonly id: string;
  /** Content of the cipher's OID, hex. */
  readonly oid: string;
}

/**
 * Reads a v1/v2 blob where all lengths fit and the CMS part is EncryptedData, whatever its cipher. Null when it is
 * not of that shape, and for AES-256-GCM under the known id.
 */
export function readOtherAlgorithm(bytes: Uint8Array): OtherAlgorithm | null {
  if (bytes[0] !== 0x01 || (bytes[1] !== 0x01 && bytes[1] !== 0x02)) return null;
  const cmsAt = bytes[1] === 0x01 ? HEADER_BYTES[0] : HEADER_BYTES[1];
  if (bytes.length < cmsAt + 16) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = cmsAt + view.getUint32(cmsAt - 4);
  const info = expectTlv(bytes, cmsAt, 0x30);
  if (end !== bytes.length || info?.end !== end) return null;
  if (oidAt(bytes, info.contentAt) !== OID_BYTES.subarray(2).toString('hex')) return null;
  const content = expectTlv(bytes, info.contentAt + OID_BYTES.length, 0xa0);
  const data = content && expectTlv(bytes, content.contentAt, 0x30);
  const version = data && expectTlv(bytes, data.contentAt, 0x02);
  const encrypted = version && expectTlv(bytes, version.end, 0x30);
  const type = encrypted && readTlv(bytes, encrypted.contentAt);
  const algorithm = type && expectTlv(bytes, type.end, 0x30);
  if (!algorithm || algorithm.end > end) return null;
  const oid = oidAt(bytes, algorithm.contentAt);
  const id = Buffer.from(bytes.buffer, bytes.byteOffset + 3, 2).toString('hex');
  if (oid === null || (id === '0078' && oid === AES_256_GCM)) return null;
  return { id, oid };
}

const AES_256_GCM = '60864801650304012e';

/** What bytes after the end of a blob look like: "all zero, as padding is". Null when they look like nothing known. */
export function describeTrailing(bytes: Uint8Array, at: number): string | null {
  const rest = bytes.subarray(at);
  const [first] = rest;
  if (first === undefined) return null;
  const text = Buffer.from(rest.buffer, rest.byteOffset, Math.min(rest.length, 8)).toString('latin1');
  if (/^[\r\n]+$/.test(text) && rest.length <= 8) return 'a line end, as editors and `echo` add';
  if (/^\s+$/.test(text) && rest.length <= 8) return 'white space';
  if (rest.every((byte) => byte === 0)) return 'all zero, as padding is';
  if (rest.length === first && rest.every((byte) => byte === first)) return 'PKCS#7 padding';
  if (beginsLikeKms(rest) && !isProblem(readSymmetric(rest))) return 'another whole blob';
  return null;
}

/**
 * Whether bytes were once read as UTF-8 text and written again: every byte that was no text has become ef bf bd, and is
 * lost. Three of these do not occur by chance in a blob.
 */
export function isTextMangled(bytes: Uint8Array): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, SEARCHED_BYTES));
  let from = 0;
  for (let hits = 0; ; hits++) {
    const at = buffer.indexOf(REPLACEMENT, from);
    if (at === -1) return hits >= 3;
    from = at + 3;
    if (hits >= 3) return true;
  }
}

const REPLACEMENT = Buffer.from([0xef, 0xbf, 0xbd]);
