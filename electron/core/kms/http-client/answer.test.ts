import { once } from 'node:events';
import http from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AnswerReader } from './answer.ts';

const HEAD = 'HTTP/1.1 200 OK\r\n';

/** What is read: status, text, and whether the connection may be kept; null: not whole when the connection ends. */
type Read = readonly [status: number, text: string, kept: boolean] | null;

const ANSWERS: readonly (readonly [what: string, bytes: string, read: Read])[] = [
  ['a length', `${HEAD}Content-Length: 2\r\n\r\n{}`, [200, '{}', true]],
  ['no content', `${HEAD}content-length: 0\r\n\r\n`, [200, '', true]],
  ['a status without words', 'HTTP/1.1 400\r\ncontent-length:2\r\n\r\n{}', [400, '{}', true]],
  [
    'pieces',
    `${HEAD}Transfer-Encoding: Chunked\r\n\r\n1\r\n{\r\n1;x=y\r\n}\r\n0\r\nx: y\r\n\r\n`,
    [200, '{}', true],
  ],
  ['no length', `${HEAD}x:  y \r\n\r\n{}`, [200, '{}', false]],
  [
    'a connection that is to end',
    `${HEAD}connection: Close\r\ncontent-length: 2\r\n\r\n{}`,
    [200, '{}', false],
  ],
  ['HTTP/1.0', 'HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\n{}', [200, '{}', false]],
  ['an interim answer', `HTTP/1.1 100 Continue\r\n\r\n${HEAD}content-length: 2\r\n\r\n{}`, [200, '{}', true]],
  ['no body', 'HTTP/1.1 204 None\r\n\r\n', [204, '', true]],
  [
    'two headers of its connection',
    `${HEAD}connection: keep-alive\r\nConnection: close\r\ncontent-length: 0\r\n\r\n`,
    [200, '', false],
  ],
  ['half a body', `${HEAD}content-length: 3\r\n\r\n{}`, null],
  ['half of the pieces', `${HEAD}transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n`, null],
  ['half a head', `${HEAD}content-length: 2\r\n`, null],
];

const BROKEN: readonly (readonly [what: string, bytes: string])[] = [
  ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n\r\n'],
  ['another version', 'HTTP/1.7 200 OK\r\ncontent-length: 2\r\n\r\n{}'],
  [
    'another protocol from here on',
    'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
  ],
  ['two lengths', `${HEAD}content-length: 2\r\ncontent-length: 2\r\n\r\n{}`],
  ['length and pieces', `${HEAD}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['a length that is no number', `${HEAD}content-length: +2\r\n\r\n{}`],
  ['a size that is no number', `${HEAD}transfer-encoding: chunked\r\n\r\nx\r\n{}\r\n0\r\n\r\n`],
  ['a piece that is longer than its size', `${HEAD}transfer-encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n`],
  ['a name with a space', `${HEAD}content-length : 2\r\n\r\n{}`],
  ['a header without a name', `${HEAD}: 2\r\n\r\n{}`],
  ['a control character', `${HEAD}x: \x01\r\ncontent-length: 2\r\n\r\n{}`],
  ['no carriage returns', 'HTTP/1.1 200 OK\ncontent-length: 2\n\n{}'],
  ['a bare carriage return', `${HEAD}x: y\rcontent-length: 2\r\n\r\n{}`],
];

/** What one reader makes of these pieces, one after the other. */
function readOf(pieces: readonly string[]): Read {
  const reader = new AnswerReader();
  for (const piece of pieces) reader.take(Buffer.from(piece, 'latin1'));
  const kept = reader.mayBeKept;
  reader.ended();
  return reader.whole ? [reader.answer.status, reader.answer.text, kept] : null;
}

/** Every way to cut it in two, and byte by byte. */
const cutsOf = (text: string): string[][] => [
  ...Array.from({ length: text.length }, (_, at) => [text.slice(0, at), text.slice(at)]),
  text.split(''),
];

describe('however it comes', () => {
  test.each(ANSWERS)('an answer with %s', (_, bytes, read) => {
    for (const pieces of cutsOf(bytes)) expect(readOf(pieces)).toEqual(read);
  });

  test.each(BROKEN)('an answer with %s is none', (_, bytes) => {
    for (const pieces of cutsOf(bytes)) expect(() => readOf(pieces)).toThrow('no HTTP/1.1');
  });

  test.each(['SSH-2.0-OpenSSH_9.6\r\n', '\x15\x03\x01\0\x02\x02F', 'HTTP/2'])(
    'what begins with %j is none, although it has not ended',
    (bytes) => {
      expect(() => readOf([bytes])).toThrow('no HTTP/1.1');
    },
  );

  test('many spaces do not hold it up', () => {
    // An expression that looks for the end of the value takes minutes.
    expect(() => readOf([`${HEAD}x:${' '.repeat(16_000)}\r\r\n\r\n`])).toThrow('no HTTP/1.1');
  });

  test('interim answers without end are none', () => {
    const interim = 'HTTP/1.1 100 Continue\r\n\r\n';
    expect(() => readOf(Array.from({ length: 1000 }, () => interim))).toThrow('no HTTP/1.1');
  });

  test('an answer in many small pieces is put together', () => {
    const pieces = Array.from({ length: 2500 }, (_, i) => `1\r\n${i % 10}\r\n`);
    const [, text] = readOf([`${HEAD}transfer-encoding: chunked\r\n\r\n`, ...pieces, '0\r\n\r\n']) ?? [];
    expect(text).toBe('0123456789'.repeat(250));
  });

  test('a header that goes on in the next line is none', () => {
    expect(() => readOf([`${HEAD}x: y\r\n z\r\ncontent-length: 2\r\n\r\n{}`])).toThrow('no HTTP/1.1');
  });

  test('what follows an answer ends its connection', () => {
    for (const pieces of cutsOf(`${HEAD}content-length: 2\r\n\r\n{}${HEAD}content-length: 2\r\n\r\n[]`))
      expect(readOf(pieces)).toEqual([200, '{}', false]);
  });

  test('headers are as they were written, without spaces around the values', () => {
    const reader = new AnswerReader();
    reader.take(Buffer.from(`${HEAD}X-Amzn-RequestId: \t a b \r\nContent-Length: 0\r\nx:\r\n\r\n`));
    expect(reader.answer.headers).toEqual(['X-Amzn-RequestId', 'a b', 'Content-Length', '0', 'x', '']);
  });
});

describe('Node reads the same', () => {
  let server: Server;
  let bytes = '';
  beforeAll(async () => {
    server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(bytes, 'latin1'));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  afterAll(() => server.close());

  const byNode = (): Promise<[number, string] | null> =>
    new Promise((resolve) => {
      const { port } = server.address() as AddressInfo;
      const request = http.get({ host: '127.0.0.1', port, agent: false }, async (response) => {
        try {
          resolve([response.statusCode ?? 0, Buffer.concat(await response.toArray()).toString()]);
        } catch {
          resolve(null);
        }
      });
      request.on('error', () => resolve(null));
      request.on('upgrade', () => resolve(null));
    });

  test.each(ANSWERS)('of %s', async (_, text, read) => {
    bytes = text;
    expect(await byNode()).toEqual(read?.slice(0, 2) ?? null);
  });

  test.each(BROKEN)('of %s: nothing', async (_, text) => {
    bytes = text;
    expect(await byNode()).toBeNull();
  });
});
