import { createHash } from 'node:crypto';
import type {
  AuditFacet,
  AuditFinding,
  AuditSummary,
  Facet,
  Suppression,
  Unjudged,
} from '#shared/model/audit.ts';
import type { BlobRow, Finding, Severity } from '#shared/model/blob.ts';
import type { Cluster } from '#shared/model/cluster.ts';
import { countFacets, facetValue } from './facets.ts';
import { judge } from './judge.ts';
import { type Caller, keyFindings, LIMITS, type Told } from './key-findings.ts';
import { materialFindings } from './material-findings.ts';
import { matches, type Rules } from './rules.ts';
import { type KeyBook, type Subject, Subjects, subjectName } from './subjects.ts';
import type { KeptSuppression } from './suppressions.ts';

/** Most keys that a summary names. */
const MOST_KEYS = 200;
const EXAMPLES = 5;
const RANK: Record<Severity, number> = { info: 1, warning: 2, critical: 3 };

/** Everything an audit is made from. The same input gives the same audit. */
export interface AuditInput {
  readonly rows: readonly BlobRow[];
  readonly clusters: readonly Cluster[];
  /** Findings of the inspector for one blob: of its file, of itself, and across blobs. */
  readonly findings: (index: number) => Iterable<Finding>;
  /** Files without any blob that have findings. */
  readonly bareFiles: readonly { readonly file: string; readonly findings: readonly Finding[] }[];
  readonly book: KeyBook;
  readonly caller: Caller | null;
  readonly rules: Rules | null;
  readonly suppressions: ReadonlyMap<string, KeptSuppression>;
  /** Milliseconds. */
  readonly now: number;
  readonly revision: number;
}

/** A finding with the rows it concerns. */
export interface Found extends AuditFinding {
  readonly indexes: readonly number[];
  /** Files without blobs that it concerns. */
  readonly bare: readonly string[];
}

/** The counted list. Made in one pass for each change; questions about it are answered from it. */
export interface Audit {
  readonly input: AuditInput;
  readonly subjects: readonly Subject[];
  readonly findings: readonly Found[];
  readonly summary: Omit<AuditSummary, 'asking' | 'gaps'>;
}

interface Group {
  readonly id: string;
  readonly told: Told;
  readonly keyArn: string | null;
  readonly violation: boolean;
  readonly indexes: number[];
  readonly bare: string[];
  various: boolean;
}

/** Place of a blob for suppressions: the same after its file was read again. */
const memberOf = (file: string, place: string): string =>
  createHash('sha256').update(`${file}\0${place}`).digest('hex').slice(0, 32);

export const findingId = (code: string, about: string): string =>
  `${code}.${createHash('sha256').update(`${code}\0${about}`).digest('hex').slice(0, 16)}`;

/** Counts and judges; linear in the rows. What was counted serves again when only suppressions change. */
export interface Counted {
  readonly input: AuditInput;
  readonly subjects: readonly Subject[];
  readonly groups: ReadonlyMap<string, Group>;
  readonly facets: AuditFacet[];
  readonly unjudged: Unjudged[];
  readonly totals: Totals;
}

export function countAudit(input: AuditInput): Counted {
  const { rows, clusters, book, rules, now } = input;
  const finder = new Subjects(clusters, book);
  const subjects = rows.map((row) => finder.of(row));
  const groups = new Map<string, Group>();
  gatherBlobFindings(input, groups);
  gatherKeyFindings(input, subjects, groups);
  const verdicts = rules === null ? null : judge(rules, rows, subjects, now);
  for (const { index, told, about } of verdicts?.broken ?? []) add(groups, told, about, null, index, true);
  return {
    input,
    subjects,
    groups,
    facets: countFacets(rows, subjects, now),
    unjudged: verdicts?.unjudged ?? [],
    totals: countTotals(input, subjects),
  };
}

/** What was counted, less what is suppressed. */
export function finishAudit(counted: Counted, suppressions: AuditInput['suppressions']): Audit {
  const input = { ...counted.input, suppressions };
  const findings = finish(input, counted.groups);
  return { input, subjects: counted.subjects, findings, summary: summarise(counted, findings) };
}

export const makeAudit = (input: AuditInput): Audit => finishAudit(countAudit(input), input.suppressions);

function add(
  groups: Map<string, Group>,
  told: Told,
  about: string,
  keyArn: string | null,
  index: number,
  violation: boolean,
): void {
  const at = `${told.code}\0${about}`;
  const group = groups.get(at);
  if (group === undefined)
    groups.set(at, {
      id: findingId(told.code, about),
      told,
      keyArn,
      violation,
      indexes: [index],
      bare: [],
      various: false,
    });
  else {
    if (group.told.title !== told.title) group.various = true;
    // A file's finding comes once for each of its blobs, and a blob may have two of one code.
    if (group.indexes.at(-1) !== index) group.indexes.push(index);
  }
}

