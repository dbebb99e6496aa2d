import { z } from 'zod';
import { BlobDetail, BlobRow, Oddity, SourceInfo } from '../model/blob.ts';
import { Cluster, KeyTimeline, Probe } from '../model/cluster.ts';
import { ConnectionChoice, ConnectionState, ProfileInfo } from '../model/connection.ts';
import { EncryptionContext } from '../model/context.ts';
import { KeyInfo, KeyList } from '../model/key.ts';
import { RunItem, RunRequest, RunSummary } from '../model/run.ts';
import { event, nothing, request } from './define.ts';

const page = z.object({ offset: z.int().min(0), limit: z.int().min(1).max(5000) });

const Intake = z.object({
  sources: z.int(),
  blobs: z.int(),
  oddities: z.array(Oddity),
  /** Oddities beyond the first 200. */
  moreOddities: z.int(),
});

const AppState = z.object({
  version: z.string(),
  host: z.enum(['desktop', 'loopback', 'cli']),
  platform: z.string(),
  /** What this host can do, so that the page offers nothing it cannot. */
  can: z.object({
    /** Native file and folder dialogs. Otherwise the page uploads. */
    chooseFiles: z.boolean(),
    chooseFolder: z.boolean(),
    /** Read the clipboard outside the page, so that pasted text never enters it. */
    readClipboard: z.boolean(),
    reveal: z.boolean(),
    download: z.boolean(),
  }),
  /** Output folders named on the host at start (`rewrap serve --out DIR`). */
  outputFolders: z.array(z.object({ token: z.string(), path: z.string() })),
  connection: ConnectionState,
});

/** Requests of the page, by room. This table is the bridge: nothing that is not in it crosses. */
export const requests = {
  app: {
    state: request(nothing, AppState),
  },
  intake: {
    /** Opens the host's dialog; zero sources when the person closed it. */
    choose: request(z.object({ what: z.enum(['files', 'folder']) }), Intake),
    /** Reads the host's clipboard where the host can; otherwise takes the text given. */
    paste: request(z.object({ text: z.string().max(32_000_000).nullable() }), Intake),
    clear: request(z.object({ sourceIds: z.array(z.string()).nullable() }), nothing),
  },
  blobs: {
    list: request(page, z.object({ total: z.int(), revision: z.int(), rows: z.array(BlobRow) })),
    sources: request(page, z.object({ total: z.int(), sources: z.array(SourceInfo) })),
    inspect: request(z.object({ blobId: z.string() }), BlobDetail),
    /** The new ciphertext of a blob as text in its own encoding, for copying. */
    resultText: request(z.object({ runId: z.string(), blobId: z.string() }), z.object({ text: z.string() })),
  },
  clusters: {
    /** Blobs by key material, with what is known of each one's key; and the keys that were rotated. */
    list: request(
      nothing,
      z.object({ revision: z.int(), clusters: z.array(Cluster), timelines: z.array(KeyTimeline) }),
    ),
    /** A person says which key a material belongs to; null takes their word back. */
    name: request(
      z.object({
        fingerprint: z.string().regex(/^[0-9a-f]{64}$/),
        keyArn: z.string().min(1).max(2048).nullable(),
      }),
      nothing,
    ),
    /** Asks KMS, by DryRun alone, which key opens a blob. Null: every key that this identity can see. */
    findKey: request(
      z.object({
        blobId: z.string(),
        keyIds: z.array(z.string().min(1).max(2048)).max(100).nullable(),
        context: EncryptionContext.nullable(),
      }),
      z.object({ asked: z.array(Probe), found: z.string().nullable(), likely: z.string().nullable() }),
    ),
  },
  connection: {
    profiles: request(nothing, z.object({ profiles: z.array(ProfileInfo), problems: z.array(z.string()) })),
    use: request(ConnectionChoice, ConnectionState),
    state: request(nothing, ConnectionState),
  },
  keys: {
    list: request(z.object({ refresh: z.boolean() }), KeyList),
    describe: request(z.object({ keyId: z.string().min(1).max(2048) }), KeyInfo),
  },
  output: {
    /** Opens the host's folder dialog; null when the person closed it. */
    chooseFolder: request(
      nothing,
      z.object({ folder: z.object({ token: z.string(), path: z.string() }).nullable() }),
    ),
    reveal: request(z.object({ runId: z.string(), blobId: z.string() }), nothing),
  },
  runs: {
    start: request(RunRequest, z.object({ runId: z.string() })),
    get: request(z.object({ runId: z.string() }), RunSummary),
    list: request(nothing, z.object({ runs: z.array(RunSummary) })),
    items: request(
      page.extend({ runId: z.string(), only: z.enum(['all', 'failed']) }),
      z.object({ total: z.int(), items: z.array(RunItem) }),
    ),
    cancel: request(z.object({ runId: z.string() }), nothing),
    /** A one-time address at which the loopback host hands out the new file(s). */
    download: request(z.object({ runId: z.string() }), z.object({ url: z.string(), name: z.string() })),
  },
  practice: {
    /** Makes the sample vault anew and takes it in. Only while connected to the practice KMS. */
    restoreVault: request(nothing, Intake),
  },
} as const;

/**
 * Requests that only a host's own code makes (the preload after `webUtils.getPathForFile`, the main process after a
 * dialog, the command line): the page has no way to name a path.
 */
export const hostRequests = {
  intake: {
    addPaths: request(z.object({ paths: z.array(z.string()), origin: z.enum(['path', 'upload']) }), Intake),
  },
  blobs: {
    /** Absolute path of each blob's file, in the order of `blobs.list`; null for pasted text. */
    paths: request(page, z.object({ paths: z.array(z.string().nullable()) })),
  },
  output: {
    /** Registers a folder that the person named; the page gets the token and the path to show. */
    addFolder: request(z.object({ path: z.string() }), z.object({ token: z.string(), path: z.string() })),
    /** Absolute path of the file that holds a new blob, for "show in folder". */
    pathOf: request(
      z.object({ runId: z.string(), blobId: z.string() }),
      z.object({ path: z.string().nullable() }),
    ),
  },
  runs: {
    /** Finished files of a download run: relative name and bytes. */
    kept: request(
      z.object({ runId: z.string() }),
      z.object({ files: z.array(z.object({ relative: z.string(), bytes: z.instanceof(Uint8Array) })) }),
    ),
  },
} as const;

/** Messages to the page. */
export const events = {
  /** The set of blobs changed; fetch again what is shown. */
  blobsChanged: event(z.object({ revision: z.int(), total: z.int() })),
  intakeProgress: event(z.object({ files: z.int(), blobs: z.int(), done: z.boolean() })),
  connectionChanged: event(ConnectionState),
  /** At most ten a second for each run. */
  runProgress: event(RunSummary),
  /** The host asks the page to show a view (menu, shortcut). */
  show: event(
    z.object({
      view: z.enum(['blobs', 'activity', 'keys', 'settings', 'open-files', 'open-folder', 'paste']),
    }),
  ),
} as const;
