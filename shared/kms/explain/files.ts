import { entry, retry } from './entry.ts';

/** Errors about files, folders and disks: each is thrown with its path, and this is what it means in general. */
export const FILES = {
  FileMissing: entry(
    'A file does not exist.',
    ['It was moved, renamed or deleted since it was read, or its name is mistyped.'],
    'Add it again from where it is now.',
  ),
  FileUnreadable: entry(
    'A file cannot be read.',
    [
      'Your user may not read the file, or may not enter one of its folders.',
      'The disk or network drive that it is on does not answer.',
    ],
    'Give your user read permission, or check the disk, then add it again.',
  ),
  FileTooLarge: entry(
    'A file is larger than Rewrap reads.',
    ['KMS ciphertext has at most 6,144 bytes; files that hold it are small.'],
    'Give the part of it that holds the ciphertext; in a browser, start the host with the folder: `rewrap serve PATH`.',
  ),
  InputEmpty: entry(
    'Nothing came through standard input.',
    ['The command before the pipe printed nothing, or failed.'],
    'Run that command alone and look at what it prints.',
  ),
  FileChanging: retry(
    entry(
      'A file changed while it was being read.',
      ['Another program is writing to it.'],
      'Wait until the other program has finished, then add it again.',
    ),
  ),
  FileInUse: retry(
    entry(
      'A file is in use by another program.',
      ['On Windows an open file can be neither replaced nor renamed.'],
      'Close the program that has it open, then run again.',
    ),
  ),
  NotAFile: entry(
    'What was named is no regular file.',
    [
      'It is a link, a device, a pipe or a socket. Rewrap never writes through a link and waits on no device.',
    ],
    'Give the file itself.',
  ),
  NotAFolder: entry(
    'A folder was needed, and something else is there.',
    ['The path names a file.'],
    'Name another folder.',
  ),
  FolderNotMade: entry(
    'An output folder cannot be made.',
    [
      'Something above it is a file, not a folder.',
      'It would stand where the system makes no folders, as below /proc, or on a drive that is not there.',
    ],
    'Name another output folder, or make it yourself first.',
  ),
  DiskFull: retry(
    entry(
      'There is no space left to write.',
      ['The disk is full, or your quota is used up; for uploads in a browser it is the temporary folder.'],
      'Free some space, or choose an output folder on another disk, then run again.',
    ),
  ),
  NotWritable: entry(
    'A file or folder cannot be written.',
    ['Your user may not write there.', 'The disk is mounted read-only.', 'The file is marked read-only.'],
    'Give your user write permission in the folder, or choose an output folder.',
  ),
  WriteFailed: retry(
    entry(
      'A file could not be written.',
      ['The disk or network drive did not take it.'],
      'Check the disk, then run again. The file is as it was.',
    ),
  ),
  FlushFailed: entry(
    'The disk did not confirm that a change is kept.',
    ['The disk or network drive failed on flushing. After a power cut the change may be gone.'],
    'Check the disk, then see that the file holds what it should.',
  ),
  CannotWrite: entry(
    'An output could not be saved.',
    ['The folder does not exist, or your user may not write there.'],
    'Name another file or folder.',
  ),
  TooManyOpenFiles: retry(
    entry(
      'A file could not be opened: too many files are open.',
      ['The limit of open files of your user is used up.'],
      'Close other programs, or raise the limit (`ulimit -n`), and try again.',
    ),
  ),
  NameTooLong: entry(
    'A file name is too long for its disk.',
    ['The new file or its backup has a longer name than the original.'],
    'Choose an output folder with a shorter path.',
  ),
  FolderChanged: entry(
    'The folder of a file leads to another place than when the file was read.',
    [
      'A folder on the way to it was replaced by a link, or a link by another one. The file was left as it is.',
    ],
    'Look at what the folder is now. If it is what you want, add the file again, then run once more.',
  ),
  HardLinked: entry(
    'A file has more than one name (hard links), and was left as it is.',
    ['A file is replaced as a whole: its other names would keep the old content.'],
    'Choose an output folder; or part the names first (cp FILE COPY, then mv COPY FILE) and run again.',
  ),
  Immutable: entry(
    'A file or its folder is marked so that nothing can be replaced.',
    ['It has the mark immutable or append-only, which holds for root, too.'],
    'Take the mark away (chattr -i -a; on macOS chflags nouchg,noschg), run again, and set it again; or choose an output folder.',
  ),
  SpecialRights: entry(
    'A file has special rights, and was left as it is.',
    [
      'It is set-user-ID, set-group-ID or has capabilities. A new file would lose them, and Rewrap gives them to no file.',
    ],
    'Choose an output folder; or take them away, run again, and give them to the new file.',
  ),
  OwnerNotKept: entry(
    'A file belongs to another user or group, and was left as it is.',
    ['The new file would belong to you: only root may give a file to another user.'],
    'Run Rewrap as the user that owns the file, or choose an output folder.',
  ),
  LabelNotKept: entry(
    'A file has an SELinux label that a new file in its folder would not get, and was left as it is.',
    ['Programs might not be allowed to read the new file.'],
    'Choose an output folder; or give the file the label of new files first, if that is the right one (chcon), and run again.',
  ),
  AttributesNotKept: entry(
    'A file has an access control list or extended attributes that would be lost, and was left as it is.',
    ['The system tool that copies them could not give them to the new file.'],
    'Choose an output folder, or remove them from the file if they are not needed (setfacl -b, setfattr -x).',
  ),
  OutputExists: entry(
    'A file of that name is in the output folder already, with other content.',
    ['Rewrap never writes over a file in an output folder.'],
    'Choose an empty folder, or move what is there away.',
  ),
  OutsideFolder: entry(
    'A path leads out of the output folder, and was not written.',
    ['The path holds "..", is absolute, or passes through a symbolic link that leads elsewhere.'],
    'Choose another output folder, or remove the link in it.',
  ),
  OverlappingEdits: entry(
    'Two changes touch the same bytes of a file, or bytes that it does not have.',
    ['The file was not read as it is now, or the same blob was given twice.'],
    'Add the file again and run once more; it was not changed.',
  ),
  CannotBeWritten: entry(
    'A new blob cannot be written where the old one is.',
    ['The format around it has no way to hold the new value: another length, a quote inside quotes.'],
    'Write the output of the tool in another form (JSON), or take the inner text out into a file of its own, and re-encrypt that.',
  ),
  DatabaseNotWritten: entry(
    'The rows of a database could not be changed, and nothing was written.',
    ['Another program has it open, or its schema does not let these values change.'],
    'Change the values with the program that made the database.',
  ),
  SopsContextUnwritable: entry(
    'An encryption context cannot be written in a SOPS file of this format.',
    ['SOPS would read another context than the one that KMS asks for.'],
    'Choose a destination context without that character.',
  ),
  HoldsPlaintext: entry(
    'An uploaded file names a Plaintext member that could not be left out.',
    [
      'It looks like output of the AWS CLI, and is cut short, edited, or inside other text. Nothing of it was written.',
    ],
    'Remove its Plaintext member, or make it valid JSON, and add it again.',
  ),
  FolderUnknown: entry(
    'That output folder was not named on this host.',
    ['A page names no folder of the machine by itself.'],
    'Choose the folder again, or name it where the host starts: `rewrap serve --out DIR`.',
  ),
  FolderInUse: entry(
    'The folder for the shards is not empty.',
    ['Shards that a scheduler may be running are not written over.'],
    'Name another folder with -o, or remove this one.',
  ),
  NothingToReplace: entry(
    'Some of these blobs have no file on this host to replace.',
    ['They were pasted, or uploaded as a copy.'],
    'Choose a folder or a download for the output, or leave them out.',
  ),
  NothingToDownload: entry(
    'The run has no new file to download.',
    ['None of its files was completed, or it wrote them to a folder.'],
    'Look at the run in Runs: each blob says what became of it.',
  ),
  NoFile: entry(
    'No file holds this new blob.',
    ['The run was a dry run, the blob failed, or it was pasted.'],
    'Look at the run in Runs for what became of it.',
  ),
  NoResult: entry(
    'There is no new ciphertext for this blob.',
    ['It was not re-encrypted in this run.'],
    'Look at the run in Runs for what became of it.',
  ),
  BlobGone: entry(
    'That blob is no longer in the list.',
    ['Its file was removed from the list, or the list was made anew.'],
    'Add its file again.',
  ),
  BadPath: entry(
    'A dropped file has no name that can be used.',
    ['It lies too deep, or a file and a folder of the same name were dropped together.'],
    'Rename it, or drop them one after the other.',
  ),
  NoPath: entry(
    'A path was needed, and none was given.',
    ['The request named no file.'],
    'Name the files or folders again.',
  ),
  GitMissing: entry(
    'Git is not installed, or not on PATH.',
    ['Rewrap reads the history of repositories with git itself.'],
    'Install git, or continue without Git history.',
  ),
  GitFailed: entry(
    'Git could not read the history of a repository.',
    ['The repository is damaged, or a network drive does not answer.'],
    'Check it with git fsck.',
  ),
  GitRefuses: entry(
    'Git does not open a repository.',
    [
      'It belongs to another user, whom git does not trust (safe.directory).',
      'It is bare, and your configuration has safe.bareRepository=explicit.',
    ],
    'If you trust it: git config --global --add safe.directory PATH. Or clone it, and read the clone.',
  ),
  NotARepository: entry(
    'Git knows no repository there.',
    ['The folder is a worktree or submodule with its repository elsewhere, or no repository at all.'],
    'Name the folder of the repository itself.',
  ),
} as const;
