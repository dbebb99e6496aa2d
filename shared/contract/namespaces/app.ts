import { ConnectionState } from '../../model/connection.ts';
import { Fault } from '../../model/fault.ts';
import { Look, PageState, Preferences, TableLook } from '../../model/preferences.ts';
import * as z from '../../schema.ts';
import { event, nothing, request } from '../define.ts';

/** A question that a person answers outside the page: nothing of the page can. */
const WaitingApproval = z.object({ where: z.enum(['dialog', 'terminal']), title: z.string() });
export type WaitingApproval = z.infer<typeof WaitingApproval>;

const AppState = z.object({
  version: z.string(),
  host: z.enum(['desktop', 'loopback', 'cli']),
  platform: z.string(),
  /** What this host can do, so that the page offers nothing it cannot. */
  can: z.object({
    /** Native file and folder dialogs. Otherwise the page uploads. */
    chooseFiles: z.boolean(),
    chooseFolder: z.boolean(),
    /** Read the clipboard outside the page, so that pasted text never enters it. */
    readClipboard: z.boolean(),
    reveal: z.boolean(),
    /** Open the address of a sign-in in the system's browser. Otherwise the page shows a link. */
    openBrowser: z.boolean(),
    download: z.boolean(),
    /** Has sessions of several pages, which one of them can end. */
    endSessions: z.boolean(),
  }),
  /** Output folders named on the host at start (`rewrap serve --out DIR`). */
  outputFolders: z.array(z.object({ token: z.string(), path: z.string() })),
  /** How many processes this machine can keep busy. */
  cores: z.int(),
  connection: ConnectionState,
  /** What waits for a person outside the page; null: nothing. */
  approval: WaitingApproval.nullable(),
});

const DataFolder = z.object({
  /** Of this start. */
  path: z.string(),
  /** Of the next start. */
  next: z.string(),
  /** Where none was chosen. */
  usual: z.string(),
  /** `REWRAP_HOME` names it: no choice holds. */
  fixed: z.boolean(),
});

export const appRequests = {
  state: request(nothing, AppState),
  /** How the window looked last, kept by the host: the page has no storage that outlives it. */
  look: request(nothing, Look),
  setLook: request(Look, nothing),
  /** How the list of blobs was arranged last, and the filters that were saved. */
  table: request(nothing, TableLook),
  /** What a new run and a new connection begin with. */
  preferences: request(nothing, Preferences),
  setPreferences: request(Preferences, nothing),
  setTable: request(TableLook, nothing),
  /** What a page that is loaded again goes on with: kept while the engine runs, and on no disk. */
  pageState: request(nothing, PageState),
  setPageState: request(PageState, nothing),
  /** Where Rewrap keeps its own data. */
  dataFolder: request(nothing, DataFolder),
  /** Opens the host's dialog for another one, or goes back to the usual one; from the next start, and nothing is moved. */
  chooseDataFolder: request(z.object({ what: z.enum(['another', 'usual']) }), DataFolder),
  /** Licences of the libraries inside, as they were packed with this build; empty where it has none. */
  licences: request(nothing, z.object({ text: z.string() })),
  /** Loopback: ends the sessions of all other pages. Elsewhere there are none: `NotOnThisHost`. */
  endOtherSessions: request(nothing, z.object({ ended: z.int() })),
  /** The page has subscribed to every event and knows its host: what the host kept for it can be sent. */
  ready: request(nothing, nothing),
  /**
   * What a bug report needs, naming no file, key, account or person. The desktop puts it on the clipboard by itself;
   * elsewhere the page gets the text to copy.
   */
  copyDiagnostics: request(nothing, z.object({ text: z.string().nullable() })),
} as const;

export const appEvents = {
  approvalWaiting: event(z.object({ waiting: WaitingApproval.nullable() })),
  /**
   * The part that does the work stopped by itself and is being started again, runs again, or will not be started any
   * more. What was asked of it before means nothing to the next: the page begins anew.
   */
  engineChanged: event(
    z.object({
      state: z.enum(['restarting', 'running', 'failed']),
      /** Why it stopped; null once it runs. */
      fault: Fault.nullable(),
    }),
  ),
  /** The host asks the page to show a view (menu, shortcut). */
  show: event(
    z.object({
      view: z.enum([
        'blobs',
        'runs',
        'keys',
        'audit',
        'settings',
        'open-files',
        'open-folder',
        'open-plan',
        'paste',
      ]),
    }),
  ),
} as const;
