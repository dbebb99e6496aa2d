import { type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { GetCallerIdentityCommand, GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PracticeOptions, startPracticeKms } from '../practice-kms.ts';
import { type Kit, startKit } from '../testing/test-kit.ts';
import { MAX_BODY_BYTES } from './http-server.ts';

let kit: Kit;
beforeAll(async () => {
  kit = await startKit();
});
afterAll(() => kit.end());

const AUTHORIZATION =
  'AWS4-HMAC-SHA256 Credential=ANY/20270101/us-east-1/kms/aws4_request, SignedHeaders=host;x-amz-date, Signature=00ff';

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/** One bare request. A header with the value null is left out. */
function send(
  body: string | Buffer,
  headers: Record<string, string | null> = {},
  method = 'POST',
  path = '/',
): Promise<Answer> {
  const merged = {
    'x-amz-target': 'TrentService.ListKeys',
    'content-type': 'application/x-amz-json-1.1',
    authorization: AUTHORIZATION,
    ...headers,
  };
  const { hostname, port } = new URL(kit.practice.endpoint);
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        hostname,
        port,
        method,
        path,
        headers: Object.fromEntries(
          Object.entries(merged).filter((pair): pair is [string, string] => pair[1] !== null),
        ),
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

function expectRefusal(answer: Answer, status: number, type: string): void {
  expect(answer.status).toBe(status);
  expect(JSON.parse(answer.text).__type).toBe(type);
  expect(answer.headers['x-amzn-errortype']).toBe(type);
  expect(answer.headers['x-amzn-requestid']).toMatch(/^[0-9a-f-]{36}$/);
  expect(answer.headers['content-type']).toBe('application/x-amz-json-1.1');
}

describe('the wire', () => {
  it('answers in AWS JSON 1.1', async () => {
    const answer = await send('{}');
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('application/x-amz-json-1.1');
    expect(answer.headers['x-amzn-requestid']).toMatch(/^[0-9a-f-]{36}$/);
    expect(JSON.parse(answer.text)).toEqual({ Keys: [], Truncated: false });
    expect((await send('')).status).toBe(200);
  });

  it('leaves the message out where KMS sends none', async () => {
    const blob = Buffer.from('not KMS').toString('base64');
    const answer = await send(JSON.stringify({ CiphertextBlob: blob }), {
      'x-amz-target': 'TrentService.Decrypt',
    });
    expectRefusal(answer, 400, 'InvalidCiphertextException');
    expect(JSON.parse(answer.text)).toEqual({ __type: 'InvalidCiphertextException' });
  });

  it('refuses unknown operations and malformed bodies', async () => {
    expectRefusal(
      await send('{}', { 'x-amz-target': 'TrentService.Nothing' }),
      400,
      'UnknownOperationException',
    );
    expectRefusal(
      await send('{}', { 'x-amz-target': 'TrentService.constructor' }),
      400,
      'UnknownOperationException',
    );
    expectRefusal(await send('{}', { 'x-amz-target': 'Other.ListKeys' }), 400, 'UnknownOperationException');
    expectRefusal(await send('{}', { 'x-amz-target': null }), 400, 'UnknownOperationException');
    expectRefusal(await send('', {}, 'GET'), 404, 'UnknownOperationException');
    expectRefusal(await send('{}', {}, 'POST', '/elsewhere'), 404, 'UnknownOperationException');
    for (const body of [
      '{',
      'null',
      '[]',
      '"text"',
      '7',
      Buffer.from([0x7b, 0xff, 0x7d]),
      '{"Limit":"ten"}',
      '{"Limit":1.5}',
    ])
      expectRefusal(await send(body), 400, 'SerializationException');
    const encrypt = { 'x-amz-target': 'TrentService.Encrypt' };
    for (const members of [
      { KeyId: 7, Plaintext: 'AA==' },
      { KeyId: 'alias/a', Plaintext: 'AA' },
      { KeyId: 'alias/a', Plaintext: '-_==' },
      { KeyId: 'alias/a', Plaintext: 'A A=' },
      { KeyId: 'alias/a', Plaintext: 'AA==', EncryptionContext: { n: 1 } },
      { KeyId: 'alias/a', Plaintext: 'AA==', EncryptionContext: { n: '\ud800' } },
      { KeyId: 'alias/a', Plaintext: 'AA==', EncryptionContext: ['a'] },
      { KeyId: 'alias/a', Plaintext: 'AA==', GrantTokens: 'a' },
      { KeyId: 'alias/a', Plaintext: 'AA==', DryRun: 'yes' },
    ])
      expectRefusal(await send(JSON.stringify(members), encrypt), 400, 'SerializationException');
  });

  it('never quotes a request that may hold plaintext', async () => {
    const secret = 'correct-horse-battery';
    for (const body of [
      `{"Plaintext": ${secret}`,
      JSON.stringify({ KeyId: 'alias/a', Plaintext: secret }),
      JSON.stringify({ KeyId: 'alias/a', Plaintext: Buffer.from(secret.repeat(300)).toString('base64') }),
    ]) {
      const answer = await send(body, { 'x-amz-target': 'TrentService.Encrypt' });
      expect(answer.status).toBe(400);
      expect(answer.text).not.toContain(secret);
      expect(answer.text).not.toContain(Buffer.from(secret).toString('base64').slice(0, 20));
    }
  });

  it('wants a signature of any caller', async () => {
    expectRefusal(await send('{}', { authorization: null }), 400, 'MissingAuthenticationTokenException');
    for (const authorization of ['Basic dTpw', 'Bearer x', 'AWS4-HMAC-SHA256 Credential=x'])
      expectRefusal(await send('{}', { authorization }), 400, 'IncompleteSignatureException');
    expect((await send('{}', { authorization: AUTHORIZATION.replaceAll(', ', ',') })).status).toBe(200);
  });

  it('refuses web pages and rebound names', async () => {
    for (const origin of ['https://evil.example', 'null', 'http://127.0.0.1:8080'])
      expectRefusal(await send('{}', { origin }), 403, 'AccessDeniedException');
    expectRefusal(
      await send('', { origin: 'https://evil.example', 'access-control-request-method': 'POST' }, 'OPTIONS'),
      403,
      'AccessDeniedException',
    );
    const { port } = new URL(kit.practice.endpoint);
    for (const host of [
      'evil.example',
      `evil.example:${port}`,
      '127.0.0.1.evil.example',
      '10.0.0.1',
      '0.0.0.0',
      'localhost.evil.example',
    ])
      expectRefusal(await send('{}', { host }), 403, 'AccessDeniedException');
    for (const host of ['localhost', `LOCALHOST:${port}`, `[::1]:${port}`, '127.0.0.1'])
      expect((await send('{}', { host })).status).toBe(200);
  });

  it('bounds the request body, announced or not', async () => {
    const body = Buffer.alloc(MAX_BODY_BYTES + 1, 0x20);
    expectRefusal(
      await send(body, { 'content-length': String(body.length) }),
      413,
      'RequestEntityTooLargeException',
    );
    const { hostname, port } = new URL(kit.practice.endpoint);
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(Number(port), hostname);
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk;
      });
      socket.on('close', () => resolve(text));
      socket.on('error', () => {});
      socket.write(
        `POST / HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${AUTHORIZATION}\r\nX-Amz-Target: TrentService.ListKeys\r\nTransfer-Encoding: chunked\r\n\r\n`,
      );
      const chunk = `8000\r\n${' '.repeat(0x8000)}\r\n`;
      for (let sent = 0; sent < 20; sent += 1) socket.write(chunk);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect((await send('{}')).status).toBe(200);
  });
});

