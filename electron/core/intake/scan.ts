import { finding } from '#shared/finding.ts';
import type { BlobContainer, BlobKind } from '#shared/model/blob.ts';
import { identify, privateKeyFinding } from '../inspect/index.ts';
import { isSqlite } from './database/open.ts';
import { scanDatabase } from './database/scan-database.ts';
import { withBase32 } from './formats/base32-blobs.ts';
import { type Format, type Input, openInput } from './formats/format.ts';
import {
  dataKeysIn,
  embeddedBlobs,
  FORMATS,
  TEXT_FORMATS,
  viaBranchKey,
  withEmbedded,
} from './formats/index.ts';
import { rawScan } from './formats/raw.ts';
import { withRows } from './formats/rows.ts';
import { withLengths } from './labels/lengths.ts';
import { withPrintedLabels } from './labels/printed.ts';
import { withStayingLabels } from './labels/stays.ts';
import { withEncoded } from './nested/encoded.ts';
import { InnerReader, MAX_NESTED, withNested } from './nested/nested.ts';
import { withLonePieces } from './nested/pieces.ts';
import { withPlaintext } from './plaintext/plaintext.ts';
import { asInRaw } from './text/as-in-raw.ts';
import { withPatches } from './text/patches.ts';
import type { TextView } from './text/text-view.ts';
import { scanUtf32 } from './text/utf-32.ts';
import type { FoundBlob, Scan } from './types.ts';

const NOTHING: Scan = { blobs: [], findings: [], plaintext: [] };

/**
 * Finds the blobs in a file's bytes, each with its exact place. `name` is the file name, a hint only. Never throws;
 * memory is a small multiple of the input. A file in which nothing is found gives no blobs and no findings. A format
 * that knows the file but finds nothing in it leaves it to those after it.
 */
export function scan(bytes: Uint8Array, name: string): Scan {
  if (isBlobAlone(bytes)) return rawScan(bytes, identify(bytes));
  if (isSqlite(bytes)) {
    const around = embeddedBlobs.read(openInput(bytes, name)) ?? NOTHING;
    const found = scanDatabase(
      bytes,
      (value, column) => (isSqlite(value) ? NOTHING : scan(value, column)),
      around,
    );
    return { ...found, blobs: withDistinctPlaces(found.blobs) };
  }
  const wide = scanUtf32(bytes, (utf8) => scan(utf8, name));
  if (wide !== null) return wide;
  const input = openInput(bytes, name);
  const reader = new InnerReader(bytes.length, readInner);
  const found = withUnread(finished(input, readWith(FORMATS, input), reader, 0, true), reader);
  if (input.text === null) return withPrivateKeys(bytes, found);
  const listed = withLonePieces(input.text, found);
  const held = { ...listed, blobs: withInspectOnly(input.text, listed.blobs) };
  return withPrivateKeys(bytes, withEmbedded(held, embeddedBlobs.read(input)));
}

/** Says of a file that texts in it were not read. */
function withUnread(found: Scan, { unread }: InnerReader): Scan {
  if (unread === null) return found;
  const what =
    unread === 'deep'
      ? `The file has texts in texts more than ${MAX_NESTED} deep, and those were not read.`
      : 'The file has more texts in texts than Rewrap reads of a file of its size.';
  return {
    ...found,
    findings: [...found.findings, finding('nested-not-read', { evidence: [], values: { what } })],
  };
}

/** What the first reader finds that knows the file. */
function readWith(formats: readonly Format[], input: Input): Scan {
  for (const format of formats) {
    const found = readAs(format, input);
    if (found !== null && found.blobs.length + found.findings.length > 0) return found;
  }
  return NOTHING;
}

