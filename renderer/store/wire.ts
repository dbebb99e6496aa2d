import type { EventPayload } from '#shared/contract/api.ts';
import type { ConnectionState } from '#shared/model/connection.ts';
import { bridge, hasBridge } from '../api.ts';
import { useAudit } from './audit.ts';
import { useBlobs } from './blobs.ts';
import { useClusters } from './clusters.ts';
import { useConnection } from './connection.ts';
import { useDraft } from './draft.ts';
import { useInspector } from './inspector.ts';
import { useIntake } from './intake.ts';
import { useDestinationKeys, useKeys } from './keys.ts';
import { usePlans } from './plans.ts';
import { isOver, useRuns } from './runs.ts';
import { applySettings, useSettings } from './settings.ts';
import { useSignIn } from './sign-in.ts';
import { useUi } from './ui.ts';

/** Subscribes to everything the host says and fetches the first state. Returns how to undo it all. */
export function wire(): () => void {
  const undo = [applySettings()];
  if (hasBridge()) {
    const api = bridge();
    undo.push(
      api.on('blobsChanged', () => {
        void useBlobs.getState().follow();
        void useClusters.getState().load();
        void useInspector.getState().refresh();
        useAudit.getState().refresh();
      }),
      api.on('intakeProgress', ({ files, blobs, done }) =>
        useIntake.getState().setProgress(done ? null : { files, blobs }),
      ),
      api.on('connectionChanged', (connection) => useConnection.getState().set(connection)),
      api.on('destinationChanged', ({ destination }) => useConnection.getState().setDestination(destination)),
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
      api.on('planOpened', ({ planId }) => void usePlans.getState().opened(planId)),
      api.on('auditChanged', () => useAudit.getState().refresh()),
      api.on('show', ({ view }) => showAsked(view)),
      useConnection.subscribe((state, before) => {
        follow(state.connection, before.connection, useKeys);
        follow(state.destination, before.destination, useDestinationKeys);
      }),
    );
    void useSettings.getState().load();
    void useConnection.getState().load();
    void useSignIn.getState().load();
    void useBlobs.getState().load();
    void useClusters.getState().load();
    void useRuns.getState().load();
    void usePlans.getState().load();
  }
  return () => {
    for (const each of undo) each();
  };
}

/** Another choice or principal sees other keys; a session that was renewed sees the same. */
function follow(now: ConnectionState | null, before: ConnectionState | null, keys: typeof useKeys): void {
  if (now === before) return;
  const who = (state: ConnectionState | null): string =>
    JSON.stringify([state?.choice, state?.identity?.arn]);
  if (who(now) !== who(before)) keys.getState().forget();
  if (now?.status === 'ready' && before?.status !== 'ready') void keys.getState().load(false);
}

type Asked = EventPayload<'show'>['view'];

/** Does what a menu item or shortcut of the host asks for. */
function showAsked(view: Asked): void {
  if (view === 'open-files') requestFiles('files');
  else if (view === 'open-folder') requestFiles('folder');
  else if (view === 'open-plan') requestPlan();
  else if (view === 'paste') requestPaste();
  else useUi.getState().show(view);
}

/** Opens the host's dialog, or the page's own file picker where the host has none. */
export function requestFiles(what: 'files' | 'folder'): void {
  const can = useConnection.getState().app?.can;
  useUi.getState().show('blobs');
  const native = what === 'files' ? can?.chooseFiles : can?.chooseFolder;
  if (native) {
    void useIntake.getState().choose(what);
    return;
  }
  pick((input) => {
    input.multiple = true;
    input.webkitdirectory = what === 'folder';
  });
}

/** Opens a plan through the host's dialog, or the page's own file picker where the host has none. */
export function requestPlan(): void {
  if (useConnection.getState().app?.can.chooseFiles) void usePlans.getState().choose();
  else
    pick((input) => {
      input.accept = '.json,application/json';
    });
}

/** The page's own file picker; what is picked is taken in, and a plan among it opened. */
function pick(shape: (input: HTMLInputElement) => void): void {
  const input = document.createElement('input');
  input.type = 'file';
  shape(input);
  input.addEventListener('change', () => {
    if (input.files !== null && input.files.length > 0) void useIntake.getState().take([...input.files]);
  });
  input.click();
}

/** Takes the clipboard in: on the host where it can read it, else through the paste dialog. */
export function requestPaste(): void {
  useUi.getState().show('blobs');
  if (useConnection.getState().app?.can.readClipboard) void useIntake.getState().paste(null);
  else useUi.getState().open('paste');
}
