import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type HistoryRecord, isTwoStepRun, methodWords } from '#shared/model/history.ts';
import type { RunRequest, SentRequest } from '#shared/model/run.ts';
import { IN_FULL } from '../../../tools/many-runs.ts';
import { encrypted, ended, engineAt, inPlace } from '../../bridge/engine/engine.test-help.ts';
import type { Engine } from '../../bridge/index.ts';
import { type OwnHome, ownHome } from '../../core/kms/own-home.test-help.ts';
import { startFromSource } from '../../core/two-step/child.test-help.ts';
import { type Client, client } from '../../hosts/cli/client.ts';
import { type PracticeKms, seedPractice, startPracticeKms } from '../../practice-kms/index.ts';

// What is written down of a request, against what a server between Rewrap and the practice KMS saw of it.
const RSA = { keyId: 'alias/partner-rsa', algorithm: 'RSAES_OAEP_SHA_256' } as const;
const SYMMETRIC = { keyId: 'alias/payments-2027', algorithm: 'SYMMETRIC_DEFAULT' } as const;
const OWN = { app: 'a', old: 'x' };

type Body = Record<string, unknown>;

let folder = '';
let home: OwnHome;
let engine: Engine;
let practice: PracticeKms;
let server: Server;
let page: Client['page'];
let host: Client['host'];
let seen: { operation: string; body: Body }[] = [];

/** Passes every request on, and keeps it. */
function between(endpoint: string): Promise<Server> {
  const made = createServer(async (incoming, answer) => {
    const body = await text(incoming);
    const operation = String(incoming.headers['x-amz-target'] ?? '')
      .split('.')
      .at(-1);
    if (operation) seen.push({ operation, body: JSON.parse(body) });
    const on = httpRequest(
      new URL(incoming.url ?? '/', endpoint),
      { method: incoming.method ?? 'POST', headers: incoming.headers },
      (reply) => {
        answer.writeHead(reply.statusCode ?? 500, reply.headers);
        reply.pipe(answer);
      },
    );
    on.end(body);
  });
  return new Promise((resolve) => made.listen(0, '127.0.0.1', () => resolve(made)));
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-records-'));
  practice = await startPracticeKms({ stateDir: join(folder, 'practice') });
  await seedPractice(practice);
  server = await between(practice.endpoint);
  home = await ownHome();
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await home.config('[profile work]\nregion = us-east-1\n');
  await home.credentials(
    `[work]\naws_access_key_id = ${practice.accessKeyId}\naws_secret_access_key = ${practice.secretAccessKey}\n`,
  );
  engine = engineAt(join(folder, 'home'), { host: 'loopback' }, startFromSource);
  ({ page, host } = client(engine));
  const reached = await page.connection.use({
    kind: 'aws',
    profile: 'work',
    region: null,
    endpointUrl: null,
    fips: null,
    dualStack: null,
  });
  expect(reached).toMatchObject({ status: 'ready' });
});

afterAll(async () => {
  await engine.close();
  server.close();
  server.closeAllConnections();
  await practice.close();
  await home.end();
  rmSync(folder, { recursive: true, force: true });
});

const member = (body: Body | undefined, name: string) => body?.[name] ?? null;

/** What the server saw of the run's own request, in the terms of a record. */
function onTheWire(method: RunRequest['method']): SentRequest {
  const real = seen.filter(({ body }) => body.DryRun !== true);
  const of = (operation: string) => {
    const bodies = real.filter((one) => one.operation === operation).map(({ body }) => body);
    expect(bodies).toHaveLength(1);
    return bodies[0];
  };
  if (method === 'reencrypt') {
    const body = of('ReEncrypt');
    return {
      sourceKeyId: member(body, 'SourceKeyId'),
      sourceAlgorithm: member(body, 'SourceEncryptionAlgorithm'),
      sourceContext: member(body, 'SourceEncryptionContext'),
      destinationKeyId: member(body, 'DestinationKeyId'),
      destinationAlgorithm: member(body, 'DestinationEncryptionAlgorithm'),
      destinationContext: member(body, 'DestinationEncryptionContext'),
    } as SentRequest;
  }
  const [from, to] = [of('Decrypt'), of('Encrypt')];
  return {
    sourceKeyId: member(from, 'KeyId'),
    sourceAlgorithm: member(from, 'EncryptionAlgorithm'),
    sourceContext: member(from, 'EncryptionContext'),
    destinationKeyId: member(to, 'KeyId'),
    destinationAlgorithm: member(to, 'EncryptionAlgorithm'),
    destinationContext: member(to, 'EncryptionContext'),
  } as SentRequest;
}

async function historyOf(runId: string): Promise<HistoryRecord[]> {
  const { records } = await page.history.list({ offset: 0, limit: 1000 });
  return records.filter((record) => record.runId === runId).reverse();
}

