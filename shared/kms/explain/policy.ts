import type { PolicyAdvice } from '../../model/fault.ts';
import type { PolicyPlace } from '../../model/fault-error.ts';

/** What a policy would have to allow. */
export interface Wanted {
  /** "kms:ReEncryptFrom". */
  readonly action: string;
  /** ARN of the key; null where it is not known. */
  readonly keyArn: string | null;
  /** ARN of the caller as IAM said it; null where it did not. */
  readonly principal: string | null;
  /** Words for people: "source", "destination"; null where the side is not known. */
  readonly side: string | null;
}

/** Stands where a value is not known: you fill it in when you paste the statement, and IAM refuses it as it is. */
const KEY = '<ARN of the key>';
const PRINCIPAL = '<ARN of your user or role>';

/** Characters IAM takes in a Sid are letters and digits alone (IAM user guide, "IAM JSON policy elements: Sid"). */
const sid = (action: string): string =>
  `Allow${action.replace(/^(?:kms|sts):/, '').replace(/[^A-Za-z0-9]/g, '')}`;

/** The statement for the policy of the user or role that works. */
export function identityAdvice({ action, keyArn, principal, side }: Wanted): PolicyAdvice {
  const to = principal === null ? 'your user or role' : lastName(principalOf(principal));
  return {
    place: 'identity',
    title: `For the policy of ${to}${side === null ? '' : ` (${side} key)`}`,
    statement: json({ Sid: sid(action), Effect: 'Allow', Action: action, Resource: keyArn ?? KEY }),
  };
}

/** The statement for the key policy. There `"Resource": "*"` means this key (KMS guide, "Key policies"). */
export function keyAdvice({ action, keyArn, principal, side }: Wanted): PolicyAdvice {
  const which = keyArn === null ? `the ${side ?? ''} key`.replace('  ', ' ') : lastName(keyArn);
  return {
    place: 'key',
    title: `For the key policy of ${which}${keyArn !== null && side !== null ? ` (${side} key)` : ''}`,
    statement: json({
      Sid: sid(action),
      Effect: 'Allow',
      Principal: { AWS: principal === null ? PRINCIPAL : principalOf(principal) },
      Action: action,
      Resource: '*',
    }),
  };
}

/**
 * The statement for a policy that limits what others allow. A VPC endpoint policy names a principal; the others cannot
 * (IAM user guide, "Policies and permissions"; a resource control policy allows nothing but all).
 */
export function limitAdvice(place: PolicyPlace, { action, keyArn, principal }: Wanted): PolicyAdvice {
  const to = principal === null ? 'your user or role' : lastName(principalOf(principal));
  const titles: Partial<Record<PolicyPlace, string>> = {
    boundary: `For the permissions boundary of ${to}`,
    session: 'For the session policy',
    endpoint: 'For the policy of the VPC endpoint',
    'service-control': 'For a service control policy (SCP) of the organization',
    'resource-control': 'For a resource control policy (RCP) of the organization',
  };
  return {
    place,
    title: titles[place] ?? `For the ${place} policy`,
    statement: json({
      Sid: sid(action),
      Effect: 'Allow',
      ...(place === 'endpoint' || place === 'resource-control' ? { Principal: '*' } : {}),
      Action: action,
      Resource: place === 'service-control' || place === 'resource-control' ? '*' : (keyArn ?? KEY),
    }),
  };
}

/** The statement for the trust policy of a role, which lets `principal` assume it. */
export function trustAdvice(
  role: string,
  principal: string | null,
  externalId: boolean,
  action = 'sts:AssumeRole',
): PolicyAdvice {
  return {
    place: 'trust',
    title: `For the trust policy of ${role.startsWith('<') ? 'the role' : lastName(role)}`,
    statement: json({
      Sid: sid(action),
      Effect: 'Allow',
      Principal: { AWS: principal === null ? PRINCIPAL : principalOf(principal) },
      Action: action,
      ...(externalId
        ? { Condition: { StringEquals: { 'sts:ExternalId': '<external_id of the profile>' } } }
        : {}),
    }),
  };
}

/** The statement for the policy of who assumes a role. */
export function assumeAdvice(
  role: string,
  principal: string | null,
  action = 'sts:AssumeRole',
): PolicyAdvice {
  const to = principal === null ? 'your user or role' : lastName(principalOf(principal));
  return {
    place: 'identity',
    title: `For the policy of ${to}`,
    statement: json({ Sid: sid(action), Effect: 'Allow', Action: action, Resource: role }),
  };
}

/**
 * Who a policy names: of a role session the role, since a session ends. The session's ARN lacks the path of the role
 * (IAM user guide, "IAM identifiers"): a role with a path has it added by hand.
 */
export function principalOf(arn: string): string {
  const session = /^arn:([^:]+):sts::(\d{12}):assumed-role\/([^/]+)\//.exec(arn);
  return session === null ? arn : `arn:${session[1]}:iam::${session[2]}:role/${session[3]}`;
}

/** The account inside an ARN; null where there is none. */
export const accountOf = (arn: string | null): string | null =>
  arn === null ? null : (/^arn:[^:]*:[^:]*:[^:]*:(\d{12}):/.exec(arn)?.[1] ?? null);

const lastName = (arn: string): string => /:(alias\/.+|[^:]+)$/.exec(arn)?.[1] ?? arn;

const json = (statement: object): string => JSON.stringify(statement, null, 2);
