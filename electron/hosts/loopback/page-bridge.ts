/**
 * The page's side of the loopback host: a classic script that defines `window.rewrap` before the application
 * starts. It takes the place that the preload has on the desktop, over a WebSocket and uploads.
 */
import type { EventName, Reply, RewrapApi } from '#shared/contract/api.ts';
import type { Fault } from '#shared/model/fault.ts';

type TakeInReply = Awaited<ReturnType<RewrapApi['takeFiles']>>;
type TakeIn = Extract<TakeInReply, { ok: true }>['value'];
type SkippedFile = TakeIn['skippedFiles'][number];
type Listener = (payload: unknown) => void;
type Upload = { readonly path: string; readonly file: File } | { readonly skippedFile: SkippedFile };
type Answer = Reply<unknown>;

// Copies of the host's limits (limits.ts): this script may not import them.
const MAX_UPLOAD_BYTES = 64 * 1024 * 1024;
const MAX_MESSAGE_BYTES = 48 * 1024 * 1024;
const MAX_SKIPPED = 200;
const UPLOADS_AT_ONCE = 4;
/** How long a request waits for a lost connection to come back before it fails. */
const PATIENCE_MS = 4_000;
const RETRY_MS = [0, 250, 500, 1_000, 2_000, 5_000];
/** After so many tries in vain the page says that nothing answers. */
const LOST_AFTER = 2;

function fault(code: string, message: string, detail: string, remedy: string, retryable = false): Fault {
  return { code, message, detail, remedy, raw: null, retryable };
}

const hostStopped = (detail: string): { ok: false; fault: Fault } => ({
  ok: false,
  fault: fault(
    'HostStopped',
    'The Rewrap host stopped.',
    detail,
    'Start it again and open the new address. If it still runs, press Enter in its terminal for a new address.',
    true,
  ),
});

const listeners = new Map<string, Set<{ readonly call: Listener }>>();

