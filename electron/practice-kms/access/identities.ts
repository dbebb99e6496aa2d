/**
 * Who can call the practice KMS. An access key id says who it is; its secret is not checked. An access key id that is
 * not listed here is the administrator, so that any credentials at hand will do.
 */
import { KmsError } from '../protocol/errors.ts';
import type { State } from '../state/state.ts';
import { allowing, type PolicyStatement, rootArn } from './policy.ts';

/** The example account number of AWS's own documentation. */
export const PRACTICE_ACCOUNT_ID = '111122223333';
/** The second account of AWS's own examples: a partner's. */
export const PARTNER_ACCOUNT_ID = '444455556666';
/**
 * Shaped like an access key id, so that SDKs take it; no secret, and worth nothing anywhere. The endpoint takes every
 * other access key id as well: credentials that the AWS CLI has at hand will do.
 */
export const PRACTICE_ACCESS_KEY_ID = 'AKIAPRACTICEKMSEXAMPL';
export const PRACTICE_SECRET_ACCESS_KEY = 'practice-only-not-a-secret';

/** The one who calls, and what policies of their own allow. */
export interface PracticeCaller {
  readonly accountId: string;
  readonly arn: string;
  /** ARN of the account, by which a key policy may name all of it. */
  readonly accountArn: string;
  /** ARNs by which a policy or grant may name this principal. */
  readonly names: readonly string[];
  readonly userId: string;
  readonly permissions: readonly PolicyStatement[];
  readonly mfa: boolean;
}

/** A practice identity with a fixed access key id; its secret is any. */
export interface PracticeIdentity {
  readonly accessKeyId: string;
  readonly accountId: string;
  readonly arn: string;
  /** Actions that its own policy allows, on every resource. */
  readonly allows: readonly string[];
}

export const PRACTICE_IDENTITIES = {
  /** May do everything in its account; also any unknown caller. */
  admin: {
    accessKeyId: PRACTICE_ACCESS_KEY_ID,
    accountId: PRACTICE_ACCOUNT_ID,
    arn: `arn:aws:iam::${PRACTICE_ACCOUNT_ID}:user/practice`,
    allows: ['kms:*', 'sts:*'],
  },
  /** May re-encrypt and nothing else. */
  operator: {
    accessKeyId: 'AKIAPRACTICEOPERATOR',
    accountId: PRACTICE_ACCOUNT_ID,
    arn: `arn:aws:iam::${PRACTICE_ACCOUNT_ID}:user/practice-operator`,
    allows: ['kms:ReEncrypt*', 'sts:AssumeRole'],
  },
  /** May look and do nothing. */
  auditor: {
    accessKeyId: 'AKIAPRACTICEAUDITORX',
    accountId: PRACTICE_ACCOUNT_ID,
    arn: `arn:aws:iam::${PRACTICE_ACCOUNT_ID}:user/practice-auditor`,
    allows: ['kms:List*', 'kms:Describe*', 'kms:Get*'],
  },
  /** May do everything in the second account. */
  partner: {
    accessKeyId: 'AKIAPRACTICEPARTNERX',
    accountId: PARTNER_ACCOUNT_ID,
    arn: `arn:aws:iam::${PARTNER_ACCOUNT_ID}:user/partner`,
    allows: ['kms:*', 'sts:*'],
  },
} as const satisfies Record<string, PracticeIdentity>;

/** Access key ids that are always refused, for practice. */
export const REFUSED_ACCESS_KEY_IDS = {
  expired: 'ASIAPRACTICEEXPIREDX',
  unknown: 'AKIAPRACTICEREVOKEDX',
} as const;

/** A role that a practice identity can assume. */
export interface PracticeRole {
  readonly arn: string;
  readonly accountId: string;
  readonly allows: readonly string[];
  /** Account of the principals that the trust policy names. */
  readonly trusts: string;
  /** Null: no MFA is wanted. */
  readonly mfaSerial: string | null;
  /** Null: no external id is wanted. */
  readonly externalId: string | null;
}

const OPERATOR_ROLE = ['kms:ReEncrypt*', 'kms:List*', 'kms:Describe*', 'kms:Get*'];
/** The MFA device of the first account, and the only code that it ever shows. */
export const PRACTICE_MFA_SERIAL = `arn:aws:iam::${PRACTICE_ACCOUNT_ID}:mfa/practice`;
export const PRACTICE_MFA_CODE = '123456';
export const PRACTICE_EXTERNAL_ID = 'practice-external-id';

function role(
  accountId: string,
  name: string,
  allows: readonly string[],
  wants: { mfaSerial?: string; externalId?: string } = {},
): PracticeRole {
  return {
    arn: `arn:aws:iam::${accountId}:role/${name}`,
    accountId,
    allows,
    trusts: PRACTICE_ACCOUNT_ID,
    mfaSerial: wants.mfaSerial ?? null,
    externalId: wants.externalId ?? null,
  };
}

