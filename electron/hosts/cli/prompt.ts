import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { MfaQuestion } from '#shared/model/connection.ts';
import type { Client } from './client.ts';
import { safe } from './output/text.ts';

export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/** The terminal of this process; standard output stays free for what a command prints. */
const HERE: Terminal = { input: process.stdin, output: process.stderr };

/** Asks for a line that is not shown while it is typed. Null at Ctrl-C and Ctrl-D. */
export function readHidden(prompt: string, { input, output }: Terminal): Promise<string | null> {
  output.write(prompt);
  // What readline would echo goes nowhere.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: nowhere, terminal: true, historySize: 0 });
  return new Promise((resolve) => {
    const end = (line: string | null) => {
      resolve(line);
      lines.close();
    };
    lines.once('line', end);
    lines.once('SIGINT', () => end(null));
    lines.once('close', () => {
      output.write('\n');
      resolve(null);
    });
  });
}

/**
 * Answers questions for codes of multi-factor devices on the terminal, one after the other. Where there is none (a
 * pipeline), no one can answer: the connection then fails with `MfaNeeded` at once.
 */
export function answerOnTerminal(
  { page }: Client,
  terminal: Terminal = HERE,
): (question: MfaQuestion) => void {
  let before: Promise<unknown> = Promise.resolve();
  return ({ id, profile, serial }) => {
    const ask = async () => {
      const alone = terminal.input.isTTY !== true || terminal.output.isTTY !== true;
      const prompt = `Multi-factor code of ${safe(serial)} for profile ${safe(profile ?? 'default')}: `;
      const code = alone ? null : await readHidden(prompt, terminal);
      await page.connection.answerMfa({ id, code: code === '' ? null : code });
    };
    // A question that was withdrawn meanwhile has no answer to give.
    before = before.then(ask).catch(() => {});
  };
}
