import { request } from 'node:http';
import { connect } from 'node:net';
import {
  DecryptCommand,
  EncryptCommand,
  type KMSClient,
  ListAliasesCommand,
  ListKeysCommand,
  ReEncryptCommand,
} from '@aws-sdk/client-kms';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PRACTICE_IDENTITIES } from '../access/identities.ts';
import { startPracticeKms } from '../practice-kms.ts';
import { clientFor, type Kit, refused, startKit } from '../testing/test-kit.ts';
import { FAULTS_VARIABLE, type FaultRule } from './faults.ts';
import { FAULTS_PATH } from './http-server.ts';

const AUTHORIZATION =
  'AWS4-HMAC-SHA256 Credential=ANY/20270101/us-east-1/kms/aws4_request, SignedHeaders=host;x-amz-date, Signature=00ff';

let kit: Kit;
beforeAll(async () => {
  kit = await startKit();
});
afterEach(() => kit.practice.faults.clear());
afterAll(() => kit.end());

const list = (client: KMSClient = kit.client) => client.send(new ListKeysCommand({}));
const set = (...rules: FaultRule[]) => kit.practice.faults.set(rules);
const failure = async (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'none',
    (error: unknown) => String((error as { code?: unknown }).code ?? (error as Error).name),
  );

describe('faults', () => {
  it('answer with each refusal that passes by itself', async () => {
    for (const [kind, name, status] of [
      ['internal', 'KMSInternalException', 500],
      ['dependency-timeout', 'DependencyTimeoutException', 500],
      ['key-unavailable', 'KeyUnavailableException', 500],
      ['throttling', 'ThrottlingException', 400],
      ['expired-token', 'ExpiredTokenException', 400],
    ] as const) {
      set({ kind });
      expect((await refused(list(), name)).$metadata.httpStatusCode).toBe(status);
    }
    set({ kind: 'error', code: 'SomethingElseException', message: 'as set', status: 403 });
    await refused(list(), 'SomethingElseException', 'as set');
    set();
    await list();
  });

  it('hit the requests that they name, as often as they say', async () => {
    set({ kind: 'internal', operations: ['ListKeys'], skip: 1, every: 2, times: 2 });
    const seen: string[] = [];
    for (let round = 0; round < 7; round += 1) seen.push(await failure(list()));
    const hit = 'KMSInternalException';
    expect(seen).toEqual(['none', 'none', hit, 'none', hit, 'none', 'none']);
    await kit.client.send(new ListAliasesCommand({}));
    expect(kit.practice.faults.list()).toMatchObject([{ kind: 'internal', seen: 7, hits: 2 }]);

    set({ kind: 'internal', accessKeyIds: [PRACTICE_IDENTITIES.auditor.accessKeyId] });
    await list();
    const auditor = clientFor(kit.practice, PRACTICE_IDENTITIES.auditor);
    await refused(list(auditor), 'KMSInternalException');
    // What is called in process is never disturbed.
    set({ kind: 'internal' });
    expect(await kit.practice.call('ListKeys', {})).toHaveProperty('Keys');
  });

  it('delay, keep waiting and cut off', async () => {
    set({ kind: 'latency', ms: 150 });
    const before = performance.now();
    await list();
    expect(performance.now() - before).toBeGreaterThan(140);
    set({ kind: 'timeout', ms: 50 });
    expect(await failure(list())).toMatch(/ECONNRESET|TimeoutError/);
    set({ kind: 'drop' });
    expect(await failure(list())).toMatch(/ECONNRESET|TimeoutError/);
    set({ kind: 'truncate' });
    expect(await failure(list())).not.toBe('none');
    set();
    await list();
  });

  it('do the thing and lose the reply', async () => {
    const count = async () => ((await kit.practice.call('ListKeys', {})).Keys as unknown[]).length;
    const before = await count();
    set({ kind: 'drop', operations: ['CreateKey'] });
    await expect(kit.key(null)).rejects.toThrow();
    expect(await count()).toBe(before);
    set({ kind: 'drop-after', operations: ['CreateKey'] });
    await expect(kit.key(null)).rejects.toThrow();
    expect(await count()).toBe(before + 1);
  });

  it('hold an account to a quota', async () => {
    set({ kind: 'quota', perSecond: 5 });
    let names: string[] = [];
    // A busy machine spreads them over more than the second that they are to share: then they are sent anew.
    for (let started = Number.NEGATIVE_INFINITY; performance.now() - started > 900; ) {
      await new Promise((resolve) => setTimeout(resolve, 1100));
      started = performance.now();
      names = await Promise.all(Array.from({ length: 12 }, () => failure(list())));
    }
    const throttled = names.filter((name) => name === 'ThrottlingException').length;
    expect(throttled).toBeGreaterThanOrEqual(5);
    expect(throttled).toBeLessThanOrEqual(7);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(await failure(list())).toBe('none');
  });

  it('re-encrypt although DryRun is set', async () => {
    const [from, to] = [await kit.key(null), await kit.key(null)];
    const { CiphertextBlob } = await kit.client.send(
      new EncryptCommand({ KeyId: from, Plaintext: Buffer.from('p') }),
    );
    const dry = () =>
      kit.client.send(new ReEncryptCommand({ CiphertextBlob, DestinationKeyId: to, DryRun: true }));
    await refused(dry(), 'DryRunOperationException');
    set({ kind: 'ignore-dry-run' });
    expect((await dry()).KeyId).toBe(to);
  });

  it('answer with the reply to the request before, and never keep plaintext for it', async () => {
    const [one, two] = [await kit.key(null), await kit.key(null)];
    const encrypt = (KeyId: string) =>
      kit.client.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('p') }));
    set({ kind: 'stale' });
    expect((await encrypt(one)).KeyId).toBe(one);
    const stale = await encrypt(two);
    expect(stale.KeyId).toBe(one);
    expect((await encrypt(one)).KeyId).toBe(two);
    const open = () => kit.client.send(new DecryptCommand({ CiphertextBlob: stale.CiphertextBlob }));
    const [first, second] = [await open(), await open()];
    expect(second.$metadata.requestId).not.toBe(first.$metadata.requestId);
    expect(second.KeyId).toBe(one);
  });

  it('send a reply twice', async () => {
    set({ kind: 'duplicate' });
    const { hostname, port } = new URL(kit.practice.endpoint);
    const text = await new Promise<string>((resolve) => {
      const socket = connect(Number(port), hostname);
      let received = '';
      socket.on('data', (chunk) => {
        received += chunk;
        if ((received.match(/HTTP\/1\.1 200/g)?.length ?? 0) === 2 && received.endsWith('}')) {
          socket.destroy();
          resolve(received);
        }
      });
      socket.write(
        `POST / HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${AUTHORIZATION}\r\nX-Amz-Target: TrentService.ListKeys\r\nContent-Length: 2\r\n\r\n{}`,
      );
    });
    expect(text.match(/"Truncated":false/g)).toHaveLength(2);
  });

  it('answer with a web page where JSON is expected', async () => {
    set({ kind: 'garbage', status: 502 });
    const response = await fetch(kit.practice.endpoint, {
      method: 'POST',
      headers: { authorization: AUTHORIZATION, 'x-amz-target': 'TrentService.ListKeys' },
      body: '{}',
    });
    expect([response.status, response.headers.get('content-type')]).toEqual([502, 'text/html']);
    expect(await response.text()).toContain('<html>');
    set({ kind: 'garbage' });
    expect(await failure(list())).toBe('SyntaxError');
  });

  it('do not keep the server from closing', async () => {
    const practice = await startPracticeKms({ stateDir: kit.stateDir });
    practice.faults.set([{ kind: 'timeout' }]);
    const waiting = failure(list(clientFor(practice)));
    await expect.poll(() => practice.faults.list()[0]?.hits).toBe(1);
    const before = performance.now();
    await practice.close();
    // The fault itself would take ten minutes.
    expect(performance.now() - before).toBeLessThan(60_000);
    expect(await waiting).not.toBe('none');
  });
});

