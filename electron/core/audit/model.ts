import type {
  AuditFacet,
  AuditFinding,
  AuditKey,
  AuditSummary,
  ExplainedRule,
  KeyReference,
  Unjudged,
} from '#shared/model/audit.ts';
import type { BlobRow, Finding } from '#shared/model/blob.ts';
import type { EvidenceBy } from '#shared/model/key-group.ts';
import type { FoundBlob } from '../intake/index.ts';
import type { EvidenceModel, Under } from '../key-material/index.ts';
import type { Columns } from './list/columns.ts';
import type { AuditRules } from './rules/rules.ts';

/** The shapes that the steps of an audit hand to each other: the list, what is found in it, the counts, the answer. */

/** What opens what a blob protects, beside the blobs of the list. */
export type AlsoOpens = Pick<FoundBlob, 'alsoOpens' | 'keyGroup' | 'viaBranchKey'>;

/** What an audit is made from that the list alone decides. */
export interface SnapshotInput {
  readonly rows: readonly BlobRow[];
  /** Findings of the inspector for one blob: of its file, of itself, and across blobs. */
  readonly findings: (index: number) => Iterable<Finding>;
  /** What else opens what a blob protects: other recipients of its file, and how many key groups of it are needed. */
  readonly alsoOpens: (index: number) => AlsoOpens;
  /** Files without any blob that have findings. */
  readonly bareFiles: readonly { readonly file: string; readonly findings: readonly Finding[] }[];
}

/** The list as columns, and what the inspector found in it. Serves until the list changes. */
export interface AuditSnapshot {
  readonly columns: Columns;
  readonly bareFiles: SnapshotInput['bareFiles'];
  readonly groups: readonly FindingGroup[];
  readonly alsoOpens: SnapshotInput['alsoOpens'];
}

/** What a finding says, before its blobs are counted. */
export type FindingDraft = Pick<
  AuditFinding,
  'code' | 'severity' | 'title' | 'reason' | 'evidence' | 'remedy' | 'source'
>;

/** One finding before suppressions are looked at: what it says, and every row that it concerns. */
export interface FindingGroup {
  readonly id: string;
  readonly draft: FindingDraft;
  readonly keyArn: string | null;
  /** A rule of the rules file is broken. */
  readonly violation: boolean;
  /** In the order of the list. */
  readonly indexes: ArrayLike<number>;
  /** Files without blobs. */
  readonly bare: readonly string[];
  /** Its rows are not all described in the same words. */
  readonly various: boolean;
}

/** Who asks KMS: the findings "other account" and "unknown account" are seen from there. */
export interface KmsCaller {
  readonly arn: string;
  readonly account: string;
  readonly region: string;
  /** The connection that is asked, for people: "practice KMS · us-east-1 · 111122223333". */
  readonly connection: string;
  readonly practice: boolean;
}

/** What is known of keys: KMS's answer by any name, 'gone' where KMS knows no such key, null where nothing is known. */
export type KeyLookup = (name: string) => AuditKey | 'gone' | null;

/** What protects some of the blobs: a key, a label, a key material without a name, or nothing that can be named. */
export interface KeySubject {
  /** Equal for equal protection, by whatever name: the value of facet 'key'. */
  readonly id: string;
  /** As KMS described it; null where it did not. */
  readonly key: AuditKey | null;
  /** The label or ARN it is known by; null where it has no name. */
  readonly label: string | null;
  /** An alias that files or KMS tie to the key; null where none is known. */
  readonly alias: string | null;
  /** KMS knows no key of this name. */
  readonly gone: boolean;
  readonly account: string | null;
  readonly region: string | null;
  readonly fingerprint: string | null;
  /** Key material ID, as a reply of KMS named it; null where none did. */
  readonly materialId: string | null;
  readonly by: EvidenceBy;
  /** An alias alone names the key: it may have named another one when the blobs were made. */
  readonly viaAlias: boolean;
}

/** Everything that is counted and judged, suppressions left out. The same input gives the same counts. */
export interface CountInput {
  readonly snapshot: AuditSnapshot;
  /** Which key each blob is under. */
  readonly evidence: EvidenceModel;
  readonly book: KeyLookup;
  /** Where files name a key without ciphertext, by any of its names. */
  readonly references: (name: string) => readonly KeyReference[];
  readonly caller: KmsCaller | null;
  readonly rules: AuditRules | null;
  /** Why rules that were kept cannot be judged by; null where none were, or they can. */
  readonly brokenRules: string | null;
  /** Milliseconds. */
  readonly now: number;
  readonly revision: number;
}

/** The counted list. What was counted serves again when only suppressions change. */
export interface Counted {
  readonly input: CountInput;
  /** Of each cohort. */
  readonly subjects: readonly KeySubject[];
  readonly groups: readonly FindingGroup[];
  readonly facets: AuditFacet[];
  readonly unjudged: Unjudged[];
  /** Of the rules that are judged by blob. */
  readonly explained: ExplainedRule[];
  readonly totals: AuditSummary['totals'];
  readonly keys: AuditSummary['keys'];
  readonly weighed: AuditSummary['weighed'];
  readonly practice: AuditSummary['practice'];
}

/** A finding with the rows it concerns. */
export interface FoundFinding extends AuditFinding {
  /** In the order of the list. */
  readonly indexes: ArrayLike<number>;
  /** Files without blobs that it concerns. */
  readonly bare: readonly string[];
}

/** The counted list. Made once for each change; questions about it are answered from it. */
export interface Audit {
  readonly input: CountInput;
  /** Of each cohort. */
  readonly subjects: readonly KeySubject[];
  readonly findings: readonly FoundFinding[];
  readonly summary: Omit<AuditSummary, 'asking' | 'notAsked' | 'gaps' | 'coverage'>;
}

/** Whether what a blob protects opens without one key: not at all, perhaps, or another way that is known. */
export type OtherWay = 'none' | 'maybe' | 'other';

/** A blob that the deletion of a key concerns. */
export interface TouchedRow {
  readonly index: number;
  readonly under: Under;
  /** What else opens it. */
  readonly way: OtherWay;
  /** No key opens it any more: it is cut short, or damaged. */
  readonly damaged: boolean;
}

/** Which blobs the deletion of a key concerns, in the order of the list, and what is known of the key. */
export interface Touched {
  /** The name that was asked about, without white space around it. */
  readonly asked: string;
  readonly rows: readonly TouchedRow[];
  readonly key: AuditKey | null;
  readonly references: readonly KeyReference[];
  /** No file, no person and no key that KMS described has this name. */
  readonly nameless: boolean;
}

/** What evidence of a key is read from, of a blob in a file or in history. */
export type Evidenced = Pick<BlobRow, 'identification' | 'declared' | 'sizeBytes'>;
