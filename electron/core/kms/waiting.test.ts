import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ConnectionChoice } from '#shared/model/connection.ts';
import { fakeIdentity } from './fake-identity.ts';
import { connect, type Waiting } from './index.ts';
import { faultOf, type OwnHome, ownHome } from './own-home.test-help.ts';
import { limitWords, Waits } from './waiting.ts';

/** Long enough that an endpoint which does answer has answered, also on a busy machine. Milliseconds. */
const LIMIT = 2_000;

/** Takes every connection, and says nothing. */
async function silent() {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('data', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    url: `http://${host}`,
    taken: () => sockets.size,
    open: () => [...sockets].filter((socket) => !socket.destroyed).length,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

let home: OwnHome;
let hole: Awaited<ReturnType<typeof silent>>;
let identity: Awaited<ReturnType<typeof fakeIdentity>>;
beforeEach(async () => {
  home = await ownHome();
  hole = await silent();
  identity = await fakeIdentity();
});
afterEach(async () => {
  await hole.close();
  await identity.close();
  await home.end();
});

const choice = (profile: string | null): ConnectionChoice => ({
  kind: 'aws',
  profile,
  region: 'us-east-1',
  endpointUrl: null,
  fips: null,
  dualStack: null,
});

/** Connects and asks who we are: the fault, and what was said to be waited for. */
async function waited(profile: string | null = null) {
  const said: (Waiting | null)[] = [];
  const kms = await connect(choice(profile), null, {
    waitMs: LIMIT,
    onWaiting: (one) => void said.push(one),
  });
  try {
    const fault = await faultOf(kms.whoAmI());
    return { fault, said };
  } finally {
    kms.close();
  }
}

const keys = (name: string) =>
  home.credentials(`[${name}]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = any\n`);

describe('an endpoint that takes the connection and never answers is waited for until the limit, and named', () => {
  const rows: [string, () => Promise<string | null>, string][] = [
    [
      'container credentials',
      async () => {
        vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `${hole.url}/role`);
        return null;
      },
      "credentials from the container's endpoint (HOST)",
    ],
    [
      'instance role',
      async () => {
        vi.stubEnv('AWS_EC2_METADATA_DISABLED', undefined);
        vi.stubEnv('AWS_EC2_METADATA_SERVICE_ENDPOINT', hole.url);
        // The SDK gives up after a second, three times over.
        vi.stubEnv('AWS_METADATA_SERVICE_NUM_ATTEMPTS', '9');
        vi.stubEnv('AWS_METADATA_SERVICE_TIMEOUT', '60');
        await home.config(
          '[profile one]\nrole_arn = arn:aws:iam::111122223333:role/r\ncredential_source = Ec2InstanceMetadata\n',
        );
        return 'one';
      },
      'credentials from the instance role (metadata service)',
    ],
    [
      'web identity',
      async () => {
        vi.stubEnv('AWS_ENDPOINT_URL_STS', hole.url);
        await writeFile(join(home.folder, 'token'), 'a token');
        vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', join(home.folder, 'token'));
        vi.stubEnv('AWS_ROLE_ARN', 'arn:aws:iam::111122223333:role/r');
        return null;
      },
      'credentials from STS (web identity)',
    ],
    [
      'a role',
      async () => {
        vi.stubEnv('AWS_ENDPOINT_URL_STS', hole.url);
        await keys('base');
        await home.config(
          '[profile one]\nrole_arn = arn:aws:iam::111122223333:role/r\nsource_profile = base\n',
        );
        return 'one';
      },
      'credentials from STS (AssumeRole)',
    ],
    [
      'the SSO portal',
      async () => {
        vi.stubEnv('AWS_ENDPOINT_URL_SSO', hole.url);
        await home.config(`[profile one]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = r
[sso-session corp]\nsso_region = us-east-1\nsso_start_url = https://corp.awsapps.com/start\n`);
        const cache = join(home.folder, '.aws', 'sso', 'cache');
        await mkdir(cache, { recursive: true });
        const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
        const token = { accessToken: 'CANARY', expiresAt, region: 'us-east-1' };
        const name = createHash('sha1').update('corp').digest('hex');
        await writeFile(join(cache, `${name}.json`), JSON.stringify(token));
        return 'one';
      },
      'credentials from the SSO portal',
    ],
    [
      'STS',
      async () => {
        vi.stubEnv('AWS_ENDPOINT_URL_STS', hole.url);
        await keys('one');
        return 'one';
      },
      'STS at HOST',
    ],
    [
      'a proxy, at CONNECT',
      async () => {
        vi.stubEnv('HTTPS_PROXY', hole.url);
        await keys('one');
        return 'one';
      },
      'STS in us-east-1, through the proxy HTTPS_PROXY: HOST',
    ],
  ];
  test.each(rows)('%s', async (_, prepare, what) => {
    const started = performance.now();
    const { fault, said } = await waited(await prepare());
    expect(hole.taken()).toBeGreaterThan(0);
    expect(fault).toMatchObject({
      code: 'ETIMEDOUT',
      retryable: true,
      message: `No answer within 2 s: ${what.replace('HOST', hole.host)}.`,
    });
    expect(said.map((one) => one?.what ?? null)).toEqual([what.replace('HOST', hole.host), null]);
    // An hour would be as wrong as a minute; a busy machine is late by seconds.
    expect(performance.now() - started).toBeLessThan(20_000);
    // Nothing of it stays open; the SDK's own client of the metadata has a limit of its own.
    if (what.startsWith('STS')) await expect.poll(hole.open).toBe(0);
  });

  test('KMS, whatever is asked of it', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL_STS', identity.url);
    vi.stubEnv('AWS_ENDPOINT_URL_KMS', hole.url);
    await keys('one');
    const kms = await connect(choice('one'), null, { waitMs: LIMIT });
    const asked = [
      () => kms.describeKey('alias/a'),
      () => kms.listKeys(),
      () => kms.keyPolicy('alias/a'),
      () => kms.keyGrants('alias/a'),
    ];
    const faults = await Promise.all(asked.map((ask) => faultOf(ask())));
    kms.close();
    expect(new Set(faults.map(({ message }) => message))).toEqual(
      new Set([`No answer within 2 s: KMS at ${hole.host}.`]),
    );
  });
});

