import { statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { BrowserWindow } from 'electron';
import type { z } from 'zod';
import type { Reply } from '#shared/contract/api.ts';
import { hostRequests, requests } from '#shared/contract/contract.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import { answerUnparsed, type Engine } from '../../../bridge/index.ts';
import { writePrivate } from '../../../core/storage/private.ts';
import type { ElectronMain } from '../electron.ts';
import { guardContents, guardSession } from './guards.ts';

interface SaveReportParts {
  readonly electron: Pick<ElectronMain, 'BrowserWindow' | 'dialog' | 'session'>;
  readonly engine: Engine;
  readonly window: () => BrowserWindow | null;
  readonly lastFolder: { get(): string | null; set(path: string): void };
}

type Export = (typeof requests)['audit']['export'];
const NOT_SAVED = { url: null, name: '', saved: false };

/** Has the engine make a report, asks where it goes, and writes it there. A PDF is the HTML report, printed. */
export async function saveReport(
  { electron, engine, window, lastFolder }: SaveReportParts,
  { subject, format }: z.output<Export['input']>,
): Promise<z.input<Export['reply']>> {
  const owner = window();
  if (owner === null) return NOT_SAVED;
  const made = await engine.callHost('audit.report', { subject, format: format === 'pdf' ? 'html' : format });
  if (!made.ok) throw new FaultError(made.fault);
  const report = hostRequests.audit.report.reply.parse(made.value);
  const name = format === 'pdf' ? report.name.replace(/\.html$/, '.pdf') : report.name;
  const bytes = async () => (format === 'pdf' ? await printed(electron, report.bytes) : report.bytes);
  const saved = await save({ electron, lastFolder, owner }, { what: 'report', name, format, bytes });
  return saved === null ? NOT_SAVED : { url: null, name: saved, saved: true };
}

/** Asks where the ciphertext of a blob goes, and saves it there. */
export async function saveBlob(
  { electron, engine, window, lastFolder }: SaveReportParts,
  wanted: z.output<(typeof requests)['blobs']['save']['input']>,
): Promise<z.input<(typeof requests)['blobs']['save']['reply']>> {
  const owner = window();
  if (owner === null) return NOT_SAVED;
  const made = await engine.callHost('blobs.file', wanted);
  if (!made.ok) throw new FaultError(made.fault);
  const { name, bytes } = hostRequests.blobs.file.reply.parse(made.value);
  const saved = await save(
    { electron, lastFolder, owner },
    { what: 'ciphertext', name, format: 'bin', bytes: async () => bytes },
  );
  return saved === null ? NOT_SAVED : { url: null, name: saved, saved: true };
}

/** Has the engine check rules or snapshots, asks where they go, and saves them there. */
export async function saveText(
  { electron, engine, window, lastFolder }: SaveReportParts,
  wanted: z.output<(typeof requests)['audit']['saveText']['input']>,
): Promise<z.input<(typeof requests)['audit']['saveText']['reply']>> {
  const owner = window();
  if (owner === null) return NOT_SAVED;
  const made = await engine.callHost('audit.textFile', wanted);
  if (!made.ok) throw new FaultError(made.fault);
  const { name, bytes } = hostRequests.audit.textFile.reply.parse(made.value);
  const saved = await save(
    { electron, lastFolder, owner },
    { what: wanted.kind, name, format: name.replace(/^.*\./, ''), bytes: async () => bytes },
  );
  return saved === null ? NOT_SAVED : { url: null, name: saved, saved: true };
}

/**
 * Answers `plans.save`: has the engine write a plan, asks where it goes, and saves it there. What is wanted may be as
 * large as a list of blobs: it is validated in the engine's thread alone, by the same schema.
 */
export function savePlan(
  { electron, engine, window, lastFolder }: SaveReportParts,
  wanted: unknown,
): Promise<Reply<unknown>> {
  return answerUnparsed(requests.plans.save.reply, async () => {
    const owner = window();
    if (owner === null) return { ...NOT_SAVED, leftOut: 0 };
    const made = await engine.callHost('plans.write', wanted);
    if (!made.ok) throw new FaultError(made.fault);
    const { name, bytes, leftOut } = hostRequests.plans.write.reply.parse(made.value);
    const saved = await save(
      { electron, lastFolder, owner },
      { what: 'plan', name, format: 'json', bytes: async () => bytes },
    );
    return saved === null ? { ...NOT_SAVED, leftOut } : { url: null, name: saved, saved: true, leftOut };
  });
}

/** Whether there is a folder at that path. */
export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

interface ToSave {
  readonly what: 'report' | 'plan' | 'rules' | 'snapshots' | 'ciphertext';
  /** Proposed name. */
  readonly name: string;
  /** Its extension. */
  readonly format: string;
  readonly bytes: () => Promise<Uint8Array>;
}

/** Asks where a file goes and writes it there. The name it got; null where the person closed the dialog. */
async function save(
  {
    electron,
    lastFolder,
    owner,
  }: Pick<SaveReportParts, 'electron' | 'lastFolder'> & { readonly owner: BrowserWindow },
  { what, name, format, bytes }: ToSave,
): Promise<string | null> {
  const folder = lastFolder.get();
  const { canceled, filePath } = await electron.dialog.showSaveDialog(owner, {
    title: `Save the ${what}`,
    // A folder that is gone meanwhile would be shown as the place to save to.
    defaultPath: folder !== null && isFolder(folder) ? join(folder, name) : name,
    filters: [{ name: format.toUpperCase(), extensions: [format] }],
    properties: ['createDirectory', 'showOverwriteConfirmation'],
  });
  if (canceled || filePath === '') return null;
  const content = await bytes();
  try {
    writePrivate(filePath, content);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'nothing more';
    throw new FaultError(
      fault(
        'CannotWrite',
        `The ${what} could not be saved.`,
        `The system says ${code}.`,
        'Save it in another folder.',
      ),
    );
  }
  lastFolder.set(dirname(filePath));
  return basename(filePath);
}

/**
 * An HTML report as PDF by Chromium's own print, in a hidden window of a session of its own: no script, no request but
 * that for the report, nothing kept.
 */
async function printed(
  { BrowserWindow, session }: SaveReportParts['electron'],
  html: Uint8Array,
): Promise<Uint8Array> {
  const own = session.fromPartition(`report-${Date.now()}`, { cache: false });
  await guardSession(own, false);
  own.protocol.handle(
    'app',
    () => new Response(html.slice(), { headers: { 'Content-Type': 'text/html; charset=utf-8' } }),
  );
  const hidden = new BrowserWindow({
    show: false,
    webPreferences: {
      session: own,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      javascript: false,
      webSecurity: true,
      webviewTag: false,
    },
  });
  try {
    guardContents(hidden.webContents);
    await hidden.loadURL('app://rewrap/report.html');
    return await hidden.webContents.printToPDF({
      printBackground: true,
      preferCSSPageSize: true,
      generateTaggedPDF: true,
      generateDocumentOutline: true,
    });
  } catch (error) {
    throw new FaultError(
      fault(
        'PrintFailed',
        'The PDF could not be made.',
        error instanceof Error ? error.message : '',
        'Save the HTML report and print it from a browser.',
      ),
    );
  } finally {
    hidden.destroy();
  }
}
