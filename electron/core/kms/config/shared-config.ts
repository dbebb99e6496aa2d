import { access, constants } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Members of one profile. They may hold secrets: nothing of this leaves the folder but what `profiles.ts` names. */
export type ProfileMembers = Readonly<Record<string, string | undefined>>;

export interface SharedConfig {
  readonly profiles: ReadonlyMap<string, ProfileMembers>;
  /** The other sections by "sso-session.NAME" and "services.NAME"; nested members by "kms.endpoint_url". */
  readonly sections: ReadonlyMap<string, ProfileMembers>;
  /** Files that exist and cannot be read or parsed, in words; no content is quoted. */
  readonly problems: readonly string[];
}

/** Sections of the config file that are no profiles; the SDK's loader keeps them under "prefix.name". */
const OTHER_SECTIONS = ['sso-session.', 'services.'];

/**
 * Reads the shared config and credentials files anew with the SDK's own loader, which honours AWS_CONFIG_FILE and
 * AWS_SHARED_CREDENTIALS_FILE. Missing files are normal. Members of the credentials file win over the config file,
 * as in the SDK.
 */
export async function readSharedConfig(): Promise<SharedConfig> {
  const { loadSharedConfigFiles } = await import('@smithy/core/config');
  const { configFile, credentialsFile } = await loadSharedConfigFiles({ ignoreCache: true });
  const profiles = new Map<string, ProfileMembers>();
  const sections = new Map<string, ProfileMembers>();
  for (const file of [configFile, credentialsFile]) {
    for (const [name, members] of Object.entries(file)) {
      const into = OTHER_SECTIONS.some((prefix) => name.startsWith(prefix)) ? sections : profiles;
      into.set(name, { ...into.get(name), ...members });
    }
  }
  // The loader answers an unreadable file with "no profiles"; a person should know the difference.
  const found = await Promise.all([
    problemOf('config', configPath(), configFile),
    problemOf('credentials', credentialsPath(), credentialsFile),
  ]);
  return { profiles, sections, problems: found.filter((problem) => problem !== null) };
}

/** Path of the shared config file, as written in AWS_CONFIG_FILE or the default. */
export const configPath = (): string => process.env.AWS_CONFIG_FILE ?? join(homedir(), '.aws', 'config');
/** Path of the shared credentials file, as written in AWS_SHARED_CREDENTIALS_FILE or the default. */
export const credentialsPath = (): string =>
  process.env.AWS_SHARED_CREDENTIALS_FILE ?? join(homedir(), '.aws', 'credentials');
/** A path with its leading "~/" resolved, as the SDK's loader does. */
export const expandHome = (path: string): string =>
  path.startsWith('~/') ? join(homedir(), path.slice(2)) : path;

async function problemOf(what: string, path: string, parsed: object): Promise<string | null> {
  const full = expandHome(path);
  try {
    await access(full, constants.R_OK);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    const named = process.env[what === 'config' ? 'AWS_CONFIG_FILE' : 'AWS_SHARED_CREDENTIALS_FILE'];
    if (code === 'ENOENT')
      return named === undefined
        ? null
        : `The AWS ${what} file ${path}, named by the environment, does not exist.`;
    return `The AWS ${what} file ${path} cannot be read (${code}).`;
  }
  if (Object.keys(parsed).length > 0) return null;
  return (await isBlank(full)) ? null : `The AWS ${what} file ${path} holds no profile that can be read.`;
}

async function isBlank(path: string): Promise<boolean> {
  const { readFile } = await import('node:fs/promises');
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.split('\n').every((line) => /^\s*(?:[#;].*)?$/.test(line) || /^\s*\[.*\]\s*$/.test(line));
}

/** One profile of a chain of assumed roles. */
export interface ChainLink {
  readonly name: string;
  readonly members: ProfileMembers;
}

/** A profile and the profiles it takes its credentials from (`source_profile`), nearest first. Cycles end it. */
export function profileChain(config: SharedConfig, name: string): ChainLink[] {
  const links: ChainLink[] = [];
  let next: string | undefined = name;
  while (next !== undefined && !links.some((link) => link.name === next)) {
    const members: ProfileMembers | undefined = config.profiles.get(next);
    if (members === undefined) break;
    links.push({ name: next, members });
    next = members.role_arn === undefined ? undefined : members.source_profile;
  }
  return links;
}

/** The profile the SDK would take when none is named. */
export function defaultProfileName(): string {
  return process.env.AWS_PROFILE || 'default';
}
