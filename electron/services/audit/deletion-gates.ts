import { setImmediate } from 'node:timers/promises';
import type { DeletionGate } from '#shared/model/deletion-gate.ts';
import {
  type Audit,
  askedKey,
  deletionGate,
  type Evidenced,
  evidencedHistory,
  isListed,
} from '../../core/audit/index.ts';
import { Turns } from '../../core/limits/turns.ts';
import type { Blobs } from '../workspace/index.ts';
import type { GitHistories, WholeHistory } from './git-history.ts';
import { type GroupSample, type IdentifyParts, identifyGroups, MOST_DRY_RUNS } from './identify.ts';
import { type CandidateSample, identifyCandidates } from './identify-rsa.ts';

interface GateParts extends IdentifyParts {
  readonly blobs: Blobs;
  readonly gitHistories: GitHistories;
  readonly audit: () => Audit;
  readonly asked: () => Parameters<typeof deletionGate>[0]['asked'];
  /** Asks KMS about every key of the list, and about these. */
  readonly askKeys: (also: readonly string[]) => Promise<void>;
  readonly isClosed: () => boolean;
}

/** Answers "may these keys be deleted?": reads git history, has KMS identify key groups, and judges. */
export class DeletionGates {
  readonly #parts: GateParts;

  constructor(parts: GateParts) {
    this.#parts = parts;
  }

  /** `nameless`: keys that would be deleted, too, and of which no name is known, in words. */
  async answer(keys: readonly string[], nameless: readonly string[]): Promise<DeletionGate> {
    const { gitHistories, asked } = this.#parts;
    await this.#parts.askKeys(keys);
    const whole = await gitHistories.whole();
    const { isClosed } = this.#parts;
    const { groups, candidates } = await this.#unidentified(keys, whole);
    const ofGroups = await identifyGroups(this.#parts, groups, keys, isClosed);
    const most = MOST_DRY_RUNS - ofGroups.dryRuns;
    const ofBlobs = await identifyCandidates(this.#parts, candidates, keys, most, isClosed);
    const { audit, origin } = await this.#withHistory(whole);
    return deletionGate(
      {
        audit,
        keys,
        nameless,
        asked: asked(),
        history: whole.history,
        inArchive: (index) => origin(index) === 'archive',
        likely: ofGroups.likely,
        proof: ofBlobs.proof,
        dryRuns: ofGroups.dryRuns + ofBlobs.dryRuns,
        left: ofGroups.left + ofBlobs.left,
      },
      () => setImmediate(),
    );
  }

  /** The audit with evidence from files and history together: a label in either names the key group in both. */
  async #withHistory({ history }: WholeHistory): Promise<{
    audit: Audit;
    origin: (index: number) => string | undefined;
  }> {
    const { blobs } = this.#parts;
    await blobs.prepare();
    const { entry } = blobs.audited();
    const audit = this.#parts.audit();
    const origin = (index: number) => entry(index)?.source.origin;
    if (history.blobs.length === 0) return { audit, origin };
    const rows = new Map<string, Evidenced>();
    const turns = new Turns();
    for (const blob of history.blobs) {
      rows.set(`${blob.fingerprint} ${blob.declaredKey} ${blob.kind}`, evidencedHistory(blob));
      if (turns.over) await turns.give();
    }
    // Blobs of one cohort say the same of keys.
    const cohorts = audit.input.snapshot.columns.cohorts.map(({ row }) => row);
    const evidence = blobs.evidenceOf(cohorts, [...rows.values()]);
    return { audit: { ...audit, input: { ...audit.input, evidence } }, origin };
  }

  /** One blob of each key group that may be under one of the keys, and each that has none and may be. */
  async #unidentified(
    keys: readonly string[],
    whole: WholeHistory,
  ): Promise<{ groups: GroupSample[]; candidates: CandidateSample[] }> {
    const { audit } = await this.#withHistory(whole);
    const { entry } = this.#parts.blobs.audited();
    const questions = keys.map((key) => askedKey(audit, key));
    const samples = new Map<string, GroupSample>();
    const candidates = new Map<string, CandidateSample>();
    const mayBe = (row: Evidenced): boolean =>
      questions.some(({ under }) => {
        const how = under(row);
        return how !== null && !isListed(how);
      });
    const { columns } = audit.input.snapshot;
    columns.cohorts.forEach(({ row }, cohort) => {
      const { keyFingerprint: fingerprint } = row.identification;
      if (!mayBe(row)) return;
      if (fingerprint === null) {
        if (row.identification.kind !== 'kms-asymmetric-candidate') return;
        for (const index of columns.rowsOf([cohort])) {
          const at = columns.rows[index];
          const one = entry(index)?.found;
          if (at === undefined || one === undefined) continue;
          const { sha256, file, place } = at;
          if (!candidates.has(sha256))
            candidates.set(sha256, { sha256, blob: one, context: null, file, place });
        }
        return;
      }
      const known = samples.get(fingerprint);
      // A blob with a context that its file declares is the likeliest to open.
      if (known !== undefined && (known.context !== null || row.declared.encryptionContext === null)) return;
      const [first = -1] = columns.rowsOf([cohort]);
      const blob = entry(first)?.found;
      if (blob === undefined) return;
      const { file, place } = row;
      samples.set(fingerprint, { fingerprint, blob, context: blob.declared.encryptionContext, file, place });
    });
    for (const [fingerprint, blob] of whole.samples) {
      const { identification, declared } = blob;
      if (samples.has(fingerprint) || !mayBe({ identification, declared, sizeBytes: blob.bytes.length }))
        continue;
      samples.set(fingerprint, {
        fingerprint,
        blob,
        context: declared.encryptionContext,
        file: 'git history',
        place: blob.place,
      });
    }
    for (const [sha256, blob] of whole.candidates) {
      const { identification, declared, bytes, place } = blob;
      if (candidates.has(sha256) || !mayBe({ identification, declared, sizeBytes: bytes.length })) continue;
      candidates.set(sha256, { sha256, blob, context: null, file: 'git history', place });
    }
    return { groups: [...samples.values()], candidates: [...candidates.values()] };
  }
}
