import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { FaultError } from '#shared/model/fault.ts';
import { type AuditRules, readRules } from '../../core/audit/index.ts';
import { makeFolder, writeWhole } from '../../core/storage/files.ts';

const KeptRules = z.object({ text: z.string(), name: z.string().nullable() });

interface InUse {
  readonly text: string;
  readonly name: string | null;
  readonly parsed: AuditRules;
}

/** The rules that are in use, kept in the data folder for the next start. */
export class RulesInUse {
  readonly #dataDir: string;
  #inUse: InUse | null = null;
  /** Rules kept by an earlier start that cannot be judged by: their text as far as it was read, and why. */
  #broken: { readonly text: string | null; readonly name: string | null; readonly problem: string } | null =
    null;

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
    this.#readKept();
  }

  get parsed(): AuditRules | null {
    return this.#inUse?.parsed ?? null;
  }

  /** `problem`: why the rules that were kept cannot be judged by; null where there is none. */
  get state(): { text: string | null; name: string | null; problem: string | null } {
    if (this.#broken !== null) return this.#broken;
    return { text: this.#inUse?.text ?? null, name: this.#inUse?.name ?? null, problem: null };
  }

  /** Null: no rules. `keep`: for the next start, too. Throws FaultError `BadRules`. */
  use(text: string | null, name: string | null, keep: boolean): void {
    this.#inUse = text === null ? null : { text, name, parsed: readRules(text) };
    this.#broken = null;
    if (keep) this.#keep();
  }

  get #file(): string {
    return join(this.#dataDir, 'rules.json');
  }

  #readKept(): void {
    let content: string;
    try {
      content = readFileSync(this.#file, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
      this.#broken = { text: null, name: null, problem: `${this.#file} cannot be read.` };
      return;
    }
    let kept: z.infer<typeof KeptRules>;
    try {
      kept = KeptRules.parse(JSON.parse(content));
    } catch {
      this.#broken = {
        text: null,
        name: null,
        problem: `${this.#file} is not in the form that Rewrap writes.`,
      };
      return;
    }
    try {
      this.#inUse = { ...kept, parsed: readRules(kept.text) };
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      this.#broken = { ...kept, problem: error.fault.detail };
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
