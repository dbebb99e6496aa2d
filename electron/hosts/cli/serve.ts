import { spawn } from 'node:child_process';
import { release } from 'node:os';
import { join } from 'node:path';
import { FaultError, fault } from '#shared/model/fault-error.ts';
import { beginEngine, dataDir, type EngineDeath } from '../../bridge/engine/index.ts';
import { forkChild, forkRunWorker, RUN_WORKER, TWO_STEP_CHILD } from '../../core/children/index.ts';
import type { Allowed } from '../../services/approvals/index.ts';
import { serve } from '../loopback/serve.ts';
import { TerminalApprovals } from '../loopback/terminal-approvals.ts';
import { UPLOAD_THREAD } from '../loopback/upload-scanner.ts';
import { OK } from './exit-code.ts';
import { type ConnectionFlags, connectionChoice, warnOfHttp } from './options.ts';
import { warn } from './output/say.ts';
import { bundleFolder, growSlowly, waitLimit } from './process.ts';

interface ServeFlags extends ConnectionFlags {
  port: number;
  out?: string[];
  open?: true;
  allowAccount?: string[];
  allowDecryptHere?: true;
  allowUnverified?: true;
  allowUndo?: true;
  allowPlans?: true;
  allowEndpoint?: string[];
}

const allowed = (flags: ServeFlags): Allowed => ({
  accounts: flags.allowAccount ?? [],
  decryptHere: flags.allowDecryptHere === true,
  unverified: flags.allowUnverified === true,
  undo: flags.allowUndo === true,
  plans: flags.allowPlans === true,
});

/** `rewrap serve [PATH…]`: the window's services in a browser on this machine, until stopped. */
export async function serveCommand(paths: readonly string[], flags: ServeFlags): Promise<number> {
  const dist = bundleFolder();
  const connection = connectionChoice(flags);
  warnOfHttp([flags.endpointUrl, ...(flags.allowEndpoint ?? [])]);
  const deaths: string[] = [];
  const died = ({ error, exitCode, restarting }: EngineDeath): void => {
    const kind = error === null ? `code ${exitCode}` : error.name;
    deaths.push(
      `${new Date().toISOString()} engine ended with ${kind}, ${restarting ? 'restarted' : 'given up'}`,
    );
    const words = error === null ? '' : `: ${error.message}`;
    const next = restarting
      ? 'It is being started again.'
      : 'It is not started any more: stop Rewrap and start it again.';
    warn(`the part that does the work ended with ${kind}${words}. ${next}`);
  };
  const approvals = new TerminalApprovals(allowed(flags), process.stdin.isTTY === true);
  const { engine, serves } = beginEngine(
    {
      host: 'loopback',
      version: __REWRAP_VERSION__,
      can: {
        chooseFiles: false,
        chooseFolder: false,
        readClipboard: false,
        reveal: false,
        openBrowser: false,
        download: true,
        endSessions: true,
      },
      dataDir: dataDir(),
      outputFolders: flags.out ?? [],
      endpoints: flags.allowEndpoint ?? [],
      ...waitLimit(),
      paths,
      ...(connection === null ? {} : { connection }),
    },
    join(dist, 'engine.cjs'),
    {
      died,
      approver: approvals,
      startChild: {
        'two-step': () => forkChild(join(dist, TWO_STEP_CHILD)),
        run: () => forkRunWorker(join(dist, RUN_WORKER)),
      },
    },
  );
  // Its failure is met below, once there is something to end.
  serves.then(growSlowly, () => undefined);
  try {
    const host = await serve({
      engine,
      pageDir: join(dist, 'renderer'),
      bridgeFile: join(dist, 'loopback-bridge.js'),
      port: flags.port,
      say: (line) => console.log(line),
      approvals,
      uploadThread: join(dist, UPLOAD_THREAD),
      diagnostics: () => [SYSTEM, ...deaths].join('\n'),
    });
    // Before it says that it is ready: what starts it may stop it at once.
    const ended = stopped();
    console.log(`Rewrap is at ${host.url}`);
    console.log(`The address works once.${host.takesCodes ? ' Press Enter for another.' : ''} Ctrl-C stops.`);
    if (flags.open && host.takesCodes) openBrowser(host.plainUrl);
    else if (flags.open)
      warn('no browser is opened, since there is no terminal to confirm it in; open the address above');
    host.prepare();
    // The browser loads the page while the engine gets ready: what the page asks waits for the engine's own word.
    await Promise.race([
      ended,
      serves.then(
        () => ended,
        (error: unknown) => {
          throw new FaultError(cannotStart(error));
        },
      ),
    ]).finally(() => host.close());
  } finally {
    approvals.close();
    await engine.close();
  }
  return OK;
}

const SYSTEM = `Rewrap ${__REWRAP_VERSION__}, in a browser. ${process.platform} ${release()}, ${process.arch}, Node ${process.versions.node}`;

const cannotStart = (error: unknown) =>
  fault(
    'CannotStart',
    'Rewrap could not start.',
    `The part that does the work could not be loaded: ${error instanceof Error ? error.message : String(error)}`,
    'Install Rewrap again, with Node 24 or newer.',
  );

function stopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
}

/**
 * Opens the default browser where there is a display; the printed address serves where there is none. The address given
 * holds no token: any user of the machine can read the arguments of a process.
 */
function openBrowser(address: string): void {
  const { platform, env } = process;
  if (platform === 'linux' && !env.DISPLAY && !env.WAYLAND_DISPLAY) return;
  const [command, args] =
    platform === 'darwin'
      ? ['open', [address]]
      : platform === 'win32'
        ? ['rundll32', ['url.dll,FileProtocolHandler', address]]
        : ['xdg-open', [address]];
  const child = spawn(command as string, args as string[], { stdio: 'ignore', detached: true });
  child.on('error', () => warn('no browser could be opened; open the address by hand'));
  child.unref();
}
