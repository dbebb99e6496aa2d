import { type StatsListener, unwatchFile, watchFile } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { devNull, homedir } from 'node:os';
import { join } from 'node:path';
import { type Ini, parseIni, shellWords } from './ini.ts';

/** Members of one profile. They may hold secrets: nothing of this leaves the folder but what `profiles.ts` names. */
export type ProfileMembers = Readonly<Record<string, string | undefined>>;

export interface SharedConfig {
  /** Both files together: members of the credentials file win. */
  readonly profiles: ReadonlyMap<string, ProfileMembers>;
  /** Profiles of each file alone: which file a key stands in decides what it is used before. */
  readonly credentials: ReadonlyMap<string, ProfileMembers>;
  readonly config: ReadonlyMap<string, ProfileMembers>;
  /** The other sections by "sso-session.NAME" and "services.NAME"; nested members by "kms.endpoint_url". */
  readonly sections: ReadonlyMap<string, ProfileMembers>;
  /** What cannot be read, or is read otherwise than the AWS CLI does, in words; no value is quoted. */
  readonly problems: readonly string[];
  /** Files that are there and cannot be read: what is looked for may stand in them. Among the problems, too. */
  readonly unreadable: readonly string[];
}

/** The kinds of section that the config file has beside `[default]`. */
const PREFIXED = ['profile', 'sso-session', 'services'] as const;

/**
 * Reads the shared config and credentials files anew, as the AWS CLI does (botocore/configloader.py), and also where they
 * begin with a byte order mark or are UTF-16, which the AWS CLI refuses. Missing files are normal. Never throws.
 */
export async function readSharedConfig(): Promise<SharedConfig> {
  const [config, credentials] = await Promise.all([
    readIni('config', configPath(), 'AWS_CONFIG_FILE'),
    readIni('credentials', credentialsPath(), 'AWS_SHARED_CREDENTIALS_FILE'),
  ]);
  const problems = [...config.problems, ...credentials.problems];
  const profiles = new Map<string, ProfileMembers>();
  const sections = new Map<string, ProfileMembers>();
  for (const { name, members } of config.sections) {
    if (name === 'default') {
      profiles.set(name, record(members));
      continue;
    }
    const prefix = PREFIXED.find((each) => name.startsWith(each));
    if (prefix === undefined) {
      if ([...members.keys()].some((member) => /^(?:aws_|region$|role_arn$|sso_)/.test(member)))
        problems.push(
          `${config.named}: the section [${name}] is not read; a profile is written [profile ${name}] there`,
        );
      continue;
    }
    // A later section of one name takes the place of an earlier one: so [profile default] and [default].
    const words = shellWords(name);
    if (words?.length !== 2 || words[0] !== prefix || words[1] === undefined)
      problems.push(
        `${config.named}: the section [${name}] is not read; a name with spaces stands in quotes, as in [${prefix} "my name"]`,
      );
    else if (prefix === 'profile') profiles.set(words[1], record(members));
    else sections.set(`${prefix}.${words[1]}`, record(members));
  }
  const ofConfig = new Map(profiles);
  const ofCredentials = new Map<string, ProfileMembers>();
  for (const { name, members } of credentials.sections) {
    ofCredentials.set(name, record(members));
    profiles.set(name, { ...profiles.get(name), ...record(members) });
    const meant = /^profile\s+(.+)$/.exec(name)?.[1];
    if (meant !== undefined)
      problems.push(
        `${credentials.named}: [${name}] is the profile "${name}"; in this file a profile is written [${meant}]`,
      );
  }
  const unreadable = [...config.unreadable, ...credentials.unreadable];
  return { profiles, credentials: ofCredentials, config: ofConfig, sections, problems, unreadable };
}

const record = (members: ReadonlyMap<string, string>): ProfileMembers => Object.fromEntries(members);

/** Path of the shared config file, as written in AWS_CONFIG_FILE or the default. */
const configPath = (): string => process.env.AWS_CONFIG_FILE || join(homedir(), '.aws', 'config');
/** Path of the shared credentials file, as written in AWS_SHARED_CREDENTIALS_FILE or the default. */
const credentialsPath = (): string =>
  process.env.AWS_SHARED_CREDENTIALS_FILE || join(homedir(), '.aws', 'credentials');

/** A path with its variables and its leading "~" resolved, as the AWS CLI does it. */
export function expandHome(path: string): string {
  const expanded = path.replace(
    /\$(?:(\w+)|\{([^}]+)\})/g,
    (whole, plain: string | undefined, braced: string | undefined) =>
      process.env[plain ?? braced ?? ''] ?? whole,
  );
  return /^~(?=\/|\\|$)/.test(expanded) ? join(homedir(), expanded.slice(1)) : expanded;
}

