import { explainKms, faultOfCatalogue, type KmsSituation, scrub } from '#shared/kms/errors.ts';
import { FaultError } from '#shared/model/fault.ts';
import { defaultProfileName, profileVariable } from '../config/shared-config.ts';
import { toFaultError } from '../failure.ts';
import { type Source, sourceWords } from './source.ts';

/** The fault of a source that gave no credentials: explained as that of who refused, without a secret. */
export function explainSource(
  error: unknown,
  source: Source,
  situation: KmsSituation,
  profile: string | null,
): FaultError {
  if (error instanceof FaultError) return error;
  const name = error instanceof Error ? error.name : '';
  const said = error instanceof Error ? scrub(error.message) : '';
  const network = NETWORK.exec(`${name} ${said}`)?.[1];
  switch (source.kind) {
    case 'sso':
      if (/UnauthorizedException|Session token not found/i.test(said)) return ssoSignInNeeded(profile);
      if (/ForbiddenException|No access|ResourceNotFoundException/i.test(said))
        return saidBy(
          'IAM Identity Center',
          said,
          faultOfCatalogue('SsoRoleNotAssigned', {
            message: `IAM Identity Center does not give you the role ${source.roleName} in account ${source.accountId} (profile "${source.profile}").`,
          }),
        );
      break;
    case 'login':
      return saidBy(
        'The SDK',
        said,
        faultOfCatalogue('CredentialsProviderError', {
          message: `The sign-in of the profile "${source.profile}" has ended or was never made.`,
          detail: 'The profile takes its credentials from "aws login".',
          remedy: `Run "aws login --profile ${source.profile}" in a terminal, then connect again.`,
        }),
      );
    case 'container':
      return saidBy(
        'The SDK',
        said,
        faultOfCatalogue('ContainerCredentialsFailed', {
          message: `The endpoint of the container (${source.host}) gives no credentials.`,
        }),
      );
    case 'instance':
      return saidBy('The SDK', said, faultOfCatalogue('InstanceRoleUnavailable'));
  }
  if (network !== undefined && name === 'CredentialsProviderError')
    return new FaultError(explainKms(network, said, null, { ...situation, endpoint: null }));
  return toFaultError(error, situation, () => []);
}

const NETWORK = /\b(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH)\b/;

/** Nothing gives credentials. `profile`: that the connection names; `last`: what came of the last that was asked. */
export function nothingFound(profile: string | null, last: string) {
  const name = profile ?? defaultProfileName();
  const variable = profile === null ? profileVariable() : null;
  if (profile !== null || variable !== null)
    return faultOfCatalogue('ProfileUnusable', {
      message: `The profile "${name}" gives no credentials.`,
      detail: `It has no access key, role, SSO settings or command. ${last}`,
    });
  return faultOfCatalogue('CredentialsProviderError', {
    detail: `There is no access key in the environment, none in the profile "${name}" of the shared AWS files, and no container or web identity is configured. ${last}`,
  });
}

/** The fault with the words of who refused. */
function saidBy(by: string, message: string, fault: ReturnType<typeof faultOfCatalogue>): FaultError {
  return new FaultError({
    ...fault,
    raw: message === '' ? null : { name: fault.code, message, requestId: null, by },
  });
}

/** The fault of an SSO session that has ended or never began. */
export function ssoSignInNeeded(chosen: string | null): FaultError {
  const profile = chosen ?? defaultProfileName();
  return new FaultError(
    faultOfCatalogue('SsoSignInNeeded', {
      message: `The SSO session of the profile "${profile}" has ended or was never started.`,
      detail: 'An SSO session lasts some hours; after that a person has to sign in again.',
      remedy: `Sign in again, here or with "aws sso login --profile ${profile}". Work goes on where it stopped; nothing is lost.`,
    }),
  );
}

export const mfaRefused = (profile: string | null): FaultError =>
  mfaNeeded(profile, 'AWS did not accept the code: it is wrong, was used before, or came too late.');

export function mfaNeeded(profile: string | null, detail: string): FaultError {
  return new FaultError(
    faultOfCatalogue('MfaNeeded', {
      message: `The profile "${profile ?? defaultProfileName()}" needs a multi-factor code.`,
      detail,
    }),
  );
}

/** What a wait for this source is called. */
export const waitWords = (source: Source): string => {
  switch (source.kind) {
    case 'process':
      return 'the credential_process of the profile';
    case 'sso':
      return 'the SSO portal';
    case 'role':
      return 'STS (AssumeRole)';
    case 'web-identity':
      return 'STS (web identity)';
    case 'container':
      return `the container's endpoint (${source.host})`;
    case 'instance':
      return 'the instance role (metadata service)';
    default:
      return sourceWords(source);
  }
};
