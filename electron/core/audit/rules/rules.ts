import { parseDocument } from 'yaml';
import { z } from 'zod';
import { unknownCode } from '#shared/finding.ts';
import { FINDING_CODES } from '#shared/findings.ts';
import { ENCRYPTION_ALGORITHMS } from '#shared/kms/facts.ts';
import { BlobKind, SeveritySchema } from '#shared/model/blob.ts';
import { FaultError, fault } from '#shared/model/fault.ts';

const accounts = z.array(z.string().regex(/^\d{12}$/, 'an account is twelve digits; quote it')).min(1);
const pattern = z.string().min(1).max(2048);

/** A code of the list of findings: a misspelt one would forbid, or suppress, nothing. */
const Code = z.enum(FINDING_CODES, {
  error: ({ input }) => (typeof input === 'string' ? (unknownCode(input) ?? undefined) : undefined),
});

/** What a rules file may say. Every member but `version` may be left out; an unknown one is refused, lest a typing error pass everything. */
export const AuditRules = z.strictObject({
  version: z.literal(1),
  /** Accounts of the keys that may protect blobs. */
  accounts: accounts.optional(),
  /** Regions of the keys that may protect blobs. */
  regions: z.array(z.string().min(1)).min(1).optional(),
  /** Keys that may protect blobs: ARN, key id, alias or alias ARN; `*` stands for any run of characters. */
  keys: z.array(pattern).min(1).optional(),
  /** Algorithms that blobs may be encrypted with. */
  algorithms: z.array(z.enum(ENCRYPTION_ALGORITHMS)).min(1).optional(),
  /** Kinds of ciphertext that may be there at all. */
  kinds: z.array(BlobKind).min(1).optional(),
  context: z
    .strictObject({
      /** Pairs that the encryption context of each symmetric blob must have. */
      required: z.array(z.string().min(1)).min(1).optional(),
      /** Values that a pair may have. */
      values: z.record(z.string(), z.array(z.string()).min(1)).optional(),
    })
    .optional(),
  /** Age that a blob may have by the date its container declares, days. */
  maximumAgeDays: z.int().min(1).optional(),
  /** Days after which an unused key is reported (90 by default). */
  unusedDays: z.int().min(1).optional(),
  /** Days within which a key without automatic rotation must have been rotated (365 by default). */
  rotationDays: z.int().min(1).optional(),
  /**
   * Days that the key material that encrypts may be in use, by type of key in the words of NIST SP 800-57: symmetric KMS
   * keys (key-wrapping keys), RSA and SM2 keys (private key-transport keys).
   */
  cryptoperiods: z
    .strictObject({
      symmetricKeyWrapping: z.int().min(1).optional(),
      privateKeyTransport: z.int().min(1).optional(),
    })
    .optional(),
  /** Ways in which the key of each blob may be known: by KMS, a person, the file, blobs of the same key material, an alias alone. */
  evidence: z
    .array(z.enum(['kms', 'person', 'declared', 'inferred', 'alias']))
    .min(1)
    .optional(),
  /** What must be left by a day, its end (UTC): from then on each blob still there breaks the rule. */
  campaigns: z
    .array(
      z
        .strictObject({
          name: z.string().min(1).max(200),
          leaveKey: pattern.optional(),
          leaveAccount: z
            .string()
            .regex(/^\d{12}$/, 'an account is twelve digits; quote it')
            .optional(),
          deadline: z.iso.date(),
        })
        .refine(
          ({ leaveKey, leaveAccount }) => leaveKey !== undefined || leaveAccount !== undefined,
          'name what to leave: leaveKey or leaveAccount',
        ),
    )
    .min(1)
    .optional(),
  /** Codes of findings that count as violations: `key-disabled`, `plaintext-beside-blob`, … */
  forbid: z.array(Code).min(1).optional(),
  /** Every finding at least as severe counts as a violation. */
  failOn: SeveritySchema.optional(),
  /** Findings that do not count until a date, with the reason. */
  suppress: z
    .array(
      z.strictObject({
        code: Code,
        /** Only for files with a name that matches; `*` stands for any run of characters. */
        file: pattern.optional(),
        /** Only for the key with an ARN that matches. */
        key: pattern.optional(),
        reason: z.string().min(1).max(2000),
        until: z.iso.date(),
      }),
    )
    .optional(),
});
export type AuditRules = z.infer<typeof AuditRules>;

/** The schema of a rules file for editors and other tools (JSON Schema, draft 2020-12). */
export const rulesSchema = (): object => z.toJSONSchema(AuditRules, { io: 'input' });

/** Reads a rules file, YAML or JSON. Throws FaultError `BadRules` that names each mistake and its place. */
export function readRules(text: string): AuditRules {
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error !== undefined) throw bad(error.message.split('\n')[0] ?? 'It is no YAML and no JSON.');
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (problem) {
    throw bad(problem instanceof Error ? problem.message : 'It cannot be read.');
  }
  const parsed = AuditRules.safeParse(value);
  if (parsed.success) return parsed.data;
  throw bad(parsed.error.issues.map(mistake).join('; '));
}

/** A mistake in the words of the file: where it is, and what was expected there. */
function mistake(issue: z.core.$ZodIssue): string {
  const at = issue.path.map(String).join('.');
  const where = at === '' ? '' : `${at}: `;
  if (issue.code === 'unrecognized_keys')
    return `${where}there is no rule called ${issue.keys.map((name) => JSON.stringify(name)).join(', ')}`;
  return `${where}${issue.message.replace(/^Invalid input: /, '')}`;
}

function bad(detail: string): FaultError {
  return new FaultError(
    fault(
      'BadRules',
      'The rules file is not of the form that Rewrap reads.',
      detail,
      'Correct it and choose the file again. A rules file is YAML or JSON and begins with `version: 1`; `rewrap audit --rules-schema` prints its schema.',
    ),
  );
}

/** Whether text matches a pattern in which `*` stands for any run of characters. Linear in both. */
export function matches(patternText: string, text: string): boolean {
  const parts = patternText.split('*');
  const [first = '', ...rest] = parts;
  if (rest.length === 0) return text === first;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  const last = rest.pop() ?? '';
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - at >= last.length && text.endsWith(last);
}
