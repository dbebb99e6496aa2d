import { kindOf } from '#shared/connection-kind.ts';
import type { AuditKey, NotAsked } from '#shared/model/audit.ts';
import type { KeyLookup, KmsCaller } from '../../core/audit/index.ts';
import { type KmsKeyFacts, readKeyName } from '../../core/key-material/index.ts';
import type { Connection } from '../connection/index.ts';
import { toFault } from '../faults.ts';
import type { HistoryRecorder } from '../history/index.ts';
import { type Answer, askKey, canAsk, listedKey } from './audit-keys.ts';

/** Most keys KMS is asked about by itself: those with most blobs come first. */
const MOST_ASKED = 200;
/** Most keys that were not asked about which are named. */
const MOST_NAMED = 200;
/** The audit is made anew with the answers this often at most, milliseconds. */
const REPORT_MS = 1500;

/** A key that protects blobs, by the name it is known by. */
export interface NamedKey {
  readonly label: string;
  readonly blobs: number;
}

interface AskingParts {
  readonly connection: Connection;
  readonly recorder: HistoryRecorder;
  /** Keys that protect blobs, those with most blobs first. */
  readonly names: () => readonly NamedKey[];
  /** KMS answered more: what was made of its answers is stale. */
  readonly stale: () => void;
  /** Called while it asks, and with 0 when it has asked. */
  readonly changed: (asking: number) => void;
}

/** KMS's answers about the keys that protect blobs: asked in the background, on one connection. */
export class Asking {
  readonly #parts: AskingParts;
  /** By name; null where KMS did not answer. */
  readonly #answers = new Map<string, Answer | null>();
  /** Names KMS was asked about; answers are kept by other names, too. */
  readonly #asked = new Set<string>();
  #gaps: string[] = [];
  readonly #listed = new Map<string, AuditKey>();
  /** The connection of the answers. */
  #on = '';
  #asking = 0;
  /** Asks about every key, however many there are: a person asked for it. */
  #all = false;
  #round: Promise<void> | null = null;
  #closed = false;

  constructor(parts: AskingParts) {
    this.#parts = parts;
  }

  /** Keys KMS is still being asked about. */
  get asking(): number {
    return this.#asking;
  }

  get asked(): number {
    return this.#asked.size;
  }

