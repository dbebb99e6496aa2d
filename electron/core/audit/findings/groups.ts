import { hash } from 'node:crypto';
import type { FindingDraft } from './key-findings.ts';

/** One finding before suppressions are looked at: what it says, and every row that it concerns. */
export interface FindingGroup {
  readonly id: string;
  readonly draft: FindingDraft;
  readonly keyArn: string | null;
  /** A rule of the rules file is broken. */
  readonly violation: boolean;
  /** In the order of the list. */
  readonly indexes: ArrayLike<number>;
  /** Files without blobs. */
  readonly bare: readonly string[];
  /** Its rows are not all described in the same words. */
  readonly various: boolean;
}

/** `code`: of the finding, or the id of one that stands at several places. */
export const findingId = (code: string, about: string): string =>
  `${code}.${hash('sha256', `${code}\0${about}`, 'hex').slice(0, 16)}`;
