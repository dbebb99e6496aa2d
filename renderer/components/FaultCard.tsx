import { Check, ChevronRight, CircleX, KeyRound, LogIn, RotateCw, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button as AriaButton, Disclosure, DisclosurePanel } from 'react-aria-components';
import { kindOf } from '#shared/connection-kind.ts';
import type { Fault } from '#shared/model/fault.ts';
import { keyParts } from '../lib/keys/keys.ts';
import { lapsedSide, remedyOf } from '../lib/words/connection.ts';
import { useConnection } from '../store/connection/connection.ts';
import { useKeys } from '../store/connection/keys.ts';
import { useSignIn } from '../store/connection/sign-in.ts';
import { Button, IconButton } from './Button.tsx';
import { ExplainFault } from './ErrorPageDialog.tsx';
import { CodeWords, PolicyStatements } from './PolicyStatements.tsx';

interface FaultProps {
  readonly fault: Fault;
  readonly children?: ReactNode;
  readonly onDismiss?: () => void;
}

/** An error in three lines: what happened, why, what to do; the service's own words one click away. */
export function FaultCard({ fault, children, onDismiss }: FaultProps) {
  return (
    <div className="fault" role="alert">
      <CircleX className="icon fault-icon" aria-hidden="true" />
      <div className="fault-body">
        <FaultLines fault={fault} />
        <div className="fault-actions">
          <FaultRemedy fault={fault} />
          {children}
        </div>
      </div>
      {onDismiss !== undefined && (
        <IconButton label="Dismiss" small onPress={onDismiss}>
          <X className="icon" aria-hidden="true" />
        </IconButton>
      )}
    </div>
  );
}

/** The three lines, and below them in one line the raw error, the page of the code and `children`, without a frame. */
export function FaultLines({ fault, children }: Omit<FaultProps, 'onDismiss'>) {
  return (
    <>
      <p className="fault-what">
        <KeyWords text={fault.message} />
      </p>
      {fault.detail !== '' && (
        <p className="fault-why">
          <KeyWords text={fault.detail} />
        </p>
      )}
      {fault.remedy !== '' && (
        <p className="fault-remedy">
          <strong>What to do: </strong>
          <CodeWords text={fault.remedy} />
        </p>
      )}
      {fault.policies !== undefined && <PolicyStatements policies={fault.policies} />}
      <div className="fault-links">
        {fault.raw !== null && <RawError raw={fault.raw} />}
        <ExplainFault fault={fault} />
        {children}
      </div>
    </>
  );
}

/** Words with the alias of each key in place of its ARN, where the list of keys has one; the ARN is its tooltip. */
function KeyWords({ text }: { readonly text: string }) {
  const keys = useKeys((state) => state.keys);
  return keyParts(text, keys).map(({ words, arn, at }) =>
    arn === null ? (
      words
    ) : (
      <span key={at} title={arn}>
        {words}
      </span>
    ),
  );
}

function RawError({ raw }: { readonly raw: NonNullable<Fault['raw']> }) {
  const { by = 'KMS' } = raw;
  const kms = by === 'KMS';
  const said = kms ? 'KMS error' : `what ${lowerFirst(by)} said`;
  return (
    <Disclosure className="disclosure">
      <div className="disclosure-heading">
        <AriaButton
          slot="trigger"
          className="button button-link"
          aria-label={kms ? `Show the ${said}` : `Show ${said}`}
        >
          <ChevronRight className="icon disclosure-chevron" aria-hidden="true" />
          {kms ? said : `Show ${said}`}
        </AriaButton>
      </div>
      <DisclosurePanel className="disclosure-panel">
        <dl className="raw-error">
          <dt>Name</dt>
          <dd>{raw.name}</dd>
          <dt>Message</dt>
          <dd>{raw.message}</dd>
          {raw.requestId !== null && (
            <>
              <dt>Request ID</dt>
              <dd>{raw.requestId}</dd>
            </>
          )}
        </dl>
      </DisclosurePanel>
    </Disclosure>
  );
}

/** "The SDK" within a sentence; names keep their capitals. */
const lowerFirst = (by: string): string => by.replace(/^The /, 'the ');

/** The button that renews a session that has ended, right where the fault is shown; nothing for other faults. */
export function FaultRemedy({ fault }: { readonly fault: Fault }) {
  const { connection, destination, again } = useConnection();
  const begin = useSignIn((state) => state.begin);
  const kind = remedyOf(fault);
  if (kind === null) return null;
  const side = lapsedSide(fault, connection, destination);
  const state = side === 'destination' ? destination : connection;
  if (state?.status === 'ready')
    return (
      <span className="status status-done">
        <Check className="icon" aria-hidden="true" />
        <span>Connected again</span>
      </span>
    );
  if (kind === 'sign-in')
    return (
      <Button
        icon={<LogIn className="icon" aria-hidden="true" />}
        onPress={() => void begin(state ? kindOf(state.choice).profile() : null)}
      >
        Sign in again
      </Button>
    );
  const Icon = kind === 'code' ? KeyRound : RotateCw;
  return (
    <Button
      icon={<Icon className="icon" aria-hidden="true" />}
      reason={state?.status === 'connecting' ? 'Rewrap is connecting.' : null}
      onPress={() => void again(side)}
    >
      {kind === 'code' ? 'Enter a code' : 'Connect again'}
    </Button>
  );
}
