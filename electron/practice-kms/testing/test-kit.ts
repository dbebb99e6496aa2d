/** What the tests of this folder share: a practice KMS on a temporary state, the real SDK against it, expectations. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateAliasCommand, CreateKeyCommand, KMSClient, KMSServiceException } from '@aws-sdk/client-kms';
import { expect } from 'vitest';
import { type PracticeKms, type PracticeOptions, startPracticeKms } from '../practice-kms.ts';

/** A client of `practice`; `by`: as whom, with which session, in which Region. */
export function clientFor(
  practice: PracticeKms,
  by: { accessKeyId?: string; sessionToken?: string; region?: string } = {},
): KMSClient {
  return new KMSClient({
    endpoint: practice.endpoint,
    region: by.region ?? practice.region,
    credentials: {
      accessKeyId: by.accessKeyId ?? practice.accessKeyId,
      secretAccessKey: practice.secretAccessKey,
      ...(by.sessionToken === undefined ? {} : { sessionToken: by.sessionToken }),
    },
    maxAttempts: 1,
  });
}

export interface Kit {
  readonly practice: PracticeKms;
  readonly client: KMSClient;
  readonly stateDir: string;
  /** Makes a key, and an alias for it when one is given; the key's ARN. */
  key(alias: string | null, spec?: ConstructorParameters<typeof CreateKeyCommand>[0]): Promise<string>;
  /** Stops all and removes the state. */
  end(): Promise<void>;
}

export async function startKit(options: Partial<PracticeOptions> = {}): Promise<Kit> {
  const stateDir = options.stateDir ?? (await mkdtemp(join(tmpdir(), 'practice-kms-')));
  const practice = await startPracticeKms({ stateDir, ...options });
  const client = clientFor(practice);
  return {
    practice,
    client,
    stateDir,
    key: async (alias, spec = {}) => {
      const { KeyMetadata } = await client.send(new CreateKeyCommand(spec));
      const arn = KeyMetadata?.Arn ?? '';
      if (alias !== null) await client.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: arn }));
      return arn;
    },
    end: async () => {
      client.destroy();
      await practice.close();
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}

/** Expects a refusal by its KMS name, and its message where one is given ('' stands for none). */
export async function refused(
  call: Promise<unknown>,
  name: string,
  message?: string | RegExp,
): Promise<KMSServiceException> {
  const error = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error, `expected ${name}`).toBeInstanceOf(KMSServiceException);
  const refusal = error as KMSServiceException;
  expect(`${refusal.name}: ${refusal.message}`).toContain(name);
  expect(refusal.name).toBe(name);
  if (typeof message === 'string' && message !== '') expect(refusal.message).toBe(message);
  if (message instanceof RegExp) expect(refusal.message).toMatch(message);
  expect(refusal.$metadata.requestId).toMatch(/^[0-9a-f-]{36}$/);
  return refusal;
}

/** `bytes` with one bit of the byte at `at` turned over. */
export function flipped(bytes: Uint8Array, at: number, bit = 0): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ (1 << bit);
  return copy;
}
