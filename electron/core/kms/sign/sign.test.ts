import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EncryptCommand, KMSClient } from '@aws-sdk/client-kms';
import { expect, test } from 'vitest';
import { signed } from './sign.ts';

/** What the SDK's own client sends, signature and all. */
async function sentBySdk(sessionToken?: string) {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const heard = new Promise<{ headers: Record<string, string>; body: Buffer }>((resolve) => {
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        resolve({ headers: request.headers as Record<string, string>, body: Buffer.concat(chunks) });
        response.end('{"CiphertextBlob":"AA==","KeyId":"k"}');
      });
    });
  });
  const credentials = {
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    ...(sessionToken === undefined ? {} : { sessionToken }),
  };
  const kms = new KMSClient({ endpoint: url, region: 'eu-west-1', credentials });
  await kms.send(new EncryptCommand({ KeyId: 'alias/a', Plaintext: Buffer.from('plaintext') }));
  kms.destroy();
  server.close();
  return { url, credentials, ...(await heard) };
}

test.each([undefined, 'a-session-token/with+signs='])(
  'signs as the SDK does (session token %s)',
  async (token) => {
    const { url, credentials, headers, body } = await sentBySdk(token);
    const signedNames = /SignedHeaders=([^,]+)/.exec(headers.authorization ?? '')?.[1]?.split(';') ?? [];
    const stamp = headers['x-amz-date'] ?? '';
    const at = new Date(stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
    const others = signedNames.filter(
      (name) => !['host', 'x-amz-date', 'x-amz-security-token'].includes(name),
    );
    const ours = signed(
      {
        url: new URL(url),
        headers: Object.fromEntries(others.map((name) => [name, headers[name] ?? ''])),
        // In pieces, as it is sent.
        body: [body.subarray(0, 10), body.subarray(10, 30), body.subarray(30)],
      },
      'eu-west-1',
      { ...credentials, sessionToken: token ?? null },
      at,
    );
    expect(ours.authorization).toBe(headers.authorization);
    expect(ours['x-amz-security-token']).toBe(token);
  },
);
