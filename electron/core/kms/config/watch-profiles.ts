import { type StatsListener, unwatchFile, watchFile } from 'node:fs';
import { configPath, credentialsPath, expandHome } from './shared-config.ts';

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
