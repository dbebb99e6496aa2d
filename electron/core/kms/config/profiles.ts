import type { ProfileInfo } from '#shared/model/connection.ts';
import { isSsoProfile } from '../sso/settings.ts';
import { type ProfileMembers, profileChain, readSharedConfig, type SharedConfig } from './shared-config.ts';

/** Which member tells how a profile gets its credentials; the first that is present names the method. */
const METHODS: readonly (readonly [member: string, method: string])[] = [
  ['sso_session', 'SSO'],
  ['sso_start_url', 'SSO'],
  ['web_identity_token_file', 'Web identity'],
  ['role_arn', 'Assumes a role'],
  ['credential_process', 'Credential process'],
  ['login_session', 'aws login'],
  ['aws_access_key_id', 'Access key'],
];

/**
 * Profiles of the shared AWS config and credentials files, sorted, `default` first: name, Region and method, never a
 * secret. `problems` says which file exists and cannot be read. Never throws.
 */
export async function listProfiles(): Promise<{ profiles: ProfileInfo[]; problems: string[] }> {
  const config = await readSharedConfig();
  const { profiles, problems } = config;
  const infos = [...profiles].map(([name, members]) => ({
    name,
    region: members.region ?? null,
    method: methodOf(members),
    ...sessionOf(config, name),
  }));
  infos.sort((a, b) =>
    a.name === 'default' ? -1 : b.name === 'default' ? 1 : a.name < b.name ? -1 : a.name > b.name ? 1 : 0,
  );
  return { profiles: infos, problems: [...problems] };
}

/** What its whole chain of roles asks of a person. */
function sessionOf(config: SharedConfig, name: string): Pick<ProfileInfo, 'sso' | 'mfa'> {
  const chain = profileChain(config, name);
  return {
    sso: chain.some(({ members }) => isSsoProfile(members)),
    mfa: chain.some(({ members }) => members.mfa_serial !== undefined),
  };
}

function methodOf(members: ProfileMembers): string {
  return METHODS.find(([member]) => members[member] !== undefined)?.[1] ?? 'Default chain';
}
