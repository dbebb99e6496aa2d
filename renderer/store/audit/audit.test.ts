// @vitest-environment happy-dom
import { afterEach, expect, test } from 'vitest';
import { host, ok, reset } from '../../bridge.test-help.ts';
import { useAudit } from './audit.ts';

afterEach(() => reset(useAudit));

test('all findings are fetched, however many pages they are', async () => {
  const all = Array.from({ length: 12_000 }, (_, i) => ({ id: `f${i}` }));
  let pages = 0;
  host({
    audit: {
      summary: () => ok({}),
      findings: ({ offset, limit }: { offset: number; limit: number }) => {
        pages += 1;
        return ok({ total: all.length, findings: all.slice(offset, offset + limit) });
      },
      rules: () => ok({ text: null, name: null, problem: null }),
      rowFindings: () => ok({ total: 0, findings: [], rows: [] }),
    },
  });
  await useAudit.getState().load();
  expect(useAudit.getState()).toMatchObject({ status: 'ready' });
  expect(useAudit.getState().findings.map(({ id }) => id)).toEqual(all.map(({ id }) => id));
  // Of those that newer ones replace, no more is fetched than the page under way.
  pages = 0;
  await Promise.all([useAudit.getState().load(), useAudit.getState().load()]);
  expect(pages).toBe(1 + 3);
});
