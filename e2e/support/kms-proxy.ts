import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request of AWS JSON 1.1 that passed, with the status of its answer (0 while there is none). */
export interface Passed {
  /** `ReEncrypt`; of STS `AssumeRole`. */
  readonly operation: string;
  readonly members: Readonly<Record<string, unknown>>;
  status: number;
}

export interface Upstream {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** Answers in place of the service. `ask`: what the service itself says, also to another body. */
export type Lie = (
  asked: Passed,
  ask: (members?: Record<string, unknown>) => Promise<Upstream>,
  response: ServerResponse,
) => Promise<void>;

/** An endpoint in front of a practice KMS: keeps what it is asked, passes it on, and lies where a test has it lie. */
export async function kmsProxy(endpoint: string) {
  const passed: Passed[] = [];
  const state: { lie: Lie | null } = { lie: null };
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', async () => {
      const body = Buffer.concat(chunks);
      const asked = understood(incoming, body);
      passed.push(asked);
      const ask = async (members?: Record<string, unknown>) => {
        const upstream = await forward(
          endpoint,
          incoming,
          members === undefined ? body : Buffer.from(JSON.stringify(members)),
        );
        asked.status = upstream.status;
        return upstream;
      };
      try {
        if (state.lie === null) reply(response, await ask());
        else await state.lie(asked, ask, response);
      } catch {
        response.destroy();
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    passed,
    state,
    /** Breaks every connection. */
    drop: () => server.closeAllConnections(),
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** Sends an answer of the service on, with other members or another status where the test says so. */
export function reply(
  response: ServerResponse,
  { status, headers, body }: Upstream,
  members?: Record<string, unknown>,
): void {
  const bytes = members === undefined ? body : Buffer.from(JSON.stringify(members));
  const { 'content-type': type, 'x-amzn-requestid': id, 'x-amzn-errortype': error } = headers;
  response.writeHead(status, {
    ...(type === undefined ? {} : { 'content-type': type }),
    ...(id === undefined ? {} : { 'x-amzn-requestid': id }),
    ...(error === undefined ? {} : { 'x-amzn-errortype': error }),
    'content-length': bytes.length,
  });
  response.end(bytes);
}

function understood(incoming: IncomingMessage, body: Buffer): Passed {
  const target = String(incoming.headers['x-amz-target'] ?? '');
  if (target === '') {
    const form = Object.fromEntries(new URLSearchParams(body.toString('utf8')));
    return { operation: form.Action ?? `${incoming.method} ${incoming.url}`, members: form, status: 0 };
  }
  return {
    operation: target.replace('TrentService.', ''),
    members: JSON.parse(body.toString('utf8') || '{}'),
    status: 0,
  };
}

function forward(endpoint: string, incoming: IncomingMessage, body: Buffer): Promise<Upstream> {
  const { host: _, 'content-length': __, 'transfer-encoding': ___, ...headers } = incoming.headers;
  return new Promise((resolve, reject) => {
    const url = new URL(incoming.url ?? '/', endpoint);
    const onward = request(
      url,
      { method: incoming.method, headers: { ...headers, 'content-length': body.length } },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            headers: answer.headers,
            body: Buffer.concat(chunks),
          }),
        );
      },
    );
    onward.on('error', reject);
    onward.end(body);
  });
}
