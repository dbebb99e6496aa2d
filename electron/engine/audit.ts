import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { AuditFinding, AuditKey, AuditSummary, DeletionImpact, Facet } from '#shared/model/audit.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import {
  type Audit,
  type Caller,
  type Counted,
  countAudit,
  deletionImpact,
  type Found,
  facetMembers,
  finishAudit,
  type KeyBook,
  type Rules,
  readRules,
  Suppressions,
  suppressionMembers,
  touchedBy,
} from '../audit/index.ts';
import { toFault } from '../bridge/index.ts';
import { type Answer, askKey, canAsk, listedKey } from './audit-keys.ts';
import type { Blobs } from './blobs.ts';
import type { Connection } from './connection.ts';
import type { Entry } from './source.ts';
import type { Witness } from './witness.ts';
import type { Workspace } from './workspace.ts';

/** Most keys KMS is asked about: those with most blobs come first. */
const MOST_ASKED = 200;
/** The page is told of progress this often at most, milliseconds. */
const TELL_MS = 1500;

const KeptRules = z.object({ text: z.string(), name: z.string().nullable() });

interface RulesInUse {
  readonly text: string;
  readonly name: string | null;
  readonly parsed: Rules;
}

export interface AuditParts {
  readonly workspace: Workspace;
  readonly blobs: Blobs;
  readonly connection: Connection;
  readonly witness: Witness;
  readonly dataDir: string;
  readonly changed: (asking: number) => void;
}

/** The audit of the list: made once for each change, answered from many times. */
export class AuditRoom {
  readonly #parts: AuditParts;
  readonly #suppressions: Suppressions;
  readonly #rulesFile: string;
  #rules: RulesInUse | null;
  #cached: { stamp: string; counted: Counted; audit: Audit; entries: readonly Entry[] } | null = null;
  /** Counts what makes an audit stale beside the list itself. */
  #version = 0;
  /** What KMS said by name, on the connection that `#askedOn` names. */
  #answers = new Map<string, Answer | null>();
  #gaps: string[] = [];
  #listed = new Map<string, AuditKey>();
  #askedOn = '';
  #asking = 0;
  #round: Promise<void> | null = null;
  #closed = false;

  constructor(parts: AuditParts) {
    this.#parts = parts;
    this.#suppressions = new Suppressions(parts.dataDir);
    this.#rulesFile = join(parts.dataDir, 'rules.json');
    this.#rules = this.#keptRules();
  }

  close(): void {
    this.#suppressions.close();
  }

  /** Asks no further key, and waits for the one that is being asked. */
  async stop(): Promise<void> {
    this.#closed = true;
    await this.#round?.catch(() => null);
  }

  summary(): AuditSummary {
    const { audit } = this.#now();
    if (!this.#closed && this.#round === null && this.#toAsk().length > 0) void this.#ask().catch(() => null);
    return { ...audit.summary, asking: this.#asking, gaps: this.gaps };
  }

  get gaps(): string[] {
    return [...this.#gaps].sort();
  }

  get audit(): Audit {
    return this.#now().audit;
  }

  findings(offset: number, limit: number): { total: number; findings: AuditFinding[] } {
    const { findings } = this.audit;
    return { total: findings.length, findings: findings.slice(offset, offset + limit) };
  }

  members(
    of:
      | { by: 'facet'; facet: Facet; value: string }
      | { by: 'finding'; id: string }
      | { by: 'deletion'; key: string },
  ): string[] {
    const { audit } = this;
    const indexes =
      of.by === 'facet'
        ? facetMembers(audit, of.facet, of.value)
        : of.by === 'finding'
          ? this.#finding(of.id).indexes
          : deletionRows(audit, of.key);
    return indexes.flatMap((index) => audit.input.rows[index]?.id ?? []);
  }

  deletion(key: string): DeletionImpact {
    return deletionImpact(this.audit, key);
  }

  /** Asks KMS of every key that protects blobs and of one more; answers when it has told. */
  async askKeys(refresh: boolean, also: string | null = null): Promise<{ asked: number; gaps: string[] }> {
    if (refresh) this.#forget();
    this.#now();
    await this.#ask(also);
    return { asked: this.#answers.size, gaps: this.gaps };
  }

  suppress(id: string, reason: string, until: string): void {
    const finding = this.#finding(id);
    if (Date.parse(until) + 86_400_000 <= Date.now())
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
    const before = this.#suppressions.all().get(id)?.members ?? null;
    this.#suppressions.put(id, reason, until, own === null ? null : [...own, ...(before ?? [])]);
    this.#parts.witness.note('suppressed', {
      outcome: 'suppressed',
      detail: `${finding.code} (${finding.blobs} blobs) until ${until}: ${reason}`,
      sourceKey: finding.keyArn,
    });
    this.#judgeAgain();
  }

  unsuppress(id: string): void {
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
    this.#parts.witness.note('unsuppressed', {
      outcome: 'counts again',
      detail: `${finding.code} (${finding.blobs} blobs)`,
      sourceKey: finding.keyArn,
    });
    this.#judgeAgain();
  }

