import type { HostHandlers, PageHandlers } from '#shared/contract/api.ts';
import type { BlobDetail, BlobRow, Finding } from '#shared/model/blob.ts';
import type { KeyConclusion, KeyGroup, KeyTimeline } from '#shared/model/key-group.ts';
import { decode } from '../../core/inspect/index.ts';
import type { Scan } from '../../core/intake/index.ts';
import {
  CrossBlobFindings,
  EvidenceModel,
  type EvidenceRow,
  type IndexedRow,
  type KeyEvidence,
  type KeyMaterialStore,
  type KmsKeyFacts,
  timelines,
} from '../../core/key-material/index.ts';
import { Turns } from '../../core/limits/turns.ts';
import { notHere } from '../faults.ts';
import { blobFile, blobRow, codesOf, highest, once, ownFindings } from './blob-row.ts';
import type { BlobEntry, ListedSource } from './source.ts';
import type { Workspace } from './workspace.ts';

/** Bytes of a blob that the inspector gets; the largest ciphertext KMS takes is 6,144. */
const INSPECT_LIMIT = 65_536;

/** Most ids of blobs that are gone which are remembered for pages that ask what changed. */
const GONE_LIMIT = 200_000;

/** Sources looked at, and rows listed, between looks at the clock. */
const A_FEW = 50;
const MANY = 1000;

/** Of a blob that is in no file of the list. */
const ELSEWHERE = { sourceId: '', file: 'git history' } as const;

/** A row as it was last listed, and what it was made from. */
interface ListedRow extends IndexedRow {
  readonly entry: BlobEntry;
  /** Made from the entry alone. */
  readonly row: BlobRow;
  index: number;
  /** With what other blobs say of it. */
  shown: BlobRow;
  /** Revision at which the row became what it is. */
  since: number;
}

/** Rows of a source, and what they were made from. */
interface Held {
  readonly entries: readonly BlobEntry[];
  readonly scan: Scan;
  readonly rows: readonly ListedRow[];
}

interface View {
  readonly revision: number;
  readonly rows: BlobRow[];
  /** Which key each row is under. */
  readonly evidence: EvidenceModel;
  /** What a row was made from. */
  readonly entry: (index: number) => BlobEntry | undefined;
  /** What other blobs and the date say of a row; to be asked before the list changes. */
  readonly across: (index: number) => readonly Finding[];
}

/**
 * What is shown of the workspace: rows, groups, one blob in full. Follows the workspace when asked; what did not change
 * is not looked at again.
 */
