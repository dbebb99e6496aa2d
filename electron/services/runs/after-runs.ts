import type { RunItem } from '#shared/model/run.ts';
import type { KeyObservation } from '../../core/key-material/index.ts';
import { Turns } from '../../core/limits/turns.ts';
import type { Run, RunManager } from '../../core/rotation/index.ts';
import type { Workspace } from '../workspace/index.ts';
import { observationsOf, observationsOfRefusals } from './run-keys.ts';

/** Items read at a time. */
const ITEMS = 500;

interface AfterRunsParts {
  readonly workspace: Pick<Workspace, 'refresh'>;
  readonly learn: (observations: readonly KeyObservation[]) => void;
  /** Whether the list is looked at after a run: files that it replaced are then read again. */
  readonly follows: boolean;
}

/** What follows on runs that have ended: it reads the journal. */
export class AfterRuns {
  readonly #manager: RunManager;
  readonly #parts: AfterRunsParts;
  readonly #ending = new Set<Promise<void>>();
  readonly #ahead = new Set<string>();

  constructor(manager: RunManager, parts: AfterRunsParts) {
    this.#manager = manager;
    this.#parts = parts;
  }

  watch(run: Run, dryRun: boolean): void {
    if (!dryRun) this.#ahead.add(run.id);
    // A refusal names the key of a blob in a dry run, too.
    const ended = dryRun ? () => this.#learnFromRefusals(run.id) : () => this.#ended(run.id);
    const ending = run.done.then(ended).finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  /** Whether files that a run replaces were not read again since. */
  isAhead(runId: string): boolean {
    return this.#ahead.has(runId);
  }

  /** Resolves when nothing follows any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#ending);
  }

  /** Keeps what KMS said of the key materials; reads replaced files again. */
  async #ended(runId: string): Promise<void> {
    const { workspace, learn, follows } = this.#parts;
    if (this.#manager.closed) return;
    if (follows) {
      await workspace.refresh(this.#manager.recorded.paths(runId));
      this.#ahead.delete(runId);
    }
    if (this.#manager.closed) return;
    const observations = observationsOf(
      await this.#manager.recorded.keysSeen(runId),
      this.#manager.asked(runId).request.method,
    );
    if (observations.length > 0) learn(observations);
    await this.#learnFromRefusals(runId);
  }

  async #learnFromRefusals(runId: string): Promise<void> {
    if (this.#manager.closed || this.#manager.asked(runId).request.method !== 'reencrypt') return;
    const observations = await observationsOfRefusals(this.#failedItems(runId));
    if (observations.length > 0 && !this.#manager.closed) this.#parts.learn(observations);
  }

  async *#failedItems(runId: string): AsyncGenerator<RunItem[]> {
    const turns = new Turns();
    for (let offset = 0; !this.#manager.closed; offset += ITEMS) {
      const { items } = this.#manager.recorded.items(runId, { offset, limit: ITEMS, only: 'failed' });
      yield items;
      if (items.length < ITEMS) return;
      if (turns.over) await turns.give();
    }
  }
}
