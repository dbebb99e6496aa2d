import { ChevronDown, Cloud, FlaskConical } from 'lucide-react';
import { Button } from 'react-aria-components';
import type { ConnectionState } from '#shared/model/connection.ts';
import { useConnection } from '../../store/connection.ts';
import { useUi } from '../../store/ui.ts';

/** The name of the application, and always: which KMS, account, Region and identity. */
export function TopBar() {
  const connection = useConnection((state) => state.connection);
  const open = useUi((state) => state.open);
  const practice = connection?.choice.kind === 'practice';
  return (
    <header className={practice ? 'top top-practice' : 'top'}>
      {practice && (
        <div className="band">
          <FlaskConical className="icon" aria-hidden="true" />
          <strong>Practice</strong>
          <span className="band-text">
            A KMS on this machine with example keys. Nothing here reaches AWS.
          </span>
        </div>
      )}
      <div className="top-bar">
        <span className="brand">
          <Mark />
          Rewrap
        </span>
        {connection !== null && (
          <Button
            className={practice ? 'connection connection-practice' : 'connection connection-aws'}
            aria-label={`Connection: ${connectionWords(connection)}`}
            onPress={() => open('connection')}
          >
            <Parts connection={connection} />
            <ChevronDown className="icon" aria-hidden="true" />
          </Button>
        )}
      </div>
    </header>
  );
}

function Parts({ connection }: { readonly connection: ConnectionState }) {
  const { choice, status, identity, region } = connection;
  const practice = choice.kind === 'practice';
  const Icon = practice ? FlaskConical : Cloud;
  return (
    <>
      <span className={`dot dot-${status}`} aria-hidden="true" />
      <span className="connection-kind">
        <Icon className="icon" aria-hidden="true" />
        {practice ? 'Practice KMS' : 'AWS'}
      </span>
      {status === 'connecting' && <span className="connection-part">connecting</span>}
      {status === 'failed' && <span className="connection-part connection-bad">not connected</span>}
      {region !== null && <span className="connection-part">{region}</span>}
      {identity !== null && <span className="connection-part tabular">{identity.account}</span>}
      {identity !== null && <span className="connection-part connection-who">{who(identity.arn)}</span>}
    </>
  );
}

/** The telling end of an identity's ARN: "user/alice", "assumed-role/Admin/alice". */
function who(arn: string): string {
  return arn.split(':').slice(5).join(':') || arn;
}

function connectionWords({ choice, status, region, identity }: ConnectionState): string {
  const parts = [choice.kind === 'practice' ? 'Practice KMS' : 'AWS'];
  if (status === 'connecting') parts.push('connecting');
  if (status === 'failed') parts.push('not connected');
  if (region !== null) parts.push(region);
  if (identity !== null) parts.push(identity.account, who(identity.arn));
  return parts.join(', ');
}

/** The mark: two interlocking wrappings. */
function Mark() {
  return (
    <svg className="mark" viewBox="0 0 16 16" aria-hidden="true">
      <rect className="mark-a" x="1.5" y="1.5" width="9" height="9" rx="2" />
      <rect className="mark-b" x="5.5" y="5.5" width="9" height="9" rx="2" />
    </svg>
  );
}
