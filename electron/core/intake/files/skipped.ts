import type { SkippedCode } from '#shared/model/coverage.ts';
import { errorCode } from '../faults.ts';
import type { WalkedSkip } from '../types.ts';

/** What a walk met and could not enter or read. `shown`: its path for people. */
export function failed(shown: string, error: unknown): WalkedSkip {
  const code = errorCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return skippedFile(shown, 'missing', 'Does not exist, or was removed meanwhile.');
  if (code === 'ELOOP') return skippedFile(shown, 'symlink', 'A symbolic link that leads back to itself.');
  if (code === 'EACCES' || code === 'EPERM')
    return skippedFile(
      shown,
      'unreadable',
      'Permission denied. Give your user read permission, then add it again.',
    );
  if (code === 'ENAMETOOLONG') return skippedFile(shown, 'too-deep', 'Its path is too long for this system.');
  return skippedFile(shown, 'unreadable', `Cannot be read: the system says ${code ?? 'nothing more'}.`);
}

/** What a walk met and did not take, with the reason and the next step. */
export function skippedFile(shown: string, code: SkippedCode, message: string): WalkedSkip {
  return { type: 'skippedFile', display: shown, code, message };
}

/** Of a name that is gone when it is looked at: perhaps one that cannot be written as text. */
export function lost(shown: string, name: string, error: unknown): WalkedSkip {
  return errorCode(error) === 'ENOENT' && name.includes('\ufffd')
    ? skippedFile(shown, 'unreadable', 'Its name is not valid UTF-8, so that it cannot be opened. Rename it.')
    : failed(shown, error);
}

/** The data of a repository is no place of files. */
export function gitData(display: string): WalkedSkip {
  return skippedFile(
    display,
    'git',
    'The data of a git repository: its objects are packed, and are not read as files. --git-history (in the window: Git history) lists what stands in its history alone.',
  );
}
