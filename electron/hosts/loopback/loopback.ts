import { Host, type LoopbackOptions } from './host.ts';
import { bind, newServer } from './listen.ts';

/** A running loopback host. */
interface Loopback {
  readonly port: number;
  /** Folder (mode 0700) that holds what was uploaded, until {@link Loopback.close}. */
  readonly inboxDir: string;
  /** The address without a token. A page opened there shows a code for the terminal. */
  readonly plainUrl: string;
  /** An address that opens Rewrap once, in one tab. Voids the address before it, if that was not used. */
  newUrl(): string;
  /** Loads what serves a page; without it that is done when the first one connects. */
  prepare(): void;
  /** A code that was typed in the terminal. True when a page shows it: that page is let in. */
  confirm(typed: string): boolean;
  /** Stops listening, ends every connection, removes the inbox. The engine is its owner's to close. */
  close(): Promise<void>;
}

/**
 * Serves the page and the engine to a browser of this machine: HTTP and WebSocket on 127.0.0.1, and on ::1 at the
 * same port where that is free. Nothing else can be listened on.
 *
 * @throws FaultError `PortInUse`, `PortRefused`, `ListenFailed`; the system's error when no inbox can be made.
 */
export async function openLoopback(options: LoopbackOptions): Promise<Loopback> {
  const first = newServer();
  const port = await bind(first.server, '127.0.0.1', options.port);
  let host: Host;
  try {
    host = new Host(port, options);
  } catch (error) {
    first.server.close();
    throw error;
  }
  host.attach(first);
  const second = newServer();
  // A machine without IPv6, or another program at this port of ::1: the address we print does not need it.
  await bind(second.server, '::1', port).then(
    () => host.attach(second),
    () => undefined,
  );
  return {
    port,
    inboxDir: host.inbox.dir,
    plainUrl: host.plainUrl,
    newUrl: () => host.newUrl(),
    prepare: () => host.prepare(),
    confirm: (typed) => host.confirm(typed),
    close: () => host.close(),
  };
}
