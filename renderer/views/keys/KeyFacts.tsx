import { TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import type { KeyInfo } from '#shared/model/key.ts';
import { Status } from '../../components/Status.tsx';
import { keyDanger, rotationWords, stateTone, stateWords, usageWords } from '../../lib/keys/keys.ts';
import { day, moment, shortHex } from '../../lib/words/format.ts';

interface KeyFactsProps {
  readonly info: KeyInfo;
  /** Whether KMS was asked for everything; before that, what is missing may still come. */
  readonly asked: boolean;
}

/** The facts of one key, and apart from them what KMS would not tell. */
export function KeyFacts({ info, asked }: KeyFactsProps) {
  const danger = keyDanger(info);
  return (
    <>
      {danger !== null && (
        <p className="remark remark-attention">
          <TriangleAlert className="icon severity-warning" aria-hidden="true" />
          <span>{danger.why}</span>
        </p>
      )}
      <dl className="fact-lines">
        {info.aliases.length > 1 && <Fact name="Aliases">{info.aliases.join(', ')}</Fact>}
        {info.description !== '' && <Fact name="Description">{info.description}</Fact>}
        <Fact name="State">
          {info.state !== null && <Status tone={stateTone(info)} word={stateWords(info.state)} />}
          {info.deletionDate !== null && `, to be deleted on ${moment(info.deletionDate)}`}
        </Fact>
        <Fact name="Spec">{info.spec}</Fact>
        <Fact name="Usage">{info.usage === null ? null : usageWords(info.usage)}</Fact>
        <Fact name="Algorithms">
          {info.spec === null ? null : info.algorithms.join(', ') || 'none for encryption'}
        </Fact>
        <Fact name="Origin">{info.origin}</Fact>
        <Fact name="Manager">
          {info.manager === null ? null : info.manager === 'AWS' ? 'AWS managed' : 'Customer managed'}
        </Fact>
        <Fact name="Created">{info.createdAt === null ? null : moment(info.createdAt)}</Fact>
        <Regions info={info} />
        <Fact name="Usable as source">{info.unfitAsSource ?? 'Yes'}</Fact>
        <Fact name="Usable as destination">
          {info.unfitAsDestination ??
            (info.spec === null || info.usage === null || info.state === null
              ? 'Unknown: it could not be described'
              : 'Yes')}
        </Fact>
      </dl>
      <Asked info={info} asked={asked} />
      {info.gaps.length > 0 && (
        <section aria-label="Gaps">
          <h3 className="key-pane-heading">Not available from KMS</h3>
          <ul className="key-gaps">
            {info.gaps.map((gap) => (
              <li key={gap} className="gap-text">
                {gap}
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

/** Rotation, last use and tags: a request of its own to KMS each. */
function Asked({ info, asked }: KeyFactsProps) {
  const { rotation, lastUse, tags, spec } = info;
  return (
    <>
      <h3 className="key-pane-heading">Rotation</h3>
      {rotation === null ? (
        <Missing
          asked={asked}
          none={spec !== null && spec !== 'SYMMETRIC_DEFAULT' ? 'This kind of key does not rotate.' : null}
        />
      ) : (
        <>
          <dl className="fact-lines">
            <Fact name="Automatic">{rotationWords(rotation)}</Fact>
            {rotation.nextAt !== null && <Fact name="Next">{moment(rotation.nextAt)}</Fact>}
            {rotation.onDemandSince !== null && (
              <Fact name="On demand">{`in progress since ${moment(rotation.onDemandSince)}`}</Fact>
            )}
            {info.currentKeyMaterialId !== null && (
              <Fact name="Current key material ID">
                <code title={info.currentKeyMaterialId}>{shortHex(info.currentKeyMaterialId)}</code>
              </Fact>
            )}
          </dl>
          {rotation.past !== null && rotation.past.length > 0 && <Past past={rotation.past} />}
        </>
      )}
      <h3 className="key-pane-heading">Last use</h3>
      {lastUse === null ? (
        <Missing asked={asked} none={null} />
      ) : (
        <p>
          {lastUse.at === null
            ? `None${lastUse.trackedSince === null ? '' : ` since ${day(lastUse.trackedSince)}, when KMS started tracking it`}.`
            : `${lastUse.operation ?? 'Used'} on ${moment(lastUse.at)}`}
        </p>
      )}
      <h3 className="key-pane-heading">Tags</h3>
      {tags === null ? (
        <Missing asked={asked} none={null} />
      ) : tags.length === 0 ? (
        <p className="faint">None</p>
      ) : (
        <dl className="fact-lines">
          {tags.map(({ key, value }) => (
            <Fact key={key} name={key}>
              {value === '' ? '(empty)' : value}
            </Fact>
          ))}
        </dl>
      )}
    </>
  );
}

function Past({ past }: { readonly past: NonNullable<NonNullable<KeyInfo['rotation']>['past']> }) {
  return (
    <table className="data-table" aria-label="Key materials of this key">
      <thead>
        <tr>
          <th scope="col">Key material ID</th>
          <th scope="col">Since</th>
          <th scope="col">How</th>
        </tr>
      </thead>
      <tbody>
        {past.map((entry, i) => (
          <tr key={entry.keyMaterialId ?? `${entry.at ?? 'first'} ${i}`}>
            <td>
              {entry.keyMaterialId === null ? (
                <span className="faint">not available</span>
              ) : (
                <code title={entry.keyMaterialId}>{shortHex(entry.keyMaterialId)}</code>
              )}
              {entry.state !== null && (
                <span className="cell-sub">{entry.state.toLowerCase().replaceAll('_', '-')}</span>
              )}
            </td>
            <td>{entry.at === null ? 'the beginning' : day(entry.at)}</td>
            <td>{entry.type === null ? '' : entry.type === 'ON_DEMAND' ? 'on demand' : 'automatic'}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Regions({ info }: { readonly info: KeyInfo }) {
  const key = info.multiRegionKey;
  if (key === null) return <Fact name="Multi-Region">{info.multiRegion === null ? null : 'No'}</Fact>;
  return (
    <>
      <Fact name="Multi-Region">{key.role === 'PRIMARY' ? 'Primary' : 'Replica'}</Fact>
      {key.role === 'REPLICA' && key.primary !== null && <Fact name="Primary in">{key.primary.region}</Fact>}
      <Fact name="Replicas in">
        {key.replicas.map(({ region }) => region).join(', ') || 'No other Region'}
      </Fact>
    </>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children === null ? <span className="gap-text">not available</span> : children}</dd>
    </div>
  );
}

function Missing({ asked, none }: { readonly asked: boolean; readonly none: string | null }) {
  if (none !== null) return <p className="faint">{none}</p>;
  return asked ? <p className="gap-text">Not available: see below.</p> : <p className="faint">Asking KMS…</p>;
}
