import { entryOf } from '#shared/findings.ts';
import type { AuditSummary, Suppression } from '#shared/model/audit.ts';
import type { Severity } from '#shared/model/blob.ts';
import { type Columns, memberOf } from './list/columns.ts';
import type { Counted, CountInput, FindingGroup, FoundFinding } from './model.ts';
import { matchesName, matchKey } from './rules/key-rules.ts';
import { matches } from './rules/rules.ts';
import type { KeptSuppression } from './rules/suppressions.ts';

const EXAMPLES = 5;
const DAY = 86_400_000;
const RANK: Record<Severity, number> = { info: 1, warning: 2, critical: 3 };

/** Findings by id, and the blobs that each is not counted for. */
export type Silenced = ReadonlyMap<string, KeptSuppression>;

/** Groups as findings, less what is suppressed; those that count most come first. */
export function finishFindings({ input, groups }: Counted, silenced: Silenced): FoundFinding[] {
  const found: FoundFinding[] = [];
  for (const group of groups)
    for (const part of split(group, input, silenced)) found.push(asFound(group, input, part));
  return found.sort(
    (a, b) =>
      Number(a.suppressed !== null) - Number(b.suppressed !== null) ||
      Number(b.violation) - Number(a.violation) ||
      RANK[b.severity] - RANK[a.severity] ||
      b.blobs - a.blobs ||
      (a.code < b.code ? -1 : a.code > b.code ? 1 : a.id < b.id ? -1 : 1),
  );
}

interface Part {
  readonly suppressed: Suppression | null;
  readonly indexes: ArrayLike<number>;
  readonly bare: readonly string[];
}

interface Open extends Part {
  readonly indexes: number[];
  readonly bare: string[];
}

/** A finding's blobs by what suppresses them: new places of a suppressed finding count. */
function split(
  group: FindingGroup,
  { snapshot, evidence, rules, now }: CountInput,
  silenced: Silenced,
): Part[] {
  const { columns } = snapshot;
  const underKey = keyMatcher(columns, evidence);
  const inForce = (until: string): boolean => now < Date.parse(until) + DAY;
  const here = silenced.get(group.id);
  const kept = here !== undefined && inForce(here.until) ? here : null;
  const { keyArn } = group;
  const ruled = (rules?.suppress ?? []).filter(
    ({ code, until, key }) =>
      code === group.draft.code &&
      inForce(until) &&
      (key === undefined || keyArn === null || matchesName(evidence.names, keyArn, key)),
  );
  if (kept === null && ruled.length === 0)
    return [{ suppressed: null, indexes: group.indexes, bare: group.bare }];
  const parts = new Map<object, Open>();
  const part = (why: object, suppressed: Suppression | null): Open => {
    const known = parts.get(why) ?? { suppressed, indexes: [], bare: [] };
    parts.set(why, known);
    return known;
  };
  const members = kept?.members ?? null;
  /** `index`: of the blob; -1 for a file without one. */
  const partOf = (file: string, index: number, member: () => string): Open => {
    const rule = ruled.find(
      (each) =>
        (each.file === undefined || matches(each.file, file)) &&
        // What is about blobs is suppressed for those of the key; a file without a blob has none.
        (each.key === undefined || keyArn !== null || underKey(index, each.key)),
    );
    if (rule !== undefined) return part(rule, { reason: rule.reason, until: rule.until, where: 'rules' });
    if (kept === null) return part(group, null);
    if (members !== null && !members.has(member())) return part(group, null);
    return part(kept, { reason: kept.reason, until: kept.until, where: 'here' });
  };
  for (let i = 0; i < group.indexes.length; i += 1) {
    const index = group.indexes[i] ?? 0;
    partOf(columns.rows[index]?.file ?? '', index, () => columns.member(index)).indexes.push(index);
  }
  for (const file of group.bare) partOf(file, -1, () => memberOf(file, '')).bare.push(file);
  return [...parts.values()];
}