  /** What KMS did not answer: of the list, of single keys, and of how many keys the same was refused. */
  get gaps(): string[] {
    const refused = new Map<string, Set<string>>();
    for (const answer of this.#answers.values())
      if (answer !== null && answer !== 'gone')
        // Nothing of an audit hangs on tags.
        for (const gap of answer.gaps)
          if (!gap.startsWith('ListResourceTags'))
            refused.set(gap, (refused.get(gap) ?? new Set()).add(answer.arn));
    return [
      ...this.#gaps,
      ...[...refused].map(([gap, keys]) => {
        const [first = ''] = keys;
        if (keys.size > 1) return `${gap} (${keys.size} keys)`;
        return gap.includes(first) ? gap : `${gap} (${first})`;
      }),
    ].sort();
  }

  /** Who asks; null without a connection. */
  get caller(): KmsCaller | null {
    const { status, identity, region, choice } = this.#parts.connection.state;
    return status !== 'ready' || identity === null || region === null
      ? null
      : {
          arn: identity.arn,
          account: identity.account,
          region,
          connection: this.#parts.connection.describe(),
          practice: kindOf(choice).practice,
        };
  }

  /** Names the connection of the answers. Answers of another are forgotten. */
  on(): string {
    const { caller } = this;
    const on = caller === null ? '' : `${caller.arn} ${caller.region} ${this.#parts.connection.describe()}`;
    if (on !== this.#on) {
      this.#on = on;
      this.#all = false;
      this.forget();
    }
    return on;
  }

  readonly book: KeyLookup = (written) => {
    const name = readKeyName(written).plain;
    const asked = this.#answers.get(name);
    if (asked !== undefined && asked !== null) return asked;
    const listed = this.#listed.get(name) ?? null;
    return listed === null ? null : (this.#answers.get(listed.arn) ?? listed);
  };

  /** Keys as KMS described them: what ties names to keys. */
  get facts(): KmsKeyFacts[] {
    const keys = new Map<string, KmsKeyFacts>();
    for (const key of this.#listed.values()) keys.set(key.arn, key);
    for (const answer of this.#answers.values())
      if (answer !== null && answer !== 'gone') keys.set(answer.arn, answer);
    return [...keys.values()];
  }

  /** Keys that KMS was not asked about, and could not be on this connection. */
  notAsked(): NotAsked {
    const { caller } = this;
    const left: NotAsked = { keys: 0, blobs: 0, names: [], elsewhere: [] };
    if (caller === null) return left;
    // Those that wait to be asked by themselves are no gap.
    const waiting = new Set(this.#toAsk());
    const elsewhere = new Map<string | null, { region: string | null; keys: number; blobs: number }>();
    for (const { label, blobs } of this.#parts.names()) {
      if (this.#answers.has(label) || waiting.has(label)) continue;
      if (canAsk(label, caller)) {
        left.keys += 1;
        left.blobs += blobs;
        if (left.names.length < MOST_NAMED) left.names.push({ name: label, blobs });
      } else {
        const { region } = readKeyName(label);
        const there = elsewhere.get(region) ?? { region, keys: 0, blobs: 0 };
        there.keys += 1;
        there.blobs += blobs;
        elsewhere.set(region, there);
      }
    }
    return { ...left, elsewhere: [...elsewhere.values()].sort((a, b) => b.blobs - a.blobs) };
  }

  /** Begins to ask where a key is left to ask about. */
  begin(): void {
    if (!this.#closed && this.#round === null && this.#toAsk().length > 0) void this.ask().catch(() => null);
  }

  /** Asks about what is left and about one more; answers when KMS has answered. `all`: however many there are. */
  async ask(more: { also?: string | null; all?: boolean } = {}): Promise<void> {
    if (more.all === true) this.#all = true;
    while (this.#round !== null) await this.#round;
    this.#round = this.#askNow(more.also ?? null).finally(() => {
      this.#round = null;
      this.#asking = 0;
      this.#parts.changed(0);
    });
    return this.#round;
  }

  /** Asks no further key, and waits for the one that is being asked. */
  async stop(): Promise<void> {
    this.#closed = true;
    await this.#round?.catch(() => null);
  }

  forget(): void {
    this.#answers.clear();
    this.#asked.clear();
    this.#listed.clear();
    this.#gaps = [];
    this.#parts.stale();
  }

  /** Names that protect blobs and that KMS is asked about by itself, and was not yet. */
  #toAsk(): string[] {
    const { caller } = this;
    if (caller === null) return [];
    const left = this.#parts
      .names()
      .flatMap(({ label }) => (!this.#answers.has(label) && canAsk(label, caller) ? [label] : []));
    return this.#all ? left : left.slice(0, Math.max(0, MOST_ASKED - this.#asked.size));
  }

  async #askNow(name: string | null): Promise<void> {
    const { caller } = this;
    if (caller === null) return;
    const also = name === null ? null : readKeyName(name).plain;
    const on = this.#on;
    const wanted = (): string[] => [
      ...new Set([
        ...(also !== null && !this.#answers.has(also) && canAsk(also, caller) ? [also] : []),
        ...this.#toAsk(),
      ]),
    ];
    // The list can take long: what is shown meanwhile must not take silence for an answer.
    this.#asking = wanted().length;
    await this.#list();
    const names = wanted();
    if (names.length === 0) return;
    const kms = this.#parts.connection.kms();
    this.#asking = names.length;
    let reported = Date.now();
    let done = 0;
    try {
      for (const name of names) {
        const { answer, gap } = await askKey(kms, name, caller).catch((error: unknown) => ({
          answer: null,
          gap: `${name}: ${toFault(error).message}`,
        }));
        // Another connection was made meanwhile: its keys are others.
        if (on !== this.#on || this.#closed) return;
        done += 1;
        this.#asked.add(name);
        this.#answers.set(name, answer);
        if (answer !== null && answer !== 'gone') this.#answers.set(answer.arn, answer);
        if (gap !== null) this.#gaps.push(gap);
        this.#asking -= 1;
        if (Date.now() - reported < REPORT_MS) continue;
        reported = Date.now();
        this.#parts.stale();
        this.#parts.changed(this.#asking);
      }
    } finally {
      if (on === this.#on) this.#parts.stale();
      if (done > 0)
        this.#parts.recorder.note('keys-read', {
          outcome: 'asked KMS',
          detail: `${done === 1 ? '1 key' : `${done} keys`}: description, rotation, last use, policy, grants`,
        });
    }
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
    } catch (error) {
      this.#gaps.push(`ListKeys: ${toFault(error).message}`);
    }
    this.#parts.stale();
  }
}
