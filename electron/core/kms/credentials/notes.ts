import { kindOf } from '#shared/connection-kind.ts';
import type { ConnectionChoice } from '#shared/model/connection.ts';
import { defaultProfileName, readSharedConfig } from '../config/shared-config.ts';
import { chooseSource, type Source, sourceChain, sourceWords } from './source.ts';

/** What a person should know of a connection's configuration before it is used; no secret is in it. */
interface ConnectionNotes {
  /** Where the credentials come from; absent where none are used or none can be. */
  readonly credentials?: string;
  /** Sources that are passed over, settings without effect, files that cannot be read. Absent: none. */
  readonly warnings?: string[];
}

/** Nothing is sent and no command is run. Never throws. */
export async function connectionNotes(choice: ConnectionChoice): Promise<ConnectionNotes> {
  const own = kindOf(choice).credentials();
  if (own === null) return {};
  const config = await readSharedConfig();
  const warnings = [...config.problems];
  let source: Source | null = null;
  try {
    const chosen = chooseSource(config, own.profile);
    source = chosen.source;
    if (source !== null) {
      const used = sourceWords(source);
      for (const other of chosen.passedOver)
        warnings.push(`Two sources of credentials: used is ${used}; not used is ${other}`);
      for (const one of sourceChain(source)) {
        const given = one.kind === 'role' ? config.profiles.get(one.profile)?.duration_seconds : undefined;
        if (one.kind === 'role' && given !== undefined && one.durationSeconds === null)
          warnings.push(
            `duration_seconds of the profile "${one.profile}" is no whole number of seconds and has no effect, as in the AWS CLI`,
          );
      }
    }
  } catch {
    // Connecting says what is wrong.
  }
  const variable = unusedProfile(source, own.profile);
  if (variable !== null && !warnings.some((line) => line.startsWith('Two sources'))) warnings.push(variable);
  return {
    ...(source === null ? {} : { credentials: sourceWords(source) }),
    ...(warnings.length === 0 ? {} : { warnings }),
  };
}

/** A profile that the environment names, and that gives no credentials because access keys stand there, too. */
function unusedProfile(source: Source | null, profile: string | null): string | null {
  const { AWS_PROFILE: named, AWS_DEFAULT_PROFILE: old } = process.env;
  if (profile !== null || source?.kind !== 'environment' || !(named || old)) return null;
  return `${named ? 'AWS_PROFILE' : 'AWS_DEFAULT_PROFILE'}=${defaultProfileName()} decides Region and endpoint alone: the access key of the environment is used, as in the AWS CLI`;
}
