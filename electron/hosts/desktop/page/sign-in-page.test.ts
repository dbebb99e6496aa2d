import { expect, test } from 'vitest';
import { FakeEngine } from '../testing/engine.ts';
import { isSignInPage, signInPage } from './sign-in-page.ts';

test.each([
  'https://device.sso.eu-central-1.amazonaws.com/?user_code=ABCD-EFGH',
  'https://d-1234567890.awsapps.com/start/#/device?user_code=ABCD-EFGH',
  'https://ssoins-1234.portal.eu-central-1.app.aws/#/device?user_code=AB',
  'https://start.us-gov-home.awsapps.com/directory/x#/device',
  'https://device.sso.cn-north-1.amazonaws.com.cn/',
  'https://start.home.awsapps.cn/directory/x',
  'https://device.sso.us-gov-west-1.amazonaws.com/',
  'https://device.sso.eusc-de-east-1.amazonaws.eu/',
  'https://my-company.awsapps.com/start/#/device?user_code=ABCD-EFGH',
  'https://us-east-1.signin.aws/platform/login',
])('%s is a sign-in page', (address) => {
  expect(isSignInPage(address, null)).toBe(true);
});

test("the host of the profile's own sso_start_url is one, over https alone", () => {
  expect(isSignInPage('https://sso.corp.example/start/#/device', 'https://sso.corp.example/start')).toBe(
    true,
  );
  expect(isSignInPage('https://other.example/start', 'https://sso.corp.example/start')).toBe(false);
  expect(isSignInPage('https://sso.corp.example.evil.example/', 'https://sso.corp.example/start')).toBe(
    false,
  );
  expect(isSignInPage('http://sso.corp.example/start', 'http://sso.corp.example/start')).toBe(false);
  expect(isSignInPage('https://sso.corp.example/', 'http://sso.corp.example/start')).toBe(false);
  expect(isSignInPage('https://sso.corp.example/', 'no address')).toBe(false);
});

test.each([
  'http://device.sso.eu-central-1.amazonaws.com/',
  'https://device.sso.eu-central-1.amazonaws.com.evil.example/',
  'https://amazonaws.com@evil.example/',
  'https://user:pw@device.sso.eu-central-1.amazonaws.com/',
  'https://device.sso.eu-central-1.amazonaws.com:8443/',
  'https://evilawsapps.com/start',
  'https://awsapps.com/',
  // Of customers of AWS: anybody can have one.
  'https://evil.s3.amazonaws.com/',
  'https://s3.us-east-1.amazonaws.com/evil/page.html',
  'https://evil.s3-website-us-east-1.amazonaws.com/',
  'https://x.execute-api.us-east-1.amazonaws.com/',
  'https://ec2-1-2-3-4.compute-1.amazonaws.com/',
  'https://my-lb.us-east-1.elb.amazonaws.com/',
  'https://device.sso.us-east-1.s3.amazonaws.com/',
  'https://evil.device.sso.us-east-1.amazonaws.com/',
  'https://device.sso.amazonaws.com/',
  'https://x.awsapprunner.com/',
  'https://main.d1.amplifyapp.com/',
  'https://x.lambda-url.us-east-1.on.aws/',
  'https://127.0.0.1/',
  'http://127.0.0.1:4000/',
  'file:///etc/passwd',
  'javascript:alert(1)',
  'ms-settings:network',
  '',
])('%s is not', (address) => {
  expect(isSignInPage(address, null)).toBe(false);
});

const GOOD = 'https://device.sso.us-east-1.amazonaws.com/?user_code=ABCD-EFGH';
const code = (address: string) => ({
  profile: 'work',
  userCode: 'ABCD-EFGH',
  verificationUri: 'https://device.sso.us-east-1.amazonaws.com/',
  verificationUriComplete: address,
  startUrl: 'https://d-1234567890.awsapps.com/start',
  expiresAt: '2026-01-01T00:00:00Z',
});

function rig(waiting: ReturnType<typeof code> | null) {
  const engine = new FakeEngine();
  engine.answers.set('connection.waiting', { ok: true, value: { signIn: waiting, mfa: [] } });
  const opened: string[] = [];
  const shell = { openExternal: async (address: string) => void opened.push(address) };
  const override = signInPage({ engine, shell })['connection.openSignIn'];
  if (override === undefined) throw new Error('no override');
  return { engine, opened, ask: (input: unknown = {}) => override(input) };
}

test('opens the page when a sign-in begins, and again when asked', async () => {
  const { engine, opened, ask } = rig(code(GOOD));
  engine.emit('connectionChanged', {});
  engine.emit('signInCode', code(GOOD));
  expect(opened).toEqual([GOOD]);
  expect(await ask()).toEqual({ ok: true, value: {} });
  expect(opened).toEqual([GOOD, GOOD]);
});

test('opens nothing else, whatever the service or the page says', async () => {
  const { engine, opened, ask } = rig(code('https://evil.example/'));
  engine.emit('signInCode', code('https://evil.example/'));
  expect(await ask({ address: GOOD })).toMatchObject({ ok: false, fault: { code: 'NotASignInPage' } });
  expect(opened).toEqual([]);
});

test('says that no sign-in is under way', async () => {
  const { ask } = rig(null);
  expect(await ask()).toMatchObject({ ok: false, fault: { code: 'NoSignIn' } });
});
