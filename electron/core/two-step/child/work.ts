import { timingSafeEqual } from 'node:crypto';
import { errorOf } from '../../kms/sign/index.ts';
import {
  type Call,
  type FromChild,
  REQUEST_ID,
  type SideName,
  type ToChild,
  type WireFailure,
} from '../messages.ts';
import { decodeBase64, plainBase64, plaintextToken, UnreadableReply, withoutToken } from './json-bytes.ts';
import type { BufferPlaces, Place } from './places.ts';
import type { Endpoint, EndpointReply } from './request.ts';

/** Both sides, opened. */
export type Endpoints = Readonly<Record<SideName, Endpoint>>;

type Ask<T extends ToChild['type']> = Extract<ToChild, { type: T }>;
type Step = 'Decrypt' | 'Encrypt';

const NOT_SENT = { name: 'NotSent', message: '', code: null, status: null, requestId: null };

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The work of the child: one request in, one reply out. Never rejects. */
export class Work {
  readonly #sides: Endpoints;
  readonly #places: BufferPlaces;
  readonly #moving = new Set<number>();
  readonly #held = new Set<number>();

  constructor(sides: Endpoints, places: BufferPlaces) {
    this.#sides = sides;
    this.#places = places;
  }

  /** The Encrypt of this move, where it has not left yet, is not to leave. */
  hold(id: number): void {
    if (this.#moving.has(id)) this.#held.add(id);
  }

  /** Decrypt there, Encrypt here. The plaintext stays in the place of this request, in base64 as it came. */
  move(ask: Ask<'move'>): Promise<FromChild> {
    this.#moving.add(ask.id);
    return this.#move(ask).finally(() => {
      this.#moving.delete(ask.id);
      this.#held.delete(ask.id);
    });
  }

  #move(ask: Ask<'move'>): Promise<FromChild> {
    return this.#places.use(async (place) => {
      let step: Step = 'Decrypt';
      let token: Uint8Array = new Uint8Array();
      let plain: Uint8Array = new Uint8Array();
      let beforeRequestId: string | null = null;
      try {
        const decrypted = await this.#send(
          'source',
          'Decrypt',
          [bytes(JSON.stringify(ask.decrypt.members))],
          ask.decrypt,
          place.decrypted,
        );
        const reply = place.decrypted.subarray(0, decrypted.length);
        const range = plainBase64(reply, plaintextToken(reply));
        token = reply.subarray(range.start, range.end);
        plain = place.plain.subarray(0, decodeBase64(token, place.plain));
        beforeRequestId = safeId(decrypted.requestId, [token, plain]);
        const source = said(withoutToken(reply, range));

        step = 'Encrypt';
        if (this.#held.has(ask.id)) throw new Failed(NOT_SENT);
        const [before, after] = around(ask.encrypt);
        const encrypted = await this.#send(
          'destination',
          'Encrypt',
          [before, token, after],
          ask.encrypt,
          place.encrypted,
        );
        const destination = said(parsed(place.encrypted.subarray(0, encrypted.length)));
        const blob = destination('CiphertextBlob');
        const keyArn = destination('KeyId');
        if (blob === null || keyArn === null)
          throw new UnreadableReply('Encrypt was answered without CiphertextBlob or KeyId.');
        const moved: FromChild = {
          type: 'moved',
          id: ask.id,
          decrypted: {
            keyArn: source('KeyId'),
            algorithm: source('EncryptionAlgorithm'),
            keyMaterialId: source('KeyMaterialId'),
            requestId: decrypted.requestId,
          },
          encrypted: {
            // A copy of its own: a view would take the whole buffer along.
            blob: Uint8Array.from(Buffer.from(blob, 'base64')),
            keyArn,
            algorithm: destination('EncryptionAlgorithm'),
            requestId: encrypted.requestId,
          },
        };
        return guarded(moved, beforeRequestId, step, token, plain);
      } catch (error) {
        const side = step === 'Decrypt' ? 'source' : 'destination';
        const reply = { ...failed(ask.id, step, side, error), beforeRequestId };
        return guarded(reply, beforeRequestId, step, token, plain);
      }
    });
  }

  /**
   * Whether two blobs hold the same plaintext. That one bit and the ids of the requests are all that leaves; both plaintexts
   * go with the place.
   */
  compare(ask: Ask<'compare'>): Promise<FromChild> {
    return this.#places.use(async (place) => {
      const secrets: Uint8Array[] = [];
      const ids: (string | null)[] = [];
      let side: SideName = 'source';
      const open = async (call: Call, into: Uint8Array, plain: Uint8Array): Promise<Uint8Array> => {
        const { length, requestId } = await this.#send(
          side,
          'Decrypt',
          [bytes(JSON.stringify(call.members))],
          call,
          into,
        );
        const reply = into.subarray(0, length);
        const range = plainBase64(reply, plaintextToken(reply));
        const token = reply.subarray(range.start, range.end);
        secrets.push(token);
        const opened = plain.subarray(0, decodeBase64(token, plain));
        secrets.push(opened);
        ids.push(requestId);
        return opened;
      };
      try {
        const before = await open(ask.before, place.decrypted, place.plain);
        side = 'destination';
        const after = await open(ask.after, place.encrypted, place.other);
        const equal = before.length === after.length && timingSafeEqual(before, after);
        const [beforeRequestId = null, afterRequestId = null] = ids.map((id) => safeId(id, secrets));
        const reply: FromChild = { type: 'compared', id: ask.id, equal, beforeRequestId, afterRequestId };
        return guarded(reply, beforeRequestId, 'Decrypt', ...secrets);
      } catch (error) {
        const [beforeRequestId = null] = ids.map((id) => safeId(id, secrets));
        const reply = { ...failed(ask.id, 'Decrypt', side, error), beforeRequestId };
        return guarded(reply, beforeRequestId, 'Decrypt', ...secrets);
      }
    });
  }

  tryDecrypt(ask: Ask<'try-decrypt'>): Promise<FromChild> {
    const body = [bytes(JSON.stringify(ask.decrypt.members))];
    return this.#try(ask.id, 'Decrypt', ask.side, body, ask.decrypt, ({ decrypted }) => decrypted);
  }

  tryEncrypt(ask: Ask<'try-encrypt'>): Promise<FromChild> {
    const [before, after] = around(ask.encrypt);
    const body = [before, bytes(Buffer.alloc(ask.plaintextBytes).toString('base64')), after];
    return this.#try(ask.id, 'Encrypt', 'destination', body, ask.encrypt, ({ encrypted }) => encrypted);
  }

  /** `DryRunOperationException` is what success looks like; an endpoint that carries it out ignored DryRun. */
  #try(
    id: number,
    operation: Step,
    side: SideName,
    body: readonly Uint8Array[],
    call: Call,
    where: (place: Place) => Uint8Array,
  ): Promise<FromChild> {
    return this.#places.use(async (place) => {
      try {
        // Not looked at where it is an answer: it may hold plaintext, and goes with the place.
        const { requestId } = await this.#send(side, operation, body, call, where(place));
        return { type: 'tried', id, outcome: 'ignored', requestId };
      } catch (error) {
        if (error instanceof Failed && error.failure.name === 'DryRunOperationException')
          return { type: 'tried', id, outcome: 'would-succeed', requestId: error.failure.requestId };
        return failed(id, operation, side, error);
      }
    });
  }

  async #send(
    side: SideName,
    operation: Step,
    body: readonly Uint8Array[],
    call: Call,
    into: Uint8Array,
  ): Promise<EndpointReply> {
    const answer = await this.#sides[side].send(operation, body, call.keys, into);
    if (answer.status === 200) return answer;
    throw failedReply(answer, into.subarray(0, answer.length));
  }
}

