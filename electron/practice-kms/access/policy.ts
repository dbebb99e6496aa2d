/**
 * Policy documents, reduced to statements that allow or deny KMS actions to AWS principals, with conditions. Used for
 * key policies (with principals) and for what an identity may do (without).
 */

import { KmsError, malformedPolicy, unsupported } from '../protocol/errors.ts';
import { type Condition, type ConditionValues, matcher, meets, readCondition } from './conditions.ts';

type Matcher = (text: string) => boolean;

export interface PolicyStatement {
  readonly effect: 'Allow' | 'Deny';
  /** Null: a policy of an identity, which is the principal. */
  readonly principals: readonly string[] | null;
  readonly actions: readonly Matcher[];
  readonly resources: readonly Matcher[];
  readonly conditions: readonly Condition[];
}

/** Largest key policy, in bytes (KMS guide, "Resource quotas"). */
const POLICY_BYTES_MAX = 32_768;
const ACCOUNT = /^\d{12}$/;
const PRINCIPAL = /^arn:aws:(?:iam|sts)::\d{12}:(?:root|(?:user|role|assumed-role|federated-user)\/.+)$/;
const parsed = new Map<string, readonly PolicyStatement[]>();

/** The policy that a key has when none is given (KMS guide, "Default key policy"). */
export function defaultPolicy(accountId: string): string {
  return JSON.stringify(
    {
      Version: '2012-10-17',
      Id: 'key-default-1',
      Statement: [
        {
          Sid: 'Enable IAM User Permissions',
          Effect: 'Allow',
          Principal: { AWS: rootArn(accountId) },
          Action: 'kms:*',
          Resource: '*',
        },
      ],
    },
    null,
    2,
  );
}

export function rootArn(accountId: string): string {
  return `arn:aws:iam::${accountId}:root`;
}

/**
 * The statements of a key policy.
 * @throws KmsError MalformedPolicyDocumentException; UnsupportedOperationException for an element that is not judged.
 */
export function keyPolicy(document: string): readonly PolicyStatement[] {
  let statements = parsed.get(document);
  if (!statements) {
    statements = readPolicy(parse(document), true);
    if (parsed.size >= 1000) parsed.clear();
    parsed.set(document, statements);
  }
  return statements;
}

/** Statements that allow an identity `actions` on everything. */
export function allowing(...actions: readonly string[]): readonly PolicyStatement[] {
  return readPolicy({ Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] }, false);
}

/** What is asked of a policy. */
export interface Request {
  /** As in `kms:ReEncryptTo`. */
  readonly action: string;
  readonly resource: string;
  readonly values: ConditionValues;
}

/** Whether a statement speaks of this request; who asks is not looked at. */
export function speaksOf(statement: PolicyStatement, request: Request): boolean {
  return (
    statement.actions.some((matches) => matches(request.action)) &&
    statement.resources.some((matches) => matches(request.resource)) &&
    statement.conditions.every((condition) => meets(condition, request.values))
  );
}

function parse(document: string): unknown {
  try {
    return JSON.parse(document);
  } catch {
    throw malformedPolicy('The policy is not valid JSON.');
  }
}

function readPolicy(document: unknown, ofKey: boolean): readonly PolicyStatement[] {
  const { Statement } = asObject(document, 'The policy');
  if (Statement === undefined) throw malformedPolicy('The policy has no Statement.');
  const list = Array.isArray(Statement) ? Statement : [Statement];
  if (list.length === 0) throw malformedPolicy('The policy has no Statement.');
  return list.map((item) => readStatement(asObject(item, 'A statement'), ofKey));
}

const ELEMENTS = new Set(['Sid', 'Effect', 'Principal', 'Action', 'Resource', 'Condition']);

function readStatement(statement: Record<string, unknown>, ofKey: boolean): PolicyStatement {
  for (const element of Object.keys(statement)) {
    if (/^Not(Principal|Action|Resource)$/.test(element))
      throw unsupported(`The practice KMS does not judge ${element} in a policy.`);
    if (!ELEMENTS.has(element)) throw malformedPolicy(`A statement has the unknown element ${element}.`);
  }
  const { Effect } = statement;
  if (Effect !== 'Allow' && Effect !== 'Deny')
    throw malformedPolicy('Effect of a statement must be Allow or Deny.');
  return {
    effect: Effect,
    principals: ofKey ? readPrincipals(statement.Principal) : null,
    actions: strings(statement.Action, 'Action').map(actionMatcher),
    resources: strings(statement.Resource, 'Resource').map((resource) => matcher(resource, false)),
    conditions: readConditions(statement.Condition),
  };
}

/** Actions are compared without case; the whole of a service is by far the most frequent pattern. */
function actionMatcher(pattern: string): Matcher {
  if (pattern === 'kms:*') return (action) => action.startsWith('kms:');
  return matcher(pattern, true);
}

/** "*", an account, or ARNs. Services and federated users are read, and match no caller here. */
function readPrincipals(principal: unknown): readonly string[] {
  if (principal === '*') return ['*'];
  const block = asObject(principal, 'Principal of a statement');
  for (const kind of Object.keys(block))
    if (!['AWS', 'Service', 'Federated', 'CanonicalUser'].includes(kind))
      throw malformedPolicy(`Principal has the unknown kind ${kind}.`);
  const names = block.AWS === undefined ? [] : strings(block.AWS, 'Principal');
  return names.map((name) => {
    if (ACCOUNT.test(name)) return rootArn(name);
    if (name !== '*' && !PRINCIPAL.test(name))
      throw malformedPolicy('Policy contains a statement with one or more invalid principals.');
    return name;
  });
}

function readConditions(block: unknown): readonly Condition[] {
  if (block === undefined) return [];
  return Object.entries(asObject(block, 'Condition of a statement')).flatMap(([operator, entries]) =>
    Object.entries(asObject(entries, `Condition ${operator}`)).map(([key, wanted]) =>
      readCondition(operator, key, strings(wanted, `Condition ${key}`)),
    ),
  );
}

function asObject(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw malformedPolicy(`${what} must be a JSON object.`);
  return value as Record<string, unknown>;
}

/** @throws KmsError for anything but a value or a list of values; policy variables are not judged. */
function strings(value: unknown, what: string): readonly string[] {
  const list = Array.isArray(value) ? value : [value];
  if (list.length === 0) throw malformedPolicy(`${what} must not be empty.`);
  return list.map((item) => {
    if (typeof item === 'boolean' || typeof item === 'number') return String(item);
    if (typeof item !== 'string') throw malformedPolicy(`${what} must be a string or a list of strings.`);
    if (item.includes('${')) throw unsupported('The practice KMS does not judge policy variables.');
    return item;
  });
}

/** @throws KmsError LimitExceededException. */
export function checkPolicySize(document: string): void {
  if (Buffer.byteLength(document) > POLICY_BYTES_MAX)
    throw new KmsError(
      'LimitExceededException',
      `The key policy must not be larger than ${POLICY_BYTES_MAX} bytes.`,
    );
}
