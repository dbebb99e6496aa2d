import * as z from '../../schema.ts';
import { event, nothing, request } from '../define.ts';
import { Intake } from '../shapes.ts';

export const intakeRequests = {
  /** Opens the host's dialog; zero sources when the person closed it. */
  choose: request(z.object({ what: z.enum(['files', 'folder']) }), Intake),
  /** Reads the host's clipboard where the host can; otherwise takes the text given. */
  paste: request(z.object({ text: z.string().max(32_000_000).nullable() }), Intake),
  clear: request(z.object({ sourceIds: z.array(z.id()).nullable() }), nothing),
} as const;

/** Made by a host's own code alone: may name paths. */
export const intakeHostRequests = {
  /** Those of the folders in which no file of the list lies; none while a run that may read them is under way. */
  unusedFolders: request(
    z.object({ folders: z.array(z.string()) }),
    z.object({ folders: z.array(z.string()) }),
  ),
  /** 'picked': by a person, in a dialog of the host or on its command line; 'path': dropped on the page. */
  addPaths: request(
    z.object({ paths: z.array(z.string().max(40_000)), origin: z.enum(['picked', 'path', 'upload']) }),
    Intake,
  ),
} as const;

export const intakeEvents = {
  intakeProgress: event(z.object({ files: z.int(), blobs: z.int(), done: z.boolean() })),
} as const;
