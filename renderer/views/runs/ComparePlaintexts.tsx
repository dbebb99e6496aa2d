import { useState } from 'react';
import type { Fault } from '#shared/model/fault.ts';
import type { Comparison, RunSummary } from '#shared/model/run.ts';
import { pageFaultOf } from '../../api.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';
import { Choice, TextInput } from '../../components/fields.tsx';
import { Progress, SpokenProgress } from '../../components/Progress.tsx';
import { count, plural } from '../../lib/words/format.ts';
import { useActions } from '../../store/app/actions.ts';
import { attempt } from '../../store/app/ui.ts';
import { useRuns } from '../../store/runs/runs.ts';

/** Blobs of a sample that is not named otherwise. */
const SAMPLE = '100';
/** Blobs listed at once. */
const SHOWN = 20;

const OUTCOMES = {
  different: 'The plaintexts differ.',
  failed: 'KMS did not decrypt one of the two.',
  unavailable: 'The original or the new blob is not on disk any more.',
} as const;

/** Compares the plaintexts of old and new blobs of a run, after an approval outside the page. */
export function ComparePlaintexts({
  run,
  onClose,
}: {
  readonly run: RunSummary;
  readonly onClose: () => void;
}) {
  const { compare, stopComparing } = useActions(useRuns);
  const progress = useRuns((state) => state.comparing.get(run.id));
  const [how, setHow] = useState<'all' | 'sample'>('all');
  const [sample, setSample] = useState(SAMPLE);
  const [busy, setBusy] = useState(false);
  const [found, setFound] = useState<Comparison | null>(null);
  const [fault, setFault] = useState<Fault | null>(null);
  const blobs = run.outcome.reencrypted;
  const size = /^[1-9]\d{0,7}$/.test(sample.trim()) ? Number(sample) : null;
  const press = async (): Promise<void> => {
    setBusy(true);
    setFault(null);
    try {
      setFound(await compare(run.id, how === 'all' ? null : size));
    } catch (error) {
      setFault(pageFaultOf(error));
    }
    setBusy(false);
  };
  const words =
    how === 'all' || size === null || size >= blobs
      ? `Compare ${plural(blobs, 'blob')}`
      : `Compare ${count(size)} of ${plural(blobs, 'blob')}`;
  return (
    <Dialog
      title="Compare plaintexts"
      open
      onClose={onClose}
      footer={
        <>
          <span className="gap" />
          {found !== null ? (
            <Button variant="primary" onPress={onClose}>
              Done
            </Button>
          ) : busy ? (
            <Button onPress={() => void attempt(() => stopComparing(run.id))}>Stop</Button>
          ) : (
            <>
              <Button onPress={onClose}>Cancel</Button>
              <Button
                variant="primary"
                reason={how === 'sample' && size === null ? 'Type how many blobs to compare.' : null}
                onPress={() => void press()}
              >
                {words}
              </Button>
            </>
          )}
        </>
      }
    >
      {found === null ? (
        <>
          <p>
            KMS decrypts each original and each new blob, and a child process of Rewrap on this machine
            compares the two. Only equal or different leaves that process. No file is changed.
          </p>
          <ul className="hint">
            <li>It needs kms:Decrypt on both keys, and your approval outside this page.</li>
            <li>It finds swapped replies and mistakes.</li>
            <li>It proves nothing if the endpoint also forges the answers of Decrypt.</li>
          </ul>
          <Choice
            label="Which blobs"
            value={how}
            onChange={setHow}
            options={[
              { id: 'all', label: `All ${plural(blobs, 'blob')}` },
              { id: 'sample', label: 'A random sample' },
            ]}
          />
          {how === 'sample' && <TextInput label="Blobs in the sample" value={sample} onChange={setSample} />}
          {busy && (
            <>
              <SpokenProgress label="Comparing" done={progress?.done ?? 0} total={progress?.total ?? 0} />
              <p>
                {progress === undefined
                  ? 'Waiting to begin'
                  : `${count(progress.done)} of ${plural(progress.total, 'blob')} compared`}
              </p>
              {progress !== undefined && (
                <Progress label="Comparing" done={progress.done} total={progress.total} />
              )}
            </>
          )}
        </>
      ) : (
        <Found found={found} />
      )}
      {fault !== null && <FaultCard fault={fault} />}
    </Dialog>
  );
}

function Found({ found }: { readonly found: Comparison }) {
  const { of, chosen, equal, different, failed, unavailable, stopped, blobs, more } = found;
  const compared = equal + different;
  const rest = more + Math.max(0, blobs.length - SHOWN);
  return (
    <>
      <div role="status">
        <p>
          <strong>
            {different > 0
              ? `${plural(different, 'blob')} ${different === 1 ? 'holds' : 'hold'} another plaintext than before.`
              : compared === 0
                ? 'Nothing could be compared.'
                : `Equal: ${plural(equal, 'blob')}.`}
          </strong>
        </p>
        <p>
          {`${count(equal)} equal, ${count(different)} different, ${count(failed)} not decrypted, ${count(unavailable)} not on disk any more`}
          {chosen === of ? '.' : `; ${count(chosen)} of ${plural(of, 'blob')} chosen at random.`}
          {stopped && ' Stopped before all were compared.'}
        </p>
      </div>
      {different > 0 && (
        <p className="remark remark-attention">
          Keep the backups. Undo the run to get the originals back, and find out what answers at the endpoint.
        </p>
      )}
      {blobs.length > 0 && (
        <ul>
          {blobs.slice(0, SHOWN).map(({ file, place, outcome, fault }) => (
            <li key={`${file} ${place}`}>
              <strong>{place === '' ? file : `${file} ${place}`}</strong>{' '}
              {outcome === 'failed' && fault !== null ? fault.message : OUTCOMES[outcome]}
            </li>
          ))}
        </ul>
      )}
      {rest > 0 && <p className="hint">{`And ${count(rest)} more.`}</p>}
    </>
  );
}