export class Blobs {
  #view: View | null = null;
  readonly #held = new Map<ListedSource, Held>();
  readonly #across = new CrossBlobFindings<ListedRow>();
  #listed: readonly ListedRow[] = [];
  /** Ids of blobs that went since the view was made. */
  #leaving: string[] = [];
  /** Ids of blobs that are gone, with the revision at which they went. */
  #gone: { readonly id: string; readonly at: number }[] = [];
  /** What changed before this revision is not known any more. */
  #horizon: number;
  #preparing: Promise<void> | null = null;
  /** The next view, while it is being made. */
  #making: Generator<void, void> | null = null;
  #changed: {
    readonly listed: readonly ListedRow[];
    readonly since: number;
    readonly rows: readonly ListedRow[];
  } | null = null;
  /** Ids of the blobs that the window has selected; of those that are gone, the window forgets them. */
  #selection: readonly string[] = [];
  /** Keys as KMS described them. */
  #kmsKeys: readonly KmsKeyFacts[] = [];
  readonly #workspace: Workspace;
  readonly #learned: KeyMaterialStore;

  readonly requests: PageHandlers['blobs'] = {
    list: async ({ offset, limit }) => {
      await this.prepare();
      return this.rows(offset, limit);
    },
    changes: async ({ since, offset, limit }) => {
      await this.prepare();
      return this.changes(since, offset, limit);
    },
    sources: async ({ offset, limit }) => this.#workspace.list.infos(offset, limit),
    inspect: async ({ blobId }) => this.inspect(blobId),
    reveal: () => notHere('show files in a file manager'),
    drag: () => notHere('drag files'),
    save: () => notHere('hand out files'),
    selection: async () => ({ blobIds: [...this.#selection] }),
    select: async ({ blobIds }) => {
      this.#selection = blobIds;
      return {};
    },
  };

  readonly hostRequests: HostHandlers['blobs'] = {
    places: async ({ offset, limit }) => ({ blobs: this.#workspace.list.places(offset, limit) }),
    pathOf: async ({ blobId }) => ({ path: this.#workspace.get(blobId).source.path }),
    file: async ({ blobId }) => blobFile(this.#workspace.get(blobId)),
  };

  constructor(workspace: Workspace, learned: KeyMaterialStore) {
    this.#workspace = workspace;
    this.#learned = learned;
    this.#horizon = workspace.revision;
  }

  /** Takes note of keys as KMS described them: all that are known now. */
  hear(kmsKeys: readonly KmsKeyFacts[]): void {
    if (sameFacts(this.#kmsKeys, kmsKeys)) return;
    this.#kmsKeys = kmsKeys;
    this.#workspace.touch();
  }

  /** Looks at what changed in turns with everybody else, so that what is asked next is answered at once. */
  prepare(): Promise<void> {
    this.#preparing ??= this.#catchUp().finally(() => {
      this.#preparing = null;
    });
    return this.#preparing;
  }

  rows(offset: number, limit: number): { total: number; revision: number; rows: BlobRow[] } {
    const { rows, revision } = this.#now();
    return { total: rows.length, revision, rows: rows.slice(offset, offset + limit) };
  }

  /** What became different after a revision that an earlier reply named. */
  changes(since: number, offset: number, limit: number): Changes {
    const { rows, revision } = this.#now();
    const whole = since < this.#horizon || since > revision;
    const changed = whole ? [] : this.#changedSince(since);
    return {
      total: rows.length,
      revision,
      whole,
      changed: changed.length,
      rows: changed.slice(offset, offset + limit).map(({ shown }) => shown),
      // With the first page alone: there may be as many as rows.
      gone: whole || offset > 0 ? [] : this.#gone.filter(({ at }) => at > since).map(({ id }) => id),
    };
  }

  /** `current`: whether KMS says that a key material id is its key's current one; null where it did not say. */
  keyGroups(current: (keyArn: string, keyMaterialId: string) => boolean | null): {
    revision: number;
    keyGroups: KeyGroup[];
    timelines: KeyTimeline[];
    keys: KeyConclusion[];
  } {
    const view = this.#now();
    const { keyGroups } = view.evidence;
    const byFingerprint = new Map(keyGroups.map((keyGroup) => [keyGroup.fingerprint, keyGroup]));
    const said = (fingerprint: string) => {
      const key = byFingerprint
        .get(fingerprint)
        ?.keys.find((k) => k.by === 'kms' && k.keyMaterialId !== null);
      return key?.keyMaterialId ? current(key.keyArn, key.keyMaterialId) : null;
    };
    return {
      revision: view.revision,
      keyGroups: [...keyGroups],
      timelines: timelines(view.evidence, said),
      keys: conclusions(view),
    };
  }

  /** Everything that was counted, for the audit; the same object until something changes. */
  audited(): Readonly<View> {
    return this.#now();
  }

  /** Which key blobs are under, of the list and of elsewhere: what either says of a key group holds for both. */
  evidenceOf(
    rows: readonly BlobRow[],
    elsewhere: readonly Pick<BlobRow, 'identification' | 'declared'>[],
  ): EvidenceModel {
    return this.#evidence([...rows, ...elsewhere.map((one) => ({ ...ELSEWHERE, ...one }))]);
  }

  #evidence(rows: readonly EvidenceRow[]): EvidenceModel {
    return new EvidenceModel(
      rows,
      (fingerprint) => this.#learned.of(fingerprint),
      this.#kmsKeys,
      this.#workspace.references.aliasTies(),
    );
  }

  inspect(blobId: string): BlobDetail {
    const { source, found } = this.#workspace.get(blobId);
    const decoded = decode(found.bytes);
    this.#now();
    const listed = this.#held.get(source)?.rows.find(({ row }) => row.id === blobId);
    const across = listed === undefined ? [] : this.#across.findings(listed);
    const { keyArn } = found.declared;
    return {
      row: blobRow(blobId, source, found, across, this.#workspace.repositories.nameOf(source)),
      byteRange: found.range,
      bytesBase64: Buffer.from(found.bytes.subarray(0, INSPECT_LIMIT)).toString('base64'),
      truncated: found.bytes.length > INSPECT_LIMIT,
      fields: [...decoded.fields],
      findings: once([...ownFindings(source, found), ...across]),
      summary: [
        ...decoded.summary,
        ...(keyArn === null
          ? []
          : [{ text: `The file says the key is ${keyArn}.`, source: 'container' as const }]),
      ],
    };
  }

  /** Rows that became different after a revision; all pages of one question look them up once. */
  #changedSince(since: number): readonly ListedRow[] {
    if (this.#changed?.listed !== this.#listed || this.#changed.since !== since)
      this.#changed = { listed: this.#listed, since, rows: this.#listed.filter((one) => one.since > since) };
    return this.#changed.rows;
  }

  async #catchUp(): Promise<void> {
    const turns = new Turns();
    while (!this.#step()) if (turns.over) await turns.give();
  }

  #now(): View {
    while (!this.#step());
    if (this.#view === null) throw new Error('no view');
    return this.#view;
  }

  /** Does a little of what is to be done until the view is that of the list; true: it is. */
  #step(): boolean {
    if (this.#making === null) {
      if (this.#view?.revision === this.#workspace.revision) return true;
      this.#making = this.#make();
    }
    try {
      if (this.#making.next().done !== true) return false;
    } catch (error) {
      this.#making = null;
      throw error;
    }
    this.#making = null;
    return this.#view?.revision === this.#workspace.revision;
  }

  /** Makes the view of the list as it is, a little at a time: a request that cannot wait finishes it. */
  *#make(): Generator<void, void> {
    const { revision, all } = this.#workspace;
    const listed: ListedRow[] = [];
    const plain: BlobRow[] = [];
    let looked = 0;
    for (const source of all) {
      for (const one of this.#take(source).rows) {
        one.index = listed.push(one) - 1;
        plain.push(one.row);
      }
      if (++looked % A_FEW === 0) yield;
    }
    if (this.#held.size > all.length) yield* this.#drop(new Set(all));
    const evidence = this.#evidence(plain);
    yield;
    const affected = this.#across.settle(listed, evidence, Date.now());
    yield;
    looked = 0;
    for (const one of affected) {
      show(one, this.#across, revision);
      if (++looked % MANY === 0) yield;
    }
    for (const id of this.#leaving) this.#gone.push({ id, at: revision });
    this.#leaving = [];
    if (this.#gone.length > GONE_LIMIT) {
      this.#gone = [];
      this.#horizon = revision;
    }
    this.#listed = listed;
    this.#view = {
      revision,
      rows: listed.map((one) => one.shown),
      evidence,
      entry: (index) => listed[index]?.entry,
      across: (index) => {
        const one = listed[index];
        return one === undefined ? [] : this.#across.findings(one);
      },
    };
  }

  /** Looks at a source, unless it is as it was. */
  #take(source: ListedSource): Held {
    const before = this.#held.get(source);
    const { blobs: entries, scan } = source;
    if (before?.entries === entries && before.scan === scan) return before;
    const rows = entries.map((entry): ListedRow => {
      const made = blobRow(entry.id, source, entry.found, [], this.#workspace.repositories.nameOf(source));
      return { entry, row: made, index: -1, shown: made, since: Number.POSITIVE_INFINITY };
    });
    const ids = new Set(entries.map(({ id }) => id));
    for (const one of before?.rows ?? []) {
      this.#across.remove(one);
      if (!ids.has(one.row.id)) this.#leaving.push(one.row.id);
    }
    for (const one of rows) this.#across.add(one);
    const held = { entries, scan, rows };
    this.#held.set(source, held);
    return held;
  }

  /** Forgets sources that are not there any more. */
  *#drop(there: ReadonlySet<ListedSource>): Generator<void, void> {
    let looked = 0;
    for (const [source, { rows }] of this.#held) {
      if (++looked % A_FEW === 0) yield;
      if (there.has(source)) continue;
      for (const one of rows) {
        this.#across.remove(one);
        this.#leaving.push(one.row.id);
      }
      this.#held.delete(source);
    }
  }
}

/** What is concluded of each key material and label, once. */
function conclusions({ rows, evidence }: View): KeyConclusion[] {
  const seen = new Set<KeyEvidence>();
  for (const row of rows) {
    const of = evidence.of(row);
    if (of.name !== null || of.by === 'contradicted') seen.add(of);
  }
  return Array.from(seen, (of) => ({
    fingerprint: of.fingerprint,
    label: of.label,
    key: evidence.idOf(of),
    name: of.name,
    by: of.by,
    account: of.account,
    names: namesOf(of, evidence),
  }));
}

/** Contradicted labels name their own key, and no other. */
function namesOf(of: KeyEvidence, evidence: EvidenceModel): string[] {
  if (of.by !== 'contradicted') return [...evidence.namesFor(of)];
  const names = of.key === null ? [] : evidence.names.namesOf(of.key);
  return [...new Set([...(of.label === null ? [] : [of.label]), ...names])];
}

/** Whether two accounts of keys say the same of names and key materials. */
function sameFacts(a: readonly KmsKeyFacts[], b: readonly KmsKeyFacts[]): boolean {
  if (a.length !== b.length) return false;
  const known = new Map(a.map((key) => [key.arn, key]));
  return b.every(({ arn, aliases, materials }) => {
    const other = known.get(arn);
    return (
      other !== undefined &&
      other.materials === materials &&
      other.aliases.length === aliases.length &&
      aliases.every((alias) => other.aliases.includes(alias))
    );
  });
}

/** Puts together the row to show; where nothing changed it stays the one before, so that its revision does. */
function show(one: ListedRow, across: CrossBlobFindings<ListedRow>, revision: number): void {
  const { row: plain, shown } = one;
  const found = across.brief(one);
  const worst = highest(found, plain.worst);
  const findings = found.length === 0 ? plain.findings : codesOf(plain.findings, found);
  const same = shown.worst === worst && shown.findings.join() === findings.join();
  if (same && Number.isFinite(one.since)) return;
  one.shown = found.length === 0 ? plain : { ...plain, worst, findings };
  one.since = revision;
}

interface Changes {
  total: number;
  revision: number;
  whole: boolean;
  changed: number;
  rows: BlobRow[];
  gone: string[];
}
