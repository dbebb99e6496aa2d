import { mkdir, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type FakeIdentity, fakeIdentity } from '../fake-identity.ts';
import { connect } from '../index.ts';
import { faultOf, ownHome } from '../own-home.test-help.ts';
import { AWS_CLI_CASES, type AwsCliCase, answerCase, whoAsked } from './aws-cli-cases.test-help.ts';
import { AWS_CLI_ODD_CASES } from './aws-cli-odd-cases.test-help.ts';

let hole: { server: Server; url: string };
let proxy: { server: Server; host: string; asked: string[] };

const listening = async (server: Server): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
};
const sockets = new Set<Socket>();

beforeAll(async () => {
  const silent = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
  });
  hole = { server: silent, url: `http://${await listening(silent)}` };
  const refusing = createHttpServer();
  const asked: string[] = [];
  refusing.on('connect', (request, socket) => {
    asked.push(String(request.url).replace(/:443$/, ''));
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  proxy = { server: refusing, host: await listening(refusing), asked };
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  hole.server.close();
  proxy.server.close();
});

/** What comes of a set-up in Rewrap, in the words of the table; and the fault's words. */
async function outcome(one: AwsCliCase, fake: FakeIdentity): Promise<{ gives: string; words: string }> {
  const home = await ownHome();
  try {
    const filled = (text: string) =>
      text
        .replaceAll('{url}', fake.url)
        .replaceAll('{hang}', hole.url)
        .replaceAll('{proxyhost}', proxy.host)
        .replaceAll('{proxy}', `http://${proxy.host}`)
        .replaceAll('{home}', home.folder)
        .replaceAll('{node}', process.execPath);
    vi.stubEnv('AWS_ENDPOINT_URL', fake.url);
    for (const [name, value] of Object.entries(one.env ?? {}))
      vi.stubEnv(name, value === null ? undefined : filled(value));
    const config = one.config ?? '';
    await writeFile(join(home.folder, 'config'), typeof config === 'string' ? filled(config) : config);
    await home.credentials(filled(one.credentials ?? ''));
    for (const [path, text] of Object.entries(one.files ?? {})) {
      await mkdir(dirname(join(home.folder, path)), { recursive: true });
      await writeFile(join(home.folder, path), text);
    }
    const { profile = null, region = null } = one;
    const choice = { kind: 'aws', profile, region, endpointUrl: null, fips: null, dualStack: null } as const;
    const asked = async () => {
      const kms = await connect(choice, null, { askMfa: async () => '123456' });
      try {
        await kms.describeKey('k');
      } finally {
        kms.close();
      }
    };
    proxy.asked.length = 0;
    const failed = await asked().then(
      () => null,
      (error: unknown) => faultOf(Promise.reject(error)),
    );
    if (failed === null) return { gives: whoAsked(fake.seen) ?? 'no request', words: '' };
    const { code, message, detail, remedy } = failed;
    const words = [message, detail, remedy].join(' ');
    return { gives: proxy.asked[0] === undefined ? `fails: ${code}` : `proxy ${proxy.asked[0]}`, words };
  } finally {
    await home.end();
  }
}

test.each([...AWS_CLI_CASES, ...AWS_CLI_ODD_CASES])('$name: $gives', async (one) => {
  const fake = await fakeIdentity(answerCase);
  try {
    const { gives, words } = await outcome(one, fake);
    // A name that is not known is refused in two ways, as the name service answers.
    expect(gives.replace('EAI_AGAIN', 'ENOTFOUND')).toBe(one.gives);
    if (one.says !== undefined) expect(words).toMatch(one.says);
  } finally {
    await fake.close();
  }
});

test('the table has sixty set-ups and more, and says why one differs from the AWS CLI', () => {
  expect(AWS_CLI_CASES.length).toBeGreaterThanOrEqual(60);
  for (const { differs } of [...AWS_CLI_CASES, ...AWS_CLI_ODD_CASES])
    if (differs !== undefined) expect(differs.why.length).toBeGreaterThan(20);
});
