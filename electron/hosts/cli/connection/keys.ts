import type { KeyInfo } from '#shared/model/key.ts';
import { OK } from '../exit-code.ts';
import { AWS_DEFAULT, type ConnectionFlags, connectionChoice } from '../options.ts';
import { warn } from '../output/say.ts';
import { table } from '../output/text.ts';
import { withEngine } from '../session.ts';

/** Of a key that DescribeKey was refused for, or answered without saying what it is, nothing is known. */
const isDescribed = ({ spec, usage, state }: KeyInfo): boolean =>
  spec !== null && usage !== null && state !== null;

/** `rewrap keys [--json]`: the keys this identity can see, and why one cannot be a destination. */
export async function keys(flags: ConnectionFlags & { json?: true }): Promise<number> {
  return withEngine(connectionChoice(flags) ?? AWS_DEFAULT, async ({ page }) => {
    const list = await page.keys.list({ refresh: false });
    if (flags.json) {
      console.log(JSON.stringify(list, null, 2));
      return OK;
    }
    for (const gap of list.gaps) warn(`${gap}`);
    console.log(
      table([
        ['ALIAS', 'KEY ID', 'SPEC', 'USAGE', 'STATE', 'AS A DESTINATION'],
        ...list.keys.map((key) => [
          key.aliases.join(', ') || '–',
          key.keyId,
          key.spec ?? '?',
          key.usage ?? '?',
          key.state ?? '?',
          key.unfitAsDestination ?? (isDescribed(key) ? 'fits' : 'unknown: it could not be described'),
        ]),
      ]),
    );
    return OK;
  });
}
