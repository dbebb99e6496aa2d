import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { FromChild } from '../messages.ts';
import { ChildReply } from '../replies.ts';
import { BufferPlaces, PLACES } from './places.ts';
import { Endpoint } from './request.ts';
import { Work } from './work.ts';

type Answerer = (
  operation: string,
  members: Record<string, unknown>,
  response: ServerResponse,
  request: IncomingMessage,
) => void;

const servers: Server[] = [];
const endpoints: Endpoint[] = [];

afterEach(() => {
  for (const endpoint of endpoints.splice(0)) endpoint.close();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** Ids of requests. */
const BEFORE = '5a4f9e0c-1111-4222-8333-0123456789ab';
const AFTER = '5a4f9e0c-1111-4222-8333-0123456789ac';
const keys = { accessKeyId: 'AKIA', secretAccessKey: 'secret', sessionToken: null };
const call = { keys, members: { KeyId: 'alias/a' } };
const plaintext = randomBytes(40);
const base64 = plaintext.toString('base64');
const json = (response: ServerResponse, members: object) => response.end(JSON.stringify(members));
const decrypted: Answerer = (operation, _members, response) => {
  if (operation === 'Decrypt') json(response, { KeyId: 'from', Plaintext: base64, EncryptionAlgorithm: 'S' });
};

/** The child's work in this process, against an endpoint that answers as given. */
async function work(answer: Answerer) {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const operation = String(request.headers['x-amz-target']).replace('TrentService.', '');
      answer(operation, JSON.parse(Buffer.concat(chunks).toString()), response, request);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const way = { endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', ca: null, proxy: null };
  const sides = { source: new Endpoint(way), destination: new Endpoint(way) };
  endpoints.push(sides.source, sides.destination);
  const places = new BufferPlaces();
  const child = new Work(sides, places);
  return { child, places, move: () => child.move({ type: 'move', id: 1, decrypt: call, encrypt: call }) };
}

const failure = (reply: FromChild) => (reply.type === 'failed' ? reply.failure : null);

describe('a move', () => {
  it('gives Encrypt the very plaintext, and leaves nothing of it behind', async () => {
    const seen: unknown[] = [];
    const { places, move } = await work((operation, members, response, request) => {
      decrypted(operation, members, response, request);
      if (operation !== 'Encrypt') return;
      seen.push(members);
      expect(places.isZero).toBe(false);
      json(response, { CiphertextBlob: 'AAECAw==', KeyId: 'to', EncryptionAlgorithm: 'S' });
    });
    const reply = await move();
    expect(seen).toEqual([{ KeyId: 'alias/a', Plaintext: base64 }]);
    expect(reply).toMatchObject({
      type: 'moved',
      decrypted: { keyArn: 'from', algorithm: 'S', keyMaterialId: null },
      encrypted: { keyArn: 'to', algorithm: 'S', blob: Uint8Array.of(0, 1, 2, 3) },
    });
    expect(places.isZero).toBe(true);
  });

  it('of which Encrypt failed, or echoed the plaintext, says the id of its Decrypt', async () => {
    for (const echoed of [false, true]) {
      const { move, places } = await work((operation, _members, response) => {
        response.setHeader('x-amzn-requestid', operation === 'Decrypt' ? BEFORE : AFTER);
        if (operation === 'Decrypt') {
          response.end(`{"KeyId":"k","Plaintext":"${base64}"}`);
          return;
        }
        response.statusCode = 400;
        json(response, { __type: 'AccessDeniedException', message: echoed ? base64 : 'no' });
      });
      const reply = await move();
      expect(reply).toMatchObject({ type: 'failed', operation: 'Encrypt', beforeRequestId: BEFORE });
      expect(failure(reply)?.name).toBe(echoed ? 'PlaintextEchoed' : 'AccessDeniedException');
      expect(ChildReply.parse(reply)).toEqual(reply);
      expect(places.isZero).toBe(true);
    }
  });

  it('of more blobs than there are places: all of them, and nothing left behind', async () => {
    const { child, places } = await work((operation, members, response) => {
      const tag = String((operation === 'Decrypt' ? members.CiphertextBlob : members.Plaintext) ?? '');
      const answer =
        operation === 'Decrypt' ? { KeyId: 'k', Plaintext: tag } : { KeyId: 'k', CiphertextBlob: tag };
      setTimeout(() => json(response, answer), 2);
    });
    const tags = Array.from({ length: 3 * PLACES }, (_, i) =>
      Buffer.from(`${i}`.padStart(3, '0')).toString('base64'),
    );
    const replies = await Promise.all(
      tags.map((tag, id) =>
        child.move({ type: 'move', id, decrypt: { keys, members: { CiphertextBlob: tag } }, encrypt: call }),
      ),
    );
    expect(
      replies.map((reply) =>
        reply.type === 'moved' ? Buffer.from(reply.encrypted.blob).toString('base64') : reply,
      ),
    ).toEqual(tags);
    expect(places.isZero).toBe(true);
  });

  it.each<[string, Answerer, object]>([
    [
      'an Encrypt that echoes the plaintext in its error',
      (operation, _members, response) => {
        if (operation !== 'Encrypt') return;
        response.statusCode = 400;
        json(response, {
          __type: 'ValidationException',
          message: `bad value ${plaintext.toString('latin1')}${base64}`,
        });
      },
      { name: 'PlaintextEchoed', message: '' },
    ],
    [
      'an Encrypt that gives the plaintext for ciphertext',
      (operation, _members, response) => {
        if (operation === 'Encrypt') json(response, { CiphertextBlob: base64, KeyId: 'to' });
      },
      { name: 'PlaintextEchoed' },
    ],
    [
      'an Encrypt without a blob',
      (operation, _members, response) => {
        if (operation === 'Encrypt') json(response, { KeyId: 'to' });
      },
      { name: 'SyntaxError', status: 200 },
    ],
    [
      'an Encrypt that answers with a page',
      (operation, _members, response) => {
        if (operation !== 'Encrypt') return;
        response.statusCode = 403;
        response.end('<html>sign in');
      },
      { name: 'SyntaxError', status: 403, message: '' },
    ],
    [
      'an Encrypt that is cut off',
      (operation, _members, response) => {
        if (operation === 'Encrypt') response.destroy();
      },
      { code: 'ECONNRESET' },
    ],
    [
      'an Encrypt that answers without end',
      (operation, _members, response) => {
        if (operation === 'Encrypt') response.end(Buffer.alloc(64 * 1024, 0x20));
      },
      { name: 'SyntaxError' },
    ],
  ])('ends in its failure, zeroed: %s', async (_name, answer, expected) => {
    const { places, move } = await work((...args) => {
      decrypted(...args);
      answer(...args);
    });
    const reply = await move();
    expect(failure(reply)).toMatchObject(expected);
    expect(reply).toMatchObject({ operation: 'Encrypt', side: 'destination' });
    expect(JSON.stringify(reply)).not.toContain(base64);
    expect(places.isZero).toBe(true);
  });

  it.each([
    ['no Plaintext', '{"KeyId":"k"}'],
    ['half a reply', `{"KeyId":"k","Plaintext":"${base64.slice(0, 10)}`],
    ['too long a reply', `{"Plaintext":"${'A'.repeat(20_000)}"}`],
  ])('a Decrypt with %s is refused, and nothing is sent on', async (_name, text) => {
    const asked: string[] = [];
    const { places, move } = await work((operation, _members, response) => {
      asked.push(operation);
      response.end(text);
    });
    expect(failure(await move())).toMatchObject({ name: 'SyntaxError' });
    expect(asked).toEqual(['Decrypt']);
    expect(places.isZero).toBe(true);
  });
});

it('a DryRun that is ignored: the plaintext is dropped, not read', async () => {
  const { child, places } = await work(decrypted);
  const reply = await child.tryDecrypt({ type: 'try-decrypt', id: 7, side: 'source', decrypt: call });
  expect(reply).toEqual({ type: 'tried', id: 7, outcome: 'ignored', requestId: null });
  expect(places.isZero).toBe(true);
});

describe('a comparison', () => {
  const compare = { type: 'compare', id: 3, before: call, after: call } as const;

  it.each([
    ['equal', base64, base64, true],
    ['the same, with an escaped slash', '////', '\\/\\/\\/\\/', true],
    [
      'of another byte',
      base64,
      Buffer.from(plaintext.map((byte, i) => (i === 0 ? byte ^ 1 : byte))).toString('base64'),
      false,
    ],
    ['one a beginning of the other', base64, plaintext.subarray(0, 39).toString('base64'), false],
    ['both empty', '', '', true],
  ])('says one bit and leaves nothing behind: %s', async (_what, before, after, equal) => {
    let nth = 0;
    const { child, places } = await work((_operation, _members, response) => {
      nth += 1;
      response.end(`{"KeyId":"k","Plaintext":"${nth === 1 ? before : after}"}`);
    });
    expect(await child.compare(compare)).toEqual({
      type: 'compared',
      id: 3,
      equal,
      beforeRequestId: null,
      afterRequestId: null,
    });
    expect(places.isZero).toBe(true);
  });

  it('that fails for the new blob says for which, with nothing of the old one in it', async () => {
    let nth = 0;
    const { child, places } = await work((operation, members, response, request) => {
      nth += 1;
      if (nth === 1) return decrypted(operation, members, response, request);
      response.statusCode = 400;
      json(response, { __type: 'AccessDeniedException', message: `no ${base64}` });
    });
    const reply = await child.compare(compare);
    expect(reply).toMatchObject({ type: 'failed', operation: 'Decrypt', side: 'destination' });
    expect(failure(reply)).toMatchObject({ name: 'PlaintextEchoed', message: '' });
    expect(places.isZero).toBe(true);
  });

  /** An endpoint that answers the nth Decrypt with the nth of these ids. */
  const withIds = (ids: readonly string[], text = base64) => {
    let nth = 0;
    return work((_operation, _members, response) => {
      response.setHeader('x-amzn-requestid', ids[nth] ?? '');
      nth += 1;
      response.end(`{"KeyId":"k","Plaintext":"${text}"}`);
    });
  };

  it('says the ids of both requests', async () => {
    const { child } = await withIds([BEFORE, AFTER]);
    const reply = await child.compare(compare);
    expect(reply).toEqual({
      ...{ type: 'compared', id: 3, equal: true },
      ...{ beforeRequestId: BEFORE, afterRequestId: AFTER },
    });
    expect(ChildReply.parse(reply)).toEqual(reply);
  });

  it('of which the second Decrypt failed says the id of the first', async () => {
    let nth = 0;
    const { child } = await work((_operation, _members, response) => {
      nth += 1;
      response.setHeader('x-amzn-requestid', nth === 1 ? BEFORE : AFTER);
      if (nth === 1) {
        response.end(`{"KeyId":"k","Plaintext":"${base64}"}`);
        return;
      }
      response.statusCode = 400;
      json(response, { __type: 'AccessDeniedException', message: 'no' });
    });
    expect(await child.compare(compare)).toMatchObject({ type: 'failed', beforeRequestId: BEFORE });
  });

  const hex = Buffer.from(plaintext).toString('hex');
  it.each([
    ['what is no id', 'Root=1-67891233-abcdef'],
    ['too long', 'a'.repeat(65)],
    ['the beginning of the plaintext in hex', hex.slice(0, 32)],
    ['the middle of it, from half a byte on, with dashes', `${hex.slice(9, 17)}-${hex.slice(17, 33)}`],
  ])('drops an id that is %s', async (_what, id) => {
    const { child, places } = await withIds([id, AFTER]);
    expect(await child.compare(compare)).toMatchObject({ beforeRequestId: null, afterRequestId: AFTER });
    expect(places.isZero).toBe(true);
  });

  it.each(['0123456789abcdef', '5a4f9e0c-1111-4222-8333-0123456789ab', 'c0ffee'])(
    'lets no plaintext out that looks like an id, as it is or in hex: %s',
    async (secret) => {
      const text = Buffer.from(secret);
      const padded = `0-${text.toString('hex')}-0`;
      for (const id of [secret.padEnd(8, '-'), padded, text.toString('hex').slice(0, 64)]) {
        const { child } = await withIds([id, id], text.toString('base64'));
        const reply = await child.compare(compare);
        const said = JSON.stringify({ ...reply, id: 0 });
        expect(said).not.toContain(secret);
        expect(said).not.toContain(text.toString('hex'));
      }
    },
  );

  it('an id that is none is dropped from what a child says, and the answer is taken', () => {
    const said = {
      type: 'compared',
      id: 3,
      equal: true,
      beforeRequestId: 'canary-secret',
      afterRequestId: AFTER,
    };
    expect(ChildReply.parse(said)).toEqual({ ...said, beforeRequestId: null });
    expect(ChildReply.parse({ ...said, afterRequestId: 'a'.repeat(65) })).toMatchObject({
      afterRequestId: null,
    });
  });
});
