// `npm start [-- PATH…]`: the window where the Electron runtime is, the loopback host where it is not.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const args = process.argv.slice(2);
/** Longest a first fetch of the runtime may take, milliseconds. */
const FETCH_LIMIT = 180_000;
/** A window that dies with an error this soon never opened, milliseconds. */
const START_LIMIT = 8_000;

/** Path of the Electron binary, without the package's own download on first use; null when it is not there. */
function electronBinary() {
  const folder = join(root, 'node_modules', 'electron');
  try {
    const relative = readFileSync(join(folder, 'path.txt'), 'utf8');
    const base = process.env.ELECTRON_OVERRIDE_DIST_PATH || join(folder, 'dist');
    const binary = join(base, relative);
    return existsSync(binary) ? binary : null;
  } catch {
    return null;
  }
}

function fetchElectron() {
  const installer = createRequire(import.meta.url).resolve('electron/install.js');
  spawnSync(process.execPath, [installer], { cwd: root, stdio: 'ignore', timeout: FETCH_LIMIT });
  return electronBinary();
}

function loopback(reason) {
  console.error(`rewrap: ${reason}; opening the loopback host in the browser instead.`);
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(root, 'dist', 'cli.js'), 'serve', '--open', ...args],
    { stdio: 'inherit' },
  );
  child.on('exit', (code) => process.exit(code ?? 1));
  // Ctrl-C reaches the child by itself (same terminal); this process waits for it to close properly.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
}

const binary = electronBinary() ?? fetchElectron();
if (binary === null) {
  loopback('the Electron runtime is not here and could not be fetched');
} else {
  const started = Date.now();
  const child = spawn(binary, [root, ...args], {
    stdio: 'inherit',
    env: { ...process.env, ELECTRON_RUN_AS_NODE: undefined },
  });
  child.on('error', () => loopback('the Electron runtime could not be started'));
  child.on('exit', (code) => {
    if (code !== 0 && Date.now() - started < START_LIMIT)
      loopback('the Electron window could not be opened here (see above)');
    else process.exit(code ?? 1);
  });
}
