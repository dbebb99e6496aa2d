import { isLoopback } from '../../limits/loopback.ts';
import { chooseSource, sourceChain } from '../credentials/source.ts';
import { defaultProfileName, readSharedConfig, type SharedConfig } from './shared-config.ts';
import { configuredEndpoint } from './where.ts';

/** What connecting with a profile uses, as AWS's own files and environment have it. */
export interface ProfileUses {
  /** Commands that are run for credentials (`credential_process`), each with the profile that names it. */
  readonly commands: readonly { readonly profile: string; readonly command: string }[];
  /** The KMS endpoint that is configured; null: the Region's own. */
  readonly endpoint: string | null;
}

/** `profile` null: the SDK's default chain, which takes credentials of the environment before a command. Never throws. */
export async function profileUses(profile: string | null): Promise<ProfileUses> {
  const config = await readSharedConfig();
  const commands = commandsOf(config, profile);
  try {
    return { commands, endpoint: configuredEndpoint('KMS', config, profile ?? defaultProfileName()) };
  } catch {
    // A services section that is not there: connecting says so.
    return { commands, endpoint: null };
  }
}

/** What is never reached, and what cannot be chosen, runs no command. */
function commandsOf(config: SharedConfig, profile: string | null): ProfileUses['commands'] {
  try {
    const { source } = chooseSource(config, profile);
    return source === null
      ? []
      : sourceChain(source).flatMap((one) =>
          one.kind === 'process' ? [{ profile: one.profile, command: one.command }] : [],
        );
  } catch {
    return [];
  }
}

/** Why an endpoint cannot be used at all; null: it can. `http`: whether plain HTTP to other machines is accepted. */
export function endpointProblem(endpoint: string, http: boolean): string | null {
  const parsed = URL.parse(endpoint);
  if (parsed === null) return 'It is no URL.';
  if (parsed.username !== '' || parsed.password !== '') return 'It holds a user name or a password.';
  if (parsed.search !== '' || parsed.hash !== '') return 'It has a query or a fragment.';
  if (parsed.protocol === 'https:') return null;
  if (parsed.protocol !== 'http:') return 'It is neither https: nor http:.';
  if (http || isLoopback(endpoint)) return null;
  return 'Plain HTTP is for endpoints on this machine: requests carry credentials.';
}
