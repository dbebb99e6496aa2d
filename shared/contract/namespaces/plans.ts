import { MOST_SHARDS } from '../../kms/scale.ts';
import { PlannedFile } from '../../model/plan.ts';
import { PlanCheck, PlanComparison, PlanEntry, PlanView } from '../../model/plan-view.ts';
import { Rules } from '../../model/rule.ts';
import { Pace, RunRequest } from '../../model/run.ts';
import * as z from '../../schema.ts';
import { event, nothing, request } from '../define.ts';

const one = z.strictObject({ planId: z.id() });

/** What is to be written down. */
const PlanDraft = z.strictObject({
  request: RunRequest.omit({ grantTokens: true, dryRun: true }),
  /** Rules that chose the blobs. */
  rules: Rules,
});

/** The same, split into shards that machines run at the same time. */
const ShardDraft = PlanDraft.extend({ shards: z.int().min(1).max(MOST_SHARDS) });

/** What was handed to the person. */
const Saved = z.strictObject({
  /** Address of the download; null where the host saved it, or the person closed its dialog. */
  url: z.string().nullable(),
  name: z.string(),
  saved: z.boolean(),
  /** Pasted blobs, which have no file that a plan could name. */
  leftOut: z.int(),
});

export const plansRequests = {
  /** Ids of the re-encryptable blobs of the list that rules choose, in the order of the list. */
  select: request(
    /** `emulatorBlobs`: also those that an emulator of KMS made. */
    z.strictObject({ rules: Rules, emulatorBlobs: z.boolean().optional() }),
    z.strictObject({
      blobIds: z.array(z.string()),
      /** What could not be said of some blobs, so that they are not among the chosen: a sentence each. */
      notes: z.array(z.string()),
    }),
  ),
  /** Writes a plan and hands it to the person: by a save dialog on the desktop, by a download address elsewhere. */
  save: request(PlanDraft, Saved),
  /** Writes shards: into a folder of the host's dialog on the desktop, as one download elsewhere. */
  shard: request(ShardDraft, Saved),
  /** The command that does the same in a shell, to be copied. */
  command: request(PlanDraft.pick({ request: true }), z.strictObject({ text: z.string() })),
  /** Opens the host's dialog; null when the person closed it. */
  open: request(nothing, z.strictObject({ planId: z.string().nullable() })),
  /** Plans that were opened since Rewrap started, the last one first. */
  list: request(nothing, z.strictObject({ plans: z.array(PlanEntry) })),
  view: request(one, PlanView),
  /** Reads the plan's files and says how each blob stands. */
  check: request(one, PlanCheck),
  compare: request(z.strictObject({ a: z.id(), b: z.id() }), PlanComparison),
  /** Starts a run of the blobs that are as planned. */
  run: request(one.extend({ dryRun: z.boolean() }), z.strictObject({ runId: z.string() })),
  /** Forgets it; its file stays. */
  close: request(one, nothing),
} as const;

/** Made by a host's own code alone: may name paths. */
export const plansHostRequests = {
  /** Opens a plan file that the person named. */
  openFile: request(z.strictObject({ path: z.string() }), one),
  /** A plan as a file. */
  write: request(
    PlanDraft,
    z.strictObject({ name: z.string(), bytes: z.instanceof(Uint8Array), leftOut: z.int() }),
  ),
  /** Writes shards into a new folder below `parent`. */
  writeShards: request(
    z.strictObject({ draft: ShardDraft, parent: z.string() }),
    z.strictObject({ name: z.string(), folder: z.string(), leftOut: z.int() }),
  ),
  /** What a plan says of these blobs: their files by absolute path, with hashes. Pasted text is left out. */
  plannedFiles: request(z.object({ blobIds: z.array(z.id()) }), z.object({ files: z.array(PlannedFile) })),
  /**
   * Does what is left of the plan in a file, which is read some files at a time. `root`: the folder that its relative paths
   * start from, where the plan names none.
   */
  runPlan: request(
    z.object({
      path: z.string(),
      root: z.string().nullable(),
      dryRun: z.boolean(),
      /** Send blobs, too, that are known to be at the destination; absent: as the plan says. */
      evenIfThere: z.boolean().optional(),
      /** A plan holds none: they are given when it is run. */
      grantTokens: RunRequest.shape.grantTokens.optional(),
      /** By so many processes of this machine; absent: as the plan says, or as the run was begun that it goes on with. */
      processes: Pace.shape.processes,
    }),
    z.object({ runId: z.string() }),
  ),
} as const;

export const plansEvents = {
  /** A plan was opened: by a dialog, dropped, or named when Rewrap started. */
  planOpened: event(one),
} as const;
