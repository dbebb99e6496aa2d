import type { HistoryHead } from '#shared/model/history.ts';
import { historyText } from '../../../core/audit/index.ts';
import { OK, SOME_FAILED } from '../exit-code.ts';
import { warn } from '../output/say.ts';
import { safe } from '../output/text.ts';
import { withEngine } from '../session.ts';

/** `rewrap history [--limit N] [--json]`: what was done, newest last. */
export async function history(flags: { limit: number; json?: true }): Promise<number> {
  return withEngine(null, async ({ page }) => {
    const { records } = await page.history.list({ offset: 0, limit: flags.limit });
    records.reverse();
    if (flags.json) console.log(JSON.stringify(records, null, 2));
    else if (records.length > 0) console.log(historyText(records));
    else warn('nothing was done yet');
    return OK;
  });
}

/** `rewrap history verify [--expect COUNT:HASH]`: whether the chain holds; exit code 1 where it does not. */
export async function verifyHistory(flags: { expect?: HistoryHead; json?: true }): Promise<number> {
  return withEngine(null, async ({ page }) => {
    const verdict = await page.history.verify({ expected: flags.expect ?? null });
    if (flags.json) console.log(JSON.stringify(verdict, null, 2));
    else {
      const { head, broken, proves } = verdict;
      console.log(
        broken === null
          ? `All ${head.count} links hold. Head ${head.count}:${head.hash}`
          : `Broken at record ${broken.seq} (${broken.kind}): ${safe(broken.message)}`,
      );
      console.log(proves);
    }
    return verdict.ok ? OK : SOME_FAILED;
  });
}