function emit(event: string, payload: unknown): void {
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

function call(name: string, input: unknown): Promise<Answer> {
  return new Promise((settle) => {
    lastId += 1;
    const id = lastId;
    const text = JSON.stringify({ id, name, input });
    if (text.length * 3 > MAX_MESSAGE_BYTES && new Blob([text]).size > MAX_MESSAGE_BYTES) {
      const limit = `It is limited to ${MAX_MESSAGE_BYTES / 1024 ** 2} MiB.`;
      const remedy = 'Save the text as a file and drop that instead.';
      settle({ ok: false, fault: fault('TooLarge', 'This is too large to send in one go.', limit, remedy) });
      return;
    }
    const giveUp = (): void => {
      waiting.delete(id);
      settle(hostStopped('The request was not sent: nothing answers at this address.'));
    };
    // Before the page was let in, a person decides how long it takes.
    const timer = admitted || !gated ? window.setTimeout(giveUp, PATIENCE_MS) : 0;
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
      if (gate === null) showGate(ENDED);
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
  else if ('code' in message) showGate(codeWords(String(message.code)));
  else if ('refused' in message) showGate(message.refused === 'no-terminal' ? NO_TERMINAL : EXPIRED);
  else if ('id' in message && 'reply' in message) {
    const pending = sent.get(Number(message.id));
    sent.delete(Number(message.id));
    pending?.settle(message.reply as Answer);
  } else if ('event' in message && 'payload' in message) {
    emit(String(message.event), message.payload);
  }
}

/** The host let the page in. */
function enter(secret: string): void {
  sessionStorage.setItem(SESSION, secret);
  admitted = true;
  failures = 0;
  lost?.remove();
  lost = null;
  hideGate();
  if (wasOpen) void catchUp();
  wasOpen = true;
  flush();
}

// --- What stands over the page while it is not let in.

const ENDED = [
  'This session has ended',
  'Go to the terminal where rewrap serve runs and press Enter: it prints a new address. Open that one.',
];
const EXPIRED = ['The code has expired', 'Reload this page for a new one.'];
const NO_TERMINAL = [
  'This address does not open Rewrap by itself',
  'Open the address that rewrap serve printed: it works once, in one tab. If it was used, start rewrap serve again.',
];
const codeWords = (code: string): readonly string[] => [
  'Type this code in the terminal',
  code,
  'Rewrap opens here once you have typed the code where rewrap serve runs, and pressed Enter. It holds for five minutes. Pressing Enter alone prints an address that needs no code.',
];

let lost: HTMLElement | null = null;

/** Says over the page that its host is gone: what the page shows is as it was before. */
function showLost(): void {
  if (lost !== null || gate !== null) return;
  lost = document.createElement('div');
  lost.className = 'host-lost';
  lost.setAttribute('role', 'alert');
  for (const text of [
    'The Rewrap host does not answer.',
    'What is shown here may be out of date, and nothing can be done until it answers again; the page tries on. If rewrap serve has ended, start it again and open the address that it prints. It finds what a run left.',
  ]) {
    const paragraph = document.createElement('p');
    paragraph.textContent = text;
    lost.append(paragraph);
  }
  document.body.append(lost);
}

let gate: HTMLElement | null = null;
/** Whether the page ever showed that it is not let in: requests then wait for the person. */
let gated = false;

/** Shows a heading and paragraphs over everything. Text only: what is shown is never parsed as markup. */
function showGate([title = '', ...paragraphs]: readonly string[]): void {
  hideGate();
  gated = true;
  for (const pending of waiting.values()) {
    window.clearTimeout(pending.timer);
    pending.timer = 0;
  }
  const box = document.createElement('dialog');
  box.className = 'host-gate';
  box.setAttribute('aria-labelledby', 'host-gate-title');
  const heading = document.createElement('h1');
  heading.id = 'host-gate-title';
  heading.textContent = title;
  box.append(heading);
  for (const text of paragraphs) {
    const paragraph = document.createElement('p');
    if (/^\d{4}-\d{4}$/.test(text)) paragraph.className = 'host-gate-code';
    paragraph.textContent = text;
    box.append(paragraph);
  }
  box.addEventListener('cancel', (event) => event.preventDefault());
  gate = box;
  const show = (): void => {
    if (gate !== box) return;
    document.body.append(box);
    box.showModal();
  };
  // This script runs in the head, before there is a body.
  if (document.body === null) window.addEventListener('DOMContentLoaded', show, { once: true });
  else show();
}

function hideGate(): void {
  gate?.remove();
  gate = null;
  gated = false;
  for (const pending of waiting.values())
    if (pending.timer === 0) pending.timer = window.setTimeout(pending.giveUp, PATIENCE_MS);
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

// --- Files: uploaded one by one, then taken in together.

/** Folders of the last drop, by name: a dropped folder arrives as a File that cannot be read. */
let droppedFolders = new Map<string, FileSystemDirectoryEntry>();

function rememberFolders(event: DragEvent): void {
  droppedFolders = new Map();
  for (const item of event.dataTransfer?.items ?? []) {
    const entry = item.kind === 'file' ? item.webkitGetAsEntry() : null;
    if (entry?.isDirectory === true) droppedFolders.set(entry.name, entry as FileSystemDirectoryEntry);
  }
}

async function* uploadsOf(files: readonly File[], folders: typeof droppedFolders): AsyncGenerator<Upload> {
  for (const file of files) {
    const folder = file.webkitRelativePath === '' && file.type === '' ? folders.get(file.name) : undefined;
    if (folder === undefined) yield { path: file.webkitRelativePath || file.name, file };
    else yield* walk(folder);
  }
}

async function* walk(folder: FileSystemDirectoryEntry): AsyncGenerator<Upload> {
  const reader = folder.createReader();
  for (;;) {
    let batch: FileSystemEntry[];
    try {
      // A reader gives its entries in portions (Chromium: 100) and an empty one at the end.
      batch = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    } catch {
      yield { skippedFile: unreadable(folder.fullPath.slice(1)) };
      return;
    }
    if (batch.length === 0) return;
    for (const entry of batch) {
      if (entry.isDirectory) yield* walk(entry as FileSystemDirectoryEntry);
      else yield await openEntry(entry as FileSystemFileEntry);
    }
  }
}

async function openEntry(entry: FileSystemFileEntry): Promise<Upload> {
  const path = entry.fullPath.slice(1);
  try {
    return { path, file: await new Promise<File>((resolve, reject) => entry.file(resolve, reject)) };
  } catch {
    return { skippedFile: unreadable(path) };
  }
}

const unreadable = (file: string): SkippedFile => ({
  file,
  code: 'unreadable',
  message: `${file} could not be read by the browser: it was moved, or you may not read it.`,
});

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

/** Uploads one file. Null when it arrived, an skipped file when this file cannot be had, a fault when the host is gone. */
async function upload(batch: string, path: string, file: File): Promise<SkippedFile | Fault | null> {
  if (file.size > MAX_UPLOAD_BYTES) {
    const message = `${path} is larger than ${MAX_UPLOAD_BYTES / 1024 ** 2} MiB. Start the host with its folder: rewrap serve PATH.`;
    return { file: path, code: 'too-large', message };
  }
  let reply: Answer;
  try {
    reply = await post(`/upload?${new URLSearchParams({ batch, path })}`, file);
  } catch (error) {
    // fetch fails in the same way for a file that cannot be read and for a host that is gone.
    const readable = await file
      .slice(0, 1)
      .arrayBuffer()
      .then(
        () => true,
        () => false,
      );
    return readable ? hostStopped(String(error)).fault : unreadable(path);
  }
  if (reply.ok) return null;
  const { code, message, remedy } = reply.fault;
  if (code === 'HostStopped' || code === 'DiskFull' || code === 'BatchTooLarge') return reply.fault;
  return { file: path, code, message: `${message} ${remedy}` };
}

async function takeFiles(files: readonly File[]): Promise<TakeInReply> {
  const batch = crypto.randomUUID();
  const uploads = uploadsOf([...files], droppedFolders);
  droppedFolders = new Map();
  const skippedFiles: SkippedFile[] = [];
  let stopped: Fault | null = null;
  const worker = async (): Promise<void> => {
    for (;;) {
      const next = stopped === null ? await uploads.next() : null;
      if (next === null || next.done === true) return;
      const problem =
        'file' in next.value ? await upload(batch, next.value.path, next.value.file) : next.value.skippedFile;
      if (problem !== null && 'file' in problem) skippedFiles.push(problem);
      else if (problem !== null) stopped = problem;
    }
  };
  try {
    await Promise.all(Array.from({ length: UPLOADS_AT_ONCE }, worker));
    if (stopped !== null) return { ok: false, fault: stopped };
    const reply = (await post(`/upload/done?${new URLSearchParams({ batch })}`, null)) as TakeInReply;
    return reply.ok ? { ok: true, value: withSkipped(reply.value, skippedFiles) } : reply;
  } catch (error) {
    return hostStopped(String(error));
  }
}

function withSkipped(taken: TakeIn, own: readonly SkippedFile[]): TakeIn {
  const all = [...own, ...taken.skippedFiles];
  return {
    ...taken,
    skippedFiles: all.slice(0, MAX_SKIPPED),
    moreSkipped: taken.moreSkipped + Math.max(0, all.length - MAX_SKIPPED),
  };
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

const namespaces = Object.fromEntries(
  Object.entries(__REWRAP_METHODS__).map(([namespace, methods]) => [
    namespace,
    Object.freeze(
      Object.fromEntries(
        methods.map((method) => [method, (input: unknown) => call(`${namespace}.${method}`, input)]),
      ),
    ),
  ]),
);

Object.defineProperty(window, 'rewrap', {
  value: Object.freeze({
    ...namespaces,
    on: Object.freeze(on),
    takeFiles: Object.freeze(takeFiles),
  }) as unknown as RewrapApi<File>,
  enumerable: true,
});
window.addEventListener('drop', rememberFolders, { capture: true });
connect();
