import type { Unjudged } from '#shared/model/audit.ts';
import type { BlobRow } from '#shared/model/blob.ts';
import { declaredDate } from '../clusters/index.ts';
import type { Told } from './key-findings.ts';
import { matches, type Rules } from './rules.ts';
import { isKms, type Subject } from './subjects.ts';

const DAY = 86_400_000;

/** Told of a blob by a rule: broken (with the words to tell), kept, or not to be judged and why. */
type Judged = { readonly broken: Told; readonly about: string } | { readonly why: string } | null;
type Rule = (row: BlobRow, subject: Subject) => Judged;

export interface Verdicts {
  /** Broken rules by blob: `about` tells which ones are one finding. */
  readonly broken: { readonly index: number; readonly told: Told; readonly about: string }[];
  readonly unjudged: Unjudged[];
}

/** Judges each blob by each rule. What the bytes and KMS do not say is not judged, and that is told. */
export function judge(
  rules: Rules,
  rows: readonly BlobRow[],
  subjects: readonly Subject[],
  now: number,
): Verdicts {
  const checks = checksOf(rules, now);
  const broken: Verdicts['broken'] = [];
  const unjudged = new Map<string, Unjudged>();
  rows.forEach((row, index) => {
    const subject = subjects[index];
    if (subject === undefined) return;
    for (const [rule, check] of checks) {
      const said = check(row, subject);
      if (said === null) continue;
      if ('broken' in said) {
        broken.push({ index, told: said.broken, about: said.about });
        continue;
      }
      const id = `${rule}\n${said.why}`;
      const known = unjudged.get(id);
      if (known === undefined) unjudged.set(id, { rule, blobs: 1, why: said.why });
      else known.blobs += 1;
    }
  });
  return { broken, unjudged: [...unjudged.values()] };
}

function violation(code: string, title: string, evidence: string, remedy: string): Told {
  return {
    code,
    severity: 'critical',
    title,
    reason: 'The rules file does not allow it.',
    evidence: [evidence],
    remedy,
    source: 'rules',
  };
}

function checksOf(rules: Rules, now: number): [string, Rule][] {
  const checks: [string, Rule][] = [];
  const { accounts, regions, keys, algorithms, kinds, context, maximumAgeDays } = rules;
  if (accounts !== undefined)
    checks.push([
      'accounts',
      ofKms(({ account }) =>
        account === null
          ? { why: 'it is not known whose key it is' }
          : accounts.includes(account)
            ? null
            : {
                about: account,
                broken: violation(
                  'rule-account',
                  `Account ${account} is not allowed.`,
                  `allowed: ${accounts.join(', ')}`,
                  'Re-encrypt under a key of an allowed account.',
                ),
              },
      ),
    ]);
  if (regions !== undefined)
    checks.push([
      'regions',
      ofKms(({ region }) =>
        region === null
          ? { why: 'the Region of its key is not known' }
          : regions.includes(region)
            ? null
            : {
                about: region,
                broken: violation(
                  'rule-region',
                  `Region ${region} is not allowed.`,
                  `allowed: ${regions.join(', ')}`,
                  'Re-encrypt under a key of an allowed Region.',
                ),
              },
      ),
    ]);
  if (keys !== undefined) checks.push(['keys', ofKms((subject) => allowedKey(keys, subject))]);
  if (algorithms !== undefined) checks.push(['algorithms', (row) => allowedAlgorithm(algorithms, row)]);
  if (kinds !== undefined)
    checks.push([
      'kinds',
      ({ identification: { kind, label } }) =>
        kinds.includes(kind)
          ? null
          : {
              about: kind,
              broken: violation(
                'rule-kind',
                `${label} is not allowed.`,
                `allowed kinds: ${kinds.join(', ')}`,
                'Encrypt it in an allowed way, or take it out.',
              ),
            },
    ]);
  if (context !== undefined) checks.push(['context', (row) => allowedContext(context, row)]);
  if (maximumAgeDays !== undefined) checks.push(['maximumAgeDays', (row) => young(maximumAgeDays, row, now)]);
  return checks;
}

