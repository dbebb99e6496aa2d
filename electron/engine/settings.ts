import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ConnectionChoice } from '#shared/model/connection.ts';

const Settings = z.object({ version: z.literal(1), connection: ConnectionChoice });
type Settings = z.infer<typeof Settings>;

const FIRST: Settings = { version: 1, connection: { kind: 'practice' } };

/** What Rewrap remembers between starts: names and addresses, never a secret. An unreadable file counts as none. */
export class SettingsFile {
  readonly #path: string;

  constructor(dataDir: string) {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    this.#path = join(dataDir, 'settings.json');
  }

  read(): Settings {
    try {
      return Settings.parse(JSON.parse(readFileSync(this.#path, 'utf8')));
    } catch {
      return FIRST;
    }
  }

  /** Best effort: what was chosen still holds for this start when it cannot be kept for the next. */
  rememberConnection(connection: ConnectionChoice): void {
    const temporary = `${this.#path}.${process.pid}.tmp`;
    try {
      writeFileSync(
        temporary,
        `${JSON.stringify({ version: 1, connection } satisfies Settings, null, 2)}\n`,
        {
          mode: 0o600,
        },
      );
      renameSync(temporary, this.#path);
    } catch {
      // A read-only home: nothing is lost but the memory of the choice.
    }
  }
}
