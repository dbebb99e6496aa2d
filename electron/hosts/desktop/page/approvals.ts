import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserWindow, MessageBoxOptions } from 'electron';
import { z } from 'zod';
import { writeWhole } from '../../../core/storage/files.ts';
import {
  type ApprovalAnswer,
  type ApprovalQuestion,
  type Approver,
  NOTHING_ALLOWED,
  notAllowed,
} from '../../../services/approvals/index.ts';
import type { ElectronMain } from '../electron.ts';

const NO = 0;
const YES = 1;

const Kept = z.object({ accounts: z.array(z.string().regex(/^\d{12}$/)).max(10_000) });

/** Accounts that a person allowed to be encrypted to for good: a file of this host's own, which no request reaches. */
class AllowedAccounts {
  readonly #file: string;

  constructor(dataDir: string) {
    this.#file = join(dataDir, 'allowed-accounts.json');
  }

  read(): string[] {
    try {
      return Kept.parse(JSON.parse(readFileSync(this.#file, 'utf8'))).accounts;
    } catch {
      // Missing, or not of this form: nothing is allowed.
      return [];
    }
  }

  add(account: string): void {
    try {
      const accounts = [...new Set([...this.read(), account])];
      writeWhole(this.#file, `${JSON.stringify({ accounts }, null, 2)}\n`);
    } catch {
      // A disk that refuses: the next run asks again.
    }
  }
}

interface DialogParts {
  readonly electron: Pick<ElectronMain, 'dialog'>;
  readonly window: () => BrowserWindow | null;
  readonly dataDir: string;
}

/** Asks for approvals in a dialog of the system, one after the other. Its default is No, and so is closing it. */
export function dialogApprover({ electron, window, dataDir }: DialogParts): Approver {
  const kept = new AllowedAccounts(dataDir);
  let before: Promise<unknown> = Promise.resolve();
  const ask = async (question: ApprovalQuestion): Promise<ApprovalAnswer> => {
    const { hash, kinds, title, words, account } = question;
    if (notAllowed(question, { ...NOTHING_ALLOWED, accounts: kept.read() }).length === 0)
      return { hash, approved: true, by: 'always' };
    // Only of a key alone: an account that is allowed allows nothing else.
    const always = account !== null && kinds.length === 1 && kinds[0] === 'foreign-key';
    const box: MessageBoxOptions = {
      type: 'warning',
      title: 'Rewrap',
      message: title,
      detail: words.join('\n'),
      buttons: ['No', 'Yes'],
      defaultId: NO,
      cancelId: NO,
      noLink: true,
      ...(always ? { checkboxLabel: `Always allow keys of account ${account}`, checkboxChecked: false } : {}),
    };
    const owner = window();
    const { response, checkboxChecked } = await (owner === null
      ? electron.dialog.showMessageBox(box)
      : electron.dialog.showMessageBox(owner, box));
    const approved = response === YES;
    if (approved && always && checkboxChecked) kept.add(account);
    return { hash, approved, by: 'dialog' };
  };
  return {
    where: 'dialog',
    ask: (question) => {
      const answer = before.then(() => ask(question));
      before = answer.catch(() => undefined);
      return answer;
    },
  };
}
