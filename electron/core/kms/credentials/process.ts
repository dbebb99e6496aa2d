import { exec, execFile } from 'node:child_process';
import { faultOfCatalogue, scrub } from '#shared/kms/errors.ts';
import { FaultError } from '#shared/model/fault.ts';
import { shellWords } from '../config/ini.ts';
import type { Credentials } from './session.ts';

/** Longest text of a command that is kept, characters. */
const MOST_TEXT = 600;

/**
 * Runs a `credential_process` as the AWS CLI does: its words are split as a shell splits them and no shell runs, so that
 * "~", "$HOME" and "|" mean nothing (on Windows the command goes through cmd.exe, which starts .cmd files). It is killed
 * after `limitMs`. Its standard error is shown, shortened and without what may be a secret; its output never.
 * Throws FaultError `CredentialProcessFailed`.
 */
export async function credentialsOfProcess(
  profile: string,
  command: string,
  limitMs: number,
): Promise<Credentials> {
  const words = process.platform === 'win32' ? [command] : shellWords(command);
  if (words === null || words[0] === undefined)
    throw failed(profile, 'Its command line has a quote that is not closed, or is empty.', '');
  const said = await run(words, limitMs);
  const written = visible(said.stderr, [...words.slice(1), ...secretsOf(said.stdout)]);
  if (said.code !== 0) throw failed(profile, endWords(said, words[0], limitMs), written);
  const credentials = readOutput(said.stdout);
  if (typeof credentials === 'string') throw failed(profile, credentials, written);
  return credentials;
}

interface Ended {
  /** 0; the exit code; a system error ("ENOENT"); or what ended it ("killed"). */
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

function run(words: readonly string[], limitMs: number): Promise<Ended> {
  const [file = '', ...args] = words;
  const options = { timeout: limitMs, killSignal: 'SIGKILL', maxBuffer: 1 << 20, windowsHide: true } as const;
  return new Promise((resolve) => {
    const ended = (
      error: { code?: number | string | null; killed?: boolean } | null,
      stdout: string,
      stderr: string,
    ) => {
      const code = error === null ? 0 : error.killed ? 'killed' : (error.code ?? 'killed');
      resolve({ code, stdout, stderr });
    };
    const child =
      process.platform === 'win32' ? exec(file, options, ended) : execFile(file, args, options, ended);
    child.on('error', (error: NodeJS.ErrnoException) =>
      ended({ code: error.code ?? 'unknown error' }, '', ''),
    );
    child.stdin?.end();
  });
}

function endWords({ code }: Ended, file: string, limitMs: number): string {
  if (code === 'ENOENT')
    return `The program ${file} does not exist${/[~$]/.test(file) ? '; no shell runs, so "~" and variables are not replaced' : ''}.`;
  if (code === 'EACCES') return `The program ${file} may not be run.`;
  if (code === 'killed') return `It gave nothing within ${Math.round(limitMs / 1000)} s, and was ended.`;
  return typeof code === 'number' ? `It ended with exit code ${code}.` : `It could not be run (${code}).`;
}

/** What a command has to print (AWS CLI user guide, "Sourcing credentials with an external process"); or why it is none. */
function readOutput(text: string): Credentials | string {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    return text.trim() === '' ? 'It printed nothing.' : 'It printed something that is not JSON.';
  }
  if (typeof given !== 'object' || given === null) return 'It printed JSON that is no object.';
  const { Version, AccessKeyId, SecretAccessKey, SessionToken, Expiration } = given as Record<
    string,
    unknown
  >;
  if (Version !== 1) return 'Its output does not have "Version": 1.';
  if (typeof AccessKeyId !== 'string' || typeof SecretAccessKey !== 'string')
    return `Its output has no ${typeof AccessKeyId === 'string' ? 'SecretAccessKey' : 'AccessKeyId'}.`;
  const ends = typeof Expiration === 'string' ? new Date(Expiration) : null;
  if (ends !== null && Number.isNaN(ends.getTime())) return 'Its Expiration is no time.';
  if (ends !== null && ends.getTime() <= Date.now())
    return 'The credentials that it printed have ended already.';
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    ...(typeof SessionToken === 'string' && SessionToken !== '' ? { sessionToken: SessionToken } : {}),
    ...(ends === null ? {} : { expiration: ends }),
  };
}

/** Everything in the output that may be a secret. */
const secretsOf = (stdout: string): string[] => stdout.match(/[^\s"',:{}[\]]{8,}/g) ?? [];

/** Standard error as it may be shown: `hidden` and what looks like a secret taken out, shortened from the front. */
function visible(stderr: string, hidden: readonly string[]): string {
  let text = stderr;
  for (const part of hidden)
    for (const secret of [part, part.slice(part.indexOf('=') + 1)])
      if (secret.length >= 4 && !/^--?[\w-]*$/.test(secret)) text = text.replaceAll(secret, '(withheld)');
  text = text
    // "password: x", "--token x", "api_key=x"
    .replace(
      /((?:pass(?:word|wd|phrase|code)?|secret|token|credential|api[_-]?key|pin|otp|bearer|cookie)\w*["']?\s*[:= ]\s*["']?)[^\s"',;]+/gi,
      '$1(withheld)',
    )
    // Long words of mixed kinds: keys, tokens, base64.
    .replace(/[A-Za-z0-9+/_=.-]{16,}/g, (word) => (looksRandom(word) ? '(withheld)' : word));
  // What is cut off before is not seen by {@link scrub}: it is far from what is shown.
  const shown = scrub(text.trim().slice(-3 * MOST_TEXT)).trim();
  return shown.length > MOST_TEXT ? `…${shown.slice(-MOST_TEXT)}` : shown;
}

/** Digits and letters of both cases, or a very long run without a break: no word, path or host name. */
const looksRandom = (word: string): boolean =>
  (/[0-9]/.test(word) && /[A-Z]/.test(word) && /[a-z]/.test(word)) ||
  /[A-Za-z0-9+=]{32,}/.test(word) ||
  /^[A-Z0-9]{16,}$/.test(word);

function failed(profile: string, why: string, said: string): FaultError {
  const fault = faultOfCatalogue('CredentialProcessFailed', {
    message: `The credential_process of the profile "${profile}" failed.`,
    detail: said === '' ? `${why} It wrote nothing to standard error.` : `${why} It wrote: ${said}`,
  });
  return new FaultError(
    said === ''
      ? fault
      : { ...fault, raw: { name: 'stderr', message: said, requestId: null, by: 'The command' } },
  );
}
