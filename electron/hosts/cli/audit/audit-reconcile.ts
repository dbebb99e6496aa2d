import { resolve } from 'node:path';
import type { Reconciliation } from '#shared/model/reconcile.ts';
import { reconcileLines } from '#shared/reconcile-words.ts';
import { NOT_ANSWERED, OK, SOME_FAILED } from '../exit-code.ts';
import { safe } from '../output/text.ts';
import { write } from '../output/write.ts';
import { withEngine } from '../session.ts';

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
