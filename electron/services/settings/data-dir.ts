import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * Where Rewrap keeps its own data, the same for all hosts: what Electron's `app.getPath('userData')` is documented
 * to be for an application of this name, or `REWRAP_HOME`.
 */
export function dataDir(env: NodeJS.ProcessEnv = process.env, platform = process.platform): string {
  if (env.REWRAP_HOME) return resolve(env.REWRAP_HOME);
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Rewrap');
  if (platform === 'win32') return join(env.APPDATA ?? join(homedir(), 'AppData', 'Roaming'), 'Rewrap');
  return join(env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'Rewrap');
}
