import { TriangleAlert } from 'lucide-react';
import { kindOf } from '#shared/connection-kind.ts';
import type { ConnectionState } from '#shared/model/connection.ts';
import { FaultCard } from '../../components/FaultCard.tsx';

/** What a connection really is: who, where, and what stands between. */
export function CurrentConnection({ connection }: { readonly connection: ConnectionState }) {
  const {
    choice,
    status,
    identity,
    endpointInfo,
    fault,
    waitingFor,
    credentials,
    warnings = [],
  } = connection;
  const facts: [string, string][] = [['Connected to', kindOf(choice).title()]];
  if (waitingFor !== undefined) facts.push(['Waiting for', waitingFor]);
  if (identity !== null) facts.push(['Identity', identity.arn], ['Account', identity.account]);
  if (credentials !== undefined) facts.push(['Credentials', credentials]);
  if (endpointInfo !== null) {
    facts.push(
      [
        'Region',
        endpointInfo.partition === 'aws'
          ? endpointInfo.region
          : `${endpointInfo.region}, partition ${endpointInfo.partition}`,
      ],
      ['Endpoint', endpointInfo.endpoint ?? endpointWords(endpointInfo.fips, endpointInfo.dualStack)],
      ['Proxy', endpointInfo.proxy ?? 'none'],
      ['CA bundle', endpointInfo.caBundle ?? 'System default'],
    );
  }
  return (
    <section className="stack stack-tight" aria-label="Current connection">
      <div className="current-connection">
        <p className="current-connection-head">
          <span className={`dot dot-${status}`} aria-hidden="true" />
          <strong>
            {status === 'ready' ? 'Connected' : status === 'connecting' ? 'Connecting' : 'Not connected'}
          </strong>
        </p>
        <dl className="fact-lines">
          {facts.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </div>
      {warnings.length > 0 && (
        <ul className="connection-warnings" aria-label="Configuration warnings">
          {warnings.map((line) => (
            <li key={line}>
              <TriangleAlert className="icon" aria-hidden="true" />
              <span>{line}</span>
            </li>
          ))}
        </ul>
      )}
      {fault !== null && status === 'failed' && <FaultCard fault={fault} />}
    </section>
  );
}

function endpointWords(fips: boolean, dualStack: boolean): string {
  const kinds = [fips && 'FIPS', dualStack && 'dual-stack'].filter((kind) => kind !== false);
  return kinds.length === 0 ? 'the Region’s default' : `the Region’s default, ${kinds.join(' and ')}`;
}
