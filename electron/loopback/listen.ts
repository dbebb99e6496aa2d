import { createServer, type Server } from 'node:http';
import { FaultError, fault } from '#shared/model/fault.ts';

/** An HTTP server with bounded headers, times and connections. It has no handlers yet. */
export function newServer(): Server {
  const server = createServer({
    maxHeaderSize: 16 * 1024,
    headersTimeout: 10_000,
    // Time for one upload, through a slow tunnel too.
    requestTimeout: 300_000,
    keepAliveTimeout: 5_000,
  });
  server.maxConnections = 256;
  return server;
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
