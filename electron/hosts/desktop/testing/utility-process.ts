import { EventEmitter } from 'node:events';
import type { UtilityProcess } from 'electron';
import type { ElectronMain } from '../electron.ts';

type ForkOptions = Parameters<ElectronMain['utilityProcess']['fork']>[2];

/** A utility process: what it was started with, what it was sent, and how it ended. */
export class FakeUtilityProcess
  extends EventEmitter
  implements Pick<UtilityProcess, 'postMessage' | 'kill' | 'pid'>
{
  readonly pid = 4711;
  readonly file: string;
  readonly args: readonly string[];
  readonly options: ForkOptions;
  readonly sent: unknown[] = [];
  killed = false;

  constructor(file: string, args: readonly string[] = [], options: ForkOptions = {}) {
    super();
    this.file = file;
    this.args = args;
    this.options = options;
  }

  /** What the process really gets: Electron takes an empty environment for the parent's. */
  get environment(): NodeJS.ProcessEnv {
    const { env = {} } = this.options ?? {};
    return { ...(Object.keys(env).length === 0 ? process.env : env) };
  }

  postMessage(message: unknown): void {
    this.sent.push(message);
  }

  kill(): boolean {
    this.killed = true;
    this.emit('exit', 15);
    return true;
  }
}
