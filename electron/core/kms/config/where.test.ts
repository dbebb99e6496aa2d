import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CERTIFICATE, KEY } from '../fake-authority.ts';
import { CANARY, type FakeIdentity, fakeIdentity } from '../fake-identity.ts';
import { connect, type KmsConnection, ssoSignIn } from '../index.ts';
import { faultOf, type OwnHome, ownHome } from '../own-home.test-help.ts';

let home: OwnHome;
let fake: FakeIdentity;
const closers: (() => unknown)[] = [];

beforeEach(async () => {
  home = await ownHome();
  fake = await fakeIdentity();
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAENVIRONMENT001');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', `${CANARY}env`);
});
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  await fake.close();
  await home.end();
});

const to = async (
  over: { profile?: string; region?: string; endpointUrl?: string } = {},
  options: { fips?: boolean; dualStack?: boolean } = {},
): Promise<KmsConnection> => {
  const { profile = null, region = 'us-east-1', endpointUrl = null } = over;
  const { fips = null, dualStack = null } = options;
  const kms = await connect({ kind: 'aws', profile, region, endpointUrl, fips, dualStack }, null);
  closers.push(() => kms.close());
  return kms;
};

test.each([
  ['AWS_ENDPOINT_URL', 'ftp://kms.example'],
  ['AWS_ENDPOINT_URL_KMS', 'kms.example:443'],
  ['AWS_ENDPOINT_URL_STS', 'localhost'],
])('%s that is no http address (%s) is refused by its name before anything is sent', async (name, url) => {
  vi.stubEnv(name, url);
  const fault = await faultOf(to());
  expect(fault).toMatchObject({ code: 'EndpointInvalid', message: expect.stringContaining(`"${url}"`) });
  expect(fault.detail).toBe(`It comes from ${name}.`);
});

test('an empty role_arn is refused before STS is asked', async () => {
  const text =
    '[profile empty]\nrole_arn =\nsource_profile = base\n[profile base]\naws_access_key_id = AKIA\naws_secret_access_key = x\n';
  await writeFile(join(home.folder, 'config'), text);
  vi.stubEnv('AWS_CONFIG_FILE', join(home.folder, 'config'));
  const fault = await faultOf(to({ profile: 'empty' }).then((kms) => kms.whoAmI()));
  expect(fault).toMatchObject({
    code: 'ProfileUnusable',
    message: 'The profile "empty" has an empty role_arn.',
  });
  expect(fake.count('STS AssumeRole')).toBe(0);
});

describe('a config file that cannot be read', () => {
  const root = process.getuid?.() === 0;
  // What root may read whatever its mode, a folder of that name shows: it is no file.
  const unreadable = async (): Promise<string> => {
    const path = join(home.folder, 'closed');
    if (root) await mkdir(path);
    else await writeFile(path, '[profile here]\nregion = us-east-1\n', { mode: 0 });
    vi.stubEnv('AWS_CONFIG_FILE', path);
    return `The AWS config file ${path} cannot be read (${root ? 'not a file' : 'EACCES'}): `;
  };

  test.each([
    ['the Region', '', 'RegionMissing'],
    ['the profile', 'us-east-1', 'ProfileUnusable'],
  ])('is why %s was not found, and the fault says what to do', async (_, region, code) => {
    const named = await unreadable();
    const fault = await faultOf(to({ profile: 'here', region }).then((kms) => kms.whoAmI()));
    expect(fault).toMatchObject({ code, detail: expect.stringContaining(named) });
    expect(fault.detail).toMatch(/name another file with AWS_CONFIG_FILE\.$/);
    expect(fault.detail.includes('make it readable')).toBe(!root);
  });
});

