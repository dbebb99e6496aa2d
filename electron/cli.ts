#!/usr/bin/env node
import { CommanderError } from 'commander';
import { type Fault, FaultError, fault } from '#shared/model/fault.ts';
import { quietLibraries } from './bridge/engine/index.ts';
import { toFault } from './bridge/index.ts';
import { audit, reconcile } from './hosts/cli/audit/audit.ts';
import { campaign, showCampaign, snapshotCampaign } from './hosts/cli/audit/campaign.ts';
import { evidence, verify } from './hosts/cli/audit/evidence.ts';
import { gitleaksIgnore } from './hosts/cli/audit/gitleaks-ignore.ts';
import { keys, ssoLogin, whoami } from './hosts/cli/connection.ts';
import { BAD_INPUT, OK, refusedExitCode } from './hosts/cli/exit-code.ts';
import { explain } from './hosts/cli/explain.ts';
import { inspect } from './hosts/cli/inspect.ts';
import { mannerNow, setManner } from './hosts/cli/output/say.ts';
import { drainOutput, exitCodeAfterOutput, watchStandardOutput } from './hosts/cli/output/standard-output.ts';
import { printFault, printFaultJson } from './hosts/cli/output/text.ts';
import { plan, planDiff, runPlanFile } from './hosts/cli/plans/plan.ts';
import { planShard } from './hosts/cli/plans/plan-shard.ts';
import { mergeShards } from './hosts/cli/plans/runs-merge.ts';
import { practiceKms } from './hosts/cli/practice.ts';
import { completionScript, type Shell } from './hosts/cli/program/completion.ts';
import { manualPage } from './hosts/cli/program/manual.ts';
import { bindHandlers, createProgram, type Handler } from './hosts/cli/program/program.ts';
import { reencryptToBranch } from './hosts/cli/runs/git-branch.ts';
import { history, verifyHistory } from './hosts/cli/runs/history.ts';
import { reencryptCommand } from './hosts/cli/runs/reencrypt.ts';
import {
  closeRun,
  compareRun,
  listRuns,
  resumeCommand,
  retryRun,
  showRun,
  undoCommand,
} from './hosts/cli/runs/runs.ts';
import { serveCommand } from './hosts/cli/serve.ts';
import { limitWaits } from './hosts/cli/session.ts';
import { answerSignals } from './hosts/cli/signals.ts';

quietLibraries();
let exitCode = 0;
/** The code of a command that ends with this fault. */
let refused: (fault: Fault) => number = () => BAD_INPUT;

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
    inspect,
    reencrypt: overRun((paths, flags) =>
      flags.gitBranch === undefined ? reencryptCommand(paths, flags) : reencryptToBranch(paths, flags),
    ),
    plan,
    'plan diff': planDiff,
    'plan shard': planShard,
    run: overRun(runPlanFile),
    keys,
    whoami,
    explain,
    audit,
    reconcile,
    campaign,
    'campaign snapshot': snapshotCampaign,
    'campaign status': showCampaign,
    evidence,
    'gitleaks-ignore': gitleaksIgnore,
    verify,
    runs: listRuns,
    'runs resume': overRun(resumeCommand),
    'runs retry': overRun(retryRun),
    'runs compare': compareRun,
    'runs undo': overRun(undoCommand),
    'runs close': overRun(closeRun),
    'runs merge': mergeShards,
    'runs show': overRun(showRun),
    history,
    'history verify': verifyHistory,
    'sso-login': ssoLogin,
    'practice-kms': practiceKms,
    serve: serveCommand,
    completion: async (shell: Shell) => print(completionScript(program, shell)),
    manual: async () => print(manualPage(program)),
  },
  (code) => {
    exitCode = code;
  },
);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    exitCode = error.exitCode === 0 ? 0 : BAD_INPUT;
    // In words it was said by then.
    if (exitCode !== 0 && mannerNow().json)
      printFaultJson(fault('BadUsage', error.message.replace(/^error: /, ''), '', 'rewrap --help shows how'));
  } else {
    const problem = toFault(error);
    printFault(problem);
    exitCode = refused(problem);
    if (!(error instanceof FaultError) && process.env.REWRAP_DEBUG) console.error(error);
  }
}
await drainOutput();
// What still waits for an answer, in a library perhaps, is not waited for.
process.exit(exitCodeAfterOutput(exitCode));
