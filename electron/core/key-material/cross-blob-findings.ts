import { entryOf, type FindingCode } from '#shared/findings.ts';
import type { BlobRow, Finding, Severity } from '#shared/model/blob.ts';
import { declaredDate, oldLimit } from './dates.ts';
import { EvidenceModel } from './evidence.ts';
import {
  duplicate,
  isContradicted,
  NAMED,
  type Neighbours,
  nonceSeverity,
  oldBlob,
  SHA1,
  sharedNonce,
  wrongLabel,
} from './findings.ts';
import { SharedValueIndex } from './shared-value-index.ts';

/** A row and its place in the list, which may change as others come and go; their order among themselves never does. */
export interface IndexedRow {
  readonly row: BlobRow;
  readonly index: number;
}

/** What a finding says of a row in the list; {@link CrossBlobFindings.findings} tells the rest. */
interface RowFinding {
  readonly code: FindingCode;
  readonly severity: Severity;
}

/**
 * Findings that need more than one blob, or the date. Follows a list by what comes and goes: a change costs what it
 * touches, not the list; and evidence, which names other blobs, is made only when it is asked for.
 */
export class CrossBlobFindings<P extends IndexedRow> {
  readonly #hashes = new SharedValueIndex<P>();
  /** By key material: an equal nonce under another key says nothing. */
  readonly #nonces = new Map<string, SharedValueIndex<P>>();
  /** Groups of one nonce with blobs that differ. */
  readonly #mixed = new WeakSet<ReadonlySet<P>>();
  #neighbours = new WeakMap<ReadonlySet<P>, Neighbours>();
  #added: P[] = [];
  #evidence = new EvidenceModel([]);
  /** Blobs made before are old, milliseconds; the same all day. */
  #oldBefore = Number.NaN;

  add(placed: P): void {
    const { sha256, identification: id } = placed.row;
    this.#hashes.add(sha256, placed);
    if (id.gcmNonce !== null && id.keyFingerprint !== null)
      this.#noncesOf(id.keyFingerprint).add(id.gcmNonce, placed);
    this.#added.push(placed);
  }

  remove(placed: P): void {
    const { sha256, identification: id } = placed.row;
    this.#hashes.remove(sha256, placed);
    if (id.gcmNonce !== null && id.keyFingerprint !== null)
      this.#noncesOf(id.keyFingerprint).remove(id.gcmNonce, placed);
  }

