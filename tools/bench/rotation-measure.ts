import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import http from 'node:http';
import { dirname, join } from 'node:path';
import { KMSClient, ReEncryptCommand } from '@aws-sdk/client-kms';
import { HereFirst, plainPlaces, readSource, scan } from '../../electron/core/intake/index.ts';
import { connect } from '../../electron/core/kms/index.ts';
import { signed, signingKey } from '../../electron/core/kms/sign/index.ts';
import { blobRef, type PlanFile, RunManager } from '../../electron/core/rotation/index.ts';

/** What one measurement says; printed as JSON on the last line. Times in milliseconds. */
export interface RotationMeasure {
  readonly ms: number;
  /** CPU time of this process over the same stretch. */
  readonly cpuMs: number;
  readonly peakMiB: number;
  readonly blobs: number;
}

export interface RotationTask {
  readonly what: 'bare' | 'hand' | 'engine' | 'resume' | 'files';
  readonly folder: string;
  readonly home: string;
  readonly endpoint: string;
  readonly destination: string;
  readonly concurrency: number;
  readonly verify: boolean;
  readonly backup: boolean;
  /** Dies by SIGKILL when so many blobs are done; 0: lives. */
  readonly killAt: number;
}

const job: RotationTask = JSON.parse(process.argv[2] ?? '{}');

if (job.what === 'bare') await bare();
else if (job.what === 'hand') await byHand();
else if (job.what === 'files') await files();
else await engine();

/** The usual loop: the SDK's client as it comes, so many requests at a time, nothing done with the answer. */
async function bare(): Promise<void> {
  const blobs = filesOf(job.folder).flatMap((path) =>
    scan(readFileSync(path), path).blobs.map(({ bytes }) => bytes),
  );
  const client = new KMSClient({ endpoint: job.endpoint, region: 'us-east-1' });
  const queue = blobs.values();
  await measured(async () => {
    await Promise.all(
      Array.from({ length: job.concurrency }, async () => {
        for (const CiphertextBlob of queue)
          await client.send(new ReEncryptCommand({ CiphertextBlob, DestinationKeyId: job.destination }));
      }),
    );
    return blobs.length;
  });
}

/** Requests signed and sent here, without the SDK and without a file: what a request costs at the least. */
async function byHand(): Promise<void> {
  const blobs = filesOf(job.folder).flatMap((path) =>
    scan(readFileSync(path), path).blobs.map(({ bytes }) => Buffer.from(bytes).toString('base64')),
  );
  const url = new URL(job.endpoint);
  const keys = {
    accessKeyId: process.env.AWS_ACCESS_KEY_ID ?? '',
    secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY ?? '',
    sessionToken: null,
  };
  const key = signingKey(
    keys.secretAccessKey,
    new Date().toISOString().slice(0, 10).replaceAll('-', ''),
    'us-east-1',
  );
  const agent = new http.Agent({ keepAlive: true, maxSockets: job.concurrency });
  const send = (blob: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const body = Buffer.from(JSON.stringify({ CiphertextBlob: blob, DestinationKeyId: job.destination }));
      const headers = signed(
        {
          url,
          headers: {
            'content-type': 'application/x-amz-json-1.1',
            'content-length': String(body.length),
            'x-amz-target': 'TrentService.ReEncrypt',
          },
          body: [body],
        },
        'us-east-1',
        keys,
        new Date(),
        () => key,
      );
      const request = http.request({
        host: url.hostname,
        port: url.port,
        method: 'POST',
        agent,
        headers: Object.entries(headers).flat(),
      });
      request.on('error', reject);
      request.on('response', (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () => {
          JSON.parse(Buffer.concat(parts).toString());
          resolve();
        });
      });
      request.end(body);
    });
  const queue = blobs.values();
  await measured(async () => {
    await Promise.all(
      Array.from({ length: job.concurrency }, async () => {
        for (const blob of queue) await send(blob);
      }),
    );
    return blobs.length;
  });
  agent.destroy();
}

/** Each file replaced by one of the same content, as safely as the engine does it. */
async function files(): Promise<void> {
  const paths = filesOf(job.folder);
  await measured(async () => {
    for (const path of paths) {
      const bytes = readFileSync(path);
      const fd = openSync(`${path}.new`, 'wx');
      writeSync(fd, bytes);
      fsyncSync(fd);
      closeSync(fd);
      linkSync(path, `${path}.old`);
      renameSync(`${path}.new`, path);
      const folder = openSync(dirname(path), 'r');
      fsyncSync(folder);
      closeSync(folder);
    }
    return paths.length;
  });
}

async function engine(): Promise<void> {
  const kms = await connect(
    {
      kind: 'aws',
      profile: null,
      region: 'us-east-1',
      endpointUrl: job.endpoint,
      fips: null,
      dualStack: null,
    },
    null,
  );
  const manager = new RunManager(
    job.home,
    ({ counts }) => {
      if (job.killAt > 0 && counts.succeeded >= job.killAt) process.kill(process.pid, 'SIGKILL');
    },
    { disk: new HereFirst() },
  );
  const over = { kms, connection: 'bench', target: 'bench', failurePolicy: 'end' } as const;
  if (job.what === 'resume') {
    const [unfinished] = await manager.list();
    if (unfinished === undefined) throw new Error('no unfinished run');
    await measured(async () => {
      const run = await manager.resume(unfinished.id, over);
      await run.done;
      return run.summary().counts.succeeded;
    });
    return manager.close();
  }
  const files = await plan();
  await measured(async () => {
    const run = await manager.start({
      ...over,
      request: {
        source: { keyId: null, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'declared' } },
        destination: { keyId: job.destination, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'same' } },
        grantTokens: [],
        method: 'reencrypt',
        verify: job.verify,
        dryRun: false,
        pace: { concurrency: job.concurrency, perSecond: null },
      },
      output: { mode: 'in-place', backup: job.backup },
      files,
    });
    await run.done;
    const { counts, fault } = run.summary();
    if (counts.succeeded !== counts.total) throw new Error(JSON.stringify({ counts, fault }));
    return counts.total;
  });
  await manager.close();
}

async function plan(): Promise<PlanFile[]> {
  const files: PlanFile[] = [];
  for (const path of filesOf(job.folder)) {
    const { bytes, sha256 } = await readSource(path);
    const relative = path.slice(job.folder.length + 1);
    const found = scan(bytes, path);
    const places = plainPlaces(sha256, found, found.blobs);
    files.push({
      path,
      bytes: null,
      display: relative,
      relative,
      sha256,
      blobs: found.blobs.map((blob, i) => blobRef(`${relative}#${i}`, blob)),
      ...(places === null ? {} : { places }),
    });
  }
  return files;
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

async function measured(work: () => Promise<number>): Promise<void> {
  const cpu = process.cpuUsage();
  const before = performance.now();
  const blobs = await work();
  const ms = performance.now() - before;
  const { user, system } = process.cpuUsage(cpu);
  const result: RotationMeasure = {
    ms,
    cpuMs: (user + system) / 1000,
    peakMiB: process.resourceUsage().maxRSS / 1024,
    blobs,
  };
  console.log(JSON.stringify(result));
}
