// Makes a fresh clone ready: `node tools/ensure.mjs [build] [browser]`. Uses only what Node 20 ships: package.json says
// `engines >=20` for this script, which fetches the Node 24 (.nvmrc) that everything else runs under.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findChromium } from './chromium.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const wanted = new Set(process.argv.slice(2));
const windows = process.platform === 'win32';

/** What a command prints goes to standard error: `npm run --silent rewrap -- … --json` keeps standard output clean. */
function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], shell: windows, ...options });
  return result.status === 0;
}

function fail(message) {
  console.error(`rewrap: ${message}`);
  process.exit(1);
}

/**
 * True where `npm ci` was run by hand, with or without install scripts: npm's own record of the folder has each package
 * of the lock file that is not optional, in its version.
 */
function installedByHand() {
  try {
    const read = (...path) => JSON.parse(readFileSync(join(root, ...path), 'utf8')).packages;
    const there = read('node_modules', '.package-lock.json');
    return Object.entries(read('package-lock.json')).every(
      ([path, { version, integrity, optional, devOptional }]) =>
        path === '' ||
        optional ||
        devOptional ||
        (there[path]?.version === version && there[path]?.integrity === integrity),
    );
  } catch {
    return false;
  }
}

function install() {
  const stamp = join(root, 'node_modules', '.rewrap-installed');
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if ((existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) || installedByHand()) return;
  // `npm ci` empties the folder first, through a link too: that of another checkout, while it is being used.
  const modules = join(root, 'node_modules');
  if (lstatSync(modules, { throwIfNoEntry: false })?.isSymbolicLink()) {
    console.error(
      'rewrap: node_modules is a link, and is used as it is; what is missing is installed where it leads.',
    );
    return;
  }
  console.error('rewrap: installing what is missing (npm ci) …');
  if (!run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']))
    fail('npm ci failed; see above. It needs the npm registry; run it again when the network is there.');
  writeFileSync(stamp, lock);
}

/** The Node that Electron embeds; a platform for which npm has none falls back to the Node in use. */
function pinnedNode() {
  const pinned = join(root, 'node_modules', 'node', 'bin', windows ? 'node.exe' : 'node');
  if (existsSync(pinned)) return pinned;
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 24)
    fail(`this platform needs Node 24 or newer to be installed (found ${process.versions.node}).`);
  return process.execPath;
}

function newest(path) {
  const info = statSync(path);
  if (!info.isDirectory()) return info.mtimeMs;
  return Math.max(info.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

function build() {
  const built = join(root, 'dist', '.built');
  const sources = ['electron', 'renderer', 'shared', 'tools', 'package.json', 'vite.renderer.config.ts'];
  const changed = Math.max(...sources.map((source) => newest(join(root, source))));
  if (existsSync(built) && statSync(built).mtimeMs > changed) return;
  console.error('rewrap: building …');
  if (!run(pinnedNode(), ['--disable-warning=ExperimentalWarning', 'tools/build.mjs'], { shell: false }))
    fail('the build failed; see above.');
}

const OUTSIDE = 'this installs something outside the clone (REWRAP_NO_INSTALL=1 prevents it):';

/**
 * Whether Debian's packages were installed; false where this is not Debian, or not root, or it is not wanted. Says what
 * it is about to do to the machine.
 */
function debian(...packages) {
  if (!existsSync('/usr/bin/apt-get') || process.getuid?.() !== 0) return false;
  console.error(`rewrap: ${OUTSIDE} apt-get install ${packages.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  run('apt-get', ['update', '-qq'], { env });
  return run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { env });
}

/** The end-to-end tests need a Chromium: the system's, Debian's package, or Playwright's own. */
function browser() {
  if (findChromium() !== null) return;
  console.error('rewrap: the end-to-end tests find no Chromium.');
  if (debian('chromium', 'fonts-dejavu-core')) return;
  console.error(
    `rewrap: ${OUTSIDE} downloads Playwright's Chromium into its cache (npx playwright install chromium).`,
  );
  if (!run('npx', ['playwright', 'install', 'chromium']))
    console.error('rewrap: could not install one; the end-to-end tests will say that they were skipped.');
}

/** What the tests of access control lists and extended attributes set them with; without it they are skipped. */
function attributeTools() {
  if (
    process.platform === 'linux' &&
    !['setfacl', 'setfattr'].every((name) => existsSync(`/usr/bin/${name}`))
  )
    debian('acl', 'attr');
}

install();
if (wanted.has('build')) build();
if (wanted.has('browser') && !process.env.REWRAP_NO_INSTALL) {
  browser();
  attributeTools();
}
