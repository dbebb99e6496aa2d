import type { HostHandlers, PageHandlers, ReplyValue } from '#shared/contract/api.ts';
import type { requests } from '#shared/contract/contract.ts';
import { plural } from '#shared/format.ts';
import type { AuditSummary, Facet, RowFindings } from '#shared/model/audit.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import type { GitHistory } from '#shared/model/git-history.ts';
import {
  type Audit,
  deletionImpact,
  type FoundFinding,
  facetMembers,
  isListed,
  readRules,
  Suppressions,
  suppressionMembers,
  touchedBy,
} from '../../core/audit/index.ts';
import type { KeyMaterialStore } from '../../core/key-material/index.ts';
import type { Connection } from '../connection/index.ts';
import { notHere } from '../faults.ts';
import type { HistoryRecorder } from '../history/index.ts';
import type { Blobs, Workspace } from '../workspace/index.ts';
import { Asking } from './audit-asking.ts';
import { RulesInUse } from './audit-rules.ts';
import { Campaigns } from './campaigns.ts';
import { CurrentAudit, type Held } from './current-audit.ts';
import { DeletionGates } from './deletion-gates.ts';
import { GitHistories } from './git-history.ts';

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

/** What a person asks of the audit of the list: findings, what a deletion breaks, rules, suppressions. */
export class AuditService {
  readonly #parts: AuditParts;
  readonly #suppressions: Suppressions;
  readonly #rules: RulesInUse;
  readonly #asking: Asking;
  readonly #gitHistories: GitHistories;
  readonly #gates: DeletionGates;
  readonly #byRow = new FindingsByRow();
  readonly #current: CurrentAudit;
  #members: { audit: Audit; of: string; ids: readonly string[] } | null = null;
  #closed = false;

  constructor(parts: AuditParts) {
    this.#parts = parts;
    this.#gitHistories = new GitHistories(parts);
    this.#suppressions = new Suppressions(parts.dataDir);
    this.#rules = new RulesInUse(parts.dataDir);
    this.#asking = new Asking({
      connection: parts.connection,
      recorder: parts.recorder,
      names: () => this.#current.namedKeys(),
      stale: () => {
        this.#current.stale();
        parts.blobs.hear(this.#asking.facts);
      },
      changed: parts.changed,
    });
    this.#current = new CurrentAudit({
      ...parts,
      asking: this.#asking,
      rules: this.#rules,
      suppressions: this.#suppressions,
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

  readonly #campaigns = new Campaigns({
    audit: async () => {
      await this.#current.prepare();
      return this.audit;
    },
    coverage: () => this.#parts.workspace.coverage,
  });

  readonly requests: PageHandlers['audit'] = {
    summary: async () => {
      await this.#current.prepare();
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
    ...this.#campaigns.requests,
    export: () => notHere('hand out reports'),
    saveText: () => notHere('hand out files'),
  };

  readonly hostRequests: Pick<HostHandlers['audit'], 'useRules' | 'deletionGates' | 'campaign' | 'textFile'> =
    {
      useRules: async ({ text, name }) => {
        this.#setRules(text, name, false);
        return {};
      },
      deletionGates: ({ keys, nameless }) => this.#gates.answer(keys, nameless),
      ...this.#campaigns.hostRequests,
    };

  close(): void {
    this.#suppressions.close();
  }

  /** Asks no further key, and waits for the one that is being asked. */
  stop(): Promise<void> {
    this.#closed = true;
    return this.#asking.stop();
  }

  prepare(): Promise<void> {
    return this.#current.prepare();
  }

  summary(): AuditSummary {
    const { audit } = this;
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

  /** With the places of blobs in their files. */
  hold(): Held {
    return this.#current.hold();
  }

  get audit(): Audit {
    return this.#current.audit;
  }

  /** Absolute paths that were asked for. */
  get paths(): readonly string[] {
    return this.#parts.workspace.asked;
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
    this.#current.refresh();
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
    this.#current.judgeAgain();
    this.#parts.changed(this.#asking.asking);
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
    this.#current.judgeAgain();
    this.#parts.changed(this.#asking.asking);
  }

  /** What rules would find of the list as it is; they are not put to use. Throws FaultError `BadRules`. */
  tryRules(text: string): ReplyValue<(typeof requests)['audit']['tryRules']> {
    const rules = readRules(text);
    const {
      audit: { findings, summary },
      explained,
    } = this.#current.judgedBy(rules);
    const broken = findings
      .filter(({ violation, suppressed }) => violation && suppressed === null)
      .sort((a, b) => b.blobs - a.blobs);
    return {
      violations: summary.violations ?? 0,
      unjudged: new Set(summary.unjudged.map(({ rule }) => rule)).size,
      broken: broken.slice(0, 50).map(({ title, blobs, files }) => ({ title, blobs, files })),
      explained: explained.slice(0, 200),
      moreExplained: Math.max(0, explained.length - 200),
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
    this.#current.stale();
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
}

function deletionRows(audit: Audit, key: string, known: boolean): number[] {
  const { rows } = touchedBy(audit, key);
  return rows.flatMap(({ index, under }) => (isListed(under) === known ? [index] : []));
}

/** What an audit found of each blob beyond its file: made once for each audit, asked for in parts. */
class FindingsByRow {
  #made: {
    readonly audit: Audit;
    readonly findings: RowFindings['findings'];
    readonly rows: RowFindings['rows'];
  } | null = null;

  page(audit: Audit, offset: number, limit: number): RowFindings {
    if (this.#made?.audit !== audit) this.#made = { audit, ...byRow(audit) };
    const { findings, rows } = this.#made;
    return { total: rows.length, findings, rows: rows.slice(offset, offset + limit) };
  }
}

function byRow(audit: Audit): Pick<RowFindings, 'findings' | 'rows'> {
  const { rows } = audit.input.snapshot.columns;
  const found = audit.findings.filter(({ source, suppressed }) => source !== 'files' && suppressed === null);
  const of = new Map<number, number[]>();
  found.forEach(({ indexes }, place) => {
    for (let i = 0; i < indexes.length; i += 1) {
      const index = indexes[i] ?? 0;
      const known = of.get(index);
      if (known === undefined) of.set(index, [place]);
      else known.push(place);
    }
  });
  return {
    findings: found.map(({ id, code, severity }) => ({ id, code, severity })),
    rows: Array.from(of, ([index, places]) => ({ blobId: rows[index]?.id ?? '', of: places })),
  };
}
