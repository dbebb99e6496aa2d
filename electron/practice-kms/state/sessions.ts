import { z } from 'zod';
import type { Database } from './database.ts';

/** A role session that `AssumeRole` gave out. */
interface SessionRecord {
  readonly accessKeyId: string;
  readonly token: string;
  readonly roleArn: string;
  readonly sessionName: string;
  readonly mfa: boolean;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

const SessionRow: z.ZodType<SessionRecord> = z.object({
  accessKeyId: z.string(),
  token: z.string(),
  roleArn: z.string(),
  sessionName: z.string(),
  mfa: z.number().transform((n) => n === 1),
  expiresAt: z.number(),
});

/** Expired sessions are still known this long, in milliseconds, so that they are called expired and not unknown. */
const KEPT_MS = 7 * 24 * 60 * 60 * 1000;

/** Role sessions, in the state file so that each process that serves it knows them. Their secret is kept nowhere. */
export class SessionStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  add(session: SessionRecord): void {
    this.#db.sql('DELETE FROM sessions WHERE expires_at < ?').run(Date.now() - KEPT_MS);
    this.#db
      .sql(
        `INSERT INTO sessions (access_key_id, token, role_arn, session_name, mfa, expires_at)
         VALUES (?, ?, ?, ?, ?, ?)`,
      )
      .run(
        session.accessKeyId,
        session.token,
        session.roleArn,
        session.sessionName,
        session.mfa ? 1 : 0,
        session.expiresAt,
      );
  }

  get(accessKeyId: string): SessionRecord | null {
    const row = this.#db
      .sql(
        `SELECT access_key_id AS accessKeyId, token, role_arn AS roleArn, session_name AS sessionName, mfa,
         expires_at AS expiresAt FROM sessions WHERE access_key_id = ?`,
      )
      .get(accessKeyId);
    return row ? SessionRow.parse(row) : null;
  }
}
