import { setImmediate as others } from 'node:timers/promises';
import type { HostHandlers, PageHandlers, ReplyValue } from '#shared/contract/api.ts';
import type { requests } from '#shared/contract/contract.ts';
import { plural } from '#shared/format.ts';
import type { AuditSummary, Facet } from '#shared/model/audit.ts';
import type { Finding } from '#shared/model/blob.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import type { GitHistory } from '#shared/model/git-history.ts';
import {
  type Audit,
  type AuditRules,
  type AuditSnapshot,
  type Columns,
  type Counted,
  columnsOf,
  countAudit,
  deletionImpact,
  type FoundFinding,
  facetMembers,
  finishAudit,
  isListed,
  makeSnapshot,
  type PlaceInFile,
  readRules,
  Suppressions,
  suppressionMembers,
  touchedBy,
} from '../../core/audit/index.ts';
import { campaignSnapshot, readCampaign } from '../../core/campaign/index.ts';
import type { KeyMaterialStore } from '../../core/key-material/index.ts';
import type { Connection } from '../connection/index.ts';
import { notHere } from '../faults.ts';
import type { HistoryRecorder } from '../history/index.ts';
import { type Blobs, ownFindings, type Workspace } from '../workspace/index.ts';
import { Asking, type NamedKey } from './audit-asking.ts';
import { RulesInUse } from './audit-rules.ts';
import { DeletionGates } from './deletion-gates.ts';
import { GitHistories } from './git-history.ts';
import { FindingsByRow } from './row-findings.ts';
import { textPositions } from './text-positions.ts';

const HOUR = 3_600_000;

interface AuditParts {
  readonly workspace: Workspace;
  readonly blobs: Blobs;
  readonly connection: Connection;
  readonly learned: KeyMaterialStore;
  readonly recorder: HistoryRecorder;
  readonly dataDir: string;
  readonly changed: (asking: number) => void;
}

/** What members are asked of. */
type MembersOf =
  | { by: 'facet'; facet: Facet; value: string }
  | { by: 'finding'; id: string }
  | { by: 'deletion'; key: string; known: boolean };

/** What the list alone decides. */
interface Listed {
  readonly of: ReturnType<Blobs['audited']>;
  readonly snapshot: AuditSnapshot;
}

/** The audit as it was last made, and from what. */
interface Made {
  readonly stamp: string;
  readonly listed: Listed;
  readonly counted: Counted;
  readonly audit: Audit;
}

/** An audit with the places of its blobs in their files: what a report is made from while the list goes on changing. */
interface Held {
  readonly audit: Audit;
  /** Byte range of a row's blob in its file, which is null where it stands inside an encoded value, and where it begins in the text. */
  placeOf(index: number): PlaceInFile;
  /** Reads files again for the lines and columns of their blobs, which {@link placeOf} then has. */
  locate(): Promise<void>;
  /** Findings of a row in their own words. */
  findingsOf(index: number): readonly Finding[];
}

/**
 * The audit of the list: each part made once for each change of what it is made from, answered from many times. The
 * columns follow the rows; counts and findings follow keys and rules; only the last step follows suppressions.
 */
export class AuditService {
  readonly #parts: AuditParts;
  readonly #suppressions: Suppressions;
  readonly #rules: RulesInUse;
  readonly #asking: Asking;
  readonly #gitHistories: GitHistories;
  readonly #gates: DeletionGates;
  readonly #byRow = new FindingsByRow();
  #columns: Columns | null = null;
  #listed: Listed | null = null;
  #made: Made | null = null;
  #names: { of: Counted; names: readonly NamedKey[] } | null = null;
  #members: { audit: Audit; of: string; ids: readonly string[] } | null = null;
  #closed = false;
  /** Counts what makes an audit stale beside the list itself. */
  #version = 0;

