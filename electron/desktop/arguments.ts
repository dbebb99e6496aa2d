import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

export interface FileArguments {
  /** Absolute paths that exist. */
  readonly paths: string[];
  /** Words that name nothing, as they were given. */
  readonly missing: string[];
}

/**
 * Files and folders named on a command line, made absolute against its working directory. Everything that starts with
 * a dash is a switch (Chromium adds its own, and may reorder them); words after `--` are always paths.
 *
 * @param argv as in `process.argv`, the executable first
 * @param defaultApp `process.defaultApp`: then the first word is the application's own path
 */
export function fileArguments(
  argv: readonly string[],
  directory: string,
  defaultApp: boolean,
): FileArguments {
  const words: string[] = [];
  let onlyPaths = false;
  for (const word of argv.slice(1)) {
    if (!onlyPaths && word === '--') onlyPaths = true;
    else if (word !== '' && (onlyPaths || !word.startsWith('-'))) words.push(word);
  }
  if (defaultApp) words.shift();

  const paths: string[] = [];
  const missing: string[] = [];
  for (const word of words) {
    const path = resolve(directory, word);
    if (existsSync(path)) paths.push(path);
    else missing.push(word);
  }
  return { paths, missing };
}
