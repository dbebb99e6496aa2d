import { finding } from '#shared/finding.ts';
import type { ExplainedRule, Unjudged } from '#shared/model/audit.ts';
import type { BlobRow } from '#shared/model/blob.ts';
import { type EvidenceModel, isKms, type KeyEvidence } from '../../key-material/index.ts';
import { draftOf, findingId } from '../findings/key-findings.ts';
import { NOT_CONNECTED, needsKms, unanswered } from '../findings/unanswered.ts';
import type { Columns } from '../list/columns.ts';
import type { FindingDraft, FindingGroup, KeySubject, KmsCaller } from '../model.ts';
import { ofKms, placeIn, type RowRule, type RuleVerdict } from './judged.ts';
import { matchKey } from './key-rules.ts';
import { periodChecks } from './period-rules.ts';
import type { AuditRules } from './rules.ts';

const DAY = 86_400_000;

interface Verdicts {
  readonly broken: readonly FindingGroup[];
  readonly unjudged: Unjudged[];
  /** Every rule with each reason, and for how many blobs it is the one. */
  readonly explained: ExplainedRule[];
}

/** Judges each blob by each rule. What the bytes and KMS do not say is not judged, and listed as such. */
export function judge(
  rules: AuditRules,
  columns: Columns,
  evidence: EvidenceModel,
  subjects: readonly KeySubject[],
  caller: KmsCaller | null,
  now: number,
): Verdicts {
  const verdicts = new Collected(columns);
  for (const [rule, check] of kmsChecks(rules, caller))
    columns.cohorts.forEach(({ row }, cohort) => {
      const subject = subjects[cohort];
      if (subject !== undefined) verdicts.ofCohort(rule, check(row, subject), cohort);
    });
  for (const [rule, check] of [...keyChecks(rules, evidence), ...periodChecks(rules, evidence, now)])
    columns.cohorts.forEach(({ row }, cohort) => {
      const subject = subjects[cohort];
      if (subject !== undefined) verdicts.ofCohort(rule, check(row, subject), cohort);
    });
  const { context, maximumAgeDays } = rules;
  if (context !== undefined) {
    const { codes, values } = columns.contexts;
    const judged = values.map((row) => allowedContext(context, row));
    const bound = columns.cohorts.map(
      ({ row, kms }) => kms && row.identification.kind !== 'kms-asymmetric-candidate',
    );
    verdicts.ofRows('context', codes, judged, (i) => bound[columns.cohort[i] ?? -1] === true);
  }
  if (maximumAgeDays !== undefined) {
    const judged = columns.dates.map(({ at }) => young(maximumAgeDays, at, now));
    verdicts.ofRows('maximumAgeDays', columns.date, judged, () => true);
  }
  return verdicts.all();
}

interface Broken {
  readonly draft: FindingDraft;
  readonly about: string;
  readonly cohorts: number[];
  readonly rows: number[];
  various: boolean;
}

/** Verdicts as they come, joined into findings. */
class Collected {
  readonly #columns: Columns;
  readonly #broken = new Map<string, Broken>();
  readonly #unjudged = new Map<string, Unjudged>();
  readonly #explained = new Map<string, ExplainedRule>();

  constructor(columns: Columns) {
    this.#columns = columns;
  }

  ofCohort(rule: string, judged: RuleVerdict, cohort: number): void {
    if (judged === null) return;
    const size = this.#columns.cohorts[cohort]?.size ?? 0;
    this.#explain(rule, judged, size);
    if ('broken' in judged) this.#brokenBy(judged).cohorts.push(cohort);
    else if ('why' in judged) this.#notJudged(rule, judged.why, size);
  }

