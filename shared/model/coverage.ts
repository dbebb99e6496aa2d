import * as z from '../schema.ts';

/** Why something that was met is not read, each in words of its own. Every code of a skipped file is one of these. */
export const SKIPPED_WORDS = {
  symlink: 'Links, not followed',
  'link-inside': 'Symbolic links to what was read where it lies',
  special: 'Pipes, sockets and devices',
  unreadable: 'Could not be read',
  missing: 'Do not exist, or went away while reading',
  'too-large': 'Larger than Rewrap reads (64 MiB)',
  'too-deep': 'Folders too deep to enter',
  leftover: 'Temporary files of an interrupted write of Rewrap',
  backup: 'Backups that Rewrap made',
  git: 'Data of git repositories (Git history lists what stands in history alone)',
  'lfs-pointer': 'Pointers of Git LFS, of which the content is not here',
  'archive-limit': 'Archives, or files in them, beyond a limit of size, number or nesting',
  'archive-damaged': 'Archives, or files in them, that are damaged or cut off',
  'archive-closed': 'Archives, or files in them, packed or encrypted in a way that Rewrap does not open',
} as const;
export type SkippedCode = keyof typeof SKIPPED_WORDS;
export const SKIPPED_CODES = Object.keys(SKIPPED_WORDS) as [SkippedCode, ...SkippedCode[]];

/** Most examples of one reason. */
export const SKIPPED_EXAMPLES = 200;

/** Of what an answer or a report speaks: what was read, and what was not. */
export const Coverage = z.object({
  /** Reading goes on: every figure grows. */
  reading: z.boolean(),
  /** Files and folders that were named, for people. */
  roots: z.array(z.string()),
  /** Files, each once. */
  files: z.object({
    read: z.int(),
    withBlobs: z.int(),
    /** No blob, but something to say of the file. */
    withFindings: z.int(),
    withoutCiphertext: z.int(),
    /** Records that Rewrap wrote beside blobs of RSA and SM2 keys. */
    records: z.int(),
    /** Archives that were opened, and how many of the files read stand in them. */
    archives: z.int(),
    inArchives: z.int(),
  }),
  /** Texts that were pasted. */
  pasted: z.int(),
  skipped: z.array(
    z.object({
      code: z.enum(SKIPPED_CODES),
      what: z.string(),
      count: z.int(),
      /** At most {@link SKIPPED_EXAMPLES}. */
      examples: z.array(z.string()),
    }),
  ),
  /** Files taken out of the list after they were read. */
  removed: z.int(),
});
export type Coverage = z.infer<typeof Coverage>;
