import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateAliasCommand, CreateKeyCommand, DisableKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { tap } from './support/canary.ts';
import { CANARY, connectTo, expect, test } from './support/identity.ts';
import { rewrap } from './support/processes.ts';
import { fillSheet, reencrypt } from './support/screen.ts';
import { encrypt, FRESH, PAYMENTS, secret, write } from './support/vault.ts';

const refused = (error: string) => ({ status: 400, body: { error } });

test('an SSO sign-in: the code is shown, expires, is shown anew, and the connection is made', async ({
  stage,
  identity,
  openAs,
}) => {
  // The service waits for the person until the test says what came of it.
  const token = { answer: 'authorization_pending' };
  identity.state.on = ({ what }) =>
    what === 'POST /token' && token.answer !== '' ? refused(token.answer) : null;
  const { page, host } = await openAs({
    AWS_ENDPOINT_URL: identity.url,
    AWS_ENDPOINT_URL_KMS: stage.endpoint,
  });
  const crossed = tap(page);
  // The page is let in before it is loaded again.
  await expect(page.getByRole('button', { name: /^Connection:/ })).toBeVisible();
  await page.reload();
  const dialog = await connectTo(page, 'work');
  await expect(dialog.getByRole('alert')).toContainText('The SSO session of the profile "work" has ended');
  await dialog.getByRole('button', { name: 'Sign in again' }).click();
  const signIn = page.getByRole('dialog', { name: 'Sign in with SSO' });
  await expect(signIn.getByLabel('Sign-in code')).toHaveText('ABCD-EFGH');
  await expect(signIn.getByText('Waiting for you to sign in')).toBeVisible();
  await expect(signIn.getByText(/expires in (?:10:00|9:\d\d)/)).toBeVisible();
  const link = signIn.getByRole('link', { name: 'Open the sign-in page' });
  await expect(link).toHaveAttribute(
    'href',
    'https://device.sso.us-east-1.amazonaws.com/?user_code=ABCD-EFGH',
  );
  await expect(link).toHaveAttribute('rel', 'noopener noreferrer');

  // A page that is loaded meanwhile shows it again.
  await page.reload();
  await expect(signIn.getByLabel('Sign-in code')).toHaveText('ABCD-EFGH');

  token.answer = 'expired_token';
  await expect(signIn.getByRole('alert')).toContainText('The sign-in code was not used in time.');
  token.answer = '';
  await signIn.getByRole('button', { name: 'Sign in again' }).click();
  await expect(signIn).toBeHidden();
  await expect(
    page.getByRole('button', { name: /^Connection: AWS, profile work, us-east-1, 111122223333/ }),
  ).toBeVisible();
  await page.getByRole('button', { name: 'Keys' }).click();
  await expect(page.getByRole('row', { name: /alias\/payments-2027/ })).toBeVisible();

  // The AWS CLI shares the token; the page, the terminal and Rewrap's own files never saw a secret.
  const cache = join(stage.home, 'aws-home', '.aws', 'sso', 'cache');
  const kept = readdirSync(cache).map((name) => readFileSync(join(cache, name), 'utf8'));
  expect(kept.some((text) => JSON.parse(text).accessToken === `${CANARY}accesstoken1`)).toBe(true);
  for (const { where, bytes } of await crossed()) expect(bytes.includes(CANARY), where).toBe(false);
  expect(host.output()).not.toContain(CANARY);
  expect(readFileSync(join(stage.home, 'settings.json'), 'utf8')).not.toContain(CANARY);
});

test('a sign-in can be cancelled', async ({ identity, openAs }) => {
  identity.state.on = ({ what }) => (what === 'POST /token' ? refused('authorization_pending') : null);
  const { page } = await openAs({ AWS_ENDPOINT_URL: identity.url });
  await page.getByRole('button', { name: /^Connection:/ }).click();
  const dialog = page.getByRole('dialog', { name: 'Connection' });
  await dialog.getByRole('radio', { name: /^AWS/ }).check();
  await dialog.getByRole('option', { name: 'work' }).click();
  await dialog.getByRole('button', { name: 'Sign in', exact: true }).click();
  const signIn = page.getByRole('dialog', { name: 'Sign in with SSO' });
  await expect(signIn.getByLabel('Sign-in code')).toBeVisible();
  await signIn.getByRole('button', { name: 'Cancel sign-in' }).click();
  await expect(signIn).toBeHidden();
  await expect(dialog).toBeVisible();
  const polls = identity.count('POST /token');
  await page.reload();
  await expect(page.getByRole('button', { name: /^Connection:/ })).toBeVisible();
  await expect(signIn).toBeHidden();
  expect(identity.count('POST /token')).toBeLessThanOrEqual(polls + 1);
});

