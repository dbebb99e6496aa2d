import { parseDenial } from './denied.ts';
import { accountOf, assumeAdvice, trustAdvice } from './policy.ts';
import type { Diagnosis, KmsSituation, RoleSituation } from './situation.ts';

/** "the role arn:… (of the profile "prod")". */
const roleWords = (role: RoleSituation): string =>
  `the role ${role.arn}${role.profile === null ? '' : ` (profile "${role.profile}")`}`;

/** STS refused to let a role be assumed: it says the same where the role does not exist. */
export function notAssumable(said: string, s: KmsSituation): Diagnosis {
  const { role } = s;
  if (role === undefined) return {};
  const denial = parseDenial(said);
  const principal = denial?.principal ?? null;
  const who = principal ?? 'the source credentials';
  const message = `STS does not let ${who} assume ${roleWords(role)}.`;
  const webIdentity = s.operation === 'AssumeRoleWithWebIdentity';
  if (denial?.type !== null && denial?.type !== undefined && denial.why !== null) {
    const { type } = denial;
    const arn = denial.policyArn === null ? '' : ` (${denial.policyArn})`;
    const where = type.where({
      who: principal ?? 'your user or role',
      owner: accountOf(role.arn),
      service: 'STS',
      resource: 'role',
    });
    const denies = denial.why === 'explicit';
    return {
      message,
      causes: [
        `${type.place === 'key' ? 'the trust policy of the role' : type.words}${arn} ${denies ? 'denies it explicitly' : 'does not allow it'}.`,
      ],
      remedy: `Have ${denial.action} ${denies ? 'no longer denied' : 'allowed'} ${type.place === 'key' ? 'in the trust policy of the role' : where}.`,
      policies: denies
        ? []
        : type.place === 'identity'
          ? [assumeAdvice(role.arn, principal, denial.action)]
          : type.place === 'trust' || type.place === 'key'
            ? [trustAdvice(role.arn, principal, role.externalId, denial.action)]
            : [],
    };
  }
  if (/root accounts?/i.test(said))
    return {
      message,
      causes: ['the source credentials are those of the root user of an account, which cannot assume roles.'],
      remedy: 'Use the keys of an IAM user or role as the source of the profile (source_profile).',
    };
  if (/source ?identity cannot be changed/i.test(said))
    return {
      message,
      causes: [
        'the session that assumes it has a source identity, and that stays the same in every further role.',
      ],
      remedy:
        'Begin the chain of roles again with a session that has the source identity that is wanted, or none.',
    };
  // A session that carries tags or a source identity needs a right of its own for each (IAM user guide, "Pass session tags").
  if (denial !== null && /^sts:(?:TagSession|SetSourceIdentity|SetContext)$/.test(denial.action)) {
    const carries = denial.action === 'sts:TagSession' ? 'session tags' : 'a source identity or context';
    return {
      message: `STS does not let ${who} pass ${carries} to ${roleWords(role)}: ${denial.action} is missing.`,
      causes: [
        `the request or the session behind it carries ${carries}, and the trust policy of the role does not allow ${denial.action}.`,
        `the policies of this identity do not allow ${denial.action} on the role.`,
      ],
      remedy: `Have ${denial.action} allowed beside sts:AssumeRole, in the trust policy of the role and in the policy of this identity.`,
      policies: [
        trustAdvice(role.arn, principal, false, denial.action),
        assumeAdvice(role.arn, principal, denial.action),
      ],
    };
  }
  if (webIdentity)
    return {
      message: `STS does not let the web identity assume ${roleWords(role)}.`,
      causes: [
        'the trust policy of the role does not name the identity provider, or its conditions (aud, sub: namespace and service account, repository and branch) do not fit the token.',
        'the role does not exist.',
      ],
      remedy:
        'Compare the claims "aud" and "sub" of the token with the conditions in the trust policy of the role (sts:AssumeRoleWithWebIdentity).',
    };
  return {
    message,
    causes: [
      role.externalId
        ? 'the trust policy of the role does not name this identity, or asks for another external id than external_id of the profile.'
        : 'the trust policy of the role does not name this identity, or asks for an external id (sts:ExternalId), and the profile has no external_id.',
      ...(role.mfa
        ? []
        : [
            'the trust policy asks for a multi-factor code (aws:MultiFactorAuthPresent), and the profile has no mfa_serial.',
          ]),
      'the policies of this identity do not allow sts:AssumeRole on the role.',
      'there is no role of that name: STS says the same then.',
    ],
    remedy:
      'Check role_arn, external_id and mfa_serial of the profile, then have the trust policy of the role and the policy of this identity allow it.',
    policies: [trustAdvice(role.arn, principal, role.externalId), assumeAdvice(role.arn, principal)],
  };
}

/** The session was asked to last longer than it may. */
export function durationTooLong(said: string, s: KmsSituation): Diagnosis {
  const { role } = s;
  const asked = role?.durationSeconds ?? null;
  const profile = role?.profile ?? null;
  const setting = `duration_seconds${profile === null ? '' : ` of the profile "${profile}"`}`;
  const message = `STS refuses a session of ${asked === null ? 'that length' : `${asked} seconds`}${role === undefined ? '' : ` for ${roleWords(role)}`}.`;
  if (/greater than or equal to 900/.test(said))
    return {
      message,
      causes: ['it is shorter than 900 seconds, the least that STS gives.'],
      remedy: `Set ${setting} to 900 or more, or take it out (one hour).`,
    };
  if (/chain/i.test(said))
    return {
      message,
      causes: [
        'a role that is assumed with the credentials of another role lasts an hour at most (role chaining).',
      ],
      remedy: `Set ${setting} to 3600 or less, or take it out. Rewrap renews the session by itself.`,
    };
  return {
    message,
    causes: [
      'it is longer than the maximum session duration of the role, which is one hour unless it was raised.',
    ],
    remedy: `Set ${setting} to what the role allows, or take it out (one hour; Rewrap renews the session by itself); or have MaxSessionDuration of the role raised.`,
  };
}

const PARAMETERS: Readonly<Record<string, string>> = {
  roleArn: 'role_arn',
  roleSessionName: 'role_session_name',
  externalId: 'external_id',
  serialNumber: 'mfa_serial',
  sourceIdentity: 'the source identity',
  durationSeconds: 'duration_seconds',
  webIdentityToken: 'the web identity token',
};

/** STS found a value of the request malformed: it comes from a setting of the profile. */
export function roleRequestInvalid(said: string, s: KmsSituation): Diagnosis {
  if (/packed (?:policy|size)|allotted space/i.test(said))
    return {
      message: 'STS refuses the session: its policies and tags together are too large.',
      causes: [
        'session policies and session tags, those taken over from the session before included, share one limit.',
      ],
      remedy:
        'Have fewer or shorter session tags and session policies passed where the first session begins.',
    };
  const parameter = /at '(\w+)'/.exec(said)?.[1] ?? (/\bis invalid$/i.test(said.trim()) ? 'roleArn' : null);
  const setting = parameter === null ? null : (PARAMETERS[parameter] ?? parameter);
  const profile = s.role?.profile ?? null;
  if (setting === null) return {};
  return {
    message: `STS refuses ${setting}${profile === null ? '' : ` of the profile "${profile}"`}.`,
    causes: ['its value does not have the form that STS asks for.'],
    remedy: `Correct ${setting}${profile === null ? '' : ` in the profile "${profile}" of the AWS config file`}.`,
  };
}