/** The body of Encrypt before and after the plaintext: `{…,"Plaintext":"` and `"}`. */
function around(call: Call): [Uint8Array, Uint8Array] {
  const head = JSON.stringify({ ...call.members, Plaintext: '' });
  return [bytes(head.slice(0, -2)), bytes('"}')];
}

function parsed(json: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(json));
  } catch {
    throw new UnreadableReply();
  }
}

/** Members of a reply that are text. */
function said(reply: unknown): (name: string) => string | null {
  const members = typeof reply === 'object' && reply !== null ? (reply as Record<string, unknown>) : {};
  return (name) => {
    const value = members[name];
    return typeof value === 'string' ? value : null;
  };
}

function failed(
  id: number,
  operation: Step,
  side: SideName,
  error: unknown,
): Extract<FromChild, { type: 'failed' }> {
  return { type: 'failed', id, operation, side, failure: brokenOff(error).failure };
}

/**
 * Lets a reply go unless the plaintext is in it: an endpoint may echo what it was sent. `beforeRequestId`: of the Decrypt that
 * was answered, which {@link safeId} has let pass.
 */
function guarded(
  reply: FromChild,
  beforeRequestId: string | null,
  operation: Step,
  ...secrets: readonly Uint8Array[]
): FromChild {
  if (!holdsPlaintext(reply, secrets)) return reply;
  const failure = { name: 'PlaintextEchoed', message: '', code: null, status: null, requestId: null };
  const id = 'id' in reply ? reply.id : 0;
  return { type: 'failed', id, operation, side: 'destination', failure, beforeRequestId };
}

