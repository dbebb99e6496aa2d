import type { EventPayload, Reply } from '#shared/contract/api.ts';
import type { PlainFault } from '#shared/model/fault-error.ts';
import { fault } from '#shared/model/fault-error.ts';
import {
  type ApprovalAnswer,
  type ApprovalQuestion,
  type Approver,
  noApprover,
} from '../../services/approvals/index.ts';
import type { Engine, EngineOptions } from '../index.ts';
import { type ChildStarters, HostedChildren } from './child-relay.ts';
import type { FromWorker } from './protocol.ts';
import { Reopen } from './reopen.ts';
import { EngineThread, type ThreadEnd } from './thread.ts';

/** How long `close` waits before the thread is ended, milliseconds: runs cut their requests well before. */
const CLOSE_LIMIT = 10_000;
/** How often an engine that died is started again within {@link WITHIN_MS}. */
const RESTARTS = 3;
const WITHIN_MS = 10 * 60_000;

/** What the host is given to record: an engine that died, and whether it is being started again. */
export interface EngineDeath extends ThreadEnd {
  readonly restarting: boolean;
}

export interface StartEngine {
  /** How child processes are started: by the host's own thread, which outlives the engine's and learns how they ended. */
  readonly startChild: ChildStarters;
  /** Asks a person for approvals; absent: what needs one is refused. */
  readonly approver?: Approver;
  /** Hears of each death of the engine but the one that `close` asks for. */
  readonly died?: (death: EngineDeath) => void;
}

/** An engine that is on its way. */
interface EngineStart {
  /** It takes requests at once: they wait until it serves, and are answered with a fault where it never does. */
  readonly engine: Engine;
  /** Resolves when the engine says that it serves; rejects with its error when it cannot be loaded. */
  readonly serves: Promise<void>;
}

/**
 * Starts the services in a worker thread, so that KMS traffic, file work and parsing never block the host's event
 * loop. Returns at once: a host gets itself ready meanwhile. An engine that dies later is started again, three times in
 * ten minutes at most: requests under way are answered with `EngineStopped`, later ones wait for the new engine, and the
 * event `engineChanged` says how it stands.
 */
export function beginEngine(
  options: EngineOptions,
  workerFile: string,
  { startChild, approver = noApprover, died = () => {} }: StartEngine,
): EngineStart {
  const engine = new SupervisedEngine(options, workerFile, startChild, approver, died);
  return { engine, serves: engine.start() };
}

/** As {@link beginEngine}; resolves when the engine serves, and rejects with its error when it cannot be loaded. */
export async function startEngine(
  options: EngineOptions,
  workerFile: string,
  parts: StartEngine,
): Promise<Engine> {
  const { engine, serves } = beginEngine(options, workerFile, parts);
  await serves;
  return engine;
}

type State = EventPayload<'engineChanged'>['state'];

class SupervisedEngine implements Engine {
  readonly #options: EngineOptions;
  readonly #workerFile: string;
  readonly #died: (death: EngineDeath) => void;
  readonly #approver: Approver;
  readonly #children: HostedChildren;
  readonly #opened: Reopen;
  readonly #listeners = new Set<(name: string, payload: unknown) => void>();
  readonly #waiting = new Map<number, (reply: Reply<unknown>) => void>();
  /** When engines were started again, milliseconds since 1970. */
  #restarts: number[] = [];
  #generation = 0;
  #nextId = 1;
  /** Null: there is none, and there will be none. */
  #thread: EngineThread | null = null;
  #closing: Promise<void> | null = null;

  constructor(
    options: EngineOptions,
    workerFile: string,
    startChild: ChildStarters,
    approver: Approver,
    died: (death: EngineDeath) => void,
  ) {
    this.#options = options;
    this.#workerFile = workerFile;
    this.#died = died;
    this.#approver = approver;
    this.#opened = new Reopen(options);
    this.#children = new HostedChildren(startChild, (message) => this.#thread?.post(message));
  }

