import * as nodeFs from 'node:fs/promises';
import type { PutBackFs } from '../../electron/core/intake/index.ts';

/** What is wrong with a disk. */
export interface DiskTrouble {
  /** Calls that fail, by the name of the call: with this code, each with this likelihood (0 to 1). */
  readonly fails?: Partial<Record<DiskCall, { readonly code: string; readonly part: number }>>;
  /** Each call takes up to so many milliseconds more. */
  readonly slowMs?: number;
}

/** 'create' and 'sync' are of files; 'syncFolder' is the flush of a folder. */
type DiskCall = 'create' | 'write' | 'sync' | 'syncFolder' | 'link' | 'rename' | 'unlink' | 'mkdir';

interface DiskOptions {
  readonly trouble: DiskTrouble;
  readonly random: () => number;
  /** A place to die at, or to outsider: before and after each call that changes something. */
  readonly step: (call: DiskCall) => void;
  /** A call failed on purpose. */
  readonly failed: () => void;
}

/** The real disk, with faults and with a place to die before and after each call that changes something. */
export function troubledDisk({ trouble, random, step, failed }: DiskOptions): PutBackFs {
  const { fails = {}, slowMs = 0 } = trouble;
  const stepped = async <T>(call: DiskCall, work: () => Promise<T>): Promise<T> => {
    step(call);
    if (slowMs > 0) await new Promise((resolve) => setTimeout(resolve, random() * slowMs));
    const rule = fails[call];
    if (rule !== undefined && random() < rule.part) {
      failed();
      throw Object.assign(new Error(`${rule.code}: on purpose, ${call}`), { code: rule.code });
    }
    const result = await work();
    step(call);
    return result;
  };
  return {
    ...nodeFs,
    link: (from, to) => stepped('link', () => nodeFs.link(from, to)),
    rename: (from, to) => stepped('rename', () => nodeFs.rename(from, to)),
    unlink: (path) => stepped('unlink', () => nodeFs.unlink(path)),
    mkdir: ((path: string, options?: { recursive: true }) =>
      stepped('mkdir', () => nodeFs.mkdir(path, options))) as PutBackFs['mkdir'],
    open: async (path, flags, mode) => {
      const creates = (Number(flags ?? 0) & nodeFs.constants.O_CREAT) !== 0;
      const handle = creates
        ? await stepped('create', () => nodeFs.open(path, flags, mode))
        : await nodeFs.open(path, flags, mode);
      const write = handle.writeFile.bind(handle);
      const sync = handle.sync.bind(handle);
      handle.writeFile = async (data: unknown) => {
        const bytes = data as Uint8Array;
        // Half of it is there when it is killed or fails.
        await handle.write(bytes.subarray(0, bytes.length >> 1), 0, bytes.length >> 1, 0);
        await stepped('write', () => handle.truncate(0));
        await write(bytes);
      };
      handle.sync = () => stepped(creates ? 'sync' : 'syncFolder', sync);
      return handle;
    },
  };
}
