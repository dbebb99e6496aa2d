import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunRequest } from '#shared/model/run.ts';
import {
  encrypted,
  inPlace,
  type PracticeEngine,
  practiceEngine,
} from '../../bridge/engine/engine.test-help.ts';

let setup: PracticeEngine;
let folder = '';
let page: PracticeEngine['page'];
let host: PracticeEngine['host'];
let practice: PracticeEngine['practice'];

beforeAll(async () => {
  setup = await practiceEngine('rewrap command’s ');
  ({ folder, page, host, practice } = setup);
  mkdirSync(join(folder, 'blobs'));
  const one = await encrypted(practice, 'alias/payments', 'one');
  const two = await encrypted(practice, 'alias/payments', 'two');
  writeFileSync(join(folder, 'blobs', "it's one.bin"), one);
  writeFileSync(
    join(folder, 'blobs', 'both.env'),
    `A=${one.toString('base64')}\nB=${two.toString('base64')}\n`,
  );
  await host.intake.addPaths({ paths: [join(folder, 'blobs')], origin: 'path' });
});
afterAll(() => setup.end());

async function command(name: RegExp, more: Partial<RunRequest> = {}): Promise<string> {
  const { rows } = await page.blobs.list({ offset: 0, limit: 100 });
  const ids = rows.filter(({ file, place }) => name.test(`${file} ${place}`)).map(({ id }) => id);
  const { grantTokens: _, dryRun: __, ...request } = inPlace(ids, more);
  return (await page.plans.command({ request })).text;
}

/** The words of a command, as a shell hands them to a program. */
const words = (text: string): string[] =>
  execFileSync('sh', ['-c', `rewrap() { printf '%s\\n' "$@"; }\n${text}`], { encoding: 'utf8' })
    .trimEnd()
    .split('\n');

it.skipIf(process.platform === 'win32')('names files, key and terms as a shell takes them', async () => {
  const file = join(folder, 'blobs', "it's one.bin");
  expect(words(await command(/one\.bin/))).toEqual([
    'reencrypt',
    file,
    '--practice',
    '--to',
    'alias/payments-2027',
    '--in-place',
  ]);
  expect(
    words(
      await command(/one\.bin/, {
        output: { mode: 'in-place', backup: true },
        verify: false,
        onFailure: 'take-good',
        evenIfThere: true,
        source: {
          keyId: 'alias/payments',
          algorithm: 'SYMMETRIC_DEFAULT',
          context: { mode: 'given', context: { 'a b': "it's", 'x=y': '1' } },
        },
        destination: {
          keyId: 'alias/payments-2027',
          algorithm: 'SYMMETRIC_DEFAULT',
          context: { mode: 'changed', add: { env: 'prod' }, remove: ['old'] },
        },
      }),
    ).slice(3),
  ).toEqual([
    '--to',
    'alias/payments-2027',
    '--from',
    'alias/payments',
    '--context',
    "a b=it's",
    '--context',
    '{"x=y":"1"}',
    '--add-context',
    'env=prod',
    '--remove-context',
    'old',
    '--in-place',
    '--backup',
    '--no-verify',
    '--take-good',
    '--even-if-there',
  ]);
});

it('says so where a command would do something else', async () => {
  const refused = async (...of: Parameters<typeof command>): Promise<string> =>
    command(...of).then(
      (text) => text,
      (error: { fault: { code: string; detail: string } }) => `${error.fault.code}: ${error.fault.detail}`,
    );
  expect(await refused(/both\.env A/)).toMatch(/^NoCommand: Only some of the blobs of .*both\.env/);
  expect(await refused(/both\.env/)).toMatch(/^rewrap reencrypt /);
  expect(await refused(/one\.bin/, { output: { mode: 'download' } })).toMatch(/^NoCommand: A download/);
  expect(await refused(/one\.bin/, { pace: { concurrency: null, perSecond: 5 } })).toMatch(/^NoCommand/);
});
