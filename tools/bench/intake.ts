import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assemble } from '../../electron/core/inspect/assemble.test-help.ts';
import type { Measured } from './measure.ts';
import { type BenchSection, median, table } from './results.ts';

interface Row {
  /** Files that hold a blob each; null for the mixed tree. */
  readonly files: number | null;
  readonly bareMs: number;
  readonly intakeMs: number;
  readonly ratio: number;
  /** The same of processor time, which others on the machine disturb less. */
  readonly cpuRatio: number;
  readonly barePeakMiB: number;
  readonly intakePeakMiB: number;
  readonly blobs: number;
}

/**
 * How long intake takes, against the fastest loop that does no more than walk, read and hash the same files. Each
 * measurement runs in a process of its own, so that peak memory is its own; bare loop and intake take turns, so that
 * both meet the same machine.
 */
export function intakeSuite(sizes: readonly number[], rounds: number): BenchSection {
  const rows: Row[] = [];
  const root = mkdtempSync(join(tmpdir(), 'rewrap-bench-'));
  try {
    for (const files of sizes) {
      const folder = join(root, String(files));
      makeFolder(folder, files);
      const row = rowOf(folder, files, rounds);
      if (row.blobs !== files) throw new Error(`Intake found ${row.blobs} blobs in ${files} files.`);
      rows.push(row);
      rmSync(folder, { recursive: true, force: true });
    }
    rows.push(rowOf(PROJECT, null, rounds));
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
  return {
    title: 'Intake',
    text:
      'Bare loop: walk, read and SHA-256 each file, synchronously. Intake: `intake.addPaths` of the engine, which also\n' +
      `finds, names and lists every blob. Median of ${rounds} rounds, each in a process of its own, taking turns; files of 184\n` +
      'bytes in folders of 1,000, in the page cache. The last row is this tree with node_modules: sources, programs, images\n' +
      'and archives, of which intake opens the archives, and does not walk `.git`.',
    table: table(
      [
        'Files',
        'Bare loop',
        'Intake',
        'Ratio',
        'Ratio of processor time',
        'Peak memory, bare',
        'Peak memory, intake',
      ],
      rows.map((row) => [
        row.files === null ? 'This tree, mixed' : row.files.toLocaleString('en'),
        `${row.bareMs.toFixed(0)} ms`,
        `${row.intakeMs.toFixed(0)} ms`,
        row.ratio.toFixed(2),
        row.cpuRatio.toFixed(2),
        `${row.barePeakMiB.toFixed(0)} MiB`,
        `${row.intakePeakMiB.toFixed(0)} MiB`,
      ]),
    ),
    figures: { rounds, rows },
  };
}

/** The tree of the project itself, with node_modules. */
const PROJECT = join(import.meta.dirname, '../..');

/** Bare loop and intake take turns over one folder. */
function rowOf(folder: string, files: number | null, rounds: number): Row {
  measure('bare', folder); // Once for nothing: the files are in the page cache from here on.
  const bare: Measured[] = [];
  const intake: Measured[] = [];
  for (let i = 0; i < rounds; i++) {
    bare.push(measure('bare', folder));
    intake.push(measure('intake', folder));
  }
  const ratioOf = (of: (one: Measured) => number): number => median(intake.map(of)) / median(bare.map(of));
  return {
    files,
    bareMs: median(bare.map(({ ms }) => ms)),
    intakeMs: median(intake.map(({ ms }) => ms)),
    ratio: ratioOf(({ ms }) => ms),
    cpuRatio: ratioOf(({ cpuMs }) => cpuMs),
    barePeakMiB: median(bare.map(({ peakMiB }) => peakMiB)),
    intakePeakMiB: median(intake.map(({ peakMiB }) => peakMiB)),
    blobs: intake[0]?.blobs ?? 0,
  };
}

/** `files` v2 blobs of 32-byte data keys, under ten key fingerprints, a thousand to a folder. */
function makeFolder(folder: string, files: number): void {
  const blobs = Array.from({ length: 10 }, (_, i) =>
    assemble({ layout: 'v2', fingerprint: new Uint8Array(32).fill(i + 1) }),
  );
  for (let i = 0; i < files; i++) {
    const inside = join(folder, `part-${Math.floor(i / 1000)}`);
    if (i % 1000 === 0) mkdirSync(inside, { recursive: true });
    // Salt, nonce and content differ from file to file, as they do in life.
    const blob = Buffer.from(blobs[i % 10] ?? new Uint8Array());
    blob.writeUInt32BE(i, 38);
    blob.writeUInt32BE(i, 108);
    blob.writeUInt32BE(i, 140);
    writeFileSync(join(inside, `key-${i}.bin`), blob);
  }
}

function measure(what: 'bare' | 'intake', folder: string): Measured {
  const printed = execFileSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'measure.ts'), what, folder],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const measured: Measured = JSON.parse(printed.trim().split('\n').at(-1) ?? '');
  return measured;
}
