import {
  AuditFinding,
  AuditSummary,
  CampaignSnapshot,
  CampaignView,
  DeletionImpact,
  ExplainedRule,
  Facet,
  ReportFormat,
  ReportSubject,
  RowFindings,
} from '../../model/audit.ts';
import { DeletionGate } from '../../model/deletion-gate.ts';
import { GitHistory } from '../../model/git-history.ts';
import { Reconciliation } from '../../model/reconcile.ts';
import * as z from '../../schema.ts';
import { event, nothing, page, request } from '../define.ts';

const reportOf = z.object({ subject: ReportSubject, format: ReportFormat });

/** Rules in use: the text of a rules file. */
const Rules = z.object({
  /** Null: no rules. */
  text: z.string().nullable(),
  /** Its name for people. */
  name: z.string().nullable(),
});

/** A text that a person keeps as a file; the host names it, and saves only what reads as what it is called. */
const TextFile = z.object({
  kind: z.enum(['rules', 'snapshots']),
  text: z.string().max(10_000_000),
});

/** What became of a file that was made for a person. */
const HandedOut = z.object({
  /** Address of the download; null where the host saved it, or the person closed its dialog. */
  url: z.string().nullable(),
  name: z.string(),
  saved: z.boolean(),
});

const RulesInUse = Rules.extend({
  /** Why the rules that an earlier start kept cannot be judged by: no rule is, until others are named. Else null. */
  problem: z.string().nullable(),
});

export const auditRequests = {
  /** Answers at once with what is known; `auditChanged` follows when KMS has reported more. */
  summary: request(nothing, AuditSummary),
  findings: request(page, z.object({ total: z.int(), findings: z.array(AuditFinding) })),
  /** Ids of the blobs behind a bar, a finding or a deletion. */
  members: request(
    z.object({
      of: z.discriminatedUnion('by', [
        z.object({ by: z.literal('facet'), facet: Facet, value: z.string().max(4096) }),
        z.object({ by: z.literal('finding'), id: z.string().max(200) }),
        z.object({
          by: z.literal('deletion'),
          key: z.string().min(1).max(2048),
          /** Those that are under the key, by KMS, a person or the file; or those that may be. */
          known: z.boolean(),
        }),
      ]),
      offset: z.int().min(0),
      limit: z.int().min(1).max(50_000),
    }),
    z.object({ total: z.int(), blobIds: z.array(z.string()) }),
  ),
  /** What was found of single blobs that their files do not say; what is suppressed is left out. */
  rowFindings: request(z.object({ offset: z.int().min(0), limit: z.int().min(1).max(20_000) }), RowFindings),
  deletion: request(z.object({ key: z.string().min(1).max(2048) }), DeletionImpact),
  /**
   * "May this key be deleted?": reads git history, has KMS identify key groups by dry runs where there is a connection,
   * and answers when that is done.
   */
  deletionGate: request(z.object({ key: z.string().min(1).max(2048) }), DeletionGate),
  /**
   * Asks KMS of the 200 keys with most blobs, or with `all` of every key that protects blobs (again with `refresh`),
   * and answers when it has reported.
   */
  askKeys: request(
    z.object({ refresh: z.boolean(), all: z.boolean() }),
    z.object({ asked: z.int(), gaps: z.array(z.string()) }),
  ),
  suppress: request(
    z.object({
      id: z.string().max(200),
      reason: z.string().min(1).max(2000),
      until: z.iso.date().max(10),
    }),
    nothing,
  ),
  unsuppress: request(z.object({ id: z.string().max(200) }), nothing),
  /**
   * Turns the search of git history on or off, for the list and its reports; answers when it has been read. Null: it is
   * off.
   */
  gitHistory: request(z.object({ on: z.boolean() }), z.object({ history: GitHistory.nullable() })),
  rules: request(nothing, RulesInUse),
  /** Puts a rules file to use, after checking it; null takes it out of use. */
  setRules: request(
    z.object({ text: z.string().max(1_000_000).nullable(), name: z.string().max(255).nullable() }),
    RulesInUse,
  ),
  /** What rules would find that are not in use: nothing is kept. */
  tryRules: request(
    z.object({ text: z.string().max(1_000_000) }),
    z.object({
      violations: z.int(),
      /** Rules that could not be judged on some blobs. */
      unjudged: z.int(),
      /** What would be broken, most blobs first; at most 50. */
      broken: z.array(z.object({ title: z.string(), blobs: z.int(), files: z.int() })),
      /** Why each rule held, broke or was not judged; broken first, at most 200 reasons. */
      explained: z.array(ExplainedRule),
      moreExplained: z.int(),
    }),
  ),
  /** Makes a report and hands it to the person: by a save dialog on the desktop, by a download address elsewhere. */
  export: request(reportOf, HandedOut),
  /**
   * How far a campaign is, by the list as it stands. `text`: of its file, `snapshots`: of the file beside it, or null. Throws
   * FaultError `BadCampaign` or `BadSnapshots`.
   */
  campaignView: request(
    z.object({ text: z.string().max(1_000_000), snapshots: z.string().max(10_000_000).nullable() }),
    CampaignView,
  ),
  /** Hands a text to the person as a file, as {@link export} does. Throws FaultError `BadRules` or `BadSnapshots`. */
  saveText: request(TextFile, HandedOut),
} as const;

/** Made by a host's own code alone. */
export const auditHostRequests = {
  /** Rules for this start alone: `rewrap audit --rules FILE`. */
  useRules: request(
    z.object({ text: z.string().max(1_000_000).nullable(), name: z.string().max(4096).nullable() }),
    nothing,
  ),
  /** Compares the history with CloudTrail files, which are read offline. `runId`: of one run alone. */
  reconcile: request(
    z.object({
      paths: z.array(z.string().max(32_768)).min(1).max(10_000),
      runId: z.string().max(100).nullable(),
    }),
    Reconciliation,
  ),
  /** How far a campaign is, by the list. `text`: of its file. Throws FaultError `BadCampaign`. */
  campaign: request(z.object({ text: z.string().max(1_000_000) }), CampaignSnapshot),
  /** May these keys be deleted together? `nameless`: keys that would be deleted, too, of which no name is known. */
  deletionGates: request(
    z.object({
      keys: z.array(z.string().min(1).max(2048)).max(10_000),
      nameless: z.array(z.string().max(4096)).max(10_000),
    }),
    DeletionGate,
  ),
  textFile: request(
    TextFile,
    z.object({ name: z.string(), type: z.string(), bytes: z.instanceof(Uint8Array) }),
  ),
  report: request(
    reportOf.extend({
      /** Paths as a person named them: a text names files by these. */
      roots: z.array(z.string().max(32_768)).max(100_000).optional(),
    }),
    z.object({ name: z.string(), type: z.string(), bytes: z.instanceof(Uint8Array) }),
  ),
} as const;

export const auditEvents = {
  /** What the audit says changed, though the list of blobs did not: ask again. */
  auditChanged: event(z.object({ asking: z.int() })),
} as const;
