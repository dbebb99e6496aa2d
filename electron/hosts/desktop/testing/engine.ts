import type { Reply } from '#shared/contract/api.ts';
import type { Engine } from '../../../bridge/index.ts';

export interface Call {
  readonly name: string;
  readonly input: unknown;
}

/** An engine that keeps what it was asked and answers what the test says. */
export class FakeEngine implements Engine {
  readonly calls: Call[] = [];
  readonly hostCalls: Call[] = [];
  readonly answers = new Map<string, Reply<unknown>>();
  closed = 0;
  /** What `close` waits for. */
  closing: Promise<void> = Promise.resolve();
  readonly #listeners = new Set<(name: string, payload: unknown) => void>();

  async call(name: string, input: unknown): Promise<Reply<unknown>> {
    this.calls.push({ name, input });
    return this.answers.get(name) ?? { ok: true, value: `engine answered ${name}` };
  }

  async callHost(name: string, input: unknown): Promise<Reply<unknown>> {
    this.hostCalls.push({ name, input });
    return this.answers.get(name) ?? { ok: true, value: INTAKE };
  }

  onEvent(listener: (name: string, payload: unknown) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  emit(name: string, payload: unknown): void {
    for (const listener of this.#listeners) listener(name, payload);
  }

  close(): Promise<void> {
    this.closed += 1;
    return this.closing;
  }
}

export const INTAKE = { sources: 1, blobs: 2, skippedFiles: [], moreSkipped: 0 };
