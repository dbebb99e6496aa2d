import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import type { Job, Measured } from './rotation-measure.ts';

/**
 * What the rotation engine costs beside the loop that everybody writes, at the same concurrency and against the same
 * endpoint: `npm run bench:rotation` (`-- --blobs 2000 --rounds 5 --large 100000`). Each measurement runs in a process of
 * its own, the practice KMS in another; all take turns, so that they meet the same machine. CPU time is told beside the
 * clock: it does not depend on who else uses the machine.
 */
const { values } = parseArgs({
  options: {
    blobs: { type: 'string', default: '2000' },
    rounds: { type: 'string', default: '5' },
    concurrency: { type: 'string', default: '16' },
    large: { type: 'string', default: '100000' },
    write: { type: 'boolean', default: true },
  },
  allowNegative: true,
});
const blobs = Number(values.blobs);
const rounds = Number(values.rounds);
const concurrency = Number(values.concurrency);
const large = Number(values.large);

interface Practice {
  readonly child: ChildProcess;
  readonly endpoint: string;
  readonly destination: string;
  readonly blobs: string[];
  readonly env: NodeJS.ProcessEnv;
}

const top = mkdtempSync(join(tmpdir(), 'rewrap-bench-rotation-'));
const practice = await startPractice();
try {
  const lines = [...(await small()), ...(large > 0 ? await big() : [])];
  const machine = `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${availableParallelism()} cores, ${Math.round(totalmem() / 1024 ** 3)} GiB, Node ${process.version}, ${process.platform}; load average ${loadavg()[0]?.toFixed(1)}`;
  const text = `# Rotation\n\n${lines.join('\n')}\n\n${machine}\n`;
  console.log(text);
  if (values.write) writeFileSync(join(import.meta.dirname, 'ROTATION.md'), text);
} finally {
  practice.child.stdin?.end();
  rmSync(top, { recursive: true, force: true });
}

async function startPractice(): Promise<Practice> {
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      join(import.meta.dirname, 'rotation-practice.ts'),
      join(top, 'kms'),
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
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

function jobOf(what: Job['what'], folder: string, more: Partial<Job> = {}): Job {
  const home = `${folder}-home`;
  return {
    what,
    folder,
    home,
    endpoint: practice.endpoint,
    destination: practice.destination,
    concurrency,
    verify: false,
    backup: true,
    killAt: 0,
    ...more,
  };
}

function measure(job: Job): Measured {
  mkdirSync(job.home, { recursive: true });
  const printed = execFileSync(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      join(import.meta.dirname, 'rotation-measure.ts'),
      JSON.stringify(job),
    ],
    { encoding: 'utf8', env: practice.env, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  return JSON.parse(printed.trim().split('\n').at(-1) ?? '');
}

interface Way {
  readonly name: string;
  readonly what: Job['what'];
  /** Blobs a file. */
  readonly each: number;
  readonly verify: boolean;
}

const BARE: Way = { name: 'bare `ReEncryptCommand` loop', what: 'bare', each: 1, verify: false };
const WAYS: readonly Way[] = [
  BARE,
  { name: 'engine, 5 blobs a file', what: 'engine', each: 5, verify: false },
  { name: 'engine, 5 blobs a file, each verified', what: 'engine', each: 5, verify: true },
  { name: 'engine, 1 blob a file', what: 'engine', each: 1, verify: false },
  { name: 'engine, 1 blob a file, each verified', what: 'engine', each: 1, verify: true },
  { name: 'the files alone, 1 blob a file', what: 'files', each: 1, verify: false },
];

async function small(): Promise<string[]> {
  const all = new Map(WAYS.map(({ name }) => [name, [] as Measured[]]));
  for (let round = 0; round < rounds; round++)
    for (const [at, { name, what, each, verify }] of WAYS.entries()) {
      // Nothing is removed before the end: ext4 looks at each lately freed inode again before it makes a new file, which
      // then takes ten times as long.
      const folder = join(top, `small-${round}-${at}`);
      makeFolder(folder, blobs / each, each);
      all.get(name)?.push(measure(jobOf(what, folder, { verify })));
    }
  const base = all.get(BARE.name) ?? [];
  return [
    `${blobs} blobs, ${concurrency} requests at a time; medians of ${rounds}, taking turns. Ratio: blobs a second, to the bare loop's,`,
    'which reads and writes no file. The files alone: what one thread takes to replace as many files, one after the other,',
    'each flushed, with a backup, and nothing else.',
    '',
    '| | Blobs a second | Ratio | CPU a blob | CPU ratio | Peak memory |',
    '|---|---:|---:|---:|---:|---:|',
    ...[...all].map(([name, results]) => {
      const rate = (list: readonly Measured[]) => median(list.map((m) => (m.blobs * 1000) / m.ms));
      const cpu = (list: readonly Measured[]) => median(list.map((m) => m.cpuMs / m.blobs));
      return `| ${name} | ${rate(results).toFixed(0)} | ${(rate(results) / rate(base)).toFixed(2)} | ${cpu(results).toFixed(2)} ms | ${(cpu(base) / cpu(results)).toFixed(2)} | ${median(results.map((m) => m.peakMiB)).toFixed(0)} MiB |`;
    }),
    '',
    ...others(),
  ];
}

/** The AWS CLI and boto3, where they are: twenty blobs, since a process for each blob is slow. */
function others(): string[] {
  const lines: string[] = [];
  const has = (program: string, ...args: string[]) =>
    spawnSync(program, args, { stdio: 'ignore' }).status === 0;
  const folder = join(top, 'others');
  const few = Math.min(blobs, 20);
  makeFolder(folder, few, 1);
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

/** A run killed at half way, and gone on with. */
async function big(): Promise<string[]> {
  const folder = join(top, 'large');
  const files = Math.ceil(large / 5);
  makeFolder(folder, files, 5);
  const before = performance.now();
  const killed = spawnSync(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      join(import.meta.dirname, 'rotation-measure.ts'),
      JSON.stringify(jobOf('engine', folder, { killAt: large / 2 })),
    ],
    { env: practice.env, stdio: 'ignore' },
  );
  if (mkdirSync(`${folder}-home`, { recursive: true }) !== undefined || killed.signal !== 'SIGKILL')
    throw new Error(`not killed: ${killed.status}`);
  const half = performance.now() - before;
  const resumed = measure(jobOf('resume', folder));
  const size = readdirSync(`${folder}-home`)
    .filter((name) => name.startsWith('runs.sqlite'))
    .reduce((sum, name) => sum + statSync(join(`${folder}-home`, name)).size, 0);
  return [
    '',
    `${large.toLocaleString('en')} blobs in ${files.toLocaleString('en')} files, killed at half way and gone on with: ${(half / 1000).toFixed(0)} s to the kill (reading and planning included), ${(resumed.ms / 1000).toFixed(0)} s from going on to the end, ` +
      `peak memory of the engine's process ${resumed.peakMiB.toFixed(0)} MiB, journal ${(size / 1024 ** 2).toFixed(0)} MiB.`,
  ];
}

/** Raw blobs, or text files of one a line; a thousand files to a folder. */
function makeFolder(folder: string, files: number, each: number): void {
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

function median(list: readonly number[]): number {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
