import { CircleCheck, CircleHelp, CircleX } from 'lucide-react';
import { useState } from 'react';
import type { BlobRow } from '#shared/model/blob.ts';
import type { Probe } from '#shared/model/key-group.ts';
import { Button } from '../../components/Button.tsx';
import { Status } from '../../components/Status.tsx';
import { ANSWER_WORDS } from '../../lib/keys/key-groups.ts';
import { plural } from '../../lib/words/format.ts';
import { ALGORITHM_WORDS } from '../../lib/words/words.ts';
import { attempt } from '../../store/app/ui.ts';
import { type KeySearch, useKeyGroups } from '../../store/blobs/key-groups.ts';
import { useKeyName } from '../../store/connection/keys.ts';

/** What came of a search: the key, or the likely one, or none; then every question with its answer. */
export function FindKeyResult({ row, result }: { readonly row: BlobRow; readonly result: KeySearch }) {
  return (
    <section className="outcome" aria-label="Answer">
      <Headline row={row} result={result} />
      <h3 className="outcome-sub">{`${plural(result.asked.length, 'question')} asked`}</h3>
      <ol className="probes">
        {result.asked.map((probe) => (
          <ProbeLine key={`${probe.keyId} ${probe.algorithm}`} probe={probe} />
        ))}
      </ol>
    </section>
  );
}

function Headline({ row, result }: { readonly row: BlobRow; readonly result: KeySearch }) {
  const fingerprint = row.identification.keyFingerprint;
  const key = result.found ?? result.likely;
  const name = useKeyName(key ?? '');
  const keyGroup = useKeyGroups((state) => state.keyGroups.get(fingerprint ?? ''));
  if (key === null)
    return (
      <p className="remark" role="status">
        <CircleX className="icon" aria-hidden="true" />
        <span>
          <strong>None of these keys can decrypt this blob.</strong> Its key may belong to another account or
          Region, be disabled, or be hidden from this identity.
        </span>
      </p>
    );
  if (result.found !== null)
    return (
      <p className="remark remark-done" role="status">
        <CircleCheck className="icon" aria-hidden="true" />
        <span>
          <strong>
            {result.asked.at(-1)?.answer === 'named'
              ? `KMS names ${name}, which does not open it now.`
              : `${name} opens it.`}
          </strong>
          {fingerprint !== null &&
            ` Its group of ${plural(keyGroup?.blobs ?? 1, 'blob')} now has this name, confirmed by KMS.`}
        </span>
      </p>
    );
  return (
    <div className="remark remark-attention" role="status">
      <CircleHelp className="icon severity-warning" aria-hidden="true" />
      <div className="stack stack-tight">
        <span>
          <strong>{name} is likely the key.</strong> The key fits, the context does not. KMS gave no proof, so
          the group keeps its name until you change it.
        </span>
        {fingerprint !== null && <NameLikely fingerprint={fingerprint} keyArn={key} name={name} />}
      </div>
    </div>
  );
}

interface NameLikelyProps {
  readonly fingerprint: string;
  readonly keyArn: string;
  readonly name: string;
}

/** A likely key is our conclusion: it becomes the group's name on a person's word alone. */
function NameLikely({ fingerprint, keyArn, name }: NameLikelyProps) {
  const say = useKeyGroups((state) => state.name);
  const [done, setDone] = useState(false);
  const press = (): Promise<void> =>
    attempt(async () => {
      await say(fingerprint, keyArn);
      setDone(true);
    });
  if (done) return <span>You named the group {name}.</span>;
  return (
    <span>
      <Button onPress={() => void press()}>{`Name the group ${name}`}</Button>
    </span>
  );
}

function ProbeLine({ probe }: { readonly probe: Probe }) {
  const name = useKeyName(probe.keyId);
  return (
    <li className="probe">
      <span className="probe-head">
        <strong title={probe.keyId}>{probe.keyId === '' ? 'Any key' : name}</strong>
        {probe.algorithm !== 'SYMMETRIC_DEFAULT' && (
          <span className="faint">{ALGORITHM_WORDS[probe.algorithm] ?? probe.algorithm}</span>
        )}
        <Status {...ANSWER_WORDS[probe.answer]} />
      </span>
      <span className="hint">{probe.detail}</span>
      {probe.requestId !== null && (
        <span className="hint">
          Request <code>{probe.requestId}</code>
        </span>
      )}
    </li>
  );
}
