import { BlobDetail, BlobRow, SkippedFile, SourceInfo } from '../../model/blob.ts';
import { GivenContext } from '../../model/context.ts';
import { KeyConclusion, KeyGroup, KeyTimeline, Probe } from '../../model/key-group.ts';
import * as z from '../../schema.ts';
import { event, IntakeResult, nothing, page, request } from '../define.ts';

export const intakeRequests = {
  /** Opens the host's dialog; zero sources when the person closed it. */
  choose: request(z.object({ what: z.enum(['files', 'folder']) }), IntakeResult),
  /** Reads the host's clipboard where the host can; otherwise takes the text given. */
  paste: request(z.object({ text: z.string().max(32_000_000).nullable() }), IntakeResult),
  /** Reads again what was added, and what came into its folders since; lets go of files that are gone. */
  rescan: request(nothing, IntakeResult.extend({ gone: z.int() })),
  clear: request(z.object({ sourceIds: z.array(z.id()).nullable() }), nothing),
} as const;

/** Made by a host's own code alone: may name paths. */
export const intakeHostRequests = {
  /** Those of the folders in which no file of the list lies; none while a run that may read them is under way. */
  unusedFolders: request(
    z.object({ folders: z.array(z.string()) }),
    z.object({ folders: z.array(z.string()) }),
  ),
  /** 'picked': by a person, in a dialog of the host or on its command line; 'path': dropped on the page. */
  addPaths: request(
    z.object({ paths: z.array(z.string().max(40_000)), origin: z.enum(['picked', 'path', 'upload']) }),
    IntakeResult,
  ),
  /** The same for a person in a shell. `root`: the path, as it was given, under which a skipped file was met. */
  addNamed: request(
    z.object({ paths: z.array(z.string().max(40_000)) }),
    IntakeResult.extend({ skippedFiles: z.array(SkippedFile.extend({ root: z.string().optional() })) }),
  ),
  /** Takes in what came through a pipe; `name` is for people. It stays in memory. */
  addPiped: request(
    z.object({ bytes: z.instanceof(Uint8Array), name: z.string().max(40_000) }),
    IntakeResult,
  ),
} as const;

export const intakeEvents = {
  intakeProgress: event(z.object({ files: z.int(), blobs: z.int(), done: z.boolean() })),
} as const;

export const blobsRequests = {
  list: request(page, z.object({ total: z.int(), revision: z.int(), rows: z.array(BlobRow) })),
  /**
   * What became different after a revision, in the order of the list: rows that are new or changed, and the ids that
   * are gone (named with the first page). `whole`: the host does not know any more, and all is to be listed again.
   */
  changes: request(
    page.extend({ since: z.int() }),
    z.object({
      total: z.int(),
      revision: z.int(),
      whole: z.boolean(),
      changed: z.int(),
      rows: z.array(BlobRow),
      gone: z.array(z.string()),
    }),
  ),
  sources: request(page, z.object({ total: z.int(), sources: z.array(SourceInfo) })),
  inspect: request(z.object({ blobId: z.id() }), BlobDetail),
  /** Shows the file of a blob in the file manager of the host, where that has one. */
  reveal: request(z.object({ blobId: z.id() }), nothing),
  /** Begins a drag of the ciphertext as a file, where the host has one; a page elsewhere drags a download. */
  drag: request(z.object({ blobId: z.id() }), nothing),
  /** Hands the ciphertext out as a file: by a save dialog on the desktop, by a download address elsewhere. */
  save: request(
    z.object({ blobId: z.id() }),
    z.strictObject({ url: z.string().nullable(), name: z.string(), saved: z.boolean() }),
  ),
  /** The blobs that are selected in the window, kept while the engine runs, for a page that loads again. */
  selection: request(nothing, z.object({ blobIds: z.array(z.string()) })),
  select: request(z.object({ blobIds: z.array(z.id()) }), nothing),
} as const;

/** Made by a host's own code alone: may name paths. */
export const blobsHostRequests = {
  /** Absolute path of the file of a blob; null where it is in none: pasted, or no longer on the list. */
  pathOf: request(z.object({ blobId: z.id() }), z.object({ path: z.string().nullable() })),
  /** The ciphertext as a file of its own. */
  file: request(
    z.object({ blobId: z.id() }),
    z.object({ name: z.string(), bytes: z.instanceof(Uint8Array) }),
  ),
  /** Where each blob is, in the order of `blobs.list`: its file's absolute path, or what pasted text is called. */
  places: request(page, z.object({ blobs: z.array(z.object({ id: z.string(), path: z.string() })) })),
} as const;

export const blobsEvents = {
  /** The set of blobs changed, or what is known of them; `blobs.changes` says how. */
  blobsChanged: event(z.object({ revision: z.int(), total: z.int() })),
} as const;

export const keyGroupsRequests = {
  /** Blobs by key material, with what is known of each one's key; and the keys that were rotated. */
  list: request(
    nothing,
    z.object({
      revision: z.int(),
      keyGroups: z.array(KeyGroup),
      timelines: z.array(KeyTimeline),
      /** Of every key material and label in the list of which something names the key. */
      keys: z.array(KeyConclusion),
    }),
  ),
  /** A person says which key a material belongs to; null takes their word back. */
  name: request(
    z.object({
      fingerprint: z
        .string()
        .length(64)
        .regex(/^[0-9a-f]+$/),
      keyArn: z.string().min(1).max(2048).nullable(),
    }),
    nothing,
  ),
  /** Asks KMS, by DryRun alone, which key opens a blob. Null: every key that this identity can see. */
  findKey: request(
    z.object({
      blobId: z.id(),
      keyIds: z.array(z.string().min(1).max(2048)).max(100).nullable(),
      context: GivenContext.nullable(),
    }),
    z.object({ asked: z.array(Probe), found: z.string().nullable(), likely: z.string().nullable() }),
  ),
} as const;
