import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Reconciliation } from '#shared/model/reconcile.ts';
import { encrypted, ended, engineAt, inPlace } from '../../bridge/engine/engine.test-help.ts';
import type { Engine } from '../../bridge/index.ts';
import { type Client, client } from '../../hosts/cli/client.ts';
import { makeSampleVault, type PracticeKms, startPracticeKms } from '../../practice-kms/index.ts';

interface Record_ {
  eventID: string;
  requestID: string;
  eventTime: string;
  eventName: string;
  recipientAccountId: string;
  userIdentity: { arn: string };
  requestParameters: Record<string, unknown>;
  additionalEventData: Record<string, string>;
}

let folder = '';
let trail: Record_[] = [];
let engine: Engine;
let page: Client['page'];
let host: Client['host'];
let practice: PracticeKms;
let moved: Record_[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-reconcile-'));
  practice = await startPracticeKms({ stateDir: join(folder, 'kms'), trailDir: join(folder, 'trail') });
  await makeSampleVault({ practice, folder: join(folder, 'sample'), replace: false });
  engine = engineAt(join(folder, 'home'));
  ({ page, host } = client(engine));
  process.env.AWS_ACCESS_KEY_ID = practice.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = practice.secretAccessKey;
  const connected = await page.connection.use({
    kind: 'aws',
    profile: null,
    region: practice.region,
    endpointUrl: practice.endpoint,
    fips: null,
    dualStack: null,
  });
  expect(connected.fault).toBeNull();
  const vault = join(folder, 'vault');
  mkdirSync(vault);
  for (const name of ['a', 'b', 'c'])
    writeFileSync(
      join(vault, `${name}.b64`),
      (await encrypted(practice, 'alias/payments', name)).toString('base64'),
    );
  await host.intake.addPaths({ paths: [vault], origin: 'path' });
  const { rows } = await page.blobs.list({ offset: 0, limit: 10 });
  const started = await page.runs.start(inPlace(rows.map(({ id }) => id)));
  const run = await ended(page, started.runId);
  expect(run.counts.succeeded).toBe(3);
  // A reader that was missed, after the run; a trail has whole seconds.
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const left = await encrypted(practice, 'alias/payments', 'left', { tenant: 'z' });
  await practice.call('Decrypt', {
    CiphertextBlob: left.toString('base64'),
    EncryptionContext: { tenant: 'z' },
  });
  await practice.close();
  trail = readTrailFiles(join(folder, 'trail'));
  moved = trail.filter(
    ({ eventName, requestParameters }) => eventName === 'ReEncrypt' && !requestParameters.dryRun,
  );
});
afterAll(async () => {
  delete process.env.AWS_ACCESS_KEY_ID;
  delete process.env.AWS_SECRET_ACCESS_KEY;
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

function readTrailFiles(path: string): Record_[] {
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.gz'))
    .flatMap((name) => JSON.parse(gunzipSync(readFileSync(join(path, name))).toString()).Records);
}

/** Events as a trail of one file. */
async function reconciled(records: readonly object[], name = 'events.json.gz'): Promise<Reconciliation> {
  const path = join(mkdtempSync(join(folder, 'case-')), name);
  const text = JSON.stringify({ Records: records });
  writeFileSync(path, name.endsWith('.gz') ? gzipSync(text) : text);
  return host.audit.reconcile({ paths: [path], runId: null });
}

/** Without what came after the run; one event long after says that the trail goes on. */
const untilRun = (): object[] => [
  ...trail.filter(
    ({ eventTime }) => Date.parse(eventTime) <= Math.max(...moved.map((one) => Date.parse(one.eventTime))),
  ),
  {
    eventSource: 's3.amazonaws.com',
    eventName: 'PutObject',
    eventTime: '2099-01-01T00:00:00Z',
    eventID: 'later',
  },
];

describe('CloudTrail and the history', () => {
  it('agree where each re-encryption has its event, whatever the form of the files', async () => {
    expect(moved).toHaveLength(3);
    for (const name of ['events.json.gz', 'events.json']) {
      const result = await reconciled(untilRun(), name);
      expect(result, JSON.stringify(result, null, 1)).toMatchObject({
        verdict: 'agrees',
        blobs: { total: 3, matched: 3, different: 0, withoutEvent: 0 },
        differences: [],
        missed: [],
        withoutBlob: [],
      });
    }
    const lines = join(folder, 'lines.jsonl');
    writeFileSync(
      lines,
      untilRun()
        .map((one) => JSON.stringify(one))
        .join('\n'),
    );
    const lookup = join(folder, 'lookup.json');
    writeFileSync(
      lookup,
      JSON.stringify(
        { Events: untilRun().map((one) => ({ EventName: 'x', CloudTrailEvent: JSON.stringify(one) })) },
        null,
        2,
      ),
    );
    for (const path of [lines, lookup])
      expect((await host.audit.reconcile({ paths: [path], runId: null })).verdict).toBe('agrees');
  });

  it('names who used the old key after its blobs were moved, and from where', async () => {
    const result = await host.audit.reconcile({ paths: [join(folder, 'trail')], runId: null });
    expect(result.verdict).toBe('differs');
    const decrypts = result.missed.filter(({ operation }) => operation === 'Decrypt');
    expect(decrypts).toEqual([
      expect.objectContaining({
        who: 'arn:aws:iam::111122223333:user/practice',
        from: '127.0.0.1',
        context: '{"tenant":"z"}',
        events: 1,
      }),
    ]);
    expect(result.learned.flatMap(({ contexts }) => contexts.map(({ context }) => context))).toContain(
      '{"tenant":"z"}',
    );
  });

  it('finds an event that is missing, and takes a doubled delivery and a twin for normal', async () => {
    const [first] = moved;
    const dropped = await reconciled(untilRun().filter((one) => one !== first));
    expect(dropped).toMatchObject({ verdict: 'differs', blobs: { matched: 2, withoutEvent: 1 } });
    expect(dropped.withoutEvent[0]?.why).toContain('an event is missing');
    const twin = { ...first, eventID: 'twin', recipientAccountId: '444455556666' };
    const doubled = await reconciled([...untilRun(), first ?? {}, twin]);
    expect(doubled).toMatchObject({ verdict: 'agrees', events: { duplicates: 1, twins: 1 } });
  });

  it.each<[string, (one: Record_) => object, string]>([
    [
      'another principal',
      (one) => ({ ...one, userIdentity: { arn: 'arn:aws:iam::111122223333:user/eve' } }),
      'principal',
    ],
    [
      'another context',
      (one) => ({
        ...one,
        requestParameters: { ...one.requestParameters, sourceEncryptionContext: { a: 'b' } },
      }),
      'source context',
    ],
    [
      'another key material',
      (one) => ({
        ...one,
        additionalEventData: { ...one.additionalEventData, sourceKeyMaterialId: 'f'.repeat(64) },
      }),
      'source key material',
    ],
    [
      'another key',
      (one) => ({ ...one, resources: [{ ARN: 'arn:aws:kms:us-east-1:111122223333:key/x' }] }),
      'source key',
    ],
    ['no key', (one) => ({ ...one, resources: null }), 'source key'],
    ['another time', (one) => ({ ...one, eventTime: '2098-01-01T00:00:00Z' }), 'time'],
    ['an error', (one) => ({ ...one, errorCode: 'AccessDenied' }), 'outcome'],
  ])('finds a forged event: %s', async (_, forge, member) => {
    const [first] = moved;
    if (first === undefined) throw new Error('no event');
    const result = await reconciled(untilRun().map((one) => (one === first ? forge(first) : one)));
    expect(result.verdict).toBe('differs');
    expect(result.differences.map((one) => one.member)).toContain(member);
  });

  it('finds a re-encryption that the history does not have, and two events of one request', async () => {
    const [first] = moved;
    const foreign = { ...first, requestID: 'not-ours', eventID: 'e1' };
    expect((await reconciled([...untilRun(), foreign])).withoutBlob).toMatchObject([
      { operation: 'ReEncrypt', events: 1 },
    ]);
    const again = { ...first, eventID: 'e2' };
    expect((await reconciled([...untilRun(), again])).differences[0]?.event).toContain(
      'two events of one request',
    );
  });

  it('does not answer what it cannot: no KMS events, events not delivered yet, damaged files', async () => {
    const s3 = (eventTime: string) => ({
      eventSource: 's3.amazonaws.com',
      eventName: 'GetObject',
      eventTime,
    });
    const none = await reconciled([s3('2020-01-01T00:00:00Z'), s3('2099-01-01T00:00:00Z')]);
    expect(none).toMatchObject({ verdict: 'unanswered', blobs: { withoutEvent: 3 } });
    expect(none.withoutEvent[0]?.why).toContain('leaves KMS events out');
    const early = await reconciled([
      { ...moved[0], requestID: 'x', eventID: 'y', eventName: 'Encrypt', eventTime: '2020-01-01T00:00:00Z' },
    ]);
    expect(early.verdict).toBe('unanswered');
    expect(early.withoutEvent[0]?.why).toContain('newer than what was delivered');

    const text = JSON.stringify({ Records: untilRun() });
    const packed = gzipSync(text);
    for (const [name, bytes] of [
      ['cut.json', Buffer.from(text.slice(0, -40))],
      ['cut.json.gz', packed.subarray(0, packed.length - 30)],
      ['none.json', Buffer.from('<html>')],
    ] as const) {
      const path = join(folder, name);
      writeFileSync(path, bytes);
      const result = await host.audit.reconcile({ paths: [path], runId: null });
      expect(result.verdict).not.toBe('agrees');
      expect(result.files.unreadable.map(({ file }) => file)).toEqual([path]);
    }
    const gone = await host.audit.reconcile({ paths: [join(folder, 'gone')], runId: null });
    expect(gone.files.unreadable).toHaveLength(1);
  });
});
