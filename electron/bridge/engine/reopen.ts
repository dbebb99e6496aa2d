import type { Reply } from '#shared/contract/api.ts';
import type { ConnectionState } from '#shared/model/connection.ts';
import type { EngineOptions } from '../index.ts';

/**
 * What an engine that is started again begins with: the connection that was chosen last and what a person opened, so
 * that the window shows what it showed. Pasted text is gone with the memory that held it.
 */
export class Reopen {
  readonly #options: EngineOptions;
  #paths: Set<string>;
  readonly #uploads = new Set<string>();
  #connection: EngineOptions['connection'];
  /** The list was emptied, or something else was opened: the sample vault does not come back by itself. */
  #changed = false;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#paths = new Set(options.paths);
    this.#connection = options.connection;
  }

  /** An event of the engine. */
  event(name: string, payload: unknown): void {
    if (name !== 'connectionChanged') return;
    // The engine strips what it sends to the contract's form.
    this.#connection = (payload as ConnectionState).choice;
  }

  /** A request that the engine answered. */
  asked(host: boolean, name: string, input: unknown, reply: Reply<unknown>): void {
    if (!reply.ok || typeof input !== 'object' || input === null) return;
    if (host && name === 'intake.addPaths' && 'paths' in input && Array.isArray(input.paths)) {
      const opened = 'origin' in input && input.origin === 'upload' ? this.#uploads : this.#paths;
      for (const path of input.paths) opened.add(String(path));
      this.#changed = true;
    }
    // Single sources that were let go are not known here by their paths; they come back with what they were opened with.
    if (!host && name === 'intake.clear' && 'sourceIds' in input && input.sourceIds === null) {
      this.#paths.clear();
      this.#uploads.clear();
      this.#changed = true;
    }
  }

  /** What the engine of that number begins with, and the uploads that it is to take in. */
  next(generation: number): { options: EngineOptions; uploads: string[] } {
    const { connection: _, ...options } = this.#options;
    return {
      options: {
        ...options,
        paths: [...this.#paths],
        ...(this.#connection === undefined ? {} : { connection: this.#connection }),
        generation,
        // What the page chose since is not the word of the host's start.
        named: this.#options.connection ?? null,
        sample: !this.#changed,
      },
      uploads: [...this.#uploads],
    };
  }
}
