import type { WaitingApproval } from '#shared/contract/namespaces/app.ts';
import { FaultError, fault } from '#shared/model/fault-error.ts';
import { canonical, sha256 } from '../../core/storage/hash.ts';
import {
  type ApprovalAnswer,
  type ApprovalKind,
  type ApprovalQuestion,
  type Approver,
  plainLine,
} from './approver.ts';

/** What a person is asked to approve. */
export interface Proposal {
  /** At least one. */
  readonly kinds: readonly ApprovalKind[];
  /** Everything that the answer is bound to, as resolved: any JSON. */
  readonly resolved: unknown;
  readonly title: string;
  /** At most six lines, of what the host itself knows. */
  readonly words: readonly string[];
  /** Of the destination key. */
  readonly account?: string | null;
  readonly runId?: string;
}

interface ApprovalsParts {
  readonly approver: Approver;
  /** Null: nothing waits any more. */
  readonly waiting: (waiting: WaitingApproval | null) => void;
  /** Writes down how a question was answered. */
  readonly record: (proposal: Proposal, hash: string, answer: ApprovalAnswer) => void;
  readonly now?: () => number;
}

const MOST_WORDS = 6;
const SHOWN_AFTER_MS = 150;
/** So many declined questions within {@link PATIENCE_MS} end the asking for as long: a page must not wear a person down. */
const DECLINES = 3;
const PATIENCE_MS = 60_000;

/**
 * Asks the host for approvals, one at a time. An answer belongs to the one question that was asked: no other request can
 * use it, and there is nothing to forge, since no request of the page reaches this.
 */
export class Approvals {
  readonly #parts: ApprovalsParts;
  readonly #now: () => number;
  #nextId = 1;
  #asking: WaitingApproval | 'unseen' | null = null;
  #declined: number[] = [];

  constructor(parts: ApprovalsParts) {
    this.#parts = parts;
    this.#now = parts.now ?? Date.now;
  }

  /** What the page shows now. */
  get waiting(): WaitingApproval | null {
    return this.#asking === 'unseen' ? null : this.#asking;
  }

  /**
   * Resolves with the hash of what was approved. Throws FaultError `NotApproved`, and without asking `ApprovalPending`
   * (another question waits for its answer) and `ApprovalsPaused`.
   */
  async obtain(proposal: Proposal): Promise<string> {
    const { approver, waiting, record } = this.#parts;
    const hash = sha256(canonical([proposal.kinds, proposal.resolved]));
    if (this.#asking !== null) throw new FaultError(PENDING);
    const now = this.#now();
    this.#declined = this.#declined.filter((at) => now - at < PATIENCE_MS);
    if (this.#declined.length >= DECLINES) throw new FaultError(PAUSED);
    if (proposal.words.length > MOST_WORDS) throw new Error('a question has six lines at most');
    const title = plainLine(proposal.title);
    const question: ApprovalQuestion = {
      id: this.#nextId++,
      kinds: proposal.kinds,
      hash,
      title,
      words: proposal.words.map(plainLine),
      account: proposal.account ?? null,
    };
    this.#asking = approver.where === null ? 'unseen' : { where: approver.where, title };
    // A flag answers at once: nothing is said of that.
    const shown = setTimeout(() => waiting(this.waiting), SHOWN_AFTER_MS);
    let answer: ApprovalAnswer;
    try {
      answer = await approver.ask(question);
    } catch {
      answer = { hash, approved: false, by: null };
    } finally {
      clearTimeout(shown);
      this.#asking = null;
      waiting(null);
    }
    const approved = answer.approved === true && answer.hash === hash && answer.by !== null;
    record(proposal, hash, { ...answer, approved });
    if (approved) return hash;
    if (answer.by !== null) this.#declined.push(this.#now());
    throw new FaultError(notApproved(title, answer));
  }
}

function notApproved(title: string, { by, advice }: ApprovalAnswer) {
  const where = by === 'terminal' ? 'in the terminal' : 'in the dialog';
  return by === null
    ? fault(
        'NotApproved',
        'This needs your approval outside the page, and no one could be asked.',
        title,
        advice ?? 'Start Rewrap in a terminal or as the desktop application.',
      )
    : fault(
        'NotApproved',
        `You did not approve this ${where}. Nothing was done.`,
        title,
        'Ask again and answer Yes where you want it.',
      );
}

const PENDING = fault(
  'ApprovalPending',
  'Another question waits for your answer outside the page.',
  'One is asked at a time.',
  'Answer it in the dialog or in the terminal, then ask again.',
  true,
);

const PAUSED = fault(
  'ApprovalsPaused',
  'Three approvals were declined within a minute, so Rewrap asks for none for a while.',
  'A page that keeps asking may not be acting for you.',
  'Wait a minute, then ask again.',
  true,
);

/** Of what was approved and then differed when it was to start. */
export const CHANGED = fault(
  'ApprovalOutdated',
  'What you approved is not what would be done now.',
  'The connection or the destination key changed while the question stood. Nothing was done.',
  'Look at it again, then start it anew.',
);