test('a session that ends in the middle of a run says so, and after a sign-in the rest is done', async ({
  stage,
  identity,
  openAs,
}) => {
  const { page } = await openAs(
    { AWS_ENDPOINT_URL: identity.url, AWS_ENDPOINT_URL_KMS: stage.endpoint },
    write(stage.files, 'a.bin', await encrypt(stage.kms, PAYMENTS, secret())),
  );
  const dialog = await connectTo(page, 'work');
  await dialog.getByRole('button', { name: 'Sign in again' }).click();
  await expect(page.getByRole('button', { name: /^Connection: AWS, profile work, us-east-1/ })).toBeVisible();
  const sheet = await fillSheet(page, 'a.bin', { destination: FRESH });
  // Both ends: KMS calls the credentials at hand expired, and the portal no longer takes the token.
  identity.state.tokenGood = false;
  const sets = Array.from(
    { length: identity.state.sets },
    (_, n) => `ASIAFAKE${String(n + 1).padStart(8, '0')}`,
  );
  const put = await fetch(`${stage.endpoint}/practice/faults`, {
    method: 'PUT',
    headers: {
      authorization: `AWS4-HMAC-SHA256 Credential=any/20260101/us-east-1/kms/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`,
    },
    body: JSON.stringify([{ kind: 'expired-token', accessKeyIds: sets }]),
  });
  expect(put.status).toBe(200);
  await sheet.getByRole('button', { name: 'Re-encrypt 1 blob' }).click();
  const result = sheet.getByRole('region', { name: 'Result' });
  const going = sheet.getByRole('region', { name: 'Progress' });
  await expect(going).toContainText('Paused');
  await expect(
    page.getByRole('button', { name: /^Connection: AWS, profile work, not connected/ }),
  ).toBeAttached();
  await going.getByRole('button', { name: 'Sign in again' }).first().click();
  await expect(result).toContainText('Re-encrypted 1 blob');
});

test('a multi-factor code is asked for once, refused, and taken', async ({ stage, openAs }) => {
  const { page, host } = await openAs({ AWS_ENDPOINT_URL: stage.endpoint });
  const dialog = await connectTo(page, 'guarded', async (form) => {
    await expect(form.getByText('You are asked for a multi-factor code once.')).toBeVisible();
  });
  const asked = page.getByRole('dialog', { name: 'Multi-factor code' });
  await expect(asked).toContainText('arn:aws:iam::111122223333:mfa/practice');
  const field = asked.getByRole('textbox', { name: 'Code from the device' });
  await field.fill('12a');
  await expect(asked.getByText('A code is six digits.')).toBeVisible();
  await expect(asked.getByRole('button', { name: 'Use this code' })).toBeDisabled();
  await field.fill('000 000');
  await asked.getByRole('button', { name: 'Use this code' }).click();
  await expect(dialog.getByRole('alert')).toContainText('AWS did not accept the code');
  await dialog.getByRole('button', { name: 'Enter a code' }).click();
  await field.fill('123456');
  await field.press('Enter');
  await expect(
    page.getByRole('button', {
      name: /^Connection: AWS, profile guarded, us-east-1, 111122223333, assumed-role\/practice-mfa\/me/,
    }),
  ).toBeVisible();
  await page.getByRole('button', { name: 'Keys' }).click();
  await expect(page.getByRole('row', { name: /alias\/payments-2027/ })).toBeVisible();
  await expect(asked).toBeHidden();
  expect(host.output()).not.toContain('123456');
});

