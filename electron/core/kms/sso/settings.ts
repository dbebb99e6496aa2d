import { FaultError, fault } from '#shared/model/fault.ts';
import { type ProfileMembers, profileChain, type SharedConfig } from '../config/shared-config.ts';

/** What an SSO sign-in needs to know. `sessionName` is null for the legacy form, without an sso-session section. */
export interface SsoSettings {
  readonly sessionName: string | null;
  readonly startUrl: string;
  readonly region: string;
  /** `sso_registration_scopes`; null where there are none. */
  readonly scopes: readonly string[] | null;
}

/** True where a profile gets its credentials through IAM Identity Center. */
export function isSsoProfile(members: ProfileMembers): boolean {
  return members.sso_session !== undefined || members.sso_start_url !== undefined;
}

/**
 * The SSO settings of a profile, or of the profile that its assumed roles come from.
 * Throws FaultError `ProfileUnusable`.
 */
export function ssoSettings(config: SharedConfig, profile: string): SsoSettings {
  const link = profileChain(config, profile).find(({ members }) => isSsoProfile(members));
  if (link === undefined)
    throw unusable(
      `The profile "${profile}" does not sign in through SSO.`,
      'It names no sso_session and no sso_start_url.',
    );
  return ssoSettingsOf(config, link.name, link.members);
}

/** The SSO settings of the profile `name` itself. Throws FaultError `ProfileUnusable`. */
export function ssoSettingsOf(config: SharedConfig, name: string, members: ProfileMembers): SsoSettings {
  const sessionName = members.sso_session ?? null;
  const section = sessionName === null ? members : config.sections.get(`sso-session.${sessionName}`);
  if (section === undefined)
    throw unusable(
      `The profile "${name}" names the SSO session "${sessionName}", which does not exist.`,
      `There is no section [sso-session ${sessionName}] in the AWS config file${others(config)}.`,
    );
  for (const member of ['sso_start_url', 'sso_region'])
    if (members[member] !== undefined && section[member] !== undefined && members[member] !== section[member])
      throw unusable(
        `The profile "${name}" and its SSO session "${sessionName}" disagree about ${member}.`,
        'The AWS CLI refuses this, too.',
      );
  const { sso_start_url: startUrl, sso_region: region } = { ...members, ...section };
  if (startUrl === undefined || region === undefined)
    throw unusable(
      `The SSO settings of the profile "${name}" are incomplete.`,
      `${startUrl === undefined ? 'sso_start_url' : 'sso_region'} is missing${sessionName === null ? '' : ` in [sso-session ${sessionName}]`}. A new sign-in does not help.`,
    );
  if (!/^[a-z]{2,}(?:-[a-z0-9]+)+$/.test(region))
    throw unusable(
      `The SSO settings of the profile "${name}" name the Region "${region}", which is none.`,
      'A Region is written as in "eu-central-1".',
    );
  const scopes = (sessionName === null ? '' : (section.sso_registration_scopes ?? ''))
    .split(',')
    .map((scope) => scope.trim())
    .filter((scope) => scope !== '');
  return { sessionName, startUrl, region, scopes: scopes.length === 0 ? null : scopes };
}

/** The sessions that there are, where a name is mistyped. */
function others(config: SharedConfig): string {
  const names = [...config.sections.keys()]
    .filter((key) => key.startsWith('sso-session.'))
    .map((key) => `"${key.slice('sso-session.'.length)}"`);
  return names.length === 0 || names.length > 10 ? '' : `; there is ${names.join(', ')}`;
}

function unusable(message: string, detail: string): FaultError {
  return new FaultError(
    fault(
      'ProfileUnusable',
      message,
      detail,
      'Correct the profile in the AWS config file ("aws configure sso" writes one).',
    ),
  );
}
