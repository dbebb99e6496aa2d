/**
 * The page's side of the loopback host: a classic script that defines `window.rewrap` before the application
 * starts. It takes the place that the preload has on the desktop, over a WebSocket and uploads.
 */
import type { EventName, Reply } from '#shared/contract/api.ts';
import { pageApi } from '#shared/contract/channels.ts';
import { FIRST_ROWS } from '#shared/model/choices.ts';
import { MAX_MESSAGE_BYTES } from '../limits.ts';
import {
  codeWords,
  ENDED,
  EXPIRED,
  hideGate,
  hideLost,
  isGated,
  NO_TERMINAL,
  showGate,
  showLost,
} from './cover.ts';
import { hostStopped, pageFault, rememberFolders, takeFiles } from './uploads.ts';

type Listener = (payload: unknown) => void;
type Answer = Reply<unknown>;

/** How long a request waits for a lost connection to come back before it fails. */
const PATIENCE_MS = 4_000;
const RETRY_MS = [0, 250, 500, 1_000, 2_000, 5_000];
/** After so many tries in vain the page says that nothing answers. */
const LOST_AFTER = 2;

const listeners = new Map<string, Set<{ readonly call: Listener }>>();

function emit(event: string, payload: unknown): void {
  // The application did not hear of it: an answer from before may be out of date.
  if (event !== 'intakeProgress') early.clear();
  for (const listener of [...(listeners.get(event) ?? [])]) {
    try {
      listener.call(payload);
    } catch (error) {
      reportError(error);
    }
  }
}

// --- Requests and events, over one WebSocket that comes back by itself.

interface Pending {
  readonly text: string;
  readonly settle: (reply: Answer) => void;
  /** Runs while the request waits to be sent; 0 while the page waits to be let in. */
  timer: number;
  readonly giveUp: () => void;
}

/** Where the secret of this page's session is kept: browsers keep it apart by port and by tab, and a reload reads it. */
const SESSION = 'rewrap-session';
/** Close code of a page that the host does not let in, or no longer (socket.ts). */
const NOT_ADMITTED = 4401;

const token = /^#token=([\w-]+)$/.exec(location.hash)?.[1] ?? null;
// The token leaves the address bar at once, and the history with it.
if (token !== null) history.replaceState(null, '', location.pathname);

let admitted = false;
const waiting = new Map<number, Pending>();
const sent = new Map<number, Pending>();
let lastId = 0;
let socket: WebSocket | null = null;
let failures = 0;
let wasOpen = false;

/**
 * What the application asks first. It is asked while the application's own scripts are still loaded, and answered by the
 * time that they run.
 */
const FIRST: readonly (readonly [string, unknown])[] = [
  ['app.look', {}],
  ['blobs.list', { offset: 0, limit: FIRST_ROWS }],
  ['app.table', {}],
  ['keyGroups.list', {}],
  ['app.state', {}],
];
/** Those that were not asked for by the application yet, by what they ask. */
const early = new Map<string, Promise<Answer>>();
const asking = (name: string, input: unknown): string => JSON.stringify([name, input]);

async function ask(name: string, input: unknown): Promise<Answer> {
  const question = asking(name, input);
  const begun = early.get(question);
  early.delete(question);
  const since = Date.now();
  const answer = await begun;
  // What failed before the application was there may work by now; it changes nothing, so it can be asked twice. It has
  // waited for the first answer: where nothing answers, it fails when any other request does.
  return answer?.ok ? answer : call(name, input, Math.max(PATIENCE_MS - (Date.now() - since), 0));
}

function call(name: string, input: unknown, patience = PATIENCE_MS): Promise<Answer> {
  return new Promise((settle) => {
    lastId += 1;
    const id = lastId;
    const text = JSON.stringify({ id, name, input });
    if (text.length * 3 > MAX_MESSAGE_BYTES && new Blob([text]).size > MAX_MESSAGE_BYTES) {
      const limit = `It is limited to ${MAX_MESSAGE_BYTES / 1024 ** 2} MiB.`;
      const remedy = 'Save the text as a file and drop that instead.';
      settle({
        ok: false,
        fault: pageFault('TooLarge', 'This is too large to send in one go.', limit, remedy),
      });
      return;
    }
    const giveUp = (): void => {
      waiting.delete(id);
      settle(hostStopped('The request was not sent: nothing answers at this address.'));
    };
    // Before the page was let in, a person decides how long it takes.
    const timer = admitted || !isGated() ? window.setTimeout(giveUp, patience) : 0;
    waiting.set(id, { text, settle, timer, giveUp });
    flush();
  });
}

