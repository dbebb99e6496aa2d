import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeFolders } from './files.ts';

let base = '';
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'rewrap-folders-'));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

describe('makeFolders', () => {
  it('makes what is missing, and says which is the outermost', () => {
    expect(makeFolders(join(base, 'a', 'b', 'c'))).toBe(join(base, 'a'));
    expect(existsSync(join(base, 'a', 'b', 'c'))).toBe(true);
    expect(makeFolders(join(base, 'a', 'b', 'd'))).toBe(join(base, 'a', 'b', 'd'));
    expect(makeFolders(join(base, 'a', 'b', 'd'))).toBeUndefined();
    expect(makeFolders(base)).toBeUndefined();
  });

  it('takes a link to a folder as one, and nothing else', () => {
    mkdirSync(join(base, 'real'));
    symlinkSync(join(base, 'real'), join(base, 'link'), 'junction');
    expect(makeFolders(join(base, 'link'))).toBeUndefined();
    expect(makeFolders(join(base, 'link', 'x'))).toBe(join(base, 'link', 'x'));
    writeFileSync(join(base, 'file'), '');
    expect(() => makeFolders(join(base, 'file'))).toThrow('EEXIST');
    expect(() => makeFolders(join(base, 'file', 'below', 'it'))).toThrow(/ENOTDIR|ENOENT|EEXIST/);
  });

  // In a process of its own, which can be ended where it does not end.
  it.runIf(process.platform === 'linux')(
    'ends where a folder takes no new name and says that it is missing',
    () => {
      const files = JSON.stringify(join(import.meta.dirname, 'files.ts'));
      const program = `import(${files}).then(({ makeFolders }) => makeFolders('/proc/x/y'))
      .catch((error) => process.stdout.write(error.code))`;
      const { stdout, signal } = spawnSync(process.execPath, ['-e', program], {
        timeout: 30_000,
        killSignal: 'SIGKILL',
      });
      expect({ stdout: String(stdout), signal }).toEqual({ stdout: 'ENOENT', signal: null });
    },
  );
});
