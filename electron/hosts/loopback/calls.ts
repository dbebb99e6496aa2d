import type { Reply } from '#shared/contract/api.ts';
import type { PlainFault } from '#shared/model/fault-error.ts';
import { fault } from '#shared/model/fault-error.ts';
import type { Engine } from '../../bridge/index.ts';
import type { OwnCalls, OwnName } from './own-calls.ts';
import type { SocketCall } from './socket.ts';

const pageRequests: ReadonlySet<string> = new Set(
  Object.entries(__REWRAP_METHODS__).flatMap(([namespace, methods]) =>
    methods.map((method) => `${namespace}.${method}`),
  ),
);

const answered = new Set<string>([
  'app.copyDiagnostics',
  'app.endOtherSessions',
  'plans.save',
  'plans.shard',
  'runs.download',
  'blobs.save',
  'audit.export',
  'audit.saveText',
] satisfies OwnName[]);
const isOwn = (name: string): name is OwnName => answered.has(name);

const refused = (refusal: PlainFault) => async (): Promise<Reply<never>> => ({ ok: false, fault: refusal });

interface CallParts {
  readonly engine: Engine;
  /** What this host answers itself by the contract; loaded when it is first needed. */
  readonly own: () => Promise<OwnCalls>;
  /** A page has said that it listens. */
  readonly listens: () => void;
  /** The list of blobs may have lost files. */
  readonly listShrank: () => void;
}

/**
 * What the page's socket can reach: the page requests of the contract, those that need a desktop answered here, the
 * rest by `engine.call`, which validates. `engine.callHost` is never given a name from the socket.
 */
export function pageCalls({ engine, own, listens, listShrank }: CallParts): SocketCall {
  const here = new Map<string, () => Promise<Reply<never>>>([
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
    if (!pageRequests.has(name)) return (await import('../../bridge/index.ts')).unknownRequest();
    const none = here.get(name);
    if (none !== undefined) return await none();
    if (isOwn(name)) return await (await own()).answer(name, input, secret);
    if (name === 'intake.paste' && pastesNothing(input)) return await noClipboard();
    const reply = await engine.call(name, input);
    if (reply.ok && name === 'intake.clear') listShrank();
    if (reply.ok && name === 'app.ready') listens();
    return reply;
  };
}

function pastesNothing(input: unknown): boolean {
  return typeof input === 'object' && input !== null && 'text' in input && input.text === null;
}
