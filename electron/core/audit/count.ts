import { EVIDENCE, weakest } from '#shared/evidence.ts';
import type { AuditKey, AuditSummary, Unjudged } from '#shared/model/audit.ts';
import { countFacets } from './facets.ts';
import { findingId, keyFindings, LIMITS } from './findings/key-findings.ts';
import { materialFindings } from './findings/material-findings.ts';
import { quantumFinding } from './findings/quantum.ts';
import { Subjects, subjectName } from './findings/subjects.ts';
import { viaBranchKeys } from './list/audit-snapshot.ts';
import type { Columns } from './list/columns.ts';
import type { AuditSnapshot, Counted, CountInput, FindingDraft, FindingGroup, KeySubject } from './model.ts';
import { judge } from './rules/evaluate-rules.ts';

/** Most keys that a summary names. */
const MOST_KEYS = 200;
/** Most accounts that a summary names. */
const MOST_ACCOUNTS = 5;

/**
 * Counts and judges. Everything about keys is worked out once for each cohort of alike blobs; what is left for each
 * blob is a pass over integers.
 */
export function countAudit(input: CountInput): Counted {
  const { snapshot, evidence, book, rules, now } = input;
  const { columns } = snapshot;
  const finder = new Subjects(evidence, book);
  const subjects = columns.cohorts.map(({ row }) => finder.of(row));
  const { broken, unjudged, explained } =
    rules === null
      ? { broken: [], unjudged: [], explained: [] }
      : judge(rules, columns, evidence, subjects, input.caller, now);
  return {
    input,
    subjects,
    groups: [...snapshot.groups, ...ofKeys(input, subjects), ...broken],
    facets: countFacets(columns, subjects, now),
    explained,
    unjudged:
      input.brokenRules === null
        ? [...unjudged, ...ofBranchKeys(input)]
        : [
            {
              rule: 'all',
              blobs: columns.rows.length,
              why: `the rules file cannot be used: ${input.brokenRules}`,
            },
          ],
    ...countTotals(snapshot, subjects),
    weighed: weigh(subjects),
    practice: practiceElsewhere(input, subjects),
  };
}

/** Findings about keys: one for each code and key. */
function ofKeys(
  { snapshot, caller, rules, now }: CountInput,
  subjects: readonly KeySubject[],
): FindingGroup[] {
  const limits = {
    unusedDays: rules?.unusedDays ?? LIMITS.unusedDays,
    rotationDays: rules?.rotationDays ?? LIMITS.rotationDays,
  };
  const { columns } = snapshot;
  const draft = new Map<KeySubject, readonly FindingDraft[]>();
  const material = materialFindings(columns.cohorts, subjects, caller);
  const groups = new Map<
    string,
    { draft: FindingDraft; subject: KeySubject; cohorts: number[]; various: boolean }
  >();
  columns.cohorts.forEach(({ row }, cohort) => {
    const subject = subjects[cohort];
    if (subject === undefined) return;
    const ofSubject = draft.get(subject) ?? keyFindings(subject, caller, limits, now);
    draft.set(subject, ofSubject);
    const quantum = quantumFinding(row, subject, caller);
    for (const one of [...ofSubject, ...material(subject), ...(quantum === null ? [] : [quantum])]) {
      const at = `${one.code}\0${subject.label ?? ''}`;
      const group = groups.get(at);
      if (group === undefined) groups.set(at, { draft: one, subject, cohorts: [cohort], various: false });
      else {
        if (group.draft.title !== one.title) group.various = true;
        if (group.cohorts.at(-1) !== cohort) group.cohorts.push(cohort);
      }
    }
  });
  return [...groups.values()].map(({ draft: one, subject, cohorts, various }) => ({
    id: findingId(one.code, subject.label ?? ''),
    draft: one,
    keyArn: subject.label,
    violation: false,
    indexes: columns.rowsOf(cohorts),
    bare: [],
    various,
  }));
}

