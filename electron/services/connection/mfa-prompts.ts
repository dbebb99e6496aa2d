import { randomUUID } from 'node:crypto';
import type { MfaQuestion } from '#shared/model/connection.ts';
import { FaultError, fault } from '#shared/model/fault.ts';

/** A question without an answer is withdrawn after this long, milliseconds. */
const MFA_WAIT_MS = 10 * 60_000;

interface Open {
  readonly question: MfaQuestion;
  answer(code: string): void;
  refuse(): void;
}

interface MfaEvents {
  asked(question: MfaQuestion): void;
  settled(id: string): void;
}

/** Questions for codes of multi-factor devices that wait for a person. A code is handed on and never kept. */
export class MfaPrompts {
  readonly #open = new Map<string, Open>();
  readonly #events: MfaEvents;

  constructor(events: MfaEvents) {
    this.#events = events;
  }

  get waiting(): MfaQuestion[] {
    return [...this.#open.values()].map(({ question }) => question);
  }

  /** Resolves with the code; rejects when the person has none, or the question is withdrawn: by the signal or its age. */
  ask(profile: string | null, serial: string, signal: AbortSignal): Promise<string> {
    if (signal.aborted) return Promise.reject(new Error('withdrawn'));
    const id = randomUUID();
    const question = { id, profile, serial };
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const settle = (end: () => void) => {
      if (!this.#open.delete(id)) return;
      clearTimeout(late);
      signal.removeEventListener('abort', withdraw);
      this.#events.settled(id);
      end();
    };
    const withdraw = () => settle(() => reject(new Error('withdrawn')));
    const late = setTimeout(withdraw, MFA_WAIT_MS);
    signal.addEventListener('abort', withdraw);
    this.#open.set(id, {
      question,
      answer: (code) => settle(() => resolve(code)),
      refuse: withdraw,
    });
    this.#events.asked(question);
    return promise;
  }

  /** Null: the person has no code. Throws FaultError `MfaGone`. */
  answer(id: string, code: string | null): void {
    const open = this.#open.get(id);
    if (open === undefined)
      throw new FaultError(
        fault(
          'MfaGone',
          'Nothing waits for this code any more.',
          'It was answered in another window, or the connection was changed meanwhile.',
          'Connect again if a code is still needed.',
        ),
      );
    if (code === null) open.refuse();
    else open.answer(code);
  }

  close(): void {
    for (const open of [...this.#open.values()]) open.refuse();
  }
}
