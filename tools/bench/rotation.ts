import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MEMORY, makeFolder, type Practice, startPractice } from './practice.ts';
import { type BenchSection, median, table } from './results.ts';
import type { RotationMeasure, RotationTask } from './rotation-measure.ts';

const CONCURRENCY = 16;
const NODE = ['--disable-warning=ExperimentalWarning'];
const here = (name: string): string => join(import.meta.dirname, name);

interface Way {
  readonly name: string;
  readonly what: RotationTask['what'];
  /** Blobs a file. */
  readonly each: number;
  readonly verify: boolean;
}

const BARE: Way = { name: 'bare `ReEncryptCommand` loop', what: 'bare', each: 1, verify: false };
const WAYS: readonly Way[] = [
  BARE,
  { name: 'hand-signed requests, nothing written', what: 'hand', each: 1, verify: false },
  { name: 'engine, 5 blobs a file', what: 'engine', each: 5, verify: false },
  { name: 'engine, 5 blobs a file, each verified', what: 'engine', each: 5, verify: true },
  { name: 'engine, 1 blob a file', what: 'engine', each: 1, verify: false },
  { name: 'engine, 1 blob a file, each verified', what: 'engine', each: 1, verify: true },
  { name: 'the files alone, 1 blob a file', what: 'files', each: 1, verify: false },
];

/**
 * What the rotation engine costs beside the usual loop, at the same concurrency and against the same
 * endpoint. Each measurement runs in a process of its own, the practice KMS in another; all take turns, so that they meet
 * the same machine. CPU time is reported beside the clock: it does not depend on who else uses the machine.
 */
export async function rotationSuite(blobs: number, rounds: number, large: number): Promise<BenchSection> {
  const top = mkdtempSync(join(tmpdir(), 'rewrap-bench-rotation-'));
  const practice = await startPractice(top);
  try {
    const small = measureSmall(top, practice, blobs, rounds);
    const others = measureOthers(top, practice, Math.min(blobs, 20));
    const big = large > 0 ? measureBig(top, practice, large) : null;
    return {
      title: 'Rotation',
      text:
        `${blobs.toLocaleString('en')} blobs, ${CONCURRENCY} re-encrypted at a time, and as many being verified where they are; medians of ${rounds} rounds, taking turns. Ratio: blobs a second, to the bare\n` +
        "loop's, which reads and writes no file. Hand-signed: the same without the SDK. The files alone: one thread replaces as many files, one after the other, each\n" +
        `flushed, with a backup, and nothing else.\n\n${others.join('\n')}${big === null ? '' : `\n\n${big.text}`}`,
      table: smallTable(small),
      figures: { blobs, rounds, small: Object.fromEntries(small), others, big },
    };
  } finally {
    practice.child.stdin?.end();
    rmSync(top, { recursive: true, force: true });
  }
}

function jobOf(
  practice: Practice,
  what: RotationTask['what'],
  folder: string,
  more: Partial<RotationTask> = {},
): RotationTask {
  const { endpoint, destination } = practice;
  return {
    what,
    folder,
    home: `${folder}-home`,
    endpoint,
    destination,
    concurrency: CONCURRENCY,
    verify: false,
    backup: true,
    killAt: 0,
    ...more,
  };
}

/** Rewrap has the memory that the shell gives it; what it is compared with is as it comes. */
const nodeFor = ({ what }: RotationTask): string[] =>
  what === 'engine' || what === 'resume' ? [...NODE, ...MEMORY] : NODE;

