import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DescribeKeyCommand, DisableKeyCommand } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Fault, FaultError } from '#shared/model/fault.ts';
import type { RunItem, RunRequest, RunSummary } from '#shared/model/run.ts';
import {
  BLOB_ROWS,
  BlobMaker,
  type ExplainedError,
  FaultyEndpoint,
  REQUEST_ID,
  STOP_ROWS,
} from '../../core/kms/errors.test-help.ts';
import {
  CERTIFICATE,
  EXPIRED_CERTIFICATE,
  KEY,
  OTHER_HOST_CERTIFICATE,
} from '../../core/kms/fake-authority.ts';
import { client } from '../../hosts/cli/client.ts';
import { type PracticeKms, startPracticeKms } from '../../practice-kms/index.ts';
import type { Engine } from '../index.ts';
import { engineAt } from './engine.test-help.ts';

// Every error through the whole engine: provoked, explained, and the file as it was.
let folder = '';
let practice: PracticeKms;
let maker: BlobMaker;
let endpoint: FaultyEndpoint;
let engine: Engine;
let destination = '';
let api: ReturnType<typeof client>;
const closers: (() => unknown)[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-errors-'));
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'));
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'credentials'));
  const profile = (name: string, id: string) =>
    `[${name}]\naws_access_key_id=${id}\naws_secret_access_key=any\nregion=us-east-1\n`;
  writeFileSync(
    join(folder, 'credentials'),
    [
      profile('admin', 'AKIAPRACTICEKMSEXAMPL'),
      profile('auditor', 'AKIAPRACTICEAUDITORX'),
      profile('expired', 'ASIAPRACTICEEXPIREDX'),
      profile('revoked', 'AKIAPRACTICEREVOKEDX'),
    ].join(''),
  );
  practice = await startPracticeKms({ stateDir: join(folder, 'practice') });
  maker = await BlobMaker.at(practice.endpoint);
  destination = await maker.key();
  endpoint = await FaultyEndpoint.before(practice.endpoint);
  engine = engineAt(join(folder, 'home'));
  api = client(engine);
});

afterAll(async () => {
  await engine.close();
  await endpoint.close();
  maker.end();
  await practice.close();
  for (const close of closers) close();
  rmSync(folder, { recursive: true, force: true });
  vi.unstubAllEnvs();
});

const use = (profile: string, endpointUrl: string) =>
  api.page.connection.use({ kind: 'aws', profile, region: 'us-east-1', endpointUrl });

/** Files of one test by name, taken in; its list of blobs, and a snapshot to compare with. */
async function put(name: string, files: Readonly<Record<string, Uint8Array>>) {
  const dir = join(folder, name);
  mkdirSync(dir);
  for (const [file, bytes] of Object.entries(files)) writeFileSync(join(dir, file), bytes);
  const hashes = () =>
    Object.fromEntries(
      readdirSync(dir).map((file) => [
        file,
        createHash('sha256')
          .update(readFileSync(join(dir, file)))
          .digest('hex'),
      ]),
    );
  await api.page.intake.clear({ sourceIds: null });
  await api.host.intake.addPaths({ paths: [dir], origin: 'path' });
  const { rows } = await api.page.blobs.list({ offset: 0, limit: 1000 });
  return { rows, hashes, before: hashes() };
}

async function run(
  blobIds: string[],
  over: Partial<RunRequest> = {},
): Promise<{ summary: RunSummary; items: RunItem[] }> {
  const { runId } = await api.page.runs.start({
    blobIds,
    source: { keyId: null, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'declared' } },
    destination: { keyId: destination, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'same' } },
    grantTokens: [],
    method: 'reencrypt',
    output: { mode: 'in-place', backup: false },
    verify: true,
    dryRun: false,
    ...over,
  });
  // Also called in a hook, where there is no expect.poll.
  await vi.waitFor(async () => expect((await api.page.runs.get({ runId })).finishedAt).not.toBeNull(), {
    timeout: 60_000,
  });
  const { items } = await api.page.runs.items({ runId, offset: 0, limit: 1000, only: 'all' });
  return { summary: await api.page.runs.get({ runId }), items };
}

