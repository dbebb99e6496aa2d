import { FaultError, fault } from '#shared/model/fault-error.ts';

/** The system's error code ("ENOSPC") of anything thrown; null when it has none. */
export function errorCode(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}

/** A system error while reading `path`, as what a person can act on. A FaultError passes unchanged. */
export function readFault(error: unknown, path: string): FaultError {
  if (error instanceof FaultError) return error;
  const code = errorCode(error);
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new FaultError(
        fault(
          'FileMissing',
          `${path} does not exist.`,
          'It was moved or deleted.',
          'Add it again from where it is now.',
        ),
      );
    case 'ELOOP':
    case 'EMLINK':
      return notAFile(path, 'it is a symbolic link, which is not followed');
    case 'ENXIO':
    case 'EISDIR':
    case 'ENODEV':
      return notAFile(path, 'it is no regular file');
    case 'EMFILE':
    case 'ENFILE':
      return new FaultError(
        fault(
          'TooManyOpenFiles',
          `${path} could not be opened: too many files are open.`,
          `The system says ${code}.`,
          'Close other programs, or raise the limit (`ulimit -n`), and try again.',
          true,
        ),
      );
    case 'EACCES':
    case 'EPERM':
      return new FaultError(
        fault(
          'FileUnreadable',
          `${path} cannot be read: permission denied.`,
          `The system says ${code}. Your user may not read the file, or may not enter one of its folders.`,
          'Give your user read permission, or run Rewrap as a user who has it.',
        ),
      );
    default:
      return new FaultError(
        fault(
          'FileUnreadable',
          `${path} cannot be read.`,
          `The system says ${code ?? 'nothing more'}.`,
          'Check the disk or network drive that it is on, then try again.',
          true,
        ),
      );
  }
}

/** What is there is no regular file; `because` ends the sentence "…: it is a folder". */
export function notAFile(path: string, because: string): FaultError {
  return new FaultError(
    fault(
      'NotAFile',
      `${path} is not taken: ${because}.`,
      'Rewrap reads and replaces regular files only, so that it never writes through a link or waits on a device.',
      'Give the file itself.',
    ),
  );
}

/** The file is not the one that was read before. */
export function changedFile(path: string): FaultError {
  return new FaultError(
    fault(
      'FileChanged',
      `${path} has changed since it was read, and was left as it is.`,
      'Another program wrote to it meanwhile.',
      'Add it again, check what it holds now, and run once more.',
    ),
  );
}

/** The folder of a file leads to another place than when the file was read. */
export function changedFolder(path: string): FaultError {
  return new FaultError(
    fault(
      'FolderChanged',
      `The folder of ${path} leads to another place than when the file was read. The file was left as it is.`,
      'A folder on the way to it was replaced by a link, or a link by another one.',
      'Look at what the folder is now. If it is what you want, add the file again, then run once more.',
    ),
  );
}

/**
 * A system error while writing `path`, as what a person can act on. `state` says how things stand now, for example
 * "The original is unchanged.". A FaultError passes unchanged.
 */
export function writeFault(error: unknown, path: string, state: string): FaultError {
  if (error instanceof FaultError) return error;
  const code = errorCode(error);
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return new FaultError(
        fault(
          'DiskFull',
          `There is no space left to write ${path}. ${state}`,
          code === 'EFBIG'
            ? 'The system says EFBIG: the file is larger than the disk or your limits allow.'
            : `The system says ${code}: the disk is full, or your quota is used up.`,
          'Free some space or choose an output folder on another disk, then run again.',
          true,
        ),
      );
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return new FaultError(
        fault(
          'NotWritable',
          `${path} cannot be written. ${state}`,
          code === 'EROFS'
            ? 'The system says EROFS: the disk is mounted read-only.'
            : `The system says ${code}: your user may not write in this folder, the folder is sticky and the file another's, the file is marked immutable, or (on Windows) it is read-only or another program has it open.`,
          'Give your user write permission on the folder, close programs that use the file, or choose an output folder.',
          true,
        ),
      );
    case 'EBUSY':
    case 'ETXTBSY':
      return new FaultError(
        fault(
          'FileInUse',
          `${path} is in use by another program. ${state}`,
          `The system says ${code}.`,
          'Close the program that has it open, then run again.',
          true,
        ),
      );
    case 'ENOENT':
    case 'ENOTDIR':
      return new FaultError(
        fault(
          'FileMissing',
          `${path} does not exist any more. ${state}`,
          `The system says ${code}.`,
          'Add it again from where it is now.',
        ),
      );
    case 'ENAMETOOLONG':
      return new FaultError(
        fault(
          'NameTooLong',
          `The name ${path} is too long for this disk. ${state}`,
          `The system says ${code}.`,
          'Choose an output folder with a shorter path.',
        ),
      );
    default:
      return new FaultError(
        fault(
          'WriteFailed',
          `${path} could not be written. ${state}`,
          code === null
            ? `Unexpected: ${error instanceof Error ? error.message : String(error)}`
            : `The system says ${code}.`,
          'Check the disk or network drive that it is on, then run again.',
          true,
        ),
      );
  }
}

