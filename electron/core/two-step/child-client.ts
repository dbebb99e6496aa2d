import { explainOwn } from '#shared/kms/errors.ts';
import { FaultError } from '#shared/model/fault.ts';
import type { ChildChannel, ChildStarter } from '../children/index.ts';
import type { FromChild, ToChild, Way } from './messages.ts';
import { ChildReply } from './replies.ts';

/** How long a child may take to end when asked, milliseconds; then it is killed. */
const END_LIMIT = 2_000;

type Question = ToChild extends infer T ? (T extends { readonly id: number } ? Omit<T, 'id'> : never) : never;

/** The engine's end of a child: starts it with the first question, and ends it. */
export class ChildClient {
  readonly #start: ChildStarter;
  readonly #ways: { readonly source: Way; readonly destination: Way };
  readonly #waiting = new Map<
    number,
    { readonly resolve: (reply: FromChild) => void; readonly reject: (error: FaultError) => void }
  >();
  #channel: ChildChannel | null = null;
  #ended: Promise<void> = Promise.resolve();
  #gone = false;
  #nextId = 1;

  constructor(start: ChildStarter, ways: { readonly source: Way; readonly destination: Way }) {
    this.#start = start;
    this.#ways = ways;
  }

  /**
   * Rejects with FaultError `TwoStepChildEnded` when the child is gone before it answers; the next question starts another
   * one, unless this one sent what it must not or was closed. `hold`: see {@link ToChild}.
   */
  ask(question: Question, hold?: AbortSignal): Promise<FromChild> {
    if (this.#gone) return Promise.reject(new FaultError(explainOwn('TwoStepChildEnded')));
    const channel = this.#running();
    const id = this.#nextId++;
    const held = () => channel.send({ type: 'hold', id } satisfies ToChild);
    hold?.addEventListener('abort', held);
    return new Promise<FromChild>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      channel.send({ ...question, id } satisfies ToChild);
    }).finally(() => hold?.removeEventListener('abort', held));
  }

  /** Ends the child; resolves when it is gone. */
  async close(): Promise<void> {
    this.#gone = true;
    const channel = this.#channel;
    if (channel === null) return;
    channel.send({ type: 'end' } satisfies ToChild);
    const late = setTimeout(() => channel.kill(), END_LIMIT);
    await this.#ended;
    clearTimeout(late);
  }

  #running(): ChildChannel {
    if (this.#channel !== null) return this.#channel;
    const channel = this.#start();
    this.#channel = channel;
    this.#ended = new Promise((resolve) => {
      channel.onEnd(() => {
        this.#channel = null;
        for (const { reject } of this.#waiting.values())
          reject(new FaultError(explainOwn('TwoStepChildEnded')));
        this.#waiting.clear();
        resolve();
      });
    });
    channel.onMessage((message) => {
      const { success, data } = ChildReply.safeParse(message);
      // Nothing of ours sends another thing; a child that does is not to be trusted with more.
      if (!success) {
        this.#gone = true;
        return channel.kill();
      }
      this.#waiting.get(data.id)?.resolve(data);
      this.#waiting.delete(data.id);
    });
    channel.send({ type: 'open', ...this.#ways } satisfies ToChild);
    return channel;
  }
}
