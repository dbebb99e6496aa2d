import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import type { Engine } from '../../bridge/index.ts';
import { openPage } from '../page/index.ts';
import { openLoopback } from './loopback.ts';
import type { TerminalApprovals } from './terminal-approvals.ts';

interface ServeOptions {
  /** The services. They stay the caller's: {@link Served.close} does not close them. */
  readonly engine: Engine;
  /** Folder of the built page (index.html, assets/). */
  readonly pageDir: string;
  /** The built page bridge, a classic script. */
  readonly bridgeFile: string;
  /** TCP port on 127.0.0.1 and ::1; 0 lets the system choose. */
  readonly port: number;
  /**
   * What happens in `terminal`, in words for the person there: a further address when Enter is pressed, a page that
   * asks to be let in, and what came of a code that was typed. Without it, or where `terminal` is no TTY, nothing is
   * read, and only the one-time address opens Rewrap.
   */
  readonly say?: (line: string) => void;
  /** Where Enter is pressed and codes are typed: standard input by default. */
  readonly terminal?: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  /** Questions for approval that are answered in `terminal`. */
  readonly approvals?: TerminalApprovals;
  /** The thread that looks through uploads (`upload-thread.cjs`, beside the host's bundle). */
  readonly uploadThread: string | URL;
  /** Folder in which the private inbox for uploads is made; the system's temporary folder by default. */
  readonly inboxParent?: string;
  /** What a bug report needs, for the page to copy. */
  readonly diagnostics?: () => string;
}

export interface Served {
  /** The first one-time address. */
  readonly url: string;
  /** The address without a token: a page opened there shows a code, which is typed in the terminal. */
  readonly plainUrl: string;
  readonly port: number;
  /** Whether codes can be typed here. */
  readonly takesCodes: boolean;
  /** A further one-time address, for another browser; voids the one before it if that was not used. */
  newUrl(): string;
  /** Loads what serves a page; to be called once the address was said, while the browser opens it. */
  prepare(): void;
  close(): Promise<void>;
}

/**
 * Starts the loopback host. Opening a browser, printing the address and stopping on a signal are the caller's.
 *
 * @throws FaultError `PageNotBuilt`, `PortInUse`, `PortRefused`, `ListenFailed`; the system's error when
 * `bridgeFile` cannot be read.
 */
export async function serve(options: ServeOptions): Promise<Served> {
  const { engine, port, say, inboxParent, uploadThread, diagnostics, approvals } = options;
  const terminal = options.terminal ?? process.stdin;
  const lines =
    say !== undefined && terminal.isTTY === true
      ? createInterface({ input: terminal, terminal: false })
      : null;
  const page = openPage(options.pageDir, { bridgeScript: readFileSync(options.bridgeFile, 'utf8') });
  const host = await openLoopback({
    engine,
    page,
    port,
    startUploadThread: () => new Worker(uploadThread),
    ...(lines === null ? {} : { onKnock: () => say?.(KNOCK) }),
    ...(inboxParent === undefined ? {} : { inboxParent }),
    ...(diagnostics === undefined ? {} : { diagnostics }),
  });
  lines?.on('line', (line) => {
    if (approvals?.take(line)) return;
    if (line.trim() === '') say?.(`Rewrap is at ${host.newUrl()}`);
    else say?.(host.confirm(line) ? 'The page was let in.' : NO_SUCH_CODE);
  });
  if (lines !== null && say !== undefined) approvals?.attach(say);
  lines?.once('close', () => approvals?.close());
  return {
    url: host.newUrl(),
    plainUrl: host.plainUrl,
    port: host.port,
    takesCodes: lines !== null,
    newUrl: () => host.newUrl(),
    prepare: () => host.prepare(),
    async close() {
      lines?.close();
      await host.close();
    },
  };
}

const KNOCK =
  'A page in a browser of this machine asks to use Rewrap. If it is yours, type the code that it shows, then Enter.';
const NO_SUCH_CODE =
  'No page shows this code (a code holds for five minutes). Press Enter alone for an address that needs none.';
