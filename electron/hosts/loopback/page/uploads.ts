/** Dropped and picked files: uploaded one by one, then taken in together. */

import type { Reply, RewrapApi } from '#shared/contract/api.ts';
import type { Fault } from '#shared/model/fault.ts';
import { MAX_UPLOAD_BYTES, MAX_UPLOADS_AT_ONCE } from '../limits.ts';

type TakeInReply = Awaited<ReturnType<RewrapApi['takeFiles']>>;
type TakeIn = Extract<TakeInReply, { ok: true }>['value'];
type SkippedFile = TakeIn['skippedFiles'][number];
type Upload = { readonly path: string; readonly file: File } | { readonly skippedFile: SkippedFile };
/** Sends a body to a path of the host. Rejects where nothing answers. */
type Post = (path: string, body: Blob | null) => Promise<Reply<unknown>>;

/** Files that are named as skipped; of more, the number is said. */
const MAX_SKIPPED = 200;

export function pageFault(
  code: string,
  message: string,
  detail: string,
  remedy: string,
  retryable = false,
): Fault {
  return { code, message, detail, remedy, raw: null, retryable };
}

export const hostStopped = (detail: string): { ok: false; fault: Fault } => ({
  ok: false,
  fault: pageFault(
    'HostStopped',
    'The Rewrap host stopped.',
    detail,
    'Start it again and open the new address. If it still runs, press Enter in its terminal for a new address.',
    true,
  ),
});

/** Folders of the last drop, by name: a dropped folder arrives as a File that cannot be read. */
let droppedFolders = new Map<string, FileSystemDirectoryEntry>();

export function rememberFolders(event: DragEvent): void {
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

/** Uploads one file. Null when it arrived, an skipped file when this file cannot be had, a fault when the host is gone. */
async function upload(
  post: Post,
  batch: string,
  path: string,
  file: File,
): Promise<SkippedFile | Fault | null> {
  if (file.size > MAX_UPLOAD_BYTES) {
    const message = `${path} is larger than ${MAX_UPLOAD_BYTES / 1024 ** 2} MiB. Start the host with its folder: rewrap serve PATH.`;
    return { file: path, code: 'too-large', message };
  }
  let reply: Reply<unknown>;
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

export async function takeFiles(post: Post, files: readonly File[]): Promise<TakeInReply> {
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
        'file' in next.value
          ? await upload(post, batch, next.value.path, next.value.file)
          : next.value.skippedFile;
      if (problem !== null && 'file' in problem) skippedFiles.push(problem);
      else if (problem !== null) stopped = problem;
    }
  };
  try {
    await Promise.all(Array.from({ length: MAX_UPLOADS_AT_ONCE }, worker));
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
