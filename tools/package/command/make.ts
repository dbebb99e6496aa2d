import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { isInCommand } from '../bundles.ts';

/** Most bytes of the tarball. */
export const MOST_TARBALL = 3_000_000;

const root = join(import.meta.dirname, '..', '..', '..');

/** The manifest of the published command: nothing of the clone's scripts and dependencies, which are in the bundles. */
export function commandManifest(): object {
  const { name, version, description, license, author } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  );
  return {
    name,
    version,
    description,
    license,
    author,
    type: 'commonjs',
    keywords: ['aws', 'kms', 'encryption', 're-encrypt', 'sops'],
    bin: { rewrap: 'dist/cli.js' },
    man: './rewrap.1',
    engines: { node: '>=24' },
  };
}

/** Fills an empty folder with what is published, from what is built in dist/. */
export function makeCommand(folder: string): void {
  const dist = join(root, 'dist');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(dist, { recursive: true, withFileTypes: true })) {
    const path = join(file.parentPath, file.name);
    const name = path.slice(dist.length + 1).replaceAll('\\', '/');
    if (file.isFile() && isInCommand(name)) cpSync(path, join(folder, 'dist', name));
  }
  chmodSync(join(folder, 'dist', 'cli.js'), 0o755);
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(commandManifest(), null, 2)}\n`);
  cpSync(join(import.meta.dirname, 'README.md'), join(folder, 'README.md'));
  cpSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  cpSync(join(dist, '.command-licences'), join(folder, 'THIRD-PARTY-LICENCES.txt'));
  const manual = execFileSync(process.execPath, [join(folder, 'dist', 'cli.js'), 'manual'], {
    encoding: 'utf8',
  });
  writeFileSync(join(folder, 'rewrap.1'), manual);
}

/** Packs a made folder into `destination`; the path of the tarball. Throws where npm fails, or the tarball is too large. */
export function packCommand(folder: string, destination: string): string {
  mkdirSync(destination, { recursive: true });
  const { status, stdout, stderr } = spawnSync(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', destination],
    { cwd: folder, encoding: 'utf8', shell: process.platform === 'win32' },
  );
  if (status !== 0) throw new Error(`npm pack failed: ${stderr}`);
  const [{ filename }] = JSON.parse(stdout);
  const tarball = join(destination, filename);
  const { size } = statSync(tarball);
  if (size > MOST_TARBALL) throw new Error(`${filename} has ${size} bytes, and may have ${MOST_TARBALL}`);
  return tarball;
}

if (import.meta.main) {
  const release = join(root, 'release');
  const folder = join(release, 'command');
  makeCommand(folder);
  const tarball = packCommand(folder, release);
  console.log(`${tarball}  ${statSync(tarball).size} bytes`);
}