  /** `judged[codes[i]]` is the verdict of row `i`, where it concerns the rule at all. */
  ofRows(
    rule: string,
    codes: Int32Array,
    judged: readonly RuleVerdict[],
    concerns: (i: number) => boolean,
  ): void {
    const counts = new Int32Array(judged.length);
    const rows = judged.map((one) => (one !== null && 'broken' in one ? this.#brokenBy(one).rows : null));
    for (let i = 0; i < codes.length; i += 1) {
      const code = codes[i] ?? 0;
      if (!concerns(i)) continue;
      counts[code] = (counts[code] ?? 0) + 1;
      rows[code]?.push(i);
    }
    judged.forEach((one, code) => {
      const blobs = counts[code] ?? 0;
      if (one === null || blobs === 0) return;
      this.#explain(rule, one, blobs);
      if ('why' in one) this.#notJudged(rule, one.why, blobs);
    });
  }

  all(): Verdicts {
    return {
      broken: [...this.#broken.values()].flatMap(({ draft, about, cohorts, rows, various }) => {
        const indexes = cohorts.length > 0 ? this.#columns.rowsOf(cohorts) : rows;
        const id = findingId(draft.code, about);
        return indexes.length === 0
          ? []
          : [{ id, draft, keyArn: null, violation: true, indexes, bare: [], various }];
      }),
      unjudged: [...this.#unjudged.values()],
      explained: [...this.#explained.values()],
    };
  }

  #explain(rule: string, judged: NonNullable<RuleVerdict>, blobs: number): void {
    const verdict = 'broken' in judged ? 'broken' : 'holds' in judged ? 'holds' : 'not judged';
    const why =
      'broken' in judged
        ? [judged.broken.title, ...judged.broken.evidence].join(' ')
        : 'holds' in judged
          ? judged.holds
          : judged.why;
    const at = `${rule}\n${verdict}\n${why}`;
    const known = this.#explained.get(at) ?? { rule, verdict, why, blobs: 0 };
    known.blobs += blobs;
    this.#explained.set(at, known);
  }

  #brokenBy({ broken, about }: { readonly broken: FindingDraft; readonly about: string }): Broken {
    const at = `${broken.code}\0${about}`;
    const known = this.#broken.get(at) ?? { draft: broken, about, cohorts: [], rows: [], various: false };
    if (known.draft.title !== broken.title) known.various = true;
    this.#broken.set(at, known);
    return known;
  }

  #notJudged(rule: string, why: string, blobs: number): void {
    const at = `${rule}\n${why}`;
    const known = this.#unjudged.get(at) ?? { rule, blobs: 0, why };
    known.blobs += blobs;
    this.#unjudged.set(at, known);
  }
}

/** Findings that are forbidden and that only KMS can show: a gate must not pass for want of asking. */
function kmsChecks({ forbid, failOn }: AuditRules, caller: KmsCaller | null): [string, RowRule][] {
  const checks = (forbid ?? []).filter(needsKms).map((code): [string, RowRule] => [
    `forbid ${code}`,
    (row, subject) => {
      const why = unanswered(code, row, subject, caller);
      return why === null ? null : { why };
    },
  ]);
  if (failOn !== undefined && caller === null)
    checks.push([
      FAIL_ON,
      (row, { label }) => (isKms(row) || label !== null ? { why: NOT_CONNECTED } : null),
    ]);
  return checks;
}

/** The rule about the severity of what was found. */
export const FAIL_ON = 'failOn';

/** Rules about the key and the kind: what they say of one blob they say of its cohort. */
function keyChecks(rules: AuditRules, evidence: EvidenceModel): [string, RowRule][] {
  const checks: [string, RowRule][] = [];
  const { accounts, regions, keys, algorithms, kinds } = rules;
  if (accounts !== undefined)
    checks.push([
      'accounts',
      ofKms((subject, row) => {
        const account = placeIn(subject, evidence.of(row), 'account');
        return account === null
          ? { why: 'the account of its key is not known' }
          : accounts.includes(account)
            ? { holds: `account ${account} is allowed` }
            : {
                about: account,
                broken: draftOf(
                  finding('rule-account', {
                    evidence: [`allowed: ${accounts.join(', ')}`],
                    values: { account },
                  }),
                ),
              };
      }),
    ]);
  if (regions !== undefined)
    checks.push([
      'regions',
      ofKms((subject, row) => {
        const region = placeIn(subject, evidence.of(row), 'region');
        return region === null
          ? { why: 'the Region of its key is not known' }
          : regions.includes(region)
            ? { holds: `Region ${region} is allowed` }
            : {
                about: region,
                broken: draftOf(
                  finding('rule-region', {
                    evidence: [`allowed: ${regions.join(', ')}`],
                    values: { region },
                  }),
                ),
              };
      }),
    ]);
  if (keys !== undefined)
    checks.push(['keys', ofKms((subject, row) => allowedKey(keys, subject, evidence.of(row), evidence))]);
  if (algorithms !== undefined) checks.push(['algorithms', (row) => allowedAlgorithm(algorithms, row)]);
  if (kinds !== undefined)
    checks.push([
      'kinds',
      ({ identification: { kind, label } }) =>
        kinds.includes(kind)
          ? { holds: `kind ${kind} is allowed` }
          : {
              about: kind,
              broken: draftOf(
                finding('rule-kind', {
                  evidence: [`allowed kinds: ${kinds.join(', ')}`],
                  values: { kind: label },
                }),
              ),
            },
    ]);
  return checks;
}

