import * as z from '../schema.ts';
import { FindingCodeSchema, SeveritySchema } from './blob.ts';
import { Coverage } from './coverage.ts';
import { EvidenceBySchema } from './key-group.ts';

/** What blobs are counted by. */
export const FACETS = [
  'key',
  'alias',
  'account',
  'region',
  'state',
  'spec',
  'origin',
  'manager',
  'rotation',
  'lastUse',
  'age',
  'kind',
  'container',
  'repository',
  'coverage',
] as const;
export const Facet = z.enum(FACETS);
export type Facet = z.infer<typeof Facet>;

/** Blobs that share one value of a facet. */
export const AuditBar = z.object({
  /** Names the value in a request; empty: not known. */
  value: z.string(),
  label: z.string(),
  blobs: z.int(),
  /** Key material to draw a face from; null where the value is no key. */
  fingerprint: z.string().nullable(),
});
export type AuditBar = z.infer<typeof AuditBar>;

export const AuditFacet = z.object({
  facet: Facet,
  /** Most blobs first, at most 40. */
  bars: z.array(AuditBar),
  /** What the values beyond those have in common: how many there are, how many blobs. */
  more: z.object({ values: z.int(), blobs: z.int() }),
});
export type AuditFacet = z.infer<typeof AuditFacet>;

/** A key that protects blobs of the list, as far as KMS reported it. */
export const AuditKey = z.object({
  arn: z.string(),
  keyId: z.string(),
  aliases: z.array(z.string()),
  account: z.string().nullable(),
  region: z.string().nullable(),
  state: z.string().nullable(),
  spec: z.string().nullable(),
  /** `ENCRYPT_DECRYPT`, `SIGN_VERIFY`, …; null: not known. */
  usage: z.string().nullable(),
  origin: z.string().nullable(),
  manager: z.string().nullable(),
  multiRegion: z.boolean().nullable(),
  /** Regions of the same multi-Region key, this one left out; empty where there are none. */
  otherRegions: z.array(z.string()),
  createdAt: z.string().nullable(),
  deletionDate: z.string().nullable(),
  /** Null: not known, or not applicable to its spec and origin. */
  rotation: z
    .object({ enabled: z.boolean(), periodDays: z.int().nullable(), lastAt: z.string().nullable() })
    .nullable(),
  lastUse: z
    .object({
      operation: z.string().nullable(),
      at: z.string().nullable(),
      trackedSince: z.string().nullable(),
    })
    .nullable(),
  currentKeyMaterialId: z.string().nullable(),
  /** How many key materials it has had, the current one included; null: not known. */
  materials: z.int().nullable(),
  /** Principals that its policy lets open or re-encrypt anything, in words; empty: none; null: not known. */
  openTo: z.array(z.string()).nullable(),
  /** Roles and users of other accounts that its policy names and lets open or re-encrypt, in words; null: not known. */
  policyNames: z.array(z.string()).nullable(),
  /** Whether its policy leaves it to the IAM policies of its account who may use it; null: not known. */
  iamDecides: z.boolean().nullable(),
  /** Whether its policy keeps a key that was used lately from being deleted; null: not known. */
  deletionGuarded: z.boolean().nullable(),
  /** On-demand rotations it has had; null: not known. */
  onDemandRotations: z.int().nullable(),
  /** Grantees outside its account with grants that let them open or re-encrypt, in words; null: not known. */
  grantedTo: z.array(z.string()).nullable(),
  gaps: z.array(z.string()),
});
export type AuditKey = z.infer<typeof AuditKey>;

/** A key with the blobs that it protects. */
const AuditKeyUse = z.object({
  key: AuditKey.nullable(),
  /** What to call it: alias, ARN, label or fingerprint. */
  name: z.string(),
  fingerprint: z.string().nullable(),
  /** ARN of the key, or the label as files write it; null where nothing names it. */
  label: z.string().nullable(),
  account: z.string().nullable(),
  blobs: z.int(),
  /** The weakest evidence that one of the blobs is under it: it holds for all of them. */
  by: EvidenceBySchema,
  /** How many of the blobs are known in which way, the strongest first. */
  evidence: z.array(z.object({ by: EvidenceBySchema, blobs: z.int() })),
});

export const Suppression = z.object({
  reason: z.string(),
  /** ISO 8601 date (its end, UTC) after which the finding counts again. */
  until: z.string(),
  /** Where it is written: 'here' (this machine) or 'rules' (the rules file). */
  where: z.enum(['here', 'rules']),
});
export type Suppression = z.infer<typeof Suppression>;

