import { CircleCheck, CircleHelp, ListFilter, RefreshCw, Skull, TriangleAlert } from 'lucide-react';
import { useMemo, useState } from 'react';
import { REFERENCE_WORDS } from '#shared/audit-words.ts';
import type { AuditSummary, DeletionImpact } from '#shared/model/audit.ts';
import { Button } from '../../components/Button.tsx';
import { StackChart, type StackPart } from '../../components/charts.tsx';
import { FramedTable, NumberCell } from '../../components/FramedTable.tsx';
import { SelectInput, TextInput } from '../../components/fields.tsx';
import { Skeleton, useLongWait } from '../../components/Progress.tsx';
import { keyLabel } from '../../lib/keys/keys.ts';
import { isPractice } from '../../lib/words/connection.ts';
import { count, plural, shortKeyName } from '../../lib/words/format.ts';
import { useAudit } from '../../store/audit/audit.ts';
import { useConnection } from '../../store/connection/connection.ts';
import { useKeys } from '../../store/connection/keys.ts';
import { DeletionGateView } from './DeletionGate.tsx';

const ICONS = { some: Skull, possible: CircleHelp, none: CircleCheck };

/** "What breaks if I delete this key?" */
export function Deletion({ summary }: { readonly summary: AuditSummary }) {
  const { deletion, deletionKey, askDeletion } = useAudit();
  const keys = useKeys((state) => state.keys);
  const practice = useConnection((state) => isPractice(state.connection));
  const [typed, setTyped] = useState('');
  const waiting = useLongWait(deletionKey !== '' && deletion?.asked !== deletionKey);
  const options = useMemo(() => {
    const list = new Map<string, { id: string; label: string; detail: string }>();
    // Keys that files name, then those of the connection alone.
    for (const { key, name, label, account, blobs } of summary.keys) {
      const id = key?.arn ?? label ?? name;
      const of = account === null ? 'account not named' : `account ${account}`;
      list.set(id, {
        id,
        label: key?.aliases[0] ?? shortKeyName(name),
        detail: `${id} · ${of} · ${plural(blobs, 'blob')}`,
      });
    }
    for (const key of keys ?? [])
      if (!list.has(key.arn))
        list.set(key.arn, {
          id: key.arn,
          label: keyLabel(key),
          detail: `${key.arn} · ${practice ? 'practice KMS' : 'this connection'}, no blob here`,
        });
    return [...list.values()];
  }, [summary.keys, keys, practice]);
  const ask = (key: string): void => {
    if (key.trim() !== '') void askDeletion(key.trim());
  };
  return (
    <div className="audit-page">
      <div className="deletion-ask">
        <h2 className="page-heading">What breaks if I delete this key?</h2>
        {deletionKey === '' && (
          <p className="hint audit-words">
            The answer counts the blobs that only this key opens, and names what is not known. Nothing is
            deleted or changed.
          </p>
        )}
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
            label="Or another: ARN, ID or alias"
            value={typed}
            onChange={setTyped}
            mono
            onEnter={() => ask(typed)}
          />
          <Button reason={typed.trim() === '' ? 'Type or choose a key.' : null} onPress={() => ask(typed)}>
            Check
          </Button>
        </div>
      </div>
      {waiting && <Skeleton label="Asking" lines={4} />}
      {deletion !== null && deletion.asked === deletionKey && (
        <>
          <Answer impact={deletion} />
          <DeletionGateView asked={deletion.asked} />
        </>
      )}
    </div>
  );
}

