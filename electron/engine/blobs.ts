import { hash } from 'node:crypto';
import type { BlobDetail, BlobRow, Finding, Severity } from '#shared/model/blob.ts';
import type { Cluster, KeyTimeline } from '#shared/model/cluster.ts';
import { acrossBlobs, clusters, type LearnedKeys, timelines } from '../clusters/index.ts';
import { decode } from '../inspect/index.ts';
import type { FoundBlob, Scan } from '../intake/index.ts';
import type { Entry, Source } from './source.ts';
import type { Workspace } from './workspace.ts';

/** Bytes of a blob that the inspector gets; the largest ciphertext KMS takes is 6,144. */
const INSPECT_LIMIT = 65_536;

const SEVERITIES: readonly Severity[] = ['info', 'warning', 'critical'];

/** Most ids of blobs that are gone which are remembered for pages that ask what changed. */
const GONE_LIMIT = 200_000;

/** A row as it was last told, and what it was made from. */
interface Kept {
  readonly entry: Entry;
  readonly scan: Scan;
  /** Made from the entry alone. */
  readonly plain: BlobRow;
  /** With what other blobs say of it. */
  readonly row: BlobRow;
  /** Revision at which the row became what it is. */
  readonly since: number;
}

interface View {
  readonly revision: number;
  readonly rows: BlobRow[];
  /** What each row was made from. */
  readonly entries: readonly Entry[];
  readonly clusters: Cluster[];
  readonly across: ReadonlyMap<string, Finding[]>;
}

/** What is shown of the workspace: rows, groups, one blob in full. Made when asked for, once for each change. */
export class Blobs {
  #view: View | null = null;
  #kept = new Map<string, Kept>();
  /** Ids of blobs that are gone, with the revision at which they went. */
  #gone: { readonly id: string; readonly at: number }[] = [];
  /** What changed before this revision is not known any more. */
  #horizon = 0;
  readonly #workspace: Workspace;
  readonly #learned: LearnedKeys;

  constructor(workspace: Workspace, learned: LearnedKeys) {
    this.#workspace = workspace;
    this.#learned = learned;
  }

  /** Something was learned: groups and findings are made anew. */
  invalidate(): void {
    this.#view = null;
  }

  rows(offset: number, limit: number): { total: number; revision: number; rows: BlobRow[] } {
    const { rows, revision } = this.#now();
    return { total: rows.length, revision, rows: rows.slice(offset, offset + limit) };
  }