/** A request that failed, in words that can leave. */
class Failed extends Error {
  readonly failure: WireFailure;
  constructor(failure: WireFailure) {
    super();
    this.failure = failure;
  }
}

/** An answer that is an error. One that tells of none is a proxy's page, say: there is nothing to take but the status. */
function failedReply({ status, requestId, errorType }: EndpointReply, body: Uint8Array): Failed {
  const named = errorOf(new TextDecoder().decode(body), errorType) ?? { name: 'SyntaxError', message: '' };
  return new Failed({ ...named, code: null, status, requestId });
}

/** Anything thrown on the way to an answer. */
function brokenOff(error: unknown): Failed {
  if (error instanceof Failed) return error;
  if (error instanceof UnreadableReply)
    return new Failed({
      name: 'SyntaxError',
      message: error.message,
      code: null,
      status: 200,
      requestId: null,
    });
  if (!(error instanceof Error))
    return new Failed({ name: 'Error', message: '', code: null, status: null, requestId: null });
  // Node tries every address of a host: the first error of several speaks for them.
  const first = error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error;
  const code = 'code' in first && typeof first.code === 'string' ? first.code : null;
  return new Failed({ name: error.name, message: first.message, code, status: null, requestId: null });
}

/** Plaintexts shorter than this are found by chance in what has nothing to do with them. Bytes. */
const SHORTEST = 8;

/** Whether one of the secrets stands in a text or in bytes anywhere in a message. */
function holdsPlaintext(message: unknown, secrets: readonly Uint8Array[]): boolean {
  const looked = secrets.filter((secret) => secret.length >= SHORTEST).map(view);
  if (looked.length === 0) return false;
  return piecesOf(message).some((piece) => looked.some((secret) => piece.includes(secret)));
}

/** Plaintexts shorter than this stand in an id by chance. Bytes. */
const SHORTEST_IN_ID = 4;

/**
 * A request id, unless it is none, or it has a plaintext or a part of one in it, as it is or in hex, at whichever digit that begins. The
 * plaintext itself is not turned into a text for that, which could not be zeroed.
 */
function safeId(id: string | null, secrets: readonly Uint8Array[]): string | null {
  if (id === null || !REQUEST_ID.test(id)) return null;
  const digits = id.replaceAll('-', '');
  const inHex = [digits, digits.slice(1)].map((from) => Buffer.from(from.slice(0, from.length & ~1), 'hex'));
  const spelled = [Buffer.from(id), Buffer.from(digits), ...inHex];
  const looked = secrets.filter((secret) => secret.length >= SHORTEST_IN_ID).map(view);
  const isIn = looked.some((secret) =>
    spelled.some((bytes) => bytes.includes(secret) || (bytes.length > 0 && secret.includes(bytes))),
  );
  return isIn ? null : id;
}

function piecesOf(value: unknown): Buffer[] {
  if (typeof value === 'string') return [Buffer.from(value)];
  if (value instanceof Uint8Array) return [view(value)];
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(piecesOf);
  return [];
}

/** The same bytes, not a copy. */
const view = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