function expectExplained(
  fault: Fault | null | undefined,
  explained: Pick<ExplainedError, 'code' | 'says'> & Partial<Pick<ExplainedError, 'policies'>>,
): void {
  expect(fault?.code).toBe(explained.code);
  const words = `${fault?.message}\n${fault?.detail}\n${fault?.remedy}`;
  for (const pattern of explained.says) expect(words).toMatch(pattern);
  expect(fault?.policies?.map(({ place }) => place)).toEqual(explained.policies);
}

describe('errors of one blob', () => {
  const outcome = new Map<string, { dry: RunItem; real: RunItem }>();
  let hashes: readonly [object, object] = [{}, { not: 'run' }];

  beforeAll(async () => {
    await use('admin', endpoint.url);
    const files: Record<string, Uint8Array> = {};
    for (const { name, make, treatment } of BLOB_ROWS) {
      const blob = await make(maker);
      files[name] = blob;
      if (treatment !== undefined) endpoint.ofBlob.set(Buffer.from(blob).toString('base64'), treatment);
    }
    const { rows, hashes: now, before } = await put('blobs', files);
    const ids = rows.map(({ id }) => id);
    const dry = await run(ids, { dryRun: true });
    const real = await run(ids);
    for (const [i, item] of dry.items.entries()) {
      const again = real.items[i];
      if (again !== undefined) outcome.set(item.file.replace(/^.*\//, ''), { dry: item, real: again });
    }
    hashes = [before, now()];
  });

  it.each(BLOB_ROWS)('$name: $code', (row) => {
    const { dry, real } = outcome.get(row.name) ?? {};
    expect([dry?.state, real?.state]).toEqual(['failed', 'failed']);
    expectExplained(dry?.fault, row);
    expectExplained(real?.fault, row);
    expect(dry?.fault?.retryable).toBe(row.verdict === 'unsure');
    // What KMS said, and under which request, is kept word for word.
    expect(dry?.fault?.raw?.name).toBeTruthy();
    if (row.treatment?.kind === 'answer') expect(dry?.fault?.raw?.requestId).toBe(REQUEST_ID);
    if (row.treatment === undefined) expect(dry?.requestId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('name in the statement who works, as STS said it', () => {
    const [, key] = outcome.get('no-right.bin')?.dry.fault?.policies ?? [];
    expect(JSON.parse(key?.statement ?? '{}')).toMatchObject({
      Principal: { AWS: 'arn:aws:iam::111122223333:user/practice' },
    });
  });

  it('leave every file as it was', () => {
    expect(outcome.size).toBe(BLOB_ROWS.length);
    expect(hashes[1]).toEqual(hashes[0]);
  });
});

/** A network that is gone is waited for, and said; until the run is cancelled. */
/** The run is held back, its blobs waiting, until a person repairs the connection or cancels. */
async function expectHeld(
  ids: string[],
  status: RunSummary['status'],
  explained: Pick<ExplainedError, 'code' | 'says'>,
): Promise<void> {
  const running = run(ids);
  const latest = async () => (await api.page.runs.list({})).runs[0];
  await expect.poll(async () => (await latest())?.status).toBe(status);
  const { id = '', fault, counts } = (await latest()) ?? {};
  expectExplained(fault, explained);
  expect([counts?.succeeded, counts?.failed, counts?.skipped]).toEqual([0, 0, 0]);
  await api.page.runs.cancel({ runId: id });
  const { items } = await running;
  expect(items.every(({ state }) => state === 'failed' || state === 'skipped')).toBe(true);
}

describe('errors that stop a run', () => {
  it.each(STOP_ROWS)('$name: $code', async (row) => {
    const gate = await FaultyEndpoint.before(practice.endpoint);
    await use('admin', gate.url);
    const files = { 'a.bin': await maker.encrypt(maker.source), 'b.bin': await maker.encrypt(maker.source) };
    const { rows, hashes, before } = await put(row.code + row.name.length, files);
    const ids = rows.map(({ id }) => id);
    if (row.treatment === 'closed') await gate.close();
    else gate.ofAll = row.treatment;
    await expectHeld(ids, row.treatment === 'closed' ? 'waiting' : 'paused', row);
    expect(hashes()).toEqual(before);
    if (row.treatment !== 'closed') await gate.close();
  });

  it('the session ends in mid-run, at the practice KMS itself', async () => {
    await use('admin', practice.endpoint);
    const { rows, hashes, before } = await put('expires', { 'a.bin': await maker.encrypt(maker.source) });
    practice.faults.set([{ kind: 'expired-token', operations: ['ReEncrypt'] }]);
    try {
      const ids = rows.map(({ id }) => id);
      await expectHeld(ids, 'paused', { code: 'ExpiredTokenException', says: [/have expired/] });
    } finally {
      practice.faults.clear();
    }
    expect(hashes()).toEqual(before);
  });
});

describe('errors of the choice', () => {
  const one = async (
    name: string,
    explained: Pick<ExplainedError, 'code' | 'says' | 'policies'>,
    over: () => Promise<Partial<RunRequest>>,
    profile = 'admin',
    source = maker.source,
  ) => {
    await use(profile, practice.endpoint);
    const { rows, hashes, before } = await put(name, { 'a.bin': await maker.encrypt(source) });
    const request = await over();
    for (const dryRun of [true, false]) {
      const { items } = await run(
        rows.map(({ id }) => id),
        { ...request, dryRun },
      );
      expectExplained(items[0]?.fault, explained);
    }
    expect(hashes()).toEqual(before);
  };
  const to = (keyId: string, algorithm: RunRequest['destination']['algorithm'] = 'SYMMETRIC_DEFAULT') => ({
    destination: { keyId, algorithm, context: { mode: 'same' } as const },
  });

  it('a pinned source key that did not make the blob: IncorrectKeyException', () =>
    one(
      'pinned',
      { code: 'IncorrectKeyException', says: [/pinned source key arn:aws:kms/, /leave the source key open/] },
      async () => ({
        source: { keyId: destination, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'declared' } },
      }),
    ));

  it('a grant token that is none: InvalidGrantTokenException', () =>
    one('grant', { code: 'InvalidGrantTokenException', says: [/grant token/] }, async () => ({
      grantTokens: ['nonsense'],
    })));

  it('a disabled destination: DisabledException', () =>
    one(
      'disabled',
      { code: 'DisabledException', says: [/destination key arn/, /another destination key/] },
      async () => {
        const key = await maker.key();
        await maker.kms.send(new DisableKeyCommand({ KeyId: key }));
        return to(key);
      },
    ));

  it('no kms:ReEncryptTo in the key policy of the destination: AccessDeniedException', () =>
    one(
      'denied-to',
      {
        code: 'AccessDeniedException',
        says: [/kms:ReEncryptTo on the destination key arn/, /key policy/],
        policies: ['key'],
      },
      async () => {
        const key = await maker.key();
        await maker.allowOnly(key, ['kms:Describe*', 'kms:PutKeyPolicy', 'kms:ReEncryptFrom']);
        return to(key);
      },
    ));

  // Only of a source key that is pinned does KMS say which right is missing.
  const from = (keyId: string): Partial<RunRequest> => ({
    source: { keyId, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'declared' } },
  });

  it('no right in the policy of the identity: AccessDeniedException with the statement for it', () =>
    one(
      'identity',
      {
        code: 'AccessDeniedException',
        says: [
          /kms:ReEncryptFrom on the source key/,
          /user\/practice-auditor/,
          /policy of your user or role/,
        ],
        policies: ['identity'],
      },
      async () => from(maker.source),
      'auditor',
    ));

  it.each([
    ['lacks', [/key policy does not allow it/], ['key']],
    ['denies', [/denies it explicitly/, /as another identity/], undefined],
  ] as const)(
    'a key policy that %s kms:ReEncryptFrom: AccessDeniedException',
    async (which, says, policies) => {
      const key = await maker.key();
      await one(
        `from-${which}`,
        {
          code: 'AccessDeniedException',
          says: [/kms:ReEncryptFrom on the source key arn/, ...says],
          ...(policies === undefined ? {} : { policies }),
        },
        async () => {
          await (which === 'lacks'
            ? maker.allowOnly(key, ['kms:Describe*', 'kms:PutKeyPolicy', 'kms:ReEncryptTo'])
            : maker.allowOnly(key, ['kms:*'], ['kms:ReEncryptFrom']));
          return from(key);
        },
        'admin',
        key,
      );
    },
  );

  it('a destination that does not exist: NotFoundException', () =>
    one('missing', { code: 'NotFoundException', says: [/destination key/, /us-east-1/] }, async () =>
      to(destination.replace(/[0-9a-f-]{36}$/, '00000000-0000-4000-8000-000000000000')),
    ));

  it('a destination in another Region: NotFoundException that names it', () =>
    one('region', { code: 'NotFoundException', says: [/another Region/, /Connect to eu-west-1/] }, async () =>
      to(destination.replace('us-east-1', 'eu-west-1')),
    ));

  it('an algorithm that the destination lacks: InvalidKeyUsageException', () =>
    one(
      'usage',
      {
        code: 'InvalidKeyUsageException',
        says: [/algorithm does not belong to the key/, /RSAES_OAEP_SHA_256/],
      },
      async () => to(destination, 'RSAES_OAEP_SHA_256'),
    ));

  it('an endpoint that ignores DryRun is recognised, and said', async () => {
    await use('admin', practice.endpoint);
    const { rows, hashes, before } = await put('ignored', { 'a.bin': await maker.encrypt(maker.source) });
    practice.faults.set([{ kind: 'ignore-dry-run' }]);
    const { items } = await run(
      rows.map(({ id }) => id),
      { dryRun: true },
    );
    practice.faults.clear();
    expect(items[0]).toMatchObject({
      state: 'would-succeed',
      notes: [expect.stringContaining('ignores DryRun'), expect.stringContaining('could not be asked')],
    });
    expect(hashes()).toEqual(before);
  });
});

describe('errors on the way to the endpoint', () => {
  async function https(cert: string): Promise<string> {
    const server = createHttps({ cert, key: KEY }, (_, response) => response.end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => server.close());
    return `https://localhost:${(server.address() as AddressInfo).port}`;
  }
  const rows: [string, string, RegExp, () => Promise<[profile: string, url: string]>][] = [
    [
      'nothing listens',
      'ECONNREFUSED',
      /Nothing answers at http:\/\/127/,
      async () => ['admin', 'http://127.0.0.1:9'],
    ],
    ['no such host', 'ENOTFOUND', /could not be found/, async () => ['admin', 'http://kms.invalid']],
    [
      'an unknown authority',
      'TlsUntrusted',
      /NODE_EXTRA_CA_CERTS/,
      async () => ['admin', await https(CERTIFICATE)],
    ],
    [
      'a certificate out of date',
      'TlsExpired',
      /clock/,
      async () => {
        writeFileSync(join(folder, 'ca.pem'), EXPIRED_CERTIFICATE);
        vi.stubEnv('AWS_CA_BUNDLE', join(folder, 'ca.pem'));
        return ['admin', await https(EXPIRED_CERTIFICATE)];
      },
    ],
    [
      'a certificate of another host',
      'TlsWrongHost',
      /names a host/,
      async () => {
        writeFileSync(join(folder, 'ca.pem'), OTHER_HOST_CERTIFICATE);
        vi.stubEnv('AWS_CA_BUNDLE', join(folder, 'ca.pem'));
        return ['admin', await https(OTHER_HOST_CERTIFICATE)];
      },
    ],
    [
      'plain HTTP where TLS is expected',
      'TlsFailed',
      /speaks plain HTTP/,
      async () => ['admin', practice.endpoint.replace('http:', 'https:')],
    ],
    [
      'a session that has ended',
      'ExpiredTokenException',
      /Sign in again/,
      async () => ['expired', practice.endpoint],
    ],
    [
      'an access key that is no more',
      'UnrecognizedClientException',
      /profile/,
      async () => ['revoked', practice.endpoint],
    ],
    ['a profile that is none', 'ProfileUnusable', /"no-such"/, async () => ['no-such', practice.endpoint]],
  ];

  it.each(rows)('%s: %s', async (_, code, says, make) => {
    const [profile, url] = await make();
    const { status, fault } = await use(profile, url);
    vi.stubEnv('AWS_CA_BUNDLE', undefined);
    expect(status).toBe('failed');
    expectExplained(fault, { code, says: [says] });
    await expect(api.page.keys.list({ refresh: false })).rejects.toBeInstanceOf(FaultError);
  });

  it('and a connection that works', async () => {
    expect((await use('admin', practice.endpoint)).status).toBe('ready');
    await maker.kms.send(new DescribeKeyCommand({ KeyId: destination }));
  });
});