  /**
   * Takes note of what is known of keys, and of the date; returns every row with findings that may differ from
   * when this was last called, some more than once.
   *
   * @param all The rows that are there.
   * @param now The present, milliseconds.
   */
  settle(all: readonly P[], evidence: EvidenceModel, now: number): readonly P[] {
    const affected = this.#added;
    this.#added = [];
    for (const shared of [this.#hashes, ...this.#nonces.values()]) {
      const { alone, groups } = shared.touched();
      for (const one of alone) affected.push(one);
      for (const group of groups) {
        this.#neighbours.delete(group);
        for (const one of group) affected.push(one);
        if (shared === this.#hashes) continue;
        if (differ(group)) this.#mixed.add(group);
        else this.#mixed.delete(group);
      }
    }
    const changed = changedVerdicts(this.#evidence, evidence);
    this.#evidence = evidence;
    if (changed.size > 0)
      for (const one of all) if (changed.has(one.row.identification.keyFingerprint ?? '')) affected.push(one);
    const oldBefore = oldLimit(now);
    if (oldBefore === this.#oldBefore) return affected;
    this.#oldBefore = oldBefore;
    return all;
  }

  /** Codes and severities of a row's findings. */
  brief({ row }: P): readonly RowFinding[] {
    const found: RowFinding[] = [];
    if (this.#hashes.of(row.sha256) !== null) found.push(DUPLICATE);
    if (this.#nonceGroup(row) !== null) found.push({ code: 'gcm-nonce-reuse', severity: nonceSeverity(row) });
    if (isContradicted(this.#evidence.of(row))) found.push(WRONG_LABEL);
    if (this.#oldDate(row) !== null) found.push(OLD);
    if (row.declared.algorithm === 'RSAES_OAEP_SHA_1') found.push(SHA1);
    return found.length === 0 ? NOTHING : found;
  }

  /** The same in full. */
  findings({ row }: P): Finding[] {
    const found: Finding[] = [];
    const same = this.#hashes.of(row.sha256);
    if (same !== null) found.push(duplicate(row, this.#neighboursOf(same)));
    const nonce = this.#nonceGroup(row);
    if (nonce !== null) found.push(sharedNonce(row, this.#neighboursOf(nonce)));
    const evidence = this.#evidence.of(row);
    if (isContradicted(evidence)) found.push(wrongLabel(row, evidence.reason));
    const date = this.#oldDate(row);
    if (date !== null) found.push(oldBlob(row, date));
    if (row.declared.algorithm === 'RSAES_OAEP_SHA_1') found.push(SHA1);
    return found;
  }

  #noncesOf(keyFingerprint: string): SharedValueIndex<P> {
    const known = this.#nonces.get(keyFingerprint) ?? new SharedValueIndex<P>();
    this.#nonces.set(keyFingerprint, known);
    return known;
  }

  #nonceGroup({ identification: { gcmNonce, keyFingerprint } }: BlobRow): ReadonlySet<P> | null {
    if (gcmNonce === null || keyFingerprint === null) return null;
    const group = this.#nonces.get(keyFingerprint)?.of(gcmNonce) ?? null;
    return group !== null && this.#mixed.has(group) ? group : null;
  }

  #neighboursOf(group: ReadonlySet<P>): Neighbours {
    const known = this.#neighbours.get(group) ?? neighbours(group);
    this.#neighbours.set(group, known);
    return known;
  }

  #oldDate({ declared }: BlobRow): string | null {
    const date = declaredDate(declared.createdAt);
    return date !== null && Date.parse(date) < this.#oldBefore ? date : null;
  }
}

const NOTHING: readonly RowFinding[] = [];
const usual = (code: FindingCode): RowFinding => ({ code, severity: entryOf(code).severity });
const DUPLICATE = usual('duplicate-blob');
const WRONG_LABEL = usual('declared-key-contradicts');
const OLD = usual('old-blob');

function differ(group: ReadonlySet<IndexedRow>): boolean {
  let first: string | null = null;
  for (const { row } of group) {
    if (first === null) first = row.sha256;
    else if (row.sha256 !== first) return true;
  }
  return false;
}

/** Key materials of which labels are contradicted otherwise than before. */
function changedVerdicts(before: EvidenceModel, now: EvidenceModel): ReadonlySet<string> {
  const verdicts = ({ keyGroups }: EvidenceModel) =>
    new Map(
      keyGroups.flatMap(({ fingerprint, verdict, keyArn, reason }) =>
        verdict === 'contradiction' ? [[fingerprint, `${keyArn ?? ''}\n${reason ?? ''}`]] : [],
      ),
    );
  const [were, are] = [verdicts(before), verdicts(now)];
  const changed = new Set<string>();
  for (const known of [were, are])
    for (const fingerprint of known.keys())
      if (were.get(fingerprint) !== are.get(fingerprint)) changed.add(fingerprint);
  return changed;
}

/** A group in the order of the list, and the few of each content that may be named. */
function neighbours(group: ReadonlySet<IndexedRow>): Neighbours {
  const sorted = [...group].sort((a, b) => a.index - b.index);
  const copies = new Map<string, number>();
  const few: BlobRow[] = [];
  for (const { row } of sorted) {
    const count = copies.get(row.sha256) ?? 0;
    copies.set(row.sha256, count + 1);
    if (count <= NAMED) few.push(row);
  }
  return { total: sorted.length, few, copies };
}
