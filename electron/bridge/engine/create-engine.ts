import { setImmediate } from 'node:timers/promises';
import { hostRequests, requests } from '#shared/contract/contract.ts';
import type { ConnectionChoice } from '#shared/model/connection.ts';
import { type Disk, diskHere } from '../../core/intake/index.ts';
import { KeyMaterialStore, type KeyObservation } from '../../core/key-material/index.ts';
import { watchProfiles } from '../../core/kms/index.ts';
import type { ChildStarter } from '../../core/two-step/index.ts';
import { Approvals } from '../../services/approvals/approvals.ts';
import { AuditService } from '../../services/audit/audit-service.ts';
import { Reports } from '../../services/audit/reports.ts';
import { Connection } from '../../services/connection/connection.ts';
import { ConnectionApprovals } from '../../services/connection/connection-approvals.ts';
import { MfaPrompts } from '../../services/connection/mfa-prompts.ts';
import { OtherRegions } from '../../services/connection/other-regions.ts';
import { Practice } from '../../services/connection/practice.ts';
import { SignIn } from '../../services/connection/sign-in.ts';
import { noChild, openTwoStep } from '../../services/connection/two-step.ts';
import { History } from '../../services/history/history.ts';
import { HistoryRecorder } from '../../services/history/history-recorder.ts';
import { hostHandlers, pageHandlers, type Services } from '../../services/index.ts';
import { PlanService } from '../../services/plans/plan-service.ts';
import { RunApprovals } from '../../services/runs/run-approvals.ts';
import { Runs } from '../../services/runs/runs.ts';
import { SettingsFile } from '../../services/settings/settings.ts';
import { Blobs } from '../../services/workspace/blobs.ts';
import { takeNamed } from '../../services/workspace/named-paths.ts';
import { Workspace } from '../../services/workspace/workspace.ts';
import {
  type Approver,
  type Engine,
  type EngineOptions,
  noApprover,
  router,
  strippedEvent,
  unknownRequest,
} from '../index.ts';

/**
 * The services put together, in this thread. The window hosts run it in a worker ({@link ./worker.ts}); the command
 * line and tests call it directly. Returns at once: connecting and the first intake go on behind it. `startChild`: how
 * this host starts the child of a run that decrypts here and encrypts there. `disk`: where files are put back, in this
 * thread if not given. `approver`: asks a person for approvals; if not given, what needs one is refused.
 */
