import { type AddressInfo, createServer, type Socket } from 'node:net';
import { test as base, expect } from './support/fixtures.ts';
import { rewrap, start } from './support/processes.ts';
import { write } from './support/vault.ts';

/** `silent`: host and port of a server that takes every connection and never answers. */
const test = base.extend<{ silent: string }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names from the pattern
  silent: async ({}, use) => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket.on('error', () => {}));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await use(`127.0.0.1:${(server.address() as AddressInfo).port}`);
    for (const socket of sockets) socket.destroy();
    server.close();
  },
});

const KEYS = '[default]\naws_access_key_id = AKIAPRACTICEKMSEXAMPL\naws_secret_access_key = any\n';

test.describe('a command that meets no answer says what it waits for, and ends', () => {
  for (const { name, env, flags, what, keys } of [
    {
      name: 'an endpoint',
      keys: true,
      env: () => ({}),
      flags: (host: string) => ['--endpoint-url', `http://${host}`],
      what: (host: string) => `STS at ${host}`,
    },
    {
      name: 'a proxy, at CONNECT',
      keys: true,
      env: (host: string) => ({ HTTPS_PROXY: `http://${host}` }),
      flags: () => [],
      what: (host: string) => `STS in us-east-1, through the proxy HTTPS_PROXY: ${host}`,
    },
    {
      name: 'container credentials',
      keys: false,
      env: (host: string) => ({ AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://${host}/role` }),
      flags: () => [],
      what: (host: string) => `credentials from the container's endpoint (${host})`,
    },
  ])
    test(name, async ({ stage, silent }) => {
      if (keys) write(stage.home, 'no-aws-credentials', KEYS);
      const args = ['keys', '--region', 'us-east-1', '--timeout', '5', ...flags(silent)];
      const { code, stdout, stderr } = await rewrap(args, stage.home, env(silent));
      expect(code).toBe(2);
      expect(stdout).toBe('');
      const [first, second, third] = stderr.split('\n');
      expect(first).toBe(`rewrap: waiting for ${what(silent)} (5 s at most); Ctrl-C stops`);
      expect(second).toBe('rewrap: ETIMEDOUT');
      expect(third).toContain(`No answer within 5 s: ${what(silent)}.`);
      // What libraries write of their own accord reaches no terminal.
      expect(stderr).not.toMatch(/\[WARN\]|@smithy|@aws-sdk|\(node:\d+\)|Warning/);
    });

  test('Ctrl-C ends the wait at once', async ({ stage, silent }) => {
    write(stage.home, 'no-aws-credentials', KEYS);
    const args = ['keys', '--region', 'us-east-1', '--timeout', '3600', '--endpoint-url', `http://${silent}`];
    const running = start(args, stage.home);
    await running.waitFor(/waiting for STS/);
    await running.stop('SIGINT');
  });
});

test('the window says what it waits for', async ({ stage, silent, open }) => {
  write(stage.home, 'no-aws-credentials', KEYS);
  const flags = ['--region', 'us-east-1', '--timeout', '3600', '--endpoint-url', `http://${silent}`];
  const { page } = await open(...flags);
  const connection = page.getByRole('button', { name: /^Connection: .*waiting for STS at / });
  await connection.click();
  await expect(page.getByRole('region', { name: 'Current connection' })).toContainText(
    `Waiting forSTS at ${silent} (60 min at most)`,
  );
});