/** What one reader found, with what holds whatever the reader. `depth`: texts that this one stands in. */
function finished(input: Input, found: Scan, reader: InnerReader, depth: number, sealed: boolean): Scan {
  const whole = { ...found, blobs: withRows(withDataKeys(exact(input, found.blobs))) };
  const { text: view, name } = input;
  if (view === null) return named(whole, depth);
  const read =
    (isSealed: boolean) =>
    (inner: Uint8Array, hint: string): Scan =>
      reader.read(inner, hint, depth + 1, isSealed);
  const here = withBase32(view, whole);
  const inner = withEncoded(
    view,
    name,
    withNested(view, name, here, read(false)),
    read(true),
    reader.unpacker,
  );
  // An inner text was read without the control characters of the file.
  const nested = { ...inner, blobs: exact(input, inner.blobs) };
  if (!sealed) return named({ ...nested, blobs: withPatches(view, withLengths(view, nested.blobs)) }, depth);
  const labelled = withStayingLabels(view, withPrintedLabels(view, nested.blobs));
  const lengths = withPatches(view, withLengths(view, labelled));
  return named(withPlaintext(view, { ...nested, blobs: lengths }), depth);
}

function readInner(
  bytes: Uint8Array,
  name: string,
  reader: InnerReader,
  depth: number,
  sealed: boolean,
): Scan {
  const input = openInput(bytes, name);
  return finished(input, readWith(TEXT_FORMATS, input), reader, depth, sealed);
}

function named(found: Scan, depth: number): Scan {
  const blobs = withDistinctPlaces(found.blobs);
  return { ...found, blobs: depth === 0 ? blobs.map(withContextFinding) : blobs };
}

/** What was read of a text with control characters, as the file has it. */
function exact({ text }: Input, blobs: readonly FoundBlob[]): readonly FoundBlob[] {
  return text === null ? blobs : asInRaw(text, blobs);
}

/** A reader that fails must not take the folder with it: the file is reported, and named for what it is. */
function readAs(format: Format, input: Input): Scan | null {
  try {
    return format.read(input);
  } catch (error) {
    const failed = finding('reader-failed', {
      evidence: [
        `Its reader for ${format.container} files met something it was not made for (${error instanceof Error ? error.name : 'an error'}).`,
      ],
    });
    return { ...NOTHING, findings: [failed] };
  }
}

/**
 * Whether a file is one blob and nothing else, by its header and its length word alone: what most files of a large
 * folder are. {@link scan} says of such bytes that they are one raw blob without findings; which layout, or what is
 * wrong in its inside, need not be known before a person looks.
 */
export function isBlobAlone(bytes: Uint8Array): boolean {
  if (bytes[0] !== 0x01 || bytes[3] !== 0x00 || bytes[4] !== 0x78) return false;
  const cmsAt = bytes[1] === 0x02 ? 58 : bytes[1] === 0x01 ? 41 : bytes.length;
  // No KMS ciphertext has more than 6,144 bytes, so that the length is in the lower half of its word.
  return (
    bytes[cmsAt] === 0x30 &&
    bytes[cmsAt - 4] === 0x00 &&
    bytes[cmsAt - 3] === 0x00 &&
    (bytes[cmsAt - 2] ?? 0) * 256 + (bytes[cmsAt - 1] ?? 0) === bytes.length - cmsAt
  );
}

const PRIVATE_KEY = Buffer.from('PRIVATE KEY-----');
/** The shortest file that can hold a private key in PEM, in bytes. */
const SHORTEST_PEM = 100;

/** A private key in clear, anywhere in the text of a file (a Kubernetes secret, a `.env`): reported, never shown. */
function withPrivateKeys(bytes: Uint8Array, found: Scan): Scan {
  if (bytes.length < SHORTEST_PEM || found.blobs[0]?.container === 'raw') return found;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let from = 0;
  for (let hits = 0; hits < 1000; hits++) {
    const at = buffer.indexOf(PRIVATE_KEY, from);
    if (at === -1) return found;
    from = at + PRIVATE_KEY.length;
    const before = buffer.toString('latin1', Math.max(0, at - 30), at);
    const after = buffer.toString('latin1', from, from + 60);
    if (!/-----BEGIN [A-Z0-9 ]*$/.test(before) || before.endsWith('ENCRYPTED ')) continue;
    if (!/^(?:\s|\\r|\\n)*[A-Za-z0-9+/]{16}/.test(after)) continue;
    const range = { start: at, end: from };
    return {
      ...found,
      findings: [...found.findings, { ...privateKeyFinding('A private key in PEM'), range }],
    };
  }
  return found;
}

