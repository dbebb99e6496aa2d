import type { BlobRow } from '#shared/model/blob.ts';
import type { Fault } from '#shared/model/fault.ts';
import type { RunItem, RunRequest, RunSummary } from '#shared/model/run.ts';
import { outcomeOf } from '#shared/run-outcome.ts';

const DENIED: Fault = {
  code: 'AccessDeniedException',
  message: 'KMS refused: this identity may not use the source key.',
  detail:
    'No policy of user/alice allows kms:ReEncryptFrom on key 29397ad6-1c1f-4b3e-9a61-b8e3b1b0a001 in account 111122223333.',
  remedy:
    'Allow kms:ReEncryptFrom on that key for this identity, in the key policy or by an IAM policy, then retry.',
  raw: {
    name: 'AccessDeniedException',
    message:
      'User: arn:aws:iam::111122223333:user/alice is not authorized to perform: kms:ReEncryptFrom on resource',
    requestId: '1f0c9f2e-6f2e-4b7b-8c55-3f2b6f8a1d11',
  },
  retryable: false,
};
const INVALID: Fault = {
  code: 'InvalidCiphertextException',
  message: 'KMS could not open the blob.',
  detail: 'The encryption context differs from the one it was made with, or the blob was changed.',
  remedy: 'Give the context exactly as it was at encryption; keys and values are case-sensitive.',
  raw: {
    name: 'InvalidCiphertextException',
    message: 'UnknownError',
    requestId: '77c2d6de-2a51-41b6-9d3f-0b7d4b1a2c22',
  },
  retryable: false,
};

const NONE_COUNTED = {
  waiting: 0,
  running: 0,
  succeeded: 0,
  already: 0,
  failed: 0,
  skipped: 0,
  restored: 0,
};

/** One run of the fake host: it goes by timer and ends as the state under view demands. */
export class FakeRun {
  readonly id: string;
  readonly request: RunRequest;
  readonly items: RunItem[];
  summary: RunSummary;
  #timer: ReturnType<typeof setInterval>;

  constructor(
    id: string,
    request: RunRequest,
    rows: readonly BlobRow[],
    options: { failing: boolean; slow: boolean; connection: string },
    emit: (run: RunSummary) => void,
  ) {
    this.id = id;
    this.request = request;
    this.items = rows.map((row) => ({
      blobId: row.id,
      file: row.file,
      place: row.place,
      state: 'waiting',
      fault: null,
      sent: null,
      sourceKeyArn: null,
      destinationKeyArn: null,
      sourceKeyMaterialId: null,
      destinationKeyMaterialId: null,
      requestId: null,
      decryptRequestId: null,
      sha256Before: row.sha256,
      sha256After: null,
      fingerprintBefore: row.identification.keyFingerprint,
      fingerprintAfter: null,
      output: null,
      backup: null,
      notes: [],
    }));
    const total = rows.length;
    this.summary = {
      id,
      route: request.route,
      dryRun: request.dryRun,
      status: 'running',
      startedAt: new Date().toISOString(),
      finishedAt: null,
      counts: { ...NONE_COUNTED, total, waiting: total },
      outcome: outcomeOf({ ...NONE_COUNTED, total }, null),
      rate: 0,
      secondsLeft: null,
      destinationKeyId: request.destination.keyId,
      connection: options.connection,
      downloads: 0,
      fault: null,
      output: request.output.mode,
      files: { total, done: 0 },
      bytes: { total: 184 * total, done: 0 },
      perKey: [],
      undo: null,
      resume: null,
      retry: null,
      elsewhere: null,
    };
    let at = 0;
    const step = Math.max(1, Math.ceil(total / (options.slow ? 400 : 6)));
    this.#timer = setInterval(() => {
      if (this.summary.status === 'paused') return;
      for (let i = 0; i < step && at < total; i += 1, at += 1) this.#finish(at, options.failing);
      this.#count(at, step);
      emit(this.summary);
    }, 80);
  }

  #finish(i: number, failing: boolean): void {
    const item = this.items[i];
    if (item === undefined) return;
    const fault = failing && i % 7 === 3 ? DENIED : failing && i % 11 === 5 ? INVALID : null;
    item.fault = fault;
    item.state = fault !== null ? 'failed' : this.request.dryRun ? 'would-succeed' : 'reencrypted';
    if (item.state !== 'reencrypted') return;
    item.sourceKeyArn = 'arn:aws:kms:us-east-1:111122223333:key/29397ad6-1c1f-4b3e-9a61-b8e3b1b0a001';
    item.destinationKeyArn = this.request.destination.keyId;
    item.requestId = '0aa0b6d5-2c2c-4e0e-8a35-7d6a2f9b3c33';
    item.sha256After = item.sha256Before.split('').toReversed().join('');
    item.output = item.file;
    item.backup = this.request.output.mode === 'in-place' ? `${item.file}.rewrap-backup` : null;
  }

  #count(at: number, step: number): void {
    const total = this.items.length;
    const failed = this.items.filter((item) => item.state === 'failed').length;
    const over = at >= total;
    const rate = step / 0.08;
    const counts = { ...NONE_COUNTED, total, waiting: total - at, succeeded: at - failed, failed };
    this.summary = {
      ...this.summary,
      status: over ? 'finished' : 'running',
      finishedAt: over ? new Date().toISOString() : null,
      rate,
      secondsLeft: over ? 0 : (total - at) / rate,
      downloads: over && this.request.output.mode === 'download' && !this.request.dryRun ? total - failed : 0,
      counts,
      outcome: outcomeOf(counts, over && !this.request.dryRun ? failed : null),
    };
    const ready = at - failed;
    const key = 'arn:aws:kms:us-east-1:111122223333:key/29397ad6-1c1f-4b3e-9a61-b8e3b1b0a001';
    const { mode } = this.request.output;
    this.summary = {
      ...this.summary,
      files: { total, done: ready },
      bytes: { total: 184 * total, done: 184 * ready },
      perKey: ready > 0 && !this.request.dryRun ? [{ keyArn: key, blobs: ready }] : [],
      undo:
        over && !this.request.dryRun && mode === 'in-place' && ready > 0
          ? { blobs: ready, files: ready }
          : null,
      retry: over && failed > 0 ? { failed, missed: 0 } : null,
    };
    if (over) clearInterval(this.#timer);
  }

  hold(paused: boolean, emit: (run: RunSummary) => void): void {
    this.summary = { ...this.summary, status: paused ? 'paused' : 'running' };
    emit(this.summary);
  }

  /** Everything as before. */
  undo(emit: (run: RunSummary) => void): { blobs: number; files: number } {
    const restored = this.summary.undo ?? { blobs: 0, files: 0 };
    const { counts } = this.summary;
    this.summary = {
      ...this.summary,
      status: 'undone',
      undo: null,
      counts: { ...counts, succeeded: 0, restored: counts.succeeded },
      outcome: outcomeOf({ ...counts, succeeded: 0 }, counts.succeeded + counts.failed),
      files: { ...this.summary.files, done: 0 },
    };
    for (const item of this.items) if (item.state === 'reencrypted') item.state = 'restored';
    emit(this.summary);
    return restored;
  }

  cancel(emit: (run: RunSummary) => void): void {
    clearInterval(this.#timer);
    this.summary = { ...this.summary, status: 'cancelled', finishedAt: new Date().toISOString() };
    emit(this.summary);
  }
}
