import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type Locator, type Page } from '@playwright/test';
import { type FakeIdentity, fakeIdentity } from '../../electron/core/kms/fake-identity.ts';
import { ALLOWED } from './allowed.ts';
import { test as base } from './fixtures.ts';
import { type Running, start } from './processes.ts';

export { CANARY } from '../../electron/core/kms/fake-identity.ts';

/** An identity of the practice KMS that may assume the role which wants a code. */
const OPERATOR = 'AKIAPRACTICEOPERATOR';
const PARTNER = 'AKIAPRACTICEPARTNERX';
const ADMIN = 'AKIAPRACTICEKMSEXAMPL';

const CONFIG = `
[profile work]
region = us-east-1
sso_session = corp
sso_account_id = 111122223333
sso_role_name = Role
[sso-session corp]
sso_region = eu-central-1
sso_start_url = https://corp.awsapps.com/start
[profile guarded]
region = us-east-1
role_arn = arn:aws:iam::111122223333:role/practice-mfa
source_profile = operator
mfa_serial = arn:aws:iam::111122223333:mfa/practice
role_session_name = me
[profile partner]
region = us-east-1
[profile admin]
region = us-east-1
`;
const keys = (name: string, id: string): string =>
  `[${name}]\naws_access_key_id = ${id}\naws_secret_access_key = practice-only-not-a-secret\n`;

interface AwsFiles {
  readonly home: string;
  /** What makes a process see them. */
  readonly env: NodeJS.ProcessEnv;
  /** Adds to the config file. */
  readonly config: (text: string) => void;
}

/** Opens the page of a host that sees AWS files of the test's own, and the endpoints given in its environment. */
export const test = base.extend<{
  aws: AwsFiles;
  identity: FakeIdentity;
  openAs: (env: NodeJS.ProcessEnv, ...args: string[]) => Promise<{ page: Page; host: Running }>;
}>({
  aws: async ({ stage }, use) => {
    const folder = join(stage.home, 'aws-home');
    mkdirSync(folder, { recursive: true });
    const config = (text: string): void => writeFileSync(join(folder, 'config'), `${CONFIG}${text}`);
    config('');
    writeFileSync(
      join(folder, 'credentials'),
      keys('operator', OPERATOR) + keys('partner', PARTNER) + keys('admin', ADMIN),
    );
    const env = {
      HOME: folder,
      AWS_CONFIG_FILE: join(folder, 'config'),
      AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
    };
    await use({ home: folder, env, config });
  },
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names from the pattern
  identity: async ({}, use) => {
    const fake = await fakeIdentity();
    await use(fake);
    await fake.close();
  },
  openAs: async ({ page, stage, aws }, use) => {
    const hosts: Running[] = [];
    await use(async (env, ...args) => {
      const host = start(['serve', ...ALLOWED, ...args], stage.home, {
        ...aws.env,
        ...env,
      });
      hosts.push(host);
      const [, address = ''] = await host.waitFor(/Rewrap is at (\S+)/);
      await page.goto(address);
      return { page, host };
    });
    for (const host of hosts) await host.stop();
  },
});

export { expect };

/** Fills the connection dialog in and presses its button. */
export async function connectTo(page: Page, profile: string, more?: (dialog: Locator) => Promise<void>) {
  await page.getByRole('button', { name: /^Connection:/ }).click();
  const dialog = page.getByRole('dialog', { name: 'Connection' });
  await dialog.getByRole('radio', { name: /^AWS/ }).check();
  await dialog.getByRole('option', { name: profile }).click();
  await more?.(dialog);
  await dialog.getByRole('button', { name: 'Connect to AWS' }).click();
  return dialog;
}
