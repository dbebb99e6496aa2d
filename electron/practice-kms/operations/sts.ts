/** STS `GetCallerIdentity` and `AssumeRole` in the AWS query protocol (form in, XML out), which every SDK uses for STS. */
import { randomBytes } from 'node:crypto';
import type { RequestContext } from '../access/identities.ts';
import { PRACTICE_MFA_CODE, PRACTICE_ROLES, type PracticeCaller, roleUserId } from '../access/identities.ts';
import { speaksOf } from '../access/policy.ts';
import type { KmsError } from '../protocol/errors.ts';

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';
/** Session length in seconds (API reference, `AssumeRole`); the practice roles allow AWS's default of one hour. */
const DURATION = { min: 900, max: 43_200, ofRole: 3600 };

interface StsReply {
  readonly status: number;
  readonly xml: string;
}

/** `sessionSeconds`: how long sessions last, whatever is asked; null: as asked. */
interface StsOptions {
  readonly sessionSeconds: number | null;
}

/** Answers a form-encoded STS request. */
export function answerSts(world: RequestContext, form: URLSearchParams, options: StsOptions): StsReply {
  const action = form.get('Action');
  if (action === 'GetCallerIdentity') return getCallerIdentity(world);
  if (action === 'AssumeRole') return assumeRole(world, form, options);
  return stsError(
    'InvalidAction',
    'The practice KMS knows of STS only GetCallerIdentity and AssumeRole.',
    world.requestId,
  );
}

/** An STS refusal. */
export function stsError(code: string, message: string, requestId: string, status = 400): StsReply {
  return {
    status,
    xml: `<ErrorResponse xmlns="${NAMESPACE}"><Error><Type>Sender</Type><Code>${code}</Code><Message>${escapeXml(message)}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
  };
}

/** A refusal that STS shares with KMS, under the name and status that it has with STS. */
export function asStsError(error: KmsError, requestId: string): StsReply {
  const code = error.code.replace(/Exception$/, '');
  return code === 'ExpiredToken'
    ? stsError(code, error.message, requestId, 403)
    : code === 'UnrecognizedClient'
      ? stsError('InvalidClientTokenId', error.message, requestId, 403)
      : stsError(code, error.message, requestId, error.status);
}

function getCallerIdentity({ caller, requestId }: RequestContext): StsReply {
  return reply(
    'GetCallerIdentity',
    `<Arn>${caller.arn}</Arn><UserId>${caller.userId}</UserId><Account>${caller.accountId}</Account>`,
    requestId,
  );
}

function assumeRole(world: RequestContext, form: URLSearchParams, options: StsOptions): StsReply {
  const { caller, requestId } = world;
  const roleArn = form.get('RoleArn') ?? '';
  const name = form.get('RoleSessionName') ?? '';
  const seconds = Number(form.get('DurationSeconds') ?? DURATION.ofRole);
  const problem = invalidMember(roleArn, name, seconds, form);
  if (problem) return stsError('ValidationError', problem, requestId);

  const role = PRACTICE_ROLES.find((candidate) => candidate.arn === roleArn);
  const mfa = mfaProblem(form);
  if (mfa) return stsError('AccessDenied', mfa, requestId, 403);
  const gaveMfa = form.has('TokenCode');
  const trusted =
    role !== undefined &&
    caller.accountId === role.trusts &&
    mayAssume(caller, role.arn) &&
    (role.mfaSerial === null || gaveMfa || caller.mfa) &&
    (role.externalId === null || form.get('ExternalId') === role.externalId);
  if (!trusted)
    return stsError(
      'AccessDenied',
      `User: ${caller.arn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`,
      requestId,
      403,
    );
  if (seconds > DURATION.ofRole)
    return stsError(
      'ValidationError',
      'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
      requestId,
    );

  const roleName = roleArn.slice(roleArn.indexOf('/') + 1);
  const session = {
    accessKeyId: `ASIA${randomBytes(20)
      .toString('base64')
      .toUpperCase()
      .replaceAll(/[^A-Z2-7]/g, 'X')
      .slice(0, 16)}`,
    token: randomBytes(96).toString('base64'),
    roleArn,
    sessionName: name,
    mfa: gaveMfa,
    expiresAt: Date.now() + (options.sessionSeconds ?? seconds) * 1000,
  };
  world.state.sessions.add(session);
  return reply(
    'AssumeRole',
    `<AssumedRoleUser><AssumedRoleId>${roleUserId(roleName)}:${name}</AssumedRoleId><Arn>arn:aws:sts::${role.accountId}:assumed-role/${roleName}/${name}</Arn></AssumedRoleUser>` +
      `<Credentials><AccessKeyId>${session.accessKeyId}</AccessKeyId><SecretAccessKey>${randomBytes(30).toString('base64')}</SecretAccessKey><SessionToken>${session.token}</SessionToken><Expiration>${new Date(session.expiresAt).toISOString()}</Expiration></Credentials>`,
    requestId,
  );
}

function mayAssume(caller: PracticeCaller, roleArn: string): boolean {
  const request = { action: 'sts:AssumeRole', resource: roleArn, values: () => null };
  return caller.permissions.some((statement) => statement.effect === 'Allow' && speaksOf(statement, request));
}

/** What is wrong with the members, in the wording of STS; null: nothing. */
function invalidMember(roleArn: string, name: string, seconds: number, form: URLSearchParams): string | null {
  const problem = (value: string, member: string, constraint: string) =>
    `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: ${constraint}`;
  if (roleArn.length < 20)
    return problem(roleArn, 'roleArn', 'Member must have length greater than or equal to 20');
  if (!/^arn:aws:iam::\d{12}:role\/.+$/.test(roleArn)) return `${roleArn} is invalid`;
  if (!/^[\w+=,.@-]{2,64}$/.test(name))
    return problem(
      name,
      'roleSessionName',
      'Member must satisfy regular expression pattern: [\\w+=,.@-]{2,64}',
    );
  if (!Number.isInteger(seconds) || seconds < DURATION.min || seconds > DURATION.max)
    return problem(
      form.get('DurationSeconds') ?? '',
      'durationSeconds',
      `Member must have value between ${DURATION.min} and ${DURATION.max}`,
    );
  const code = form.get('TokenCode');
  if (code !== null && !/^\d{6}$/.test(code))
    return problem(code, 'tokenCode', 'Member must satisfy regular expression pattern: [\\d]*');
  return null;
}

/** What is wrong with an MFA device and code that were sent; null: nothing, or none was sent. */
function mfaProblem(form: URLSearchParams): string | null {
  const serial = form.get('SerialNumber');
  const code = form.get('TokenCode');
  if (serial === null && code === null) return null;
  if (!PRACTICE_ROLES.some((role) => role.mfaSerial === serial) || code === null)
    return 'MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.';
  return code === PRACTICE_MFA_CODE
    ? null
    : 'MultiFactorAuthentication failed with invalid MFA one time pass code. ';
}

function reply(action: string, result: string, requestId: string): StsReply {
  return {
    status: 200,
    xml: `<${action}Response xmlns="${NAMESPACE}"><${action}Result>${result}</${action}Result><ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${action}Response>`,
  };
}

function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
