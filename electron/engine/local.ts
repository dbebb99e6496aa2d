import { hostRequests, requests } from '#shared/contract/contract.ts';
import { type Engine, type EngineOptions, router, strippedEvent, unknownRequest } from '../bridge/index.ts';
import { LearnedKeys, type Lesson } from '../clusters/index.ts';
import { Blobs } from './blobs.ts';
import { Connection } from './connection.ts';
import { hostHandlers, pageHandlers, type Rooms } from './handlers/index.ts';
import { Practice } from './practice.ts';
import { Runs } from './runs.ts';
import { SettingsFile } from './settings.ts';
import { Workspace } from './workspace.ts';

/**
 * The services put together, in this thread. The window hosts run it in a worker ({@link ./worker.ts}); the command
 * line and tests call it directly. Returns at once: connecting and the first intake go on behind it.
 */
export function createEngine(options: EngineOptions): Engine {
  const listeners = new Set<(name: string, payload: unknown) => void>();
  const emit = (name: string, payload: unknown) => {
    const stripped = strippedEvent(name, payload);
    if (stripped === null) return;
    for (const listener of listeners) listener(stripped.name, stripped.payload);
  };

  const settings = new SettingsFile(options.dataDir);
  const practice = new Practice(options.dataDir);
  const connection = new Connection(practice, (state) => emit('connectionChanged', state));
  const workspace = new Workspace(
    (revision, total) => emit('blobsChanged', { revision, total }),
    (files, blobs, done) => emit('intakeProgress', { files, blobs, done }),
  );
  const learned = new LearnedKeys(options.dataDir);
  const blobs = new Blobs(workspace, learned);
  const learn = (lessons: readonly Lesson[]) => {
    learned.learn(lessons);
    blobs.invalidate();
    workspace.touch();
  };
  const runs = new Runs(workspace, connection, (summary) => emit('runProgress', summary), learn);
  const rooms: Rooms = { options, workspace, blobs, learned, connection, practice, runs, settings };

  const page = router(requests, pageHandlers(rooms));
  const host = router(hostRequests, hostHandlers(rooms));
  const ready = begin(rooms);
  let closed = false;

  return {
    call: async (name, input) => (closed ? unknownRequest() : page(name, input)),
    callHost: async (name, input) => {
      await ready.folders;
      return closed ? unknownRequest() : host(name, input);
    },
    onEvent(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      closed = true;
      await runs.close();
      connection.close();
      await ready.all;
      await practice.close();
      learned.close();
      listeners.clear();
    },
  };
}

/** What happens without being asked: output folders, the first connection, the first intake. */
function begin({ options, workspace, connection, practice, runs, settings }: Rooms): {
  folders: Promise<unknown>;
  all: Promise<unknown>;
} {
  const folders = Promise.all(
    options.outputFolders.map((folder) => runs.addFolder(folder).catch(() => null)),
  );
  const choice = options.connection === undefined ? settings.read().connection : options.connection;
  const paths = options.paths ?? [];
  const connected = choice === null ? Promise.resolve(null) : connection.use(choice);
  const intake = (async () => {
    if (paths.length > 0) await workspace.addPaths(paths, 'path');
    else if ((await connected)?.choice.kind === 'practice' && connection.state.status === 'ready')
      await workspace.addPaths([practice.vaultFolder], 'path');
  })();
  // What fails here shows on screen: the connection's state has its fault, an empty list invites a drop.
  return { folders, all: Promise.allSettled([folders, connected, intake]) };
}