function flush(): void {
  if (socket?.readyState !== WebSocket.OPEN || !admitted) return;
  for (const [id, pending] of waiting) {
    window.clearTimeout(pending.timer);
    waiting.delete(id);
    sent.set(id, pending);
    socket.send(pending.text);
  }
}

function connect(): void {
  socket = new WebSocket(`ws://${location.host}/socket`);
  const own = socket;
  socket.addEventListener('open', () => {
    own.send(JSON.stringify({ enter: { token, session: sessionStorage.getItem(SESSION) } }));
  });
  socket.addEventListener('message', ({ data }) => receive(String(data)));
  socket.addEventListener('close', ({ code }) => {
    admitted = false;
    if (code === NOT_ADMITTED) {
      sessionStorage.removeItem(SESSION);
      // A session that ended while the page was in use; one that never began shows why already.
      if (!isGated()) gateWith(ENDED);
      return;
    }
    // Whether these were carried out is not known; saying so is the honest answer.
    for (const pending of sent.values()) {
      pending.settle(
        hostStopped('The connection broke while the request was under way; it may have been done.'),
      );
    }
    sent.clear();
    if (wasOpen && failures >= LOST_AFTER) showLost();
    window.setTimeout(connect, RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]);
    failures += 1;
  });
}

function receive(text: string): void {
  const message: unknown = JSON.parse(text);
  if (typeof message !== 'object' || message === null) return;
  if ('admitted' in message) enter(String(message.admitted));
  else if ('code' in message) gateWith(codeWords(String(message.code)));
  else if ('refused' in message) gateWith(message.refused === 'no-terminal' ? NO_TERMINAL : EXPIRED);
  else if ('id' in message && 'reply' in message) {
    const pending = sent.get(Number(message.id));
    sent.delete(Number(message.id));
    pending?.settle(message.reply as Answer);
  } else if ('event' in message && 'payload' in message) {
    emit(String(message.event), message.payload);
  }
}

/** The page is not let in: requests then wait for the person, however long that takes. */
function gateWith(words: readonly string[]): void {
  for (const pending of waiting.values()) {
    window.clearTimeout(pending.timer);
    pending.timer = 0;
  }
  showGate(words);
}

/** The host let the page in. */
function enter(secret: string): void {
  sessionStorage.setItem(SESSION, secret);
  admitted = true;
  failures = 0;
  hideLost();
  hideGate();
  for (const pending of waiting.values())
    if (pending.timer === 0) pending.timer = window.setTimeout(pending.giveUp, PATIENCE_MS);
  if (wasOpen) catchUp().catch(reportError);
  wasOpen = true;
  flush();
}

/** Events were missed while the connection was gone: asks for what they would have said. */
async function catchUp(): Promise<void> {
  const [connection, blobs, runs] = await Promise.all([
    call('connection.state', {}),
    call('blobs.list', { offset: 0, limit: 1 }),
    call('runs.list', {}),
  ]);
  if (connection.ok) emit('connectionChanged', connection.value);
  if (blobs.ok) {
    const { revision, total } = blobs.value as { revision: number; total: number };
    emit('blobsChanged', { revision, total });
  }
  if (runs.ok) for (const run of (runs.value as { runs: unknown[] }).runs) emit('runProgress', run);
  await call('app.ready', {});
}

/** Waits until the page was let in, as requests do. False: nothing answers at this address. */
function letIn(): Promise<boolean> {
  if (admitted) return Promise.resolve(true);
  return call('app.state', {}).then(({ ok }) => ok || admitted);
}

async function post(path: string, body: Blob | null): Promise<Answer> {
  if (!(await letIn())) return hostStopped('Nothing answers at this address.');
  const response = await fetch(path, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/octet-stream',
      'X-Rewrap-Session': sessionStorage.getItem(SESSION) ?? '',
    },
    body,
  });
  if (!(response.headers.get('Content-Type') ?? '').startsWith('application/json')) {
    return hostStopped(`It answered with HTTP status ${response.status}.`);
  }
  return (await response.json()) as Answer;
}

// --- The object itself.

function on(event: EventName, listener: Listener): () => void {
  const entry = { call: listener };
  const known = listeners.get(event) ?? new Set();
  listeners.set(event, known);
  known.add(entry);
  return () => {
    known.delete(entry);
  };
}

Object.defineProperty(window, 'rewrap', {
  value: pageApi<File>({
    call: (namespace, method, input) => ask(`${namespace}.${method}`, input),
    on,
    takeFiles: (files) => takeFiles(post, files),
  }),
  enumerable: true,
});
window.addEventListener('drop', rememberFolders, { capture: true });
connect();
for (const [name, input] of FIRST) early.set(asking(name, input), call(name, input));
