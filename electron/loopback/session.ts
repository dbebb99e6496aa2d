import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** A secret is compared by the SHA-256 of it, in constant time: neither its length nor its beginning can be felt out. */
const digest = (secret: string): Buffer => createHash('sha256').update(secret).digest();
const newSecret = (): string => randomBytes(32).toString('base64url');

/**
 * Who may use the host. A token goes into the address that the host prints, and is good once; the browser that
 * brings it gets a cookie that is good until the host stops. Cookies are not kept apart by port, so the name has it.
 */
export class Sessions {
  readonly #cookieName: string;
  #token: Buffer | null = null;
  readonly #cookies: Buffer[] = [];

  constructor(port: number) {
    this.#cookieName = `rewrap-${port}`;
  }

  /** A new one-time token (256 random bits). The one before, if nobody used it, is void. */
  issueToken(): string {
    const token = newSecret();
    this.#token = digest(token);
    return token;
  }

  /** Exchanges the token for a `Set-Cookie` value; null when it is wrong or was used. */
  redeem(token: string): string | null {
    const given = digest(token);
    if (this.#token === null || !timingSafeEqual(this.#token, given)) return null;
    this.#token = null;
    const cookie = newSecret();
    this.#cookies.push(digest(cookie));
    return `${this.#cookieName}=${cookie}; Path=/; HttpOnly; SameSite=Strict`;
  }

  /** Whether a `Cookie` header carries a cookie of this host. */
  admits(cookieHeader: string | undefined): boolean {
    if (cookieHeader === undefined) return false;
    let admitted = false;
    for (const pair of cookieHeader.split(';')) {
      const at = pair.indexOf('=');
      if (at < 0 || pair.slice(0, at).trim() !== this.#cookieName) continue;
      const given = digest(pair.slice(at + 1).trim());
      for (const cookie of this.#cookies) admitted = timingSafeEqual(cookie, given) || admitted;
    }
    return admitted;
  }
}
