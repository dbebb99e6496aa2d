import { join } from 'node:path';
import type { PracticeKms } from '../practice-kms/index.ts';

/** The embedded practice KMS of this data folder, started when first needed, and its sample vault. */
export class Practice {
  readonly #dir: string;
  #running: Promise<PracticeKms> | null = null;

  constructor(dataDir: string) {
    this.#dir = join(dataDir, 'practice');
  }

  get vaultFolder(): string {
    return join(this.#dir, 'vault');
  }

  /**
   * Starts it with its sample keys and vault. Loaded late: someone who works against AWS never pays for it. A failed
   * start is tried again next time.
   */
  async start(): Promise<PracticeKms> {
    this.#running ??= this.#begin();
    try {
      return await this.#running;
    } catch (error) {
      this.#running = null;
      throw error;
    }
  }

  /** Makes the sample vault anew; returns its folder. */
  async restoreVault(): Promise<string> {
    const practice = await this.start();
    const { makeSampleVault } = await import('../practice-kms/index.ts');
    await makeSampleVault({ practice, folder: this.vaultFolder, replace: true });
    return this.vaultFolder;
  }

  async close(): Promise<void> {
    const running = this.#running;
    this.#running = null;
    await (await running?.catch(() => null))?.close();
  }

  async #begin(): Promise<PracticeKms> {
    const { makeSampleVault, startPracticeKms } = await import('../practice-kms/index.ts');
    const practice = await startPracticeKms({ stateDir: this.#dir });
    await makeSampleVault({ practice, folder: this.vaultFolder, replace: false });
    return practice;
  }
}
