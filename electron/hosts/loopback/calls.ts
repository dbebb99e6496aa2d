import type { Reply } from '#shared/contract/api.ts';
import { requests } from '#shared/contract/contract.ts';
import type { Fault } from '#shared/model/fault.ts';
import { fault } from '#shared/model/fault-error.ts';
import { answer, type Engine, unknownRequest } from '../../bridge/index.ts';
import type { Downloads } from './downloads.ts';
import type { SocketCall } from './socket.ts';

/** What the loopback host itself does for a page. */
export interface HostActs {
  /** Ends every session but that of the secret; returns how many ended. */
  readonly endOtherSessions: (secret: string) => number;
  /** The list of blobs may have lost files. */
  readonly listShrank: () => void;
  /** A page has said that it listens. */
  readonly listens: () => void;
  readonly diagnostics: () => string;
}

const pageRequests: ReadonlySet<string> = new Set(
  Object.entries(requests).flatMap(([namespace, methods]) =>
    Object.keys(methods).map((method) => `${namespace}.${method}`),
  ),
);

const refused = (refusal: Fault) => async (): Promise<Reply<never>> => ({ ok: false, fault: refusal });

interface CallParts {
  readonly engine: Engine;
  readonly downloads: Downloads;
  readonly acts: HostActs;
}

/**
 * What the page's socket can reach: the page requests of the contract, those that need a desktop answered here, the
 * rest by `engine.call`. `engine.callHost` is never given a name from the socket.
 */
export function pageCalls({ engine, downloads, acts }: CallParts): SocketCall {
  const here = new Map<string, (input: unknown) => Promise<Reply<unknown>>>([
    [
      'intake.choose',
      refused(
        fault(
          'NotOnThisHost',
          'Rewrap in a browser cannot open a file dialog of its own.',
          'Files reach this host by the page, or are named when it starts.',
          'Drop the files on the page, use its file picker, or start the host with `rewrap serve PATH`.',
        ),
      ),
    ],
    [
      'output.chooseFolder',
      refused(
        fault(
          'NotOnThisHost',
          'An output folder cannot be chosen from a browser.',
          'A page must not be able to name a folder of the machine that Rewrap runs on.',
          'Name it where the host runs: `rewrap serve --out DIR`. Or download the new files.',
        ),
      ),
    ],
    [
      'app.chooseDataFolder',
      refused(
        fault(
          'NotOnThisHost',
          'A data folder cannot be chosen from a browser.',
          'A page must not be able to name a folder of the machine that Rewrap runs on.',
          'Name it where the host runs: `REWRAP_HOME=DIR rewrap serve`.',
        ),
      ),
    ],
    [
      'output.reveal',
      refused(
        fault(
          'NotOnThisHost',
          'Rewrap in a browser cannot open the folder of a file.',
          'The file may be on another machine.',
          'Look in the output folder that the host was started with.',
        ),
      ),
    ],
    [
      'blobs.reveal',
      refused(
        fault(
          'NotOnThisHost',
          'Rewrap in a browser cannot open the folder of a file.',
          'The file may be on another machine.',
          'Copy its path, and look on the machine where Rewrap runs.',
        ),
      ),
    ],
    [
      'blobs.drag',
      refused(
        fault(
          'NotOnThisHost',
          'Rewrap in a browser begins no drag by itself.',
          '',
          'Drag the row: the browser takes the ciphertext along. Or save it as a file.',
        ),
      ),
    ],
    [
      'connection.openSignIn',
      refused(
        fault(
          'NotOnThisHost',
          'Rewrap in a browser cannot open another page by itself.',
          '',
          'Follow the link that is shown with the code, here or on any other machine.',
        ),
      ),
    ],
    [
      'plans.open',
      refused(
        fault(
          'NotOnThisHost',
          'Rewrap in a browser cannot open a file dialog of its own.',
          '',
          'Drop the plan on the page, or use its file picker.',
        ),
      ),
    ],
    [
      'app.ready',
      (input) =>
        answer(requests.app.ready, input, async () => {
          acts.listens();
          return {};
        }),
    ],
    [
      'app.copyDiagnostics',
      (input) => answer(requests.app.copyDiagnostics, input, async () => ({ text: acts.diagnostics() })),
    ],
    ['plans.save', (input) => downloads.offerPlan(input)],
    ['plans.shard', (input) => downloads.offerShards(input)],
    ['runs.download', (input) => downloads.offer(input)],
    ['blobs.save', (input) => downloads.offerBlob(input)],
    ['audit.export', (input) => downloads.offerReport(input)],
    ['audit.saveText', (input) => downloads.offerText(input)],
  ]);
  const noClipboard = refused(
    fault(
      'NotOnThisHost',
      'Rewrap in a browser cannot read your clipboard by itself.',
      '',
      'Click into the page and press Ctrl+V (Cmd+V on a Mac).',
    ),
  );

  return async (name, input, secret) => {
    if (!pageRequests.has(name)) return unknownRequest();
    const own = here.get(name);
    if (own !== undefined) return await own(input);
    if (name === 'app.endOtherSessions')
      return await answer(requests.app.endOtherSessions, input, async () => ({
        ended: acts.endOtherSessions(secret),
      }));
    if (name === 'intake.paste' && pastesNothing(input)) return await noClipboard();
    const reply = await engine.call(name, input);
    if (name === 'intake.clear' && reply.ok) acts.listShrank();
    return reply;
  };
}

function pastesNothing(input: unknown): boolean {
  return typeof input === 'object' && input !== null && 'text' in input && input.text === null;
}
