import type { ConnectionState } from '#shared/model/connection.ts';
import { bridge, hasBridge } from '../api.ts';
import { afterFrame } from '../lib/after-frame.ts';
import { useEngine } from './app/engine.ts';
import { usePreferences } from './app/preferences.ts';
import { applySettings, useSettings } from './app/settings.ts';
import { useUi } from './app/ui.ts';
import { useAudit } from './audit/audit.ts';
import { useArrange } from './blobs/arrange.ts';
import { useBlobs } from './blobs/blobs.ts';
import { useInspector } from './blobs/inspector.ts';
import { useIntake } from './blobs/intake.ts';
import { useKeyGroups } from './blobs/key-groups.ts';
import { keepSelection, useSelection } from './blobs/selection.ts';
import { useConnection } from './connection/connection.ts';
import { useDestinationKeys, useKeys } from './connection/keys.ts';
import { useSignIn } from './connection/sign-in.ts';
import { showAsked } from './opening.ts';
import { keepPageState } from './page-state.ts';
import { isLoadedAgain, keepPlaces } from './places.ts';
import { useDraft } from './runs/draft.ts';
import { usePlans } from './runs/plans.ts';
import { isOver, useRuns } from './runs/runs.ts';

/** Subscribes to everything the host says and fetches the first state. Returns how to undo it all. */
export function wire(): () => void {
  const again = isLoadedAgain();
  const undo = [applySettings(), keepSelection(), keepPlaces()];
  if (hasBridge()) {
    const api = bridge();
    undo.push(
      api.on('blobsChanged', () => {
        void useBlobs.getState().follow();
        void useKeyGroups.getState().load();
        void useInspector.getState().refresh();
        useAudit.getState().refresh();
      }),
      api.on('intakeProgress', ({ files, blobs, done }) => {
        if (done) useIntake.getState().end({ files, blobs });
        else useIntake.getState().setProgress({ files, blobs });
      }),
      api.on('connectionChanged', (connection) => useConnection.getState().set(connection)),
      api.on('destinationChanged', ({ destination }) => useConnection.getState().setDestination(destination)),
      api.on('approvalWaiting', ({ waiting }) => useConnection.setState({ approval: waiting })),
      api.on('profilesChanged', () => {
        if (useConnection.getState().profiles !== null) void useConnection.getState().loadProfiles();
      }),
      api.on('signInCode', (code) => useSignIn.getState().showCode(code)),
      api.on('signInEnded', ({ profile, fault }) => useSignIn.getState().ended(profile, fault)),
      api.on('mfaAsked', (question) => useSignIn.getState().asked(question)),
      api.on('mfaSettled', ({ id }) => useSignIn.getState().settled(id)),
      api.on('keysPage', ({ side, ...page }) =>
        (side === 'source' ? useKeys : useDestinationKeys).getState().take(page),
      ),
      api.on('runProgress', (run) => {
        useRuns.getState().progress(run);
        if (isOver(run)) useDraft.getState().ended(run.id);
      }),
      api.on('compareProgress', (progress) => useRuns.getState().compareProgress(progress)),
      api.on('planOpened', ({ planId }) => void usePlans.getState().opened(planId)),
      api.on('auditChanged', () => useAudit.getState().refresh()),
      api.on('show', ({ view }) => showAsked(view)),
      api.on('engineChanged', (changed) => {
        useEngine.getState().changed(changed);
        if (changed.state === 'running') void beginAnew();
        else {
          useRuns.getState().stopped();
          useConnection.getState().stopped(changed.state === 'failed' ? changed.fault : null);
        }
        // What was asked last was answered that the engine is coming back.
        if (changed.state === 'failed') void loadAll();
      }),
      useConnection.subscribe((state, before) => {
        follow(state.connection, before.connection, useKeys);
        follow(state.destination, before.destination, useDestinationKeys);
      }),
    );
    undo.push(keepPageState(again));
    void useSettings.getState().load();
    void usePreferences.getState().load();
    void useArrange.getState().load();
    void loadAll();
  }
  return () => {
    for (const each of undo) each();
  };
}

/**
 * Everything that the window shows. Then the host hears that this page listens, knows what the host can do, and has shown
 * the first rows: what it still has to do may take the processor from now on.
 */
async function loadAll(): Promise<void> {
  void useSignIn.getState().load();
  void useBlobs.getState().load();
  void useKeyGroups.getState().load();
  void useRuns.getState().load();
  void usePlans.getState().load();
  await useConnection.getState().load();
  await firstRows();
  if (useConnection.getState().app !== null) await bridge().app.ready({});
}

/** A page that is not seen has no frames: it is waited for so long, milliseconds. */
const FRAME_MS = 250;

/** Resolves when the first rows of the list are on the screen, or that there are none. */
function firstRows(): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      afterFrame(resolve);
      setTimeout(resolve, FRAME_MS);
    };
    if (useBlobs.getState().status !== 'loading') return done();
    const stop = useBlobs.subscribe(({ status }) => {
      if (status === 'loading') return;
      stop();
      done();
    });
  });
}

/**
 * The engine was started anew: no id of a blob, source, plan or folder means anything to it. What was chosen by them is
 * let go, and everything is fetched again.
 */
async function beginAnew(): Promise<void> {
  useUi.getState().beginAnew();
  useArrange.getState().setOnly(null);
  useSelection.getState().clear();
  void useInspector.getState().inspect(null);
  useDraft.getState().beginAnew();
  useIntake.getState().setProgress(null);
  await Promise.all([loadAll(), useRuns.getState().load(true)]);
  useAudit.getState().refresh();
  const { runId } = useDraft.getState();
  if (runId !== null) useDraft.getState().ended(runId);
}

/** Another choice or principal sees other keys; a session that was renewed sees the same. */
function follow(now: ConnectionState | null, before: ConnectionState | null, keys: typeof useKeys): void {
  if (now === before) return;
  const who = (state: ConnectionState | null): string =>
    JSON.stringify([state?.choice, state?.identity?.arn]);
  if (who(now) !== who(before)) keys.getState().forget();
  // What only KMS can say is asked on the connection: the audit is another one.
  if (keys === useKeys && (now?.status === 'ready') !== (before?.status === 'ready'))
    useAudit.getState().refresh();
  if (now?.status === 'ready' && before?.status !== 'ready') void keys.getState().load(false);
}
