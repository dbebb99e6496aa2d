import type { Kms } from '../../core/kms/index.ts';
import type { Run } from '../../core/rotation/index.ts';
import type { TwoStep } from '../connection/index.ts';

/** Runs that decrypt here and encrypt there: each has a child process, which ends with it. */
export class TwoStepRuns {
  readonly #open: (destinationKeyId: string) => Promise<TwoStep>;
  /** Of runs under way: it reaches both sides by the connections of each moment. */
  readonly #kms = new Map<string, Kms>();
  /** Children that are ending. */
  readonly #ending = new Set<Promise<void>>();

  /** `open`: starts a child, and leads to a destination key. */
  constructor(open: (destinationKeyId: string) => Promise<TwoStep>) {
    this.#open = open;
  }

  /** Starts a child and a run with it. Rejects as `begin` does; the child then ends. */
  async begin(destinationKeyId: string, begin: (over: TwoStep) => Promise<Run>): Promise<Run> {
    const over = await this.#open(destinationKeyId);
    const { kms } = over;
    let run: Run;
    try {
      run = await begin(over);
    } catch (error) {
      await kms.close();
      throw error;
    }
    this.#kms.set(run.id, kms);
    const ending = run.done.then(() => {
      this.#kms.delete(run.id);
      return kms.close();
    });
    this.#ending.add(ending);
    void ending.finally(() => this.#ending.delete(ending));
    return run;
  }

  /** Null where the run is not under way, or needs no child. */
  kmsOf(runId: string): Kms | null {
    return this.#kms.get(runId) ?? null;
  }

  /** Ids of the runs under way. */
  ids(): string[] {
    return [...this.#kms.keys()];
  }

  /** Resolves when the children of runs that have ended are gone. */
  async ended(): Promise<void> {
    await Promise.all(this.#ending);
  }
}