function allowedKey(
  keys: readonly string[],
  { label, key }: KeySubject,
  evidence: KeyEvidence,
  all: EvidenceModel,
): RuleVerdict {
  if (evidence.by === 'unknown' || evidence.by === 'grouped') return { why: 'its key is not known' };
  const matches = keys.map((pattern) => matchKey(all, evidence, pattern));
  const matched = new Set(matches);
  if (matched.has('yes'))
    return { holds: `${key?.aliases[0] ?? label ?? 'its key'} matches ${keys[matches.indexOf('yes')]}` };
  const allowed = `allowed: ${keys.join(', ')}`;
  if (evidence.by === 'contradicted' && (label === null || matched.has('contradicted')))
    return {
      about: `contradicted ${evidence.fingerprint ?? label}`,
      broken: draftOf(
        finding('rule-key-contradicted', { evidence: [evidence.reason ?? `Label ${label}.`, allowed] }),
      ),
    };
  if (matched.has('maybe'))
    return {
      why: evidence.viaAlias
        ? 'an alias names its key, and may have named another one when it was made: only KMS can say (Find key…)'
        : 'its key is known by a name that cannot be compared with the rule without asking KMS',
    };
  return {
    about: label ?? '',
    broken: draftOf(
      finding('rule-key', { evidence: [allowed], values: { key: key?.aliases[0] ?? label ?? '' } }),
    ),
  };
}

function allowedAlgorithm(algorithms: readonly string[], row: BlobRow): RuleVerdict {
  const { kind } = row.identification;
  if (!isKms(row)) return null;
  const algorithm = kind === 'kms-asymmetric-candidate' ? row.declared.algorithm : 'SYMMETRIC_DEFAULT';
  if (algorithm === null) return { why: 'asymmetric ciphertext does not say its algorithm' };
  if (algorithms.includes(algorithm)) return { holds: `${algorithm} is allowed` };
  return {
    about: algorithm,
    broken: draftOf(
      finding('rule-algorithm', {
        evidence: [`allowed: ${algorithms.join(', ')}`],
        values: { algorithm },
      }),
    ),
  };
}

/** `row`: one that has the declared context in question; null where none is declared. */
function allowedContext(
  { required, values }: NonNullable<AuditRules['context']>,
  row: BlobRow | null,
): RuleVerdict {
  const encryptionContext = row?.declared.encryptionContext ?? null;
  if (encryptionContext === null)
    return { why: 'KMS blobs do not hold their context, and the file around it declares none' };
  const missing = (required ?? []).filter((name) => !Object.hasOwn(encryptionContext, name));
  if (missing.length > 0)
    return {
      about: `missing ${missing.join(' ')}`,
      broken: draftOf(
        finding('rule-context', {
          evidence: [`required: ${(required ?? []).join(', ')}`],
          values: {
            what: `lacks ${missing.join(', ')}`,
            remedy:
              'Re-encrypt with the required pairs in the destination context, and let the readers send them.',
          },
        }),
      ),
    };
  for (const [name, allowed] of Object.entries(values ?? {})) {
    const value = Object.hasOwn(encryptionContext, name) ? encryptionContext[name] : undefined;
    if (value !== undefined && !allowed.includes(value))
      return {
        about: `value of ${name}`,
        broken: draftOf(
          finding('rule-context', {
            evidence: [`allowed for ${name}: ${allowed.join(', ')}`],
            values: {
              what: `has a value of ${name} that is not allowed`,
              remedy: 'Re-encrypt with an allowed value, and let the readers send it.',
            },
          }),
        ),
      };
  }
  return { holds: 'its declared context has the required pairs, and allowed values' };
}

/** `at`: the declared date, milliseconds. */
function young(days: number, at: number | null, now: number): RuleVerdict {
  if (at === null) return { why: 'no date can be read from a blob, and the file around it declares none' };
  if (now - at <= days * DAY) return { holds: `its container declares a date within ${days} days` };
  return {
    about: '',
    broken: draftOf(finding('rule-age', { evidence: [`oldest allowed: ${days} days`], values: { days } })),
  };
}
