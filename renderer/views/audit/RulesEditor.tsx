import { Copy, Download, FileCheck2, FlaskConical } from 'lucide-react';
import { useState } from 'react';
import { Label, TextArea, TextField } from 'react-aria-components';
import type { Fault } from '#shared/model/fault.ts';
import { pageFaultOf } from '../../api.ts';
import { Button } from '../../components/Button.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';
import { FramedTable, NumberCell } from '../../components/FramedTable.tsx';
import { Status } from '../../components/Status.tsx';
import { count, plural } from '../../lib/words/format.ts';
import { copyText } from '../../store/app/ui.ts';
import { type TriedRules, useAudit } from '../../store/audit/audit.ts';

/** Rules that are being written: tried on the list before they are used. */
export function RulesEditor({ text }: { readonly text: string }) {
  const { setRulesDraft, tryRules, setRules, saveRules } = useAudit();
  const [tried, setTried] = useState<{ text: string; result: TriedRules } | null>(null);
  const [fault, setFault] = useState<Fault | null>(null);
  const attemptRules = async (work: () => Promise<void>): Promise<void> => {
    setFault(null);
    try {
      await work();
    } catch (error) {
      setFault(pageFaultOf(error));
    }
  };
  const result = tried?.text === text ? tried.result : null;
  return (
    <section className="rules-editor" aria-label="Rules being written">
      <TextField className="field" value={text} onChange={setRulesDraft}>
        <Label className="label">Rules</Label>
        <TextArea className="input textarea mono" rows={12} spellCheck={false} />
      </TextField>
      <div className="button-row">
        <Button
          icon={<FlaskConical className="icon" aria-hidden="true" />}
          onPress={() =>
            void attemptRules(async () => {
              setTried({ text, result: await tryRules(text) });
            })
          }
        >
          Try on this list
        </Button>
        <Button
          variant="primary"
          icon={<FileCheck2 className="icon" aria-hidden="true" />}
          onPress={() =>
            void attemptRules(async () => {
              await setRules(text, 'rules written here');
              setRulesDraft(null);
            })
          }
        >
          Use these rules
        </Button>
        <Button
          variant="quiet"
          icon={<Copy className="icon" aria-hidden="true" />}
          onPress={() => void copyText(text, 'the rules')}
        >
          Copy
        </Button>
        <Button
          variant="quiet"
          icon={<Download className="icon" aria-hidden="true" />}
          onPress={() => void attemptRules(() => saveRules(text))}
        >
          Save as a file…
        </Button>
        <Button variant="quiet" onPress={() => setRulesDraft(null)}>
          Cancel
        </Button>
      </div>
      {fault !== null && <FaultCard fault={fault} />}
      {result !== null && (
        <div role="status">
          <Status
            tone={result.violations > 0 ? 'danger' : result.unjudged > 0 ? 'attention' : 'done'}
            word={
              result.violations === 0
                ? result.unjudged > 0
                  ? 'Nothing that could be judged would break'
                  : 'Nothing would break'
                : `${plural(result.violations, 'finding')} would break these rules`
            }
          />
          {result.unjudged > 0 && (
            <p className="hint">{`${plural(result.unjudged, 'rule')} could not be judged on every blob.`}</p>
          )}
          <ul className="notice-list">
            {result.broken.map(({ title, blobs, files }) => (
              <li key={title}>
                {title}{' '}
                <span className="hint tabular">
                  {blobs > 0 ? plural(blobs, 'blob') : plural(files, 'file')}
                </span>
              </li>
            ))}
          </ul>
          <Explained explained={result.explained} more={result.moreExplained} />
        </div>
      )}
    </section>
  );
}

const VERDICT_WORDS = { holds: 'Holds', broken: 'Broken', 'not judged': 'Not judged' } as const;

/** Why each rule held, broke or could not be judged. */
function Explained({
  explained,
  more,
}: {
  readonly explained: TriedRules['explained'];
  readonly more: number;
}) {
  if (explained.length === 0) return null;
  return (
    <FramedTable label="Why each rule holds or breaks" head={['Rule', 'Result', { number: 'Blobs' }, 'Why']}>
      {explained.map(({ rule, verdict, why, blobs }) => (
        <tr key={`${rule} ${verdict} ${why}`}>
          <th scope="row" className="cell-nowrap">
            <code>{rule}</code>
          </th>
          <td className="cell-nowrap">{VERDICT_WORDS[verdict]}</td>
          <NumberCell>{count(blobs)}</NumberCell>
          <td>{why}</td>
        </tr>
      ))}
      {more > 0 && (
        <tr>
          <td colSpan={4}>{`${plural(more, 'more reason')} not shown.`}</td>
        </tr>
      )}
    </FramedTable>
  );
}
