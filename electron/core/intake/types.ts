import type { EncryptionAlgorithm } from '#shared/kms/facts.ts';
import type {
  BlobContainer,
  ByteRange,
  Declared,
  EncodingName,
  Finding,
  Identification,
} from '#shared/model/blob.ts';
import type { EncryptionContext } from '#shared/model/context.ts';
import type { SkippedCode } from '#shared/model/coverage.ts';
import type { Fault } from '#shared/model/fault.ts';
import type { Bytewise } from './bytewise/index.ts';

/**
 * How a blob is written in its file, in enough detail to write another blob the same way.
 * Invariant: `encode(encoding, blob)` of the blob that was read gives back the bytes that were read.
 */
export interface BlobEncoding {
  readonly name: EncodingName;
  /** Character set of the text around it; 'binary' for raw blobs. */
  readonly charset: 'binary' | 'utf-8' | 'latin-1' | 'utf-16le' | 'utf-16be';
  /** Letter case of hex and base32; irrelevant otherwise. */
  readonly hexCase: 'lower' | 'upper';
  /** Whether base64 carries its '=' padding. */
  readonly padded: boolean;
  /**
   * White space inside the encoded text: `text` stands before the character at `at` (index into the text without
   * white space). Wrapped base64 has one at each line's end. A longer blob goes on at the first interval, unless the
   * last entry has an empty text.
   */
  readonly breaks: readonly { readonly at: number; readonly text: string }[];
  /** For `base64-base64`: how the inner text was written. */
  readonly inner: BlobEncoding | null;
  /** Characters that the text around it writes escaped, and how: `/` as `\\/` in some JSON. */
  readonly escapes?: Readonly<Record<string, string>>;
  /** For an inner text: what stands before and after it, such as a final line feed. */
  readonly lead?: string;
  readonly trail?: string;
  /** For bytes that are written one by one: how; it says all. Null: they cannot be written again in that manner. */
  readonly bytewise?: Bytewise | null;
  /** For text that stands inside another: how the outer one writes these bytes. Throws a FaultError where it cannot. */
  readonly through?: (inner: Uint8Array) => Uint8Array;
}

/** Another part of the file that must change with the blob: `KeyId` beside `CiphertextBlob` in CLI JSON. */
export interface LinkedValue {
  /** What its new value is, for people: "KeyId", "sops.kms[0].created_at", "length of the blob". */
  readonly name: string;
  /** Bytes of the value as it stands in the file, quotes excluded. */
  readonly range: ByteRange;
  /** The bytes to write there for a new blob, in the file's own charset and escaping. */
  readonly write: (next: NewBlob) => Uint8Array;
  /**
   * How many blobs the value speaks of: it changes only where all of them are replaced together, and all with the same
   * result. Absent: one.
   */
  readonly sharedBy?: number;
  /**
   * The value is the length of these bytes, of which the blob is a part (`Content-Length`): it changes by as much as they do.
   * `write` then gives the value as it stands, and blobs of the same bytes share it.
   */
  readonly measures?: ByteRange;
}

/** Where a blob stands among bytes: those of a file, or those that a value in it decodes to. */
export interface Placed {
  /** Bytes of the encoded blob; with `within`, of the encoded value that holds it. */
  readonly range: ByteRange;
  readonly encoding: BlobEncoding;
  /** The decoded ciphertext. */
  readonly bytes: Uint8Array;
  readonly linkedValues: readonly LinkedValue[];
  /**
   * For a blob inside a value that is itself encoded, such as base64 of JSON: what the value decodes to, and where the
   * blob stands in that. Blobs of one value share one `bytes`.
   */
  readonly within?: { readonly bytes: Uint8Array; readonly found: Placed };
}

/** A blob and where it sits. */
export interface FoundBlob extends Placed {
  /** Place within the file for people: "" (the file is the blob), "CiphertextBlob". Unique in its file. */
  readonly place: string;
  readonly container: BlobContainer;
  readonly identification: Identification;
  readonly declared: Declared;
  /**
   * Names of pairs of the declared context with the key itself as value (`kms_cmk_id` of the S3 Encryption Client,
   * `kms-arn` of a branch key): kept "the same", they become the destination key's ARN.
   */
  readonly contextKeyPairs?: readonly string[];
  /** Why the new blob must not be put back although KMS would make it (the container authenticates it); else absent. */
  readonly notPutBack?: string;
  /** Why a new blob of this algorithm must not be put back, before KMS is asked for it; null or absent: it may. */
  readonly refuses?: (algorithm: EncryptionAlgorithm) => Fault | null;
  /**
   * Whether something beside the blobs of its file opens what it protects, without this key: other recipients of the same
   * SOPS file or message; 'maybe': under a key that the file does not name. Absent: nothing does.
   */
  readonly alsoOpens?: 'other' | 'maybe';
  /** A message that opens with a KMS key it does not name: the branch key it names stands elsewhere, under that key. */
  readonly viaBranchKey?: true;
  /** The key group of a SOPS file that it is an entry of; absent: the file has none, and any of its entries opens it. */
  readonly keyGroup?: SopsKeyGroup;
  /** The value of a database that it stands in: it is written there, and `range` says nothing. */
  readonly cell?: DatabaseCell;
  readonly findings: readonly Finding[];
}

