import { ClipboardCheck, CloudOff, RefreshCw } from 'lucide-react';
import { useEffect } from 'react';
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import { Button, IconButton } from '../../components/Button.tsx';
import { EmptyNote } from '../../components/EmptyNote.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';
import { PracticeNotice } from '../../components/Notices.tsx';
import { Skeleton, useLongWait } from '../../components/Progress.tsx';
import { count, plural } from '../../lib/words/format.ts';
import { useUi } from '../../store/app/ui.ts';
import { type AuditTab, useAudit, useReading } from '../../store/audit/audit.ts';
import { useIntake } from '../../store/blobs/intake.ts';
import { useConnection } from '../../store/connection/connection.ts';
import { CampaignTab } from './CampaignTab.tsx';
import { Deletion } from './Deletion.tsx';
import { ExportReport } from './ExportReport.tsx';
import { Findings } from './Findings.tsx';
import { GitHistoryTab } from './GitHistoryTab.tsx';
import { HistoryTab } from './HistoryTab.tsx';
import { Overview } from './Overview.tsx';
import { BrokenRules, RulesTab } from './RulesTab.tsx';

const TABS: readonly { readonly id: AuditTab; readonly name: string }[] = [
  { id: 'overview', name: 'Overview' },
  { id: 'findings', name: 'Findings' },
  { id: 'deletion', name: 'If a key is deleted' },
  { id: 'git', name: 'Git history' },
  { id: 'rules', name: 'Rules' },
  { id: 'campaign', name: 'Campaign' },
  { id: 'history', name: 'History' },
];

/** What is protected by which key, what is wrong with it, and what was done. */
export function AuditView() {
  const { tab, summary, status, fault, deletion, load, showTab } = useAudit();
  const showView = useUi((state) => state.show);
  const waiting = useLongWait(status === 'loading');
  useEffect(() => void load(), [load]);
  // In a narrow window the tabs scroll: the one that is open is seen, whatever opened it.
  useEffect(() => {
    // Its answer is a promise in some browsers: an effect must not return it.
    void document
      .querySelector(`.audit-head [data-key="${tab}"]`)
      ?.scrollIntoView?.({ block: 'nearest', inline: 'nearest' });
  }, [tab]);
  const { critical, warning, info } = summary?.findings ?? { critical: 0, warning: 0, info: 0 };
  const open = critical + warning + info;
  return (
    <section className="view audit-view" aria-label="Audit">
      <h1 className="visually-hidden">Audit</h1>
      <Tabs
        className="tabs"
        selectedKey={tab}
        onSelectionChange={(key) => {
          const chosen = TABS.find(({ id }) => id === key);
          if (chosen !== undefined) showTab(chosen.id);
        }}
      >
        <div className="audit-head">
          <TabList className="tab-list" aria-label="Audit">
            {TABS.map(({ id, name }) => (
              <Tab key={id} id={id} className="tab">
                {name}
                {id === 'findings' && open > 0 && <span className="tab-count">{count(open)}</span>}
              </Tab>
            ))}
          </TabList>
          <div className="audit-tools">
            <Waiting />
            <Asking />
            {tab !== 'history' && summary !== null && (
              <ExportReport
                subject={
                  deletion === null
                    ? { of: 'audit' }
                    : tab === 'deletion'
                      ? { of: 'deletion', key: deletion.asked }
                      : { of: 'audit', ifDeleted: deletion.asked }
                }
                what={tab === 'deletion' && deletion !== null ? 'answer' : 'audit'}
              />
            )}
            {tab === 'history' && <ExportReport subject={{ of: 'history' }} what="history" />}
          </div>
        </div>
        {tab !== 'history' && <Reading />}
        {TABS.map(({ id }) => (
          <TabPanel key={id} id={id} className="tab-panel audit-panel">
            {status === 'failed' && fault !== null ? (
              <FaultCard fault={fault}>
                <Button onPress={() => void load()}>Try again</Button>
              </FaultCard>
            ) : id === 'history' ? (
              <HistoryTab />
            ) : id === 'git' ? (
              <GitHistoryTab />
            ) : summary === null ? (
              waiting && <Skeleton label="Counting" lines={12} />
            ) : id === 'rules' ? (
              <RulesTab summary={summary} />
            ) : id === 'campaign' ? (
              <CampaignTab />
            ) : summary.totals.blobs === 0 && summary.totals.otherFiles === 0 ? (
              <EmptyNote
                icon={ClipboardCheck}
                title="Nothing to audit yet"
                text="Add files or a folder, and their ciphertext is counted here."
              >
                <Button onPress={() => showView('blobs')}>Go to Blobs</Button>
              </EmptyNote>
            ) : id === 'overview' ? (
              <>
                <PracticeNotice practice={summary.practice} />
                <BrokenRules />
                <Overview summary={summary} />
              </>
            ) : id === 'findings' ? (
              <>
                <PracticeNotice practice={summary.practice} />
                <BrokenRules />
                <Findings />
              </>
            ) : (
              <>
                <PracticeNotice practice={summary.practice} />
                <Deletion summary={summary} />
              </>
            )}
          </TabPanel>
        ))}
      </Tabs>
    </section>
  );
}

/** That the list still grows: no figure is one of the whole, and Export waits. */
function Reading() {
  const progress = useIntake((state) => state.progress);
  if (!useReading()) return null;
  return (
    <section className="notice notice-attention" aria-label="Reading">
      Still reading
      {progress !== null && `: ${plural(progress.files, 'file')}, ${plural(progress.blobs, 'blob')} so far`}.
      The figures cover what was counted so far. Export is available when reading ends.
    </section>
  );
}

/** What is waited for, once it takes long: it never takes the place of what is there already. */
function Waiting() {
  const [first] = useAudit((state) => state.waits);
  const long = useLongWait(first !== undefined);
  const loading = useAudit((state) => state.summary === null && state.tab !== 'history');
  if (!long || loading) return null;
  return (
    <span className="waiting" role="status">
      <span className="waiting-mark" aria-hidden="true" />
      {first}…
    </span>
  );
}

/** How much of what only KMS can say is known. */
function Asking() {
  const summary = useAudit((state) => state.summary);
  const askKeys = useAudit((state) => state.askKeys);
  const ready = useConnection((state) => state.connection?.status === 'ready');
  if (summary === null) return null;
  return (
    <>
      {summary.asking > 0 ? (
        <span className="waiting" role="status" title={`Asking KMS about ${plural(summary.asking, 'key')}…`}>
          <RefreshCw className="icon spin" aria-hidden="true" />
          <span className="asking-words">Asking KMS about {plural(summary.asking, 'key')}…</span>
        </span>
      ) : summary.caller === null ? (
        <span className="waiting" title="Not connected: KMS was not asked.">
          <CloudOff className="icon" aria-hidden="true" />
          <span className="asking-words">Not connected: KMS was not asked.</span>
        </span>
      ) : (
        <IconButton
          label="Ask KMS again"
          reason={ready ? null : 'Not connected to KMS.'}
          onPress={() => void askKeys()}
        >
          <RefreshCw className="icon" aria-hidden="true" />
        </IconButton>
      )}
    </>
  );
}
