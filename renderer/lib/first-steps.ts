import type { BlobRow } from '#shared/model/blob.ts';
import type { RunSummary } from '#shared/model/run.ts';

/** What the steps look at to see whether they are done. */
interface Tried {
  readonly runs: readonly Pick<RunSummary, 'dryRun' | 'outcome' | 'counts' | 'status'>[];
  /** Whether an answer of "what breaks if I delete this key?" was made. */
  readonly askedDeletion: boolean;
  /** Whether the findings were looked at. */
  readonly sawFindings: boolean;
  /** Whether a key material of the list has a key that KMS confirmed. */
  readonly foundKey: boolean;
}

export interface FirstStep {
  readonly id: 'find-key' | 'preflight' | 'reencrypt' | 'failure' | 'undo' | 'findings' | 'deletion';
  readonly title: string;
  readonly why: string;
  readonly isDone: (tried: Tried) => boolean;
}

const real = ({ dryRun }: Pick<RunSummary, 'dryRun'>): boolean => !dryRun;

/** Things to try with the sample vault, in an order in which each builds on the one before. */
export const FIRST_STEPS: readonly FirstStep[] = [
  {
    id: 'find-key',
    title: 'Find the key of a group',
    why: 'KMS confirms which key made the blobs, by a DryRun that decrypts nothing.',
    isDone: ({ foundKey }) => foundKey,
  },
  {
    id: 'preflight',
    title: 'Preflight the legacy folder to alias/payments-2027',
    why: 'Each blob is proved by a DryRun before anything is written.',
    isDone: ({ runs }) => runs.some(({ dryRun }) => dryRun),
  },
  {
    id: 'reencrypt',
    title: 'Re-encrypt the legacy folder',
    why: 'Four blobs need no encryption context; files are replaced, with a backup beside each.',
    isDone: ({ runs }) => runs.some((run) => real(run) && run.outcome.reencrypted > 0),
  },
  {
    id: 'failure',
    title: 'Re-encrypt payments/db-password.txt without its context',
    why: 'KMS refuses it, the file stays as it was, and the failure says what is missing.',
    isDone: ({ runs }) => runs.some((run) => real(run) && run.counts.failed > 0),
  },
  {
    id: 'undo',
    title: 'Undo a run',
    why: 'Originals come back from the backups, proved by their hashes.',
    isDone: ({ runs }) => runs.some(({ status }) => status === 'undone'),
  },
  {
    id: 'findings',
    title: 'Look at what an audit finds',
    why: 'A grant that no key policy shows is among it.',
    isDone: ({ sawFindings }) => sawFindings,
  },
  {
    id: 'deletion',
    title: 'Ask what breaks if alias/payments is deleted',
    why: 'The answer names files, and how sure it is.',
    isDone: ({ askedDeletion }) => askedDeletion,
  },
];

/** Blobs of the sample vault in one of its folders, or of one of its files. */
export const inVault = (rows: readonly BlobRow[], path: string): readonly BlobRow[] =>
  rows.filter(({ file }) => {
    const name = file.replaceAll('\\', '/');
    return name === `vault/${path}` || name.startsWith(`vault/${path}/`);
  });

/** Whether the sample vault is on the list. */
export const hasVault = (rows: readonly BlobRow[]): boolean =>
  rows.some(({ file }) => file.replaceAll('\\', '/') === 'vault/payments/db-password.txt');