test('two connections: the destination key is chosen where the second one looks', async ({
  stage,
  openAs,
}) => {
  const theirs = new KMSClient({
    endpoint: stage.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIAPRACTICEPARTNERX', secretAccessKey: 'any' },
  });
  const { KeyMetadata } = await theirs.send(new CreateKeyCommand({ Description: 'of the partner' }));
  await theirs.send(new CreateAliasCommand({ AliasName: 'alias/theirs', TargetKeyId: KeyMetadata?.KeyId }));
  theirs.destroy();
  const { page } = await openAs(
    { AWS_ENDPOINT_URL: stage.endpoint },
    write(stage.files, 'a.bin', await encrypt(stage.kms, PAYMENTS, secret())),
  );
  await connectTo(page, 'admin');
  await expect(
    page.getByRole('button', { name: /^Connection: AWS, profile admin, us-east-1/ }),
  ).toBeVisible();
  await page.getByRole('button', { name: /^Connection:/ }).click();
  const dialog = page.getByRole('dialog', { name: 'Connection' });
  await expect(dialog.getByRole('region', { name: 'Current connection' })).toContainText('user/practice');
  await dialog.getByRole('tab', { name: 'Separate destination' }).click();
  await dialog.getByRole('radio', { name: 'On a connection of their own' }).check();
  await dialog.getByRole('option', { name: 'partner' }).click();
  await dialog.getByRole('button', { name: 'Connect the destination' }).click();
  await expect(
    page.getByRole('button', {
      name: /^Destination connection: AWS, profile partner, us-east-1, 444455556666/,
    }),
  ).toBeVisible();

  await page.getByRole('button', { name: 'Keys' }).click();
  await page.getByRole('tab', { name: 'Keys of the destination' }).click();
  const grid = page.getByRole('grid', { name: 'Keys of the destination connection' });
  await expect(grid.getByRole('row', { name: /alias\/theirs/ })).toBeVisible();
  await expect(grid.getByRole('row', { name: /payments-2027/ })).toHaveCount(0);

  await page.getByRole('button', { name: 'Blobs' }).click();
  await page.getByRole('checkbox', { name: 'Select a.bin' }).click();
  await page.getByRole('button', { name: 'Re-encrypt 1 blob' }).click();
  const sheet = page.getByRole('dialog', { name: 'Re-encrypt' });
  await expect(
    sheet.getByText(/Keys of the destination connection: AWS · partner · us-east-1 · 444455556666/),
  ).toBeVisible();
  await sheet.getByRole('button', { name: /Destination key$/ }).click();
  await page.getByRole('option', { name: 'alias/theirs' }).click();
  await expect(sheet.getByRole('button', { name: /Destination key$/ })).toContainText('alias/theirs');
  await page.keyboard.press('Escape');

  await page.getByRole('button', { name: /^Destination connection:/ }).click();
  await dialog.getByRole('tab', { name: 'Separate destination' }).click();
  await dialog.getByRole('radio', { name: 'On this connection' }).check();
  await dialog.getByRole('button', { name: 'Use one connection' }).click();
  await expect(page.getByRole('button', { name: /^Destination connection:/ })).toHaveCount(0);
});

test('profiles appear as they are written, and a key is shown in full', async ({ stage, aws, openAs }) => {
  const { page } = await openAs({ AWS_ENDPOINT_URL: stage.endpoint });
  await page.getByRole('button', { name: /^Connection:/ }).click();
  const dialog = page.getByRole('dialog', { name: 'Connection' });
  await dialog.getByRole('radio', { name: /^AWS/ }).check();
  await expect(dialog.getByRole('option', { name: 'work' })).toBeVisible();
  await expect(dialog.getByRole('option', { name: 'brand-new' })).toHaveCount(0);
  aws.config('[profile brand-new]\nregion = eu-west-3\n');
  await expect(dialog.getByRole('option', { name: 'brand-new' })).toBeVisible();
  await dialog.getByRole('option', { name: 'admin' }).click();
  await dialog.getByRole('button', { name: 'Connect to AWS' }).click();

  await page.getByRole('button', { name: 'Keys' }).click();
  await page.getByRole('row', { name: /alias\/payments-2027/ }).click();
  const pane = page.getByRole('complementary', { name: 'Key alias/payments-2027' });
  await expect(pane.getByText('Last use')).toBeVisible();
  await expect(pane.getByText(/None since|on .*20\d\d/).first()).toBeVisible();
  await expect(pane.getByText('Yes', { exact: true }).first()).toBeVisible();

  // Of another Region: said before KMS is asked.
  await page.getByRole('button', { name: 'Look up by ARN' }).click();
  const field = page.getByRole('textbox', { name: 'Key to look up' });
  await field.fill('arn:aws:kms:eu-west-1:111122223333:alias/payments');
  await expect(field).toHaveAccessibleDescription(
    /^This key is in eu-west-1; the connection is in us-east-1\./,
  );
  await field.fill('alias/partner-rsa');
  await field.press('Enter');
  await expect(page.getByRole('complementary', { name: 'Key alias/partner-rsa' })).toBeVisible();
});

