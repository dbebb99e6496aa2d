/**
 * What a person must approve outside the page. The engine, which has resolved the request, asks its host; the answer
 * comes back the same private way. No request of the contract carries, names or answers an approval.
 */
export type ApprovalKind =
  /** Encrypts to a key of another account, or to one that cannot be described. */
  | 'foreign-key'
  /** Decrypts on this machine. */
  | 'decrypt-here'
  /** Compares plaintexts in the two-step child. */
  | 'compare'
  /** Goes on after the first file, on an endpoint that is not AWS's. */
  | 'continue'
  /** Skips verification. */
  | 'unverified'
  /** Replaces files without a backup. */
  | 'no-backup'
  /** Runs a plan file that was not picked in a dialog of the host, or named at its start. */
  | 'plan-file'
  | 'undo'
  /** Sends credentials to an endpoint that neither AWS's configuration nor the host's start named. */
  | 'endpoint'
  /** Runs the `credential_process` of a profile for the first time. */
  | 'credential-process';

export interface ApprovalQuestion {
  /** Of this one question; it is answered once. */
  readonly id: number;
  /** At least one. */
  readonly kinds: readonly ApprovalKind[];
  /** Hex SHA-256 of the canonical JSON of the resolved request. */
  readonly hash: string;
  /** One line: "Re-encrypt 412 blobs in 37 files?" */
  readonly title: string;
  /** At most six lines, from the engine's own data; each is one line of printable text. */
  readonly words: readonly string[];
  /** Of the destination key; null where the question is of none, or it is not known. */
  readonly account: string | null;
}

/** How an answer came: a person in a dialog or the terminal, a flag at the start, or an account allowed for good. */
type ApprovedBy = 'dialog' | 'terminal' | 'flag' | 'always';

export interface ApprovalAnswer {
  /** Of the question that it answers. */
  readonly hash: string;
  readonly approved: boolean;
  /** Null: no one could be asked. */
  readonly by: ApprovedBy | null;
  /** Where no one could be asked: what to do. */
  readonly advice?: string;
}

/** How a host asks. Rejecting counts as No. */
export interface Approver {
  /** Where a person sees the question, for the page to say; null: nothing shows it. */
  readonly where: 'dialog' | 'terminal' | null;
  ask(question: ApprovalQuestion): Promise<ApprovalAnswer>;
}

/** What was allowed when the host was started, or is kept by it. */
export interface Allowed {
  /** Accounts that may be encrypted to. */
  readonly accounts: readonly string[];
  readonly decryptHere: boolean;
  /** Skipping verification, and replacing files without a backup. */
  readonly unverified: boolean;
  readonly undo: boolean;
  readonly plans: boolean;
}

export const NOTHING_ALLOWED: Allowed = {
  accounts: [],
  decryptHere: false,
  unverified: false,
  undo: false,
  plans: false,
};

/** The kinds of a question that nothing allows beforehand. */
export function notAllowed({ kinds, account }: ApprovalQuestion, allowed: Allowed): ApprovalKind[] {
  const missing = (kind: ApprovalKind): boolean => {
    switch (kind) {
      case 'foreign-key':
        return account === null || !allowed.accounts.includes(account);
      case 'decrypt-here':
      case 'compare':
        return !allowed.decryptHere;
      case 'unverified':
      case 'no-backup':
      case 'continue':
        return !allowed.unverified;
      case 'undo':
        return !allowed.undo;
      case 'plan-file':
        return !allowed.plans;
      case 'endpoint':
      case 'credential-process':
        return true;
    }
  };
  return kinds.filter(missing);
}

/** Of a host at which no one can be asked. */
export const noApprover: Approver = {
  where: null,
  ask: async ({ hash }) => ({
    hash,
    approved: false,
    by: null,
    advice: 'Do it in the desktop window or in a terminal.',
  }),
};

/** Of a shell: what a person typed there is their word. */
export const typedByPerson: Approver = {
  where: null,
  ask: async ({ hash }) => ({ hash, approved: true, by: 'flag' }),
};

const MOST_CHARACTERS = 300;

/** Text from outside as one line that shows what it is: controls and bidirectional overrides as escapes, not too long. */
export function plainLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is being made visible
  const hidden = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
  const line = text.replace(hidden, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return line.length <= MOST_CHARACTERS ? line : `${line.slice(0, MOST_CHARACTERS)}…`;
}
