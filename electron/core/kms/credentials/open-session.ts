import { createHash } from 'node:crypto';
import { FaultError } from '#shared/model/fault.ts';
import { readSharedConfig, type SharedConfig } from '../config/shared-config.ts';
import { partitionOf } from '../config/where.ts';
import type { AskMfa } from '../types.ts';
import { PROCESS_WAIT_MS, type Waits } from '../waiting.ts';
import { nothingFound, waitWords } from './explain.ts';
import { resolveSource, type StsConfig } from './resolve.ts';
import { type Credentials, Session } from './session.ts';
import { chooseSource, type Source, sourceChain } from './source.ts';

interface CredentialSource {
  /** Null: as the AWS CLI without --profile. */
  readonly profile: string | null;
  readonly region: string;
  /** How STS is reached, for roles that are assumed; without credentials. */
  readonly sts: StsConfig;
  readonly askMfa: AskMfa | null;
  readonly waits: Waits;
}

/**
 * Sessions that took a multi-factor code, by what they were made from. A code works once, so two connections of one
 * profile (source and destination, two Regions) must share the session, and so must the next connection.
 */
const withMfa = new Map<string, { session: Session; askMfa: AskMfa | null; waits: Waits }>();

const MOST_SESSIONS = 16;

/** Forgets every session that took a multi-factor code: the next connection asks anew. */
export function forgetSessions(): void {
  withMfa.clear();
}

/**
 * The session of a profile, or of what the AWS CLI would take without one. Nothing is resolved yet. The session throws
 * FaultError: `MfaNeeded`, `SsoSignInNeeded` (naming the profile), `ProfileUnusable`, and the catalogue's codes for
 * everything else.
 */
export async function openSession(source: CredentialSource): Promise<Session> {
  const config = await readSharedConfig();
  if (!takesCode(config, source.profile)) return new Session(() => resolve(source, () => source));
  const key = fingerprint(source, [...config.profiles], [...config.sections]);
  const known = withMfa.get(key);
  if (known !== undefined) {
    known.askMfa = source.askMfa ?? known.askMfa;
    known.waits = source.waits;
    return known.session;
  }
  const session = new Session(() => resolve(source, () => withMfa.get(key) ?? source));
  // Sessions of files as they were long ago hold secrets for nothing.
  const [oldest] = withMfa.keys();
  if (withMfa.size >= MOST_SESSIONS && oldest !== undefined) withMfa.delete(oldest);
  withMfa.set(key, { session, askMfa: source.askMfa, waits: source.waits });
  return session;
}

/** What cannot be chosen now fails when credentials are asked for. */
function takesCode(config: SharedConfig, profile: string | null): boolean {
  try {
    const { source } = chooseSource(config, profile);
    return (
      source !== null && sourceChain(source).some((one) => one.kind === 'role' && one.mfaSerial !== null)
    );
  } catch {
    return false;
  }
}

/** Of everything that decides which credentials come out; a hash, because the files hold secrets. */
function fingerprint(source: CredentialSource, ...files: unknown[]): string {
  const environment = Object.entries(process.env).filter(([name]) =>
    /^(?:AWS_|HOME$|USERPROFILE$)/.test(name),
  );
  const endpoint = source.sts.endpoint ?? null;
  const parts = [source.profile, partitionOf(source.region).id, endpoint, environment.sort(), files];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** `by`: who asks for a code, and how long is waited, now. */
async function resolve(
  { profile, sts }: CredentialSource,
  by: () => Pick<CredentialSource, 'askMfa' | 'waits'>,
): Promise<Credentials> {
  const config = await readSharedConfig();
  const { source } = chooseSource(config, profile);
  if (source === null)
    throw new FaultError(
      nothingFound(
        profile,
        lastWords(config, 'AWS_EC2_METADATA_DISABLED forbids asking the metadata service.'),
      ),
    );
  const { waits, askMfa } = by();
  const limitMs = ofProcess(source) ? Math.max(waits.limitMs, PROCESS_WAIT_MS) : waits.limitMs;
  return waits.bounded(
    `credentials from ${waitWords(slowest(source))}`,
    (attended) =>
      resolveSource(source, { config, sts, profile, askMfa, attended, limitMs }).catch((error: unknown) => {
        throw source.kind === 'instance' ? lastResort(error, profile, config) : error;
      }),
    limitMs,
  );
}

/** Where the instance was asked because there is nothing else, that is what a person has to know. */
function lastResort(error: unknown, profile: string | null, config: SharedConfig): unknown {
  if (!(error instanceof FaultError) || error.fault.code !== 'InstanceRoleUnavailable') return error;
  const words = lastWords(config, 'The metadata service of an EC2 instance gives none either.');
  const found = nothingFound(profile, words);
  return new FaultError({ ...found, raw: error.fault.raw });
}

/** What came of the last source that was asked, and files that may have had one. */
const lastWords = ({ unreadable }: SharedConfig, last: string): string =>
  [last, ...unreadable.map((one) => `${one}.`)].join(' ');

const ofProcess = (source: Source): boolean => sourceChain(source).some(({ kind }) => kind === 'process');

/** What is waited for first and longest: the end of the chain, where it has to be asked. */
function slowest(source: Source): Source {
  const chain = sourceChain(source);
  const last = chain.at(-1) ?? source;
  return last.kind === 'keys' || last.kind === 'environment' || last.kind === 'login' ? source : last;
}
