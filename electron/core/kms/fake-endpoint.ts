import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeRequest {
  readonly operation: string;
  readonly body: Record<string, unknown>;
  readonly request: IncomingMessage;
}

/** `type` makes it an error answer; 'drop' cuts the connection, 'hang' never answers. */
export type FakeAnswer =
  | {
      readonly status?: number;
      readonly type?: string;
      readonly body?: Record<string, unknown>;
      readonly text?: string;
    }
  | 'drop'
  | 'hang';

/** An endpoint for tests that answers AWS JSON and STS requests as it is set. */
export async function fakeEndpoint(answer: (request: FakeRequest) => FakeAnswer) {
  const seen: FakeRequest[] = [];
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const target = String(request.headers['x-amz-target'] ?? '').replace('TrentService.', '');
      const operation = target || (new URLSearchParams(text).get('Action') ?? '');
      const one = { operation, body: target ? JSON.parse(text || '{}') : {}, request };
      seen.push(one);
      const said = answer(one);
      if (said === 'hang') return;
      if (said === 'drop') {
        request.socket.destroy();
        return;
      }
      response.writeHead(said.status ?? (said.type ? 400 : 200), {
        'content-type': target ? 'application/x-amz-json-1.1' : 'text/xml',
        'x-amzn-requestid': `req-${seen.length}`,
        ...(said.type ? { 'x-amzn-errortype': said.type } : {}),
      });
      response.end(
        said.text ?? JSON.stringify({ ...(said.type ? { __type: said.type } : {}), ...said.body }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    seen,
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