/** Whether a blob is surely under a key that a pattern names; worked out once for each cohort and pattern. */
function keyMatcher(
  columns: Columns,
  evidence: CountInput['evidence'],
): (index: number, key: string) => boolean {
  const known = new Map<string, boolean[]>();
  return (index, key) => {
    const cohort = columns.cohort[index] ?? -1;
    const row = columns.cohorts[cohort]?.row;
    if (row === undefined) return false;
    const ofKey = known.get(key) ?? [];
    known.set(key, ofKey);
    ofKey[cohort] ??= matchKey(evidence, evidence.of(row), key) === 'yes';
    return ofKey[cohort] ?? false;
  };
}

function asFound(
  group: FindingGroup,
  { snapshot, rules }: CountInput,
  { suppressed, indexes, bare }: Part,
): FoundFinding {
  const { id, draft, keyArn, various } = group;
  const { rows } = snapshot.columns;
  const examples: { file: string; place: string }[] = [];
  for (let i = 0; i < indexes.length && i < EXAMPLES; i += 1) {
    const row = rows[indexes[i] ?? -1];
    if (row !== undefined) examples.push({ file: row.file, place: row.place });
  }
  for (const file of bare.slice(0, EXAMPLES - examples.length)) examples.push({ file, place: '' });
  const reached = reach(snapshot.columns, indexes, bare);
  const forbidden =
    rules !== null &&
    (rules.forbid?.includes(draft.code) === true ||
      (rules.failOn !== undefined && RANK[draft.severity] >= RANK[rules.failOn]));
  return {
    ...draft,
    id: suppressed === null ? id : `${id}~${suppressed.where}`,
    title: various ? `${draft.title} And more like it.` : draft.title,
    keyArn,
    blobs: indexes.length,
    ...reached,
    reencryptable: entryOf(draft.code).notByReencrypting === true ? 0 : reached.reencryptable,
    examples,
    // What is suppressed breaks no gate.
    violation: suppressed === null && (group.violation || forbidden),
    suppressed,
    indexes,
    bare,
  };
}

/** In how many files rows and files without blobs are, and how many of the rows can be re-encrypted. */
function reach(
  { file, files, reencryptable }: Columns,
  indexes: ArrayLike<number>,
  bare: readonly string[],
): { files: number; reencryptable: number } {
  const seen = new Uint8Array(files.length);
  let inFiles = 0;
  let offered = 0;
  for (let i = 0; i < indexes.length; i += 1) {
    const index = indexes[i] ?? 0;
    const at = file[index] ?? 0;
    if (seen[at] === 0) {
      seen[at] = 1;
      inFiles += 1;
    }
    offered += reencryptable[index] ?? 0;
  }
  return { files: inFiles + bare.length, reencryptable: offered };
}

/** The figures over all findings that count. */
export function severities(
  { snapshot }: CountInput,
  findings: readonly FoundFinding[],
): Pick<AuditSummary, 'findings' | 'severities'> {
  const open = findings.filter((finding) => finding.suppressed === null);
  const worst = new Uint8Array(snapshot.columns.rows.length);
  for (const { severity, indexes } of open) {
    const rank = RANK[severity];
    for (let i = 0; i < indexes.length; i += 1) {
      const index = indexes[i] ?? 0;
      if (rank > (worst[index] ?? 0)) worst[index] = rank;
    }
  }
  const blobs = [0, 0, 0, 0];
  for (const rank of worst) blobs[rank] = (blobs[rank] ?? 0) + 1;
  const count = (severity: Severity): number => open.filter((f) => f.severity === severity).length;
  return {
    findings: {
      critical: count('critical'),
      warning: count('warning'),
      info: count('info'),
      suppressed: findings.length - open.length,
    },
    severities: {
      none: blobs[0] ?? 0,
      info: blobs[RANK.info] ?? 0,
      warning: blobs[RANK.warning] ?? 0,
      critical: blobs[RANK.critical] ?? 0,
    },
  };
}
