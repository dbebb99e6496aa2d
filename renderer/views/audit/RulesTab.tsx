import { Download, FileCheck2, FileX2 } from 'lucide-react';
import { useState } from 'react';
import type { AuditSummary } from '#shared/model/audit.ts';
import type { Fault } from '#shared/model/fault.ts';
import { pageFaultOf } from '../../api.ts';
import { Button } from '../../components/Button.tsx';
import { EmptyNote } from '../../components/EmptyNote.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';
import { FramedTable, NumberCell } from '../../components/FramedTable.tsx';
import { Status } from '../../components/Status.tsx';
import { rulesFromList } from '../../lib/rules-from-list.ts';
import { count, plural } from '../../lib/words/format.ts';
import { useAudit } from '../../store/audit/audit.ts';
import { pickTexts } from './pick-text.ts';
import { RulesEditor } from './RulesEditor.tsx';

const EXAMPLE = `version: 1
accounts: ["111122223333"]
regions: [us-east-1, eu-west-1]
keys: ["alias/payments*"]
algorithms: [SYMMETRIC_DEFAULT, RSAES_OAEP_SHA_256]
context: { required: [app, env] }
maximumAgeDays: 730
forbid: [plaintext-beside-blob, key-disabled]
suppress:
  - code: key-unused
    reason: kept for the tax office
    until: 2030-12-31
`;

/** Rules that an earlier start kept and that do not read any more: a gate that is open must look open. */
export function BrokenRules() {
  const { name, problem } = useAudit((state) => state.rules);
  if (problem === null) return null;
  return (
    <section className="notice notice-attention" aria-label="Rules">
      <p>
        The rules that were kept on this computer{name === null ? '' : ` (${name})`} cannot be used: {problem}{' '}
        Nothing is judged by them. Use a corrected rules file, or no rules.
      </p>
    </section>
  );
}

/** Rules of a small file: what it allows, what is broken, what it could not judge. */
export function RulesTab({ summary }: { readonly summary: AuditSummary }) {
  const { rules, findings, setRules, saveRules, showTab, rulesDraft, setRulesDraft } = useAudit();
  const suppressed = findings.filter((finding) => finding.violation && finding.suppressed !== null).length;
  const [fault, setFault] = useState<Fault | null>(null);
  const use = async (text: string | null, name: string | null): Promise<void> => {
    try {
      setFault(null);
      await setRules(text, name);
    } catch (error) {
      setFault(pageFaultOf(error));
    }
  };
  const none = rules.text === null && rules.problem === null && rulesDraft === null;
  const buttons = (
    <>
      <Button
        icon={<FileCheck2 className="icon" aria-hidden="true" />}
        onPress={() =>
          pickTexts('.yaml,.yml,.json', ([file]) => file && void use(file.text, file.name), false)
        }
      >
        {rules.text === null ? 'Use a rules file…' : 'Use another rules file…'}
      </Button>
      <Button onPress={() => setRulesDraft(rulesFromList(summary))}>Write rules from this list</Button>
      <Button variant="quiet" onPress={() => setRulesDraft(EXAMPLE)}>
        Start from an example
      </Button>
      {rules.text !== null && (
        <Button variant="quiet" onPress={() => setRulesDraft(rules.text)}>
          Edit these rules
        </Button>
      )}
      {rules.text !== null && (
        <Button
          variant="quiet"
          icon={<Download className="icon" aria-hidden="true" />}
          onPress={() => void saveRules(rules.text ?? '')}
        >
          Save as a file…
        </Button>
      )}
      {(rules.text !== null || rules.problem !== null) && (
        <Button
          variant="quiet"
          icon={<FileX2 className="icon" aria-hidden="true" />}
          onPress={() => void use(null, null)}
        >
          Use no rules
        </Button>
      )}
    </>
  );
  return (
    <div className="audit-page">
      {!none && <div className="button-row">{buttons}</div>}
      {fault !== null && <FaultCard fault={fault} onDismiss={() => setFault(null)} />}
      {rulesDraft !== null && <RulesEditor text={rulesDraft} />}
      {rules.problem !== null ? (
        <>
          <BrokenRules />
          {rules.text !== null && <pre className="rules-text">{rules.text}</pre>}
        </>
      ) : rules.text === null ? (
        none && (
          <EmptyNote
            icon={FileCheck2}
            title="No rules are in use"
            text={
              <>
                A rules file says what is allowed: accounts, keys, algorithms, context pairs, age. The same
                file makes <code className="cell-nowrap">rewrap audit PATH… --rules FILE</code> a gate for
                pipelines.
              </>
            }
          >
            {buttons}
          </EmptyNote>
        )
      ) : (
        <>
          <p className="rules-verdict">
            <code>{rules.name ?? 'rules'}</code>
            {summary.violations === 0 ? (
              <Status
                tone={suppressed > 0 ? 'attention' : 'done'}
                word={
                  suppressed > 0
                    ? `No rule is broken, but for ${plural(suppressed, 'suppressed violation')}`
                    : 'No rule is broken'
                }
              />
            ) : (
              <Status tone="danger" word={plural(summary.violations ?? 0, 'rule violation')} />
            )}
            {(summary.violations ?? 0) > 0 && (
              <Button variant="link" onPress={() => showTab('findings')}>
                Show findings
              </Button>
            )}
          </p>
          {summary.unjudged.length > 0 && (
            <section aria-label="Not judged">
              <h2 className="page-heading">Not judged</h2>
              <FramedTable head={['Rule', { number: 'Blobs' }, 'Why']}>
                {summary.unjudged.map(({ rule, blobs, why }) => (
                  <tr key={`${rule} ${why}`}>
                    <th scope="row">
                      <code>{rule}</code>
                    </th>
                    <NumberCell>{count(blobs)}</NumberCell>
                    <td>{why}</td>
                  </tr>
                ))}
              </FramedTable>
            </section>
          )}
          <pre className="rules-text">{rules.text}</pre>
        </>
      )}
    </div>
  );
}
