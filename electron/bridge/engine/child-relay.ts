/**
 * A child that the host starts, used from the engine's thread: Electron's utility processes belong to its main process, and
 * where a thread forks one and dies, it stays as it is: nothing ends it or waits for it. The host passes messages on without looking
 * into them. They hold credentials on the way in and ciphertext on both; plaintext of a blob is in none.
 */
import type { ChildChannel, ChildStarter } from '../../core/children/index.ts';
import type { ApprovalAnswer, ApprovalQuestion, Approver } from '../../services/approvals/index.ts';
import type { ChildKind, FromWorker, ToWorker } from './protocol.ts';

type FromEngine = Extract<FromWorker, { type: `child-${string}` }>;
type ToEngine = Extract<ToWorker, { type: `child-${string}` }>;

/** How a host starts each kind of child. */
export type ChildStarters = Readonly<Record<ChildKind, ChildStarter>>;

/** The host's end: the children that it started for the engine. */
export class HostedChildren {
  readonly #start: ChildStarters;
  readonly #post: (message: ToEngine) => void;
  readonly #running = new Map<number, ChildChannel>();

  constructor(start: ChildStarters, post: (message: ToEngine) => void) {
    this.#start = start;
    this.#post = post;
  }

  take(message: FromEngine): void {
    const { child } = message;
    if (message.type === 'child-start') this.#begin(child, message.kind);
    else if (message.type === 'child-kill') this.#running.get(child)?.kill();
    else this.#running.get(child)?.send(message.message);
  }

  /** The engine is gone: so are they. */
  killAll(): void {
    const all = [...this.#running.values()];
    this.#running.clear();
    for (const channel of all) channel.kill();
  }

  #begin(child: number, kind: ChildKind): void {
    const channel = this.#start[kind]();
    this.#running.set(child, channel);
    // One that was killed with its engine has nothing to say to the next one, which counts its children from the start.
    const isOf = (): boolean => this.#running.get(child) === channel;
    channel.onMessage((message) => {
      if (isOf()) this.#post({ type: 'child-message', child, message });
    });
    channel.onEnd(() => {
      if (!isOf()) return;
      this.#running.delete(child);
      this.#post({ type: 'child-ended', child });
    });
  }
}

/** The engine's end. */
export class RelayedChildren {
  readonly #post: (message: FromEngine) => void;
  readonly #running = new Map<number, { message: (message: unknown) => void; end: () => void }>();
  #next = 1;

  constructor(post: (message: FromEngine) => void) {
    this.#post = post;
  }

  starter(kind: ChildKind): ChildStarter {
    return () => this.#start(kind);
  }

  #start(kind: ChildKind): ChildChannel {
    const child = this.#next++;
    let listener: (message: unknown) => void = () => {};
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#running.set(child, { message: (message) => listener(message), end });
    this.#post({ type: 'child-start', child, kind });
    return {
      send: (message) => this.#post({ type: 'child-send', child, message }),
      onMessage: (given) => {
        listener = given;
      },
      onEnd: (given) => void ended.then(given),
      kill: () => this.#post({ type: 'child-kill', child }),
    };
  }

  take(message: ToEngine): void {
    const running = this.#running.get(message.child);
    if (message.type === 'child-message') {
      running?.message(message.message);
      return;
    }
    running?.end();
    this.#running.delete(message.child);
  }
}

/** In the engine's thread: passes questions to the host's thread, and each answer to the one question that it is of. */
export class RelayedApprovals implements Approver {
  readonly where: Approver['where'];
  readonly #send: (question: ApprovalQuestion) => void;
  readonly #open = new Map<number, (answer: ApprovalAnswer) => void>();

  constructor(where: Approver['where'], send: (question: ApprovalQuestion) => void) {
    this.where = where;
    this.#send = send;
  }

  ask(question: ApprovalQuestion): Promise<ApprovalAnswer> {
    return new Promise((resolve, reject) => {
      this.#open.set(question.id, resolve);
      try {
        this.#send(question);
      } catch (error) {
        this.#open.delete(question.id);
        reject(error);
      }
    });
  }

  /** A second answer to the same question, and one to none, are dropped. */
  answered(id: number, answer: ApprovalAnswer): void {
    this.#open.get(id)?.(answer);
    this.#open.delete(id);
  }
}
