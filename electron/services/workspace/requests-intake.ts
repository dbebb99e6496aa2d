import type { HostHandlers, PageHandlers } from '#shared/contract/api.ts';
import { notHere } from '../not-here.ts';
import type { Services } from '../services.ts';
import { takeNamed } from './named-paths.ts';

export function intakeHandlers({ workspace }: Services): PageHandlers['intake'] {
  return {
    choose: () => notHere('open a file dialog'),
    paste: async ({ text }) => (text === null ? notHere('read the clipboard') : workspace.addText(text)),
    clear: async ({ sourceIds }) => {
      workspace.remove(sourceIds);
      return {};
    },
  };
}

export function intakeHostHandlers(rooms: Services): HostHandlers['intake'] {
  return {
    addPaths: ({ paths, origin }) => takeNamed(rooms, paths, origin),
    unusedFolders: async ({ folders }) => ({
      folders: rooms.runs.busy() ? [] : rooms.workspace.withoutSources(folders),
    }),
  };
}
