import { Knocks, Sessions } from './session.ts';

/** What a page has, as its first message says. Both null: a plain address was opened. */
export interface Entering {
  readonly token: string | null;
  readonly session: string | null;
}

/** What a page is answered at the door, and what `page-bridge.ts` reads. */
type DoorMessage =
  | { readonly admitted: string }
  | { readonly code: string }
  | { readonly refused: 'no-terminal' | 'code-expired' };

/** A page at the door, until it is let in or leaves. */
interface Visitor {
  readonly send: (message: DoorMessage) => void;
  /** It was let in, in the session of this secret. */
  readonly enter: (secret: string) => void;
  /** It is not let in: the connection is to be closed. */
  readonly refuse: () => void;
}

/** Lets pages in: by a token once, by the secret of a session, or by a code that is typed in the terminal. */
export class Door {
  readonly #sessions: Sessions;
  readonly #knocks: Knocks;
  /** Called when a page shows a code; null where no terminal can take one. */
  readonly #onKnock: (() => void) | null;

  constructor(onKnock: (() => void) | null, sessions = new Sessions()) {
    this.#sessions = sessions;
    this.#knocks = new Knocks(sessions);
    this.#onKnock = onKnock;
  }

  issueToken(): string {
    return this.#sessions.issueToken();
  }

  admits(secret: string | undefined): boolean {
    return secret !== undefined && this.#sessions.admits(secret);
  }

  endOthers(secret: string): number {
    return this.#sessions.endOthers(secret);
  }

  /** What was typed in the terminal; false when no page shows it. */
  confirm(typed: string): boolean {
    return this.#knocks.confirm(typed);
  }

  /** A page comes. Returns what to call when it leaves. */
  meet({ token, session }: Entering, visitor: Visitor): () => void {
    const admit = (secret: string): void => {
      visitor.send({ admitted: secret });
      visitor.enter(secret);
    };
    const known = session !== null && this.#sessions.admits(session) ? session : null;
    const secret = known ?? (token === null ? null : this.#sessions.redeem(token));
    if (secret !== null) {
      admit(secret);
      return () => {};
    }
    if (this.#onKnock === null) {
      visitor.send({ refused: 'no-terminal' });
      visitor.refuse();
      return () => {};
    }
    const code = this.#knocks.add((given) => {
      if (given !== null) {
        admit(given);
        return;
      }
      visitor.send({ refused: 'code-expired' });
      visitor.refuse();
    });
    visitor.send({ code });
    this.#onKnock();
    return () => this.#knocks.remove(code);
  }

  close(): void {
    this.#knocks.close();
  }
}
