import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { kindOf } from '#shared/connection-kind.ts';
import type { Emit, HostHandlers, PageHandlers } from '#shared/contract/api.ts';
import type { ConnectionChoice } from '#shared/model/connection.ts';
import type { ChildStarter } from '../core/children/index.ts';
import type { Disk } from '../core/intake/index.ts';
import { KeyMaterialStore, type KeyObservation } from '../core/key-material/index.ts';
import { UntilShown } from '../core/limits/until-shown.ts';
import type { SharedWork } from '../core/rotation/index.ts';
import { Approvals, type Approver } from './approvals/index.ts';
import { AuditService, Reports } from './audit/index.ts';
import { Connections } from './connection/index.ts';
import { EvidenceService } from './evidence/index.ts';
import { History, HistoryRecorder } from './history/index.ts';
import { PlanService } from './plans/index.ts';
import { Comparisons, preflightHandlers, RunApprovals, Runs } from './runs/index.ts';
import { appHandlers, SettingsFile } from './settings/index.ts';
import { Blobs, Intake, keyGroupsHandlers, Workspace } from './workspace/index.ts';

/** What a host says of itself when it starts an engine. */
export interface EngineOptions {
  readonly host: 'desktop' | 'loopback' | 'cli';
  readonly version: string;
  readonly can: {
    readonly chooseFiles: boolean;
    readonly chooseFolder: boolean;
    readonly readClipboard: boolean;
    readonly reveal: boolean;
    readonly openBrowser: boolean;
    readonly download: boolean;
    readonly endSessions: boolean;
  };
  /** Folder of Rewrap's own data (practice state, settings). Made with mode 0700 when missing. */
  readonly dataDir: string;
  /** Folder of runs and history; `dataDir` when not given. */
  readonly recordsDir?: string;
  /** Output folders named on the host, absolute. */
  readonly outputFolders: readonly string[];
  /** What to connect to at once; null: nothing. Absent: the choice of last time, at first the practice KMS. */
  readonly connection?: ConnectionChoice | null;
  /** Endpoints that the start allowed for every profile, beside that of `connection`. */
  readonly endpoints?: readonly string[];
  /** Of an engine that is started again: what the host's start named as `connection`. */
  readonly named?: ConnectionChoice | null;
  /** Longest wait for one answer of credentials, STS or KMS, milliseconds; 30 s when not given. */
  readonly waitMs?: number;
  /** Files and folders to take in at start. With none, practice shows its sample vault. */
  readonly paths?: readonly string[];
  /** Whether the practice KMS shows its sample vault where `paths` is empty. Absent: it does. */
  readonly sample?: boolean;
  /** How often the engine was started before in this host: no id of an earlier one means anything to a later one. */
  readonly generation?: number;
}

/** What a host does for the services. */
interface HostParts {
  /** How this host starts the child of a run that decrypts here and encrypts there. */
  readonly startChild: ChildStarter;
  /** How this host starts processes that do files of a run; absent: it starts none. */
  readonly startRunWorker?: ChildStarter;
  /** Where files are put back. */
  readonly disk: Disk;
  /** Asks a person for approvals. */
  readonly approver: Approver;
  /** What other processes do of the files of this one's runs; absent: none does. */
  readonly shared?: SharedWork;
  /** Sends an event to the page. */
  readonly emit: Emit;
}

/** The services behind the contract. */
interface Services {
  readonly requests: PageHandlers;
  readonly hostRequests: HostHandlers;
  /** Resolves when the output folders of the start are registered. */
  readonly ready: Promise<void>;
  close(): Promise<void>;
}

