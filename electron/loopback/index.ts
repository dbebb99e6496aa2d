import type { Engine } from '../bridge/index.ts';
import type { Page } from '../page/index.ts';
import { Host } from './host.ts';
import { bind, newServer } from './listen.ts';

export interface LoopbackOptions {
  readonly engine: Engine;
  readonly page: Page;
  /** TCP port; 0 lets the system choose. */
  readonly port: number;
  /** Folder in which the private inbox is made; the system's temporary folder by default. */
  readonly inboxParent?: string;
}

/** A running loopback host. */
export interface Loopback {
  readonly port: number;
  /** Folder (mode 0700) that holds what was uploaded, until {@link Loopback.close}. */
  readonly inboxDir: string;
  /** An address that opens Rewrap once, in one browser. Voids the address before it, if that was not used. */
  newUrl(): string;
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
  const server = newServer();
  const port = await bind(server, '127.0.0.1', options.port);
  let host: Host;
  try {
    host = new Host(port, options.engine, options.page, options.inboxParent);
  } catch (error) {
    server.close();
    throw error;
  }
  host.attach(server);
  const second = newServer();
  // A machine without IPv6, or another program at this port of ::1: the address we print does not need it.
  await bind(second, '::1', port).then(
    () => host.attach(second),
    () => undefined,
  );
  return {
    port,
    inboxDir: host.inbox.dir,
    newUrl: () => host.newUrl(),
    close: () => host.close(),
  };
}
