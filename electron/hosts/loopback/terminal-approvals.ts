import {
  type Allowed,
  type ApprovalAnswer,
  type ApprovalKind,
  type ApprovalQuestion,
  type Approver,
  notAllowed,
} from '../../services/approvals/index.ts';

interface Open {
  readonly question: ApprovalQuestion;
  readonly resolve: (answer: ApprovalAnswer) => void;
}

/**
 * Asks for approvals in the terminal of `rewrap serve`, one after the other; what its flags allow is not asked. The
 * page of a browser is no place for a question that the page must not answer.
 */
export class TerminalApprovals implements Approver {
  readonly where: 'terminal' | null;
  readonly #allowed: Allowed;
  /** Null until the terminal is read, and where there is none. */
  #say: ((line: string) => void) | null = null;
  readonly #open: Open[] = [];

  /** `terminal`: whether a person can type there. */
  constructor(allowed: Allowed, terminal: boolean) {
    this.#allowed = allowed;
    this.where = terminal ? 'terminal' : null;
  }

  ask(question: ApprovalQuestion): Promise<ApprovalAnswer> {
    const { hash } = question;
    const missing = notAllowed(question, this.#allowed);
    if (missing.length === 0) return Promise.resolve({ hash, approved: true, by: 'flag' });
    if (this.where === null)
      return Promise.resolve({ hash, approved: false, by: null, advice: adviceFor(missing, question) });
    return new Promise((resolve) => {
      this.#open.push({ question, resolve });
      if (this.#open.length === 1) this.#show();
    });
  }

  /** From now on lines are read, and this shows others. */
  attach(say: (line: string) => void): void {
    this.#say = say;
    this.#show();
  }

  /** A line that was typed. True when it answered a question: "y" or "yes" says Yes, "n", "no" and Enter alone No. */
  take(line: string): boolean {
    const [first] = this.#open;
    if (first === undefined) return false;
    const word = line.trim().toLowerCase();
    if (!['y', 'yes', 'n', 'no', ''].includes(word)) return false;
    this.#open.shift();
    const approved = word.startsWith('y');
    this.#say?.(approved ? 'Approved.' : 'Declined. Nothing was done.');
    first.resolve({ hash: first.question.hash, approved, by: 'terminal' });
    this.#show();
    return true;
  }

  /** The terminal is gone: what waits is answered with No. */
  close(): void {
    this.#say = null;
    for (const { question, resolve } of this.#open.splice(0))
      resolve({ hash: question.hash, approved: false, by: null });
  }

  #show(): void {
    const [first] = this.#open;
    if (first === undefined || this.#say === null) return;
    const { title, words } = first.question;
    this.#say(
      ['', title, ...words.map((line) => `  ${line}`), 'Approve? Type y or N, then Enter. [y/N]'].join('\n'),
    );
  }
}

/** What to start with where no one can type. */
function adviceFor(missing: readonly ApprovalKind[], { account }: ApprovalQuestion): string {
  const flagOf = (kind: ApprovalKind): string | null => {
    switch (kind) {
      case 'foreign-key':
        return account === null ? null : `--allow-account ${account}`;
      case 'decrypt-here':
      case 'compare':
        return '--allow-decrypt-here';
      case 'unverified':
      case 'no-backup':
      case 'continue':
        return '--allow-unverified';
      case 'undo':
        return '--allow-undo';
      case 'plan-file':
        return '--allow-plans';
      case 'endpoint':
        return '--allow-endpoint URL';
      case 'credential-process':
        return '--profile NAME';
    }
  };
  const flags = new Set(missing.map(flagOf));
  if (flags.has(null)) return 'Start rewrap serve in a terminal, where it asks you.';
  return `Start rewrap serve in a terminal, where it asks you, or with ${[...flags].join(' ')}.`;
}