/**
 * The one fault that comes after the deed: the new content stands, but the disk did not confirm it. `done` begins the
 * message ("x.bin was replaced"); `kept` ends the remedy.
 */
export function flushFailed(done: string, error: unknown, kept: string): FaultError {
  return new FaultError(
    fault(
      'FlushFailed',
      `${done}, but the disk did not confirm that the change is kept.`,
      `The system says ${errorCode(error) ?? 'nothing more'} on flushing its folder. After a power cut the change may be gone.`,
      `Check the disk before relying on the file.${kept}`,
    ),
  );
}

export function hardLinked(): FaultError {
  return new FaultError(
    fault(
      'HardLinked',
      'The file has more than one name (hard links), and was left as it is.',
      'A file is replaced as a whole: its other names would keep the old content.',
      'Choose an output folder; or part the names first (cp FILE COPY, then mv COPY FILE) and run again.',
    ),
  );
}

/** Names of the special bits of a mode (chmod(2)): "setuid, sticky"; empty for none. */
export function specialBits(mode: number): string {
  const names = [
    [0o4000, 'setuid'],
    [0o2000, 'setgid'],
    [0o1000, 'sticky'],
  ] as const;
  return names
    .filter(([bit]) => (mode & bit) !== 0)
    .map(([, name]) => name)
    .join(', ');
}

/** `what`: "capabilities"; `remove`: the command that takes them away. */
export function specialRights(what: string, remove: string): FaultError {
  return new FaultError(
    fault(
      'SpecialRights',
      `The file has ${what}, and was left as it is.`,
      'A file is replaced by a new one, which would lose such rights; and Rewrap gives them to no file.',
      `Choose an output folder; or take them away (${remove}), run again, and give them to the new file.`,
    ),
  );
}

/** Of a file with special bits in its mode. */
export function specialMode(mode: number): FaultError {
  return specialRights(`special permission bits (${specialBits(mode)})`, 'chmod u-s,g-s,-t FILE');
}

/** `has`: the SELinux context of the file, `gets`: that of a new file in its folder; null for none. */
export function labelNotKept(has: string | null, gets: string | null): FaultError {
  return new FaultError(
    fault(
      'LabelNotKept',
      'The file has an SELinux label that a new file in its folder would not get, and was left as it is.',
      `It has ${has ?? 'none'}, a new file there gets ${gets ?? 'none'}: programs might not be allowed to read it any more.`,
      'Choose an output folder; or give the file the label of new files first, if that is the right one (chcon), and run again.',
    ),
  );
}

/** `what`: the file or folder that the system lets no one change, `mark`: how it is marked. */
export function immutable(what: string, mark: 'immutable' | 'append-only', state: string): FaultError {
  return new FaultError(
    fault(
      'Immutable',
      `${what} is marked ${mark}, so that nothing can be replaced. ${state}`,
      'A file with this mark, or in a folder with it, can be neither replaced nor renamed, not even by root.',
      process.platform === 'darwin'
        ? 'Take the mark away (chflags nouchg,noschg,nouappnd,nosappnd), run again, and set it again; or choose an output folder.'
        : 'Take the mark away (chattr -i -a), run again, and set it again; or choose an output folder.',
    ),
  );
}

export function ownerNotKept(): FaultError {
  return new FaultError(
    fault(
      'OwnerNotKept',
      'The file belongs to another user or group, and was left as it is.',
      'The new file would belong to you: only root may give a file to another user, and others only to their groups.',
      'Run Rewrap as the user that owns the file, or choose an output folder.',
    ),
  );
}
