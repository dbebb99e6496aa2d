import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Reconciliation } from '#shared/model/reconcile.ts';
import { reconcileLines } from '#shared/reconcile-words.ts';
import { encrypted, ended, engineAt, inPlace } from '../../bridge/engine/engine.test-help.ts';
import type { Engine } from '../../bridge/index.ts';
import { startFromSource } from '../../core/two-step/child.test-help.ts';
import { type Client, client } from '../../hosts/cli/client.ts';
import { makeSampleVault, startPracticeKms } from '../../practice-kms/index.ts';

interface Event_ {
  readonly eventID: string;
  readonly requestID: string;
  readonly eventTime: string;
  readonly eventName: string;
  readonly errorCode?: string;
  readonly awsRegion: string;
  readonly requestParameters: Record<string, unknown>;
}

/** An event that says that the trail goes on long after. */
const LATER = {
  eventSource: 's3.amazonaws.com',
  eventName: 'PutObject',
  eventTime: '2099-01-01T00:00:00Z',
  eventID: 'later',
};

let folder = '';
let engine: Engine;
let host: Client['host'];
let trail: Event_[] = [];
/** The request of which the reply was lost. */
let lost: Event_;
let moved: Event_[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-own-'));
  const practice = await startPracticeKms({
    stateDir: join(folder, 'kms'),
    trailDir: join(folder, 'trail'),
  });
  await makeSampleVault({ practice, folder: join(folder, 'sample'), replace: false });
  engine = engineAt(join(folder, 'home'), undefined, startFromSource, {
    where: 'dialog',
    ask: async ({ hash }) => ({ hash, approved: true, by: 'dialog' }),
  });
  const through = client(engine);
  const { page } = through;
  host = through.host;
  process.env.AWS_ACCESS_KEY_ID = practice.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = practice.secretAccessKey;
  const { region, endpoint } = practice;
  const choice = {
    kind: 'aws',
    profile: null,
    region,
    endpointUrl: endpoint,
    fips: null,
    dualStack: null,
  } as const;
  expect((await page.connection.use(choice)).fault).toBeNull();
  const vault = join(folder, 'vault');
  mkdirSync(vault);
  for (const name of ['a', 'b', 'c'])
    writeFileSync(
      join(vault, `${name}.b64`),
      (await encrypted(practice, 'alias/payments', name)).toString('base64'),
    );
  await host.intake.addPaths({ paths: [vault], origin: 'path' });
  const { rows } = await page.blobs.list({ offset: 0, limit: 10 });
  practice.faults.set([{ kind: 'drop-after', operations: ['ReEncrypt'], skip: 1, times: 1 }]);
  const { runId } = await page.runs.start(
    inPlace(
      rows.map(({ id }) => id),
      { output: { mode: 'in-place', backup: true } },
    ),
  );
  expect((await ended(page, runId)).counts.succeeded).toBe(3);
  practice.faults.clear();
  // A trail has whole seconds.
  await new Promise((resolve) => setTimeout(resolve, 1100));
  expect(await page.runs.compare({ runId, sample: null })).toMatchObject({ equal: 3 });
  await practice.close();
  trail = readdirSync(join(folder, 'trail'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.gz'))
    .flatMap((name) => JSON.parse(gunzipSync(readFileSync(join(folder, 'trail', name))).toString()).Records);
  moved = trail.filter(
    ({ eventName, errorCode, requestParameters }) =>
      eventName === 'ReEncrypt' && errorCode === undefined && !requestParameters.dryRun,
  );
}, 60_000);

afterAll(async () => {
  delete process.env.AWS_ACCESS_KEY_ID;
  delete process.env.AWS_SECRET_ACCESS_KEY;
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

async function reconciled(...files: readonly (readonly object[])[]): Promise<Reconciliation> {
  const path = mkdtempSync(join(folder, 'case-'));
  for (const [i, records] of files.entries())
    writeFileSync(join(path, `${i}.json.gz`), gzipSync(JSON.stringify({ Records: records })));
  return host.audit.reconcile({ paths: [path], runId: null });
}

describe('requests of Rewrap itself', () => {
  it('the Decrypts of a comparison are known, and a request that was sent again is no difference', async () => {
    const decrypts = trail.filter(
      ({ eventName, errorCode }) => eventName === 'Decrypt' && errorCode === undefined,
    );
    expect(decrypts).toHaveLength(6);
    expect(moved).toHaveLength(4);
    const result = await reconciled([...trail, LATER]);
    expect(result, JSON.stringify(result, null, 1)).toMatchObject({
      verdict: 'agrees',
      blobs: { total: 3, matched: 3 },
      missed: [],
      withoutBlob: [],
      retried: [{ operation: 'ReEncrypt', events: 1, why: expect.stringMatching(/^Run /) }],
    });
    expect([...reconcileLines(result)].join('\n')).toContain('asked for again, since the reply was lost');
    lost = moved.find(({ eventID }) => result.retried[0]?.eventIds.includes(eventID)) as Event_;
  });

  it.each<[string, (one: Event_) => object]>([
    ['after the run', (one) => ({ ...one, eventTime: '2098-01-01T00:00:00Z' })],
    [
      'of another principal',
      (one) => ({ ...one, userIdentity: { arn: 'arn:aws:iam::111122223333:user/eve' } }),
    ],
    ['from another address', (one) => ({ ...one, sourceIPAddress: '203.0.113.9' })],
    ['by another program', (one) => ({ ...one, userAgent: 'aws-cli' })],
    [
      'of another context',
      (one) => ({
        ...one,
        requestParameters: { ...one.requestParameters, sourceEncryptionContext: { a: 'b' } },
      }),
    ],
  ])('one %s is none of them', async (_, change) => {
    const result = await reconciled([...trail.map((one) => (one === lost ? change(one) : one)), LATER]);
    expect(result).toMatchObject({ verdict: 'differs', retried: [], withoutBlob: [{ events: 1 }] });
  });

  it('more than a run would send again are not of it', async () => {
    const more = Array.from({ length: 20 }, (_, i) => ({ ...lost, eventID: `e${i}`, requestID: `r${i}` }));
    const result = await reconciled([...trail, ...more, LATER]);
    expect(result.verdict).toBe('differs');
    expect(result.retried.reduce((sum, { events }) => sum + events, 0)).toBe(1);
  });
});

describe('trails as they come', () => {
  const whole = () => [...trail, LATER];

  it('a delivery over several files, twice, and out of order, is one', async () => {
    const result = await reconciled(whole().slice(5).reverse(), whole().slice(0, 5), whole());
    expect(result.verdict).toBe('agrees');
    expect(result.events).toMatchObject({ read: 2 * whole().length, duplicates: whole().length - 1 });
  });

  it('an event in another Region, of a replica, is of the same key', async () => {
    const other = {
      ...moved[0],
      eventID: 'o',
      requestID: 'o',
      awsRegion: 'eu-west-1',
      eventName: 'DescribeKey',
    };
    const result = await reconciled([...whole(), other]);
    expect(result).toMatchObject({ verdict: 'agrees', events: { regions: ['eu-west-1', 'us-east-1'] } });
  });

  it('of a trail of another Region says that, and answers nothing', async () => {
    const result = await reconciled([
      ...trail.map((one) => ({ ...one, awsRegion: 'eu-west-1', requestID: 'x', eventName: 'ListKeys' })),
      LATER,
    ]);
    expect(result.verdict).toBe('unanswered');
    expect(result.withoutEvent[0]?.why).toBe('No event of us-east-1 is in these files.');
  });

  it('with a gap names what is missing', async () => {
    const result = await reconciled(whole().filter((one) => !moved.includes(one as Event_)));
    expect(result).toMatchObject({ verdict: 'differs', blobs: { total: 3, matched: 0, withoutEvent: 3 } });
  });

  it('a clock that differs by some minutes is no difference, and one that differs by days is', async () => {
    const shifted = (ms: number) =>
      trail.map((one) => ({ ...one, eventTime: new Date(Date.parse(one.eventTime) + ms).toISOString() }));
    expect((await reconciled([...shifted(2 * 60_000), LATER])).differences).toEqual([]);
    expect((await reconciled([...shifted(3 * 86_400_000), LATER])).differences[0]?.member).toBe('time');
  });

  it('other JSON in the folder is counted, and no event anywhere is no answer', async () => {
    const path = mkdtempSync(join(folder, 'other-'));
    writeFileSync(join(path, 'package.json'), '{"name":"x","list":[{"a":1}]}');
    writeFileSync(join(path, 'digest.json'), '{"awsAccountId":"1","logFiles":[{"s3Object":"y"}]}');
    const none = await host.audit.reconcile({ paths: [path], runId: null });
    expect(none).toMatchObject({
      verdict: 'unanswered',
      files: { read: 2, withoutEvents: 2, unreadable: [] },
      events: { read: 0 },
    });
    writeFileSync(join(path, 'trail.json'), JSON.stringify({ Records: whole() }));
    expect(await host.audit.reconcile({ paths: [path], runId: null })).toMatchObject({
      verdict: 'agrees',
      files: { read: 3, withoutEvents: 2 },
    });
    writeFileSync(join(path, 'cut.json.gz'), gzipSync(JSON.stringify({ Records: whole() })).subarray(0, 60));
    expect(await host.audit.reconcile({ paths: [path], runId: null })).toMatchObject({
      verdict: 'unanswered',
      files: { unreadable: [{ why: expect.stringContaining('gzip') }] },
    });
  });
});