test('a source key in danger is flagged where its blobs are shown', async ({ stage, openAs }) => {
  const { page } = await openAs(
    { AWS_ENDPOINT_URL: stage.endpoint },
    write(stage.files, 'a.bin', await encrypt(stage.kms, PAYMENTS, secret())),
    write(stage.files, 'b.bin', await encrypt(stage.kms, PAYMENTS, secret())),
  );
  await connectTo(page, 'admin');
  const sheet = await fillSheet(page, 'a.bin', { destination: FRESH });
  await reencrypt(sheet);
  await page.keyboard.press('Escape');
  const { DescribeKeyCommand } = await import('@aws-sdk/client-kms');
  const { KeyMetadata } = await stage.kms.send(new DescribeKeyCommand({ KeyId: PAYMENTS }));
  await stage.kms.send(new DisableKeyCommand({ KeyId: KeyMetadata?.KeyId }));
  await page.getByRole('button', { name: 'Keys' }).click();
  await page.getByRole('button', { name: 'Refresh' }).click();
  await expect(page.getByRole('row', { name: /alias\/payments .*Disabled/ })).toBeVisible();
  await page.getByRole('button', { name: 'Blobs' }).click();
  await page.getByRole('row', { name: /b\.bin/ }).click();
  await expect(page.getByRole('region', { name: 'Key', exact: true })).toContainText('Disabled');
});

test('many keys: usable while they load, and only those in sight are drawn', async ({ identity, openAs }) => {
  const many = 160;
  const free = 60;
  const id = (n: number): string => `key-${String(n).padStart(5, '0')}`;
  const arn = (keyId: string): string => `arn:aws:kms:us-east-1:111122223333:key/${keyId}`;
  let release = (): void => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  identity.state.on = async ({ what, members }, nth) => {
    if (what === 'KMS ListKeys') {
      const from = Number(members.Marker ?? 0);
      const to = Math.min(many, from + 100);
      const Keys = Array.from({ length: to - from }, (_, n) => ({
        KeyId: id(from + n),
        KeyArn: arn(id(from + n)),
      }));
      return { body: { Keys, Truncated: to < many, ...(to < many ? { NextMarker: String(to) } : {}) } };
    }
    if (what !== 'KMS DescribeKey')
      return { status: 400, error: 'AccessDeniedException', body: { message: 'no' } };
    if (nth > free) await held;
    const KeyId = String(members.KeyId);
    return {
      body: {
        KeyMetadata: {
          KeyId,
          Arn: arn(KeyId),
          KeySpec: 'SYMMETRIC_DEFAULT',
          KeyUsage: 'ENCRYPT_DECRYPT',
          KeyState: 'Enabled',
          EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
        },
      },
    };
  };
  const withIdentity = identity.state.on;
  identity.state.on = (seen, nth) => (seen.what.startsWith('STS') ? null : withIdentity(seen, nth));
  const { page } = await openAs({ AWS_ENDPOINT_URL: identity.url });
  await connectTo(page, 'admin');
  await page.getByRole('button', { name: 'Keys' }).click();
  await expect(page.getByText(`${free} of 100 keys so far`)).toBeVisible();
  await page.getByRole('searchbox', { name: 'Search keys' }).fill(id(23));
  await expect(page.getByRole('row', { name: id(23) })).toBeVisible();
  await page.getByRole('searchbox', { name: 'Search keys' }).fill('');
  release();
  await expect(page.getByText(/^160 keys/)).toBeVisible();
  const grid = page.getByRole('grid', { name: 'Keys of this account and Region' });
  await grid.focus();
  await page.keyboard.press('End');
  await expect(grid.getByRole('row', { name: id(many - 1) })).toBeVisible();
  await expect(grid).toHaveAttribute('aria-rowcount', String(many + 1));
  expect(await grid.getByRole('row').count()).toBeLessThan(60);
  await expect(page.getByRole('region', { name: 'Gaps' })).toContainText('ListAliases');
});

test('from the shell: an SSO sign-in; where there is no terminal for a code, that is said', async ({
  stage,
  aws,
  identity,
}) => {
  const signedIn = await rewrap(['sso-login', 'work'], stage.home, {
    ...aws.env,
    AWS_ENDPOINT_URL: identity.url,
  });
  expect(signedIn).toMatchObject({ code: 0, stdout: expect.stringContaining('Signed in with work until') });
  expect(signedIn.stderr).toContain('ABCD-EFGH');
  expect(signedIn.stderr + signedIn.stdout).not.toContain(CANARY);
  const keys = await rewrap(['keys', '--profile', 'guarded'], stage.home, {
    ...aws.env,
    AWS_ENDPOINT_URL: stage.endpoint,
  });
  expect(keys).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('MfaNeeded') });
});
