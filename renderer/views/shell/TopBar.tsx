import { ArrowRight, ChevronDown, Cloud, FlaskConical } from 'lucide-react';
import type { CSSProperties } from 'react';
import { Button } from 'react-aria-components';
import { kindOf } from '#shared/connection-kind.ts';
import type { ConnectionState } from '#shared/model/connection.ts';
import { connectionWords, isPractice, who } from '../../lib/words/connection.ts';
import { usePreferences } from '../../store/app/preferences.ts';
import { useUi } from '../../store/app/ui.ts';
import { useKeyGroups } from '../../store/blobs/key-groups.ts';
import { useConnection } from '../../store/connection/connection.ts';

/** Most accounts that the band names. */
const MOST_ACCOUNTS = 3;

/** The name of the application, and always: which KMS, account, Region and identity. */
export function TopBar() {
  const connection = useConnection((state) => state.connection);
  const destination = useConnection((state) => state.destination);
  const practice = isPractice(connection);
  const accounts = useKeyGroups((state) => state.keys.accounts);
  const own = connection?.identity?.account;
  const others =
    practice && own !== undefined ? [...accounts].filter((account) => account !== own).sort() : [];
  return (
    <header className="top">
      {practice && (
        <div className="band">
          <FlaskConical className="icon" aria-hidden="true" />
          <strong>Practice</strong>
          <span className="band-text">
            A KMS on this machine with example keys.{' '}
            {destination !== null && !isPractice(destination)
              ? 'The destination connection reaches AWS.'
              : 'Nothing here reaches AWS.'}
            {others.length > 0 &&
              ` Blobs in the list name keys of ${others.length === 1 ? 'another account' : 'other accounts'} (${others.slice(0, MOST_ACCOUNTS).join(', ')}): connect to AWS to work on them.`}
          </span>
        </div>
      )}
      <div className="top-bar">
        <span className="brand">
          <Mark />
          Rewrap
        </span>
        {connection !== null && (
          <div className="connections">
            <Chip connection={connection} name="Connection" />
            {destination !== null && (
              <>
                <ArrowRight className="icon connections-arrow" aria-hidden="true" />
                <Chip connection={destination} name="Destination connection" />
              </>
            )}
          </div>
        )}
      </div>
    </header>
  );
}

function Chip({ connection, name }: { readonly connection: ConnectionState; readonly name: string }) {
  const open = useUi((state) => state.open);
  const practice = isPractice(connection);
  const account = connection.identity?.account ?? '';
  const colour = usePreferences((state) => state.accounts[account]?.colour ?? null);
  return (
    <Button
      className={`connection${practice ? ' connection-practice' : ''}${colour === null ? '' : ' account-colour'}`}
      {...(colour === null
        ? {}
        : { style: { '--account-colour': `var(--swatch-${colour})` } as CSSProperties })}
      aria-label={`${name}: ${connectionWords(connection)}`}
      onPress={() => open('connection')}
    >
      <Parts connection={connection} />
      <ChevronDown className="icon" aria-hidden="true" />
    </Button>
  );
}

function Parts({ connection }: { readonly connection: ConnectionState }) {
  const { choice, status, identity, region, waitingFor } = connection;
  const Icon = isPractice(connection) ? FlaskConical : Cloud;
  return (
    <>
      <span className={`dot dot-${status}`} aria-hidden="true" />
      <span className="connection-kind">
        <Icon className="icon" aria-hidden="true" />
        <span className="connection-name">{kindOf(choice).title()}</span>
      </span>
      {status === 'connecting' && (
        <span className="connection-part" title={waitingFor}>
          {waitingFor === undefined ? 'connecting' : 'waiting for an answer'}
        </span>
      )}
      {status === 'failed' && <span className="connection-part connection-bad">not connected</span>}
      {region !== null && <span className="connection-part">{region}</span>}
      {identity !== null && <span className="connection-part tabular">{identity.account}</span>}
      {identity !== null && (
        <span className="connection-part connection-who" title={identity.arn}>
          {who(identity.arn)}
        </span>
      )}
    </>
  );
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
