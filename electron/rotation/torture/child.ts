/**
 * One life of Rewrap's rotation engine, which may end by SIGKILL at the nth step of the journal or of the file system.
 * `node child.js <JSON of Life>`; prints JSON of {@link Report} when it lives to the end.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeSync } from 'node:fs';
import * as nodeFs from 'node:fs/promises';
import { join } from 'node:path';
import type { RunSummary } from '#shared/model/run.ts';
import { type PutBackFs, scan } from '../../intake/index.ts';
import { KEY } from '../fake-kms.ts';
import { type PlanFile, planBlob, type ResolvedOutput, RunBook } from '../index.ts';
import { ToyKms } from './toy-kms.ts';

export interface Life {
  readonly home: string;
  readonly folder: string;
  readonly what: 'start' | 'resume' | 'undo';
  readonly output: ResolvedOutput;
  readonly algorithm: 'SYMMETRIC_DEFAULT' | 'RSAES_OAEP_SHA_256';
  /** Dies at this step; 0: not by itself. */
  readonly killAt: number;
  /** Part of the requests that fail in passing, and of the file system calls that fail. */
  readonly kmsFailures: number;
  readonly diskFailures: number;
}

export interface Report {
  readonly steps: number;
  readonly summaries: readonly RunSummary[];
}

const life: Life = JSON.parse(process.argv[2] ?? '{}');
let steps = 0;
const step = (): void => {
  steps++;
  if (steps === life.killAt) process.kill(process.pid, 'SIGKILL');
};

const CODES = ['ENOSPC', 'EROFS', 'EIO', 'EACCES'];
async function stepped<T>(work: () => Promise<T>): Promise<T> {
  step();
  if (Math.random() < life.diskFailures) {
    const code = CODES[Math.floor(Math.random() * CODES.length)] ?? 'EIO';
    throw Object.assign(new Error(code), { code });
  }
  const result = await work();
  step();
  return result;
}

/** The real disk, with a place to die before and after each call. */
const fs: PutBackFs = {
  ...nodeFs,
  link: (from, to) => stepped(() => nodeFs.link(from, to)),
  rename: (from, to) => stepped(() => nodeFs.rename(from, to)),
  unlink: (path) => stepped(() => nodeFs.unlink(path)),
  open: (path, flags, mode) =>
    stepped(async () => {
      const handle = await nodeFs.open(path, flags, mode);
      const write = handle.writeFile.bind(handle);
      const sync = handle.sync.bind(handle);
      handle.writeFile = async (data: unknown) => {
        const bytes = data as Uint8Array;
        // Half of it is there when it dies or fails.
        await handle.write(bytes.subarray(0, bytes.length >> 1), 0, bytes.length >> 1, 0);
        await stepped(() => handle.truncate(0));
        await write(bytes);
      };
      handle.sync = () => stepped(sync);
      return handle;
    }),
};

const book = new RunBook(life.home, () => undefined, {
  fs,
  step,
  sleep: async () => undefined,
});
const kms = new ToyKms(life.kmsFailures);
const over = { kms, patience: 'wait', target: 'toy', connection: 'toy' } as const;
writeSync(2, 'ready\n');

if (life.what === 'start') {
  const run = book.start({
    ...over,
    request: {
      source: { keyId: null, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'declared' } },
      destination: { keyId: KEY, algorithm: life.algorithm, context: { mode: 'same' } },
      grantTokens: [],
      route: 'reencrypt',
      verify: true,
      dryRun: false,
      pace: { concurrency: 4, perSecond: null },
    },
    output: life.output,
    files: plan(),
  });
  await run.done;
} else if (life.what === 'resume') {
  for (const { id, status } of book.list()) if (status === 'unfinished') await book.resume(id, over).done;
} else {
  for (const { id, undo, status } of book.list())
    if (undo !== null || status === 'unfinished') await book.undo(id);
}
const report: Report = { steps, summaries: book.list() };
await book.close();
console.log(JSON.stringify(report));

function plan(): PlanFile[] {
  return readdirSync(life.folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => {
      const bytes = readFileSync(path);
      const relative = path.slice(life.folder.length + 1);
      return {
        path,
        bytes: null,
        display: relative,
        relative,
        sha256: createHash('sha256').update(bytes).digest('hex'),
        blobs: scan(bytes, path).blobs.map((found, i) => planBlob(`${relative}#${i}`, found)),
      };
    });
}