const ofKms =
  (check: (subject: Subject) => Judged): Rule =>
  (row, subject) =>
    isKms(row) || subject.label !== null ? check(subject) : null;

function allowedKey(keys: readonly string[], { key, label }: Subject): Judged {
  if (label === null) return { why: 'its key is not known' };
  const names =
    key === null
      ? [label]
      : [key.arn, key.keyId, ...key.aliases, ...key.aliases.map((a) => aliasArn(key.arn, a))];
  if (keys.some((pattern) => names.some((name) => matches(pattern, name)))) return null;
  // A rule that names an alias cannot be held against a bare key ARN of which KMS told nothing, nor the reverse.
  if (key === null && keys.some((pattern) => pattern.includes('alias/') !== label.includes('alias/')))
    return { why: 'its key is known by a name that cannot be compared with the rule without asking KMS' };
  return {
    about: label,
    broken: violation(
      'rule-key',
      `${key?.aliases[0] ?? label} is not an allowed key.`,
      `allowed: ${keys.join(', ')}`,
      'Re-encrypt under an allowed key.',
    ),
  };
}

const aliasArn = (arn: string, alias: string): string => arn.replace(/:key\/.*$/, `:${alias}`);

function allowedAlgorithm(algorithms: readonly string[], row: BlobRow): Judged {
  const { kind } = row.identification;
  if (!isKms(row)) return null;
  const algorithm = kind === 'kms-asymmetric-candidate' ? row.declared.algorithm : 'SYMMETRIC_DEFAULT';
  if (algorithm === null) return { why: 'asymmetric ciphertext does not say its algorithm' };
  if (algorithms.includes(algorithm)) return null;
  return {
    about: algorithm,
    broken: violation(
      'rule-algorithm',
      `${algorithm} is not an allowed algorithm.`,
      `allowed: ${algorithms.join(', ')}`,
      'Re-encrypt with an allowed algorithm.',
    ),
  };
}

function allowedContext({ required, values }: NonNullable<Rules['context']>, row: BlobRow): Judged {
  if (!isKms(row) || row.identification.kind === 'kms-asymmetric-candidate') return null;
  const { encryptionContext } = row.declared;
  if (encryptionContext === null)
    return { why: 'KMS blobs do not hold their context, and the file around it declares none' };
  const missing = (required ?? []).filter((name) => !Object.hasOwn(encryptionContext, name));
  if (missing.length > 0)
    return {
      about: `missing ${missing.join(' ')}`,
      broken: violation(
        'rule-context',
        `The encryption context lacks ${missing.join(', ')}.`,
        `required: ${(required ?? []).join(', ')}`,
        'Re-encrypt with the required pairs in the destination context, and let the readers send them.',
      ),
    };
  for (const [name, allowed] of Object.entries(values ?? {})) {
    const value = Object.hasOwn(encryptionContext, name) ? encryptionContext[name] : undefined;
    if (value !== undefined && !allowed.includes(value))
      return {
        about: `value of ${name}`,
        broken: violation(
          'rule-context',
          `The encryption context has a value of ${name} that is not allowed.`,
          `allowed for ${name}: ${allowed.join(', ')}`,
          'Re-encrypt with an allowed value, and let the readers send it.',
        ),
      };
  }
  return null;
}

function young(days: number, row: BlobRow, now: number): Judged {
  const date = declaredDate(row.declared.createdAt);
  if (date === null) return { why: 'no date can be read from a blob, and the file around it declares none' };
  if (now - Date.parse(date) <= days * DAY) return null;
  return {
    about: '',
    broken: violation(
      'rule-age',
      `It is older than ${days} days, its container says.`,
      `oldest allowed: ${days} days`,
      'Re-encrypt it to the same key or a newer one.',
    ),
  };
}