export function createEngine(
  options: EngineOptions,
  startChild: ChildStarter = noChild,
  disk: Disk = diskHere(),
  approver: Approver = noApprover,
): Engine {
  const listeners = new Set<(name: string, payload: unknown) => void>();
  const emit = (name: string, payload: unknown) => {
    const stripped = strippedEvent(name, payload);
    if (stripped === null) return;
    for (const listener of listeners) listener(stripped.name, stripped.payload);
  };

  // Ids that a page kept from an engine that died name nothing here, rather than something else.
  const firstNumber = (options.generation ?? 0) * 1_000_000_000 + 1;
  const settings = new SettingsFile(options.dataDir);
  const practice = new Practice(options.dataDir);
  const history = new History(options.dataDir);
  const mfa = new MfaPrompts({
    asked: (question) => emit('mfaAsked', question),
    settled: (id) => emit('mfaSettled', { id }),
  });
  const askMfa: MfaPrompts['ask'] = (profile, serial, signal) => mfa.ask(profile, serial, signal);
  const named = (options.generation === undefined ? options.connection : options.named) ?? null;
  const connections = new ConnectionApprovals({
    // Made below, with what records its answers.
    approvals: { obtain: (proposal) => approvals.obtain(proposal) },
    settings,
    shell: options.host === 'cli',
    named,
    endpoints: options.endpoints ?? [],
  });
  const allow = (choice: ConnectionChoice) => connections.prove(choice);
  const connection: Connection = new Connection({
    practice,
    allow,
    waitMs: options.waitMs,
    askMfa,
    changed: (state) => {
      if (state !== null) recorder.connected(state, 'source');
      emit('connectionChanged', state);
      if (state?.status === 'ready') runs.connected();
    },
    keysPage: (page) => emit('keysPage', { ...page, side: 'source' }),
    keysListed: (keys, gaps) => recorder.keysListed('source', connection, keys, gaps),
  });
  const destination: Connection = new Connection({
    practice,
    allow,
    waitMs: options.waitMs,
    askMfa,
    changed: (state) => {
      if (state !== null) recorder.connected(state, 'destination');
      emit('destinationChanged', { destination: state });
    },
    keysPage: (page) => emit('keysPage', { ...page, side: 'destination' }),
    keysListed: (keys, gaps) => recorder.keysListed('destination', destination, keys, gaps),
  });
  const regions = new OtherRegions({ connection, practice, waitMs: options.waitMs, askMfa });
  const both = [connection, destination];
  const signIn = new SignIn({
    code: (code) => emit('signInCode', code),
    ended: (profile, fault) => {
      emit('signInEnded', { profile, fault });
      if (fault === null) for (const each of both) void each.retryFailed();
    },
  });
  const workspace = new Workspace(
    (revision, total) => {
      emit('blobsChanged', { revision, total });
      // A window is about to ask for the list. What cannot be made of it is told to whoever asks.
      if (options.host !== 'cli') blobs.prepare().catch(() => undefined);
    },
    (files, blobs, done) => emit('intakeProgress', { files, blobs, done }),
    firstNumber,
  );
  const recorder = new HistoryRecorder(history, () => connection);
  const approvals = new Approvals({
    approver,
    waiting: (waiting) => emit('approvalWaiting', { waiting }),
    record: (proposal, hash, answer) => recorder.approval(proposal, hash, answer),
  });
  const learned = new KeyMaterialStore(options.dataDir);
  const blobs = new Blobs(workspace, learned);
  const learn = (observations: readonly KeyObservation[]) => {
    learned.learn(observations);
    workspace.touch();
  };
  const twoStep = (keyId: string) => openTwoStep({ connection, destination, regions, startChild }, keyId);
  const runs = new Runs({
    dataDir: options.dataDir,
    firstNumber,
    workspace,
    connection,
    destination,
    learned,
    disk,
    follows: options.host !== 'cli',
    failurePolicy: options.host === 'cli' ? 'network' : 'wait',
    twoStep,
    approvals: new RunApprovals({
      connection,
      destination,
      regions,
      approvals,
      describes: options.host !== 'cli',
    }),
    progress: (summary) => emit('runProgress', summary),
    learn,
    recorder,
  });
  const audit = new AuditService({
    workspace,
    blobs,
    connection,
    recorder,
    dataDir: options.dataDir,
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
  const reports = new Reports({ audit, history, runs, connection, recorder, version: options.version });
  const rooms: Services = {
    options,
    workspace,
    blobs,
    learned,
    connection,
    destination,
    regions,
    signIn,
    mfa,
    practice,
    runs,
    plans,
    twoStep,
    settings,
    approvals,
    audit,
    history,
    reports,
    recorder,
  };
  // A command ends before anybody edits a file under it.
  const unwatch =
    options.host === 'cli'
      ? () => {}
      : watchProfiles(() => {
          emit('profilesChanged', {});
          for (const each of both) void each.retryIfOfTheFiles();
        });

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
      unwatch();
      signIn.cancel();
      mfa.close();
      await runs.stop();
      // It reads the journal, for what became of each blob.
      await recorder.settled();
      await ready.told;
      await runs.close();
      regions.close();
      for (const each of both) each.close();
      await ready.all;
      await practice.close();
      await audit.stop();
      audit.close();
      history.close();
      learned.close();
      listeners.clear();
    },
  };
}

/** What happens without being asked: output folders, the first connection, the first intake. */
function begin({ options, workspace, connection, practice, runs, plans, settings }: Services): {
  folders: Promise<unknown>;
  told: Promise<unknown>;
  all: Promise<unknown>;
} {
  const folders = Promise.all(
    options.outputFolders.map((folder) => runs.addFolder(folder).catch(() => null)),
  );
  const choice = options.connection === undefined ? settings.read().connection : options.connection;
  const paths = options.paths ?? [];
  const connected = choice === null ? Promise.resolve(null) : connection.use(choice);
  const intake = (async () => {
    if (paths.length > 0)
      await takeNamed({ workspace, plans }, paths, options.generation === undefined ? 'picked' : 'path');
    else if (
      (await connected)?.choice.kind === 'practice' &&
      connection.state.status === 'ready' &&
      options.sample !== false
    )
      await workspace.addPaths([practice.vaultFolder], 'path');
  })();
  // After the window has what it asks for first.
  const told = setImmediate()
    .then(() => runs.recordInterruptedRuns())
    .catch(() => undefined);
  // What fails here shows on screen: the connection's state has its fault, an empty list invites a drop.
  return { folders, told, all: Promise.allSettled([folders, connected, intake, told]) };
}
