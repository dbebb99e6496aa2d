/**
 * Runs in a process of its own and dies, by SIGKILL, at one file system call of a replacement or a new file:
 * `node killed.test-help.ts <call> <"replace" | "new"> <path> <sha256>`.
 */
import * as nodeFs from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { PutBackFs } from './fs.ts';
import { replaceFile } from './replace-file.ts';
import { writeNewFile } from './write-new-file.ts';

const [call, what, path = '', expectedSha256 = ''] = process.argv.slice(2);
const die = (): never => {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('unreachable');
};

const fs: PutBackFs = { ...nodeFs };
if (call === 'rename') fs.rename = async () => die();
if (call === 'link') fs.link = async () => die();
if (call === 'unlink') fs.unlink = async () => die();
if (call === 'after-rename')
  fs.rename = async (from, to) => {
    await nodeFs.rename(from, to);
    die();
  };
if (call === 'write')
  fs.open = async (file, flags, mode) => {
    const handle = await nodeFs.open(file, flags, mode);
    if ((Number(flags) & nodeFs.constants.O_CREAT) !== 0)
      handle.writeFile = async () => {
        await handle.write(Buffer.from('half'));
        die();
      };
    return handle;
  };

const bytes = Buffer.from('the new content, whole');
if (what === 'replace') await replaceFile({ path, bytes, expectedSha256, backup: true, fs });
else await writeNewFile({ folder: dirname(path), relative: basename(path), bytes, fs });
