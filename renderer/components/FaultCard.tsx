import { Check, ChevronRight, CircleX, KeyRound, LogIn, RotateCw, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button as AriaButton, Disclosure, DisclosurePanel } from 'react-aria-components';
import { kindOf } from '#shared/connection-kind.ts';
import type { Fault } from '#shared/model/fault.ts';
import { lapsedSide, remedyOf } from '../lib/words/connection.ts';
import { useConnection } from '../store/connection/connection.ts';
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

/** The three lines and the raw error, without a frame. */
export function FaultLines({ fault }: { readonly fault: Fault }) {
  return (
    <>
      <p className="fault-what">{fault.message}</p>
      {fault.detail !== '' && <p className="fault-why">{fault.detail}</p>}
      {fault.remedy !== '' && (
        <p className="fault-remedy">
          <strong>What to do: </strong>
          <CodeWords text={fault.remedy} />
        </p>
      )}
      {fault.policies !== undefined && <PolicyStatements policies={fault.policies} />}
      {fault.raw !== null && <RawError raw={fault.raw} />}
      <p className="fault-explain">
        <ExplainFault fault={fault} />
      </p>
    </>
  );
}

function RawError({ raw }: { readonly raw: NonNullable<Fault['raw']> }) {
  return (
    <Disclosure className="disclosure">
      <div className="disclosure-heading">
        <AriaButton slot="trigger" className="button button-link">
          <ChevronRight className="icon disclosure-chevron" aria-hidden="true" />
          {raw.by === undefined || raw.by === 'KMS'
            ? 'Show the KMS error'
            : `Show what ${lowerFirst(raw.by)} said`}
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
