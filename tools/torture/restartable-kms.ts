import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PracticeKms, startPracticeKms } from '../../electron/practice-kms/index.ts';

/** A practice KMS that can go away and come back under the same address. */
export class RestartableKms {
  readonly #stateDir: string;
  practice: PracticeKms;

  private constructor(stateDir: string, practice: PracticeKms) {
    this.#stateDir = stateDir;
    this.practice = practice;
  }

  static async start(): Promise<RestartableKms> {
    const stateDir = mkdtempSync(join(tmpdir(), 'rewrap-torture-kms-'));
    return new RestartableKms(stateDir, await startPracticeKms({ stateDir }));
  }

  get access() {
    const { endpoint, region, accessKeyId, secretAccessKey } = this.practice;
    return { endpoint, region, accessKeyId, secretAccessKey };
  }

  readonly call: PracticeKms['call'] = (...args) => this.practice.call(...args);

  goAway(): Promise<void> {
    return this.practice.close();
  }

  async comeBack(): Promise<void> {
    const port = Number(new URL(this.practice.endpoint).port);
    await this.practice.close();
    this.practice = await startPracticeKms({ stateDir: this.#stateDir, port });
  }

  async stop(): Promise<void> {
    await this.practice.close();
    rmSync(this.#stateDir, { recursive: true, force: true });
  }
}
