import { create } from 'zustand';
import type { ReplyValue, RequestInput } from '#shared/contract/api.ts';
import type { requests } from '#shared/contract/contract.ts';
import type {
  AuditFinding,
  AuditSummary,
  DeletionImpact,
  Facet,
  ReportFormat,
  ReportSubject,
} from '#shared/model/audit.ts';
import type { DeletionGate } from '#shared/model/deletion-gate.ts';
import type { Fault } from '#shared/model/fault.ts';
import type { GitHistory } from '#shared/model/git-history.ts';
import type { HistoryVerdict } from '#shared/model/history.ts';
import { bridge, call, pageFaultOf } from '../../api.ts';
import { type FoundOfRow, foundOf } from '../../lib/findings.ts';
import { fetchDownload } from '../../lib/platform.ts';
import { useUi } from '../app/ui.ts';
import { useArrange } from '../blobs/arrange.ts';
import { useBlobs } from '../blobs/blobs.ts';
import { useIntake } from '../blobs/intake.ts';
import { useSelection } from '../blobs/selection.ts';
import { useDraft } from '../runs/draft.ts';

type Members = RequestInput<(typeof requests)['audit']['members']>['of'];
export type TriedRules = ReplyValue<(typeof requests)['audit']['tryRules']>;
const TABS = ['overview', 'findings', 'deletion', 'git', 'rules', 'campaign', 'history'] as const;
export type AuditTab = (typeof TABS)[number];

/** Whether a value names a tab of the audit. */
export const isAuditTab = (value: unknown): value is AuditTab => TABS.some((tab) => tab === value);

const PAGE = 20_000;
const FINDINGS_PAGE = 5000;

interface AuditStore {
  readonly tab: AuditTab;
  readonly summary: AuditSummary | null;
  readonly findings: readonly AuditFinding[];
  readonly status: 'idle' | 'loading' | 'ready' | 'failed';
  readonly fault: Fault | null;
  readonly rules: ReplyValue<(typeof requests)['audit']['rules']>;
  /** The answer to "what breaks if I delete this key?" and what was asked. */
  readonly deletion: DeletionImpact | null;
  readonly deletionKey: string;
  /** The answer to "may this key be deleted?"; null while it is being made for `gateKey`. */
  readonly gate: DeletionGate | null;
  readonly gateKey: string;
  readonly verdict: HistoryVerdict | null;
  /** Whether git history is searched, and what was found; null before that is known. */
  readonly gitHistory: {
    readonly on: boolean;
    readonly reading: boolean;
    readonly history: GitHistory | null;
  };
  /** What is being waited for, in words; shown when it takes long. */
  readonly waits: readonly string[];
  /** Whether the findings were looked at since this window opened. */
  readonly sawFindings: boolean;
  showTab(tab: AuditTab): void;
  load(): Promise<void>;
  /** Fetches again what is on screen, if any of it is. */
  refresh(): void;
  /** Asks KMS again about every key that it was asked about. */
  askKeys(): Promise<void>;
  /** Asks KMS about the keys that it was not asked about. */
  askRest(): Promise<void>;
  /** Shows the blobs behind a bar or a finding in the table. */
  showBlobs(of: Members, label: string): Promise<void>;
  /** Selects the blobs of a finding that can be re-encrypted and opens the sheet. */
  reencrypt(of: Members): Promise<void>;
  suppress(ids: readonly string[], reason: string, until: string): Promise<void>;
  unsuppress(id: string): Promise<void>;
  setRules(text: string | null, name: string | null): Promise<void>;
  /** Rules that are being written; null: none. */
  readonly rulesDraft: string | null;
  setRulesDraft(text: string | null): void;
  tryRules(text: string): Promise<TriedRules>;
  /** Hands rules to the person as a file; throws a PageFault where they do not read as rules. */
  saveRules(text: string): Promise<void>;
  askDeletion(key: string): Promise<void>;
  askGate(key: string): Promise<void>;
  /** Turns the search of git history on or off, and reads it where it is on. */
  loadGitHistory(on: boolean): Promise<void>;
  verify(): Promise<void>;
  /** Makes a report and hands it to the person. */
  exportReport(subject: ReportSubject, format: ReportFormat): Promise<void>;
}

