import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Engine } from './bridge/index.ts';
import { openLoopback } from './loopback/index.ts';
import { openPage } from './page/index.ts';

export interface ServeOptions {
  /** The services. They stay the caller's: {@link Served.close} does not close them. */
  readonly engine: Engine;
  /** Folder of the built page (index.html, assets/). */
  readonly pageDir: string;
  /** The built page bridge, a classic script. */
  readonly bridgeFile: string;
  /** TCP port on 127.0.0.1 and ::1; 0 lets the system choose. */
  readonly port: number;
  /**
   * Called with a further one-time address each time Enter is pressed in `terminal`. The first address is in the
   * result. Without it, or where `terminal` is no TTY, nothing is read.
   */
  readonly onUrl?: (url: string) => void;
  /** Where Enter is pressed: standard input by default. */
  readonly terminal?: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  /** Folder in which the private inbox for uploads is made; the system's temporary folder by default. */
  readonly inboxParent?: string;
}

export interface Served {
  /** The first one-time address. */
  readonly url: string;
  readonly port: number;
  /** A further one-time address, for another browser; voids the one before it if that was not used. */
  newUrl(): string;
  close(): Promise<void>;
}

/**
 * Starts the loopback host. Opening a browser, printing the address and stopping on a signal are the caller's.
 *
 * @throws FaultError `PageNotBuilt`, `PortInUse`, `PortRefused`, `ListenFailed`; the system's error when
 * `bridgeFile` cannot be read.
 */
export async function serve(options: ServeOptions): Promise<Served> {
  const { engine, port, onUrl, inboxParent } = options;
  const page = openPage(options.pageDir, { bridgeScript: readFileSync(options.bridgeFile, 'utf8') });
  const host = await openLoopback({
    engine,
    page,
    port,
    ...(inboxParent === undefined ? {} : { inboxParent }),
  });
  const terminal = options.terminal ?? process.stdin;
  const lines =
    onUrl !== undefined && terminal.isTTY === true
      ? createInterface({ input: terminal, terminal: false })
      : null;
  lines?.on('line', () => onUrl?.(host.newUrl()));
  return {
    url: host.newUrl(),
    port: host.port,
    newUrl: () => host.newUrl(),
    async close() {
      lines?.close();
      await host.close();
    },
  };
}
