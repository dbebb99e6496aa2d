import type { EventPayload } from '#shared/contract/api.ts';
import { useUi } from './app/ui.ts';
import { useIntake } from './blobs/intake.ts';
import { type AppState, useConnection } from './connection/connection.ts';
import { usePlans } from './runs/plans.ts';

type Asked = EventPayload<'show'>['view'];

/** Does what a menu item or shortcut of the host asks for. */
export function showAsked(view: Asked): void {
  if (view === 'open-files') requestFiles('files');
  else if (view === 'open-folder') requestFiles('folder');
  else if (view === 'open-plan') requestPlan();
  else if (view === 'paste') requestPaste();
  else useUi.getState().show(view);
}

/** Opens the host's dialog, or the page's own file picker where the host has none. */
export function requestFiles(what: 'files' | 'folder'): void {
  useUi.getState().show('blobs');
  withHost((can) => {
    if (what === 'files' ? can.chooseFiles : can.chooseFolder) void useIntake.getState().choose(what);
    else
      pick((input) => {
        input.multiple = true;
        input.webkitdirectory = what === 'folder';
      });
  });
}

/** Opens a plan through the host's dialog, or the page's own file picker where the host has none. */
export function requestPlan(): void {
  withHost((can) => {
    if (can.chooseFiles) void usePlans.getState().choose();
    else
      pick((input) => {
        input.accept = '.json,application/json';
      });
  });
}

/** Takes the clipboard in: on the host where it can read it, else through the paste dialog. */
export function requestPaste(): void {
  useUi.getState().show('blobs');
  withHost((can) => {
    if (can.readClipboard) void useIntake.getState().paste(null);
    else useUi.getState().open('paste');
  });
}

/**
 * Does something once it is known what the host can do: at once where it is, for a file picker opens only while the
 * person's click is fresh. A host that does not answer is spoken of by the connection's own fault.
 */
export function withHost(act: (can: AppState['can']) => void): void {
  const { app, load } = useConnection.getState();
  if (app !== null) act(app.can);
  else
    void load().then(() => {
      const known = useConnection.getState().app;
      if (known !== null) act(known.can);
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
