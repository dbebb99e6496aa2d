import { entryOf, type FindingCode, isFindingCode, SEVERITIES } from '#shared/findings.ts';
import { plural } from '#shared/format.ts';
import type { BlobRow } from '#shared/model/blob.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import { type Audit, needsKms, unanswered } from '../../core/audit/index.ts';
import type { AuditService } from '../audit/index.ts';

/** Which blobs have findings that rules name, as the audit has them. */
interface FindingChoice {
  /** `value`: a code, or a severity that is the highest of the blob's. */
  readonly has: (row: BlobRow, value: string) => boolean;
  /** What could not be said, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * Looks for findings by code or severity. What only KMS can say is asked of it first; throws FaultError `KmsNotAsked`
 * without a connection, and `NoRulesInUse` for what only a rules file can forbid: no blob has it, and that says nothing.
 */
export async function findingChoice(
  service: Pick<AuditService, 'askKeys' | 'audit' | 'rules'>,
  values: readonly string[],
): Promise<FindingChoice> {
  if (values.length === 0) return { has: () => false, notes: [] };
  const codes = values.filter(isFindingCode);
  const ofKms = codes.filter(needsKms);
  if (ofKms.length > 0) await service.askKeys(false, { all: true });
  const { audit } = service;
  if (ofKms.length > 0 && audit.input.caller === null) throw new FaultError(notAsked(ofKms));
  const ofRules = codes.filter((code) => entryOf(code).source === 'rules');
  if (ofRules.length > 0 && audit.input.rules === null) throw new FaultError(noRules(ofRules));
  const chosen = new Map(values.map((value) => [value, rowsWith(audit, value)]));
  return {
    has: (row, value) => chosen.get(value)?.has(row) ?? false,
    notes: notesOf(audit, ofKms),
  };
}

/** Rows that have a code, or of which a severity is the highest. */
function rowsWith({ input, findings }: Audit, value: string): ReadonlySet<BlobRow> {
  const { rows } = input.snapshot.columns;
  const severities: readonly string[] = SEVERITIES;
  const rank = severities.indexOf(value) + 1;
  const marks = new Uint8Array(rows.length);
  for (const { code, severity, indexes } of findings) {
    const mark = rank > 0 ? SEVERITIES.indexOf(severity) + 1 : code === value ? 1 : 0;
    for (let i = 0; mark > 0 && i < indexes.length; i += 1) {
      const index = indexes[i] ?? 0;
      if (mark > (marks[index] ?? 0)) marks[index] = mark;
    }
  }
  const wanted = Math.max(rank, 1);
  return new Set(rows.filter((_, index) => marks[index] === wanted));
}

function notesOf({ input, subjects }: Audit, codes: readonly FindingCode[]): string[] {
  const { cohorts } = input.snapshot.columns;
  return codes.flatMap((code) => {
    const why = new Map<string, number>();
    cohorts.forEach(({ row, size }, cohort) => {
      const subject = subjects[cohort];
      const reason = subject === undefined ? null : unanswered(code, row, subject, input.caller);
      if (reason !== null) why.set(reason, (why.get(reason) ?? 0) + size);
    });
    return [...why].map(
      ([reason, blobs]) => `Not known of ${plural(blobs, 'blob')} whether it has ${code}: ${reason}.`,
    );
  });
}

const notAsked = (codes: readonly FindingCode[]) =>
  fault(
    'KmsNotAsked',
    `Only KMS can say which blobs have ${codes.join(' or ')}, and it was not asked.`,
    'There is no connection.',
    'Connect to KMS (in a shell: --profile, --region or --practice), then choose again.',
  );

const noRules = (codes: readonly FindingCode[]) =>
  fault(
    'NoRulesInUse',
    `Only a rules file can forbid what ${codes.join(' or ')} is about, and none is in use.`,
    '',
    'Use a rules file, or choose by another finding.',
  );
