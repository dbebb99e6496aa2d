import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import type { Fault, FaultError } from '#shared/model/fault.ts';
import { CANARY } from './fake-identity.ts';
import { forgetSessions } from './index.ts';

/** A home folder with AWS files of its own, an environment without AWS settings, and ears for the console. */
export async function ownHome() {
  const folder = await mkdtemp(join(tmpdir(), 'rewrap-home-'));
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined);
  for (const name of ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY', 'NO_PROXY', 'NODE_EXTRA_CA_CERTS']) {
    vi.stubEnv(name, undefined);
    vi.stubEnv(name.toLowerCase(), undefined);
  }
  vi.stubEnv('HOME', folder);
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'));
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'credentials'));
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  await Promise.all([writeFile(join(folder, 'config'), ''), writeFile(join(folder, 'credentials'), '')]);
  const heard: unknown[] = [];
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const)
    vi.spyOn(console, method).mockImplementation((...args) => void heard.push(...args));
  forgetSessions();
  return {
    folder,
    config: (text: string) => writeFile(join(folder, 'config'), text),
    credentials: (text: string) => writeFile(join(folder, 'credentials'), text),
    async end() {
      expect(heard.map(String).join('\n')).not.toContain(CANARY);
      vi.restoreAllMocks();
      vi.unstubAllEnvs();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
export type OwnHome = Awaited<ReturnType<typeof ownHome>>;

/** The fault of work that must fail, with no secret in it. */
export async function faultOf(work: Promise<unknown>): Promise<Fault> {
  const error: (FaultError & { cause?: unknown }) | null = await work.then(
    () => null,
    (e) => e,
  );
  if (error?.name !== 'FaultError') throw new Error(`no fault: ${String(error)}`);
  expect(JSON.stringify(error.fault) + error.message + String(error.stack)).not.toContain(CANARY);
  expect(error.cause).toBeUndefined();
  expect(error.fault.remedy).not.toBe('');
  return error.fault;
}
