import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FaultError } from '#shared/model/fault.ts';
import type { PracticeKms } from '../../practice-kms/index.ts';

/**
 * The embedded practice KMS of this data folder, started when first needed, and its sample vault. It listens at the port
 * that it had before, so that an address that was given out stays good: after it ended by itself, after the
 * engine was started again, and after Rewrap was.
 */
export class Practice {
  readonly #dir: string;
  #running: Promise<PracticeKms> | null = null;
  #port: number | null = null;

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
    const { makeSampleVault } = await import('../../practice-kms/index.ts');
    await makeSampleVault({ practice, folder: this.vaultFolder, replace: true });
    return this.vaultFolder;
  }

  async close(): Promise<void> {
    const running = this.#running;
    this.#running = null;
    await (await running?.catch(() => null))?.close();
  }

  async #begin(): Promise<PracticeKms> {
    const { makeSampleVault } = await import('../../practice-kms/index.ts');
    const practice = await this.#listen();
    const mine = this.#running;
    void practice.closed.then(() => {
      // Closed by `close`, or another one runs already.
      if (this.#running === null || this.#running !== mine) return;
      this.#running = null;
      // Why it cannot be started is said when it is needed next.
      this.start().catch(() => undefined);
    });
    await makeSampleVault({ practice, folder: this.vaultFolder, replace: false });
    return practice;
  }

  async #listen(): Promise<PracticeKms> {
    const { startPracticeKms } = await import('../../practice-kms/index.ts');
    const before = this.#port ?? this.#keptPort();
    try {
      const practice = await startPracticeKms({ stateDir: this.#dir, port: before });
      this.#port = Number(new URL(practice.endpoint).port);
      if (before === 0) this.#keepPort(this.#port);
      return practice;
    } catch (error) {
      const taken = error instanceof FaultError && ['PortInUse', 'CannotListen'].includes(error.fault.code);
      if (before === 0 || !taken) throw error;
    }
    // Another Rewrap of this folder has it, or another program.
    const practice = await startPracticeKms({ stateDir: this.#dir });
    this.#port = Number(new URL(practice.endpoint).port);
    return practice;
  }

  /** The port of the last time; 0: any. */
  #keptPort(): number {
    try {
      const port = Number(readFileSync(join(this.#dir, 'port'), 'utf8'));
      return Number.isInteger(port) && port >= 1024 && port <= 65_535 ? port : 0;
    } catch {
      return 0;
    }
  }

  /** Best effort: without it the address is another one next time. */
  #keepPort(port: number): void {
    try {
      writeFileSync(join(this.#dir, 'port'), `${port}\n`, { mode: 0o600 });
    } catch {
      // A read-only home.
    }
  }
}