/** The load that is under way, and the one that begins after it: what is reported meanwhile may be newer than its answers. */
let loading: Promise<void> | null = null;
let next: Promise<void> | null = null;

function begin(): Promise<void> {
  next = null;
  loading = fetchAll().finally(() => {
    if (next === null) loading = null;
  });
  return loading;
}

/** Fetches what is on screen and shows it, also where it is out of date by then: changes may come faster than answers. */
async function fetchAll(): Promise<void> {
  const { setState: set, getState: get } = useAudit;
  if (get().summary === null) set({ status: 'loading', fault: null });
  try {
    const summary = await during('Counting', call(bridge().audit.summary({})));
    const findings = await allFindings();
    const rules = await call(bridge().audit.rules({}));
    set({ summary, findings, rules, status: 'ready', fault: null });
    useBlobs.getState().setFound(await rowFindings());
  } catch (error) {
    set({ status: 'failed', fault: pageFaultOf(error) });
  }
}

async function membersOf(of: Members): Promise<string[]> {
  const ids: string[] = [];
  for (;;) {
    const page = await call(bridge().audit.members({ of, offset: ids.length, limit: PAGE }));
    ids.push(...page.blobIds);
    if (page.blobIds.length === 0 || ids.length >= page.total) return ids;
  }
}

/** Every finding: what is counted and searched on the screen is all of them. */
async function allFindings(): Promise<AuditFinding[]> {
  const all: AuditFinding[] = [];
  for (;;) {
    const page = await call(bridge().audit.findings({ offset: all.length, limit: FINDINGS_PAGE }));
    all.push(...page.findings);
    if (page.findings.length === 0 || all.length >= page.total) return all;
  }
}

const ROWS = 20_000;

/** What the audit found of each blob beyond its file, by the blob's id. */
async function rowFindings(): Promise<ReadonlyMap<string, FoundOfRow>> {
  const found = new Map<string, FoundOfRow>();
  for (;;) {
    const page = await call(bridge().audit.rowFindings({ offset: found.size, limit: ROWS }));
    // Rows of the same findings share one value: most have those of their key.
    const shared = new Map<string, FoundOfRow>();
    for (const { blobId, of } of page.rows) {
      const name = of.join();
      const known = shared.get(name) ?? foundOf(of.flatMap((place) => page.findings[place] ?? []));
      shared.set(name, known);
      found.set(blobId, known);
    }
    if (page.rows.length === 0 || found.size >= page.total) return found;
  }
}

/** Says what is waited for until it is there. */
async function during<T>(words: string, work: Promise<T>): Promise<T> {
  useAudit.setState(({ waits }) => ({ waits: [...waits, words] }));
  try {
    return await work;
  } finally {
    useAudit.setState(({ waits }) => {
      const at = waits.indexOf(words);
      return { waits: waits.filter((_, i) => i !== at) };
    });
  }
}

async function asked(how: { refresh: boolean; all: boolean }): Promise<void> {
  try {
    await call(bridge().audit.askKeys(how));
    await useAudit.getState().load();
  } catch (error) {
    useUi.getState().complain(pageFaultOf(error));
  }
}

