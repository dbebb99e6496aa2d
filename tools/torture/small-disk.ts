import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

/** Bytes of a small disk. */
const SMALL = 4 * 1024 * 1024;

/** Whether this process may mount: root, on Linux. */
export const mayMount = (): boolean => process.platform === 'linux' && process.getuid?.() === 0;

/** Mounts one at a folder, which is made. */
export function mountSmall(folder: string): void {
  execFileSync('mkdir', ['-p', folder]);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SMALL}`, 'tmpfs', folder]);
}

/** Whether it could be: it is refused while a file is open for writing. */
export function remount(folder: string, as: 'ro' | 'rw'): boolean {
  try {
    execFileSync('mount', ['-o', `remount,${as}`, folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

export function unmount(folder: string): void {
  execFileSync('umount', [folder]);
}

/** Writes to `file` until the disk is full. */
export function fillWith(file: string): void {
  for (let bytes = SMALL; bytes >= 512; bytes = Math.floor(bytes / 2))
    try {
      writeFileSync(file, new Uint8Array(bytes), { flag: 'a' });
    } catch {
      // Full, to the half of this.
    }
}
