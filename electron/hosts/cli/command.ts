import { CommanderError } from 'commander';
import type { Fault } from '#shared/model/fault.ts';
import { FaultError, fault } from '#shared/model/fault-error.ts';
import { quietLibraries } from '../../bridge/engine/quiet-libraries.ts';
import { BAD_INPUT, OK, refusedExitCode } from './exit-code.ts';
import { mannerNow, setManner } from './output/say.ts';
import { drainOutput, exitCodeAfterOutput, watchStandardOutput } from './output/standard-output.ts';
import { printFault, printFaultJson } from './output/text.ts';
import { growSlowly, growYoungSpaceOnce, limitWaits } from './process.ts';
import type { Shell } from './program/completion.ts';
import { bindHandlers, createProgram, type Handler } from './program/program.ts';
import { answerSignals } from './signals.ts';

quietLibraries();
let exitCode = 0;
/** The code of a command that ends with this fault. */
let refused: (fault: Fault) => number = () => BAD_INPUT;

/** A command of which the code is loaded when it is given: to read the words of a command line takes none of it. */
const later =
  (load: () => Promise<Handler>): Handler =>
  async (...args) => {
    const handler = await load();
    growSlowly();
    growYoungSpaceOnce();
    return await handler(...args);
  };

/** A command over a run: what passes is another end than bad usage. */
const overRun =
  (work: Handler): Handler =>
  (...args) => {
    refused = refusedExitCode;
    return work(...args);
  };

/** Commands that serve or wait until a signal, and answer it themselves. */
const OWN_SIGNALS: ReadonlySet<string> = new Set(['serve', 'practice-kms', 'sso-login']);

watchStandardOutput();
// What is wrong with the words of a command is found before its options are read.
setManner({ json: process.argv.includes('--json') });

interface CommonFlags {
  readonly timeout?: number;
  readonly quiet?: true;
  readonly verbose?: true;
  readonly json?: true;
  readonly format?: string;
}

const program = createProgram().hook('preAction', (_, command) => {
  if (!OWN_SIGNALS.has(command.name())) answerSignals();
  const { timeout, quiet, verbose, json, format } = command.optsWithGlobals<CommonFlags>();
  if (timeout !== undefined) limitWaits(timeout);
  setManner({ quiet: quiet === true, verbose: verbose === true, json: json === true || format === 'json' });
});

async function print(text: string): Promise<number> {
  process.stdout.write(text);
  return OK;
}

bindHandlers(
  program,
  {
    inspect: later(async () => (await import('./inspect.ts')).inspect),
    reencrypt: overRun((paths, flags) => {
      const command =
        flags.gitBranch === undefined
          ? later(async () => (await import('./runs/reencrypt.ts')).reencryptCommand)
          : later(async () => (await import('./runs/git-branch.ts')).reencryptToBranch);
      return command(paths, flags);
    }),
    plan: later(async () => (await import('./plans/plan.ts')).plan),
    'plan diff': later(async () => (await import('./plans/plan.ts')).planDiff),
    'plan shard': later(async () => (await import('./plans/plan-shard.ts')).planShard),
    run: overRun(later(async () => (await import('./plans/plan.ts')).runPlanFile)),
    keys: later(async () => (await import('./connection.ts')).keys),
    whoami: later(async () => (await import('./connection.ts')).whoami),
    explain: later(async () => (await import('./explain.ts')).explain),
    audit: later(async () => (await import('./audit/audit.ts')).audit),
    reconcile: later(async () => (await import('./audit/audit.ts')).reconcile),
    campaign: later(async () => (await import('./audit/campaign.ts')).campaign),
    'campaign snapshot': later(async () => (await import('./audit/campaign.ts')).snapshotCampaign),
    'campaign status': later(async () => (await import('./audit/campaign.ts')).showCampaign),
    evidence: later(async () => (await import('./audit/evidence.ts')).evidence),
    'gitleaks-ignore': later(async () => (await import('./audit/gitleaks-ignore.ts')).gitleaksIgnore),
    verify: later(async () => (await import('./audit/evidence.ts')).verify),
    runs: later(async () => (await import('./runs/runs.ts')).listRuns),
    'runs resume': overRun(later(async () => (await import('./runs/runs.ts')).resumeCommand)),
    'runs retry': overRun(later(async () => (await import('./runs/runs.ts')).retryRun)),
    'runs compare': later(async () => (await import('./runs/runs.ts')).compareRun),
    'runs undo': overRun(later(async () => (await import('./runs/runs.ts')).undoCommand)),
    'runs close': overRun(later(async () => (await import('./runs/runs.ts')).closeRun)),
    'runs merge': later(async () => (await import('./plans/runs-merge.ts')).mergeShards),
    'runs show': overRun(later(async () => (await import('./runs/runs.ts')).showRun)),
    history: later(async () => (await import('./runs/history.ts')).history),
    'history verify': later(async () => (await import('./runs/history.ts')).verifyHistory),
    'sso-login': later(async () => (await import('./connection.ts')).ssoLogin),
    'practice-kms': later(async () => (await import('./practice.ts')).practiceKms),
    // Its engine is loaded beside it.
    serve: async (paths, flags) => (await import('./serve.ts')).serveCommand(paths, flags),
    completion: later(async () => {
      const { completionScript } = await import('./program/completion.ts');
      return (shell: Shell) => print(completionScript(program, shell));
    }),
    manual: later(async () => {
      const { manualPage } = await import('./program/manual.ts');
      return () => print(manualPage(program));
    }),
  },
  (code) => {
    exitCode = code;
  },
);

async function failed(error: unknown): Promise<void> {
  if (error instanceof CommanderError) {
    exitCode = error.exitCode === 0 ? 0 : BAD_INPUT;
    // In words it was said by then.
    if (exitCode !== 0 && mannerNow().json)
      printFaultJson(fault('BadUsage', error.message.replace(/^error: /, ''), '', 'rewrap --help shows how'));
  } else {
    const { toFault } = await import('../../bridge/index.ts');
    const problem = toFault(error);
    printFault(problem);
    exitCode = refused(problem);
    if (!(error instanceof FaultError) && process.env.REWRAP_DEBUG) console.error(error);
  }
}

void program
  .parseAsync()
  .catch(failed)
  .then(drainOutput)
  // What still waits for an answer, in a library perhaps, is not waited for.
  .then(() => process.exit(exitCodeAfterOutput(exitCode)));
