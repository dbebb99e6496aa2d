import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

interface FileArguments {
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
    const path = resolve(directory, withoutScheme(word));
    if (existsSync(path)) paths.push(path);
    else missing.push(word);
  }
  return { paths, missing };
}

/** Some Linux launchers hand over `file:` addresses where they were asked for paths. */
function withoutScheme(word: string): string {
  if (!/^file:/i.test(word)) return word;
  try {
    return fileURLToPath(word);
  } catch {
    // Another host's, or not an address at all: then it is a name like any other.
    return word;
  }
}