  /** The first start. Rejects with the error for which the engine could not be loaded. */
  async start(): Promise<void> {
    const thread = this.#open(this.#options);
    try {
      await thread.ready;
    } catch (error) {
      // There is none, and there will be none.
      this.#thread = null;
      throw error;
    }
    void thread.ended.then((end) => this.#lost(thread, end));
  }

  call(name: string, input: unknown): Promise<Reply<unknown>> {
    return this.#send(false, name, input);
  }

  callHost(name: string, input: unknown): Promise<Reply<unknown>> {
    return this.#send(true, name, input);
  }

  onEvent(listener: (name: string, payload: unknown) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #open(options: EngineOptions): EngineThread {
    const approvalsShownIn = this.#approver.where;
    const thread: EngineThread = new EngineThread(
      this.#workerFile,
      { options, approvalsShownIn },
      (message) => this.#heard(message, thread),
    );
    this.#thread = thread;
    return thread;
  }

  #heard(message: FromWorker, thread: EngineThread): void {
    if (message.type === 'reply') {
      this.#waiting.get(message.id)?.(message.reply);
      this.#waiting.delete(message.id);
    } else if (message.type === 'event') {
      this.#opened.event(message.name, message.payload);
      this.#emit(message.name, message.payload);
    } else if (message.type === 'approval-ask') void this.#approve(message.question, thread);
    else if (message.type !== 'closed' && message.type !== 'ready') {
      // A child of a thread that is gone would have no engine, and its number is one of the next thread's.
      if (thread === this.#thread) this.#children.take(message);
    }
  }

  /** The answer goes to the engine that asked, and to no later one. */
  async #approve(question: ApprovalQuestion, thread: EngineThread): Promise<void> {
    const { id, hash } = question;
    const answer = await this.#approver
      .ask(question)
      .catch((): ApprovalAnswer => ({ hash, approved: false, by: null }));
    if (this.#thread === thread) thread.post({ type: 'approval-answer', id, answer });
  }

  #emit(name: string, payload: unknown): void {
    for (const listener of this.#listeners) listener(name, payload);
  }

  async #send(host: boolean, name: string, input: unknown): Promise<Reply<unknown>> {
    // While an engine is being started again, requests wait for it.
    for (let thread = this.#thread; thread !== null && this.#closing === null; thread = this.#thread) {
      if (
        await thread.ready.then(
          () => true,
          () => false,
        )
      ) {
        const reply = await this.#ask(thread, host, name, input);
        this.#opened.asked(host, name, input, reply);
        return reply;
      }
      await thread.ended;
      // What follows its end was asked first: by now it is known what comes after it.
    }
    return { ok: false, fault: this.#closing === null ? FAILED : CLOSED };
  }

  #ask(thread: EngineThread, host: boolean, name: string, input: unknown): Promise<Reply<unknown>> {
    return new Promise((resolve) => {
      if (thread !== this.#thread) return resolve({ ok: false, fault: STOPPED });
      const id = this.#nextId++;
      this.#waiting.set(id, resolve);
      try {
        thread.post({ type: 'call', id, host, name, input });
      } catch {
        // Not cloneable: nothing the contract allows.
        this.#waiting.delete(id);
        resolve({
          ok: false,
          fault: fault('BadRequest', 'The request cannot be sent.', '', 'Reload the window.'),
        });
      }
    });
  }

  /** The engine is gone: says so, ends what hung on it, and starts another one unless this happens too often. */
  #lost(thread: EngineThread, end: ThreadEnd): void {
    if (this.#thread !== thread) return;
    this.#thread = null;
    this.#children.killAll();
    if (this.#closing !== null) {
      this.#answerWaiting(CLOSED);
      return;
    }
    const now = Date.now();
    this.#restarts = this.#restarts.filter((at) => now - at < WITHIN_MS);
    const restarting = this.#restarts.length < RESTARTS;
    this.#died({ ...end, restarting });
    if (restarting) {
      this.#restarts.push(now);
      void this.#again();
    }
    const words = restarting ? STOPPED : FAILED;
    this.#answerWaiting(words);
    this.#say(restarting ? 'restarting' : 'failed', { ...words, detail: `${kindOf(end)} ${words.detail}` });
  }

  async #again(): Promise<void> {
    this.#generation += 1;
    const { options, uploads } = this.#opened.next(this.#generation);
    const thread = this.#open(options);
    void thread.ended.then((end) => this.#lost(thread, end));
    try {
      await thread.ready;
    } catch {
      // Its end was met above.
      return;
    }
    if (uploads.length > 0)
      await this.#ask(thread, true, 'intake.addPaths', { paths: uploads, origin: 'upload' });
    if (this.#thread === thread) this.#say('running', null);
  }

  #answerWaiting(words: PlainFault): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const resolve of waiting) resolve({ ok: false, fault: words });
  }

  #say(state: State, words: PlainFault | null): void {
    const payload: EventPayload<'engineChanged'> = { state, fault: words };
    this.#emit('engineChanged', payload);
  }

  async #close(): Promise<void> {
    const thread = this.#thread;
    if (thread === null) return;
    const late = setTimeout(() => thread.terminate(), CLOSE_LIMIT);
    thread.post({ type: 'close' });
    await thread.ended;
    clearTimeout(late);
    this.#thread = null;
    this.#answerWaiting(CLOSED);
  }
}

/** The kind of error alone: its words may quote what must not be shown. They are in the log. */
function kindOf({ error, exitCode }: ThreadEnd): string {
  if (error === null) return `It ended with code ${exitCode}.`;
  const code = 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : '';
  return `It ended with ${error.name}${code}.`;
}

const WHOLE = 'Each file is wholly old or wholly new.';

const STOPPED = fault(
  'EngineStopped',
  'The part of Rewrap that does the work stopped before it answered.',
  WHOLE,
  'Rewrap starts it again by itself. A run that was under way kept its place and can be resumed in Runs.',
  true,
);

const FAILED = fault(
  'EngineFailed',
  'The part of Rewrap that does the work stopped again and again, and is not started any more.',
  WHOLE,
  'Copy the diagnostics for a report, then close Rewrap and start it again. Runs kept their place.',
);

const CLOSED = fault('EngineStopped', 'Rewrap is closing.', WHOLE, 'Start it again to go on.');
