/**
 * What conditions of a key policy let in, judged by their operators and values. A condition that does not say who may ask
 * (an encryption context, an address, a service in between) limits nothing here: at worst that is a false alarm, never a
 * missed one. Sources: IAM User Guide, "Condition operators" (an absent key makes a condition false, a negated one true;
 * `...IfExists` and `ForAllValues:` are true of an absent key; ArnEquals takes wildcards as ArnLike does, in each part of
 * an ARN by itself) and "Global condition keys"; KMS Developer Guide, "Condition keys for KMS".
 */

/** A principal outside the key's account that a condition lets in. */
export interface Outsider {
  /** Twelve digits; null: of accounts that match a pattern. */
  readonly account: string | null;
  /** ARN or pattern of one; null: everyone of the account. */
  readonly arn: string | null;
  readonly words: string;
}

/** A condition that says who may ask. */
export interface Limit {
  /** Whom it lets in that does not belong to the key's account; empty: no one. */
  readonly outside: readonly Outsider[];
  /** Whether it may let in a principal of this account; `arn` null: some principal of it. */
  admits(account: string, arn: string | null): boolean;
}

/** How the values of a condition are compared. */
type Compare = 'equals' | 'equals-no-case' | 'like' | 'arn';

interface Operator {
  readonly compare: Compare;
  readonly negated: boolean;
  /** True of a request without the key. */
  readonly absentPasses: boolean;
}

/** Nothing passes. */
const NO_ONE: Limit = { outside: [], admits: () => false };
/** Only those of an organisation, a network or one identity that the values name: taken as meant. */
const NAMED_GROUP: Limit = { outside: [], admits: () => true };

/** Keys that every signed request has, so that "if it exists" says no less. */
const ALWAYS_THERE: ReadonlySet<string> = new Set([
  'kms:calleraccount',
  'aws:principalaccount',
  'aws:principalarn',
  'aws:userid',
]);
/** Keys that hold the account that asks, or that a service asks for. */
const ACCOUNTS: ReadonlySet<string> = new Set([
  'kms:calleraccount',
  'aws:principalaccount',
  'aws:sourceaccount',
]);
/** Keys that hold an ARN of what asks, or of what a service asks for. */
const ARNS: ReadonlySet<string> = new Set(['aws:principalarn', 'aws:sourcearn']);
/** Keys that hold a group that an administrator names. A value that is a wildcard alone names none. */
const GROUPS: ReadonlySet<string> = new Set([
  'aws:principalorgid',
  'aws:principalorgpaths',
  'aws:sourceorgid',
  'aws:sourceorgpaths',
  'aws:sourcevpc',
  'aws:sourcevpce',
  'aws:vpceaccount',
  'aws:vpceorgid',
  'aws:userid',
]);
/** Only requests for grants have it: nothing is opened with it. */
const NEVER_TO_OPEN: ReadonlySet<string> = new Set(['kms:granteeprincipal', 'kms:retiringprincipal']);

/** Limits that all hold of a statement. `own`: the key's account. */
export function limitsOf(condition: unknown, own: string | null): Limit[] {
  if (typeof condition !== 'object' || condition === null) return [];
  return Object.entries(condition).flatMap(([name, keys]) =>
    typeof keys === 'object' && keys !== null
      ? Object.entries(keys).flatMap(([key, value]) => {
          const limit = limitOf(name, key.toLowerCase(), texts(value), own);
          return limit === null ? [] : [limit];
        })
      : [],
  );
}

const texts = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).filter((one) => one !== null && one !== undefined).map(String);

/** Null: it says nothing of who may ask. */
function limitOf(name: string, key: string, values: readonly string[], own: string | null): Limit | null {
  if (name.toLowerCase() === 'null') return presence(key, values);
  const operator = readOperator(name);
  if (operator === null) return null;
  if (NEVER_TO_OPEN.has(key) && !operator.negated && !operator.absentPasses) return NO_ONE;
  const says = ACCOUNTS.has(key) || ARNS.has(key) || GROUPS.has(key);
  if (!says) return null;
  if (operator.absentPasses && !ALWAYS_THERE.has(key)) return null;
  // A variable is filled in from the request: it may stand for whatever is asked.
  const fixed = values.every((value) => !/\$\{(?!\*\}|\?\}|\$\})/.test(value));
  if (operator.negated) return fixed ? excluding(operator, key, values) : null;
  if (!fixed) return null;
  if (values.length === 0) return NO_ONE;
  if (ACCOUNTS.has(key)) return ofAccounts(operator.compare, values, own);
  if (ARNS.has(key)) return ofArns(operator.compare, values, own, key);
  return ofGroups(operator.compare, key, values, own);
}

/** `Null`: "true" asks for requests without the key, "false" for those with it. */
function presence(key: string, values: readonly string[]): Limit | null {
  const absent = values.some((value) => value.toLowerCase() === 'true');
  return absent && ALWAYS_THERE.has(key) ? NO_ONE : null;
}

function readOperator(name: string): Operator | null {
  const [, set = '', bare = '', exists = ''] =
    /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/i.exec(name) ?? [];
  const compare = COMPARISONS[bare.toLowerCase().replace('not', '')];
  if (compare === undefined) return null;
  const negated = /not/i.test(bare);
  return {
    compare,
    negated,
    absentPasses: exists !== '' || set.toLowerCase() === 'forallvalues' || negated,
  };
}

const COMPARISONS: Readonly<Record<string, Compare>> = {
  stringequals: 'equals',
  stringequalsignorecase: 'equals-no-case',
  stringlike: 'like',
  arnequals: 'arn',
  arnlike: 'arn',
};

