import type { RunSummary } from '#shared/model/run.ts';
import type { Disk, PutBackFs } from '../../intake/index.ts';
import type { Journal } from '../journal/journal.ts';
import type { AdaptiveLimiter } from '../scheduler/adaptive-limiter.ts';
import type { RetryOptions } from '../scheduler/retry.ts';

/** Requests to KMS at a time, when the request does not say. */
export const DEFAULT_CONCURRENCY = 16;

/** For tests: a disk that fails, waits that take no time, a step at which the process dies. */
export interface RunHooks {
  readonly fs?: PutBackFs;
  readonly sleep?: RetryOptions['sleep'];
  readonly random?: () => number;
  readonly step?: (name: string) => void;
}

export interface RunParts {
  readonly journal: Journal;
  readonly limiter?: AdaptiveLimiter;
  readonly onProgress: (summary: RunSummary) => void;
  readonly hooks?: RunHooks;
  /** Where files are put back; a test's file system comes before it. */
  readonly disk: Disk;
}
