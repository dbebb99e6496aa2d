import type { SignInCode } from '#shared/model/connection.ts';
import type { Fault } from '#shared/model/fault.ts';
import { type SsoSignedIn, ssoSignIn } from '../../core/kms/index.ts';
import { toFault } from '../faults.ts';

interface SignInEvents {
  code(code: SignInCode): void;
  /** Once for each sign-in, also for one that never came to a code. Null: the person has signed in. */
  ended(profile: string, fault: Fault | null): void;
}

interface Current {
  readonly stop: AbortController;
  code: SignInCode | null;
}

/** The one SSO sign-in that may be under way. Its token goes to the AWS CLI's cache and never through here. */
export class SignIn {
  readonly #events: SignInEvents;
  #current: Current | null = null;

  constructor(events: SignInEvents) {
    this.#events = events;
  }

  /** What the person has to be shown, while a sign-in waits for them. */
  get code(): SignInCode | null {
    return this.#current?.code ?? null;
  }

  /**
   * Null: the SDK's default profile. Cancels one that is under way.
   * Throws FaultError as `ssoSignIn` does, `Aborted` when cancelled.
   */
  async start(profile: string | null): Promise<SsoSignedIn> {
    this.cancel();
    const mine: Current = { stop: new AbortController(), code: null };
    this.#current = mine;
    const onCode = (code: SignInCode) => {
      if (this.#current !== mine) return;
      mine.code = code;
      this.#events.code(code);
    };
    try {
      const done = await ssoSignIn(profile, { onCode, signal: mine.stop.signal });
      this.#end(mine, done.profile, null);
      return done;
    } catch (error) {
      this.#end(mine, mine.code?.profile ?? profile ?? 'default', toFault(error));
      throw error;
    }
  }

  cancel(): void {
    this.#current?.stop.abort();
  }

  #end(mine: Current, profile: string, fault: Fault | null): void {
    // One that was superseded says nothing: the page shows its successor.
    if (this.#current !== mine) return;
    this.#current = null;
    this.#events.ended(profile, fault);
  }
}
