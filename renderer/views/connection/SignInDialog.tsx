import { Copy, ExternalLink } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { SignInCode } from '#shared/model/connection.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';
import { Skeleton, useLongWait } from '../../components/Progress.tsx';
import { countdown, hostWords } from '../../lib/words/connection.ts';
import { copyText } from '../../store/app/ui.ts';
import { useConnection } from '../../store/connection/connection.ts';
import { useSignIn } from '../../store/connection/sign-in.ts';

/** An SSO sign-in: the code to type, where to type it, and how long it is good for. */
export function SignInDialog() {
  const { signIn, dismiss, begin } = useSignIn();
  const waiting = useLongWait(signIn !== null && signIn.code === null && signIn.fault === null);
  if (signIn === null) return null;
  const { profile, code, fault } = signIn;
  return (
    <Dialog
      title="Sign in with SSO"
      subtitle={`Profile ${profile ?? 'default'}`}
      open
      onClose={dismiss}
      footer={
        <>
          <Button onPress={dismiss}>{fault === null ? 'Cancel sign-in' : 'Close'}</Button>
          {fault !== null && code === null && (
            <Button variant="primary" onPress={() => void begin(profile)}>
              Sign in again
            </Button>
          )}
        </>
      }
    >
      {fault !== null && <FaultCard fault={fault} />}
      {code !== null && <Code code={code} />}
      {code === null && fault === null && waiting && <Skeleton label="Asking for a code" lines={4} />}
    </Dialog>
  );
}

function Code({ code }: { readonly code: SignInCode }) {
  const opens = useConnection((state) => state.app?.can.openBrowser ?? false);
  const openPage = useSignIn((state) => state.openPage);
  const left = useCountdown(code.expiresAt);
  return (
    <div className="sign-in">
      <p>
        {opens
          ? 'The sign-in page was opened in your browser. Check that it shows this code, then allow the request.'
          : 'Open the sign-in page in any browser, check that it shows this code, then allow the request.'}
      </p>
      <div className="sign-in-code">
        <output className="sign-in-digits" aria-label="Sign-in code">
          {code.userCode}
        </output>
        <Button
          variant="quiet"
          icon={<Copy className="icon" aria-hidden="true" />}
          onPress={() => void copyText(code.userCode, 'the code')}
        >
          Copy code
        </Button>
      </div>
      <div className="button-row">
        {opens ? (
          <Button
            variant="primary"
            icon={<ExternalLink className="icon" aria-hidden="true" />}
            onPress={() => void openPage()}
          >
            Open the page again
          </Button>
        ) : (
          <a
            className="button button-primary"
            href={code.verificationUriComplete}
            target="_blank"
            rel="noopener noreferrer"
          >
            <ExternalLink className="icon" aria-hidden="true" />
            <span className="button-label">Open the sign-in page</span>
          </a>
        )}
        <Button
          variant="quiet"
          icon={<Copy className="icon" aria-hidden="true" />}
          onPress={() => void copyText(code.verificationUriComplete, 'the address')}
        >
          Copy address
        </Button>
      </div>
      <p className="hint">
        The page is at <strong>{hostWords(code.verificationUriComplete)}</strong>. The session is kept where
        the AWS CLI keeps it, so that both share it.
      </p>
      <p className="sign-in-wait" role="status">
        <span className="dot dot-connecting" aria-hidden="true" />
        Waiting for you to sign in
      </p>
      <p className="hint tabular">The code expires in {left}.</p>
    </div>
  );
}

function useCountdown(expiresAt: string): string {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return countdown(expiresAt, now);
}
