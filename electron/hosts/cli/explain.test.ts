import { afterEach, expect, test, vi } from 'vitest';
import { pageCodes } from '#shared/kms/explain/pages.ts';
import { explain } from './explain.ts';

afterEach(() => void vi.restoreAllMocks());

/** What `rewrap explain` prints, and its exit code. */
async function printed(named: string | undefined, flags: { json?: true } = {}) {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  const code = await explain(named, flags);
  return { code, text: log.mock.calls.map(([line]) => String(line)).join('\n') };
}

test.each(pageCodes())('rewrap explain %s says what happened and what to do', async (code) => {
  const { code: exit, text } = await printed(code);
  expect(exit).toBe(0);
  expect(text.split('\n')[0]).toBe(code);
  for (const label of ['What happened:', 'Who refuses:', 'What to do:'])
    expect(text).toMatch(new RegExp(`^${label} +\\S.{4,}$`, 'm'));
  expect(text).not.toMatch(/undefined|null\b|\[object/);
});

test.each(pageCodes())('rewrap explain %s --json has the same', async (code) => {
  const page = JSON.parse((await printed(code, { json: true })).text);
  expect(page).toMatchObject({ code });
  for (const part of [page.what, page.who, page.remedy]) expect(part.trim()).not.toBe('');
  for (const cause of page.causes) expect(cause.trim()).not.toBe('');
});

/** Findings say what is, and these say that all is well: success and a stop that was asked for need no cause. */
test('every error of a service names a likely cause', async () => {
  const { CATALOGUE } = await import('#shared/kms/explain/catalogue.ts');
  const without = Object.keys(CATALOGUE).filter(
    (code) => CATALOGUE[code as keyof typeof CATALOGUE].causes.length === 0,
  );
  expect(without.sort()).toEqual(['Aborted', 'DryRunOperationException']);
});

test('another name that AWS has for an error finds its page, and a mistyped one names what is like it', async () => {
  expect((await printed('AccessDenied')).text).toMatch(/^AccessDeniedException\n/);
  await expect(printed('KeyStoreInvalid')).rejects.toMatchObject({ fault: { code: 'BadUsage' } });
});
