import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';

/** Every form in which a secret could hide: raw, UTF-16, hex, and base64 at each of its three alignments. */
export function disguises(secret: Buffer): { form: string; bytes: Buffer }[] {
  const text = secret.toString('latin1');
  const aligned = [0, 1, 2].map((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), secret]).toString('base64');
    // Without the characters that also depend on what stands before and after the secret.
    return encoded.slice(shift === 0 ? 0 : 4, encoded.length - 4);
  });
  const utf16 = Buffer.from(text, 'utf16le');
  return [
    { form: 'raw', bytes: secret },
    { form: 'UTF-16LE', bytes: utf16 },
    { form: 'UTF-16BE', bytes: Buffer.from(utf16).swap16() },
    { form: 'hex', bytes: Buffer.from(secret.toString('hex')) },
    { form: 'HEX', bytes: Buffer.from(secret.toString('hex').toUpperCase()) },
    ...aligned.map((encoded, i) => ({ form: `base64 at ${i}`, bytes: Buffer.from(encoded) })),
    ...aligned.map((encoded, i) => ({
      form: `base64url at ${i}`,
      bytes: Buffer.from(encoded.replaceAll('+', '-').replaceAll('/', '_')),
    })),
  ];
}

/** Where any disguise of any secret stands in `bytes`; empty when nowhere. */
export function sightings(where: string, bytes: Buffer, secrets: readonly Buffer[]): string[] {
  return secrets.flatMap((secret) =>
    disguises(secret)
      .filter((disguise) => bytes.includes(disguise.bytes))
      .map((disguise) => `${disguise.form} in ${where}`),
  );
}

/** Sightings in every file under a folder. */
export function sightingsOnDisk(folder: string, secrets: readonly Buffer[]): string[] {
  return filesUnder(folder).flatMap(({ where, bytes }) => sightings(where, bytes, secrets));
}

/** Keeps everything that crosses between the page and its host: requests, responses, both ways of the socket. */
export function tap(page: Page): () => Promise<{ where: string; bytes: Buffer }[]> {
  const seen: { where: string; bytes: Buffer }[] = [];
  const pending: Promise<unknown>[] = [];
  page.on('websocket', (socket) => {
    socket.on('framesent', ({ payload }) =>
      seen.push({ where: 'socket, to host', bytes: Buffer.from(payload) }),
    );
    socket.on('framereceived', ({ payload }) =>
      seen.push({ where: 'socket, to page', bytes: Buffer.from(payload) }),
    );
  });
  page.on('request', (request) => {
    const body = request.postDataBuffer();
    const head = `${request.url()}\n${JSON.stringify(request.headers())}`;
    seen.push({
      where: `request ${request.url()}`,
      bytes: Buffer.concat([Buffer.from(head), body ?? Buffer.alloc(0)]),
    });
  });
  page.on('response', (response) => {
    pending.push(
      response.body().then(
        (body) => seen.push({ where: `response ${response.url()}`, bytes: body }),
        () => null, // A redirect or a download has no body here; the download is looked at on disk.
      ),
    );
  });
  return async () => {
    await Promise.all(pending);
    return seen;
  };
}

export interface Searched {
  readonly where: string;
  readonly bytes: Buffer;
}

/** Every file under a folder. */
export function filesUnder(folder: string): Searched[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile())
    .map((path) => ({ where: path, bytes: readFileSync(path) }));
}

/** Says how much was searched, and for how many secrets. */
export function printSearched(
  test: string,
  secrets: readonly Buffer[],
  ...searched: (readonly Searched[])[]
): void {
  const all = searched.flat();
  const bytes = all.reduce((sum, { bytes }) => sum + bytes.length, 0);
  console.log(
    `canaries, ${test}: ${secrets.length} secrets in ${disguises(Buffer.from('a secret')).length} forms, ` +
      `${all.length} places, ${(bytes / 1e6).toFixed(1)} MB, 0 found`,
  );
}
