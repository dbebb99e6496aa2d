import type { SignInCode } from '#shared/model/connection.ts';
import { OK } from '../exit-code.ts';
import { safe } from '../output/text.ts';
import { withEngine } from '../session.ts';

/** `rewrap sso-login PROFILE`: an SSO sign-in; the AWS CLI and the window share its token. */
export async function ssoLogin(profile: string): Promise<number> {
  return withEngine(null, async ({ page }, onEvent) => {
    onEvent((name, payload) => {
      if (name === 'signInCode') show(payload as SignInCode);
    });
    const cancel = () => void page.connection.cancelSignIn({});
    process.once('SIGINT', cancel);
    try {
      const done = await page.connection.signIn({ profile });
      console.log(`Signed in with ${safe(done.profile)} until ${new Date(done.expiresAt).toLocaleString()}.`);
    } finally {
      process.off('SIGINT', cancel);
    }
    return OK;
  });
}

function show({ userCode, verificationUriComplete, expiresAt }: SignInCode): void {
  console.error(
    [
      'Open this address in a browser of any machine:',
      `  ${safe(verificationUriComplete)}`,
      'See that it shows this code, and allow the request:',
      `  ${safe(userCode)}`,
      `The code is good until ${new Date(expiresAt).toLocaleTimeString()}. Ctrl-C cancels.`,
    ].join('\n'),
  );
}
