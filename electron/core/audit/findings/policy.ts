import { type Limit, like, limitsOf, type Outsider } from './policy-conditions.ts';

/** Actions that give access to content, or to a copy under another key. */
const OPENING = ['kms:Decrypt', 'kms:ReEncryptFrom'];

/** With these a principal gives itself what opens: a grant, or another policy. */
const TAKING = ['kms:CreateGrant', 'kms:PutKeyPolicy'];

/** Who outside the key's own account may open or re-encrypt what is under a key, by its policy. In words. */
interface Outside {
  /** Anyone at all, roles of any account, or another account as a whole. */
  readonly open: readonly string[];
  /** Roles and users of other accounts that it names. */
  readonly named: readonly string[];
}

/**
 * Principals outside the key's own account that its policy lets open or re-encrypt what is under it, as principals and
 * conditions say together. Denials are not weighed: a statement that takes it back elsewhere makes this a false alarm,
 * never a missed one. Null for a policy that cannot be read.
 */
export function outsidePrincipals(policy: string, account: string | null): Outside | null {
  const statements = statementsOf(policy);
  if (statements === null) return null;
  const open = new Set<string>();
  const named = new Set<string>();
  for (const statement of statements) {
    if (member(statement, 'Effect') !== 'Allow') continue;
    const how = opening(statement);
    if (how === null) continue;
    const sid = member(statement, 'Sid');
    const where = `${how}${typeof sid === 'string' && sid !== '' ? ` (statement “${sid}”)` : ''}`;
    const limits = limitsOf(member(statement, 'Condition'), account);
    // A pattern of any account lets in everyone: a role of that name is made in a minute.
    for (const { account: of, arn, words } of letIn(statement, limits, account))
      (arn === null || of === null ? open : named).add(`${words}${where}`);
  }
  return { open: [...open], named: [...named] };
}

/** Whom a statement's principals and conditions let in together. */
function letIn(statement: unknown, limits: readonly Limit[], own: string | null): Outsider[] {
  const found: Outsider[] = [];
  const but = member(statement, 'NotPrincipal');
  const principal = member(statement, 'Principal');
  if (but !== undefined || principals(principal).some((one) => one.includes('*')))
    found.push(
      ...anyone(
        limits,
        but === undefined ? 'anyone, in any account' : 'anyone but those it names, in any account',
      ),
    );
  for (const one of principals(principal)) {
    const account = /^(?:arn:[^:]+:(?:iam|sts)::)?(\d{12})(?::|$)/.exec(one)?.[1];
    if (account === undefined || account === own) continue;
    const whole = /^(?:arn:[^:]+:iam::)?\d{12}(?::root)?$/.test(one);
    if (limits.every((limit) => limit.admits(account, whole ? null : one)))
      found.push({ account, arn: whole ? null : one, words: whole ? `all of account ${account}` : one });
  }
  return found;
}

/** Whom conditions leave of everyone there is. */
function anyone(limits: readonly Limit[], everyone: string): Outsider[] {
  // The limit that lets in fewest names them; each of them must pass the others, too.
  const [narrowest] = [...limits].sort((a, b) => a.outside.length - b.outside.length);
  if (narrowest === undefined) return [{ account: null, arn: null, words: everyone }];
  return narrowest.outside.filter(
    ({ account, arn }) =>
      account === null ||
      limits.every(
        (limit) => limit === narrowest || limit.admits(account, /[*?]/.test(arn ?? '') ? null : arn),
      ),
  );
}

/**
 * Whether a key policy leaves it to the IAM policies of the key's account who may open or re-encrypt: it allows the
 * account itself. Null for a policy that cannot be read.
 */
export function leavesToIam(policy: string, account: string | null): boolean | null {
  const statements = statementsOf(policy);
  if (statements === null) return null;
  return statements.some(
    (statement) =>
      member(statement, 'Effect') === 'Allow' &&
      opens(statement) &&
      principals(member(statement, 'Principal')).some(
        (principal) => /^(?:arn:[^:]+:iam::)?(\d{12})(?::root)?$/.exec(principal)?.[1] === account,
      ),
  );
}

/** Condition key with the days since a key was last used. Source: KMS condition keys, 2026. */
const UNUSED_FOR = 'kms:trailingdayswithoutkeyusage';

/**
 * Whether a key policy keeps a key that was used lately from being deleted: by denying everyone ScheduleKeyDeletion while
 * the days without use are few, by allowing it only when they are many, or by allowing it to no one. A denial that holds
 * for some principals, or under further conditions, is no such guard. Null for a policy that cannot be read. Service
 * control policies may guard it, too, and are not read.
 */