/** A proxy that writes down where it was asked to go and refuses. */
async function proxy() {
  const asked: { host: string; authorization: string | undefined }[] = [];
  const server = createServer((_, response) => response.writeHead(502).end());
  server.on('connect', (request, socket) => {
    asked.push({ host: String(request.url), authorization: request.headers['proxy-authorization'] });
    socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close());
  return { asked, address: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

describe('through a proxy of the environment', () => {
  const hosts = async (region: string, options: { fips?: boolean; dualStack?: boolean } = {}) => {
    const { asked, address } = await proxy();
    vi.stubEnv('HTTPS_PROXY', `http://user:${CANARY}@${address}`);
    const kms = await to({ region }, options);
    expect((await faultOf(kms.describeKey('k'))).code).toBe('ProxyRefused');
    expect((await faultOf(kms.whoAmI())).code).toBe('ProxyRefused');
    expect(asked[0]?.authorization).toBe(`Basic ${Buffer.from(`user:${CANARY}`).toString('base64')}`);
    return [...new Set(asked.map(({ host }) => host.replace(':443', '')))];
  };

  test.each([
    ['us-east-1', 'aws', ['kms.us-east-1.amazonaws.com', 'sts.us-east-1.amazonaws.com']],
    ['cn-north-1', 'aws-cn', ['kms.cn-north-1.amazonaws.com.cn', 'sts.cn-north-1.amazonaws.com.cn']],
    ['us-gov-west-1', 'aws-us-gov', ['kms.us-gov-west-1.amazonaws.com', 'sts.us-gov-west-1.amazonaws.com']],
  ])('the endpoints of %s are asked for (%s)', async (region, partition, expected) => {
    expect(await hosts(region)).toEqual(expected);
    expect((await to({ region })).endpointInfo.partition).toBe(partition);
  });

  test('FIPS and dual-stack endpoints', async () => {
    expect(await hosts('us-east-1', { fips: true })).toEqual([
      'kms-fips.us-east-1.amazonaws.com',
      'sts-fips.us-east-1.amazonaws.com',
    ]);
    expect(await hosts('us-east-1', { dualStack: true })).toEqual([
      'kms.us-east-1.api.aws',
      'sts.us-east-1.api.aws',
    ]);
  });

  test('FIPS as the environment and the profile say, and the option above them', async () => {
    vi.stubEnv('AWS_USE_FIPS_ENDPOINT', 'true');
    expect((await to()).endpointInfo.fips).toBe(true);
    expect((await to({}, { fips: false })).endpointInfo.fips).toBe(false);
    vi.stubEnv('AWS_USE_FIPS_ENDPOINT', undefined);
    await home.config('[profile f]\nuse_fips_endpoint = true\nuse_dualstack_endpoint = true\n');
    expect((await to({ profile: 'f' })).endpointInfo).toMatchObject({ fips: true, dualStack: true });
  });

  test('but not to what NO_PROXY names, nor to this machine', async () => {
    const { asked, address } = await proxy();
    vi.stubEnv('HTTPS_PROXY', `http://${address}`);
    vi.stubEnv('HTTP_PROXY', `http://${address}`);
    vi.stubEnv('NO_PROXY', '.invalid');
    expect((await (await to({ endpointUrl: fake.url })).whoAmI()).account).toBe('111122223333');
    const fault = await faultOf((await to({ endpointUrl: 'https://kms.invalid' })).describeKey('k'));
    expect(['ENOTFOUND', 'EAI_AGAIN']).toContain(fault.code);
    expect(asked).toEqual([]);
  });

  test.each([
    ['eu-central-1', 'oidc.eu-central-1.amazonaws.com:443'],
    ['cn-north-1', 'oidc.cn-north-1.amazonaws.com.cn:443'],
  ])('the sign-in service of %s is asked for', async (region, host) => {
    const { asked, address } = await proxy();
    vi.stubEnv('HTTPS_PROXY', `http://${address}`);
    await home.config(`[profile s]\nsso_start_url = https://a/start\nsso_region = ${region}\n`);
    expect((await faultOf(ssoSignIn('s', { onCode() {} }))).code).toBe('ProxyRefused');
    expect(asked.map((one) => one.host)).toEqual([host]);
  });

  test('a role is assumed through it, too', async () => {
    const { asked, address } = await proxy();
    vi.stubEnv('HTTPS_PROXY', `http://${address}`);
    await home.config(
      '[profile r]\nrole_arn = arn:aws-cn:iam::111122223333:role/R\ncredential_source = Environment\n',
    );
    expect(
      (await faultOf((await to({ profile: 'r', region: 'cn-northwest-1' })).describeKey('k'))).code,
    ).toBe('ProxyRefused');
    expect(asked.map(({ host }) => host)).toContain('sts.cn-northwest-1.amazonaws.com.cn:443');
  });
});

describe('a custom endpoint', () => {
  test('with FIPS is refused, wherever it is asked for', async () => {
    const fault = await faultOf(
      to({ endpointUrl: 'https://vpce-1.kms.us-east-1.vpce.amazonaws.com' }, { fips: true }),
    );
    expect(fault.code).toBe('FipsNeedsRegionEndpoint');
  });

  test('of the services section of the profile', async () => {
    await home.config(
      `[profile p]\nservices = local\nendpoint_url = http://127.0.0.1:9\n[services local]\nkms =\n  endpoint_url = ${fake.url}\nsts =\n  endpoint_url = ${fake.url}/sts\n`,
    );
    await home.credentials(
      `[p]\naws_access_key_id = AKIASTATIC00000001\naws_secret_access_key = ${CANARY}\n`,
    );
    const kms = await to({ profile: 'p' });
    expect(kms.endpoint).toBe(fake.url);
    await kms.describeKey('k');
    await kms.whoAmI();
    expect(fake.last('KMS DescribeKey')?.signedBy).toBe('AKIASTATIC00000001');
    vi.stubEnv('AWS_IGNORE_CONFIGURED_ENDPOINT_URLS', 'true');
    expect((await to({ profile: 'p' })).endpoint).toBeNull();
  });

  test('of a services section that does not exist is a fault', async () => {
    await home.config('[profile p]\nservices = gone\n');
    const fault = await faultOf(to({ profile: 'p' }));
    expect(fault.code).toBe('ProfileUnusable');
    expect(fault.message).toContain('"gone"');
  });

  test('of KMS far away leaves STS where it is; STS of its own is asked there', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL_STS', fake.url);
    const kms = await to({ endpointUrl: 'https://kms.invalid' });
    expect((await kms.whoAmI()).account).toBe('111122223333');
  });

  test('the practice KMS is no business of proxy, FIPS or CA bundle', async () => {
    vi.stubEnv('AWS_USE_FIPS_ENDPOINT', 'true');
    vi.stubEnv('AWS_CA_BUNDLE', '/nonexistent');
    vi.stubEnv('HTTP_PROXY', 'http://127.0.0.1:9');
    const access = {
      endpoint: fake.url,
      region: 'us-east-1',
      accessKeyId: 'AKIAPRACTICE',
      secretAccessKey: CANARY,
    };
    const kms = await connect({ kind: 'practice' }, access);
    closers.push(() => kms.close());
    await kms.describeKey('k');
    expect(fake.last('KMS DescribeKey')?.signedBy).toBe('AKIAPRACTICE');
  });
});

describe('certificate authorities', () => {
  const secure = async () => {
    const server = createHttpsServer({ cert: CERTIFICATE, key: KEY }, (request, response) => {
      request.resume();
      request.on('end', () =>
        response
          .writeHead(200, { 'content-type': 'application/x-amz-json-1.1' })
          .end('{"KeyMetadata":{"KeyId":"k"}}'),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => server.close());
    const bundle = join(home.folder, 'ca.pem');
    await writeFile(bundle, CERTIFICATE);
    return { url: `https://localhost:${(server.address() as AddressInfo).port}`, bundle };
  };

  test('are the built-in ones where nothing else is said', async () => {
    const { url } = await secure();
    expect((await faultOf((await to({ endpointUrl: url })).describeKey('k'))).code).toBe('TlsUntrusted');
  });

  test.each(['AWS_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS', 'ca_bundle'])('of %s are taken', async (name) => {
    const { url, bundle } = await secure();
    if (name === 'ca_bundle') await home.config(`[default]\nca_bundle = ${bundle}\n`);
    else vi.stubEnv(name, bundle);
    expect((await (await to({ endpointUrl: url })).describeKey('k')).keyId).toBe('k');
  });

  test('in a file that is none are a fault', async () => {
    vi.stubEnv('AWS_CA_BUNDLE', join(home.folder, 'nothing.pem'));
    expect((await faultOf(to())).detail).toContain('ENOENT');
    await writeFile(join(home.folder, 'nothing.pem'), 'no certificate');
    expect((await faultOf(to())).code).toBe('CaBundleUnreadable');
  });
});

describe('what stands between is named', () => {
  const route = async (over = {}, options = {}) => (await to(over, options)).endpointInfo;

  test('nothing, where nothing is configured', async () => {
    expect(await route()).toMatchObject({ proxy: null, caBundle: null });
  });

  test('the proxy by its variable and host, without user and password', async () => {
    vi.stubEnv('HTTPS_PROXY', 'http://me:CANARYpassword@proxy.corp:3128');
    expect((await route()).proxy).toBe('HTTPS_PROXY: proxy.corp:3128');
    vi.stubEnv('https_proxy', 'other.corp:8080');
    expect((await route()).proxy).toBe('https_proxy: other.corp:8080');
  });

  test.each([
    'kms.us-east-1.amazonaws.com',
    '.amazonaws.com',
    '*.amazonaws.com',
    '*',
    'example.com, kms.us-east-1.amazonaws.com:443',
    'amazonaws.com',
    'AMAZONAWS.COM.',
    'example.com us-east-1.amazonaws.com',
  ])('no proxy past NO_PROXY=%s', async (entry) => {
    vi.stubEnv('HTTPS_PROXY', 'http://proxy.corp:3128');
    vi.stubEnv('NO_PROXY', entry);
    expect((await route()).proxy).toBeNull();
  });

  test('a proxy in spite of a NO_PROXY of others, and none for this machine', async () => {
    vi.stubEnv('HTTPS_PROXY', 'http://proxy.corp:3128');
    vi.stubEnv('HTTP_PROXY', 'http://proxy.corp:3128');
    vi.stubEnv('NO_PROXY', 'amazonaws.com.cn,kms.us-east-1.amazonaws.com:8443');
    expect((await route()).proxy).toBe('HTTPS_PROXY: proxy.corp:3128');
    expect((await route({ endpointUrl: 'http://127.0.0.1:4566' })).proxy).toBeNull();
    expect((await route({ endpointUrl: 'http://[::1]:4566' })).proxy).toBeNull();
  });

  test.each([
    ['10.0.0.0/8', 'https://10.1.2.3', true],
    ['10.0.0.0/8', 'https://11.1.2.3', false],
    ['10.1.2.3', 'https://10.1.2.3', true],
    ['zonaws.com', 'https://kms.us-east-1.amazonaws.com', false],
  ])('NO_PROXY=%s and %s: past the proxy is %s', async (entry, endpointUrl, past) => {
    vi.stubEnv('HTTPS_PROXY', 'http://proxy.corp:3128');
    vi.stubEnv('NO_PROXY', entry);
    expect((await route({ endpointUrl })).proxy === null).toBe(past);
  });

  test.each(['socks5://proxy.corp:1080', 'http://', '://'])(
    'a proxy that cannot be used is a fault, and no request goes past it: %s',
    async (address) => {
      vi.stubEnv('HTTPS_PROXY', address);
      const fault = await faultOf(to());
      expect(fault.code).toBe('ProxyUnusable');
      expect(fault.message).toContain('HTTPS_PROXY');
    },
  );

  test('a proxy that refuses is named, by its address and without its password', async () => {
    const { address } = await proxy();
    vi.stubEnv('HTTPS_PROXY', `user:CANARYpassword@${address}`);
    const fault = await faultOf((await to()).describeKey('k'));
    expect(fault).toMatchObject({ code: 'ProxyRefused', raw: { by: 'The proxy' } });
    expect(fault.message).toBe(`The proxy ${address} (HTTPS_PROXY) would not open a way to the endpoint.`);
    expect(fault.detail).toContain('HTTP 407');
  });

  test('a proxy where nothing answers is named, not the endpoint', async () => {
    vi.stubEnv('HTTPS_PROXY', 'http://127.0.0.1:9');
    const fault = await faultOf((await to()).describeKey('k'));
    expect(fault.message).toBe('Nothing answers at the proxy 127.0.0.1:9 (HTTPS_PROXY).');
  });

  test('the certificate authorities by what names them, never by their path', async () => {
    const path = join(home.folder, 'ca.pem');
    await writeFile(path, '-----BEGIN CERTIFICATE-----\n');
    await home.config(`[profile c]\nca_bundle = ${path}\n`);
    expect((await route({ profile: 'c' })).caBundle).toBe('ca_bundle of the profile');
    vi.stubEnv('AWS_CA_BUNDLE', path);
    expect((await route({ profile: 'c' })).caBundle).toBe('AWS_CA_BUNDLE');
  });
});