/** What the host counted and judged of the list, and what it wrote down. */
export const useAudit = create<AuditStore>()((set, get) => ({
  tab: 'overview',
  summary: null,
  findings: [],
  status: 'idle',
  fault: null,
  rules: { text: null, name: null, problem: null },
  deletion: null,
  deletionKey: '',
  gate: null,
  gateKey: '',
  verdict: null,
  gitHistory: { on: false, reading: false, history: null },
  waits: [],
  sawFindings: false,
  showTab: (tab) => set(tab === 'findings' ? { tab, sawFindings: true } : { tab }),
  load() {
    if (loading === null) return begin();
    next ??= loading.then(begin);
    return next;
  },
  refresh() {
    // Also while the first answer is under way: it may be older than what is reported now.
    if (get().status !== 'idle') void get().load();
  },
  askKeys: () => asked({ refresh: true, all: false }),
  askRest: () => asked({ refresh: false, all: true }),
  async showBlobs(of, label) {
    try {
      const ids = await during('Finding the blobs', membersOf(of));
      useArrange.getState().setOnly({ label, ids: new Set(ids) });
      useUi.getState().showFrom('blobs', { view: useUi.getState().view, name: 'Audit' });
    } catch (error) {
      useUi.getState().complain(pageFaultOf(error));
    }
  },
  async reencrypt(of) {
    try {
      const ids = await during('Finding the blobs', membersOf(of));
      const { byId } = useBlobs.getState();
      const rows = ids.flatMap((id) => byId.get(id) ?? []);
      useSelection.getState().selectOnly(ids.filter((id) => byId.get(id)?.identification.reencryptable));
      useDraft.getState().openFor(rows);
    } catch (error) {
      useUi.getState().complain(pageFaultOf(error));
    }
  },
  async suppress(ids, reason, until) {
    const all = async (): Promise<void> => {
      for (const id of ids) await call(bridge().audit.suppress({ id, reason, until }));
    };
    // What was suppressed before one failed shows as such.
    await during('Suppressing', all()).catch(async (error: unknown) => {
      await get().load();
      throw error;
    });
    await get().load();
  },
  async unsuppress(id) {
    try {
      await during('Counting', call(bridge().audit.unsuppress({ id })));
      await get().load();
    } catch (error) {
      useUi.getState().complain(pageFaultOf(error));
    }
  },
  async setRules(text, name) {
    await during('Judging by the rules', call(bridge().audit.setRules({ text, name })));
    await get().load();
  },
  rulesDraft: null,
  setRulesDraft: (rulesDraft) => set({ rulesDraft }),
  tryRules: (text) => during('Trying the rules', call(bridge().audit.tryRules({ text }))),
  async saveRules(text) {
    const { url, name, saved } = await call(bridge().audit.saveText({ kind: 'rules', text }));
    if (url !== null) fetchDownload(url, name);
    if (saved) useUi.getState().toast(`Saved ${name}`);
  },
  async askDeletion(key) {
    set({ deletionKey: key });
    try {
      const deletion = await call(bridge().audit.deletion({ key }));
      if (get().deletionKey === key) set({ deletion });
    } catch (error) {
      useUi.getState().complain(pageFaultOf(error));
    }
  },
  async askGate(key) {
    set({ gateKey: key, gate: null });
    try {
      const gate = await during('Reading history and asking KMS', call(bridge().audit.deletionGate({ key })));
      if (get().gateKey === key) set({ gate });
      // Its dry runs named keys: the answer above it counts them, too.
      if (get().deletionKey === key) await get().askDeletion(key);
    } catch (error) {
      if (get().gateKey === key) set({ gateKey: '' });
      useUi.getState().complain(pageFaultOf(error));
    }
  },
  async loadGitHistory(on) {
    set(({ gitHistory }) => ({ gitHistory: { ...gitHistory, on, reading: on } }));
    try {
      const { history } = await call(bridge().audit.gitHistory({ on }));
      if (get().gitHistory.on === on) set({ gitHistory: { on, reading: false, history } });
    } catch (error) {
      set({ gitHistory: { on: false, reading: false, history: null } });
      useUi.getState().complain(pageFaultOf(error));
    }
  },
  async verify() {
    try {
      set({ verdict: null });
      const verdict = await during('Checking each link', call(bridge().history.verify({ expected: null })));
      set({ verdict });
    } catch (error) {
      useUi.getState().complain(pageFaultOf(error));
    }
  },
  async exportReport(subject, format) {
    try {
      const { url, name, saved } = await during(
        'Making the report',
        call(bridge().audit.export({ subject, format })),
      );
      if (url !== null) fetchDownload(url, name);
      if (saved) useUi.getState().toast(`Saved ${name}`);
    } catch (error) {
      useUi.getState().complain(pageFaultOf(error));
    }
  },
}));

/** Words of a filter that an audit bar makes. */
export const filterLabel = (facet: Facet, words: string, label: string): string =>
  facet === 'key' || facet === 'alias' ? label : `${words}: ${label}`;

/** Whether the list still grows: files are being read, or the counts are of a list that was. */
export function useReading(): boolean {
  const progress = useIntake((state) => state.progress);
  const counted = useAudit((state) => state.summary?.coverage.reading === true);
  return progress !== null || counted;
}
