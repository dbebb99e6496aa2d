import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** As the shell is started: what a run makes is short-lived. */
export const MEMORY = ['--max-semi-space-size=4', '--heap-growing-percent=40'];

const NODE = ['--disable-warning=ExperimentalWarning'];
const here = (name: string): string => join(import.meta.dirname, name);

/** The practice KMS in a process of its own; it ends with its standard input. */
export interface Practice {
  readonly child: ChildProcess;
  readonly endpoint: string;
  readonly destination: string;
  readonly blobs: string[];
  readonly env: NodeJS.ProcessEnv;
}

export const startPractice = (top: string): Promise<Practice> =>
  startKms([here('rotation-practice.ts'), join(top, 'kms')]);

/** The same of a KMS that does nothing and costs as little: see ./stub-kms.ts. */
export const startStub = (): Promise<Practice> => startKms([here('stub-kms.ts')]);

async function startKms(program: readonly string[]): Promise<Practice> {
  const child = spawn(process.execPath, [...NODE, ...program], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  if (child.stdout === null) throw new Error('no output');
  const [line] = await once(createInterface(child.stdout), 'line');
  const { endpoint, destination, blobs: made, accessKeyId, secretAccessKey } = JSON.parse(String(line));
  return {
    child,
    endpoint,
    destination,
    blobs: made,
    env: {
      ...process.env,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_REGION: 'us-east-1',
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_EC2_METADATA_DISABLED: 'true',
    },
  };
}

/** Raw blobs, or text files of one a line; a thousand files to a folder. */
export function makeFolder(practice: Practice, folder: string, files: number, each: number): void {
  for (let i = 0; i < files; i++) {
    const inside = join(folder, `part-${Math.floor(i / 1000)}`);
    if (i % 1000 === 0) mkdirSync(inside, { recursive: true });
    const pick = (n: number) => practice.blobs[n % practice.blobs.length] ?? '';
    if (each === 1) writeFileSync(join(inside, `${i}.bin`), Buffer.from(pick(i), 'base64'));
    else
      writeFileSync(
        join(inside, `${i}.txt`),
        `${Array.from({ length: each }, (_, n) => pick(i + n)).join('\n')}\n`,
      );
  }
}