/** One thing that is wrong, with every blob it concerns. */
export const AuditFinding = z.object({
  /** The same as long as code and subject are. */
  id: z.string(),
  code: FindingCodeSchema,
  severity: SeveritySchema,
  title: z.string(),
  /** Why it matters. */
  reason: z.string(),
  /** How we know, a line each. */
  evidence: z.array(z.string()),
  remedy: z.string(),
  /** Who says so: the bytes and the files, KMS, or a conclusion of ours; 'rules': the rules file forbids it. */
  source: z.enum(['files', 'kms', 'conclusion', 'rules']),
  /** ARN of the key it is about; null where it is about blobs. */
  keyArn: z.string().nullable(),
  blobs: z.int(),
  /** Blobs of these that `ReEncrypt` can be offered; 0 where re-encrypting is no remedy. */
  reencryptable: z.int(),
  files: z.int(),
  /** Up to five of the places. */
  examples: z.array(z.object({ file: z.string(), place: z.string() })),
  /** True where a rule of the rules file is broken: makes `rewrap audit --rules` exit 1. */
  violation: z.boolean(),
  suppressed: Suppression.nullable(),
});
export type AuditFinding = z.infer<typeof AuditFinding>;

/** What a rule could not be judged on, and why: reported, never guessed. */
export const Unjudged = z.object({ rule: z.string(), blobs: z.int(), why: z.string() });
export type Unjudged = z.infer<typeof Unjudged>;

/** One reason why a rule held, broke or was not judged, and for how many blobs. */
export const ExplainedRule = z.object({
  rule: z.string(),
  verdict: z.enum(['holds', 'broken', 'not judged']),
  why: z.string(),
  blobs: z.int(),
});
export type ExplainedRule = z.infer<typeof ExplainedRule>;

/** Keys that protect blobs and that KMS was not asked about. */
export const NotAsked = z.object({
  /** Beyond those that are asked about by themselves; `askKeys` with `all` asks. */
  keys: z.int(),
  blobs: z.int(),
  /** Names of the first 200 of them, most blobs first. */
  names: z.array(z.object({ name: z.string(), blobs: z.int() })),
  /** Keys that this connection cannot ask about, by Region; `region` is null where the name is none KMS takes. */
  elsewhere: z.array(z.object({ region: z.string().nullable(), keys: z.int(), blobs: z.int() })),
});
export type NotAsked = z.infer<typeof NotAsked>;

/** Of how many keys it is known who may open what is under them, as far as key policies and grants go. */
export const Weighed = z.object({
  /** Keys that KMS described. */
  keys: z.int(),
  policies: z.int(),
  grants: z.int(),
  /** Keys with a policy that leaves it to IAM policies, which are not read. */
  iamDecides: z.int(),
});
export type Weighed = z.infer<typeof Weighed>;

export const AuditSummary = z.object({
  /** Of what the answer speaks. */
  coverage: Coverage,
  /** Revision of the list of blobs that was counted. */
  revision: z.int(),
  totals: z.object({
    blobs: z.int(),
    /** Files that hold them. */
    files: z.int(),
    /** Files without a blob of which something is found. */
    otherFiles: z.int(),
    repositories: z.int(),
    /** Different key materials, and those of them of which a key is known by name. */
    materials: z.int(),
    materialsNamed: z.int(),
    /** Different keys that are known by name. */
    keys: z.int(),
    accounts: z.int(),
    regions: z.int(),
  }),
  facets: z.array(AuditFacet),
  /** Findings that count, by severity; suppressed ones apart. */
  findings: z.object({ critical: z.int(), warning: z.int(), info: z.int(), suppressed: z.int() }),
  /** Blobs by the highest severity that counts. */
  severities: z.object({ critical: z.int(), warning: z.int(), info: z.int(), none: z.int() }),
  /** Rules broken; null while no rules file is in use. */
  violations: z.int().nullable(),
  unjudged: z.array(Unjudged),
  /** At most 200, most blobs first. */
  keys: z.array(AuditKeyUse),
  /** Keys KMS is still being asked about. */
  asking: z.int(),
  weighed: Weighed,
  /** Keys that KMS was not asked about; nothing stands here without a connection. */
  notAsked: NotAsked,
  /** What KMS did not answer. */
  gaps: z.array(z.string()),
  /** The practice KMS is asked about keys of other accounts, of which it knows none; null where that is not so. */
  practice: z
    .object({
      account: z.string(),
      blobs: z.int(),
      /** At most five, most blobs first. */
      accounts: z.array(z.string()),
    })
    .nullable(),
  /** Null: nothing was asked of KMS, since there is no connection. */
  caller: z.string().nullable(),
});
export type AuditSummary = z.infer<typeof AuditSummary>;

/**
 * What names a key without ciphertext. 'sops-rule': a creation rule of `.sops.yaml`; 'pulumi-provider':
 * `secretsprovider` of a stack; 'terraform': resources, values and states; 'code': sources and scripts, CDK among them.
 */
export const ReferenceSort = z.enum([
  'sops-rule',
  'pulumi-provider',
  'terraform',
  'cloudformation',
  'code',
  'configuration',
]);
export type ReferenceSort = z.infer<typeof ReferenceSort>;

