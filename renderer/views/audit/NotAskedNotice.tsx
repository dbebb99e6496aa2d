import type { NotAsked } from '#shared/model/audit.ts';
import { Button } from '../../components/Button.tsx';
import { count, plural, shortKeyName } from '../../lib/words/format.ts';
import { useAudit } from '../../store/audit/audit.ts';

interface NotAskedProps {
  readonly notAsked: NotAsked;
  /** Keys KMS is being asked about. */
  readonly asking: number;
}

/** Which keys KMS was not asked about, so that silence about them is not taken for a good sign. */
export function NotAskedNotice({ notAsked: { keys, blobs, names, elsewhere }, asking }: NotAskedProps) {
  const askRest = useAudit((state) => state.askRest);
  if (keys === 0 && elsewhere.length === 0) return null;
  return (
    <section className="notice notice-attention" aria-label="Keys that KMS was not asked about">
      <div className="stack">
        {keys > 0 && (
          <>
            <p>
              <strong>{`KMS was not asked about ${plural(keys, 'key')}.`}</strong>{' '}
              {`It is asked automatically only about the keys with the most blobs. State, rotation, use and policy of the others, with ${plural(blobs, 'blob')}, are unknown.`}
            </p>
            <div className="button-row">
              <Button reason={asking > 0 ? 'KMS is being asked.' : null} onPress={() => void askRest()}>
                {`Ask about the other ${count(keys)}`}
              </Button>
            </div>
            <details className="not-asked">
              <summary>Which keys</summary>
              <ul>
                {names.map(({ name, blobs: under }) => (
                  <li key={name} title={name}>
                    <code>{shortKeyName(name)}</code> <span className="faint">{plural(under, 'blob')}</span>
                  </li>
                ))}
                {keys > names.length && <li>{`and ${count(keys - names.length)} more`}</li>}
              </ul>
            </details>
          </>
        )}
        {elsewhere.map(({ region, keys: there, blobs: under }) => (
          <p key={region}>
            {region === null
              ? `${plural(there, 'key')} with ${plural(under, 'blob')} could not be asked about: the files call them by names that KMS does not take.`
              : `${plural(there, 'key')} with ${plural(under, 'blob')} could not be asked about: they are in ${region}. Connect there to ask.`}
          </p>
        ))}
      </div>
    </section>
  );
}