/** What the inspector says, by code and severity: one finding with all its blobs. */
function gatherBlobFindings({ rows, findings, bareFiles }: AuditInput, groups: Map<string, Group>): void {
  for (let i = 0; i < rows.length; i += 1)
    for (const finding of findings(i)) add(groups, toldOf(finding), finding.severity, null, i, false);
  for (const { file, findings: own } of bareFiles)
    for (const finding of own) {
      const told = toldOf(finding);
      const at = `${told.code}\0${finding.severity}`;
      const group = groups.get(at);
      if (group === undefined)
        groups.set(at, {
          id: findingId(told.code, finding.severity),
          told,
          keyArn: null,
          violation: false,
          indexes: [],
          bare: [file],
          various: false,
        });
      else if (group.bare.at(-1) !== file) group.bare.push(file);
    }
}

function toldOf({ code, severity, title, detail }: Finding): Told {
  return {
    code,
    severity,
    title,
    reason: detail,
    evidence: [],
    remedy: REMEDIES[code] ?? '',
    source: 'files',
  };
}

/** What to do about the inspector's findings whose detail does not end with it. */
const REMEDIES: Readonly<Record<string, string>> = {
  'plaintext-beside-blob':
    'Delete the file or the member, and make the secret anew: it was in clear. Re-encrypting does not help.',
  'plaintext-in-file':
    'Delete the file or the member, and make the secret anew: it was in clear. Re-encrypting does not help.',
  'plaintext-key-beside-blob': 'Delete the key in clear, and make anew what it protected.',
  'possible-plaintext-key':
    'Look at the file; if it is the key in clear, delete it and make anew what it protected.',
  'private-key-in-clear': 'Move the private key to where it belongs, and replace it if others could read it.',
  'readable-by-others': 'Take the permission to read away from others (chmod go-r).',
  'gcm-nonce-reuse': 'Re-encrypt these blobs, and find out where they come from.',
  'duplicate-blob': 'Re-encrypt every copy together.',
  'old-blob': 'Re-encrypt to the same key, to take its present key material, or to a newer key.',
  'sha1-oaep': 'Re-encrypt with RSAES_OAEP_SHA_256.',
  'declared-key-contradicts':
    'Find the key (a dry run for one blob), then re-encrypt in place: labels follow.',
};

function gatherKeyFindings(
  { rows, clusters, caller, rules, now }: AuditInput,
  subjects: readonly Subject[],
  groups: Map<string, Group>,
): void {
  const limits = {
    unusedDays: rules?.unusedDays ?? LIMITS.unusedDays,
    rotationDays: rules?.rotationDays ?? LIMITS.rotationDays,
  };
  const told = new Map<Subject, Told[]>();
  const material = materialFindings(clusters);
  rows.forEach((row, i) => {
    const subject = subjects[i];
    if (subject === undefined) return;
    let own = told.get(subject);
    if (own === undefined) {
      own = keyFindings(subject, caller, limits, now);
      told.set(subject, own);
    }
    for (const one of own) add(groups, one, subject.label ?? '', subject.label, i, false);
    for (const one of material(row, subject)) add(groups, one, subject.label ?? '', subject.label, i, false);
  });
}

function finish({ rows, rules, suppressions, now }: AuditInput, groups: ReadonlyMap<string, Group>): Found[] {
  const found: Found[] = [];
  for (const group of groups.values()) {
    const { id } = group;
    const parts = split(id, group, rows, rules, suppressions, now);
    for (const part of parts) found.push(asFound(id, group, rows, rules, part));
  }
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
  readonly indexes: readonly number[];
  readonly bare: readonly string[];
}

/** A finding's blobs by what suppresses them: new places of a suppressed finding count. */
function split(
  id: string,
  group: Group,
  rows: readonly BlobRow[],
  rules: Rules | null,
  suppressions: ReadonlyMap<string, KeptSuppression>,
  now: number,
): Part[] {
  const inForce = (until: string): boolean => now < Date.parse(until) + 86_400_000;
  const here = suppressions.get(id);
  const kept = here !== undefined && inForce(here.until) ? here : null;
  const ruled = (rules?.suppress ?? []).filter(
    (each) =>
      each.code === group.told.code &&
      inForce(each.until) &&
      (each.key === undefined || (group.keyArn !== null && matches(each.key, group.keyArn))),
  );
  if (kept === null && ruled.length === 0)
    return [{ suppressed: null, indexes: group.indexes, bare: group.bare }];
  const by = new Map<string, { suppressed: Suppression | null; indexes: number[]; bare: string[] }>();
  const put = (file: string, place: string, index: number | null): void => {
    const rule = ruled.find((each) => each.file === undefined || matches(each.file, file));
    const mine =
      kept !== null && (kept.members === null || kept.members.has(memberOf(file, place))) ? kept : null;
    const why: Suppression | null =
      rule !== undefined
        ? { reason: rule.reason, until: rule.until, where: 'rules' }
        : mine === null
          ? null
          : { reason: mine.reason, until: mine.until, where: 'here' };
    const key = why === null ? '' : `${why.where}\n${why.until}\n${why.reason}`;
    const part = by.get(key) ?? { suppressed: why, indexes: [], bare: [] };
    if (index === null) part.bare.push(file);
    else part.indexes.push(index);
    by.set(key, part);
  };
  for (const index of group.indexes) {
    const row = rows[index];
    if (row !== undefined) put(row.file, row.place, index);
  }
  for (const file of group.bare) put(file, '', null);
  return [...by.values()];
}

