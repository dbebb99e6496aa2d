/**
 * The `Condition` of a policy statement, reduced to the operators and keys that matter to KMS ciphertext. Anything else
 * is refused when the policy is put, for a condition that is silently ignored would be a wrong answer.
 * Source: IAM user guide, "IAM JSON policy elements: Condition operators"; KMS guide, "Condition keys for AWS KMS".
 */
import { unsupported } from '../protocol/errors.ts';

/** The value of a condition key in a request, by its name in lower case; null: the request has no such key. */
export type ConditionValues = (name: string) => readonly string[] | null;

export interface Condition {
  /** Lower case. */
  readonly key: string;
  /** Of several values in the request: null for keys with one value. */
  readonly quantifier: 'forallvalues' | 'foranyvalue' | null;
  readonly ifExists: boolean;
  readonly operator: Operator;
  readonly wanted: readonly string[];
}

interface Operator {
  readonly matches: (actual: string, wanted: string) => boolean;
  /** True for the operators that hold where nothing matches, and where the key is absent. */
  readonly negated: boolean;
}

const same = (actual: string, wanted: string) => actual === wanted;
const sameIgnoringCase = (actual: string, wanted: string) => actual.toLowerCase() === wanted.toLowerCase();
const like = (actual: string, wanted: string) => matcher(wanted, false)(actual);

const OPERATORS: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ['stringequals', { matches: same, negated: false }],
  ['stringnotequals', { matches: same, negated: true }],
  ['stringequalsignorecase', { matches: sameIgnoringCase, negated: false }],
  ['stringnotequalsignorecase', { matches: sameIgnoringCase, negated: true }],
  ['stringlike', { matches: like, negated: false }],
  ['stringnotlike', { matches: like, negated: true }],
  ['arnequals', { matches: like, negated: false }],
  ['arnlike', { matches: like, negated: false }],
  ['bool', { matches: sameIgnoringCase, negated: false }],
]);

/** `kms:EncryptionContext:` is followed by a key of the encryption context. */
export const CONTEXT_PREFIX = 'kms:encryptioncontext:';
const KEYS = new Set([
  'kms:encryptioncontextkeys',
  'kms:encryptionalgorithm',
  'kms:reencryptonsamekey',
  'kms:calleraccount',
  'kms:viaservice',
  'kms:grantisforawsresource',
  'kms:requestalias',
  'aws:principalarn',
  'aws:principalaccount',
  'aws:multifactorauthpresent',
  'aws:requestedregion',
]);

/**
 * One entry of a `Condition` block.
 * @throws KmsError UnsupportedOperationException for an operator or key that the practice KMS does not judge.
 */
export function readCondition(operatorName: string, keyName: string, wanted: readonly string[]): Condition {
  const [, quantifier, base = '', ifExists] =
    /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/i.exec(operatorName) ?? [];
  const operator = OPERATORS.get(base.toLowerCase());
  if (!operator) throw unsupported(`The practice KMS does not judge the condition operator ${operatorName}.`);
  const key = keyName.toLowerCase();
  if (!KEYS.has(key) && !(key.startsWith(CONTEXT_PREFIX) && key.length > CONTEXT_PREFIX.length))
    throw unsupported(`The practice KMS does not judge the condition key ${keyName}.`);
  return {
    key,
    quantifier: (quantifier?.toLowerCase() as 'forallvalues' | 'foranyvalue' | undefined) ?? null,
    ifExists: ifExists !== undefined,
    operator,
    wanted,
  };
}

/** Whether a request meets a condition. */
export function meets(condition: Condition, values: ConditionValues): boolean {
  const { operator, quantifier, wanted } = condition;
  const actual = values(condition.key) ?? [];
  const one = (value: string) =>
    wanted.some((candidate) => operator.matches(value, candidate)) !== operator.negated;
  if (quantifier === 'forallvalues') return actual.every(one);
  if (quantifier === 'foranyvalue') return actual.some(one);
  if (actual.length === 0) return condition.ifExists || operator.negated;
  return actual.every(one);
}

/** A test for a pattern with `*` and `?`, as IAM has them. */
export function matcher(pattern: string, ignoreCase: boolean): (text: string) => boolean {
  if (pattern === '*') return () => true;
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const expression = new RegExp(`^${source}$`, ignoreCase ? 'si' : 's');
  return (text) => expression.test(text);
}
