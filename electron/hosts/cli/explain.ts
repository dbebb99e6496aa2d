import { codeOf } from '#shared/kms/errors.ts';
import { type ErrorPage, pageCodes, pageOf } from '#shared/kms/explain/pages.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import { OK } from './exit-code.ts';
import { table } from './output/text.ts';

/** `rewrap explain [CODE] [--json]`: the page of a code, or the list of all; nothing is asked anywhere. */
export async function explain(named: string | undefined, flags: { json?: true }): Promise<number> {
  if (named === undefined) {
    const pages = pageCodes().flatMap((code) => pageOf(code) ?? []);
    console.log(
      flags.json ? JSON.stringify(pages, null, 2) : table(pages.map(({ code, what }) => [code, what])),
    );
    return OK;
  }
  // AWS has several names for one error: AccessDenied, ThrottledException.
  const page = pageOf(named) ?? pageOf(codeOf(named.trim(), '') ?? '');
  if (page === null)
    throw new FaultError(
      fault(
        'BadUsage',
        `Rewrap has no page for "${named}".`,
        near(named),
        '`rewrap explain` lists every code. An error of a service that is not in the list is shown in its own words.',
      ),
    );
  console.log(flags.json ? JSON.stringify(page, null, 2) : lines(page).join('\n'));
  return OK;
}

/** Codes with the same letters in them. */
function near(named: string): string {
  const wanted = named.trim().toLowerCase();
  const found = wanted.length < 3 ? [] : pageCodes().filter((code) => code.toLowerCase().includes(wanted));
  return found.length === 0 || found.length > 8 ? '' : `Similar: ${found.join(', ')}.`;
}

function lines({ code, kind, what, who, causes, remedy, run, copy }: ErrorPage): string[] {
  const causesTitle = kind === 'finding' ? 'What it means:  ' : 'Likely causes:  ';
  return [
    code,
    '',
    `What happened:  ${what}`,
    `Who refuses:    ${who}`,
    ...causes.map((cause, i) => `${i === 0 ? causesTitle : '                '}${cause}`),
    `What to do:     ${remedy}`,
    ...(run === '' ? [] : [`Trying again:   ${run}`]),
    ...copy.flatMap(({ title, statement }) => ['', `${title}:`, statement]),
  ];
}