/** A value of a row of a SQLite database, in which a blob stands. */
export interface DatabaseCell {
  readonly table: string;
  /** What the number of a row is called in its table. */
  readonly rowid: string;
  readonly row: bigint;
  readonly column: string;
  /** The whole value: its bytes, or its text in UTF-8. */
  readonly value: Uint8Array;
  readonly isText: boolean;
  /** The blob in it. */
  readonly found: FoundBlob;
}

/** A key group of a SOPS file: the file opens with a recipient of as many groups as are needed. */
interface SopsKeyGroup {
  /** Counted from 0. */
  readonly group: number;
  /** `shamir_threshold`; the number of groups where it is not set (getsops/sops, sops.go). */
  readonly needed: number;
  /** Groups that recipients beside AWS KMS open. */
  readonly others: readonly number[];
}

/** Bytes in clear. */
export interface PlaintextRange extends ByteRange {
  /**
   * The tool of the file keeps it there, and its blob is not put back: other blobs of the file may be re-encrypted in place. Copies
   * never have it.
   */
  readonly stays?: true;
}

/** What one file holds. */
export interface Scan {
  readonly blobs: readonly FoundBlob[];
  /** Findings about the file rather than one blob. */
  readonly findings: readonly Finding[];
  /**
   * Byte ranges that hold plaintext (a `Plaintext` member of CLI JSON, with the separator that belongs to it), so
   * that cutting them leaves a valid file. Rewrap never copies them: see {@link withoutPlaintext}.
   */
  readonly plaintext: readonly PlaintextRange[];
  /**
   * Byte ranges that may be plaintext: values of a data key's size beside a blob, without a name. Such a file is copied
   * only where a person allows it. Absent: none.
   */
  readonly possiblePlaintext?: readonly ByteRange[];
  /** The file is a SQLite database: its blobs have a `cell`. */
  readonly database?: true;
}

/** What KMS said of a new blob; what linked values are filled from. */
export interface NewBlob {
  readonly bytes: Uint8Array;
  readonly keyArn: string;
  /** `alias/…`, where the destination was named so: files that name their key by an alias go on doing so. */
  readonly keyAlias?: string;
  readonly sourceKeyArn: string | null;
  readonly algorithm: string;
  readonly sourceAlgorithm: string | null;
  readonly keyMaterialId: string | null;
  readonly sourceKeyMaterialId: string | null;
  /** Encryption context of the new blob; null when it has none. */
  readonly context: EncryptionContext | null;
  /** When it was made, ISO 8601 in UTC with seconds: `2026-11-24T08:00:00Z`. */
  readonly at: string;
}

export interface Replacement {
  readonly found: FoundBlob;
  readonly next: NewBlob;
}

/** A folder with a `.git` in it. */
export interface Repository {
  /** Absolute path. */
  readonly path: string;
  /** Path for people. */
  readonly display: string;
}

/** A regular file met on a walk. */
export interface WalkedFile {
  readonly type: 'file';
  /** Absolute path. */
  readonly path: string;
  /** Path for people: relative to the parent of the root that was dropped. */
  readonly display: string;
  /** Path relative to the root (the file name when the root is a file), for writing into an output folder. */
  readonly relative: string;
  /** The nearest repository that it lies in; null where it lies in none. */
  readonly repository: Repository | null;
  /** The archive that it stands in; `path` is then a name of its own, and no path of the disk. */
  readonly archive?: ArchiveFile;
}

/** An archive as it was when it was read. */
export interface ArchiveFile {
  /** Absolute path. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly mtimeMs: number;
}

/** Something met on a walk that is not taken in, and why. */
export interface WalkedSkip {
  readonly type: 'skippedFile';
  readonly display: string;
  readonly code: SkippedCode;
  readonly message: string;
}
