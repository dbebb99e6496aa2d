import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { RunSummary } from '#shared/model/run.ts';
import { type Disk, diskHere, plainPlaces, scan } from '../../intake/index.ts';
import type { Kms } from '../../kms/index.ts';
import { sha256 } from '../../storage/hash.ts';
import { type PlanFile, type ResolvedOutput, type RunInput, RunManager, type RunWorkers } from '../index.ts';
import { Journal } from '../journal/journal.ts';
import type { RunHooks } from '../run/live-run.ts';
import { blobRef } from '../run/open-file.ts';
import { resultPath, resultText } from '../run/results.ts';
import { startRun } from '../run/start.ts';
import { KEY } from './fake-kms.ts';

/** A temporary folder of files to rotate, for tests. */
export class RunHarness {
  readonly folder: string;
  readonly #files: PlanFile[] = [];
  readonly reports: RunSummary[] = [];

  /** Where the journal is. */
  readonly home: string;
  #journal: Journal | null = null;
  readonly #managers: RunManager[] = [];

  constructor(folder: string, home: string) {
    this.folder = folder;
    this.home = home;
  }

  static async make(): Promise<RunHarness> {
    return new RunHarness(
      await mkdtemp(join(tmpdir(), 'rewrap-run-')),
      await mkdtemp(join(tmpdir(), 'rewrap-home-')),
    );
  }

  get files(): readonly PlanFile[] {
    return this.#files;
  }

  get journal(): Journal {
    this.#journal ??= new Journal(this.home);
    return this.#journal;
  }

  /** A run manager that waits for nothing between tries; {@link remove} closes it. */
  manager(
    home = this.home,
    hooks: RunHooks & { readonly workers?: RunWorkers; readonly disk?: Disk } = {},
  ): RunManager {
    const manager = new RunManager(home, (summary) => this.reports.push(summary), {
      sleep: async () => undefined,
      ...hooks,
    });
    this.#managers.push(manager);
    return manager;
  }

  async closeManagers(): Promise<void> {
    for (const manager of this.#managers.splice(0)) if (!manager.closed) await manager.close();
  }

  /** A run of all files, in place with backups, to {@link KEY} and not verified. */
  input(kms: Kms, request: Partial<RunInput['request']> = {}, more: Partial<RunInput> = {}): RunInput {
    return {
      request: {
        source: { keyId: null, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'declared' } },
        destination: { keyId: KEY, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'same' } },
        grantTokens: [],
        method: 'reencrypt',
        verify: false,
        dryRun: false,
        ...request,
      },
      output: { mode: 'in-place', backup: true },
      files: this.#files,
      kms,
      connection: 'test',
      target: 'test',
      failurePolicy: 'wait',
      ...more,
    };
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Writes a file and plans all its blobs; blob ids are "name#0", "name#1", … */
  async add(
    name: string,
    content: Uint8Array | string,
    only?: (place: string) => boolean,
  ): Promise<PlanFile> {
    const path = this.path(name);
    await writeFile(path, content);
    const bytes = await readFile(path);
    const hash = createHash('sha256').update(bytes).digest('hex');
    const found = scan(bytes, name);
    const places = plainPlaces(hash, found, found.blobs);
    const file: PlanFile = {
      path,
      bytes: null,
      display: name,
      relative: name,
      sha256: hash,
      blobs: found.blobs
        .map((blob, i) => blobRef(`${name}#${i}`, blob))
        .filter(({ place }) => only?.(place) ?? true),
      ...(places === null ? {} : { places }),
    };
    if (file.blobs.length === 0) throw new Error(`no blob in ${name}`);
    this.#files.push(file);
    return file;
  }

  addPasted(text: string): PlanFile {
    const bytes = new TextEncoder().encode(text);
    const blobs = scan(bytes, 'pasted').blobs.map((found, i) => blobRef(`pasted#${i}`, found));
    const file = {
      path: null,
      bytes,
      display: 'pasted',
      relative: 'pasted.txt',
      sha256: sha256(bytes),
      blobs,
    };
    this.#files.push(file);
    return file;
  }

  async start(
    kms: Kms,
    request: Partial<RunInput['request']> & { destination: RunInput['request']['destination'] },
    output: ResolvedOutput = { mode: 'in-place', backup: false },
    options: RunHooks & { concurrency?: number } & Pick<
        Partial<RunInput>,
        'failurePolicy' | 'known' | 'holdsAfterFirst'
      > = {},
  ) {
    const { concurrency, failurePolicy, known, holdsAfterFirst, ...hooks } = options;
    const run = await startRun(
      {
        request: {
          source: { keyId: null, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'declared' } },
          grantTokens: [],
          method: 'reencrypt',
          verify: true,
          dryRun: false,
          ...(concurrency === undefined ? {} : { pace: { concurrency, perSecond: null } }),
          ...request,
        },
        output,
        files: this.#files,
        kms,
        connection: 'test',
        target: 'test',
        ...(failurePolicy === undefined ? {} : { failurePolicy }),
        ...(known === undefined ? {} : { known }),
        ...(holdsAfterFirst === undefined ? {} : { holdsAfterFirst }),
      },
      {
        journal: this.journal,
        onProgress: (summary) => this.reports.push(summary),
        disk: diskHere(),
        hooks: { sleep: async () => undefined, ...hooks },
      },
    );
    const record = () => this.journal.record(this.journal.runOf(run.id)?.no ?? -1);
    return Object.assign(run, {
      outputPath: (blobId: string) => resultPath(record(), blobId),
      resultText: (blobId: string) => resultText(record(), blobId, run),
    });
  }

  /** Every file below the folder: relative name, content and permission bits, for "nothing changed". */
  async snapshot(): Promise<string> {
    const names = (await readdir(this.folder, { recursive: true })).sort();
    const lines = await Promise.all(
      names.map(async (name) => {
        const info = await stat(this.path(name));
        if (!info.isFile()) return name;
        const bytes = await readFile(this.path(name));
        return `${name} ${info.mode.toString(8)} ${createHash('sha256').update(bytes).digest('hex')}`;
      }),
    );
    return lines.join('\n');
  }

  /** The blobs that a reader finds in a file now. */
  async blobs(path: string): Promise<Uint8Array[]> {
    const bytes = await readFile(path);
    return scan(bytes, basename(path)).blobs.map((found) => found.bytes);
  }

  async remove(): Promise<void> {
    await this.closeManagers();
    this.#journal?.close();
    await rm(this.folder, { recursive: true, force: true });
    await rm(this.home, { recursive: true, force: true });
  }
}

export const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
