import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import { KNOCK_MS, MAX_KNOCKS, SESSION_IDLE_MS, SESSION_MS } from './limits.ts';

/** A secret is compared by the SHA-256 of it, in constant time: neither its length nor its beginning can be felt out. */
const digest = (secret: string): Buffer => createHash('sha256').update(secret).digest();
const newSecret = (): string => randomBytes(32).toString('base64url');

/** Milliseconds of a clock; for tests. */
type Clock = () => number;

interface Session {
  readonly digest: Buffer;
  readonly startedAt: number;
  /** When it was last used, or a page of it was last connected. */
  usedAt: number;
}

/**
 * Who may use the host. A token goes into the fragment of the address that the host prints, and is good once; the page
 * that brings it gets the secret of a session, which it keeps in its `sessionStorage`. Browsers keep that apart by port
 * and by tab, which they do not do with cookies. A session ends after twelve hours without use, and after a week.
 */
export class Sessions {
  readonly #now: Clock;
  #token: Buffer | null = null;
  #sessions: Session[] = [];

  constructor(now: Clock = Date.now) {
    this.#now = now;
  }

  /** A new one-time token (256 random bits). The one before, if it was not used, is void. */
  issueToken(): string {
    const token = newSecret();
    this.#token = digest(token);
    return token;
  }

  /** Exchanges the token for the secret of a new session; null when it is wrong or was used. */
  redeem(token: string): string | null {
    if (this.#token === null || !timingSafeEqual(this.#token, digest(token))) return null;
    this.#token = null;
    return this.start();
  }

  /** Starts a session without a token: a person confirmed it in the terminal. Returns its secret. */
  start(): string {
    const secret = newSecret();
    const now = this.#now();
    this.#sessions.push({ digest: digest(secret), startedAt: now, usedAt: now });
    return secret;
  }

  /** Whether `secret` is that of a session that still stands; counts as use of it. */
  admits(secret: string): boolean {
    const now = this.#now();
    const given = digest(secret);
    let admitted = false;
    this.#sessions = this.#sessions.filter((session) => stands(session, now));
    for (const session of this.#sessions) {
      if (!timingSafeEqual(session.digest, given)) continue;
      session.usedAt = now;
      admitted = true;
    }
    return admitted;
  }

  /** Ends every session but that of `secret`. Returns how many ended. */
  endOthers(secret: string): number {
    const given = digest(secret);
    const before = this.#sessions.length;
    this.#sessions = this.#sessions.filter((session) => timingSafeEqual(session.digest, given));
    return before - this.#sessions.length;
  }
}

function stands({ startedAt, usedAt }: Session, now: number): boolean {
  return now - usedAt < SESSION_IDLE_MS && now - startedAt < SESSION_MS;
}

/** A page without token and session that waits for a person to type its code in the terminal. */
interface Knock {
  /** What the page shows: two groups of four digits. */
  readonly code: string;
  /** Called with the secret of a session, or null once the code is no longer taken. */
  readonly answered: (secret: string | null) => void;
}

/**
 * Pages that ask to be let in. Each shows a code of its own, and the terminal lets in the one page of which the person
 * typed the code: a page that another user of the machine opened shows a code that the person never sees.
 */
export class Knocks {
  readonly #sessions: Sessions;
  readonly #waiting = new Map<string, { readonly knock: Knock; readonly timer: NodeJS.Timeout }>();

  constructor(sessions: Sessions) {
    this.#sessions = sessions;
  }

  /** Adds a page; the one that waits longest gives way when there are too many. Returns its code. */
  add(answered: Knock['answered']): string {
    let code: string;
    do code = `${fourDigits()}-${fourDigits()}`;
    while (this.#waiting.has(code));
    const timer = setTimeout(() => this.#answer(code, null), KNOCK_MS);
    timer.unref();
    this.#waiting.set(code, { knock: { code, answered }, timer });
    const [oldest] = this.#waiting.keys();
    if (this.#waiting.size > MAX_KNOCKS && oldest !== undefined) this.#answer(oldest, null);
    return code;
  }

  /** The page is gone. */
  remove(code: string): void {
    clearTimeout(this.#waiting.get(code)?.timer);
    this.#waiting.delete(code);
  }

  /** What was typed in the terminal. True when a page shows this code: it is let in. */
  confirm(typed: string): boolean {
    const digits = typed.replace(/[\s-]/g, '');
    if (!/^\d{8}$/.test(digits)) return false;
    return this.#answer(`${digits.slice(0, 4)}-${digits.slice(4)}`, () => this.#sessions.start());
  }

  close(): void {
    for (const code of [...this.#waiting.keys()]) this.#answer(code, null);
  }

  #answer(code: string, secret: (() => string) | null): boolean {
    const entry = this.#waiting.get(code);
    if (entry === undefined) return false;
    this.remove(code);
    entry.knock.answered(secret === null ? null : secret());
    return true;
  }
}

function fourDigits(): string {
  return String(randomInt(10_000)).padStart(4, '0');
}
