import { ChevronRight, CircleX, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button as AriaButton, Disclosure, DisclosurePanel } from 'react-aria-components';
import type { Fault } from '#shared/model/fault.ts';
import { IconButton } from './Button.tsx';
import { CodeWords } from './CodeWords.tsx';
import { FaultRemedy } from './FaultRemedy.tsx';
import { PolicyStatements } from './PolicyStatements.tsx';

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
    </>
  );
}

function RawError({ raw }: { readonly raw: NonNullable<Fault['raw']> }) {
  return (
    <Disclosure className="disclosure">
      <div className="disclosure-heading">
        <AriaButton slot="trigger" className="button button-link">
          <ChevronRight className="icon disclosure-chevron" aria-hidden="true" />
          Show the KMS error
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
              <dt>Request id</dt>
              <dd>{raw.requestId}</dd>
            </>
          )}
        </dl>
      </DisclosurePanel>
    </Disclosure>
  );
}