const DESTINATIONS: Record<string, RunRequest['destination']['context']> = {
  same: { mode: 'same' },
  given: { mode: 'given', context: { team: 'b' } },
  none: { mode: 'given', context: {} },
  declared: { mode: 'declared' },
  changed: { mode: 'changed', add: { team: 'z', app: 'c' }, remove: ['old'] },
  'all removed': { mode: 'changed', add: {}, remove: ['app', 'old'] },
};
const SOURCES: Record<string, RunRequest['source']['context']> = {
  given: { mode: 'given', context: OWN },
  declared: { mode: 'declared' },
};
const METHODS: RunRequest['method'][] = ['reencrypt', 'decrypt-encrypt'];
const SIDES = [
  { from: 'symmetric', to: 'symmetric' },
  { from: 'symmetric', to: 'RSA' },
  { from: 'RSA', to: 'symmetric' },
  { from: 'RSA', to: 'RSA' },
];
/** In `npm test` half of them, in which each side and each destination meets both sources. */
const CASES = METHODS.flatMap((method) =>
  SIDES.flatMap((sides, i) =>
    Object.keys(SOURCES).flatMap((source, j) =>
      Object.keys(DESTINATIONS)
        .filter((_, k) => IN_FULL || (i + j + k) % 2 === 0)
        .map((destination) => ({ method, ...sides, source, destination })),
    ),
  ),
);

it.each(CASES)(
  '$method from $from to $to, source context $source, destination context $destination: records say what was sent',
  async ({ method, from, to, source, destination }) => {
    const name = `${method}-${from}-${to}-${source}-${destination}`.replaceAll(' ', '-');
    const path = join(folder, `${name}.json`);
    const context = from === 'RSA' ? undefined : OWN;
    const blob =
      from === 'RSA'
        ? Buffer.from(
            String(
              (
                await practice.call('Encrypt', {
                  KeyId: RSA.keyId,
                  Plaintext: Buffer.from('secret').toString('base64'),
                  EncryptionAlgorithm: RSA.algorithm,
                })
              ).CiphertextBlob,
            ),
            'base64',
          )
        : await encrypted(practice, 'alias/payments', 'secret', context);
    writeFileSync(
      path,
      JSON.stringify({
        ciphertextBlob: blob.toString('base64'),
        ...(context === undefined ? {} : { encryptionContext: context }),
      }),
    );
    await host.intake.addPaths({ paths: [path], origin: 'path' });
    const { rows } = await page.blobs.list({ offset: 0, limit: 1000 });
    const ids = rows.filter(({ file }) => file.includes(name)).map(({ id }) => id);
    expect(ids).toHaveLength(1);
    seen = [];
    const { runId } = await page.runs.start(
      inPlace(ids, {
        method,
        source: {
          keyId: from === 'RSA' ? RSA.keyId : null,
          algorithm: from === 'RSA' ? RSA.algorithm : SYMMETRIC.algorithm,
          context: SOURCES[source] ?? { mode: 'declared' },
        },
        destination: {
          ...(to === 'RSA' ? RSA : SYMMETRIC),
          context: DESTINATIONS[destination] ?? { mode: 'same' },
        },
      }),
    );
    const run = await ended(page, runId);
    const { items } = await page.runs.items({ runId, offset: 0, limit: 10, only: 'all' });
    expect(items.map(({ state, fault }) => [state, fault?.code])).toEqual([['reencrypted', undefined]]);
    const sent = onTheWire(method);
    expect(items[0]?.sent).toEqual(sent);
    if (from === 'symmetric') expect(sent.sourceContext).toEqual(OWN);
    await vi.waitFor(async () => expect((await historyOf(runId)).at(-1)?.kind).toBe('run-ended'));
    const [began, record] = await historyOf(runId);
    expect(began).toMatchObject({
      kind: 'run-started',
      detail: expect.stringContaining(`1 blob, ${methodWords(method)}, output `),
    });
    expect(isTwoStepRun(began?.detail ?? '')).toBe(method === 'decrypt-encrypt');
    expect(record).toMatchObject({
      kind: 'blob',
      sourceAlgorithm: sent.sourceAlgorithm,
      destinationAlgorithm: sent.destinationAlgorithm,
      sourceContext: sent.sourceContext,
      destinationContext: sent.destinationContext,
      destinationKey: items[0]?.destinationKeyArn,
    });
    const report = await host.audit.report({ subject: { of: 'run', runId: run.id }, format: 'json' });
    expect(JSON.parse(new TextDecoder().decode(report.bytes)).items).toMatchObject([{ sent }]);
  },
);

it('a blob that was not sent has no request in its records', async () => {
  const path = join(folder, 'no-kms.bin');
  writeFileSync(path, await encrypted(practice, 'alias/payments', 'secret'));
  await host.intake.addPaths({ paths: [path], origin: 'path' });
  const { rows } = await page.blobs.list({ offset: 0, limit: 1000 });
  const ids = rows.filter(({ file }) => file.endsWith('no-kms.bin')).map(({ id }) => id);
  writeFileSync(path, 'something else');
  const { runId } = await page.runs.start(inPlace(ids));
  await ended(page, runId);
  const { items } = await page.runs.items({ runId, offset: 0, limit: 10, only: 'all' });
  expect(items).toMatchObject([{ state: 'failed', fault: { code: 'FileChanged' }, sent: null }]);
  await vi.waitFor(async () => expect((await historyOf(runId)).at(-1)?.kind).toBe('run-ended'));
  expect((await historyOf(runId))[1]).toMatchObject({
    kind: 'blob',
    destinationKey: null,
    destinationAlgorithm: null,
    destinationContext: null,
  });
});