/** Everyone but some: that leaves others, unless nothing is left. */
function excluding({ compare }: Operator, key: string, values: readonly string[]): Limit | null {
  const wild = compare === 'like' || compare === 'arn';
  const everything = values.some(
    (value) => wild && (/^\*+$/.test(value) || (ARNS.has(key) && /^arn:\*(?::\*){4,}$/.test(value))),
  );
  return everything ? NO_ONE : null;
}

function ofAccounts(compare: Compare, values: readonly string[], own: string | null): Limit | null {
  const wild = compare === 'like';
  if (values.some((value) => wild && /^[*?]*\*[*?]*$/.test(value))) return null;
  return {
    outside: values.flatMap((value): Outsider[] => {
      if (wild && /[*?]/.test(value))
        return [{ account: null, arn: null, words: `all accounts that match ${value}` }];
      return /^\d{12}$/.test(value) && value !== own
        ? [{ account: value, arn: null, words: `all of account ${value}` }]
        : [];
    }),
    admits: (account) => values.some((value) => (wild ? like(value, account) : value === account)),
  };
}

/** One value of a condition on an ARN: of which account, or of any. */
interface ArnValue {
  readonly text: string;
  /** Null: it does not say, so that any account is let in. */
  readonly account: string | null;
  readonly whole: boolean;
}

function ofArns(compare: Compare, values: readonly string[], own: string | null, key: string): Limit | null {
  const read = values.map((value) => readArn(compare, value, key));
  if (read.some((one) => one === 'any')) return null;
  const arns = read.filter((one) => typeof one === 'object');
  return {
    outside: arns.flatMap(({ text, account, whole }): Outsider[] => {
      if (account === own && account !== null) return [];
      if (account === null)
        return [{ account: null, arn: text, words: `${text}, in any account that matches` }];
      return whole
        ? [{ account, arn: null, words: `all of account ${account}` }]
        : [{ account, arn: text, words: text }];
    }),
    admits: (account, arn) =>
      arns.some(
        (one) =>
          (one.account === null || one.account === account) &&
          (arn === null || one.whole || matchesArn(compare, one.text, arn)),
      ),
  };
}

/** 'any': every principal; 'none': no ARN is like that. */
function readArn(compare: Compare, text: string, key: string): ArnValue | 'any' | 'none' {
  const wild = compare === 'like' || compare === 'arn';
  if (wild && /^\*+$/.test(text)) return 'any';
  // Equal means equal: no ARN holds a star.
  if (!wild && /[*?]/.test(text)) return 'none';
  const parts = text.split(':');
  if (parts.length < 6) {
    // In a text, `*` runs over the colons too: what stands behind it does not say where.
    return compare === 'like' && /[*?]/.test(text) ? { text, account: null, whole: false } : 'none';
  }
  const account = parts[4] ?? '';
  const resource = parts.slice(5).join(':');
  if (compare === 'like' && /[*?]/.test(parts.slice(0, 4).join(':')))
    return { text, account: null, whole: false };
  if (wild && /[*?]/.test(account)) {
    return /^[*?]*\*[*?]*$/.test(account) && /^\*+$/.test(resource)
      ? 'any'
      : { text, account: null, whole: false };
  }
  if (/^\d{12}$/.test(account))
    return {
      text,
      account,
      whole: wild && /^\*+$/.test(resource),
    };
  // A bucket's ARN has no account: one that is named is one resource, a pattern is any.
  if (account === '' && key === 'aws:sourcearn') return wild && /^\*/.test(resource) ? 'any' : 'none';
  return 'none';
}

/**
 * Whether what stands before the first wildcard names one group: a whole organisation (`o-a1b2c3d4e5/…`), network or
 * identity (`AROAEXAMPLEID12345:…`); `o-*`, `vpc-*` and `AROA*` are anyone's.
 */
function namesGroup(key: string, value: string): boolean {
  const [before = ''] = value.split(/[*?]/, 1);
  if (key === 'aws:userid') return before.length >= 16;
  const id = before.replace(/^[a-z]+-/, '');
  return id.includes('/') ? id.indexOf('/') > 0 : id.length >= 8;
}

function ofGroups(
  compare: Compare,
  key: string,
  values: readonly string[],
  own: string | null,
): Limit | null {
  const wild = compare === 'like' || compare === 'arn';
  const any = (value: string): boolean => wild && /[*?]/.test(value) && !namesGroup(key, value);
  if (values.some(any)) return null;
  if (key !== 'aws:userid' && key !== 'aws:vpceaccount') return NAMED_GROUP;
  const accounts = values.filter((value) => /^\d{12}$/.test(value));
  if (accounts.length < values.length) return NAMED_GROUP;
  return ofAccounts('equals', accounts, own);
}

/** IAM's `*` and `?`, in the case as written. */
export function like(pattern: string, text: string): boolean {
  // Greedy with one place to go back to: linear but for a star's retries, whatever the pattern.
  let p = 0;
  let t = 0;
  let star = -1;
  let from = 0;
  while (t < text.length) {
    if (pattern[p] === '*') {
      star = p++;
      from = t;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) {
      p += 1;
      t += 1;
    } else if (star >= 0) {
      p = star + 1;
      t = ++from;
    } else return false;
  }
  while (pattern[p] === '*') p += 1;
  return p === pattern.length;
}

function matchesArn(compare: Compare, pattern: string, arn: string): boolean {
  if (compare === 'like') return like(pattern, arn);
  if (compare !== 'arn') return pattern === arn;
  const mine = pattern.split(':');
  const theirs = arn.split(':');
  const part = (list: readonly string[], at: number): string =>
    at < 5 ? (list[at] ?? '') : list.slice(5).join(':');
  return [0, 1, 2, 3, 4, 5].every((at) => like(part(mine, at), part(theirs, at)));
}
