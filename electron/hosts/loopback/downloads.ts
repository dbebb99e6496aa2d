import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import type { Reply } from '#shared/contract/api.ts';
import { hostRequests, requests } from '#shared/contract/contract.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import { answer, answerUnparsed, type Engine } from '../../bridge/index.ts';
import { DOWNLOAD_MS, MAX_DOWNLOAD_BYTES, MAX_DOWNLOADS } from './limits.ts';
import type { Download } from './respond.ts';
import { numbered, safeSegments } from './safe-path.ts';

interface KeptFile {
  readonly relative: string;
  readonly bytes: Uint8Array;
}

/** Hands out what a run made, each time by an address that works once and for ten minutes. */
export class Downloads {
  readonly #engine: Engine;
  readonly #ready = new Map<string, { download: Download; timer: NodeJS.Timeout }>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Answers `runs.download`: the file itself, or a ZIP when the run made several. */
  offer(input: unknown): Promise<Reply<unknown>> {
    return answer(requests.runs.download, input, async ({ runId }) => {
      const reply = await this.#engine.callHost('runs.kept', { runId });
      if (!reply.ok) throw new FaultError(reply.fault);
      const { files } = hostRequests.runs.kept.reply.parse(reply.value);
      const download = pack(runId, files);
      return { url: this.#hold(download), name: download.name };
    });
  }

  /** Answers `audit.export`: a report as a download. */
  offerReport(input: unknown): Promise<Reply<unknown>> {
    return answer(requests.audit.export, input, async (wanted) => {
      const reply = await this.#engine.callHost('audit.report', wanted);
      if (!reply.ok) throw new FaultError(reply.fault);
      const { name, type, bytes } = hostRequests.audit.report.reply.parse(reply.value);
      return { url: this.#hold({ name, type, bytes }), name, saved: false };
    });
  }

  /** Answers `blobs.save`: the ciphertext of a blob. */
  offerBlob(input: unknown): Promise<Reply<unknown>> {
    return answer(requests.blobs.save, input, async (wanted) => {
      const reply = await this.#engine.callHost('blobs.file', wanted);
      if (!reply.ok) throw new FaultError(reply.fault);
      const { name, bytes } = hostRequests.blobs.file.reply.parse(reply.value);
      return { url: this.#hold({ name, type: 'application/octet-stream', bytes }), name, saved: false };
    });
  }

  /** Answers `audit.saveText`: rules or snapshots as a download. */
  offerText(input: unknown): Promise<Reply<unknown>> {
    return answer(requests.audit.saveText, input, async (wanted) => {
      const reply = await this.#engine.callHost('audit.textFile', wanted);
      if (!reply.ok) throw new FaultError(reply.fault);
      const { name, type, bytes } = hostRequests.audit.textFile.reply.parse(reply.value);
      return { url: this.#hold({ name, type, bytes }), name, saved: false };
    });
  }

  /** Answers `plans.save`: a plan as a download. */
  offerPlan(input: unknown): Promise<Reply<unknown>> {
    // As large as a list of blobs may be: it is validated in the engine's thread alone, by the same schema.
    return answerUnparsed(requests.plans.save.reply, async () => {
      const reply = await this.#engine.callHost('plans.write', input);
      if (!reply.ok) throw new FaultError(reply.fault);
      const { name, bytes, leftOut } = hostRequests.plans.write.reply.parse(reply.value);
      const url = this.#hold({ name, type: 'application/json', bytes });
      return { url, name, saved: false, leftOut };
    });
  }

  /** Answers `plans.shard`: a folder of shards as one ZIP. */
  offerShards(input: unknown): Promise<Reply<unknown>> {
    // Validated in the engine's thread alone, as a plan is.
    return answerUnparsed(requests.plans.shard.reply, async () => {
      const parent = await mkdtemp(join(tmpdir(), 'rewrap-shards-'));
      try {
        const reply = await this.#engine.callHost('plans.writeShards', { draft: input, parent });
        if (!reply.ok) throw new FaultError(reply.fault);
        const { name, folder, leftOut } = hostRequests.plans.writeShards.reply.parse(reply.value);
        const files: KeptFile[] = [];
        for (const file of await readdir(folder))
          files.push({ relative: `${name}/${file}`, bytes: await readFile(join(folder, file)) });
        const url = this.#hold(zipped(`${name}.zip`, files));
        return { url, name: `${name}.zip`, saved: false, leftOut };
      } finally {
        await rm(parent, { recursive: true, force: true });
      }
    });
  }

  /** Keeps a download for ten minutes; returns its address. */
  #hold(download: Download): string {
    const id = randomBytes(32).toString('base64url');
    const timer = setTimeout(() => this.#ready.delete(id), DOWNLOAD_MS);
    timer.unref();
    this.#ready.set(id, { download, timer });
    const [oldest] = this.#ready.keys();
    if (this.#ready.size > MAX_DOWNLOADS && oldest !== undefined) this.take(oldest);
    return `/download/${id}`;
  }

  /** The download behind an address, once. */
  take(id: string): Download | null {
    const entry = this.#ready.get(id);
    if (entry === undefined) return null;
    clearTimeout(entry.timer);
    this.#ready.delete(id);
    return entry.download;
  }

  close(): void {
    for (const id of [...this.#ready.keys()]) this.take(id);
  }
}

function pack(runId: string, files: readonly KeptFile[]): Download {
  const [first] = files;
  if (first === undefined) {
    throw new FaultError(
      fault(
        'NothingToDownload',
        'This run has no new file to download.',
        'None of its files was completed, or it wrote them to a folder.',
        'Look at the run in Runs: each blob says what became of it.',
      ),
    );
  }
  if (files.length === 1) {
    const name = safeSegments(first.relative)?.at(-1) ?? 'rewrapped';
    return { name, type: 'application/octet-stream', bytes: first.bytes };
  }
  return zipped(`rewrap-${runId.replace(/[^\w-]/g, '_')}.zip`, files);
}

/** Throws FaultError `DownloadTooLarge`. */
function zipped(name: string, files: readonly KeptFile[]): Download {
  if (files.reduce((sum, file) => sum + file.bytes.length, 0) > MAX_DOWNLOAD_BYTES) {
    throw new FaultError(
      fault(
        'DownloadTooLarge',
        'These files are too large for one download.',
        `One download holds up to ${MAX_DOWNLOAD_BYTES / 1024 ** 3} GiB.`,
        'Start the host with an output folder (`rewrap serve --out DIR`) and run into that.',
      ),
    );
  }
  return { name, type: 'application/zip', bytes: zip(files) };
}

/** Stored, not deflated: ciphertext does not get smaller. */
function zip(files: readonly KeptFile[]): Uint8Array {
  const entries = new Map<string, Uint8Array>();
  for (const file of files) entries.set(freeName(entries, file.relative), file.bytes);
  return zipSync(Object.fromEntries(entries), { level: 0 });
}

function freeName(taken: ReadonlyMap<string, unknown>, relative: string): string {
  const kept = (safeSegments(relative) ?? ['rewrapped']).join('/');
  // fflate files its entries in a plain object, where a member of this name would be lost.
  const name = kept === '__proto__' ? '__proto__.bin' : kept;
  for (let n = 1; ; n += 1) {
    const candidate = n === 1 ? name : numbered(name, n);
    if (!taken.has(candidate)) return candidate;
  }
}
