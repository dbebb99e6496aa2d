import type { IncomingMessage } from 'node:http';
import type { Worker } from 'node:worker_threads';
import { z } from 'zod';
import type { Reply } from '#shared/contract/api.ts';
import { hostRequests } from '#shared/contract/contract.ts';
import type { SkippedFile } from '#shared/model/blob.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import { answer, type Engine } from '../../bridge/index.ts';
import type { Inbox } from './inbox.ts';
import { MAX_UPLOAD_BYTES, MAX_UPLOADS_AT_ONCE } from './limits.ts';
import { UploadScanner } from './upload-scanner.ts';

const MAX_SKIPPED = 200;

/** One file of a batch; the reply has what was odd about it. */
const uploadSpec = {
  type: 'request',
  input: z.object({ batch: z.string().regex(/^[0-9a-f-]{32,36}$/), path: z.string().min(1).max(4096) }),
  reply: z.object({}),
} as const;

const doneSpec = {
  type: 'request',
  input: uploadSpec.input.pick({ batch: true }),
  reply: hostRequests.intake.addPaths.reply,
} as const;

/** Thrown while a body is read that is larger than allowed. */
function tooLarge(path: string): FaultError {
  return new FaultError(
    fault(
      'FileTooLarge',
      `${path} is larger than ${MAX_UPLOAD_BYTES / 1024 ** 2} MiB and was not uploaded.`,
      'The loopback host holds an uploaded file in memory to look for plaintext before it writes it.',
      'Start the host with the folder where the file is: `rewrap serve PATH`.',
    ),
  );
}

/**
 * Takes in files that the page uploads: each is read whole, stripped of plaintext that it declares in a thread of its
 * own, written to the inbox; when the batch is done the engine takes it in as it takes in paths. Batches that no entry
 * of the list needs any more are removed.
 */
export class Uploads {
  readonly #inbox: Inbox;
  readonly #engine: Engine;
  readonly #skippedFiles = new Map<string, SkippedFile[]>();
  readonly #scanner: UploadScanner;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(inbox: Inbox, engine: Engine, startThread: () => Worker) {
    this.#inbox = inbox;
    this.#engine = engine;
    this.#scanner = new UploadScanner(startThread);
  }

  /** Removes the batches to which no entry of the list points. Where the engine cannot say, they stay. */
  dropUnused(): void {
    const folders = this.#inbox.finished();
    if (folders.length === 0) return;
    this.#engine
      .callHost('intake.unusedFolders', { folders })
      .then(async (reply) => {
        if (reply.ok)
          await this.#inbox.remove(hostRequests.intake.unusedFolders.reply.parse(reply.value).folders);
      })
      .catch(() => undefined);
  }

  close(): Promise<void> {
    return this.#scanner.close();
  }

  /** Answers `POST /upload?batch=…&path=…`, the body being the file. */
  file(request: IncomingMessage, query: URLSearchParams): Promise<Reply<unknown>> {
    return answer(uploadSpec, Object.fromEntries(query), async ({ batch, path }) => {
      if (Number(request.headers['content-length'] ?? 0) > MAX_UPLOAD_BYTES) throw tooLarge(path);
      await this.#turn();
      try {
        await this.#store(batch, path, await readBody(request, path));
      } finally {
        this.#running -= 1;
        this.#waiting.shift()?.();
      }
      return {};
    });
  }

  /** Answers `POST /upload/done?batch=…`: what `intake.addPaths` says, with what was odd about the upload. */
  done(query: URLSearchParams): Promise<Reply<unknown>> {
    return answer(doneSpec, Object.fromEntries(query), async ({ batch }) => {
      const own = this.#skippedFiles.get(batch) ?? [];
      this.#skippedFiles.delete(batch);
      const paths = await this.#inbox.finish(batch);
      let intake = { sources: 0, blobs: 0, skippedFiles: [] as SkippedFile[], moreSkipped: 0 };
      if (paths.length > 0) {
        const reply = await this.#engine.callHost('intake.addPaths', { paths, origin: 'upload' });
        if (!reply.ok) throw new FaultError(reply.fault);
        intake = hostRequests.intake.addPaths.reply.parse(reply.value);
      }
      // What was dropped and holds no ciphertext is in no list.
      this.dropUnused();
      const skippedFiles = [...own, ...intake.skippedFiles];
      return {
        ...intake,
        skippedFiles: skippedFiles.slice(0, MAX_SKIPPED),
        moreSkipped: intake.moreSkipped + Math.max(0, skippedFiles.length - MAX_SKIPPED),
      };
    });
  }

  async #turn(): Promise<void> {
    if (this.#running >= MAX_UPLOADS_AT_ONCE) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#running += 1;
  }

  async #store(batch: string, path: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const { bytes: kept, leftOut } = await this.#scanner.examine(path, bytes);
    const stored = await this.#inbox.store(batch, path, kept);
    if (leftOut === null) return;
    const skippedFiles = this.#skippedFiles.get(batch) ?? [];
    this.#skippedFiles.set(batch, skippedFiles);
    skippedFiles.push({
      file: stored,
      code: 'plaintext-left-out',
      message: `${stored} held ${leftOut}; its Plaintext member was left out of the copy.`,
    });
  }
}

/** The whole body, in memory of its own that can be given to another thread. */
async function readBody(request: IncomingMessage, path: string): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving early must not hang up: the answer is still to be sent.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    if (!Buffer.isBuffer(chunk)) throw new TypeError('the body must be bytes');
    size += chunk.length;
    if (size > MAX_UPLOAD_BYTES) throw tooLarge(path);
    chunks.push(chunk);
  }
  // Small buffers of Node's share one pool, which cannot be given away.
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
    chunk.fill(0);
  }
  return whole;
}