/** A place in a file that names a key without ciphertext: a rule or a resource that would go on using it. */
export const KeyReference = z.object({
  file: z.string(),
  /** Counted from 1. */
  line: z.int(),
  sort: ReferenceSort,
  /** The name as it is written. */
  name: z.string(),
});
export type KeyReference = z.infer<typeof KeyReference>;

/** "What breaks if I delete this key?": one answer. */
export const DeletionImpact = z.object({
  /** The answer in one sentence. */
  answer: z.string(),
  severity: z.enum(['none', 'possible', 'some']),
  key: AuditKey.nullable(),
  asked: z.string(),
  /** Whether a file, a person or KMS names a key so. */
  known: z.boolean(),
  /** Blobs that KMS or a person said are under it. */
  certain: z.int(),
  /** Blobs in files that say so. */
  declared: z.int(),
  /** Blobs without a label of this key that share key material with one that has it. */
  inferred: z.int(),
  /** Blobs that an alias of this key names, which may have been another key's when they were made. */
  viaAlias: z.int(),
  /** Blobs that a label says are under it, which other evidence contradicts. */
  contradicted: z.int(),
  /** Of all these, blobs that no key opens any more: cut short, or damaged. */
  damaged: z.int(),
  /** Blobs of an unknown key, which this key may have made. */
  possible: z.int(),
  /** Of those that are certain, declared or inferred, and whole: what opens no other way; opens another way; may do so. */
  lost: z.int(),
  otherWay: z.int(),
  maybeOtherWay: z.int(),
  /** Files of all but the possible ones. */
  files: z.int(),
  /** At most 200, most lost first; `lost`: blobs of them that open no other way. */
  byFile: z.array(z.object({ file: z.string(), blobs: z.int(), lost: z.int() })),
  /** At most 200. */
  references: z.array(KeyReference),
  moreReferences: z.int(),
  /** What else speaks for or against: state, last use, replicas; what cannot be known. */
  notes: z.array(z.string()),
});
export type DeletionImpact = z.infer<typeof DeletionImpact>;

/** 'text' is for a terminal. */
export const ReportFormat = z.enum(['html', 'pdf', 'csv', 'json', 'sarif', 'cyclonedx', 'text']);
export type ReportFormat = z.infer<typeof ReportFormat>;

/** What a report is of. */
export const ReportSubject = z.discriminatedUnion('of', [
  /** `ifDeleted`: with the answer of what its deletion breaks. */
  z.object({ of: z.literal('audit'), ifDeleted: z.string().min(1).max(2048).optional() }),
  z.object({ of: z.literal('deletion'), key: z.string().min(1).max(2048) }),
  z.object({ of: z.literal('run'), runId: z.string().max(100) }),
  z.object({ of: z.literal('history') }),
]);
export type ReportSubject = z.infer<typeof ReportSubject>;

/** What an audit found of single blobs that their files do not say: of their keys, by conclusion, by rules. */
export const RowFindings = z.object({
  /** Blobs of which there is any. */
  total: z.int(),
  findings: z.array(z.object({ id: z.string(), code: FindingCodeSchema, severity: SeveritySchema })),
  /** `of`: places in `findings`. */
  rows: z.array(z.object({ blobId: z.string(), of: z.array(z.int()) })),
});
export type RowFindings = z.infer<typeof RowFindings>;

const Left = z.object({
  /** Blobs that are not yet where the campaign wants them; of which that cannot be said; and all. */
  remaining: z.int(),
  unknown: z.int(),
  blobs: z.int(),
});

/** How far a campaign is, by owner: a line of the file of snapshots. */
export const CampaignSnapshot = z.object({
  /** ISO 8601. */
  at: z.string(),
  campaign: z.string(),
  ...Left.shape,
  owners: z.array(Left.extend({ owner: z.string() })),
  filesRead: z.int(),
  /** Files, archives, folders and links that were met and not read: they may hold what is left. */
  filesSkipped: z.int(),
});
export type CampaignSnapshot = z.infer<typeof CampaignSnapshot>;

/** A campaign on screen: what its file says, what was counted before, and what is counted now. */
export const CampaignView = z.object({
  name: z.string(),
  /** ISO date, by the end of which (UTC) nothing may be left. */
  deadline: z.string(),
  /** `late`: the day has passed with blobs left; `unanswered`: it has passed, and it is not known that none are. */
  verdict: z.enum(['done', 'going', 'late', 'unanswered']),
  /** ISO date by which nothing is left at the rate so far; null: nothing is left, or nothing moved. */
  expected: z.string().nullable(),
  /** Oldest first; the newest 10,000. */
  snapshots: z.array(CampaignSnapshot),
  now: CampaignSnapshot,
});
export type CampaignView = z.infer<typeof CampaignView>;
