import { coverageWords } from '#shared/audit-words.ts';
import { count, plural } from '#shared/format.ts';
import type { AuditSummary } from '#shared/model/audit.ts';
import type { Coverage } from '#shared/model/coverage.ts';
import { type DeletionGate, GATE_HISTORY_LISTED, type GateKey } from '#shared/model/deletion-gate.ts';
import type { GitHistory, HistoryBlob } from '#shared/model/git-history.ts';
import type { Under } from '../../key-material/index.ts';
import type { Audit, Evidenced } from '../model.ts';
import { deletionImpact } from './deletion.ts';
import { nameGaps } from './name-gaps.ts';
import {
  type AskedKey,
  askedKey,
  type BlobProof,
  isListed,
  provenUnder,
  touchedBy,
} from './touched-blobs.ts';

/** What is between the name of an archive and that of a file in it. */
const INSIDE = ' › ';

interface GateInput {
  /** With evidence that knows the labels of history, too. */
  readonly audit: Audit;
  /** Names of keys that would be deleted together. */
  readonly keys: readonly string[];
  /** Keys that would be deleted and of which no name is known, in words. */
  readonly nameless: readonly string[];
  readonly asked: Pick<AuditSummary, 'coverage' | 'notAsked' | 'gaps'>;
  /** All of its blobs; null where it was not read. */
  readonly history: GitHistory | null;
  /** Whether a row's file stands in an archive. */
  readonly inArchive: (index: number) => boolean;
  /** Key that KMS did not call wrong, though the blob did not open, by fingerprint. */
  readonly likely: ReadonlyMap<string, string>;
  /** What KMS said of blobs that have no key group. */
  readonly proof: BlobProof;
  readonly dryRuns: number;
  /** Key groups, and blobs without one, of which KMS was not asked: the dry runs of one question are bounded. */
  readonly left: number;
}

/** Whether some keys may be deleted, as far as the list, its history and KMS say. Gives a turn after each key. */
export async function deletionGate(input: GateInput, turn: () => Promise<void>): Promise<DeletionGate> {
  const { audit, keys, nameless, asked, history } = input;
  const needs: string[] = [];
  const unanswered = [
    ...coverageGaps(asked.coverage, history),
    ...(input.left > 0
      ? [
          `Not asked about ${plural(input.left, 'key group or blob without one', 'key groups and blobs without one')}: the dry runs of one question are used up (${count(input.dryRuns)}). Ask of fewer paths at a time.`,
        ]
      : []),
    ...nameless.map((resource) => `The plan deletes ${resource}, and does not say which key that is.`),
  ];
  const made: GateKey[] = [];
  for (const name of keys) {
    const others = keys.filter((each) => each !== name);
    const gate = gateOf(input, name, others);
    const of = keys.length > 1 ? `${name}: ` : '';
    needs.push(...gate.needs.map((words) => of + words));
    unanswered.push(...gate.unanswered.map((words) => of + words));
    made.push(gate.key);
    await turn();
  }
  const verdict = needs.length > 0 ? 'needed' : unanswered.length > 0 ? 'unanswered' : 'safe';
  return {
    verdict,
    answer: answerOf(verdict, keys, needs.length > 0 ? needs : unanswered),
    keys: made,
    needs,
    unanswered,
    coverage: [...coverageWords(asked.coverage), ...historyCover(history), ...kmsCover(audit, input)],
    dryRuns: input.dryRuns,
  };
}

function answerOf(
  verdict: DeletionGate['verdict'],
  keys: readonly string[],
  reasons: readonly string[],
): string {
  const [only = ''] = keys;
  const what = keys.length === 1 ? only : `the ${count(keys.length)} keys`;
  switch (verdict) {
    case 'safe':
      return keys.length === 0
        ? 'No KMS key would be deleted.'
        : `Nothing that was read needs ${what}: ${keys.length === 1 ? 'it' : 'they'} may be deleted as far as that goes.`;
    case 'needed':
      return `Do not delete ${what}: ${plural(reasons.length, 'reason')}.`;
    case 'unanswered':
      return `Not answered: whether ${what} may be deleted cannot be said from what was read (${plural(reasons.length, 'reason')}).`;
  }
}

