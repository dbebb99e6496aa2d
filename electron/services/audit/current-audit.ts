import type { ExplainedRule } from '#shared/model/audit.ts';
import type { Finding } from '#shared/model/blob.ts';
import {
  type Audit,
  type AuditRules,
  type AuditSnapshot,
  type Columns,
  type Counted,
  countAudit,
  explainRules,
  finishAudit,
  makeSnapshot,
  type PlaceInFile,
  type Suppressions,
  snapshotInSteps,
} from '../../core/audit/index.ts';
import { Turns } from '../../core/limits/turns.ts';
import { type Blobs, ownFindings, type Workspace } from '../workspace/index.ts';
import type { Asking, NamedKey } from './audit-asking.ts';
import type { RulesInUse } from './audit-rules.ts';
import { textPositions } from './text-positions.ts';

const HOUR = 3_600_000;

interface CurrentParts {
  readonly workspace: Workspace;
  readonly blobs: Blobs;
  readonly asking: Asking;
  readonly rules: RulesInUse;
  readonly suppressions: Suppressions;
}

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
export interface Held {
  readonly audit: Audit;
  /** Byte range of a row's blob in its file, which is null where it stands inside an encoded value, and where it begins in the text. */
  placeOf(index: number): PlaceInFile;
  /** Reads files again for the lines and columns of their blobs, which {@link placeOf} then has. */
  locate(): Promise<void>;
  /** Findings of a row in their own words. */
  findingsOf(index: number): readonly Finding[];
}

/**
 * The audit of the list as it is: each part made once for each change of what it is made from, answered from many
 * times. The columns follow the rows; counts and findings follow keys and rules; only the last step follows
 * suppressions.
 */
export class CurrentAudit {
  readonly #parts: CurrentParts;
  #columns: Columns | null = null;
  #listed: Listed | null = null;
  #made: Made | null = null;
  #names: { of: Counted; names: readonly NamedKey[] } | null = null;
  /** Counts what makes an audit stale beside the list itself. */
  #version = 0;

  constructor(parts: CurrentParts) {
    this.#parts = parts;
  }

  get audit(): Audit {
    return this.#now().audit;
  }

  /** What KMS said, or the rules, changed. */
  stale(): void {
    this.#version += 1;
  }

  /** Counts again if anything changed, so that the keys to ask about are known. */
  refresh(): void {
    this.#now();
  }

  /** The list judged by rules that are not in use, and why each held or broke. */
  judgedBy(rules: AuditRules): { audit: Audit; explained: ExplainedRule[] } {
    const counted = this.#count(this.#list(), rules, null);
    const audit = finishAudit(counted, this.#parts.suppressions.all());
    return { audit, explained: explainRules(counted, audit.findings) };
  }

  /** Looks at what changed of the list in turns with other work, so that what is asked next is answered sooner. */
  async prepare(): Promise<void> {
    await this.#parts.blobs.prepare();
    const before = this.#listed;
    const view = this.#parts.blobs.audited();
    if (before?.of === view) return;
    const turns = new Turns();
    const steps = snapshotInSteps(this.#inputOf(view), this.#columns);
    for (;;) {
      const step = steps.next();
      if (step.done === true) {
        // What was asked meanwhile may have finished it, or changed the list.
        if (this.#listed === before && this.#parts.blobs.audited() === view) this.#keep(view, step.value);
        break;
      }
      if (turns.over) await turns.give();
    }
    if (this.#list() !== before) await new Promise(setImmediate);
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

  #now(): Made {
    const on = this.#parts.asking.on();
    const listed = this.#list();
    const { of: view } = listed;
    const now = Date.now();
    const stamp = `${view.revision} ${this.#version} ${on} ${Math.floor(now / HOUR)}`;
    const before = this.#made;
    if (before?.stamp === stamp && before.listed === listed) return before;
    const counted = this.#count(listed, this.#parts.rules.parsed, this.#parts.rules.state.problem, now);
    this.#made = { stamp, listed, counted, audit: finishAudit(counted, this.#parts.suppressions.all()) };
    return this.#made;
  }

  /** Counts the list and judges it by rules. `broken`: why rules that were kept cannot be used. */
  #count(listed: Listed, rules: AuditRules | null, broken: string | null, now = Date.now()): Counted {
    const { of: view, snapshot } = listed;
    return countAudit({
      snapshot,
      evidence: view.evidence,
      book: this.#parts.asking.book,
      references: (name) => this.#parts.workspace.references.to(name, view.evidence.names),
      caller: this.#parts.asking.caller,
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
    return this.#keep(view, makeSnapshot(this.#inputOf(view), this.#columns));
  }

  #keep(view: Listed['of'], snapshot: AuditSnapshot): Listed {
    this.#columns = snapshot.columns;
    this.#listed = { of: view, snapshot };
    return this.#listed;
  }

  #inputOf({ rows, across, entry }: Listed['of']): Parameters<typeof makeSnapshot>[0] {
    return {
      rows,
      // Most blobs have none, as their row says.
      findings: (index) => {
        const of = entry(index);
        if (of === undefined || rows[index]?.findings.length === 0) return [];
        return [...ownFindings(of.source, of.found), ...across(index)];
      },
      alsoOpens: (index) => entry(index)?.found ?? {},
      bareFiles: this.#parts.workspace.list.withoutBlobs(),
    };
  }

  namedKeys(): readonly NamedKey[] {
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
  judgeAgain(): void {
    const made = this.#made;
    if (made !== null)
      this.#made = { ...made, audit: finishAudit(made.counted, this.#parts.suppressions.all()) };
  }
}
