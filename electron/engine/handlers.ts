import type { HostHandlers, PageHandlers } from '#shared/contract/api.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import type { EngineOptions } from '../bridge/index.ts';
import { findKey, type LearnedKeys } from '../clusters/index.ts';
import { listProfiles } from '../kms/index.ts';
import type { Blobs } from './blobs.ts';
import type { Connection } from './connection.ts';
import type { Practice } from './practice.ts';
import type { Runs } from './runs.ts';
import type { SettingsFile } from './settings.ts';
import type { Workspace } from './workspace.ts';

export interface Rooms {
  readonly options: EngineOptions;
  readonly workspace: Workspace;
  readonly blobs: Blobs;
  readonly learned: LearnedKeys;
  readonly connection: Connection;
  readonly practice: Practice;
  readonly runs: Runs;
  readonly settings: SettingsFile;
}

/** A request that the host in front of the engine answers itself where it can. */
function notHere(what: string): Promise<never> {
  return Promise.reject(
    new FaultError(
      fault(
        'NotOnThisHost',
        `This host cannot ${what}.`,
        '',
        'Use the desktop application or the command line.',
      ),
    ),
  );
}

/** The contract's requests, each in a line or two: the work is in the services. */
export function pageHandlers(rooms: Rooms): PageHandlers {
  const { options, workspace, blobs, connection, practice, runs, settings } = rooms;
  return {
    app: {
      state: async () => ({
        version: options.version,
        host: options.host,
        platform: process.platform,
        can: options.can,
        outputFolders: runs.folders(),
        connection: connection.state,
      }),
    },
    intake: {
      choose: () => notHere('open a file dialog'),
      paste: async ({ text }) => (text === null ? notHere('read the clipboard') : workspace.addText(text)),
      clear: async ({ sourceIds }) => {
        workspace.remove(sourceIds);
        return {};
      },
    },
    blobs: {
      list: async ({ offset, limit }) => blobs.rows(offset, limit),
      sources: async ({ offset, limit }) => workspace.sources(offset, limit),
      inspect: async ({ blobId }) => blobs.inspect(blobId),
      resultText: async ({ runId, blobId }) => {
        const text = runs.get(runId).resultText(blobId);
        if (text === null)
          throw new FaultError(
            fault(
              'NoResult',
              'There is no new ciphertext for this blob.',
              'It was not re-encrypted in this run.',
              '',
            ),
          );
        return { text };
      },
    },
    clusters: clusterHandlers(rooms),
    connection: {
      profiles: () => listProfiles(),
      use: async (choice) => {
        const state = await connection.use(choice);
        if (state.status === 'ready') settings.rememberConnection(choice);
        return state;
      },
      state: async () => connection.state,
    },
    keys: {
      list: ({ refresh }) => connection.keys(refresh),
      describe: ({ keyId }) => connection.kms().describeKey(keyId),
    },
    output: {
      chooseFolder: () => notHere('open a folder dialog'),
      reveal: () => notHere('show files in a file manager'),
    },
    runs: {
      start: async (request) => ({ runId: runs.start(request) }),
      get: async ({ runId }) => runs.get(runId).summary(),
      list: async () => ({ runs: runs.list() }),
      items: async ({ runId, offset, limit, only }) => {
        const all = runs.get(runId).items();
        const chosen = only === 'failed' ? all.filter((item) => item.state === 'failed') : all;
        return { total: chosen.length, items: chosen.slice(offset, offset + limit) };
      },
      cancel: async ({ runId }) => {
        runs.get(runId).cancel();
        return {};
      },
      download: () => notHere('hand out downloads'),
    },
    practice: {
      restoreVault: async () => {
        if (connection.state.choice.kind !== 'practice')
          throw new FaultError(
            fault(
              'NotPractice',
              'The sample vault belongs to the practice KMS.',
              '',
              'Connect to practice first.',
            ),
          );
        return workspace.addPaths([await practice.restoreVault()], 'path');
      },
    },
  };
}

function clusterHandlers({ workspace, blobs, learned, connection }: Rooms): PageHandlers['clusters'] {
  const now = () => new Date().toISOString();
  return {
    list: async () => blobs.clusters((keyArn, id) => connection.isCurrentMaterial(keyArn, id)),
    name: async ({ fingerprint, keyArn }) => {
      if (keyArn === null) learned.forgetPerson(fingerprint);
      else
        learned.learn([
          { fingerprint, keyArn, by: 'person', evidence: 'said by a person', keyMaterialId: null, at: now() },
        ]);
      blobs.invalidate();
      workspace.touch();
      return {};
    },
    findKey: async ({ blobId, keyIds, context }) => {
      const { found: blob } = workspace.get(blobId);
      const kms = connection.kms();
      const candidates =
        keyIds === null
          ? (await connection.keys(false)).keys.filter((key) => key.unfitAsSource === null)
          : await Promise.all(keyIds.map((keyId) => kms.describeKey(keyId)));
      const { asked, found, likely } = await findKey(kms, {
        blob: blob.bytes,
        identification: blob.identification,
        context,
        candidates,
      });
      const { keyFingerprint } = blob.identification;
      if (found !== null && keyFingerprint !== null) {
        const requestId = asked.at(-1)?.requestId ?? 'unknown';
        learned.learn([
          {
            fingerprint: keyFingerprint,
            keyArn: found.arn,
            by: 'kms',
            evidence: `DryRun of ReEncrypt, request ${requestId}`,
            keyMaterialId: null,
            at: now(),
          },
        ]);
        blobs.invalidate();
        workspace.touch();
      }
      return { asked, found: found?.arn ?? null, likely: likely?.arn ?? null };
    },
  };
}

/** Requests of the host's own code, which may name paths. */
export function hostHandlers({ workspace, runs }: Rooms): HostHandlers {
  return {
    intake: { addPaths: ({ paths, origin }) => workspace.addPaths(paths, origin) },
    blobs: { paths: async ({ offset, limit }) => ({ paths: workspace.paths(offset, limit) }) },
    output: {
      addFolder: ({ path }) => runs.addFolder(path),
      pathOf: async ({ runId, blobId }) => ({ path: runs.get(runId).outputPath(blobId) }),
    },
    runs: {
      kept: async ({ runId }) => ({
        files: runs
          .get(runId)
          .kept()
          .map(({ relative, bytes }) => ({ relative, bytes: new Uint8Array(bytes) })),
      }),
    },
  };
}
