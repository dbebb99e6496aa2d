import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import type { Reply } from '#shared/contract/api.ts';
import { hostRequests } from '#shared/contract/contract.ts';
import type { Oddity } from '#shared/model/blob.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import { answer, type Engine } from '../bridge/index.ts';
import { scan, withoutPlaintext } from '../intake/index.ts';
import type { Inbox } from './inbox.ts';
import { MAX_UPLOAD_BYTES, MAX_UPLOADS_AT_ONCE } from './limits.ts';

const MAX_ODDITIES = 200;

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
export function tooLarge(path: string): FaultError {
  return new FaultError(
    fault(
      'FileTooLarge',
      `${path} is larger than ${MAX_UPLOAD_BYTES / 1024 ** 2} MiB and was not uploaded.`,
      'The loopback host holds an uploaded file in memory to look for plaintext before it writes it.',
      'Start the host with the folder where the file is: `rewrap serve PATH`.',
    ),
  );
}

function holdsPlaintext(path: string): FaultError {
  return new FaultError(
    fault(
      'HoldsPlaintext',
      `${path} names a Plaintext member that could not be left out, so nothing of it was written.`,
      'It looks like AWS CLI output, but is cut short, edited, or stands within other text.',
      'Remove its Plaintext member, or make it valid JSON, and add it again.',
    ),
  );
}

/**
 * Whether a file that was not read as AWS CLI JSON has a member named `Plaintext` all the same: JSON cut short or
 * amid other text, where its range cannot be told. Zero bytes are passed over, so that UTF-16 reads like UTF-8.
 */
function namesPlaintext(bytes: Buffer): boolean {
  if (!bytes.includes('Plaintext') && !bytes.includes('Plaintext', 0, 'utf16le')) return false;
  return /Plaintext\\*"\s*:/.test(bytes.toString('latin1').replaceAll('\0', ''));
}

/**
 * Takes in files that the page uploads: each is read whole, stripped of plaintext that it declares, written to the
 * inbox; when the batch is done the engine takes it in as it takes in paths.
 */
export class Uploads {
  readonly #inbox: Inbox;
  readonly #engine: Engine;
  readonly #oddities = new Map<string, Oddity[]>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(inbox: Inbox, engine: Engine) {
    this.#inbox = inbox;
    this.#engine = engine;
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
      const own = this.#oddities.get(batch) ?? [];
      this.#oddities.delete(batch);
      const paths = await this.#inbox.finish(batch);
      let intake = { sources: 0, blobs: 0, oddities: [] as Oddity[], moreOddities: 0 };
      if (paths.length > 0) {
        const reply = await this.#engine.callHost('intake.addPaths', { paths, origin: 'upload' });
        if (!reply.ok) throw new FaultError(reply.fault);
        intake = hostRequests.intake.addPaths.reply.parse(reply.value);
      }
      const oddities = [...own, ...intake.oddities];
      return {
        ...intake,
        oddities: oddities.slice(0, MAX_ODDITIES),
        moreOddities: intake.moreOddities + Math.max(0, oddities.length - MAX_ODDITIES),
      };
    });
  }

  async #turn(): Promise<void> {
    if (this.#running >= MAX_UPLOADS_AT_ONCE) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#running += 1;
  }

  async #store(batch: string, path: string, bytes: Buffer): Promise<void> {
    const found = scan(bytes, path);
    if (found.plaintext.length === 0) {
      const understood = found.blobs.some(({ container }) => container === 'aws-cli-json');
      if (!understood && namesPlaintext(bytes)) throw holdsPlaintext(path);
      await this.#inbox.store(batch, path, bytes);
      return;
    }
    // A copy, whatever it gives: the next step wipes what it may be a view of.
    const kept = Uint8Array.from(withoutPlaintext(bytes, found));
    bytes.fill(0);
    if (scan(kept, path).plaintext.length > 0) throw holdsPlaintext(path);
    const stored = await this.#inbox.store(batch, path, kept);
    // With a ciphertext beside it, it is what `generate-data-key` printed; alone, what `decrypt` printed.
    const what = found.blobs.length > 0 ? 'the plaintext data key' : 'decrypted plaintext';
    const oddities = this.#oddities.get(batch) ?? [];
    this.#oddities.set(batch, oddities);
    oddities.push({
      file: stored,
      code: 'plaintext-left-out',
      message: `${stored} held ${what}; its Plaintext member was left out of the copy.`,
    });
  }
}

async function readBody(request: IncomingMessage, path: string): Promise<Buffer<ArrayBuffer>> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving early must not hang up: the answer is still to be sent.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    if (!Buffer.isBuffer(chunk)) throw new TypeError('the body must be bytes');
    size += chunk.length;
    if (size > MAX_UPLOAD_BYTES) throw tooLarge(path);
    chunks.push(chunk);
  }
  const whole = Buffer.concat(chunks);
  for (const chunk of chunks) chunk.fill(0);
  return whole;
}
