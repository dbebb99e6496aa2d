import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ConnectionChoice } from '#shared/model/connection.ts';
import { engineAt } from '../../bridge/engine/engine.test-help.ts';
import type { Engine } from '../../bridge/index.ts';
import { type FakeIdentity, fakeIdentity } from '../../core/kms/fake-identity.ts';
import { type OwnHome, ownHome } from '../../core/kms/own-home.test-help.ts';
import { type Client, client } from '../../hosts/cli/client.ts';
import { TerminalApprovals } from '../../hosts/loopback/terminal-approvals.ts';
import { type ApprovalQuestion, type Approver, NOTHING_ALLOWED } from '../approvals/index.ts';

let home: OwnHome;
let fake: FakeIdentity;
const engines: Engine[] = [];

beforeEach(async () => {
  home = await ownHome();
  fake = await fakeIdentity();
  const command = (id: string) =>
    `"${process.execPath}" -e "console.log(JSON.stringify({Version:1,AccessKeyId:'${id}',SecretAccessKey:'s'}))"`;
  await home.config(
    [
      '[profile base]\nregion = us-east-1\n',
      `[profile configured]\nregion = us-east-1\nendpoint_url = ${fake.url}\nrole_arn = arn:aws:iam::111122223333:role/R\nsource_profile = base\n`,
      `[profile command]\nregion = us-east-1\nendpoint_url = ${fake.url}\ncredential_process = ${command('AKIAONE')}\n`,
    ].join(''),
  );
  await home.credentials('[base]\naws_access_key_id = AKIASTATIC00000001\naws_secret_access_key = s\n');
  await mkdir(join(home.folder, 'data'));
});

afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.close();
  await fake.close();
  await home.end();
});

const aws = (profile: string, endpointUrl: string | null = null): ConnectionChoice => ({
  kind: 'aws',
  profile,
  region: 'us-east-1',
  endpointUrl,
  fips: null,
  dualStack: null,
});

function stage(
  answer: boolean,
  over: Parameters<typeof engineAt>[1] = {},
): { asked: ApprovalQuestion[]; page: Client['page']; engine: Engine } {
  const asked: ApprovalQuestion[] = [];
  const approver: Approver = {
    where: 'dialog',
    ask: async (question) => {
      asked.push(question);
      return { hash: question.hash, approved: answer, by: 'dialog' };
    },
  };
  const engine = engineAt(join(home.folder, 'data'), { host: 'desktop', ...over }, undefined, approver);
  engines.push(engine);
  return { asked, page: client(engine).page, engine };
}

const settings = async () => JSON.parse(await readFile(join(home.folder, 'data', 'settings.json'), 'utf8'));

