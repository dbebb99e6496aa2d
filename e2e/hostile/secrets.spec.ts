import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CreateGrantCommand, DescribeKeyCommand } from '@aws-sdk/client-kms';
import { filesUnder, printSearched, sightings, tap } from '../support/canary.ts';
import { heldBy } from '../support/held-by-page.ts';
import { CANARY, connectTo, expect, test } from '../support/identity.ts';
import { rewrap } from '../support/processes.ts';
import { encrypt, FRESH, PAYMENTS, secret, write } from '../support/vault.ts';

/** The one that the practice takes. */
const CODE = '123456';

test('secrets of a sign-in, a multi-factor code and a grant token stay where they belong', async ({
  stage,
  identity,
  aws,
  openAs,
  page,
}) => {
  test.slow();
  // The temporary folder of every process of this test.
  const temporary = join(stage.home, '..', 'temporary');
  mkdirSync(temporary);
  const { KeyMetadata } = await stage.kms.send(new DescribeKeyCommand({ KeyId: FRESH }));
  const { GrantToken = '' } = await stage.kms.send(
    new CreateGrantCommand({
      KeyId: KeyMetadata?.Arn,
      GranteePrincipal: 'arn:aws:iam::111122223333:user/practice',
      Operations: ['ReEncryptTo', 'ReEncryptFrom', 'DescribeKey'],
    }),
  );
  const grantToken = Buffer.from(GrantToken);
  expect(grantToken.length).toBeGreaterThan(20);
  const file = write(stage.files, 'a.bin', await encrypt(stage.kms, PAYMENTS, secret()));
  const crossed = tap(page);
  const { host } = await openAs(
    {
      AWS_ENDPOINT_URL_SSO: identity.url,
      AWS_ENDPOINT_URL_SSO_OIDC: identity.url,
      AWS_ENDPOINT_URL: stage.endpoint,
      TMPDIR: temporary,
    },
    file,
  );

  // SSO: access and refresh token, client secret, device code, secret key and session token of the role.
  const dialog = await connectTo(page, 'work');
  await dialog.getByRole('button', { name: 'Sign in again' }).click();
  await expect(page.getByRole('button', { name: /^Connection: AWS, profile work, us-east-1/ })).toBeVisible();
  // A role that wants a code: that, and the session that STS gives for it.
  await connectTo(page, 'guarded');
  const asked = page.getByRole('dialog', { name: 'Multi-factor code' });
  const field = asked.getByRole('textbox', { name: 'Code from the device' });
  await field.fill(CODE);
  await field.press('Enter');
  await expect(
    page.getByRole('button', { name: /^Connection: AWS, profile guarded, us-east-1, 111122223333/ }),
  ).toBeVisible();

  // A run with a grant token, that of the sheet and that of a shell.
  await connectTo(page, 'admin');
  await expect(
    page.getByRole('button', { name: /^Connection: AWS, profile admin, us-east-1/ }),
  ).toBeVisible();
  const runId = await page.evaluate(
    async ([destination, token]) => {
      type Reply<T> = Promise<{ ok: boolean; value: T }>;
      const { rewrap } = window as unknown as {
        rewrap: {
          blobs: { list(input: unknown): Reply<{ rows: { id: string }[] }> };
          runs: {
            start(input: unknown): Reply<{ runId: string }>;
            get(input: unknown): Reply<{ status: string }>;
          };
        };
      };
      const { rows } = (await rewrap.blobs.list({ offset: 0, limit: 1 })).value;
      const side = { algorithm: 'SYMMETRIC_DEFAULT' };
      const { value } = await rewrap.runs.start({
        blobIds: rows.map(({ id }) => id),
        source: { ...side, keyId: null, context: { mode: 'declared' } },
        destination: { ...side, keyId: destination, context: { mode: 'same' } },
        grantTokens: [token],
        output: { mode: 'download' },
        method: 'reencrypt',
        verify: true,
        dryRun: false,
      });
      return value.runId;
    },
    [FRESH, grantToken.toString()],
  );
  await expect
    .poll(() =>
      page.evaluate(async (id) => {
        type Reply = Promise<{ value: { status: string; counts: { succeeded: number } } }>;
        const { rewrap } = window as unknown as { rewrap: { runs: { get(input: unknown): Reply } } };
        const { status, counts } = (await rewrap.runs.get({ runId: id })).value;
        return `${status} ${counts.succeeded}`;
      }, runId),
    )
    .toBe('finished 1');
  const held = await heldBy(page, [runId]);
  const shell = await rewrap(
    [
      'reencrypt',
      file,
      '--practice',
      '--to',
      FRESH,
      '--out',
      join(stage.home, 'out'),
      '--grant-token',
      grantToken.toString(),
    ],
    stage.home,
    { TMPDIR: temporary },
  );
  expect(shell.code, shell.stderr).toBe(0);
  await host.stop();

  const wire = await crossed();
  const printed = [host.output(), shell.stdout, shell.stderr].map((text, i) => ({
    where: `what process ${i} printed`,
    bytes: Buffer.from(text),
  }));
  const own = filesUnder(stage.home).filter(({ where }) => !where.startsWith(aws.home));
  const practice = ({ where }: { where: string }) => where.includes(`${join(stage.home, 'practice')}/`);
  // Of the AWS CLI's cache alone: that is where the token belongs.
  const cache = filesUnder(aws.home);
  expect(cache.some(({ bytes }) => bytes.includes(`${CANARY}accesstoken`))).toBe(true);
  // Nothing that the page sends names a secret of a session; its heap holds none.
  const sessions = [Buffer.from(CANARY)];
  const everywhere = [...wire, ...held, ...printed, ...own, ...filesUnder(temporary)];
  expect(everywhere.flatMap(({ where, bytes }) => sightings(where, bytes, sessions))).toEqual([]);
  // The code and the grant token go inwards once: what comes out, and what is kept, has neither.
  const fromPage = ({ where }: { where: string }) => where === 'socket, to host';
  // The program itself is not searched for six digits: its files are the same for every one.
  const program = ({ where }: { where: string }) => where.includes('/assets/');
  const typed = everywhere.filter(
    (one) => !fromPage(one) && one.where !== 'heap of the page' && !practice(one) && !program(one),
  );
  expect(typed.flatMap(({ where, bytes }) => sightings(where, bytes, [grantToken]))).toEqual([]);
  const code = new RegExp(`(?<![0-9a-f])${CODE}(?![0-9a-f])`);
  expect(typed.filter(({ bytes }) => code.test(bytes.toString('latin1'))).map(({ where }) => where)).toEqual(
    [],
  );
  // Not because nothing was there to find:
  expect(wire.filter(fromPage).some(({ bytes }) => bytes.includes(CODE))).toBe(true);
  expect(wire.filter(fromPage).some(({ bytes }) => bytes.includes(grantToken))).toBe(true);
  printSearched('signing in', [...sessions, grantToken, Buffer.from(CODE)], everywhere);
});