/** A message of an Encryption SDK is followed by its data keys, in whatever file it stands. */
function withDataKeys(blobs: readonly FoundBlob[]): readonly FoundBlob[] {
  if (!blobs.some(({ identification: { kind } }) => MESSAGES.has(kind))) return blobs;
  const places = new Set(blobs.map(({ place }) => place));
  return blobs.flatMap((blob) => {
    if (!MESSAGES.has(blob.identification.kind)) return [blob];
    const keys = dataKeysIn(blob);
    // Readers that know the message list them themselves.
    const message = viaBranchKey(blob) ? { ...blob, viaBranchKey: true as const } : blob;
    return [message, ...keys.filter(({ place }) => !places.has(place))];
  });
}

const MESSAGES: ReadonlySet<BlobKind> = new Set<BlobKind>([
  'encryption-sdk-message',
  'database-encryption-sdk',
]);

/** Places name blobs, so two may not share one: an object met twice under one name gets "… (2)". */
function withDistinctPlaces(blobs: readonly FoundBlob[]): readonly FoundBlob[] {
  if (blobs.length < 2) return blobs;
  const taken = new Set(blobs.map(({ place }) => place));
  if (taken.size === blobs.length) return blobs;
  /** For each place that was met: the number that the next blob there gets. */
  const next = new Map<string, number>();
  return blobs.map((blob) => {
    let n = next.get(blob.place);
    if (n === undefined) {
      next.set(blob.place, 2);
      return blob;
    }
    while (taken.has(`${blob.place} (${n})`)) n++;
    next.set(blob.place, n + 1);
    const place = `${blob.place} (${n})`;
    taken.add(place);
    return { ...blob, place };
  });
}

/** Containers that can declare an encryption context for their data key, and how. */
const CAN_DECLARE: Partial<Record<BlobContainer, string>> = {
  sops: 'SOPS keeps it in the entry (`sops --encryption-context` sets it)',
  pulumi: 'Pulumi takes it from the URL of the secrets provider (`context_NAME=VALUE`)',
  'terraform-kms-secrets': 'Terraform takes it from `context`',
  's3-encryption-metadata': 'the S3 Encryption Client takes it from the materials description',
};

/** With a finding where a container could declare an encryption context, and declares that there is none. */
function withContextFinding(blob: FoundBlob): FoundBlob {
  const how = CAN_DECLARE[blob.container];
  const { encryptionContext: context } = blob.declared;
  if (how === undefined || blob.notPutBack !== undefined || blob.identification.kind !== 'kms-symmetric')
    return blob;
  // SOPS writes no context where there is none; elsewhere null means that the file does not say.
  if (context === null ? blob.container !== 'sops' : Object.keys(context).length > 0) return blob;
  const none = finding('no-encryption-context', {
    evidence: ['It could name one, and names none.'],
    values: { how },
  });
  return { ...blob, findings: [...blob.findings, none] };
}

/** Members that together only the metadata file of an Apache Iceberg table has (Iceberg table spec, version 3). */
const ICEBERG = [
  /"format-version"\s*:/,
  /"table-uuid"\s*:/,
  /"encryption-keys"\s*:|"encrypted-key-metadata"\s*:/,
];

const WHY_ICEBERG =
  'It stands in the metadata of an Apache Iceberg table. Metadata files never change: the catalog names each new one, and manifests and readers go by the keys of theirs. Rotate the key with Iceberg: write new table metadata through the catalog.';

/** Blobs of files that their own program alone may change: read, and never put back. */
function withInspectOnly({ text }: TextView, blobs: readonly FoundBlob[]): readonly FoundBlob[] {
  if (blobs.length === 0 || !ICEBERG.every((member) => member.test(text))) return blobs;
  return blobs.map((blob) => ({ ...blob, notPutBack: blob.notPutBack ?? WHY_ICEBERG }));
}
