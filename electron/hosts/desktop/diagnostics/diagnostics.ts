import type { Reply } from '#shared/contract/api.ts';
import { requests } from '#shared/contract/contract.ts';
import type { Engine } from '../../../bridge/index.ts';
import type { ElectronMain } from '../electron.ts';
import type { Log } from './log.ts';

export interface DiagnosticsParts {
  readonly electron: Pick<ElectronMain, 'app' | 'nativeTheme' | 'screen'>;
  /** Null: it could not be started. */
  readonly engine: Engine | null;
  readonly log: Log;
  readonly version: string;
  readonly system: {
    readonly platform: string;
    readonly arch: string;
    /** Release of the operating system, as `os.release()` gives it. */
    readonly release: string;
    readonly versions: Readonly<Record<string, string | undefined>>;
  };
}

/** Lines of the log that go along. */
const LINES = 60;

/**
 * What a bug report needs, and nothing that must not leave: no path, file name, key, account, profile, context,
 * ciphertext or person. Of the connection its kind and state alone; of runs their counts and the codes of faults.
 */
export async function diagnostics(parts: DiagnosticsParts): Promise<string> {
  const { electron, log, version, system } = parts;
  const { app, nativeTheme, screen } = electron;
  const displays = screen
    .getAllDisplays()
    .map(({ size, scaleFactor }) => `${size.width}×${size.height} at ${scaleFactor}`);
  return [
    `Rewrap ${version}${app.isPackaged ? '' : ', from source'}`,
    `System: ${system.platform} ${system.release}, ${system.arch}`,
    `Electron ${system.versions.electron ?? '?'}, Chromium ${system.versions.chrome ?? '?'}, Node ${system.versions.node ?? '?'}`,
    `Language ${app.getLocale()}, ${nativeTheme.shouldUseDarkColors ? 'dark' : 'light'}, displays: ${displays.join(', ')}`,
    await connectionLine(parts.engine),
    ...(await runLines(parts.engine)),
    'Log:',
    ...log.tail(LINES).map((line) => `  ${line}`),
  ].join('\n');
}

async function connectionLine(engine: Engine | null): Promise<string> {
  if (engine === null) return 'Engine: not started';
  const reply = requests.app.state.reply.safeParse(given(await engine.call('app.state', {})));
  if (!reply.success) return 'Connection: not known';
  const { connection } = reply.data;
  const code = connection.fault === null ? '' : `, ${connection.fault.code}`;
  return `Connection: ${connection.choice.kind}, ${connection.status}${code}`;
}

async function runLines(engine: Engine | null): Promise<string[]> {
  if (engine === null) return [];
  const reply = requests.runs.list.reply.safeParse(given(await engine.call('runs.list', {})));
  if (!reply.success) return ['Runs: not known'];
  return [
    `Runs: ${reply.data.runs.length}`,
    ...reply.data.runs.slice(0, 5).map(({ status, dryRun, counts, fault }) => {
      const { total, succeeded, failed, skipped } = counts;
      const code = fault === null ? '' : `, ${fault.code}`;
      return `  ${dryRun ? 'dry run' : 'run'} ${status}: ${total} blobs, ${succeeded} ok, ${failed} failed, ${skipped} skipped${code}`;
    }),
  ];
}

const given = (reply: Reply<unknown>): unknown => (reply.ok ? reply.value : null);
