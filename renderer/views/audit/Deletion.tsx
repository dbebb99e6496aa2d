import { CircleCheck, CircleHelp, ListFilter, Skull, TriangleAlert } from 'lucide-react';
import { useMemo, useState } from 'react';
import type { AuditSummary, DeletionImpact } from '#shared/model/audit.ts';
import { Button } from '../../components/Button.tsx';
import { StackChart } from '../../components/charts.tsx';
import { SelectInput, TextInput } from '../../components/fields.tsx';
import { Skeleton, useLongWait } from '../../components/Progress.tsx';
import { count, keyName, plural } from '../../lib/format.ts';
import { keyLabel } from '../../lib/keys.ts';
import { useAudit } from '../../store/audit.ts';
import { useKeys } from '../../store/keys.ts';

const ICONS = { some: Skull, possible: CircleHelp, none: CircleCheck };

/** "What breaks if I delete this key?" */
export function Deletion({ summary }: { readonly summary: AuditSummary }) {
  const { deletion, deletionKey, askDeletion } = useAudit();
  const keys = useKeys((state) => state.keys);
  const [typed, setTyped] = useState('');
  const waiting = useLongWait(deletionKey !== '' && deletion?.asked !== deletionKey);
  const options = useMemo(() => {
    const list = new Map<string, { id: string; label: string; detail: string }>();
    for (const { key, name, blobs } of summary.keys) {
      const id = key?.arn ?? name;
      list.set(id, { id, label: key?.aliases[0] ?? keyName(name), detail: plural(blobs, 'blob') });
    }
    for (const key of keys ?? [])
      if (!list.has(key.arn)) list.set(key.arn, { id: key.arn, label: keyLabel(key), detail: '' });
    return [...list.values()];
  }, [summary.keys, keys]);
  const ask = (key: string): void => {
    if (key.trim() !== '') void askDeletion(key.trim());
  };
  return (
    <div className="audit-page">
      <div className="deletion-ask">
        <h2 className="page-heading">What breaks if I delete this key?</h2>
        <div className="deletion-fields">
          {options.length > 0 && (
            <SelectInput
              label="Key"
              value={options.some(({ id }) => id === deletionKey) ? deletionKey : null}
              options={options}
              placeholder="Choose a key"
              onChange={ask}
            />
          )}
          <TextInput
            label="Or another: ARN, id or alias"
            value={typed}
            onChange={setTyped}
            mono
            onEnter={() => ask(typed)}
          />
          <Button isDisabled={typed.trim() === ''} onPress={() => ask(typed)}>
            Ask
          </Button>
        </div>
      </div>
      {waiting && <Skeleton label="Asking" lines={4} />}
      {deletion !== null && deletion.asked === deletionKey && <Answer impact={deletion} />}
    </div>
  );
}

function Answer({ impact }: { readonly impact: DeletionImpact }) {
  const showBlobs = useAudit((state) => state.showBlobs);
  const Icon = ICONS[impact.severity];
  const dead = impact.certain + impact.declared;
  const name = impact.key?.aliases[0] ?? impact.asked;
  const show = (known: boolean): void =>
    void showBlobs({ by: 'deletion', key: impact.asked, known }, `${known ? '' : 'may be '}under ${name}`);
  return (
    <section className={`deletion deletion-${impact.severity}`} aria-label="Answer">
      <p className="deletion-answer" role="status">
        <Icon className="icon icon-large" aria-hidden="true" />
        <strong>{impact.answer}</strong>
      </p>
      {dead + impact.possible > 0 && (
        <StackChart
          title="How the key of these blobs is known"
          parts={[
            { id: 'certain', label: 'KMS or a person named the key', count: impact.certain, tone: 'danger' },
            {
              id: 'declared',
              label: 'only the file names the key',
              count: impact.declared,
              tone: 'attention',
            },
            { id: 'possible', label: 'key not known', count: impact.possible, tone: 'neutral' },
          ]}
        />
      )}
      <ul className="deletion-notes">
        {impact.notes.map((note) => (
          <li key={note}>{note}</li>
        ))}
      </ul>
      {dead + impact.possible > 0 && (
        <div className="button-row">
          {dead > 0 && (
            <Button icon={<ListFilter className="icon" aria-hidden="true" />} onPress={() => show(true)}>
              {`Show ${plural(dead, 'blob')}`}
            </Button>
          )}
          {impact.possible > 0 && (
            <Button icon={<ListFilter className="icon" aria-hidden="true" />} onPress={() => show(false)}>
              {`Show ${plural(impact.possible, 'blob')} that may be under it`}
            </Button>
          )}
        </div>
      )}
      {dead > 0 && (
        <>
          <table className="data-table data-table-framed deletion-files">
            <thead>
              <tr>
                <th scope="col">File</th>
                <th scope="col" className="chart-number">
                  Blobs
                </th>
              </tr>
            </thead>
            <tbody>
              {impact.byFile.map(({ file, blobs }) => (
                <tr key={file}>
                  <th scope="row">
                    <code>{file}</code>
                  </th>
                  <td className="tabular chart-number">{count(blobs)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {impact.files > impact.byFile.length && (
            <p className="hint">
              <TriangleAlert className="icon icon-small" aria-hidden="true" />{' '}
              {plural(impact.files - impact.byFile.length, 'more file')}
            </p>
          )}
        </>
      )}
    </section>
  );
}
