import { CONTAINER_NAMES } from '../containers.ts';
import { FINDING_CODES, SEVERITIES } from '../findings.ts';
import * as z from '../schema.ts';
import { BLOB_KINDS } from './blob-kinds.ts';
import { EncryptionContext } from './context.ts';

/** How sure we are of a decoded field: written in a specification, or observed in real blobs without one. */
export const Evidence = z.enum(['documented', 'observed']);
export type Evidence = z.infer<typeof Evidence>;

/** Half-open byte range `[start, end)`. */
export const ByteRange = z.object({ start: z.int().min(0), end: z.int().min(0) });
export type ByteRange = z.infer<typeof ByteRange>;

export const BlobKind = z.enum(BLOB_KINDS);
export type BlobKind = z.infer<typeof BlobKind>;

/** The format of the file around a blob. */
export const BlobContainer = z.enum(CONTAINER_NAMES);
export type BlobContainer = z.infer<typeof BlobContainer>;

/**
 * Name of the text encoding a blob was found in. `base64-base64` is base64 of base64; `byte-list` numbers one after the
 * other, as arrays of programs and JSON have them; `escaped` a string with escapes (`\\x01`, `%01`); `hex-dump` lines with
 * offsets, of xxd or hexdump.
 */
export const EncodingName = z.enum([
  'binary',
  'base64',
  'base64url',
  'hex',
  'base64-base64',
  'base32',
  'byte-list',
  'escaped',
  'hex-dump',
  'quoted-printable',
]);
export type EncodingName = z.infer<typeof EncodingName>;

export const SymmetricLayout = z.enum(['v0', 'v1', 'v2']);
export type SymmetricLayout = z.infer<typeof SymmetricLayout>;

export const SeveritySchema = z.enum(SEVERITIES);

/** One of the list in `shared/findings.ts`. */
export const FindingCodeSchema = z.enum(FINDING_CODES);
export type { FindingCode, Severity } from '../findings.ts';

/** Something a person should know about a blob or a file. Never holds the secret it speaks of. */
export const Finding = z.object({
  code: FindingCodeSchema,
  severity: SeveritySchema,
  /** One sentence: what is so. */
  title: z.string(),
  /** How we know: what the bytes or the file say, a line each. */
  evidence: z.array(z.string()),
  /** What follows from it, or why it matters; empty where the title says it all. */
  reason: z.string(),
  /** What to do; empty where there is nothing to do. */
  remedy: z.string(),
  /** Bytes of the file or blob it points at, when it points at some. */
  range: ByteRange.nullable(),
});
export type Finding = z.infer<typeof Finding>;

/** What the container around a blob declares about it. Labels are what people wrote: not proof. */
export const Declared = z.object({
  keyArn: z.string().nullable(),
  encryptionContext: EncryptionContext.nullable(),
  createdAt: z.string().nullable(),
  algorithm: z.string().nullable(),
});
export type Declared = z.infer<typeof Declared>;

/** What reading the bytes alone says of a blob. Cheap enough to make for every blob of a large folder. */
export const Identification = z.object({
  kind: BlobKind,
  /** The kind in plain words, for a table cell: "KMS symmetric, v2". */
  label: z.string(),
  layout: SymmetricLayout.nullable(),
  /** 32 bytes as hex that identify the key *material* (not the key): observed, undocumented. */
  keyFingerprint: z.string().nullable(),
  /** Exact plaintext length in bytes where the layout gives it. */
  plaintextBytes: z.int().nullable(),
  /** GCM nonce, hex. */
  gcmNonce: z.string().nullable(),
  /** Operation that made the blob, as observed from its kind byte. */
  producedBy: z.string().nullable(),
  /** Whether Rewrap offers it to KMS `ReEncrypt`. */
  reencryptable: z.boolean(),
  /** Why not, or what must be supplied first; null when nothing needs saying. */
  reason: z.string().nullable(),
});
export type Identification = z.infer<typeof Identification>;

export interface Field {
  name: string;
  /** Bytes from the start of the blob. */
  offset: number;
  length: number;
  /** Value for people: "1", "AES-256-GCM", hex for opaque bytes. */
  value: string;
  meaning: string;
  evidence: Evidence;
  children: Field[];
}
export const Field: z.ZodType<Field> = z.object({
  name: z.string(),
  offset: z.int().min(0),
  length: z.int().min(0),
  value: z.string(),
  meaning: z.string(),
  evidence: Evidence,
  get children() {
    return z.array(Field);
  },
});

/** One row of the table: a blob, where it sits, what its bytes say. */
export const BlobRow = z.object({
  id: z.string(),
  sourceId: z.string(),
  /** Path for people, relative to what was dropped. */
  file: z.string(),
  /** The nearest folder with a `.git`, by a name that no other has; null where the file lies in none. */
  repository: z.string().nullable(),
  /** Place within the file ("CiphertextBlob"); empty when the file is the blob. */
  place: z.string(),
  container: BlobContainer,
  encoding: EncodingName,
  /** Bytes of the decoded blob. */
  sizeBytes: z.int(),
  sha256: z.string(),
  declared: Declared,
  identification: Identification,
  /** Highest severity among the findings; null when there are none. */
  worst: SeveritySchema.nullable(),
  /** Codes of its findings, each once. */
  findings: z.array(FindingCodeSchema),
});
export type BlobRow = z.infer<typeof BlobRow>;

/** Everything the inspector pane shows of one blob. */
export const BlobDetail = z.object({
  row: BlobRow,
  byteRange: ByteRange,
  /** The ciphertext itself (at most its first 64 KiB), base64. */
  bytesBase64: z.string(),
  /** True when `bytesBase64` holds only the beginning. */
  truncated: z.boolean(),
  fields: z.array(Field),
  findings: z.array(Finding),
  /** Plain sentences, what the bytes say first. */
  summary: z.array(z.object({ text: z.string(), source: z.enum(['bytes', 'container', 'conclusion']) })),
});
export type BlobDetail = z.infer<typeof BlobDetail>;

/** A file (or pasted text) that was taken in. */
export const SourceInfo = z.object({
  id: z.string(),
  file: z.string(),
  origin: z.enum(['path', 'upload', 'paste', 'archive']),
  sizeBytes: z.int(),
  blobs: z.int(),
  findings: z.array(Finding),
});
export type SourceInfo = z.infer<typeof SourceInfo>;

/** Something met on the way in that is no source: a link, a socket, an unreadable file. */
export const SkippedFile = z.object({ file: z.string(), code: z.string(), message: z.string() });
export type SkippedFile = z.infer<typeof SkippedFile>;