  /** What became different after a revision that an earlier reply named. */
  changes(since: number, offset: number, limit: number): Changes {
    const { rows, revision } = this.#now();
    const whole = since < this.#horizon || since > revision;
    const changed = whole ? [] : rows.filter(({ id }) => (this.#kept.get(id)?.since ?? 0) > since);
    return {
      total: rows.length,
      revision,
      whole,
      changed: changed.length,
      rows: changed.slice(offset, offset + limit),
      gone: whole ? [] : this.#gone.filter(({ at }) => at > since).map(({ id }) => id),
    };
  }

  /** `current`: whether KMS says that a key material id is its key's current one; null where it did not say. */
  clusters(current: (keyArn: string, keyMaterialId: string) => boolean | null): {
    revision: number;
    clusters: Cluster[];
    timelines: KeyTimeline[];
  } {
    const view = this.#now();
    const byFingerprint = new Map(view.clusters.map((cluster) => [cluster.fingerprint, cluster]));
    const said = (fingerprint: string) => {
      const key = byFingerprint
        .get(fingerprint)
        ?.keys.find((k) => k.by === 'kms' && k.keyMaterialId !== null);
      return key?.keyMaterialId ? current(key.keyArn, key.keyMaterialId) : null;
    };
    return {
      revision: view.revision,
      clusters: view.clusters,
      timelines: timelines(view.clusters, said),
    };
  }

  /** Everything that was counted, for the audit; the same object until something changes. */
  audited(): Readonly<View> {
    return this.#now();
  }

  inspect(blobId: string): BlobDetail {
    const { source, found } = this.#workspace.get(blobId);
    const decoded = decode(found.bytes);
    const across = this.#now().across.get(blobId) ?? [];
    const { keyArn } = found.declared;
    return {
      row: row(blobId, source, found, across),
      byteRange: found.range,
      bytesBase64: Buffer.from(found.bytes.subarray(0, INSPECT_LIMIT)).toString('base64'),
      truncated: found.bytes.length > INSPECT_LIMIT,
      fields: [...decoded.fields],
      findings: once([...source.scan.findings, ...found.findings, ...across, ...decoded.findings]),
      summary: [
        ...decoded.summary,
        ...(keyArn === null
          ? []
          : [{ text: `The file says the key is ${keyArn}.`, source: 'container' as const }]),
      ],
    };
  }

  #now(): View {
    const { revision } = this.#workspace;
    if (this.#view?.revision === revision) return this.#view;
    const kept = new Map<string, Kept>();
    const plain: BlobRow[] = [];
    const entries: Entry[] = [];
    for (const entry of this.#workspace.entries()) {
      entries.push(entry);
      const made = this.#plain(entry);
      kept.set(entry.id, made);
      plain.push(made.plain);
    }
    const groups = clusters(plain, (fingerprint) => this.#learned.of(fingerprint));
    const across = acrossBlobs(plain, groups, Date.now());
    const rows = plain.map((one) => this.#told(one, kept, across.get(one.id) ?? [], revision));
    for (const id of this.#kept.keys()) if (!kept.has(id)) this.#gone.push({ id, at: revision });
    if (this.#gone.length > GONE_LIMIT) {
      this.#gone = [];
      this.#horizon = revision;
    }
    this.#kept = kept;
    this.#view = { revision, rows, entries, clusters: groups, across };
    return this.#view;
  }

  /** What an entry says by itself; made once, since it takes a hash. */
  #plain(entry: Entry): Kept {
    const before = this.#kept.get(entry.id);
    const { scan } = entry.source;
    if (before?.entry === entry && before.scan === scan) return before;
    const plain = row(entry.id, entry.source, entry.found, []);
    return { entry, scan, plain, row: plain, since: Number.POSITIVE_INFINITY };
  }

  /** The row to tell: the one told before where nothing changed, so that its revision stays. */
  #told(plain: BlobRow, kept: Map<string, Kept>, across: readonly Finding[], revision: number): BlobRow {
    const now = kept.get(plain.id);
    if (now === undefined) return plain;
    const worst = highest(across, plain.worst);
    const findings = across.length === 0 ? plain.findings : codesOf(plain.findings, across);
    const same = now.row.worst === worst && now.row.findings.join() === findings.join();
    if (same && Number.isFinite(now.since)) return now.row;
    const told = worst === plain.worst && across.length === 0 ? plain : { ...plain, worst, findings };
    kept.set(plain.id, { ...now, row: told, since: revision });
    return told;
  }
}

interface Changes {
  total: number;
  revision: number;
  whole: boolean;
  changed: number;
  rows: BlobRow[];
  gone: string[];
}

/** Codes of these findings beside those known, each once. */
function codesOf(known: readonly string[], findings: readonly Finding[]): string[] {
  return [...new Set([...known, ...findings.map(({ code }) => code)])];
}

/** A finding that both the file and the blob carry is told once. */
function once(findings: readonly Finding[]): Finding[] {
  const seen = new Set<string>();
  return findings.filter(({ code, title, evidence, reason }) => {
    const key = [code, title, reason, ...evidence].join('\0');
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function highest(findings: readonly Finding[], start: Severity | null): Severity | null {
  return findings.reduce(
    (high, { severity }) =>
      high === null || SEVERITIES.indexOf(severity) > SEVERITIES.indexOf(high) ? severity : high,
    start,
  );
}

/** What a container authenticates is not offered for re-encryption, with the reason, though KMS would take it. */
function offered({ identification, notPutBack }: FoundBlob): BlobRow['identification'] {
  return notPutBack === undefined
    ? identification
    : { ...identification, reencryptable: false, reason: notPutBack };
}

function row(id: string, source: Source, found: FoundBlob, across: readonly Finding[]): BlobRow {
  const findings = [...source.scan.findings, ...found.findings, ...across];
  return {
    id,
    sourceId: source.id,
    file: source.display,
    place: found.place,
    container: found.container,
    encoding: found.encoding.name,
    sizeBytes: found.bytes.length,
    // A blob that is its whole file has the file's hash.
    sha256:
      found.encoding.name === 'binary' && found.bytes.length === source.size
        ? source.sha256
        : hash('sha256', found.bytes, 'hex'),
    declared: found.declared,
    identification: offered(found),
    worst: highest(findings, null),
    findings: findings.length === 0 ? [] : codesOf([], findings),
  };
}