export function guardsDeletion(policy: string): boolean | null {
  const statements = statementsOf(policy);
  if (statements === null) return null;
  const about = statements.filter((statement) => allowsOne(statement, ['kms:ScheduleKeyDeletion']));
  const allowed = about.filter((statement) => member(statement, 'Effect') === 'Allow');
  return (
    about.some(
      (statement) =>
        member(statement, 'Effect') === 'Deny' &&
        principals(member(statement, 'Principal')).includes('*') &&
        conditionsOf(statement).length === 1 &&
        limitsUse(statement, 'NumericLessThan'),
    ) || allowed.every((statement) => limitsUse(statement, 'NumericGreaterThan'))
  );
}

interface Condition {
  /** In lower case, without `IfExists`. */
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
}

/** Each key that a statement's conditions speak of. */
const conditionsOf = (statement: unknown): Condition[] =>
  Object.entries(member(statement, 'Condition') ?? {}).flatMap(([operator, keys]) =>
    Object.entries(typeof keys === 'object' && keys !== null ? keys : {}).map(([key, value]) => ({
      operator: operator.toLowerCase().replace(/ifexists$/, ''),
      key: key.toLowerCase(),
      values: list(value).map(String),
    })),
  );

/** Whether a statement holds only for few, or only for many, days without use: more than none. */
const limitsUse = (statement: unknown, operator: 'NumericLessThan' | 'NumericGreaterThan'): boolean =>
  conditionsOf(statement).some(
    (one) =>
      one.key === UNUSED_FOR &&
      (one.operator === operator.toLowerCase() || one.operator === `${operator.toLowerCase()}equals`) &&
      one.values.length > 0 &&
      one.values.every((value) => Number(value) > 0),
  );

/** What KMS tells of a grant, as far as it says who may open what. */
interface GrantSeen {
  readonly id: string;
  readonly name: string | null;
  readonly grantee: string;
  readonly operations: readonly string[];
  /** It holds for some encryption contexts alone. */
  readonly bound: boolean;
}

/** Operations of a grant that get at content, or at a copy under another key. Source: KMS developer guide, "Grants". */
const GRANTED: ReadonlySet<string> = new Set(['Decrypt', 'ReEncryptFrom']);

/** Grantees outside the key's account that grants let open or re-encrypt what is under it, in words. */
export function outsideGrantees(grants: readonly GrantSeen[], account: string | null): string[] {
  return grants
    .filter(({ grantee, operations }) => {
      if (!operations.some((operation) => GRANTED.has(operation))) return false;
      const other = /^arn:[^:]+:(?:iam|sts)::(\d{12}):/.exec(grantee)?.[1];
      // Services act for the account that asked them to; unique ids (AIDA…) stand where a principal was deleted.
      return other !== undefined && other !== account;
    })
    .map(({ grantee, operations, name, id, bound }) => {
      const what = operations.filter((operation) => GRANTED.has(operation)).join(' and ');
      return `${grantee} (${what}${bound ? ', for some encryption contexts' : ''}; grant ${name ?? `${id.slice(0, 12)}…`})`;
    });
}

const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
const list = (value: unknown): unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value];
const texts = (value: unknown): string[] => list(value).filter((item) => typeof item === 'string');

function statementsOf(policy: string): unknown[] | null {
  try {
    return list(member(JSON.parse(policy), 'Statement'));
  } catch {
    return null;
  }
}

/** Whether a statement allows one of these actions. */
function allowsOne(statement: unknown, wanted: readonly string[]): boolean {
  const not = member(statement, 'NotAction');
  if (not !== undefined)
    return wanted.some((action) => !texts(not).some((pattern) => allows(pattern, action)));
  return wanted.some((action) =>
    texts(member(statement, 'Action')).some((pattern) => allows(pattern, action)),
  );
}

const opens = (statement: unknown): boolean => allowsOne(statement, OPENING);

/** How a statement opens, in words to add; null where it does not. */
function opening(statement: unknown): string | null {
  if (opens(statement)) return '';
  const taken = TAKING.find((action) => allowsOne(statement, [action]));
  if (taken === undefined) return null;
  // Grants for AWS services alone are no way for a principal to open something itself.
  if (taken === 'kms:CreateGrant' && forServices(member(statement, 'Condition'))) return null;
  return `, which may give itself kms:Decrypt by ${taken}`;
}

function forServices(condition: unknown): boolean {
  return ['Bool', 'StringEquals'].some((operator) => {
    const keys = member(condition, operator);
    if (typeof keys !== 'object' || keys === null) return false;
    return Object.entries(keys).some(
      ([key, value]) => key.toLowerCase() === 'kms:grantisforawsresource' && String(value) === 'true',
    );
  });
}

/** IAM's `*` and `?` in action names, without regard to case. */
const allows = (pattern: string, action: string): boolean =>
  like(pattern.toLowerCase(), action.toLowerCase());

function principals(value: unknown): string[] {
  return typeof value === 'string' ? [value] : texts(member(value, 'AWS'));
}