/** Puts the services together. Returns at once: connecting and the first intake go on behind it. */
export function createServices(
  options: EngineOptions,
  { startChild, startRunWorker, disk, approver, shared, emit }: HostParts,
): Services {
  const { dataDir, recordsDir = dataDir } = options;
  const shell = options.host === 'cli';
  // Ids that a page kept from an engine that died name nothing here, rather than something else.
  const firstNumber = (options.generation ?? 0) * 1_000_000_000 + 1;
  const settings = new SettingsFile(dataDir);
  const history = new History(recordsDir);
  const recorder = new HistoryRecorder(history, () => connections.source);
  const approvals = new Approvals({
    approver,
    waiting: (waiting) => emit('approvalWaiting', { waiting }),
    record: (proposal, hash, answer) => recorder.approval(proposal, hash, answer),
  });
  const connections: Connections = new Connections({
    dataDir,
    waitMs: options.waitMs,
    settings,
    approvals,
    recorder,
    shell,
    named: (options.generation === undefined ? options.connection : options.named) ?? null,
    endpoints: options.endpoints ?? [],
    startChild,
    emit,
    ready: () => runs.connected(),
    addPaths: (paths) => workspace.addPaths(paths, 'path'),
  });
  const { source: connection, destination, regions } = connections;
  const twoStep = (keyId: string) => connections.twoStep(keyId);
  const workspace = new Workspace(
    (revision, total) => {
      emit('blobsChanged', { revision, total });
      // A window is about to ask for the list. It learns then what cannot be made of it.
      if (!shell) blobs.prepare().catch(() => undefined);
    },
    (files, blobs, done) => emit('intakeProgress', { files, blobs, done }),
    firstNumber,
  );
  const learned = new KeyMaterialStore(dataDir);
  const blobs = new Blobs(workspace, learned);
  const runApprovals = new RunApprovals({ connection, destination, regions, approvals, describes: !shell });
  const runs = new Runs({
    dataDir: recordsDir,
    ...(shared === undefined ? {} : { shared }),
    firstNumber,
    workspace,
    connection,
    destination,
    learned,
    disk,
    workers:
      startRunWorker === undefined ? undefined : { start: startRunWorker, most: availableParallelism() },
    follows: !shell,
    failurePolicy: shell ? 'network' : 'wait',
    twoStep,
    approvals: runApprovals,
    progress: (summary) => emit('runProgress', summary),
    learn: (observations: readonly KeyObservation[]) => {
      learned.learn(observations);
      workspace.touch();
    },
    recorder,
  });
  const comparisons = new Comparisons({
    runs,
    approvals: runApprovals,
    open: (keyId) => (keyId === null ? connections.bothSides() : twoStep(keyId)),
    progress: (progress) => emit('compareProgress', progress),
    record: (runId, comparison) => recorder.compared(runId, comparison),
    recordRequests: (runId, ids) => recorder.comparing(runId, ids),
  });
  const audit = new AuditService({
    workspace,
    blobs,
    connection,
    learned,
    recorder,
    dataDir,
    changed: (asking) => emit('auditChanged', { asking }),
  });
  const plans = new PlanService({
    workspace,
    blobs,
    audit,
    runs,
    connection,
    learned,
    opened: (planId) => emit('planOpened', { planId }),
    firstNumber,
  });
  const intake = new Intake({ workspace, plans, busy: () => runs.busy() });
  const reports = new Reports({ audit, history, runs, connection, recorder, version: options.version });
  const evidence = new EvidenceService({ reports, history, connection, recorder, version: options.version });
  const shown = new UntilShown(!shell && options.generation === undefined, availableParallelism());
  const started = start(options, { settings, connections, intake, runs, shown });

  return {
    requests: {
      app: appHandlers(
        settings,
        dataDir,
        () => ({
          version: options.version,
          host: options.host,
          can: options.can,
          outputFolders: runs.folders.list(),
          cores: availableParallelism(),
          connection: connection.state,
          approval: approvals.waiting,
        }),
        () => shown.show(),
      ),
      intake: intake.requests,
      blobs: blobs.requests,
      keyGroups: keyGroupsHandlers({ workspace, blobs, learned, connection, recorder }),
      connection: connections.requests,
      keys: connections.keysRequests,
      output: runs.folders.requests,
      runs: { ...runs.requests, ...comparisons.requests },
      plans: plans.requests,
      preflight: preflightHandlers({ workspace, learned, recorder, runs, twoStep }),
      practice: connections.practiceRequests,
      audit: audit.requests,
      history: history.requests,
    },
    hostRequests: {
      intake: intake.hostRequests,
      blobs: blobs.hostRequests,
      output: runs.folders.hostRequests,
      runs: runs.hostRequests,
      plans: plans.hostRequests,
      audit: { ...audit.hostRequests, ...reports.hostRequests },
      evidence: evidence.hostRequests,
    },
    ready: started.folders,
    async close() {
      shown.show();
      connections.stop();
      await comparisons.close();
      await runs.stop();
      // It reads the journal, for the outcome of each blob.
      await recorder.settled();
      await started.recorded;
      await runs.close();
      connections.close();
      await started.all;
      await connections.practice.close();
      await audit.stop();
      audit.close();
      history.close();
      learned.close();
    },
  };
}

interface Starting {
  readonly settings: SettingsFile;
  readonly connections: Connections;
  readonly intake: Intake;
  readonly runs: Runs;
  readonly shown: UntilShown;
}

/** What happens without a request: output folders, the first connection, the first intake, the history of interrupted runs. */
function start(
  options: EngineOptions,
  { settings, connections, intake, runs, shown }: Starting,
): { folders: Promise<void>; recorded: Promise<void>; all: Promise<unknown> } {
  const folders = Promise.all(
    options.outputFolders.map((folder) => runs.folders.add(folder).catch(() => null)),
  ).then(() => undefined);
  const choice = options.connection === undefined ? settings.read().connection : options.connection;
  const paths = options.paths ?? [];
  const connection = connections.source;
  const connected =
    choice === null
      ? Promise.resolve(null)
      : // Without paths the first rows are those of the practice vault, which comes with the connection.
        connection.use(choice, paths.length > 0 ? shown : undefined);
  const taken = (async () => {
    if (paths.length > 0)
      await intake.add(paths, options.generation === undefined ? 'picked' : 'path', shown);
    else {
      const first = await connected;
      const practice = first !== null && kindOf(first.choice).practice && connection.state.status === 'ready';
      if (practice && options.sample !== false) await intake.add([connections.practice.vaultFolder], 'path');
    }
  })();
  // After the window has what it asks for first.
  const recorded = setImmediate()
    .then(() => shown.wait())
    .then(() => runs.recordInterruptedRuns())
    .catch(() => undefined);
  // What fails here shows on screen: the connection's state has its fault, an empty list invites a drop.
  return { folders, recorded, all: Promise.allSettled([folders, connected, taken, recorded]) };
}
