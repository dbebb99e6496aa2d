import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import type { RunRequest, RunSummary } from '#shared/model/run.ts';
import type { ChildStarter } from '../../core/children/index.ts';
import { type Client, client } from '../../hosts/cli/client.ts';
import { type PracticeKms, startPracticeKms } from '../../practice-kms/index.ts';
import { type Approver, typedByPerson } from '../../services/approvals/index.ts';
import type { Engine } from '../index.ts';
import { createEngine } from './create-engine.ts';
import { NO_CAPABILITIES } from './index.ts';

/** An engine of a host that can do nothing, with that data folder. */
export function engineAt(
  dataDir: string,
  over: Partial<Parameters<typeof createEngine>[0]> = {},
  startChild?: ChildStarter,
  approver: Approver = typedByPerson,
): Engine {
  return createEngine(
    {
      host: 'cli',
      version: '0',
      can: NO_CAPABILITIES,
      dataDir,
      outputFolders: [],
      connection: null,
      ...over,
    },
    { startChild, approver },
  );
}

/** An engine with the practice KMS in a new folder named after `name`, connected; the KMS of the same keys to ask beside it. */
export async function practiceEngine(name: string, over: Parameters<typeof engineAt>[1] = {}) {
  const folder = mkdtempSync(join(tmpdir(), name));
  const engine = engineAt(join(folder, 'home'), over);
  const { page, host } = client(engine);
  await page.connection.use({ kind: 'practice' });
  const practice = await startPracticeKms({ stateDir: join(folder, 'home', 'practice') });
  return {
    folder,
    engine,
    page,
    host,
    practice,
    async end(): Promise<void> {
      await engine.close();
      await practice.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
export type PracticeEngine = Awaited<ReturnType<typeof practiceEngine>>;

/** To another key of the practice KMS, in place. */
export function inPlace(blobIds: readonly string[], more: Partial<RunRequest> = {}): RunRequest {
  return {
    blobIds: [...blobIds],
    source: { keyId: null, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'declared' } },
    destination: { keyId: 'alias/payments-2027', algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'same' } },
    grantTokens: [],
    method: 'reencrypt',
    output: { mode: 'in-place', backup: false },
    verify: true,
    dryRun: false,
    ...more,
  };
}

/** The run, once it has ended. */
export async function ended(page: Client['page'], runId: string): Promise<RunSummary> {
  await vi.waitFor(async () => expect((await page.runs.get({ runId })).finishedAt).not.toBeNull(), {
    timeout: 60_000,
  });
  return page.runs.get({ runId });
}

/** The blob that the practice KMS makes of a text. */
export async function encrypted(
  practice: PracticeKms,
  keyId: string,
  text: string | Uint8Array,
  context?: Readonly<Record<string, string>>,
): Promise<Buffer> {
  const { CiphertextBlob } = await practice.call('Encrypt', {
    KeyId: keyId,
    Plaintext: Buffer.from(text).toString('base64'),
    ...(context === undefined ? {} : { EncryptionContext: context }),
  });
  return Buffer.from(String(CiphertextBlob), 'base64');
}