/** What one key needs, and what is open about it. */
function gateOf(
  { audit, history, inArchive, likely, proof }: GateInput,
  name: string,
  together: readonly string[],
): { key: GateKey; needs: string[]; unanswered: string[] } {
  const touched = touchedBy(audit, name, together, proof);
  const impact = deletionImpact(audit, name, touched);
  const needs: string[] = [];
  const unanswered: string[] = [];
  const question = askedKey(audit, name);
  const inHistory = ofHistory(question, history?.blobs ?? [], likely, audit, proof);
  let inArchives = 0;
  let guessed = 0;
  for (const { index, under } of touched.rows) {
    const row = audit.input.snapshot.columns.rows[index];
    if (isListed(under)) inArchives += inArchive(index) ? 1 : 0;
    else if (row !== undefined && isLikely(row, likely, question, audit)) guessed += 1;
  }
  const { lost, otherWay, maybeOtherWay, viaAlias, contradicted, damaged } = impact;
  const whole = damaged - viaAliasAndContradictedDamaged(touched.rows);
  if (lost > 0)
    needs.push(`${plural(lost, 'blob')} would be lost: no other way to open ${them(lost)} is known.`);
  if (maybeOtherWay > 0)
    needs.push(`${plural(maybeOtherWay, 'blob')} under it may open another way, which is not known to work.`);
  if (otherWay > 0)
    needs.push(
      `${plural(otherWay, 'blob')} under it would open another way alone: by other recipients, key groups or replicas.`,
    );
  if (viaAlias > 0) needs.push(`${plural(viaAlias, 'blob')} ${are(viaAlias)} named by an alias of it.`);
  if (contradicted > 0)
    needs.push(
      `${plural(contradicted, 'blob')} ${are(contradicted)} under it by one of several labels that contradict.`,
    );
  if (whole > 0)
    needs.push(
      `${plural(whole, 'damaged blob')} under it: no key opens ${them(whole)} as ${whole === 1 ? 'it is' : 'they are'}.`,
    );
  if (guessed > 0)
    needs.push(
      `${plural(guessed, 'blob')} of unnamed key groups ${are(guessed)} most likely under it: KMS did not call the key wrong, and the encryption context did not fit.`,
    );
  if (inHistory.under > 0)
    needs.push(
      `${plural(inHistory.under, 'blob')} in git history ${are(inHistory.under)} under it; a branch or tag still has ${count(inHistory.held)} of them in a file.`,
    );
  const references = touched.references.length;
  if (references > 0)
    needs.push(
      `${plural(references, 'place')} in configuration ${references === 1 ? 'refers' : 'refer'} to it, and would go on using it.`,
    );
  const possible = impact.possible - guessed;
  if (possible > 0)
    unanswered.push(
      `${plural(possible, 'blob')} may be under it: ${possible === 1 ? 'its key group is' : 'their key groups are'} not identified${audit.input.caller === null ? ', and KMS was not asked (--profile, --region)' : ''}.`,
    );
  if (inHistory.possible > 0)
    unanswered.push(
      `${plural(inHistory.possible, 'blob')} in git history may be under it: ${inHistory.possible === 1 ? 'its key group is' : 'their key groups are'} not identified.`,
    );
  unanswered.push(...nameGaps(question, audit));
  return { key: { impact, inArchives, history: inHistory }, needs, unanswered };
}

const them = (n: number): string => (n === 1 ? 'it' : 'them');
const are = (n: number): string => (n === 1 ? 'is' : 'are');

/** Damaged ones that are counted with an alias or a contradiction already. */
const viaAliasAndContradictedDamaged = (
  rows: readonly { readonly under: Under; readonly damaged: boolean }[],
): number =>
  rows.filter(({ under, damaged }) => damaged && (under === 'alias' || under === 'contradicted')).length;

function isLikely(
  { identification: { keyFingerprint } }: Evidenced,
  likely: ReadonlyMap<string, string>,
  { name }: AskedKey,
  { input }: Audit,
): boolean {
  const key = keyFingerprint === null ? undefined : likely.get(keyFingerprint);
  return key !== undefined && input.evidence.names.same(key, name) === 'same';
}

/** What evidence is read from, of a blob of history. */
export const evidencedHistory = (blob: HistoryBlob): Evidenced => ({
  sizeBytes: blob.sizeBytes,
  declared: { keyArn: blob.declaredKey, encryptionContext: null, createdAt: null, algorithm: null },
  identification: {
    kind: blob.kind,
    label: blob.label,
    layout: null,
    keyFingerprint: blob.fingerprint,
    plaintextBytes: null,
    gcmNonce: null,
    producedBy: null,
    reencryptable: false,
    reason: null,
  },
});