function Answer({ impact }: { readonly impact: DeletionImpact }) {
  const showBlobs = useAudit((state) => state.showBlobs);
  const reencrypt = useAudit((state) => state.reencrypt);
  const Icon = ICONS[impact.severity];
  const listed = impact.certain + impact.declared + impact.inferred + impact.viaAlias + impact.contradicted;
  const name = impact.key?.aliases[0] ?? impact.asked;
  const how: readonly StackPart[] = [
    { id: 'certain', label: 'confirmed', count: impact.certain, tone: 'accent' },
    { id: 'declared', label: 'declared in files', count: impact.declared, tone: 'running' },
    { id: 'inferred', label: 'same key material', count: impact.inferred, tone: 'done' },
    { id: 'alias', label: 'by an alias', count: impact.viaAlias, tone: 'running' },
    { id: 'contradicted', label: 'labels contradict', count: impact.contradicted, tone: 'attention' },
    { id: 'possible', label: 'may be', count: impact.possible, tone: 'neutral' },
  ];
  const known = how.filter(({ count: n }) => n > 0);
  const show = (isKnown: boolean): void =>
    void showBlobs(
      { by: 'deletion', key: impact.asked, known: isKnown },
      `${isKnown ? '' : 'may be '}under ${name}`,
    );
  return (
    <section className={`deletion deletion-${impact.severity}`} aria-label="Answer">
      <h3 className="deletion-asked">
        If <code>{impact.asked}</code> is deleted
      </h3>
      <p className="deletion-answer" role="status">
        <Icon className="icon icon-large" aria-hidden="true" />
        <strong>{impact.answer}</strong>
      </p>
      {listed + impact.possible > 0 && (
        <StackChart title="How the key of these blobs is known" parts={known} />
      )}
      <ul className="deletion-notes">
        {impact.notes.map((note) => (
          <li key={note}>{note}</li>
        ))}
      </ul>
      {listed + impact.possible > 0 && (
        <div className="button-row">
          {listed > 0 && (
            <Button
              variant="primary"
              icon={<RefreshCw className="icon" aria-hidden="true" />}
              onPress={() => void reencrypt({ by: 'deletion', key: impact.asked, known: true })}
            >
              {`Re-encrypt ${listed === 1 ? 'this blob' : `these ${count(listed)}`}…`}
            </Button>
          )}
          {listed > 0 && (
            <Button icon={<ListFilter className="icon" aria-hidden="true" />} onPress={() => show(true)}>
              {`Show ${plural(listed, 'blob')}`}
            </Button>
          )}
          {impact.possible > 0 && (
            <Button icon={<ListFilter className="icon" aria-hidden="true" />} onPress={() => show(false)}>
              {`Show ${plural(impact.possible, 'blob')} that may be under it`}
            </Button>
          )}
        </div>
      )}
      {listed > 0 && (
        <>
          <FramedTable
            className="deletion-files"
            head={['File', { number: 'Never opened again' }, { number: 'Blobs' }]}
          >
            {impact.byFile.map(({ file, blobs, lost }) => (
              <tr key={file}>
                <th scope="row">
                  <code>{file}</code>
                </th>
                <NumberCell>{lost === 0 ? '–' : count(lost)}</NumberCell>
                <NumberCell>{count(blobs)}</NumberCell>
              </tr>
            ))}
          </FramedTable>
          {impact.files > impact.byFile.length && (
            <p className="hint">
              <TriangleAlert className="icon icon-small" aria-hidden="true" />{' '}
              {plural(impact.files - impact.byFile.length, 'more file')}
            </p>
          )}
        </>
      )}
      {impact.references.length > 0 && <References impact={impact} />}
    </section>
  );
}

/** Rules and resources that name the key without ciphertext, and would go on using it. */
function References({ impact: { references, moreReferences } }: { readonly impact: DeletionImpact }) {
  return (
    <>
      <FramedTable
        caption="Also refer to this key"
        className="deletion-files"
        head={['File and line', 'Name', 'What it is']}
      >
        {references.map(({ file, line, sort, name }) => (
          <tr key={`${file}:${line} ${name}`}>
            <th scope="row">
              <code>{`${file}:${line}`}</code>
            </th>
            <td>
              <code>{name}</code>
            </td>
            <td>{REFERENCE_WORDS[sort]}</td>
          </tr>
        ))}
      </FramedTable>
      {moreReferences > 0 && <p className="hint">{plural(moreReferences, 'more reference')}</p>}
    </>
  );
}
