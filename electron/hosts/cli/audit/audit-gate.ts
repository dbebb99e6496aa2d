import { readFileSync } from 'node:fs';
import { gateLines } from '#shared/deletion-gate-words.ts';
import type { DeletionGate } from '#shared/model/deletion-gate.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import { plannedDeletions } from '../../../core/audit/index.ts';
import { isKeyName } from '../../../core/key-material/index.ts';
import { namedBy } from '../../../services/audit/index.ts';
import { NOT_ANSWERED, OK, SOME_FAILED } from '../exit-code.ts';
import { connectionChoice } from '../options.ts';
import { type OutputFlags, write } from '../output/standard-output.ts';
import { safe } from '../output/text.ts';
import { takeInNames, withEngine } from '../session.ts';

export interface GateFlags extends OutputFlags {
  safeToDelete?: string[];
  terraformPlan?: string;
}

const CODES: Readonly<Record<DeletionGate['verdict'], number>> = {
  safe: OK,
  needed: SOME_FAILED,
  unanswered: NOT_ANSWERED,
};

/**
 * `rewrap audit PATH… --safe-to-delete KEY` or `--terraform-plan FILE`: may these keys be deleted? Exit code 0 only where
 * everything that was named was read, every key group is identified, and nothing needs a key.
 */
export async function auditGate(paths: readonly string[], flags: GateFlags): Promise<number> {
  if (flags.format !== 'text' && flags.format !== 'json')
    throw new FaultError(
      fault(
        'BadUsage',
        `The deletion gate has no ${flags.format} form.`,
        '',
        'Choose --format text or json. --if-deleted KEY makes a report of every form.',
      ),
    );
  const { keys, nameless } = asked(flags);
  return withEngine(connectionChoice(flags), async (client) => {
    await client.host.audit.useRules({ text: null, name: null });
    await takeInNames(client, paths);
    const gate = await client.host.audit.deletionGates({ keys, nameless });
    const text =
      flags.format === 'json'
        ? JSON.stringify(gate, null, 2)
        : [...gateLines(gate, namedBy(paths))].map(safe).join('\n');
    write(text, flags.out);
    return CODES[gate.verdict];
  });
}

function asked({ safeToDelete = [], terraformPlan }: GateFlags): { keys: string[]; nameless: string[] } {
  for (const key of safeToDelete)
    if (!isKeyName(key))
      throw new FaultError(
        fault(
          'BadUsage',
          key.trim() === '' ? 'No key was named after --safe-to-delete.' : `${key} is no name of a KMS key.`,
          '',
          'Name the key by its ARN, id, alias or alias ARN: rewrap audit PATH… --safe-to-delete alias/name.',
        ),
      );
  if (terraformPlan === undefined) return { keys: [...new Set(safeToDelete)], nameless: [] };
  let text: string;
  try {
    text = readFileSync(terraformPlan, 'utf8');
  } catch {
    throw new FaultError(
      fault('PlanUnreadable', `${terraformPlan} cannot be read.`, '', 'Check its name and permissions.'),
    );
  }
  const planned = plannedDeletions(text);
  return { keys: [...new Set([...safeToDelete, ...planned.keys])], nameless: [...planned.nameless] };
}
