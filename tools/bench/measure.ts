import { hash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readdirSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine } from '../../electron/bridge/engine/create-engine.ts';
import { NO_CAPABILITIES } from '../../electron/bridge/engine/index.ts';

/** What one measurement says; printed as JSON on the last line. */
export interface Measured {
  readonly ms: number;
  /** Processor time of all threads, milliseconds: tells apart what others on the machine took. */
  readonly cpuMs: number;
  readonly peakMiB: number;
  readonly blobs: number;
}

const [what, folder = ''] = process.argv.slice(2);
const measured = what === 'bare' ? bare(folder) : await intake(folder);
console.log(JSON.stringify(measured));

/** The fastest loop known here: one readdir with types per folder, one open, read and close per file, one hash. */
function bare(root: string): Measured {
  const before = performance.now();
  const used = process.cpuUsage();
  const buffer = Buffer.allocUnsafe(256 * 1024);
  let files = 0;
  const folders = [root];
  for (let at = folders.pop(); at !== undefined; at = folders.pop())
    for (const entry of readdirSync(at, { withFileTypes: true })) {
      const path = `${at}/${entry.name}`;
      if (entry.isDirectory()) folders.push(path);
      else if (entry.isFile()) {
        const fd = openSync(path, 'r');
        const count = readSync(fd, buffer, 0, buffer.length, 0);
        closeSync(fd);
        hash('sha256', buffer.subarray(0, count), 'hex');
        files++;
      }
    }
  return { ms: performance.now() - before, cpuMs: cpuMs(used), peakMiB: peak(), blobs: files };
}

async function intake(root: string): Promise<Measured> {
  const dataDir = mkdtempSync(join(tmpdir(), 'rewrap-bench-data-'));
  const engine = createEngine({
    host: 'cli',
    version: 'bench',
    can: NO_CAPABILITIES,
    dataDir,
    outputFolders: [],
    connection: null,
  });
  try {
    const before = performance.now();
    const used = process.cpuUsage();
    const reply = await engine.callHost('intake.addPaths', { paths: [root], origin: 'path' });
    const ms = performance.now() - before;
    const cpu = cpuMs(used);
    if (!reply.ok) throw new Error(JSON.stringify(reply.fault));
    return { ms, cpuMs: cpu, peakMiB: peak(), blobs: Number(Reflect.get(Object(reply.value), 'blobs')) };
  } finally {
    await engine.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

function cpuMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}

function peak(): number {
  return process.resourceUsage().maxRSS / 1024;
}