describe('an endpoint that the page names', () => {
  it('gets nothing before a person approves profile and address, and is not remembered where declined', async () => {
    const { asked, page } = stage(false);
    expect(await page.connection.use(aws('base', fake.url))).toMatchObject({
      status: 'failed',
      fault: { code: 'NotApproved' },
    });
    expect(asked).toMatchObject([{ kinds: ['endpoint'] }]);
    expect(asked[0]?.words).toContain('Profile: base');
    expect(asked[0]?.words).toContain(`Endpoint: ${fake.url}`);
    // Neither a new try nor the other connection is another way in.
    await page.connection.renew({ side: 'source' });
    await page.connection.useDestination({ choice: aws('base', fake.url) });
    expect(fake.count('STS GetCallerIdentity')).toBe(0);
    await expect(settings()).rejects.toThrow('ENOENT');
  });

  it('is asked for once a start and profile; at the next start it is shown before anything goes there', async () => {
    const first = stage(true);
    expect(await first.page.connection.use(aws('base', fake.url))).toMatchObject({ status: 'ready' });
    await first.page.connection.use({ kind: 'practice' });
    await first.page.connection.use(aws('base', fake.url));
    expect(first.asked).toHaveLength(1);
    await engines.pop()?.close();
    const before = fake.count('STS GetCallerIdentity');
    const remembering = stage(false, { connection: undefined as never });
    await vi.waitFor(() => expect(remembering.asked).toHaveLength(1));
    await vi.waitFor(async () =>
      expect(await remembering.page.connection.state({})).toMatchObject({ fault: { code: 'NotApproved' } }),
    );
    expect(fake.count('STS GetCallerIdentity')).toBe(before);
  });

  it('is free where the profile configures it, the start names it, or allows it', async () => {
    const { asked, page } = stage(false);
    expect((await page.connection.use(aws('configured', fake.url))).fault?.code).not.toBe('NotApproved');
    expect((await page.connection.use(aws('configured'))).fault?.code).not.toBe('NotApproved');
    expect(asked).toEqual([]);
    const named = stage(false, { connection: aws('base', fake.url) });
    await named.page.connection.use(aws('base', fake.url));
    expect(named.asked).toEqual([]);
    // Another profile's credentials are another matter.
    await named.page.connection.use(aws('configured', 'https://other.example'));
    expect(named.asked).toHaveLength(1);
    const allowed = stage(false, { endpoints: [fake.url] });
    await allowed.page.connection.use(aws('base', fake.url));
    expect(allowed.asked).toEqual([]);
  });

  it.each([
    'http://kms.evil.example/',
    'http://169.254.169.254/latest/api/token',
    'ftp://kms.example/',
    'https://user:pw@kms.example/',
    'https://kms.example/?leak=1',
    'http://127.0.0.1@evil.example/',
  ])('is refused without a question: %s', async (url) => {
    const { asked, page } = stage(true);
    expect(await page.connection.use(aws('base', url))).toMatchObject({ fault: { code: 'EndpointRefused' } });
    expect(asked).toEqual([]);
    await expect(settings()).rejects.toThrow('ENOENT');
  });

  it('with a password in the settings of an earlier version is not gone to', async () => {
    const connection = aws('base', 'https://user:pw@kms.example/');
    await writeFile(join(home.folder, 'data', 'settings.json'), JSON.stringify({ version: 1, connection }));
    const { page } = stage(true, { connection: undefined as never });
    await vi.waitFor(async () => expect((await page.connection.state({})).choice.kind).toBe('practice'));
  });

  it('is refused with the flag that allows it, where no person can be asked', async () => {
    const approver = new TerminalApprovals(NOTHING_ALLOWED, false);
    const engine = engineAt(join(home.folder, 'data'), { host: 'loopback' }, undefined, approver);
    engines.push(engine);
    const state = await client(engine).page.connection.use(aws('base', fake.url));
    expect(state.fault?.remedy).toContain('--allow-endpoint');
  });
});

describe('a profile with credential_process', () => {
  it('shows the command the first time, and again when it changes', async () => {
    const { asked, page } = stage(true);
    expect(await page.connection.use(aws('command'))).toMatchObject({ status: 'ready' });
    await page.connection.use({ kind: 'practice' });
    await page.connection.use(aws('command'));
    expect(asked).toMatchObject([{ kinds: ['credential-process'] }]);
    expect(asked[0]?.words.join('\n')).toContain('AKIAONE');
    const config = await readFile(join(home.folder, 'config'), 'utf8');
    await home.config(config.replace('AKIAONE', 'AKIATWO'));
    await page.connection.use(aws('command'));
    expect(asked).toHaveLength(2);
  });

  it('is not run where that is declined', async () => {
    const { page } = stage(false);
    expect(await page.connection.use(aws('command'))).toMatchObject({ fault: { code: 'NotApproved' } });
    expect(fake.count('STS GetCallerIdentity')).toBe(0);
  });

  it('is free where the host was started with it', async () => {
    const { asked, page } = stage(false, { connection: aws('command') });
    await vi.waitFor(async () => expect((await page.connection.state({})).status).toBe('ready'));
    expect(asked).toEqual([]);
  });
});