/** "The AWS config file /home/me/.aws/config" stands before each problem. */
async function readIni(
  what: string,
  path: string,
  variable: string,
): Promise<Ini & { named: string; unreadable: string[] }> {
  const named = `The AWS ${what} file ${path}`;
  const full = expandHome(path);
  const nothing = { sections: [], named, unreadable: [] };
  // The usual way to say "none".
  if (full === devNull) return { ...nothing, problems: [] };
  let bytes: Buffer;
  try {
    // A folder, and what is no file at all, is passed over by the AWS CLI.
    if (!(await stat(full)).isFile()) throw Object.assign(new Error(), { code: 'not a file' });
    bytes = await readFile(full);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    if (code !== 'ENOENT') {
      const step = PERMISSION.has(code) ? 'make it readable for the user that runs this, or ' : '';
      const unreadable = [`${named} cannot be read (${code}): ${step}name another file with ${variable}`];
      return { ...nothing, problems: unreadable, unreadable };
    }
    // Where only the default is missing, nothing is wrong.
    const named_ = process.env[variable];
    return { ...nothing, problems: named_ ? [`${named}, named by ${variable}, does not exist`] : [] };
  }
  const { text, encoding } = decoded(bytes);
  const { sections, problems } = parseIni(text);
  return {
    sections,
    named,
    unreadable: [],
    problems: [
      ...(encoding === null
        ? []
        : [`${named} is ${encoding}, which the AWS CLI cannot read; Rewrap reads it`]),
      ...(sections.length > 0 || problems.length === 0 ? [] : [`${named} holds no profile that can be read`]),
      ...problems.slice(0, MOST_PROBLEMS).map((problem) => `${named}: ${problem}`),
      ...(problems.length > MOST_PROBLEMS
        ? [`${named}: ${problems.length - MOST_PROBLEMS} more lines are not read`]
        : []),
    ],
  };
}

/** Codes of the system for what this user may not do. */
const PERMISSION: ReadonlySet<string> = new Set(['EACCES', 'EPERM']);

/** Of one file; more would hide the rest. */
const MOST_PROBLEMS = 5;

/** `encoding`: null where it is plain UTF-8. */
function decoded(bytes: Buffer): { text: string; encoding: string | null } {
  const [first = 0, second = 0, third = 0] = bytes;
  if (first === 0xef && second === 0xbb && third === 0xbf)
    return { text: bytes.toString('utf8', 3), encoding: 'UTF-8 with a byte order mark' };
  const marked = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  // Without a mark every other byte of ASCII text is zero.
  const zeros = bytes.length < 2 ? null : first === 0 ? 'be' : second === 0 ? 'le' : null;
  if (!marked && zeros === null) return { text: bytes.toString('utf8'), encoding: null };
  const bigEndian = marked ? first === 0xfe : zeros === 'be';
  return {
    text: new TextDecoder(bigEndian ? 'utf-16be' : 'utf-16le').decode(bytes),
    encoding: 'UTF-16',
  };
}

/** The profile that is used when none is named, as in the AWS CLI 2: AWS_PROFILE, AWS_DEFAULT_PROFILE, "default". */
export function defaultProfileName(): string {
  return process.env.AWS_PROFILE || process.env.AWS_DEFAULT_PROFILE || 'default';
}

/** What names the profile when no option does; null: nothing, and "default" is used where it exists. */
export function profileVariable(): 'AWS_PROFILE' | 'AWS_DEFAULT_PROFILE' | null {
  if (process.env.AWS_PROFILE) return 'AWS_PROFILE';
  return process.env.AWS_DEFAULT_PROFILE ? 'AWS_DEFAULT_PROFILE' : null;
}

/** One profile of a chain of assumed roles. */
interface ChainLink {
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

/** How often the two files are looked at. */
const LOOK_EVERY_MS = 1_000;
/** An editor or the AWS CLI may write both files, in several steps. */
const DEBOUNCE_MS = 250;

/**
 * Calls `onChange` some time (about a second) after the shared AWS config or credentials file was written, made,
 * replaced or removed. By looking at the files, not by the system's notices: those miss files that do not exist yet,
 * folders that are made later, links, and network drives. Keeps no process alive. Returns the function that ends it.
 */
export function watchProfiles(onChange: () => void): () => void {
  let due: NodeJS.Timeout | null = null;
  const changed: StatsListener = (now, before) => {
    // The first look at a file that is absent is reported, too.
    if (now.mtimeMs === before.mtimeMs && now.ino === before.ino && now.size === before.size) return;
    if (due !== null) clearTimeout(due);
    due = setTimeout(onChange, DEBOUNCE_MS);
    due.unref();
  };
  const paths = [...new Set([configPath(), credentialsPath()].map(expandHome))];
  for (const path of paths) watchFile(path, { interval: LOOK_EVERY_MS, persistent: false }, changed);
  return () => {
    if (due !== null) clearTimeout(due);
    for (const path of paths) unwatchFile(path, changed);
  };
}
