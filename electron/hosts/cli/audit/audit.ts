import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { plural } from '#shared/format.ts';
import type { AuditSummary, ExplainedRule } from '#shared/model/audit.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import type { Reconciliation } from '#shared/model/reconcile.ts';
import { reconcileLines } from '#shared/reconcile-words.ts';
import { FAIL_ON, rulesSchema } from '../../../core/audit/index.ts';
import { BAD_INPUT, NOT_ANSWERED, OK, SOME_FAILED } from '../exit-code.ts';
import { connectionChoice } from '../options.ts';
import { warn } from '../output/say.ts';
import { write } from '../output/standard-output.ts';
import { safe } from '../output/text.ts';
import { takeInNames, withEngine } from '../session.ts';
import { auditGate, type GateFlags } from './audit-gate.ts';

export interface AuditFlags extends GateFlags {
  rules?: string;
  rulesSchema?: true;
  explain?: true;
  ifDeleted?: string;
  gitHistory?: true;
}

/**
 * `rewrap audit PATH… [--rules FILE] [--format F] [-o FILE] [--if-deleted KEY]`: what is protected by which key and
 * what is wrong with it. Offline unless a connection is named. Exit code 1 where a rule is broken.
 */
export async function audit(paths: readonly string[], flags: AuditFlags): Promise<number> {
  if (flags.rulesSchema) {
    console.log(JSON.stringify(rulesSchema(), null, 2));
    return OK;
  }
  if (flags.explain && flags.rules === undefined)
    throw new FaultError(
      fault('BadUsage', '--explain is about rules, and none were named.', '', 'Add --rules FILE.'),
    );
  if (paths.length === 0)
    throw new FaultError(
      fault('NothingNamed', 'No file and no folder was named.', '', 'Name what to audit: rewrap audit PATH…'),
    );
  if (flags.safeToDelete !== undefined || flags.terraformPlan !== undefined) return auditGate(paths, flags);
  if (flags.ifDeleted?.trim() === '')
    throw new FaultError(
      fault(
        'BadUsage',
        'No key was named after --if-deleted.',
        '',
        'Name the key by its ARN, id, alias or alias ARN: rewrap audit PATH… --if-deleted alias/name.',
      ),
    );
  const rules = flags.rules === undefined ? null : readRulesFile(flags.rules);
  return withEngine(connectionChoice(flags), async (client) => {
    const { problem } = await client.page.audit.rules({});
    if (problem !== null)
      warn(
        `the rules that were kept on this computer cannot be used: ${safe(problem)} Choose a corrected file in the window.`,
      );
    await client.host.audit.useRules({ text: rules, name: flags.rules ?? null });
    const { files, unreadable } = await takeInNames(client, paths);
    if (files.size === 0) warn('no ciphertext found');
    // A gate that left keys out would pass what it did not look at.
    await client.page.audit.askKeys({ refresh: false, all: true });
    if (flags.gitHistory) await client.page.audit.gitHistory({ on: true });
    const key = flags.ifDeleted;
    const report = await client.host.audit.report({
      subject: key === undefined ? { of: 'audit' } : { of: 'deletion', key },
      format: flags.format,
      roots: [...paths],
    });
    write(report.bytes, flags.out);
    if (flags.explain && rules !== null) {
      const { explained, moreExplained } = await client.page.audit.tryRules({ text: rules });
      // Beside the report: its format is for another reader.
      for (const line of explainedLines(explained, moreExplained)) console.error(line);
    }
    const summary = await client.page.audit.summary({});
    return verdict(summary, unreadable, flags.ifDeleted !== undefined);
  });
}

/** The exit code, the same whatever was asked for; `answered`: the rules were not what the output speaks of. */
function verdict(
  { violations, unjudged, caller }: AuditSummary,
  unreadable: boolean,
  answered: boolean,
): number {
  if (answered && violations !== null && violations > 0)
    warn(
      `${plural(violations, 'rule')} of the rules file ${violations === 1 ? 'is' : 'are'} broken. Run audit without --if-deleted to see ${violations === 1 ? 'it' : 'them'}.`,
    );
  // What could not be read could not be judged: that is no pass.
  if ((violations ?? 0) > 0) return SOME_FAILED;
  if (unreadable) return BAD_INPUT;
  // What a rule asks and nothing could answer is no pass. `failOn` is about what was found.
  const open = unjudged.filter(({ rule }) => rule !== FAIL_ON);
  const asked = caller === null ? ' No connection was named (--profile, --region).' : '';
  for (const { rule, blobs, why } of open)
    warn(`${rule} was not judged for ${plural(blobs, 'blob')}: ${safe(why)}.${asked}`);
  return open.length > 0 ? NOT_ANSWERED : OK;
}

const VERDICTS: Readonly<Record<ExplainedRule['verdict'], string>> = {
  holds: 'holds',
  broken: 'BROKEN',
  'not judged': 'NOT JUDGED',
};

/** A line for each reason: verdict, rule, blobs, why. */
function explainedLines(explained: readonly ExplainedRule[], more: number): string[] {
  const width = Math.max(0, ...explained.map(({ rule }) => rule.length));
  return [
    ...explained.map(
      ({ rule, verdict, why, blobs }) =>
        `${VERDICTS[verdict].padEnd(10)}  ${safe(rule).padEnd(width)}  ${plural(blobs, 'blob')}: ${safe(why)}`,
    ),
    ...(more > 0 ? [`and ${plural(more, 'more reason')}.`] : []),
  ];
}

function readRulesFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new FaultError(
      fault(
        'RulesUnreadable',
        `The rules file ${path} cannot be read.`,
        '',
        'Check its name and permissions.',
      ),
    );
  }
}

const CODES: Readonly<Record<Reconciliation['verdict'], number>> = {
  agrees: OK,
  differs: SOME_FAILED,
  unanswered: NOT_ANSWERED,
};

/** `rewrap reconcile PATH… [--run ID] [--json] [-o FILE]`: whether CloudTrail's files and the history say the same. */
export async function reconcile(
  paths: readonly string[],
  flags: { run?: string; json?: true; out?: string },
): Promise<number> {
  return withEngine(null, async ({ host }) => {
    const result = await host.audit.reconcile({
      paths: paths.map((path) => resolve(path)),
      runId: flags.run ?? null,
    });
    write(
      flags.json ? JSON.stringify(result, null, 2) : [...reconcileLines(result)].map(safe).join('\n'),
      flags.out,
    );
    return CODES[result.verdict];
  });
}
