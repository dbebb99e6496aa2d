import { InvalidArgumentError } from 'commander';
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

/** `COUNT:HASH`, as reports and `verify` print it. */
export function headOption(value: string): HistoryHead {
  const match = /^(\d{1,15}):([0-9a-f]{64})$/.exec(value);
  if (match === null) throw new InvalidArgumentError('Give it as COUNT:HASH, as a report states it.');
  return { count: Number(match[1]), hash: match[2] ?? '' };
}

export function limitOption(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > 5000)
    throw new InvalidArgumentError('A number from 1 to 5000.');
  return number;
}