describe('the switch', () => {
  function send(
    method: string,
    body = '',
    headers: Record<string, string> = { authorization: AUTHORIZATION },
  ): Promise<{ status: number; body: unknown }> {
    const { hostname, port } = new URL(kit.practice.endpoint);
    return new Promise((resolve, reject) => {
      const outgoing = request({ hostname, port, method, path: FAULTS_PATH, headers }, (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  it('is reached over HTTP', async () => {
    const rules = [{ kind: 'latency', ms: 1 }];
    expect(await send('GET')).toEqual({ status: 200, body: [] });
    expect(await send('PUT', JSON.stringify(rules))).toMatchObject({ status: 200, body: rules });
    await list();
    expect(await send('GET')).toMatchObject({ body: [{ kind: 'latency', ms: 1, seen: 1, hits: 1 }] });
    expect(await send('DELETE')).toEqual({ status: 200, body: [] });
    expect((await send('POST', '[]')).status).toBe(404);
  });

  it('is guarded like everything else, and takes no nonsense', async () => {
    expect((await send('PUT', '[{"kind":"drop"}]', {})).status).toBe(400);
    for (const headers of [
      { authorization: AUTHORIZATION, origin: 'https://evil.example' },
      { authorization: AUTHORIZATION, host: 'evil.example' },
    ])
      expect((await send('PUT', '[{"kind":"drop"}]', headers as Record<string, string>)).status).toBe(403);
    for (const body of [
      '',
      '{',
      '{}',
      '[{"kind":"chaos"}]',
      '[{"kind":"latency"}]',
      '[{"kind":"drop","x":1}]',
    ])
      expect(await send('PUT', body)).toMatchObject({
        status: 400,
        body: { __type: expect.stringMatching(/^(Validation|Serialization)Exception$/) },
      });
    expect(kit.practice.faults.list()).toEqual([]);
  });

  it('is set by the environment at start', async () => {
    const start = async (value: string) => {
      process.env[FAULTS_VARIABLE] = value;
      try {
        return await startPracticeKms({ stateDir: kit.stateDir });
      } finally {
        delete process.env[FAULTS_VARIABLE];
      }
    };
    const practice = await start('[{"kind":"internal"}]');
    await refused(list(clientFor(practice)), 'KMSInternalException');
    await practice.close();
    for (const bad of ['nonsense', '[{"kind":"chaos"}]'])
      await expect(start(bad)).rejects.toMatchObject({ fault: { code: 'BadPracticeFaults' } });
  });
});
