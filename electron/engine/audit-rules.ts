import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Rules, readRules } from '../audit/index.ts';
import { makeFolder, writeWhole } from '../storage/files.ts';

const KeptRules = z.object({ text: z.string(), name: z.string().nullable() });

interface InUse {
  readonly text: string;
  readonly name: string | null;
  readonly parsed: Rules;
}

/** The rules that are in use, kept in the data folder for the next start. */
export class RulesInUse {
  readonly #dataDir: string;
  #inUse: InUse | null;

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
    this.#inUse = this.#kept();
  }

  get parsed(): Rules | null {
    return this.#inUse?.parsed ?? null;
  }

  get told(): { text: string | null; name: string | null } {
    return { text: this.#inUse?.text ?? null, name: this.#inUse?.name ?? null };
  }

  /** Null: no rules. `keep`: for the next start, too. Throws FaultError `BadRules`. */
  use(text: string | null, name: string | null, keep: boolean): void {
    this.#inUse = text === null ? null : { text, name, parsed: readRules(text) };
    if (keep) this.#keep();
  }

  get #file(): string {
    return join(this.#dataDir, 'rules.json');
  }

  #kept(): InUse | null {
    try {
      const { text, name } = KeptRules.parse(JSON.parse(readFileSync(this.#file, 'utf8')));
      return { text, name, parsed: readRules(text) };
    } catch {
      // None kept, or an earlier form: there are no rules until a person names some.
      return null;
    }
  }

  #keep(): void {
    if (this.#inUse === null) {
      rmSync(this.#file, { force: true });
      return;
    }
    const { text, name } = this.#inUse;
    makeFolder(this.#dataDir);
    writeWhole(this.#file, JSON.stringify({ text, name }));
  }
}