  rules(): { text: string | null; name: string | null } {
    return { text: this.#rules?.text ?? null, name: this.#rules?.name ?? null };
  }

  /** `keep`: for the next start, too. Throws FaultError `BadRules`. */
  setRules(text: string | null, name: string | null, keep: boolean): void {
    this.#rules = text === null ? null : { text, name, parsed: readRules(text) };
    if (keep) {
      this.#keepRules();
      this.#parts.witness.note('rules-changed', {
        outcome: text === null ? 'taken out of use' : 'in use',
        detail: name ?? '',
      });
    }
    this.#stale();
  }

  /** Byte range of a row's blob in its file; null where it stands inside an encoded value. */
  rangeOf(index: number): { start: number; length: number } | null {
    const found = this.#now().entries[index]?.found;
    if (found === undefined || found.within !== undefined) return null;
    return { start: found.range.start, length: found.range.end - found.range.start };
  }

  #finding(id: string): Found {
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

  #caller(): Caller | null {
    const { status, identity, region } = this.#parts.connection.state;
    return status !== 'ready' || identity === null || region === null
      ? null
      : { arn: identity.arn, account: identity.account, region };
  }

  #now(): { audit: Audit; entries: readonly Entry[] } {
    const caller = this.#caller();
    const on = caller === null ? '' : `${caller.arn} ${caller.region} ${this.#parts.connection.describe()}`;
    if (on !== this.#askedOn) {
      this.#askedOn = on;
      this.#forget();
    }
    const { revision, rows, clusters, across } = this.#parts.blobs.audited();
    const now = Date.now();
    const stamp = `${revision} ${this.#version} ${on} ${Math.floor(now / 3_600_000)}`;
    if (this.#cached?.stamp === stamp && this.#cached.counted.input.rows === rows) return this.#cached;
    const entries = [...this.#parts.workspace.entries()];
    const counted = countAudit({
      rows,
      clusters,
      findings: function* (index) {
        const entry = entries[index];
        if (entry === undefined) return;
        yield* entry.source.scan.findings;
        yield* entry.found.findings;
        yield* across.get(entry.id) ?? [];
      },
      bareFiles: this.#parts.workspace.filesWithoutBlobs(),
      book: this.#book(),
      caller,
      rules: this.#rules?.parsed ?? null,
      suppressions: new Map(),
      now,
      revision,
    });
    this.#cached = { stamp, counted, audit: finishAudit(counted, this.#suppressions.all()), entries };
    return this.#cached;
  }

  #book(): KeyBook {
    return (name) => {
      const asked = this.#answers.get(name);
      if (asked !== undefined && asked !== null) return asked;
      const listed = this.#listed.get(name) ?? null;
      return listed === null ? null : (this.#answers.get(listed.arn) ?? listed);
    };
  }

  /** Names that protect blobs and that KMS was not asked about on this connection. */
  #toAsk(): string[] {
    const caller = this.#caller();
    if (caller === null) return [];
    const names = this.#now().audit.subjects.length === 0 ? [] : labels(this.#now().audit);
    return names
      .filter((name) => !this.#answers.has(name) && canAsk(name, caller))
      .slice(0, Math.max(0, MOST_ASKED - this.#answers.size));
  }

  async #ask(also: string | null = null): Promise<void> {
    while (this.#round !== null) await this.#round;
    this.#round = this.#askNow(also).finally(() => {
      this.#round = null;
      this.#asking = 0;
      this.#parts.changed(0);
    });
    return this.#round;
  }

  async #askNow(also: string | null): Promise<void> {
    const caller = this.#caller();
    if (caller === null) return;
    const on = this.#askedOn;
    await this.#list();
    const extra = also !== null && !this.#answers.has(also) && canAsk(also, caller) ? [also] : [];
    const names = [...new Set([...extra, ...this.#toAsk()])];
    if (names.length === 0) return;
    const kms = this.#parts.connection.kms();
    this.#asking = names.length;
    let told = Date.now();
    const told_ = (): void => {
      this.#stale();
      if (Date.now() - told < TELL_MS) return;
      told = Date.now();
      this.#parts.changed(this.#asking);
    };
    for (const name of names) {
      const { answer, gap } = await askKey(kms, name, caller).catch((error: unknown) => ({
        answer: null,
        gap: `${name}: ${toFault(error).message}`,
      }));
      // Another connection was made meanwhile: its keys are others.
      if (on !== this.#askedOn || this.#closed) return;
      this.#answers.set(name, answer);
      if (answer !== null && answer !== 'gone') this.#answers.set(answer.arn, answer);
      if (gap !== null) this.#gaps.push(gap);
      this.#asking -= 1;
      told_();
    }
    this.#parts.witness.note('keys-read', {
      outcome: 'asked KMS',
      detail: `${names.length === 1 ? '1 key' : `${names.length} keys`}: description, rotation, last use, policy`,
    });
  }

  /** The keys of the account, for aliases: they are listed once for each connection. */
  async #list(): Promise<void> {
    if (this.#listed.size > 0) return;
    try {
      const { keys, gaps } = await this.#parts.connection.keys(false);
      for (const info of keys) {
        const key = listedKey(info);
        for (const alias of key.aliases) {
          this.#listed.set(alias, key);
          this.#listed.set(key.arn.replace(/:key\/.*$/, `:${alias}`), key);
        }
        this.#listed.set(key.arn, key);
        this.#listed.set(key.keyId, key);
      }
      this.#gaps.push(...gaps);
      this.#stale();
    } catch (error) {
      this.#gaps.push(`ListKeys: ${toFault(error).message}`);
    }
  }

  #forget(): void {
    this.#answers.clear();
    this.#listed.clear();
    this.#gaps = [];
    this.#version += 1;
  }

  /** Suppressions changed, and nothing that was counted. */
  #judgeAgain(): void {
    if (this.#cached !== null)
      this.#cached = { ...this.#cached, audit: finishAudit(this.#cached.counted, this.#suppressions.all()) };
    this.#parts.changed(this.#asking);
  }

  #stale(): void {
    this.#version += 1;
    if (this.#round === null) this.#parts.changed(this.#asking);
  }

  #keptRules(): RulesInUse | null {
    try {
      const { text, name } = KeptRules.parse(JSON.parse(readFileSync(this.#rulesFile, 'utf8')));
      return { text, name, parsed: readRules(text) };
    } catch {
      // None kept, or an earlier form: there are no rules until a person names some.
      return null;
    }
  }

  #keepRules(): void {
    if (this.#rules === null) {
      rmSync(this.#rulesFile, { force: true });
      return;
    }
    const { text, name } = this.#rules;
    mkdirSync(this.#parts.dataDir, { recursive: true, mode: 0o700 });
    const temporary = `${this.#rulesFile}.${process.pid}.tmp`;
    writeFileSync(temporary, JSON.stringify({ text, name }), { mode: 0o600 });
    renameSync(temporary, this.#rulesFile);
  }
}

/** Labels of the keys that protect blobs, those with most blobs first. */
function labels({ subjects }: Audit): string[] {
  const counts = new Map<string, number>();
  for (const { label } of subjects) if (label !== null) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([label]) => label);
}

function deletionRows(audit: Audit, key: string): number[] {
  const { certain, declared } = touchedBy(audit, key);
  return [...certain, ...declared];
}
