import type { BlobRow, Finding } from '#shared/model/blob.ts';
import { draftOf, findingId } from '../findings/key-findings.ts';
import type { AuditSnapshot, FindingDraft, FindingGroup, SnapshotInput } from '../model.ts';
import { Columns } from './columns.ts';

/** Rows as columns. `before`: of an earlier list; what is known of rows that are the same serves again. */
const columnsOf = (rows: readonly BlobRow[], before: Columns | null): Columns =>
  before?.isOf(rows) === true ? before : new Columns(rows, before);

/** `before`: as in {@link columnsOf}; those of the very rows serve as they are. */
export function makeSnapshot(input: SnapshotInput, before: Columns | null = null): AuditSnapshot {
  const steps = snapshotInSteps(input, before);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** The same a little at a time: other work can have its turn wherever it yields. */
export function* snapshotInSteps(
  input: SnapshotInput,
  before: Columns | null = null,
): Generator<void, AuditSnapshot> {
  const columns = columnsOf(input.rows, before);
  yield;
  const groups = yield* gathered(input);
  return { columns, bareFiles: input.bareFiles, groups, alsoOpens: input.alsoOpens };
}

/** Rows that are looked at between two looks at the clock. */
const MANY = 500;

/** A message of an Encryption SDK, which KMS did not make. */
export const isMessage = ({ identification: { kind } }: BlobRow): boolean =>
  kind === 'encryption-sdk-message' || kind === 'database-encryption-sdk';

/** How many messages open with a KMS key that stands in no file: no rule about keys can be judged of these. */
export function viaBranchKeys({ columns, alsoOpens }: AuditSnapshot): number {
  const messages = columns.cohorts.flatMap(({ row }, cohort) => (isMessage(row) ? [cohort] : []));
  return columns.rowsOf(messages).reduce((sum, i) => sum + (alsoOpens(i).viaBranchKey ? 1 : 0), 0);
}

type Open = Omit<FindingGroup, 'draft' | 'indexes' | 'bare' | 'various'> & {
  draft: FindingDraft;
  indexes: number[];
  bare: string[];
  various: boolean;
};

/** What the inspector says, by code and severity: one finding with all its blobs. */
function* gathered({ rows, findings, bareFiles }: SnapshotInput): Generator<void, FindingGroup[]> {
  const groups = new Map<string, Open>();
  const groupOf = (finding: Finding): Open => {
    const at = `${finding.code}\0${finding.severity}`;
    const known = groups.get(at);
    if (known !== undefined) {
      if (known.draft.title !== finding.title) known.various = true;
      if (known.draft.evidence.length < LINES) gather(known, finding.evidence);
      return known;
    }
    const id = findingId(finding.code, finding.severity);
    const draft = draftOf(finding);
    const made = { id, draft, keyArn: null, violation: false, indexes: [], bare: [], various: false };
    groups.set(at, made);
    return made;
  };
  for (let i = 0; i < rows.length; i += 1) {
    if (i % MANY === MANY - 1) yield;
    // A file's finding comes once for each of its blobs, and a blob may have two of one code.
    for (const finding of findings(i)) {
      const { indexes } = groupOf(finding);
      if (indexes.at(-1) !== i) indexes.push(i);
    }
  }
  for (const { file, findings: own } of bareFiles)
    for (const finding of own) {
      const { bare } = groupOf(finding);
      if (bare.at(-1) !== file) bare.push(file);
    }
  return [...groups.values()];
}

/** Most lines of evidence that are kept of one finding. */
const LINES = 5;

/** Evidence of different blobs, each line once. */
function gather(open: Open, evidence: readonly string[]): void {
  const known = open.draft.evidence;
  if (evidence.every((line) => known.includes(line))) return;
  open.draft = { ...open.draft, evidence: [...new Set([...known, ...evidence])].slice(0, LINES) };
}