function countTotals(
  { columns, bareFiles }: AuditSnapshot,
  subjects: readonly KeySubject[],
): Pick<Counted, 'totals' | 'keys'> {
  const uses = new Map<string, AuditSummary['keys'][number]>();
  const materials = new Set<string>();
  const named = new Set<string>();
  const accounts = new Set<string>();
  const regions = new Set<string>();
  columns.cohorts.forEach(({ row, size }, cohort) => {
    const subject = subjects[cohort];
    if (subject === undefined) return;
    const { keyFingerprint } = row.identification;
    if (keyFingerprint !== null) {
      materials.add(keyFingerprint);
      if (subject.label !== null) named.add(keyFingerprint);
    }
    if (subject.account !== null) accounts.add(subject.account);
    if (subject.region !== null) regions.add(subject.region);
    if (subject.label === null) return;
    const use = uses.get(subject.id);
    if (use === undefined) uses.set(subject.id, keyUse(subject, size));
    else addUse(use, subject, size);
  });
  return {
    totals: {
      blobs: columns.rows.length,
      files: columns.files.length,
      otherFiles: otherFiles(columns, bareFiles),
      repositories: columns.repositories.filter(({ name }) => name !== null).length,
      materials: materials.size,
      materialsNamed: named.size,
      keys: uses.size,
      accounts: accounts.size,
      regions: regions.size,
    },
    keys: [...uses.values()]
      .sort((a, b) => b.blobs - a.blobs || (a.name < b.name ? -1 : 1))
      .slice(0, MOST_KEYS),
  };
}

/** Blobs that name keys of other accounts while the practice KMS is connected. */
function practiceElsewhere(
  { snapshot, caller }: CountInput,
  subjects: readonly KeySubject[],
): AuditSummary['practice'] {
  if (caller === null || !caller.practice) return null;
  const accounts = new Map<string, number>();
  snapshot.columns.cohorts.forEach(({ size }, cohort) => {
    const account = subjects[cohort]?.account ?? null;
    if (account !== null && account !== caller.account)
      accounts.set(account, (accounts.get(account) ?? 0) + size);
  });
  if (accounts.size === 0) return null;
  const sorted = [...accounts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return {
    account: caller.account,
    blobs: sorted.reduce((sum, [, blobs]) => sum + blobs, 0),
    accounts: sorted.slice(0, MOST_ACCOUNTS).map(([account]) => account),
  };
}

/** How much is known of who may open what is under the keys. */
function weigh(subjects: readonly KeySubject[]): AuditSummary['weighed'] {
  const keys = [...new Map(subjects.flatMap(({ key }) => (key === null ? [] : [[key.arn, key]]))).values()];
  const count = (draft: (key: AuditKey) => boolean): number => keys.filter(draft).length;
  return {
    keys: keys.length,
    policies: count(({ openTo }) => openTo !== null),
    grants: count(({ grantedTo }) => grantedTo !== null),
    iamDecides: count(({ iamDecides }) => iamDecides === true),
  };
}

function keyUse(subject: KeySubject, blobs: number): AuditSummary['keys'][number] {
  const { key, fingerprint, by, label, account } = subject;
  return {
    key,
    name: subjectName(subject),
    fingerprint,
    label,
    account,
    blobs,
    by,
    evidence: [{ by, blobs }],
  };
}

/** Blobs of one key may be known in several ways. */
function addUse(use: AuditSummary['keys'][number], { by }: KeySubject, blobs: number): void {
  use.blobs += blobs;
  use.by = weakest(use.by, by);
  const same = use.evidence.find((each) => each.by === by);
  if (same !== undefined) same.blobs += blobs;
  else {
    use.evidence.push({ by, blobs });
    use.evidence.sort((a, b) => EVIDENCE.indexOf(a.by) - EVIDENCE.indexOf(b.by));
  }
}

/** Files without blobs, of which no blob's file has the name. */
function otherFiles({ files }: Columns, bareFiles: AuditSnapshot['bareFiles']): number {
  const bare = new Set(bareFiles.map(({ file }) => file));
  if (bare.size > 0) for (const file of files) bare.delete(file);
  return bare.size;
}

/** Rules about keys cannot be judged of messages that do not name theirs: that is no pass. */
function ofBranchKeys({ rules, snapshot }: CountInput): Unjudged[] {
  const asked = (['accounts', 'regions', 'keys'] as const).filter((rule) => rules?.[rule] !== undefined);
  const blobs = asked.length === 0 ? 0 : viaBranchKeys(snapshot);
  const why = 'it names a branch key, and the KMS key of that stands in the branch key store alone';
  return blobs === 0 ? [] : asked.map((rule) => ({ rule, blobs, why }));
}