function ofHistory(
  question: AskedKey,
  blobs: readonly HistoryBlob[],
  likely: ReadonlyMap<string, string>,
  audit: Audit,
  proof: BlobProof,
): GateKey['history'] {
  const known = new Map<string, Under | null>();
  const listed: HistoryBlob[] = [];
  let under = 0;
  let held = 0;
  let possible = 0;
  for (const blob of blobs) {
    const at = `${blob.fingerprint} ${blob.declaredKey} ${blob.kind} ${blob.sizeBytes}`;
    let how = known.get(at);
    if (how === undefined) {
      const row = evidencedHistory(blob);
      how = question.under(row);
      if (how !== null && isLikely(row, likely, question, audit)) how = 'confirmed';
      known.set(at, how);
    }
    how = provenUnder(how, proof, blob.sha256, question.name);
    if (how === null) continue;
    if (!isListed(how)) {
      possible += 1;
      continue;
    }
    under += 1;
    if (blob.heldBy > 0) held += 1;
    listed.push(blob);
  }
  const first = [
    ...listed.filter(({ heldBy }) => heldBy > 0),
    ...listed.filter(({ heldBy }) => heldBy === 0),
  ];
  return { under, held, possible, blobs: first.slice(0, GATE_HISTORY_LISTED) };
}

/** Whether all data of git repositories that was met lies where git history is read, which archives do not. */
export const isInHistory = ({ count: n, examples }: Coverage['skipped'][number]): boolean =>
  examples.length === n && !examples.some((one) => one.includes(INSIDE));

/** What was not looked at, and might hold blobs. */
function coverageGaps(coverage: Coverage, history: GitHistory | null): string[] {
  const { files, pasted, skipped, removed, reading } = coverage;
  const gaps: string[] = [];
  if (reading) gaps.push('Reading goes on.');
  if (files.read + pasted === 0) gaps.push('No file was read.');
  for (const one of skipped) {
    const { code, what, count: n, examples } = one;
    // What a link leads to was read, or is a reason of its own.
    if (code === 'link-inside') continue;
    if (code === 'git' && history !== null && isInHistory(one)) continue;
    const [first = ''] = examples;
    gaps.push(
      `${count(n)} not read: ${what.charAt(0).toLowerCase()}${what.slice(1)} (${first}${n > 1 ? ', …' : ''}).`,
    );
  }
  if (removed > 0)
    gaps.push(`${plural(removed, 'file')} ${removed === 1 ? 'was' : 'were'} taken out of the list.`);
  for (const { repository, failed, limits } of history?.repositories ?? []) {
    if (failed !== null) gaps.push(`The history of ${repository} was not read: ${failed}`);
    gaps.push(...limits.map((limit) => `History of ${repository}: ${limit}`));
  }
  return gaps;
}

function historyCover(history: GitHistory | null): string[] {
  if (history === null) return ['Git history was not read.'];
  const { repositories } = history;
  if (repositories.length === 0) return ['No git repository was met.'];
  const read = repositories.filter(({ failed }) => failed === null);
  const sum = (of: (one: (typeof repositories)[number]) => number): number =>
    read.reduce((total, one) => total + of(one), 0);
  return [
    `Git history of ${plural(read.length, 'repository', 'repositories')} read: ${plural(
      sum(({ commits }) => commits),
      'commit',
    )}, ${plural(
      sum(({ contents }) => contents),
      'file content',
    )}.`,
    ...repositories.flatMap(({ repository, notes }) =>
      notes.map((note) => `History of ${repository}: ${note}`),
    ),
  ];
}

function kmsCover({ input: { caller } }: Audit, { asked: { notAsked, gaps }, dryRuns }: GateInput): string[] {
  if (caller === null) return ['Not asked: KMS, as no connection was named.'];
  return [
    `KMS was asked on ${caller.connection}; ${plural(dryRuns, 'dry run')} to identify key groups.`,
    ...(notAsked.keys > 0
      ? [`Not asked: ${plural(notAsked.keys, 'key')} that ${plural(notAsked.blobs, 'blob')} name.`]
      : []),
    ...notAsked.elsewhere.map(
      ({ region, keys, blobs }) =>
        `Not asked: ${plural(keys, 'key')} with ${plural(blobs, 'blob')}, ${region === null ? 'by names that KMS does not take' : `in ${region}`}.`,
    ),
    ...gaps.map((gap) => `KMS did not answer: ${gap}`),
  ];
}