describe('STS', () => {
  function sts(): STSClient {
    return new STSClient({
      endpoint: kit.practice.endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'ANY', secretAccessKey: 'any' },
      maxAttempts: 1,
    });
  }

  it('says who is calling', async () => {
    const { Account, Arn, UserId } = await sts().send(new GetCallerIdentityCommand({}));
    expect({ Account, Arn, UserId }).toEqual({
      Account: '111122223333',
      Arn: 'arn:aws:iam::111122223333:user/practice',
      UserId: 'AIDAPRACTICEKMSEXAMPL',
    });
  });

  it('refuses everything else', async () => {
    await expect(sts().send(new GetSessionTokenCommand({}))).rejects.toMatchObject({ name: 'InvalidAction' });
    const answer = await send('Action=GetCallerIdentity&Version=2011-06-15', {
      'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
      authorization: null,
    });
    expect(answer.status).toBe(403);
    expect(answer.text).toContain('<Code>MissingAuthenticationToken</Code>');
  });
});

describe('where it listens', () => {
  it.each(['0.0.0.0', '::', '192.168.1.1', 'localhost', 'example.com', ''])('refuses %j', async (host) => {
    const options = { stateDir: kit.stateDir, host } as unknown as PracticeOptions;
    await expect(startPracticeKms(options)).rejects.toMatchObject({ fault: { code: 'NotLoopback' } });
  });

  it('refuses a Region that is no Region', async () => {
    await expect(startPracticeKms({ stateDir: kit.stateDir, region: 'us east' })).rejects.toMatchObject({
      fault: { code: 'BadRegion' },
    });
  });

  it('tells that a port is taken', async () => {
    const port = Number(new URL(kit.practice.endpoint).port);
    await expect(startPracticeKms({ stateDir: kit.stateDir, port })).rejects.toMatchObject({
      fault: { code: 'PortInUse' },
    });
  });

  it('serves on ::1 where the machine has it', async (context) => {
    const six = await startPracticeKms({ stateDir: kit.stateDir, host: '::1' }).catch(() => null);
    if (!six) return context.skip('no IPv6 loopback here');
    expect(six.endpoint).toMatch(/^http:\/\/\[::1\]:\d+$/);
    const answer = await fetch(six.endpoint, {
      method: 'POST',
      headers: { authorization: AUTHORIZATION, 'x-amz-target': 'TrentService.ListKeys' },
      body: '{}',
    });
    expect(answer.status).toBe(200);
    await six.close();
  });
});