/** Roles that principals of the first account may assume. */
export const PRACTICE_ROLES: readonly PracticeRole[] = [
  role(PRACTICE_ACCOUNT_ID, 'practice-reencrypt', OPERATOR_ROLE),
  role(PRACTICE_ACCOUNT_ID, 'practice-mfa', OPERATOR_ROLE, { mfaSerial: PRACTICE_MFA_SERIAL }),
  role(PARTNER_ACCOUNT_ID, 'practice-partner', ['kms:*'], { externalId: PRACTICE_EXTERNAL_ID }),
  role(PARTNER_ACCOUNT_ID, 'practice-guarded', ['kms:*'], {
    mfaSerial: PRACTICE_MFA_SERIAL,
    externalId: PRACTICE_EXTERNAL_ID,
  }),
];

const CALLERS: ReadonlyMap<string, PracticeCaller> = new Map(
  Object.entries(PRACTICE_IDENTITIES).map(([name, identity]) => [
    identity.accessKeyId,
    {
      accountId: identity.accountId,
      arn: identity.arn,
      accountArn: rootArn(identity.accountId),
      names: [identity.arn],
      userId: name === 'admin' ? 'AIDAPRACTICEKMSEXAMPL' : `AIDAPRACTICE${name.toUpperCase()}`,
      permissions: allowing(...identity.allows),
      mfa: false,
    },
  ]),
);
const ROLE_PERMISSIONS: ReadonlyMap<string, readonly PolicyStatement[]> = new Map(
  PRACTICE_ROLES.map((item) => [item.arn, allowing(...item.allows)]),
);

/** The administrator of the first account. */
const ADMIN: PracticeCaller = required(PRACTICE_ACCESS_KEY_ID);

function required(accessKeyId: string): PracticeCaller {
  const caller = CALLERS.get(accessKeyId);
  if (!caller) throw new TypeError(`No practice identity ${accessKeyId}.`);
  return caller;
}

/**
 * Who calls with this access key id (and session token, for a role session).
 * @throws KmsError ExpiredTokenException; UnrecognizedClientException for a session with another token.
 */
export function callerOf(state: State, accessKeyId: string, token: string | null): PracticeCaller {
  const known = CALLERS.get(accessKeyId);
  if (known) return known;
  if (accessKeyId === REFUSED_ACCESS_KEY_IDS.expired) throw expiredToken();
  if (accessKeyId === REFUSED_ACCESS_KEY_IDS.unknown) throw invalidToken();
  const session = accessKeyId.startsWith('ASIA') ? state.sessions.get(accessKeyId) : null;
  if (!session) return ADMIN;
  if (session.token !== token) throw invalidToken();
  if (session.expiresAt <= Date.now()) throw expiredToken();
  const [, accountId = '', roleName = ''] = /^arn:aws:iam::(\d+):role\/(.+)$/.exec(session.roleArn) ?? [];
  const arn = `arn:aws:sts::${accountId}:assumed-role/${roleName}/${session.sessionName}`;
  return {
    accountId,
    arn,
    accountArn: rootArn(accountId),
    names: [arn, session.roleArn],
    userId: `${roleUserId(roleName)}:${session.sessionName}`,
    permissions: ROLE_PERMISSIONS.get(session.roleArn) ?? [],
    mfa: session.mfa,
  };
}

/** The id that stands for a role in `UserId` and `AssumedRoleId`. */
export function roleUserId(roleName: string): string {
  return `AROA${roleName.toUpperCase().replaceAll(/[^A-Z]/g, '')}`;
}

/** Wording observed, for KMS and STS alike. */
export function expiredToken(): KmsError {
  return new KmsError('ExpiredTokenException', 'The security token included in the request is expired');
}

function invalidToken(): KmsError {
  return new KmsError(
    'UnrecognizedClientException',
    'The security token included in the request is invalid.',
  );
}

/** What one operation works on: the state, the Region that was asked, and who asks. */
export interface RequestContext {
  readonly state: State;
  readonly region: string;
  readonly caller: PracticeCaller;
  /**
   * Milliseconds that a grant or an alias that was just made, changed or removed is not yet known everywhere, as in AWS,
   * where it takes up to five minutes. 0: it counts at once.
   */
  readonly settleMs: number;
  /** Ids of the grants for which the request brought a token: they count at once. */
  readonly tokenGrants: Set<string>;
  readonly requestId: string;
  /** Writes requests down; absent: nothing does. `answer`: what KMS replied, or why it refused. */
  readonly trail?: {
    note(
      context: RequestContext,
      operation: string,
      body: unknown,
      answer: Record<string, unknown> | KmsError,
    ): void;
  } | null;
}
