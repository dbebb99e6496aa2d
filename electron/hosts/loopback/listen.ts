import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { FaultError, fault } from '#shared/model/fault-error.ts';
import { MAX_STRANGERS } from './limits.ts';

/**
 * An HTTP server with bounded headers, times and connections. It has no handlers yet.
 *
 * Any user of the machine can open connections and say nothing. They end after a few seconds, and before that the oldest
 * idle one gives way to a new one, so that a page always gets through. {@link NewServer.known}: what was let in, and so
 * is never the one that gives way.
 */
export function newServer(): NewServer {
  const server = createServer({
    maxHeaderSize: 16 * 1024,
    headersTimeout: 5_000,
    // Time for one upload, through a slow tunnel too.
    requestTimeout: 300_000,
    keepAliveTimeout: 5_000,
    // Node looks every 30 s by default, and idle connections would stand for as long.
    connectionsCheckingInterval: 1_000,
  });
  server.maxConnections = 1024;
  const idle = new Set<Socket>();
  const known = (socket: Socket): void => void idle.delete(socket);
  server.on('connection', (socket) => {
    idle.add(socket);
    socket.once('close', () => idle.delete(socket));
    const [oldest] = idle;
    if (idle.size > MAX_STRANGERS) oldest?.destroy();
  });
  server.on('request', ({ socket }, response) => {
    idle.delete(socket);
    response.once('close', () => {
      if (!socket.destroyed) idle.add(socket);
    });
  });
  return { server, known };
}

export interface NewServer {
  readonly server: Server;
  readonly known: (socket: Socket) => void;
}

/**
 * Listens on a loopback address and nothing else.
 *
 * @returns The port, which the system chose where 0 was asked for.
 * @throws FaultError `PortInUse`, `PortRefused`, `ListenFailed`.
 */
export function bind(server: Server, host: '127.0.0.1' | '::1', port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(explained(error, port)));
    server.listen({ host, port, exclusive: true, ipv6Only: host === '::1' }, () => {
      const address = server.address();
      resolve(address === null || typeof address === 'string' ? port : address.port);
    });
  });
}

function explained(error: Error, port: number): FaultError {
  const code = 'code' in error ? error.code : null;
  if (code === 'EADDRINUSE') {
    return new FaultError(
      fault(
        'PortInUse',
        `Port ${port} is in use.`,
        'Another program, or another Rewrap, listens there.',
        'Start with another `--port`, or `--port 0` for any free one.',
      ),
    );
  }
  if (code === 'EACCES') {
    return new FaultError(
      fault(
        'PortRefused',
        `The system does not let you listen on port ${port}.`,
        '',
        'Use a port above 1023.',
      ),
    );
  }
  return new FaultError(
    fault(
      'ListenFailed',
      'Rewrap cannot listen on this machine.',
      error.message,
      'Check that 127.0.0.1 is up.',
    ),
  );
}
