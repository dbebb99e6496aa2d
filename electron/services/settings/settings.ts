import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { kindOf } from '#shared/connection-kind.ts';
import type { PageHandlers } from '#shared/contract/api.ts';
import { FIRST_TABLE_LOOK } from '#shared/model/choices.ts';
import { ConnectionChoice } from '#shared/model/connection.ts';
import { Look, type PageState, Preferences, TableLook } from '#shared/model/preferences.ts';
import { dataFolderFacts } from '../../core/storage/data-folder.ts';
import { writeWhole } from '../../core/storage/files.ts';
import { makePrivate } from '../../core/storage/private.ts';
import { notHere } from '../faults.ts';

/** The form of the file. A newer one is read as far as it is known, and left as it is. */
const VERSION = 1;

const FIRST_LOOK: Look = { theme: 'system', density: 'compact', textSize: 100, inspectorWidth: 440 };

const FIRST_PREFERENCES: Preferences = { backup: true, perSecond: null, region: null, accounts: {} };

// A member that does not fit is forgotten alone.
const Settings = z.object({
  connection: ConnectionChoice.catch({ kind: 'practice' }),
  look: Look.catch(FIRST_LOOK),
  table: TableLook.catch(FIRST_TABLE_LOOK),
  preferences: Preferences.catch(FIRST_PREFERENCES),
  /** Hashes of the commands (`credential_process`) that a person let run, by profile; "" is the default one. */
  commands: z.record(z.string().max(512), z.string().max(64)).catch({}),
});
type Settings = z.infer<typeof Settings>;

const FIRST: Settings = {
  connection: { kind: 'practice' },
  look: FIRST_LOOK,
  table: FIRST_TABLE_LOOK,
  preferences: FIRST_PREFERENCES,
  commands: {},
};

/** What Rewrap remembers between starts: names, addresses and looks, never a secret. An unreadable file counts as none. */
export class SettingsFile {
  readonly #path: string;

  constructor(dataDir: string) {
    makePrivate(dataDir);
    this.#path = join(dataDir, 'settings.json');
  }

  read(): Settings {
    return this.#stored().settings;
  }

  /** Best effort: what was chosen still holds for this start when it cannot be kept for the next. */
  rememberConnection(connection: ConnectionChoice): void {
    this.#write({ connection });
  }

  /** Of the commands that a person let run for a profile; null: none. */
  confirmedCommands(profile: string): string | null {
    const { commands } = this.read();
    return Object.hasOwn(commands, profile) ? (commands[profile] ?? null) : null;
  }

  /** Best effort: where it cannot be kept, the next start asks again. */
  confirmCommands(profile: string, hash: string): void {
    this.#write({ commands: { ...this.read().commands, [profile]: hash } });
  }

  /** Best effort, as above. */
  rememberPreferences(preferences: Preferences): void {
    this.#write({ preferences });
  }

  /** Best effort, as above. */
  rememberLook(look: Look): void {
    this.#write({ look });
  }

  /** Best effort, as above. */
  rememberTable(table: TableLook): void {
    this.#write({ table });
  }

  #stored(): { version: number; settings: Settings } {
    try {
      const stored: unknown = JSON.parse(readFileSync(this.#path, 'utf8'));
      const version = z.object({ version: z.int() }).safeParse(stored).data?.version ?? VERSION;
      const settings = Settings.safeParse(stored).data ?? FIRST;
      return { version, settings: { ...settings, connection: withoutPassword(settings.connection) } };
    } catch {
      return { version: VERSION, settings: FIRST };
    }
  }

  /** Read anew each time: another window or shell may have written meanwhile. */
  #write(change: Partial<Settings>): void {
    const { version, settings } = this.#stored();
    if (version > VERSION) return;
    try {
      const text = JSON.stringify({ version: VERSION, ...settings, ...change }, null, 2);
      writeWhole(this.#path, `${text}\n`);
    } catch {
      // A read-only home: nothing is lost but the memory of the choice.
    }
  }
}

/** An endpoint with a user name or password in it is not used, and is gone with the next change. */
function withoutPassword(choice: ConnectionChoice): ConnectionChoice {
  const address = kindOf(choice).credentials()?.endpointUrl ?? null;
  const endpoint = address === null ? null : URL.parse(address);
  return endpoint !== null && (endpoint.username !== '' || endpoint.password !== '')
    ? FIRST.connection
    : choice;
}

type AppState = Awaited<ReturnType<PageHandlers['app']['state']>>;

/** Requests about the application as a whole. `state`: what the services and the host know at that moment; `shown`: called when the page has shown itself. */
export const appHandlers = (
  settings: SettingsFile,
  dataDir: string,
  state: () => Omit<AppState, 'platform'>,
  shown: () => void,
): PageHandlers['app'] => {
  let pageState: PageState = {};
  return {
    state: async () => ({ ...state(), platform: process.platform }),
    look: async () => settings.read().look,
    setLook: async (look) => {
      settings.rememberLook(look);
      return {};
    },
    preferences: async () => settings.read().preferences,
    setPreferences: async (preferences) => {
      settings.rememberPreferences(preferences);
      return {};
    },
    table: async () => settings.read().table,
    setTable: async (table) => {
      settings.rememberTable(table);
      return {};
    },
    pageState: async () => pageState,
    setPageState: async (patch) => {
      pageState = { ...pageState, ...patch };
      return {};
    },
    licences: async () => ({ text: await licences() }),
    dataFolder: async () => dataFolderFacts(dataDir),
    chooseDataFolder: () => notHere('open a folder dialog'),
    endOtherSessions: () => notHere('have sessions of other pages'),
    // A host that keeps messages for its page hears this too.
    ready: async () => {
      shown();
      return {};
    },
    copyDiagnostics: () => notHere('put together diagnostics'),
  };
};

/** The list that the build puts beside its bundles; in a checkout that was not built there is none. */
const licences = (): Promise<string> =>
  readFile(join(import.meta.dirname, 'THIRD-PARTY-LICENCES.txt'), 'utf8').catch(() => '');