function asFound(id: string, group: Group, rows: readonly BlobRow[], rules: Rules | null, part: Part): Found {
  const { told, keyArn, various } = group;
  const files = new Set<string>(part.bare);
  const examples: { file: string; place: string }[] = [];
  let reencryptable = 0;
  for (const index of part.indexes) {
    const row = rows[index];
    if (row === undefined) continue;
    files.add(row.file);
    if (row.identification.reencryptable) reencryptable += 1;
    if (examples.length < EXAMPLES) examples.push({ file: row.file, place: row.place });
  }
  for (const file of part.bare) if (examples.length < EXAMPLES) examples.push({ file, place: '' });
  const forbidden =
    rules !== null &&
    (rules.forbid?.includes(told.code) === true ||
      (rules.failOn !== undefined && RANK[told.severity] >= RANK[rules.failOn]));
  return {
    ...told,
    id: part.suppressed === null ? id : `${id}~${part.suppressed.where}`,
    title: various ? `${told.title} And more like it.` : told.title,
    keyArn,
    blobs: part.indexes.length,
    reencryptable,
    files: files.size,
    examples,
    violation: group.violation || forbidden,
    suppressed: part.suppressed,
    indexes: part.indexes,
    bare: part.bare,
  };
}

interface Totals {
  readonly totals: AuditSummary['totals'];
  readonly keys: AuditSummary['keys'];
}

function countTotals({ rows, bareFiles }: AuditInput, subjects: readonly Subject[]): Totals {
  const uses = new Map<string, AuditSummary['keys'][number]>();
  const materials = new Set<string>();
  const accounts = new Set<string>();
  const regions = new Set<string>();
  const files = new Set<string>(bareFiles.map(({ file }) => file));
  rows.forEach((row, i) => {
    const subject = subjects[i];
    if (subject === undefined) return;
    files.add(row.file);
    if (row.identification.keyFingerprint !== null) materials.add(row.identification.keyFingerprint);
    if (subject.account !== null) accounts.add(subject.account);
    if (subject.region !== null) regions.add(subject.region);
    if (subject.label === null) return;
    const use = uses.get(subject.id);
    if (use !== undefined) use.blobs += 1;
    else
      uses.set(subject.id, {
        key: subject.key,
        name: subjectName(subject),
        fingerprint: subject.fingerprint,
        blobs: 1,
        by: subject.by,
      });
  });
  return {
    totals: {
      blobs: rows.length,
      files: files.size,
      materials: materials.size,
      keys: uses.size,
      accounts: accounts.size,
      regions: regions.size,
    },
    keys: [...uses.values()]
      .sort((a, b) => b.blobs - a.blobs || (a.name < b.name ? -1 : 1))
      .slice(0, MOST_KEYS),
  };
}

function summarise(
  { input, facets, unjudged, totals }: Counted,
  findings: readonly Found[],
): Audit['summary'] {
  const open = findings.filter((finding) => finding.suppressed === null);
  const worst = new Uint8Array(input.rows.length);
  for (const { severity, indexes } of open) {
    const rank = RANK[severity];
    for (const index of indexes) if (rank > (worst[index] ?? 0)) worst[index] = rank;
  }
  const severities = [0, 0, 0, 0];
  for (const rank of worst) severities[rank] = (severities[rank] ?? 0) + 1;
  const count = (severity: Severity): number => open.filter((f) => f.severity === severity).length;
  return {
    revision: input.revision,
    totals: totals.totals,
    facets,
    findings: {
      critical: count('critical'),
      warning: count('warning'),
      info: count('info'),
      suppressed: findings.length - open.length,
    },
    severities: {
      none: severities[0] ?? 0,
      info: severities[1] ?? 0,
      warning: severities[2] ?? 0,
      critical: severities[3] ?? 0,
    },
    violations: input.rules === null ? null : open.filter((f) => f.violation).length,
    unjudged,
    keys: totals.keys,
    caller: input.caller?.arn ?? null,
  };
}

/** Rows behind a bar. */
export function facetMembers({ input, subjects }: Audit, facet: Facet, value: string): number[] {
  const found: number[] = [];
  input.rows.forEach((row, i) => {
    const subject = subjects[i];
    if (subject !== undefined && facetValue(facet, row, subject, input.now) === value) found.push(i);
  });
  return found;
}

/** The places that a suppression holds for: null for a finding about a key. */
export function suppressionMembers({ input }: Audit, finding: Found): string[] | null {
  if (finding.keyArn !== null) return null;
  return [
    ...finding.indexes.flatMap((index) => {
      const row = input.rows[index];
      return row === undefined ? [] : [memberOf(row.file, row.place)];
    }),
    ...finding.bare.map((file) => memberOf(file, '')),
  ];
}
