/** Actions with which somebody gets at content, or at a copy under a key of their own. */
const OPENING = ['kms:Decrypt', 'kms:ReEncryptFrom'];

/**
 * Conditions that bind a principal to an account, an organisation or a service. Source: KMS developer guide, "Condition
 * keys for AWS KMS", and IAM's global condition keys.
 */
const BINDING = [
  'kms:calleraccount',
  'kms:viaservice',
  'kms:granteeprincipal',
  'aws:principalorgid',
  'aws:principalorgpaths',
  'aws:principalaccount',
  'aws:principalarn',
  'aws:sourceaccount',
  'aws:sourcearn',
  'aws:sourceorgid',
  'aws:sourcevpce',
  'aws:sourcevpc',
  'aws:userid',
];

/**
 * Principals outside the key's own account that its policy lets open or re-encrypt what is under it, in words: anyone
 * at all, or another account as a whole. Denials are not weighed: a statement that takes it back elsewhere makes this
 * a false alarm, never a missed one. Null for a policy that cannot be read.
 */
export function openPrincipals(policy: string, account: string | null): string[] | null {
  let value: unknown;
  try {
    value = JSON.parse(policy);
  } catch {
    return null;
  }
  const found = new Set<string>();
  for (const statement of list(member(value, 'Statement'))) {
    if (
      member(statement, 'Effect') !== 'Allow' ||
      !opens(statement) ||
      isBound(member(statement, 'Condition'))
    )
      continue;
    const sid = member(statement, 'Sid');
    const where = typeof sid === 'string' && sid !== '' ? ` (statement “${sid}”)` : '';
    for (const principal of principals(member(statement, 'Principal'))) {
      if (principal === '*') found.add(`anyone, in any account${where}`);
      const other = /^(?:arn:[^:]+:iam::)?(\d{12})(?::root)?$/.exec(principal)?.[1];
      if (other !== undefined && other !== account) found.add(`all of account ${other}${where}`);
    }
  }
  return [...found];
}

/**
 * Whether a key policy leaves it to the IAM policies of the key's account who may open or re-encrypt: it allows the
 * account itself. Null for a policy that cannot be read.
 */
export function leavesToIam(policy: string, account: string | null): boolean | null {
  let value: unknown;
  try {
    value = JSON.parse(policy);
  } catch {
    return null;
  }
  return list(member(value, 'Statement')).some(
    (statement) =>
      member(statement, 'Effect') === 'Allow' &&
      opens(statement) &&
      principals(member(statement, 'Principal')).some(
        (principal) => /^(?:arn:[^:]+:iam::)?(\d{12})(?::root)?$/.exec(principal)?.[1] === account,
      ),
  );
}

/** What KMS tells of a grant, as far as it says who may open what. */
export interface GrantSeen {
  readonly id: string;
  readonly name: string | null;
  readonly grantee: string;
  readonly operations: readonly string[];
  /** It holds for some encryption contexts alone. */
  readonly bound: boolean;
}

/** Operations of a grant that get at content, or at a copy under another key. Source: KMS developer guide, "Grants". */
const GRANTED: ReadonlySet<string> = new Set(['Decrypt', 'ReEncryptFrom']);

/** Grantees outside the key's account whose grants let them open or re-encrypt what is under it, in words. */
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

function opens(statement: unknown): boolean {
  const actions = texts(member(statement, 'Action')).map((action) => action.toLowerCase());
  const not = member(statement, 'NotAction');
  if (not !== undefined)
    return OPENING.some((action) => !texts(not).some((pattern) => allows(pattern.toLowerCase(), action)));
  return OPENING.some((action) => actions.some((pattern) => allows(pattern, action)));
}

/** IAM's `*` and `?` in action names, without regard to case. */
function allows(pattern: string, action: string): boolean {
  const expression = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replaceAll('?', '.');
  return pattern.length <= 200 && new RegExp(`^${expression}$`, 'i').test(action);
}

function principals(value: unknown): string[] {
  return typeof value === 'string' ? [value] : texts(member(value, 'AWS'));
}

function isBound(condition: unknown): boolean {
  if (typeof condition !== 'object' || condition === null) return false;
  return Object.entries(condition).some(
    ([operator, keys]) =>
      !/not|ifexists|^null$/i.test(operator) &&
      typeof keys === 'object' &&
      keys !== null &&
      Object.keys(keys).some((key) => BINDING.includes(key.toLowerCase())),
  );
}