  constructor(parts: AuditParts) {
    this.#parts = parts;
    this.#gitHistories = new GitHistories(parts);
    this.#suppressions = new Suppressions(parts.dataDir);
    this.#rules = new RulesInUse(parts.dataDir);
    this.#asking = new Asking({
      connection: parts.connection,
      recorder: parts.recorder,
      names: () => this.#namedKeys(),
      stale: () => {
        this.#version += 1;
        parts.blobs.hear(this.#asking.facts);
      },
      changed: parts.changed,
    });
    this.#gates = new DeletionGates({
      ...parts,
      gitHistories: this.#gitHistories,
      audit: () => this.audit,
      asked: () => this.asked,
      askKeys: async (also) => {
        for (const key of also) await this.askKeys(false, { also: key, all: true });
      },
      changed: () => parts.workspace.touch(),
      isClosed: () => this.#closed,
    });
  }

  readonly requests: PageHandlers['audit'] = {
    summary: async () => {
      await this.prepare();
      return this.summary();
    },
    findings: async ({ offset, limit }) => {
      const { findings } = this.audit;
      return { total: findings.length, findings: findings.slice(offset, offset + limit) };
    },
    members: async ({ of, offset, limit }) => {
      const all = this.#memberIds(of);
      return { total: all.length, blobIds: all.slice(offset, offset + limit) };
    },
    rowFindings: async ({ offset, limit }) => this.#byRow.page(this.audit, offset, limit),
    deletion: async ({ key }) => {
      await this.askKeys(false, { also: key });
      return deletionImpact(this.audit, key);
    },
    deletionGate: ({ key }) => this.#gates.answer([key], []),
    askKeys: ({ refresh, all }) => this.askKeys(refresh, { all }),
    suppress: async ({ id, reason, until }) => {
      this.#suppress(id, reason, until);
      return {};
    },
    unsuppress: async ({ id }) => {
      this.#unsuppress(id);
      return {};
    },
    gitHistory: async ({ on }) => ({ history: await this.#gitHistories.use(on) }),
    rules: async () => this.rules(),
    tryRules: async ({ text }) => this.tryRules(text),
    setRules: async ({ text, name }) => {
      this.#setRules(text, name, true);
      return this.rules();
    },
    export: () => notHere('hand out reports'),
  };

  readonly hostRequests: Pick<HostHandlers['audit'], 'useRules' | 'deletionGates' | 'campaign'> = {
    useRules: async ({ text, name }) => {
      this.#setRules(text, name, false);
      return {};
    },
    deletionGates: ({ keys, nameless }) => this.#gates.answer(keys, nameless),
    campaign: async ({ text }) => {
      await this.prepare();
      const { files, skipped } = this.#parts.workspace.coverage;
      const cover = {
        read: files.read,
        // What git keeps beside the files is no part of a campaign: its history cannot be changed.
        skipped: skipped.reduce((sum, { code, count }) => sum + (code === 'git' ? 0 : count), 0),
      };
      return campaignSnapshot(readCampaign(text), this.audit, cover, Date.now(), () => others());
    },
  };

  close(): void {
    this.#suppressions.close();
  }

  /** Asks no further key, and waits for the one that is being asked. */
  stop(): Promise<void> {
    this.#closed = true;
    return this.#asking.stop();
  }

  /** Looks at what changed of the list in turns with everybody else, so that what is asked next is answered sooner. */
  async prepare(): Promise<void> {
    await this.#parts.blobs.prepare();
    const before = this.#listed;
    const view = this.#parts.blobs.audited();
    if (before?.of === view) return;
    this.#columns = columnsOf(view.rows, this.#columns);
    await new Promise(setImmediate);
    if (this.#list() !== before) await new Promise(setImmediate);
  }

  summary(): AuditSummary {
    const { audit } = this.#now();
    this.#asking.begin();
    return { ...audit.summary, asking: this.#asking.asking, ...this.asked };
  }

  /** How far was looked, in the files and at KMS. */
  get asked(): Pick<AuditSummary, 'gaps' | 'notAsked' | 'coverage'> {
    return {
      coverage: this.#parts.workspace.coverage,
      gaps: this.#asking.gaps,
      notAsked: this.#asking.notAsked(),
    };
  }

  /** What stands in the git history of the list; null where that is not asked for. */
  gitHistory(): Promise<GitHistory | null> {
    return this.#gitHistories.current();
  }

  get audit(): Audit {
    return this.#now().audit;
  }

  /** Absolute paths that were asked for. */
  get paths(): readonly string[] {
    return this.#parts.workspace.asked;
  }

  hold(): Held {
    const { audit, listed } = this.#now();
    const { entry, across } = listed.of;
    let positions: Awaited<ReturnType<typeof textPositions>> = new Map();
    return {
      audit,
      findingsOf: (index) => {
        const of = entry(index);
        return of === undefined ? [] : [...ownFindings(of.source, of.found), ...across(index)];
      },
      placeOf: (index) => {
        const found = entry(index)?.found;
        const text = positions.get(index) ?? null;
        if (found === undefined || found.within !== undefined) return { bytes: null, text };
        return { bytes: { start: found.range.start, length: found.range.end - found.range.start }, text };
      },
      locate: async () => {
        positions = await textPositions(listed.of.rows.length, entry);
      },
    };
  }

  /** Ids of the blobs behind a bar, a finding or a deletion; the last answer is kept, since it is taken in parts. */
  #memberIds(of: MembersOf): readonly string[] {
    const { audit } = this;
    const name = JSON.stringify(of);
    if (this.#members?.audit === audit && this.#members.of === name) return this.#members.ids;
    const { rows } = audit.input.snapshot.columns;
    const indexes =
      of.by === 'facet'
        ? facetMembers(audit, of.facet, of.value)
        : of.by === 'finding'
          ? this.#finding(of.id).indexes
          : deletionRows(audit, of.key, of.known);
    const ids = Array.from(indexes, (index) => rows[index]?.id ?? '');
    this.#members = { audit, of: name, ids };
    return ids;
  }

  /** Asks KMS of the keys that protect blobs (with `all` however many) and of one more; answers when KMS has answered. */
  async askKeys(
    refresh: boolean,
    more: { also?: string; all?: boolean } = {},
  ): Promise<{ asked: number; gaps: string[] }> {
    if (refresh) this.#asking.forget();
    this.#now();
    await this.#asking.ask(more);
    return { asked: this.#asking.asked, gaps: this.#asking.gaps };
  }

  #suppress(id: string, reason: string, until: string): void {
    const finding = this.#finding(id);
    if (Date.parse(until) + 24 * HOUR <= Date.now())
      throw new FaultError(
        fault(
          'BadExpiry',
          'That date has passed.',
          '',
          'Choose a date from today on, when the finding counts again.',
        ),
      );
    if (finding.suppressed !== null)
      throw new FaultError(
        fault('AlreadySuppressed', 'This finding is suppressed already.', finding.suppressed.reason, ''),
      );
    const own = suppressionMembers(this.audit, finding);
    const before = this.#suppressions.all().get(id)?.members ?? [];
    this.#suppressions.put(id, reason, until, own === null ? null : [...own, ...before]);
    this.#parts.recorder.note('suppressed', {
      outcome: 'suppressed',
      detail: `${finding.code} (${plural(finding.blobs, 'blob')}) until ${until}: ${reason}`,
      sourceKey: finding.keyArn,
    });
    this.#judgeAgain();
  }

  #unsuppress(id: string): void {
    const finding = this.#finding(id);
    if (finding.suppressed?.where !== 'here')
      throw new FaultError(
        fault(
          'NotSuppressedHere',
          'This finding is not suppressed on this machine.',
          finding.suppressed === null ? '' : 'The rules file suppresses it.',
          'Take the entry out of the rules file.',
        ),
      );
    this.#suppressions.remove(id.split('~')[0] ?? id);
    this.#parts.recorder.note('unsuppressed', {
      outcome: 'counts again',
      detail: `${finding.code} (${plural(finding.blobs, 'blob')})`,
      sourceKey: finding.keyArn,
    });
    this.#judgeAgain();
  }

  /** What rules would find of the list as it is; they are not put to use. Throws FaultError `BadRules`. */
  tryRules(text: string): ReplyValue<(typeof requests)['audit']['tryRules']> {
    const rules = readRules(text);
    const counted = this.#count(this.#list(), rules, null);
    const { findings, summary } = finishAudit(counted, this.#suppressions.all());
    const broken = findings
      .filter(({ violation, suppressed }) => violation && suppressed === null)
      .sort((a, b) => b.blobs - a.blobs);
    return {
      violations: summary.violations ?? 0,
      unjudged: new Set(summary.unjudged.map(({ rule }) => rule)).size,
      broken: broken.slice(0, 50).map(({ title, blobs, files }) => ({ title, blobs, files })),
    };
  }

  /** `problem`: why the rules that an earlier start kept cannot be judged by. */
  rules(): { text: string | null; name: string | null; problem: string | null } {
    return this.#rules.state;
  }

  /** `keep`: for the next start, too. Throws FaultError `BadRules`. */
  #setRules(text: string | null, name: string | null, keep: boolean): void {
    this.#rules.use(text, name, keep);
    if (keep)
      this.#parts.recorder.note('rules-changed', {
        outcome: text === null ? 'taken out of use' : 'in use',
        detail: name ?? '',
      });
    this.#version += 1;
    this.#parts.changed(this.#asking.asking);
  }

  #finding(id: string): FoundFinding {
    const finding = this.audit.findings.find((each) => each.id === id);
    if (finding === undefined)
      throw new FaultError(
        fault(
          'FindingGone',
          'That finding is no longer there.',
          'The list or what KMS says has changed.',
          '',
        ),
      );
    return finding;
  }

  #now(): Made {
    const on = this.#asking.on();
    const listed = this.#list();
    const { of: view } = listed;
    const now = Date.now();
    const stamp = `${view.revision} ${this.#version} ${on} ${Math.floor(now / HOUR)}`;
    const before = this.#made;
    if (before?.stamp === stamp && before.listed === listed) return before;
    const counted = this.#count(listed, this.#rules.parsed, this.#rules.state.problem, now);
    this.#made = { stamp, listed, counted, audit: finishAudit(counted, this.#suppressions.all()) };
    return this.#made;
  }

  /** Counts the list and judges it by rules. `broken`: why rules that were kept cannot be used. */
  #count(listed: Listed, rules: AuditRules | null, broken: string | null, now = Date.now()): Counted {
    const { of: view, snapshot } = listed;
    return countAudit({
      snapshot,
      evidence: view.evidence,
      book: this.#asking.book,
      references: (name) => this.#parts.workspace.references(name, view.evidence.names),
      caller: this.#asking.caller,
      rules,
      brokenRules: broken,
      now,
      revision: view.revision,
    });
  }

  #list(): Listed {
    const view = this.#parts.blobs.audited();
    const before = this.#listed;
    if (before?.of === view) return before;
    const { rows, across, entry } = view;
    const snapshot = makeSnapshot(
      {
        rows,
        // Most blobs have none, as their row says.
        findings: (index) => {
          const of = entry(index);
          if (of === undefined || rows[index]?.findings.length === 0) return [];
          return [...ownFindings(of.source, of.found), ...across(index)];
        },
        alsoOpens: (index) => entry(index)?.found ?? {},
        bareFiles: this.#parts.workspace.filesWithoutBlobs(),
      },
      this.#columns,
    );
    this.#columns = snapshot.columns;
    this.#listed = { of: view, snapshot };
    return this.#listed;
  }

  #namedKeys(): readonly NamedKey[] {
    const { counted } = this.#now();
    if (this.#names?.of === counted) return this.#names.names;
    const blobs = new Map<string, number>();
    counted.input.snapshot.columns.cohorts.forEach(({ size }, cohort) => {
      const label = counted.subjects[cohort]?.label ?? null;
      if (label !== null) blobs.set(label, (blobs.get(label) ?? 0) + size);
    });
    const names = [...blobs]
      .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
      .map(([label, count]) => ({ label, blobs: count }));
    this.#names = { of: counted, names };
    return names;
  }

  /** Suppressions changed, and nothing that was counted. */
  #judgeAgain(): void {
    const made = this.#made;
    if (made !== null) this.#made = { ...made, audit: finishAudit(made.counted, this.#suppressions.all()) };
    this.#parts.changed(this.#asking.asking);
  }
}

function deletionRows(audit: Audit, key: string, known: boolean): number[] {
  const { rows } = touchedBy(audit, key);
  return rows.flatMap(({ index, under }) => (isListed(under) === known ? [index] : []));
}