function measure({ env }: Practice, job: RotationTask): RotationMeasure {
  mkdirSync(job.home, { recursive: true });
  const printed = execFileSync(
    process.execPath,
    [...nodeFor(job), here('rotation-measure.ts'), JSON.stringify(job)],
    { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  return JSON.parse(printed.trim().split('\n').at(-1) ?? '');
}

function measureSmall(top: string, practice: Practice, blobs: number, rounds: number) {
  const all = new Map(WAYS.map(({ name }) => [name, [] as RotationMeasure[]]));
  for (let round = 0; round < rounds; round++)
    for (const [at, { name, what, each, verify }] of WAYS.entries()) {
      // Nothing is removed before the end: ext4 looks at each lately freed inode again before it makes a new file, which
      // then takes ten times as long.
      const folder = join(top, `small-${round}-${at}`);
      makeFolder(practice, folder, blobs / each, each);
      all.get(name)?.push(measure(practice, jobOf(practice, what, folder, { verify })));
    }
  return all;
}

function smallTable(all: ReadonlyMap<string, readonly RotationMeasure[]>): string {
  const base = all.get(BARE.name) ?? [];
  const rate = (list: readonly RotationMeasure[]) => median(list.map((m) => (m.blobs * 1000) / m.ms));
  const cpu = (list: readonly RotationMeasure[]) => median(list.map((m) => m.cpuMs / m.blobs));
  return table(
    ['', 'Blobs a second', 'Ratio', 'CPU a blob', 'CPU ratio', 'Peak memory'],
    [...all].map(([name, results]) => [
      name,
      rate(results).toFixed(0),
      (rate(results) / rate(base)).toFixed(2),
      `${cpu(results).toFixed(2)} ms`,
      (cpu(base) / cpu(results)).toFixed(2),
      `${median(results.map((m) => m.peakMiB)).toFixed(0)} MiB`,
    ]),
  );
}

/** The AWS CLI and boto3, where they are: few blobs, since a process for each blob is slow. */
function measureOthers(top: string, practice: Practice, few: number): string[] {
  const lines: string[] = [];
  const has = (program: string, ...args: string[]) =>
    spawnSync(program, args, { stdio: 'ignore' }).status === 0;
  const folder = join(top, 'others');
  makeFolder(practice, folder, few, 1);
  if (has('aws', '--version')) {
    const before = performance.now();
    for (const file of readdirSync(folder, { recursive: true, withFileTypes: true }))
      if (file.isFile())
        execFileSync(
          'aws',
          [
            'kms',
            're-encrypt',
            '--endpoint-url',
            practice.endpoint,
            '--ciphertext-blob',
            `fileb://${join(file.parentPath, file.name)}`,
            '--destination-key-id',
            practice.destination,
          ],
          { env: practice.env, stdio: 'ignore' },
        );
    lines.push(
      `Shell loop over \`aws kms re-encrypt\`: ${((few * 1000) / (performance.now() - before)).toFixed(1)} blobs a second.`,
    );
  } else
    lines.push('Shell loop over `aws kms re-encrypt`: not measured, the AWS CLI is not on this machine.');
  if (has('python3', '-c', 'import boto3')) {
    const script = `import boto3,os,sys,time,concurrent.futures as f\nk=boto3.client('kms',endpoint_url=sys.argv[1])\np=[os.path.join(d,n) for d,_,ns in os.walk(sys.argv[3]) for n in ns]\nt=time.time()\nlist(f.ThreadPoolExecutor(16).map(lambda x:k.re_encrypt(CiphertextBlob=open(x,'rb').read(),DestinationKeyId=sys.argv[2]),p))\nprint(len(p)/(time.time()-t))`;
    const out = execFileSync('python3', ['-c', script, practice.endpoint, practice.destination, folder], {
      env: practice.env,
      encoding: 'utf8',
    });
    lines.push(`boto3, 16 threads: ${Number(out).toFixed(0)} blobs a second.`);
  } else lines.push('boto3 in 16 threads: not measured, boto3 is not on this machine.');
  return lines;
}

interface Big {
  readonly text: string;
  readonly resumed: RotationMeasure;
  readonly secondsToKill: number;
  readonly journalBytes: number;
  readonly shellSeconds: number;
  readonly shellMiB: number;
}

/** A run killed at half way and gone on with; the whole of it by the shell. */
function measureBig(top: string, practice: Practice, large: number): Big {
  const folder = join(top, 'large');
  const files = Math.ceil(large / 5);
  makeFolder(practice, folder, files, 5);
  const before = performance.now();
  const job = jobOf(practice, 'engine', folder, { killAt: large / 2 });
  const killed = spawnSync(
    process.execPath,
    [...nodeFor(job), here('rotation-measure.ts'), JSON.stringify(job)],
    { env: practice.env, stdio: 'ignore' },
  );
  if (killed.signal !== 'SIGKILL') throw new Error(`not killed: ${killed.status}`);
  const secondsToKill = (performance.now() - before) / 1000;
  const resumed = measure(practice, jobOf(practice, 'resume', folder));
  const journalBytes = readdirSync(`${folder}-home`)
    .filter((name) => name.startsWith('runs.sqlite'))
    .reduce((sum, name) => sum + statSync(join(`${folder}-home`, name)).size, 0);
  const shell = measureShell(top, practice, files);
  return {
    text:
      `${large.toLocaleString('en')} blobs in ${files.toLocaleString('en')} files, killed at half way and gone on with: ${secondsToKill.toFixed(0)} s to the kill (reading and\n` +
      `planning included), ${(resumed.ms / 1000).toFixed(0)} s from going on to the end, peak memory of the engine's process ${resumed.peakMiB.toFixed(0)} MiB, journal\n` +
      `${(journalBytes / 1024 ** 2).toFixed(0)} MiB. As many by \`rewrap reencrypt --in-place --backup --no-verify\`, from start to exit: ${shell.seconds.toFixed(0)} s, ${shell.peakMiB.toFixed(0)} MiB.`,
    resumed,
    secondsToKill,
    journalBytes,
    shellSeconds: shell.seconds,
    shellMiB: shell.peakMiB,
  };
}

function measureShell(top: string, practice: Practice, files: number): { seconds: number; peakMiB: number } {
  const folder = join(top, 'shell');
  makeFolder(practice, folder, files, 5);
  const PEAK_FILE = join(top, 'peak');
  const cli = here('../../dist/cli.js');
  const before = performance.now();
  execFileSync(
    process.execPath,
    [
      ...[
        ...NODE,
        ...MEMORY,
        '--require',
        here('peak.cjs'),
        cli,
        'reencrypt',
        folder,
        '--to',
        practice.destination,
      ],
      ...['--in-place', '--backup', '--no-verify'],
      ...['--region', 'us-east-1', '--endpoint-url', practice.endpoint],
    ],
    {
      env: { ...practice.env, REWRAP_HOME: join(top, 'shell-home'), PEAK_FILE },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  const seconds = (performance.now() - before) / 1000;
  return { seconds, peakMiB: Number(readFileSync(PEAK_FILE, 'utf8')) / 1024 };
}