describe('a wait', () => {
  test('that a person is part of has no limit while they are', async () => {
    vi.useFakeTimers();
    try {
      const said: (Waiting | null)[] = [];
      const waits = new Waits({ waitMs: 30_000, onWaiting: (one) => void said.push(one) });
      const typing = Promise.withResolvers<string>();
      const asking = Promise.withResolvers<string>();
      const work = waits.bounded('STS', async (attended) => {
        const code = await attended(typing.promise);
        return `${code} ${await asking.promise}`;
      });
      await vi.advanceTimersByTimeAsync(3_600_000);
      expect(said).toEqual([]);
      typing.resolve('123456');
      await vi.advanceTimersByTimeAsync(2_000);
      expect(said).toEqual([{ what: 'STS', limitMs: 30_000 }]);
      const late = expect(work).rejects.toMatchObject({ fault: { code: 'ETIMEDOUT' } });
      await vi.advanceTimersByTimeAsync(28_000);
      await late;
      expect(said.at(-1)).toBeNull();
    } finally {
      vi.useRealTimers();
    }
  });

  test('of several at once is said once', async () => {
    vi.useFakeTimers();
    try {
      const said: (Waiting | null)[] = [];
      const waits = new Waits({ onWaiting: (one) => void said.push(one) });
      const ends = [1, 2, 3].map(() => Promise.withResolvers<void>());
      const all = ends.map(({ promise }) => waits.bounded('KMS', () => promise));
      await vi.advanceTimersByTimeAsync(10_000);
      for (const { resolve } of ends) resolve();
      await Promise.all(all);
      expect(said.map((one) => one?.what ?? null)).toEqual(['KMS', null]);
    } finally {
      vi.useRealTimers();
    }
  });

  test('is given in words', () => {
    expect([30_000, 2_500, 600_000].map(limitWords)).toEqual(['30 s', '2.5 s', '10 min']);
  });
});
